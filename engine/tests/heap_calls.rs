//! Heap calls, counted by the global allocator of this program: none in a settled frame.

use std::sync::Barrier;
use std::thread;

use frame_arena::heap::{Counting, assert_no_heap_calls, is_counting, thread_counts, total_counts};
use frame_arena::{
    ArenaConfig, ArenaMode, Budget, FrameArena, FrameString, FrameVec, ThreadArenas,
};

#[global_allocator]
static HEAP: Counting = Counting::system();

fn small() -> ArenaConfig {
    ArenaConfig { capacity_bytes: 1_000, history_frames: 10, ..ArenaConfig::named("test") }
}

/// A frame with a bit of everything, some 100 KB.
fn work(arena: &FrameArena) {
    let mut numbers = FrameVec::new_in(arena);
    for n in 0..5_000u64 {
        numbers.push(n);
        if n % 10 == 0 {
            arena.alloc([n; 3]);
            arena.alloc_fmt(format_args!("number {n}"));
        }
    }
    let mut line = FrameString::new_in(arena);
    line.push_str("line");
    let handle = line.publish();
    assert_eq!(arena.get(handle), Ok("line"));
    arena.publish_slice_from_iter(0..100u32);
    arena.alloc_drop([1u8; 9]);
    assert!(numbers.into_slice().iter().copied().eq(0..5_000));
}

#[test]
fn the_second_equal_frame_makes_no_heap_call() {
    let mut arena = FrameArena::with_config(small());
    work(&arena);
    arena.reset();
    assert_no_heap_calls(|| {
        for _ in 0..100 {
            work(&arena);
            arena.reset();
        }
    });
    assert_eq!(arena.stats().resizes, 1);
}

#[test]
fn an_arena_with_the_capacity_makes_no_heap_call_at_all() {
    let mut arena = FrameArena::with_capacity(1 << 20);
    assert_no_heap_calls(|| {
        work(&arena);
        arena.reset();
        _ = arena.stats();
    });
}

#[test]
fn an_arena_that_nobody_uses_makes_no_heap_call() {
    assert_no_heap_calls(|| {
        let mut arena = FrameArena::new();
        arena.alloc(());
        arena.reset();
        drop(FrameVec::<u64>::new_in(&arena));
    });
}

#[test]
fn frames_that_stay_within_the_room_make_no_heap_call() {
    let mut arena = FrameArena::with_config(ArenaConfig { shrink_after_frames: 0, ..small() });
    arena.alloc_slice_fill_with(10_000, |n| n);
    arena.reset();
    arena.reset();
    assert_no_heap_calls(|| {
        for len in (0..10_000).step_by(7) {
            arena.alloc_slice_fill_with(len, |n| n);
            arena.reset();
        }
    });
}

#[test]
fn refusals_and_stale_handles_make_no_heap_call() {
    let mut arena = FrameArena::with_config(ArenaConfig { budget: Budget::Refuse(100), ..small() });
    let handle = arena.publish(1u8);
    arena.reset();
    assert_no_heap_calls(|| {
        assert!(arena.try_alloc([0u64; 20]).is_err());
        assert!(arena.get(handle).is_err());
    });
}

#[test]
fn a_settled_set_makes_no_heap_call_on_any_thread() {
    let mut set = ThreadArenas::with_config(small());
    // All threads are made once; frames go by barriers, which make no heap calls.
    let set_lock = std::sync::RwLock::new(&mut set);
    let barrier = Barrier::new(4);
    let use_set = || {
        barrier.wait();
        work(set_lock.read().unwrap().local());
        barrier.wait();
    };
    let on_thread = || {
        (0..5).for_each(|_| use_set());
        assert_no_heap_calls(|| (0..50).for_each(|_| use_set()));
    };
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(on_thread);
        }
        let begin_frame = || {
            barrier.wait();
            barrier.wait();
            set_lock.write().unwrap().begin_frame();
        };
        (0..5).for_each(|_| begin_frame());
        assert_no_heap_calls(|| (0..50).for_each(|_| begin_frame()));
    });
    assert_eq!((set.member_count(), set.stats().block_count), (3, 1));
}

