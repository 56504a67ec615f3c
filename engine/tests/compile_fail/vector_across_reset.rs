use frame_arena::{FrameArena, FrameVec};

fn main() {
    let mut arena = FrameArena::new();
    let mut numbers = FrameVec::new_in(&arena);
    arena.reset();
    numbers.push(1u8);
}
