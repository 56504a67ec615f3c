//! Reset: one block, sized by what the frames use, and the figures of the frame that ends.

use frame_arena::{ArenaConfig, ArenaMode, Budget, FrameArena, FrameUsage, FrameVec};

use crate::support::{AnyArena, config};

fn owners(config: ArenaConfig) -> impl Iterator<Item = AnyArena> {
    [false, true].into_iter().map(move |is_set| AnyArena::new(is_set, config))
}

fn small() -> ArenaConfig {
    config(1_000, ArenaMode::Bump, Budget::Unlimited)
}

fn use_bytes(owner: &AnyArena, bytes: usize) {
    for _ in 0..bytes / 80 {
        owner.arena().alloc([1u64; 10]);
    }
}

#[test]
fn growth_leaves_one_block_and_the_next_equal_frame_asks_for_none() {
    for mut owner in owners(small()) {
        use_bytes(&owner, 300_000);
        assert!(owner.stats().block_count > 1);
        owner.reset();
        for _ in 0..10 {
            use_bytes(&owner, 300_000);
            let stats = owner.stats();
            assert_eq!((stats.block_count, stats.block_requests, stats.resizes), (1, 0, 1));
            owner.reset();
        }
    }
}

#[test]
fn the_one_block_holds_a_quarter_more() {
    let mut arena = FrameArena::with_config(small());
    arena.alloc_slice_fill_with(10_000, |_| 1u8);
    arena.alloc_slice_fill_with(90_000, |_| 1u8);
    arena.reset();
    assert!((125_000..125_000 + 4_096).contains(&arena.room_bytes()));
}

#[test]
fn figures_begin_anew_but_the_high_water_mark_stays() {
    for mut owner in owners(small()) {
        use_bytes(&owner, 8_000);
        owner.reset();
        let stats = owner.stats();
        assert_eq!((stats.alloc_count, stats.used_bytes, stats.block_requests), (0, 0, 0));
        assert_eq!((stats.high_water_bytes, stats.frame_count), (8_000, 1));
    }
}

#[test]
fn a_frame_that_is_plain_is_reset_as_any_other() {
    let config = ArenaConfig { shrink_after_frames: 7, history_frames: 5, ..small() };
    let [mut plain, mut other] = [(); 2].map(|()| FrameArena::with_config(config));
    let _ = other.bump(); // An arena with another beside it takes the long way.
    for frame in 0..2_000_usize {
        for arena in [&plain, &other] {
            let mut list = FrameVec::new_in(arena);
            list.extend(0..(frame * 37) % if frame % 100 < 20 { 900 } else { 90 });
            list.truncate(list.len() / 2);
            arena.alloc(list.len()); // The list is not the last now, and grows by moving.
            list.extend(0..list.len());
            drop(list);
        }
        plain.reset();
        other.reset();
        assert_eq!(plain.stats(), other.stats(), "frame {frame}");
        assert_eq!(plain.pressure(), other.pressure(), "frame {frame}");
        assert!(plain.history().eq(other.history()), "frame {frame}");
    }
    assert!(plain.stats().resizes > 10, "{:?}", plain.stats());
}

#[test]
fn memory_given_back_leaves_the_used_bytes_but_not_the_peak() {
    let mut arena = FrameArena::with_capacity(4_096);
    arena.alloc(1u64);
    drop(FrameVec::<u64>::with_capacity_in(100, &arena));
    let stats = arena.stats();
    assert_eq!((stats.used_bytes, stats.high_water_bytes), (8, 808));
    arena.reset();
    assert_eq!(arena.stats().high_water_bytes, 808);
}

#[test]
fn memory_that_a_vector_grew_out_of_is_counted() {
    let arena = FrameArena::with_capacity(4_096);
    let mut numbers = FrameVec::with_capacity_in(4, &arena);
    numbers.extend([1u64; 4]);
    arena.alloc(0u8);
    numbers.push(1);
    assert_eq!(arena.stats().abandoned_bytes, 32);
    assert_eq!(arena.stats().alloc_count, 3);
}

#[test]
fn a_burst_is_given_back_after_quiet_frames() {
    let settings = ArenaConfig { shrink_after_frames: 5, ..small() };
    for mut owner in owners(settings) {
        use_bytes(&owner, 8_000_000);
        owner.reset();
        let burst_bytes = owner.stats().reserved_bytes;
        assert!(burst_bytes >= 8_000_000);
        for quiet_frame in 1..=5 {
            assert_eq!(owner.stats().reserved_bytes, burst_bytes);
            use_bytes(&owner, 16_000);
            owner.reset();
            assert_eq!(owner.stats().quiet_frames, quiet_frame % 5);
        }
        let stats = owner.stats();
        assert!((32_000..300_000).contains(&stats.reserved_bytes), "{stats:?}");
        assert_eq!((stats.block_count, stats.resizes), (1, 2));
        use_bytes(&owner, 16_000);
        assert_eq!(owner.stats().block_requests, 0);
    }
}