#[test]
fn threads_that_a_set_was_made_for_come_and_go_without_a_heap_call() {
    const THREADS: usize = 4;
    let config = ArenaConfig { shrink_after_frames: 10, ..small() };
    let mut set = ThreadArenas::try_for_threads(config, THREADS).unwrap();
    for frame in 0..200 {
        // A thread's first arena of a frame, in frames far apart: quiet ones went in between.
        let use_set = || assert_no_heap_calls(|| _ = set.local().alloc(frame));
        thread::scope(|scope| {
            let threads = if frame % 50 == 49 { THREADS } else { 0 };
            (0..threads).for_each(|_| drop(scope.spawn(use_set)));
        });
        assert_no_heap_calls(|| set.begin_frame());
        assert_eq!((set.member_count(), set.stats().block_count), (THREADS, 1));
    }
}

#[test]
fn a_settled_arena_is_one_piece_of_memory() {
    let mut arena = FrameArena::with_config(ArenaConfig { history_frames: 0, ..small() });
    work(&arena);
    arena.reset();
    work(&arena);
    let before = thread_counts();
    drop(arena);
    let counts = thread_counts() - before;
    assert_eq!((counts.heap_calls, counts.frees), (0, 1));
}

#[test]
fn shrinking_is_one_heap_call_and_one_free() {
    let mut arena = FrameArena::with_config(ArenaConfig { shrink_after_frames: 5, ..small() });
    arena.alloc_slice_fill_with(100_000, |n| n);
    arena.reset();
    assert!(arena.stats().reserved_bytes >= 800_000);
    let before = thread_counts();
    (0..5).for_each(|_| arena.reset());
    let counts = thread_counts() - before;
    assert_eq!((counts.heap_calls, counts.frees), (1, 1));
    assert!(arena.stats().reserved_bytes < 100_000);
}

#[test]
fn per_object_mode_makes_one_heap_call_an_allocation_and_one_free() {
    let mut arena = FrameArena::with_config(ArenaConfig { mode: ArenaMode::PerObject, ..small() });
    let before = thread_counts();
    for n in 0..100u64 {
        arena.alloc(n);
        arena.alloc_slice_copy(&[n, n]);
    }
    let mut numbers = FrameVec::with_capacity_in(4, &arena);
    numbers.extend(0..5u64); // Grows once, by a realloc.
    assert_eq!(arena.stats().alloc_count, 202);
    assert_eq!((thread_counts() - before).heap_calls, 202);
    drop(numbers);
    assert_eq!((thread_counts() - before).frees, 1);
    arena.reset();
    assert_eq!((thread_counts() - before).frees, 201);
}

#[test]
fn alloc_zeroed_alloc_realloc_and_free_are_counted() {
    let before = thread_counts();
    let mut numbers = Vec::<u64>::with_capacity(10);
    assert_eq!((thread_counts() - before).heap_calls, 1);
    numbers.reserve_exact(100);
    numbers.extend(0..100);
    numbers.reserve_exact(1_000);
    assert_eq!((thread_counts() - before).heap_calls, 3);
    let zeroed = vec![0u64; 100];
    let counts = thread_counts() - before;
    assert_eq!(counts.heap_calls, 4);
    let frees = counts.frees;
    drop((numbers, zeroed));
    assert_eq!((thread_counts() - before).frees, frees + 2);
}

#[test]
fn a_thread_that_uses_only_scratches_keeps_them() {
    let config = ArenaConfig { shrink_after_frames: 20, ..ArenaConfig::default() };
    let mut set = ThreadArenas::with_config(config);
    let mut frame = || {
        set.begin_frame();
        set.local().scratch().alloc([0u8; 1_000]);
    };
    frame();
    assert_no_heap_calls(|| (0..100).for_each(|_| frame()));
}

#[test]
fn a_threads_counts_are_its_own_and_the_total_is_everybodys() {
    let (ours, all) = (thread_counts(), total_counts());
    thread::scope(|scope| {
        let spawned = scope.spawn(|| {
            let before = thread_counts();
            let boxes: Vec<Box<u64>> = Vec::from_iter((0..100).map(Box::new));
            assert_eq!((thread_counts() - before).heap_calls, 101);
            drop(boxes);
        });
        spawned.join().unwrap();
    });
    assert!((thread_counts() - ours).heap_calls < 100);
    let total = total_counts() - all;
    assert!(total.heap_calls >= 101 && total.frees >= 101);
}

#[test]
fn a_heap_call_is_reported_with_their_number() {
    assert!(is_counting());
    let work = || assert_no_heap_calls(|| [Box::new(1), Box::new(2)]);
    let payload = std::panic::catch_unwind(work).err().unwrap();
    let text = payload.downcast_ref::<String>().unwrap();
    assert_eq!(text, "2 heap calls where none was expected");
}
