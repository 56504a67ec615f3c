//! bumpalo's own arena beside a frame arena.

use frame_arena::{ArenaMode, Budget, FrameArena, ThreadArenas};

use crate::support::config;

#[test]
fn its_values_stand_beside_the_arenas_own_and_count_apart() {
    let arena = FrameArena::with_capacity(4_096);
    let ours = arena.alloc(1u64);
    let theirs = arena.bump().alloc(2u64);
    assert_eq!((*ours, *theirs), (1, 2));
    assert_eq!((arena.stats().alloc_count, arena.stats().used_bytes), (1, 8));
    assert!(arena.bump_stats().used_bytes >= 8);
}

#[test]
fn it_is_outside_the_budget() {
    let arena = FrameArena::with_config(config(64, ArenaMode::Bump, Budget::Refuse(8)));
    arena.bump().alloc([0u8; 10_000]);
    assert!(arena.try_alloc(1u64).is_ok());
    assert!(arena.try_alloc(1u64).is_err());
}

#[test]
fn it_takes_no_memory_until_somebody_asks() {
    let arena = FrameArena::new();
    assert_eq!(arena.bump_stats(), Default::default());
}

#[test]
fn one_chunk_holds_a_frame_after_growth_and_the_mark_stays() {
    let mut arena = FrameArena::new();
    let mut reserved = Vec::new();
    for _ in 0..4 {
        (0..1_000u64).for_each(|n| _ = arena.bump().alloc([n; 16]));
        reserved.push(arena.bump_stats().reserved_bytes);
        arena.reset();
    }
    // Grown in the first frame, one chunk from the second on.
    assert!(reserved[1] >= 128_000 && reserved[1] == reserved[2] && reserved[2] == reserved[3]);
    assert!(arena.bump_stats().high_water_bytes >= 128_000);
}

#[test]
fn a_sets_threads_have_one_each_that_ends_with_the_frame() {
    let mut set = ThreadArenas::new();
    set.local().bump().alloc_str("here");
    std::thread::scope(|scope| _ = scope.spawn(|| set.local().bump().alloc_str("there").len()));
    assert!(set.local().bump_stats().used_bytes > 0);
    set.begin_frame();
    assert_eq!(set.local().bump_stats().used_bytes, 0);
}

#[test]
#[should_panic(expected = "fixed arena is fixed, so it has no bump() beside it")]
fn a_fixed_arena_has_none() {
    let _bump = FrameArena::fixed(64).bump();
}
