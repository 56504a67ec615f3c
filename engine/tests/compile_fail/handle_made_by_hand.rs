use frame_arena::{FrameArena, Handle};

fn main() {
    let arena = FrameArena::new();
    let _: Handle<u8> = Handle { object: std::ptr::NonNull::dangling(), epoch: arena.epoch() };
}
