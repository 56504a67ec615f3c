//! Arenas of several threads from one reservation, in every order that the threads' steps can take:
//! M1 to M3, S1 to S4.
//!
//! `loom` runs each test once for every order that the C11 memory model allows, with at most so many
//! switches as the test says that no thread asked for. It fails at a deadlock, and where an assertion
//! does.

use core::ops::Range;

use frame_arena::{ArenaConfig, Budget, FrameArena, Handle, ThreadArenas};
use loom::model::Builder;
use loom::sync::Arc;
use loom::thread;

fn in_every_order(most_switches: usize, test: impl Fn() + Sync + Send + 'static) {
    let mut model = Builder::new();
    model.preemption_bound = Some(most_switches);
    model.check(test);
}

/// A set whose first block is less than a granule, so that threads meet at its end.
fn small_set(budget: Budget) -> Arc<ThreadArenas> {
    let config = ArenaConfig { capacity_bytes: 1 << 10, budget, ..ArenaConfig::default() };
    Arc::new(ThreadArenas::with_config(config))
}

/// Has so many threads, this one included, work on a set at the same time, and gives all results.
fn at_once<R: Send + 'static>(
    thread_count: usize,
    set: &Arc<ThreadArenas>,
    work: impl Fn(&FrameArena) -> R + Clone + Send + 'static,
) -> Vec<R> {
    let others = (1..thread_count).map(|_| {
        let (set, work) = (Arc::clone(set), work.clone());
        thread::spawn(move || work(set.local()))
    });
    let others: Vec<_> = others.collect();
    let mut results = vec![work(set.local())];
    results.extend(others.into_iter().map(|thread| thread.join().unwrap()));
    results
}

/// Where a value lies.
fn place_of<T>(value: &T) -> Range<usize> {
    let start = core::ptr::from_ref(value).addr();
    start..start + size_of::<T>()
}

fn are_apart(mut places: Vec<Range<usize>>) -> bool {
    places.sort_by_key(|place| place.start);
    places.is_sorted_by(|a, b| a.end <= b.start)
}

#[test]
fn no_two_threads_have_the_same_memory() {
    in_every_order(3, || {
        let mut set = small_set(Budget::Unlimited);
        let places = at_once(2, &set, |arena| {
            let (first, second) = (arena.alloc([1u64; 4]), arena.alloc([2u64; 8]));
            assert_eq!((*first, *second), ([1; 4], [2; 8]));
            [place_of(first), place_of(second)]
        });
        assert!(are_apart(places.concat()));
        let set = Arc::get_mut(&mut set).unwrap();
        assert_eq!(set.stats().alloc_count, 4);
        set.begin_frame();
        assert_eq!((set.stats().used_bytes, set.stats().block_count), (0, 1));
    });
}

#[test]
fn a_window_grows_only_where_nobody_else_has_one() {
    in_every_order(3, || {
        let set = Arc::new(ThreadArenas::with_config(ArenaConfig::default()));
        let places = at_once(2, &set, |arena| {
            let small = place_of(arena.alloc(1u64));
            let large = arena.alloc_slice_uninit::<u8>(64 << 10); // A granule.
            let start = large.as_ptr().addr();
            [small, start..start + large.len()]
        });
        assert!(are_apart(places.concat()));
    });
}

#[test]
fn threads_that_need_a_block_at_once_get_memory_of_their_own() {
    in_every_order(2, || {
        let mut set = small_set(Budget::Unlimited);
        let places =
            at_once(2, &set, |arena| [(); 2].map(|()| place_of(arena.alloc([3u8; 3_000]))));
        assert!(are_apart(places.concat()));
        let set = Arc::get_mut(&mut set).unwrap();
        assert!(set.stats().block_count > 1);
        set.begin_frame();
        assert_eq!(set.stats().block_count, 1);
    });
}

#[test]
fn a_budget_is_never_exceeded_and_is_whole_again_in_the_next_frame() {
    in_every_order(3, || {
        let mut set = small_set(Budget::Refuse(32));
        let granted =
            at_once(2, &set, |arena| (0..3u64).filter(|n| arena.try_alloc(*n).is_ok()).count());
        let sum: usize = granted.iter().sum();
        assert!((3..=4).contains(&sum), "{granted:?}");
        let set = Arc::get_mut(&mut set).unwrap();
        set.begin_frame();
        let arena = set.local();
        assert_eq!((0..5u64).filter(|n| arena.try_alloc(*n).is_ok()).count(), 4);
    });
}

#[test]
fn the_arena_of_an_ended_thread_is_taken_by_one_of_those_that_come() {
    in_every_order(2, || {
        let mut set = small_set(Budget::Unlimited);
        let gone = Arc::clone(&set);
        thread::spawn(move || _ = gone.local().alloc(1u64)).join().unwrap();
        for _frame in 0..10 {
            Arc::get_mut(&mut set).unwrap().begin_frame();
        }
        let places = at_once(2, &set, |arena| [place_of(arena), place_of(arena.alloc(4u64))]);
        assert!(are_apart(places.concat()));
    });
}

#[test]
fn what_one_thread_published_another_reads_in_the_same_frame() {
    in_every_order(3, || {
        let mut set = small_set(Budget::Unlimited);
        let handles: Vec<Handle<u64>> = at_once(2, &set, |arena| arena.publish(7));
        let reader = Arc::clone(&set);
        let read = handles.clone();
        let reader = thread::spawn(move || {
            read.into_iter().for_each(|handle| assert_eq!(reader.get(handle), Ok(&7)));
        });
        set.local().alloc(8u64);
        reader.join().unwrap();
        Arc::get_mut(&mut set).unwrap().begin_frame();
        assert!(handles.into_iter().all(|handle| set.get(handle).is_err()));
    });
}
