use frame_arena::FrameArena;

fn main() {
    let arena = FrameArena::new();
    let number = 1u8;
    arena.publish(&number);
}
