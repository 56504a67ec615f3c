//! The allowed neighbour of each attack.

use std::thread;

use frame_arena::{FrameArena, FrameVec, Handle, SliceHandle, ThreadArenas};

fn take_slice<'a>(mut values: FrameVec<'a, u8>) -> &'a mut [u8] {
    values.push(1);
    values.into_slice()
}

fn run_on_threads<F: Fn() + Sync>(work: F) {
    thread::scope(|scope| {
        scope.spawn(&work);
    });
}

fn main() {
    let mut arena = FrameArena::new();
    let number = arena.alloc(1u8);
    let text = arena.alloc_str("text");
    let borrowed = arena.alloc((&*number, &*text));
    assert_eq!((*borrowed.0, borrowed.1), (1, "text"));
    let slice = take_slice(FrameVec::new_in(&arena));
    thread::scope(|scope| {
        scope.spawn(|| slice[0] = 2);
    });
    let handle: Handle<u8> = arena.publish(7);
    let slice: SliceHandle<&'static str> = arena.publish_slice_copy(&["static"]);
    arena.alloc_drop(String::from("dropped at reset"));
    let mut strings = FrameVec::new_in(&arena);
    strings.push(String::from("dropped with the vector"));
    drop(strings);
    arena.reset();
    assert!(arena.get(handle).is_err() && arena.get(slice).is_err());

    let mut set = ThreadArenas::new();
    run_on_threads(|| _ = set.local().alloc(1u8));
    set.begin_frame();
    thread::spawn(move || drop((arena, set))).join().unwrap();
}
