//! Frozen arenas, read by many threads.

use std::sync::{Arc, mpsc};
use std::thread;

use frame_arena::heap::{Counting, assert_no_heap_calls};
use frame_arena::{ArenaConfig, ArenaMode, FrameArena, SharedFrame, ThreadArenas};

#[global_allocator]
static HEAP: Counting = Counting::system();

fn config() -> ArenaConfig {
    ArenaConfig { capacity_bytes: 16 << 10, ..ArenaConfig::named("test") }
}

#[test]
fn a_frozen_arena_is_read_by_many_threads_at_once() {
    for mode in [ArenaMode::Bump, ArenaMode::PerObject] {
        let arena = FrameArena::with_config(ArenaConfig { mode, ..config() });
        let handles: Vec<_> = (0..100u64).map(|n| arena.publish_slice_copy(&[n, n * n])).collect();
        let frame = Arc::new(arena.freeze());
        let readers = [(); 4].map(|()| {
            let (frame, handles) = (Arc::clone(&frame), handles.clone());
            thread::spawn(move || {
                for (n, handle) in (0..).zip(handles) {
                    assert_eq!(frame.get(handle).unwrap(), [n, n * n]);
                }
            })
        });
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    }
}

#[test]
fn a_frame_is_under_one_kib() {
    assert!(size_of::<SharedFrame>() < 1 << 10);
}

#[test]
fn a_thawed_arena_is_as_it_was() {
    let arena = FrameArena::with_config(config());
    let text = arena.publish_str("text");
    let (epoch, stats) = (arena.epoch(), arena.stats());
    let frame = arena.freeze();
    assert_eq!((frame.epoch(), frame.stats(), frame.name()), (epoch, stats, "test"));
    let mut arena = frame.thaw();
    assert_eq!((arena.epoch(), arena.stats(), arena.get(text)), (epoch, stats, Ok("text")));
    arena.alloc(1u8);
    arena.reset();
    assert!(arena.get(text).is_err());
    assert!(arena.freeze().get(text).is_err());
}

#[test]
fn a_frozen_arena_refuses_what_is_not_its_own() {
    let other = FrameArena::new();
    let foreign = other.publish(1);
    let stale = FrameArena::with_config(config()).freeze().get(foreign).unwrap_err();
    assert_eq!((stale.arena, stale.handle_epoch), ("test", other.epoch()));
}

#[test]
fn handles_stay_good_while_a_frozen_arena_moves() {
    let arena = FrameArena::new();
    let inline = arena.publish([7u64; 9]);
    let mut frames = vec![arena.freeze()];
    frames.reserve(1_000); // Moves it.
    let boxed = Box::new(frames.pop().unwrap());
    let moved = thread::spawn(move || *boxed).join().unwrap();
    assert_eq!(moved.get(inline), Ok(&[7; 9]));
}

#[test]
fn a_frozen_set_is_read_and_thawed_like_an_arena() {
    let set = ThreadArenas::with_config(config());
    let handles = thread::scope(|scope| {
        [1, 2, 3].map(|n| {
            let set = &set;
            scope.spawn(move || set.local().publish(n)).join().unwrap()
        })
    });
    let frame = set.freeze();
    thread::scope(|scope| {
        for (n, handle) in (1..).zip(handles) {
            let frame = &frame;
            scope.spawn(move || assert_eq!(frame.get(handle), Ok(&n)));
        }
    });
    assert_eq!(frame.stats().alloc_count, 3);
    let mut set = frame.thaw();
    assert_eq!(set.get(handles[0]), Ok(&1));
    set.begin_frame();
    assert!(set.get(handles[0]).is_err());
}

/// Tells which thread drops it.
struct Tells(mpsc::Sender<thread::ThreadId>);

impl Drop for Tells {
    fn drop(&mut self) {
        self.0.send(thread::current().id()).unwrap();
    }
}

#[test]
fn the_last_reader_of_a_frozen_arena_drops_its_values() {
    let (sender, receiver) = mpsc::channel();
    let arena = FrameArena::new();
    arena.alloc_drop(Tells(sender));
    let frame = Arc::new(arena.freeze());
    let reader = Arc::clone(&frame);
    drop(frame);
    assert!(receiver.try_recv().is_err());
    let last = thread::spawn(move || drop(reader));
    let id = last.thread().id();
    last.join().unwrap();
    assert!(receiver.iter().eq([id]));
}

#[test]
fn one_arc_serves_every_frame_without_a_heap_call() {
    let mut shared = Arc::new(SharedFrame::default());
    *Arc::get_mut(&mut shared).unwrap() = FrameArena::with_config(config()).freeze();
    assert_no_heap_calls(|| {
        for frame in 0..100u64 {
            let slot = Arc::get_mut(&mut shared).unwrap();
            let mut arena = std::mem::take(slot).thaw();
            arena.reset();
            let number = arena.publish(frame);
            *slot = arena.freeze();
            assert_eq!(Arc::clone(&shared).get(number), Ok(&frame));
        }
    });
}
