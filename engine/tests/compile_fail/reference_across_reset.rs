use frame_arena::FrameArena;

fn main() {
    let mut arena = FrameArena::new();
    let number = arena.alloc(1u8);
    arena.reset();
    *number = 2;
}
