//! Two frames in flight: what the last frame published can be read in this one.

use std::sync::{Arc, Barrier};
use std::thread;

use frame_arena::{
    ArenaConfig, ArenaMode, Budget, FrameArena, FrameUsage, FrameVec, Handle, SliceHandle,
    ThreadArenas,
};

use crate::support::{AnyArena, MODES};

fn config(mode: ArenaMode) -> ArenaConfig {
    ArenaConfig { frames_in_flight: 2, capacity_bytes: 4_096, mode, ..ArenaConfig::named("flight") }
}

fn arenas() -> impl Iterator<Item = AnyArena> {
    let ways = MODES.map(|mode| [false, true].map(|is_set| (is_set, mode)));
    ways.into_iter().flatten().map(|(is_set, mode)| AnyArena::new(is_set, config(mode)))
}

/// A slice whose elements and length follow from the number of the frame, larger now and then.
fn publish(arena: &FrameArena, frame: u32) -> SliceHandle<u32> {
    let len = if frame % 50 == 49 { 5_000 } else { frame % 700 };
    arena.alloc([frame; 3]);
    FrameVec::from_iter_in((0..len).map(|n| n ^ frame), arena).publish()
}

fn assert_is(slice: &[u32], frame: u32) {
    assert!(slice.iter().zip(0..).all(|(&value, n)| value == n ^ frame), "frame {frame}");
}

#[test]
fn handles_live_for_two_frames_and_not_for_three() {
    for mut owner in arenas() {
        let mut published = Vec::new();
        for frame in 0..300 {
            published.push(publish(owner.arena(), frame));
            for (made, &handle) in published.iter().enumerate().rev().take(5) {
                let age = frame as usize - made;
                match owner.arena().get(handle) {
                    Ok(slice) if age < 2 => assert_is(slice, made as u32),
                    Err(_) if age >= 2 => {}
                    other => panic!("after {age} frames: {:?}", other.map(<[u32]>::len)),
                }
            }
            owner.reset();
        }
    }
}

/// Seen as growth in every frame by whoever compared figures: they were those of one memory.
#[test]
fn a_resize_stays_in_the_figures_whichever_memory_it_was() {
    for mut owner in [false, true].map(|is_set| AnyArena::new(is_set, config(ArenaMode::Bump))) {
        let mut resizes = Vec::new();
        for frame in 0..8 {
            let len = if frame == 1 { 10_000 } else { 10 };
            owner.arena().alloc_slice_fill_with(len, |n| n);
            resizes.push(owner.stats().resizes);
            owner.reset();
        }
        assert!(resizes.is_sorted() && resizes[7] == 1, "{resizes:?}");
    }
}

/// Each memory counted the frames that it served: every other one.
#[test]
fn quiet_frames_are_counted_for_both_memories_and_shrink_both() {
    let settings = ArenaConfig { shrink_after_frames: 6, ..config(ArenaMode::Bump) };
    for mut owner in [false, true].map(|is_set| AnyArena::new(is_set, settings)) {
        let mut frame = |bytes| {
            owner.arena().alloc_slice_fill_with(bytes, |_| 0u8);
            owner.reset();
            owner.stats()
        };
        let settled = (0..8).map(|_| frame(2_000_000)).last().unwrap();
        assert_eq!(settled.quiet_frames, 0);
        assert_eq!([1_000; 4].map(|bytes| frame(bytes).quiet_frames), [1, 2, 3, 4]);
        assert_eq!(frame(2_000_000).quiet_frames, 0);
        assert_eq!([1_000; 5].map(|bytes| frame(bytes).quiet_frames), [1, 2, 3, 4, 5]);
        let (one, both) = (frame(1_000), frame(1_000));
        assert!(one.reserved_bytes < settled.reserved_bytes * 2 / 3, "{one:?} of {settled:?}");
        assert!(both.reserved_bytes < settled.reserved_bytes / 3, "{both:?} of {settled:?}");
        assert_eq!((both.quiet_frames, frame(1_000).quiet_frames), (0, 1));
    }
}

/// `usage` and `history` left the last frame's out, and a set in per-object mode its objects.
#[test]
fn what_is_held_is_that_of_both_frames() {
    for mut owner in arenas() {
        for _ in 0..3 {
            owner.arena().alloc([0u8; 1_000]);
            owner.reset();
        }
        owner.arena().alloc([0u8; 1_000]);
        let (stats, is_per_object) =
            (owner.stats(), owner.arena().config().mode == ArenaMode::PerObject);
        assert_eq!(stats.reserved_bytes, if is_per_object { 2_000 } else { stats.reserved_bytes });
        assert_eq!(stats.block_count, if is_per_object { 0 } else { 2 });
    }
    for mode in MODES {
        let config = ArenaConfig { history_frames: 4, ..config(mode) };
        let mut arena = FrameArena::with_config(config);
        for _ in 0..3 {
            arena.alloc([0u8; 1_000]);
            let (stats, usage) = (arena.stats(), arena.usage());
            let held = |usage: &FrameUsage| (usage.reserved_bytes, usage.block_count);
            assert_eq!(held(&usage), (stats.reserved_bytes, stats.block_count));
            arena.reset();
            assert_eq!(arena.history().last().map(held), Some(held(&usage)));
        }
    }
}

/// The set's two blocks passed for growth.
#[test]
fn two_blocks_for_two_frames_are_no_growth() {
    for mut owner in arenas() {
        for _ in 0..10 {
            owner.arena().alloc([0u8; 1_000]);
            owner.reset();
        }
        assert_eq!(owner.pressure().grown_frame_count, 0);
        owner.arena().alloc([0u8; 100_000]);
        owner.reset();
        let grown_frame_count = u32::from(owner.arena().config().mode != ArenaMode::PerObject);
        assert_eq!(owner.pressure().grown_frame_count, grown_frame_count);
    }
}

