//! Memory for the inside of a function.

use frame_arena::{ArenaConfig, FrameArena, FrameVec};

use crate::support::{AnyArena, MODES};

fn arenas() -> impl Iterator<Item = FrameArena> {
    MODES
        .map(|mode| FrameArena::with_config(ArenaConfig { mode, ..ArenaConfig::default() }))
        .into_iter()
}

#[test]
fn scratch_leaves_the_frame_as_it_was() {
    for arena in arenas() {
        let kept = arena.alloc(7u64);
        let before = arena.stats();
        {
            let scratch = arena.scratch();
            FrameVec::from_iter_in(0..10_000u32, &scratch).into_slice().fill(1);
            scratch.alloc_fmt(format_args!("{:?}", scratch.stats()));
        }
        assert_eq!(arena.stats(), before);
        assert_eq!(*kept, 7);
    }
}

#[test]
fn guards_nest_and_end_in_any_order() {
    for arena in arenas() {
        let outer = arena.scratch();
        let first = outer.alloc([1u64; 4]);
        let middle = arena.scratch();
        let second = middle.alloc([2u64; 4]);
        let inner = outer.scratch();
        let third = inner.alloc([3u64; 4]);
        assert_eq!((first[0], second[0], third[0]), (1, 2, 3));
        drop(inner);
        let again = arena.scratch();
        let fourth = again.alloc([4u64; 4]);
        assert_eq!((first[0], second[0], fourth[0]), (1, 2, 4));
        drop(middle);
        assert_eq!((first[0], fourth[0]), (1, 4));
        drop(again);
        assert_eq!(first[0], 1);
    }
}

#[test]
fn a_scratch_begins_empty_and_its_old_handles_are_stale() {
    for arena in arenas() {
        let stale = {
            let scratch = arena.scratch();
            scratch.publish(5u32)
        };
        let scratch = arena.scratch();
        assert_eq!(scratch.stats().used_bytes, 0);
        assert!(scratch.get(stale).is_err() && arena.get(stale).is_err());
    }
}

#[test]
fn values_to_drop_are_dropped_with_the_guard() {
    for arena in arenas() {
        let shared = std::sync::Arc::new(());
        let scratch = arena.scratch();
        scratch.alloc_drop(std::sync::Arc::clone(&shared));
        assert_eq!(std::sync::Arc::strong_count(&shared), 2);
        drop(scratch);
        assert_eq!(std::sync::Arc::strong_count(&shared), 1);
    }
}

#[test]
fn a_panic_inside_gives_the_scratch_back() {
    let arena = FrameArena::new();
    for _ in 0..3 {
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let scratch = arena.scratch();
            scratch.alloc(1u8);
            panic!("inside");
        }));
        assert!(panicked.is_err());
    }
    assert_eq!(arena.scratch().stats().frame_count, 3);
}

/// Those of before the switch went on as they had begun.
#[test]
fn a_scratch_has_the_mode_of_its_arena() {
    for is_set in [false, true] {
        let mut owner = AnyArena::new(is_set, ArenaConfig::default());
        for mode in MODES {
            owner.set_mode(mode);
            for _ in 0..2 {
                assert_eq!(owner.arena().scratch().config().mode, mode);
            }
        }
    }
}

/// The pool was freed by recursion, and overflowed the stack.
#[test]
fn a_hundred_thousand_guards_at_once_end_well() {
    let arena = FrameArena::new();
    let guards: Vec<_> = (0..100_000).map(|_| arena.scratch()).collect();
    drop(guards);
    drop(arena);
}
