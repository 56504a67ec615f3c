use frame_arena::{FrameArena, FrameVec};

fn main() {
    let mut numbers = {
        let arena = FrameArena::new();
        FrameVec::new_in(&arena)
    };
    numbers.push(1u8);
}