#[test]
fn each_frame_in_flight_settles_in_one_block() {
    for mut owner in [false, true].map(|is_set| AnyArena::new(is_set, config(ArenaMode::Bump))) {
        let mut requests = Vec::new();
        for _ in 0..20 {
            owner.arena().alloc_slice_fill_with(10_000, |n| n);
            requests.push(owner.stats().block_requests);
            owner.reset();
        }
        assert_eq!(owner.stats().block_count, 2);
        assert!(requests[4..].iter().all(|&count| count == 0), "{requests:?}");
    }
}

#[test]
fn values_to_drop_live_as_long_as_their_frame() {
    for mut owner in arenas() {
        let shared = Arc::new(());
        owner.arena().alloc_drop(Arc::clone(&shared));
        owner.reset();
        assert_eq!(Arc::strong_count(&shared), 2);
        owner.reset();
        assert_eq!(Arc::strong_count(&shared), 1);
        owner.arena().alloc_drop(Arc::clone(&shared));
        owner.reset();
        owner.arena().alloc_drop(Arc::clone(&shared));
        drop(owner);
        assert_eq!(Arc::strong_count(&shared), 1);
    }
}

#[test]
fn a_mode_switch_ends_both_frames() {
    for mut owner in arenas() {
        let last = owner.arena().publish(1u32);
        owner.reset();
        let present = owner.arena().publish(2u32);
        owner.set_mode(ArenaMode::PerObject);
        assert!(owner.arena().get(last).is_err() && owner.arena().get(present).is_err());
        let next = owner.arena().publish(3u32);
        owner.reset();
        assert_eq!(owner.arena().get(next), Ok(&3));
    }
}

#[test]
fn the_budget_is_one_frames() {
    let budget = Budget::Refuse(80);
    for mut owner in [false, true]
        .map(|is_set| AnyArena::new(is_set, ArenaConfig { budget, ..config(ArenaMode::Bump) }))
    {
        for _ in 0..5 {
            assert!(owner.arena().try_alloc([0u64; 10]).is_ok());
            assert!(owner.arena().try_alloc(0u8).is_err());
            owner.reset();
        }
    }
}

#[test]
fn figures_go_on_through_both_memories() {
    let mut arena = FrameArena::with_config(ArenaConfig { history_frames: 4, ..config(MODES[0]) });
    for frame in 1..=6usize {
        arena.alloc_slice_fill_with(frame * 8, |_| 0u8);
        arena.reset();
    }
    let used: Vec<usize> = arena.history().map(|usage| usage.used_bytes).collect();
    assert_eq!(used, [24, 32, 40, 48]);
    let stats = arena.stats();
    assert_eq!((stats.frame_count, stats.high_water_bytes), (6, 48));
    assert_eq!((stats.used_bytes, stats.alloc_count), (0, 0));
}

#[test]
fn any_thread_reads_what_another_published_a_frame_ago() {
    let mut set = ThreadArenas::with_config(config(ArenaMode::Bump));
    let mut last: Vec<Handle<u64>> = Vec::new();
    for frame in 0..50u64 {
        let (arenas, read) = (&set, &last);
        let published = thread::scope(|scope| {
            let threads: Vec<_> = (0..3)
                .map(|n| {
                    scope.spawn(move || {
                        let arena = arenas.local();
                        for (place, &handle) in read.iter().enumerate() {
                            assert_eq!(arena.get(handle), Ok(&((frame - 1) * 10 + place as u64)));
                            assert_eq!(arenas.get(handle), arena.get(handle));
                        }
                        arena.publish(frame * 10 + n)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        last = published;
        set.begin_frame();
    }
}

#[test]
#[should_panic(expected = "frames_in_flight is 3; set 1 or 2")]
fn three_frames_are_not_on_offer() {
    drop(FrameArena::with_config(ArenaConfig { frames_in_flight: 3, ..ArenaConfig::default() }));
}

#[test]
fn a_new_budget_leaves_the_last_frame_as_it_was() {
    for mode in MODES {
        let mut set = ThreadArenas::with_config(config(mode));
        let (score, name) = (set.local().publish(250u32), set.local().publish("a static text"));
        let dropped = Arc::new(());
        set.local().alloc_drop(Arc::clone(&dropped));
        set.set_budget(Budget::Refuse(4_096));
        assert_eq!((set.get(score), set.get(name)), (Ok(&250), Ok(&"a static text")));
        assert!(set.local().try_alloc([0u8; 4_097]).is_err());
        set.begin_frame();
        assert!(set.local().try_alloc([0u8; 4_097]).is_err());
        set.begin_frame();
        assert_eq!(Arc::strong_count(&dropped), 1);
    }
}

#[test]
fn frames_on_one_thread_and_on_four_in_turn_settle() {
    let mut set = ThreadArenas::with_config(ArenaConfig {
        frames_in_flight: 2,
        ..ArenaConfig::named("in turn")
    });
    let mut late_requests = 0;
    for frame in 0..120 {
        set.begin_frame();
        let thread_count = if frame % 2 == 0 { 4 } else { 1 };
        let (threads, barrier) = (&set, &Barrier::new(thread_count));
        thread::scope(|scope| {
            for _ in 0..thread_count {
                scope.spawn(move || {
                    for _ in 0..40 {
                        barrier.wait(); // So that claims alternate, and leave tails.
                        threads.local().alloc_slice_fill_with(33 << 10, |_| 1u8);
                    }
                });
            }
        });
        if frame >= 60 {
            late_requests += set.stats().block_requests;
        }
    }
    assert_eq!(late_requests, 0);
}
