//! Advice on sizes, and a warning where nobody resets.

use std::mem::MaybeUninit;
use std::sync::Barrier;
use std::thread;

use frame_arena::{ArenaMode, Budget, FixedArena, FrameArena, ThreadArenas};

use crate::support::{AnyArena, GRANULE_BYTES, MODES, config};
use crate::warnings;

#[test]
fn an_arena_that_nobody_resets_warns_once() {
    for is_set in [false, true] {
        warnings::collect();
        let arena = AnyArena::new(is_set, config(4_096, MODES[0], Budget::Unlimited));
        for _ in 0..100_000 {
            arena.arena().alloc([0u64; 16]);
        }
        let logged = warnings::take();
        assert_eq!(logged.len(), 1, "{logged:?}");
        assert!(logged[0].starts_with("test arena grew 7 times since its last reset"));
        assert!(logged[0].contains("call reset (or begin_frame)"), "{logged:?}");
    }
}

#[test]
fn an_arena_that_is_reset_does_not_warn() {
    warnings::collect();
    let mut arena = FrameArena::with_config(config(4_096, MODES[0], Budget::Unlimited));
    for _ in 0..500 {
        (0..400).for_each(|_| _ = arena.alloc([0u64; 16]));
        arena.reset();
    }
    assert_eq!(warnings::take(), Vec::<String>::new());
}

#[test]
fn pressure_tells_how_many_frames_grew_and_what_to_set() {
    for is_set in [false, true] {
        let mut arena = AnyArena::new(is_set, config(4_096, MODES[0], Budget::Unlimited));
        arena.arena().alloc([0u8; 100_000]);
        for _ in 0..9 {
            arena.reset();
            arena.arena().alloc([0u8; 1_000]);
        }
        arena.reset();
        let pressure = arena.pressure();
        assert_eq!((pressure.frame_count, pressure.grown_frame_count), (10, 1));
        let advised = pressure.advised_capacity_bytes();
        let mut advised = AnyArena::new(is_set, config(advised, MODES[0], Budget::Unlimited));
        advised.arena().alloc([0u8; 100_000]);
        assert_eq!(advised.stats().block_count, 1);
    }
}

/// It read: at most 3 KiB of 0 KiB.
#[test]
fn pressure_names_no_reservation_where_there_is_none() {
    let text = "the last 1 frame used at most 3 KiB";
    for is_set in [false, true] {
        let per_object = config(4_096, ArenaMode::PerObject, Budget::Unlimited);
        let mut arena = AnyArena::new(is_set, per_object);
        arena.arena().alloc([0u8; 3_000]);
        arena.reset();
        assert!(arena.pressure().to_string().ends_with(text), "{}", arena.pressure());
    }
    let mut buffer = [MaybeUninit::uninit(); 4_096];
    let mut arena = FixedArena::new(&mut buffer);
    arena.alloc([0u8; 3_000]);
    arena.reset();
    assert!(arena.pressure().to_string().ends_with(text), "{}", arena.pressure());
}

/// Advised was what the threads used, less than what had been too little for their granules.
#[test]
fn the_capacity_advised_for_a_set_holds_its_threads_granules() {
    let first_frame = |capacity_bytes| {
        let mut set =
            ThreadArenas::with_config(config(capacity_bytes, MODES[0], Budget::Unlimited));
        let (threads, barrier) = (&set, &Barrier::new(8));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(move || {
                    threads.local().alloc([0u8; 1_000]);
                    barrier.wait(); // So that each is a thread of its own.
                });
            }
        });
        set.begin_frame();
        set.pressure()
    };
    let small = first_frame(4 * GRANULE_BYTES);
    assert_eq!((small.grown_frame_count, small.most_bytes), (1, 8_000));
    assert_eq!(first_frame(small.advised_capacity_bytes()).grown_frame_count, 0);
}