/// It was kept for ever: in its blocks the frame that grew was the last of the quiet ones, and what
/// came after it went past the count at which an arena shrinks.
#[test]
fn growth_in_the_last_of_the_quiet_frames_is_given_back_too() {
    for shrink_after_frames in 1..=3 {
        let settings = ArenaConfig { capacity_bytes: 100_000, shrink_after_frames, ..small() };
        let mut arena = FrameArena::with_config(settings);
        let reserved_bytes = arena.stats().reserved_bytes;
        (1..shrink_after_frames).for_each(|_| arena.reset());
        arena.alloc_slice_fill_with(10_000, |_| 0u8);
        arena.alloc_slice_fill_with(100_000, |_| 0u8); // Leaves most of the first block.
        arena.reset();
        assert!(arena.stats().reserved_bytes > reserved_bytes);
        (0..shrink_after_frames).for_each(|_| arena.reset());
        assert_eq!(arena.stats().reserved_bytes, reserved_bytes);
    }
}

#[test]
fn a_busy_frame_starts_the_count_of_quiet_frames_anew() {
    let settings = ArenaConfig { shrink_after_frames: 5, ..small() };
    for mut owner in owners(settings) {
        for frame in 0..40 {
            use_bytes(&owner, if frame % 5 == 0 { 1_000_000 } else { 8_000 });
            owner.reset();
        }
        assert_eq!(owner.stats().resizes, 1);
    }
}

#[test]
fn shrinking_stops_at_the_capacity_and_zero_frames_is_never() {
    for (capacity_bytes, shrink_after_frames) in [(100_000, 3), (1_000, 0)] {
        let settings = ArenaConfig { capacity_bytes, shrink_after_frames, ..small() };
        for mut owner in owners(settings) {
            use_bytes(&owner, 1_000_000);
            for _ in 0..20 {
                owner.reset();
                use_bytes(&owner, 800);
            }
            assert!(owner.stats().reserved_bytes >= 100_000);
            assert_eq!(owner.stats().resizes, if shrink_after_frames == 0 { 1 } else { 2 });
        }
    }
}

#[test]
fn per_object_mode_holds_no_block_and_reset_frees_all() {
    for mut owner in owners(small()) {
        use_bytes(&owner, 8_000);
        owner.set_mode(ArenaMode::PerObject);
        assert_eq!(owner.stats().reserved_bytes, 0);
        use_bytes(&owner, 8_000);
        assert_eq!((owner.stats().reserved_bytes, owner.stats().block_count), (8_000, 0));
        owner.reset();
        assert_eq!(owner.stats().reserved_bytes, 0);
        owner.set_mode(ArenaMode::Bump);
        use_bytes(&owner, 8_000);
        assert!(owner.stats().block_count > 0);
    }
}

#[test]
fn history_keeps_the_last_frames() {
    let settings = ArenaConfig { history_frames: 3, ..small() };
    let mut arena = FrameArena::with_config(settings);
    for frame in 0..5 {
        arena.alloc_slice_fill_with(frame, |_| 1u64);
        arena.reset();
    }
    let used: Vec<usize> = arena.history().map(|usage: &FrameUsage| usage.used_bytes).collect();
    assert_eq!(used, [16, 24, 32]);
}

#[test]
fn pretouch_changes_no_contents_and_no_figures() {
    let settings = ArenaConfig { pretouch: true, ..small() };
    for mut owner in owners(settings) {
        for _ in 0..3 {
            use_bytes(&owner, 300_000);
            assert_eq!(owner.stats().used_bytes, 300_000);
            owner.reset();
        }
    }
}

/// Its first object lies elsewhere in another block, by up to its alignment.
#[test]
fn one_block_holds_a_frame_of_large_alignments_wherever_it_lies() {
    #[derive(Clone, Copy)]
    #[repr(align(65_536))]
    struct Aligned(#[expect(dead_code, reason = "only its size and place matter")] [u8; 65_536]);
    let mut between = Vec::new();
    for n in 0..200 {
        between.push(vec![0u8; 16 + n * 48]);
        let mut arena = FrameArena::with_capacity(100);
        for frame in 0..4 {
            arena.alloc(1u8);
            arena.alloc_slice_copy(&[Aligned([0; 65_536])]);
            assert!(frame == 0 || arena.stats().block_requests == 0, "{n}, frame {frame}");
            arena.reset();
        }
    }
}
