use std::rc::Rc;

use frame_arena::FrameArena;

fn main() {
    let arena = FrameArena::new();
    arena.alloc_drop(Rc::new(1u8));
}
