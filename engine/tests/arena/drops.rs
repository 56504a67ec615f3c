//! Values of `alloc_drop`: each dropped once, newest first, whatever panics.

use frame_arena::{ArenaMode, Budget, FrameArena, FrameVec, ThreadArenas};

use crate::support::{DropLog, MODES, config, panic_text};

fn arenas() -> impl Iterator<Item = FrameArena> {
    MODES.map(|mode| FrameArena::with_config(config(64, mode, Budget::Unlimited))).into_iter()
}

/// Stores values 0 to 9, of which those in `panicking` panic when dropped.
fn fill(arena: &FrameArena, log: &DropLog, panicking: &[u32]) {
    for number in 0..10 {
        if panicking.contains(&number) {
            arena.alloc_drop(log.panicking_value(number));
        } else {
            arena.alloc_drop(log.value(number));
        }
    }
}

const NEWEST_FIRST: [u32; 10] = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0];

#[test]
fn reset_drops_each_value_once_newest_first() {
    for mut arena in arenas() {
        let log = DropLog::default();
        fill(&arena, &log, &[]);
        assert_eq!(log.take(), []);
        arena.reset();
        assert_eq!(log.take(), NEWEST_FIRST);
        arena.reset();
        drop(arena);
        assert_eq!(log.take(), []);
    }
}

#[test]
fn dropping_the_arena_drops_its_values() {
    for arena in arenas() {
        let log = DropLog::default();
        fill(&arena, &log, &[]);
        drop(arena);
        assert_eq!(log.take(), NEWEST_FIRST);
    }
}

#[test]
fn a_mode_switch_drops_its_values() {
    for mut arena in arenas() {
        let log = DropLog::default();
        fill(&arena, &log, &[]);
        arena.set_mode(ArenaMode::PerObject);
        assert_eq!(log.take(), NEWEST_FIRST);
    }
}

#[test]
fn drops_that_panic_skip_nothing_and_the_first_panic_comes_last() {
    for mut arena in arenas() {
        let log = DropLog::default();
        fill(&arena, &log, &[7, 3, 0]);
        let handle = arena.publish(1u8);
        assert_eq!(panic_text(|| arena.reset()).as_deref(), Some("drop of 7"));
        assert_eq!(log.take(), NEWEST_FIRST);
        // All else was done: the frame is a new one.
        let stats = arena.stats();
        assert_eq!((stats.used_bytes, stats.alloc_count, stats.frame_count), (0, 0, 1));
        assert!(arena.get(handle).is_err());
        fill(&arena, &log, &[]);
        arena.reset();
        assert_eq!(log.take(), NEWEST_FIRST);
    }
}

#[test]
fn drops_that_panic_with_the_arena_skip_nothing() {
    for arena in arenas() {
        let log = DropLog::default();
        fill(&arena, &log, &[7, 3, 0]);
        assert_eq!(panic_text(|| drop(arena)).as_deref(), Some("drop of 7"));
        assert_eq!(log.take(), NEWEST_FIRST);
    }
}

#[test]
fn an_arena_dropped_by_a_panic_drops_its_values_and_keeps_that_panic() {
    for arena in arenas() {
        let log = DropLog::default();
        fill(&arena, &log, &[7, 3]);
        let text = panic_text(|| {
            let _arena = arena;
            panic!("the reason");
        });
        assert_eq!(text.as_deref(), Some("the reason"));
        assert_eq!(log.take(), NEWEST_FIRST);
    }
}

#[test]
fn payloads_that_panic_when_dropped_end_somewhere() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            std::panic::panic_any(Bomb);
        }
    }
    struct Thrower;
    impl Drop for Thrower {
        fn drop(&mut self) {
            std::panic::panic_any(Bomb);
        }
    }
    for arena in arenas() {
        let log = DropLog::default();
        arena.alloc_drop(log.value(0));
        for _ in 0..3 {
            arena.alloc_drop(Thrower);
        }
        // Inside another panic, where one more that escapes would abort.
        let text = panic_text(|| {
            let _arena = arena;
            panic!("the reason");
        });
        assert_eq!((text.as_deref(), log.take()), (Some("the reason"), vec![0]));
    }
}

#[test]
fn a_set_drops_the_values_of_all_threads() {
    for mode in MODES {
        let log = DropLog::default();
        let mut set = ThreadArenas::with_config(config(4_096, mode, Budget::Unlimited));
        let fill_on_threads = |set: &ThreadArenas| {
            std::thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| fill(set.local(), &log, &[5]));
                }
            });
        };
        fill_on_threads(&set);
        assert_eq!(panic_text(|| set.begin_frame()).as_deref(), Some("drop of 5"));
        let mut dropped = log.take();
        dropped.sort_unstable();
        assert!(dropped.into_iter().eq((0..10).flat_map(|n| [n; 3])));
        assert_eq!(set.stats().used_bytes, 0);

        fill_on_threads(&set);
        assert_eq!(panic_text(|| drop(set)).as_deref(), Some("drop of 5"));
        assert_eq!(log.take().len(), 30);
    }
}

#[test]
fn a_panicking_drop_does_not_keep_a_set_from_a_new_budget() {
    let log = DropLog::default();
    let mut set = ThreadArenas::new();
    set.local().alloc_drop(log.panicking_value(0));
    assert!(panic_text(|| set.set_budget(Budget::Refuse(8))).is_some());
    assert!(set.local().try_alloc([0u64; 2]).is_err());
    assert_eq!(set.local().config().budget, Budget::Refuse(8));
}

#[test]
fn a_refused_value_comes_back_undropped() {
    for mode in MODES {
        let log = DropLog::default();
        let arena = FrameArena::with_config(config(64, mode, Budget::Refuse(8)));
        let refused = arena.try_alloc_drop(log.value(4)).err().unwrap();
        assert_eq!(log.take(), []);
        assert_eq!(refused.into_value().number, 4);
        assert_eq!(log.take(), [4]);
    }
}

#[test]
fn a_vector_drops_its_elements_itself() {
    for mut arena in arenas() {
        let log = DropLog::default();
        let mut values = FrameVec::new_in(&arena);
        values.extend((0..10).map(|number| log.value(number)));
        values.truncate(8);
        assert_eq!(log.take(), [8, 9]);
        drop(values);
        assert!(log.take().into_iter().eq(0..8));
        arena.reset();
        assert_eq!(log.take(), []);
    }
}
