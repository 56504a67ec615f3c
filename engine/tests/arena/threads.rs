//! A set of per-thread arenas while threads come, go and share work.

use std::cell::RefCell;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Barrier, Mutex, RwLock};
use std::thread;

use frame_arena::{ArenaConfig, ArenaMode, Budget, FrameVec, Handle, ThreadArenas};

use crate::keep::keep;
use crate::support::{GRANULE_BYTES, Item, MODES, config};

fn set_of(capacity_bytes: usize) -> ThreadArenas {
    ThreadArenas::with_config(config(capacity_bytes, ArenaMode::Bump, Budget::Unlimited))
}

#[test]
fn each_thread_has_one_arena_of_its_own() {
    let set = set_of(4_096);
    let address = || ptr::from_ref(set.local()).addr();
    let barrier = Barrier::new(4);
    let mut addresses: Vec<usize> = thread::scope(|scope| {
        let twice = || {
            let first = address();
            barrier.wait();
            assert_eq!(first, address());
            first
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(twice)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!((addresses.len(), set.member_count()), (4, 4));
}

/// Each refusal was counted as a tail, and a thousand of them made the arena grow.
#[test]
fn requests_that_a_budget_refuses_do_not_make_a_set_grow() {
    let budget = Budget::Refuse(4 * GRANULE_BYTES);
    let mut set = ThreadArenas::with_config(config(1 << 20, ArenaMode::Bump, budget));
    for _ in 0..3 {
        set.local().alloc(1u64);
        thread::scope(|scope| _ = scope.spawn(|| _ = set.local().alloc(2u64)));
        let refused =
            |_: &u32| set.local().try_alloc_slice_uninit::<u8>(5 * GRANULE_BYTES).is_err();
        assert_eq!((0..1_000).filter(refused).count(), 1_000);
        set.begin_frame();
    }
    assert_eq!(set.stats().resizes, 0);
}

#[test]
fn figures_in_the_middle_of_a_frame_change_nothing() {
    let mut set = set_of(4_096);
    for frame in 0..3u64 {
        let handle = set.local().publish(frame);
        let first = ptr::from_ref(set.local()).addr();
        assert_eq!(set.stats().alloc_count, 1);
        assert_eq!((ptr::from_ref(set.local()).addr(), set.get(handle)), (first, Ok(&frame)));
        set.begin_frame();
    }
}

#[test]
fn one_thread_may_use_many_sets_in_turn() {
    let mut sets: Vec<ThreadArenas> = (0..30).map(|_| set_of(4_096)).collect();
    for frame in 0..20u64 {
        let handles: Vec<Handle<u64>> = sets.iter().map(|set| set.local().publish(frame)).collect();
        for (set, handle) in sets.iter().zip(&handles) {
            assert_eq!(set.local().get(*handle), Ok(&frame));
            assert_eq!(set.local().stats().alloc_count, 1);
        }
        sets.iter_mut().for_each(ThreadArenas::begin_frame);
    }
}

#[test]
fn threads_at_once_get_memory_of_their_own() {
    for mode in MODES {
        let mut set = ThreadArenas::with_config(config(1_000, mode, Budget::Unlimited));
        for _frame in 0..10 {
            thread::scope(|scope| {
                for thread in 0..4u64 {
                    let set = &set;
                    scope.spawn(move || {
                        let arena = set.local();
                        let seed = |n: u64| u64::from_seed(thread * 1_000_000 + n);
                        let stored: Vec<_> = (0..20_000).map(|n| arena.alloc(seed(n))).collect();
                        assert!(stored.iter().zip(0..).all(|(value, n)| **value == seed(n)));
                    });
                }
            });
            assert_eq!(set.stats().used_bytes, 4 * 20_000 * 8);
            set.begin_frame();
        }
    }
}

#[test]
fn threads_that_race_for_granules_get_granules_of_their_own() {
    const BYTES: usize = GRANULE_BYTES + 4_096;
    let mut set = set_of(128 << 20);
    for _frame in 0..40 {
        let shared = &set;
        let barrier = Barrier::new(4);
        let mut starts: Vec<usize> = thread::scope(|scope| {
            let race = || {
                barrier.wait();
                let arena = shared.local();
                let claim = |_| arena.alloc_slice_uninit::<u8>(BYTES).as_ptr().addr();
                (0..300).map(claim).collect::<Vec<_>>()
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(race)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        starts.sort_unstable();
        assert!(starts.is_sorted_by(|a, b| a + BYTES <= *b));
        set.begin_frame();
    }
}

#[test]
fn ten_thousand_short_threads_leave_a_few_arenas_and_in_the_end_none() {
    static DROPPED: AtomicU64 = AtomicU64::new(0);
    struct CountsDrop;
    impl Drop for CountsDrop {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Ordering::Relaxed);
        }
    }
    let mut set = set_of(4_096);
    let mut reserved_bytes = 0;
    for frame in 0..1_000u64 {
        set.begin_frame();
        // What ended threads left was reset, and the values with drop dropped.
        assert_eq!((set.stats().used_bytes, DROPPED.load(Ordering::Relaxed)), (0, frame * 10));
        let shared = &set;
        let handles: Vec<Handle<u64>> = thread::scope(|scope| {
            let publish = |n| {
                move || {
                    shared.local().alloc_drop(CountsDrop);
                    shared.local().publish(frame * 10 + n)
                }
            };
            let threads: Vec<_> = (0..10).map(|n| scope.spawn(publish(n))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for (handle, n) in handles.iter().zip(0..) {
            assert_eq!(shared.get(*handle), Ok(&(frame * 10 + n)));
        }
        if frame == 20 {
            reserved_bytes = set.stats().reserved_bytes;
        }
    }
    // Ten at work, and ten for each frame until an ended thread's arena is a spare.
    assert!(set.member_count() <= 100, "{} members", set.member_count());
    assert_eq!(set.stats().reserved_bytes, reserved_bytes);
    for _ in 0..=set.config().shrink_after_frames + 1 {
        set.begin_frame();
    }
    assert_eq!(set.member_count(), 0);
}

/// Frees arenas after 20 quiet frames.
fn set_that_shrinks() -> ThreadArenas {
    let usual = config(4_096, ArenaMode::Bump, Budget::Unlimited);
    ThreadArenas::with_config(ArenaConfig { shrink_after_frames: 20, ..usual })
}

#[test]
fn arenas_that_stay_quiet_are_freed() {
    let mut set = set_that_shrinks();
    let barrier = Barrier::new(30);
    thread::scope(|scope| {
        for _ in 0..30 {
            scope.spawn(|| {
                set.local().alloc(1u8);
                barrier.wait();
            });
        }
    });
    assert_eq!(set.member_count(), 30);
    for frame in 0..25u64 {
        set.begin_frame();
        assert_eq!(*set.local().alloc(frame), frame);
    }
    assert_eq!(set.member_count(), 1);
}

#[test]
fn an_arena_whose_bump_alone_is_used_stays() {
    let mut set = set_that_shrinks();
    for frame in 0..25u64 {
        set.local().bump().alloc(frame);
        set.begin_frame();
        assert_eq!(set.member_count(), 1, "frame {frame}");
    }
}

#[test]
fn a_quiet_thread_that_comes_back_shares_its_arena_with_nobody() {
    let mut set = set_of(4_096);
    set.local().alloc(1u8);
    for frame in 0..50u64 {
        set.begin_frame();
        let shared = &set;
        // Ours is a spare by then, and the other thread takes it, or ours, as it comes.
        if frame % 10 == 9 {
            let theirs = thread::scope(|scope| {
                scope.spawn(|| shared.local().alloc_slice_fill_with(100, |_| 7u8)).join().unwrap()
            });
            let ours = shared.local().alloc_slice_fill_with(100, |_| 8u8);
            assert!(theirs.iter().all(|n| *n == 7) && ours.iter().all(|n| *n == 8));
        }
    }
    assert!(set.member_count() <= 3);
}

#[test]
fn work_that_moves_between_threads_does_not_grow_a_settled_set() {
    const FRAMES: u64 = 2_000;
    const TASKS: u64 = 60;
    const TASK_BYTES: usize = 20_000;
    let set = RwLock::new(set_of(4_096));
    let barrier = Barrier::new(5);
    let mut settled = (0, 0);
    thread::scope(|scope| {
        for thread in 0..4 {
            let (set, barrier) = (&set, &barrier);
            scope.spawn(move || {
                for frame in 0..FRAMES {
                    barrier.wait();
                    let set = set.read().unwrap();
                    for task in 0..TASKS {
                        // Some frames give nearly all to one thread.
                        let draw = u64::from_seed(frame * TASKS + task + 1) >> 60;
                        let owner = if draw < frame % 16 { frame % 4 } else { draw % 4 };
                        if owner == thread {
                            let bytes = TASK_BYTES / 2 + (draw as usize + 1) * TASK_BYTES / 32;
                            _ = set.local().alloc_slice_uninit::<u8>(bytes);
                        }
                    }
                    drop(set);
                    barrier.wait();
                }
            });
        }
        for frame in 0..FRAMES {
            barrier.wait();
            barrier.wait();
            let mut set = set.write().unwrap();
            set.begin_frame();
            let stats = set.stats();
            if frame == 100 {
                settled = (stats.reserved_bytes, stats.resizes);
            }
            if frame >= 100 {
                assert_eq!((stats.reserved_bytes, stats.resizes), settled, "frame {frame}");
                assert_eq!(stats.block_count, 1);
            }
        }
    });
    let most = TASKS as usize * TASK_BYTES * 2 + 8 * GRANULE_BYTES;
    assert!(settled.0 <= most, "{} B held", settled.0);
}

#[test]
fn a_vector_that_must_move_in_other_turns_does_not_grow_a_settled_set() {
    const STEPS: usize = 9;
    const SETTLED: usize = 10;
    // Room for the vector where it lies, with what the other thread takes, and not for all that it
    // was before.
    let set = RwLock::new(set_of((16_384 << STEPS) * 3 / 4));
    let barrier = Barrier::new(2);
    let held = Mutex::new(Vec::new());
    let take_turns = |is_ours: bool| {
        for frame in 0..3 * SETTLED {
            let shared = set.read().unwrap();
            let arena = shared.local();
            let mut vec = FrameVec::new_in(arena);
            for step in 0..2 * STEPS {
                barrier.wait();
                // At first the other thread takes all that it needs, later in between.
                let is_first = step < STEPS;
                let (is_their_turn, nth) = match frame < SETTLED {
                    true => (is_first, step % STEPS),
                    false => (step % 2 == 0, step / 2),
                };
                if is_ours && !is_their_turn {
                    vec.extend((vec.len()..16_384 << nth).map(|n| n as u8));
                } else if !is_ours && is_their_turn {
                    _ = arena.alloc_slice_uninit::<u8>(GRANULE_BYTES);
                }
            }
            drop(vec);
            drop(shared);
            barrier.wait();
            if is_ours {
                let mut set = set.write().unwrap();
                set.begin_frame();
                let stats = set.stats();
                held.lock().unwrap().push((stats.block_count, stats.reserved_bytes, stats.resizes));
            }
            barrier.wait();
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| take_turns(false));
        take_turns(true);
    });
    let held = held.into_inner().unwrap();
    let settled = held[SETTLED - 1];
    assert!(held[SETTLED..].iter().all(|held| *held == settled), "{held:?}");
}

#[test]
fn code_that_runs_at_a_threads_end_keeps_the_threads_arena() {
    let set = keep(set_of(4_096));
    struct AtEnd(&'static ThreadArenas, u64, usize, Sender<(u64, Handle<u64>)>);
    impl Drop for AtEnd {
        fn drop(&mut self) {
            let arena = self.0.local();
            assert_eq!(ptr::from_ref(arena).addr(), self.2);
            self.3.send((self.1, arena.publish(self.1))).unwrap();
        }
    }
    thread_local!(static AT_END: RefCell<Option<AtEnd>> = const { RefCell::new(None) });
    let (sender, receiver) = channel();
    let threads: Vec<_> = (0..200u64)
        .map(|n| {
            let sender = sender.clone();
            thread::spawn(move || {
                let arena = set.local();
                sender.send((n, arena.publish(n))).unwrap();
                AT_END.set(Some(AtEnd(set, n, ptr::from_ref(arena).addr(), sender)));
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    drop(sender);
    let handles: Vec<(u64, Handle<u64>)> = receiver.iter().collect();
    assert_eq!(handles.len(), 400);
    assert!(handles.iter().all(|(n, handle)| set.get(*handle) == Ok(n)));
}

#[test]
fn a_set_may_end_on_another_thread_than_it_was_used_on() {
    let set = set_of(4_096);
    let handle = set.local().publish(1u8);
    let read = thread::spawn(move || *set.get(handle).unwrap());
    assert_eq!(read.join().unwrap(), 1);
}
