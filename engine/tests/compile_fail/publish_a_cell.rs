use std::cell::Cell;

use frame_arena::FrameArena;

fn main() {
    let arena = FrameArena::new();
    arena.publish(Cell::new(1u8));
}
