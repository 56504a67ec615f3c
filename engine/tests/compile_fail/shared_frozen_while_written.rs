use frame_arena::FrameArena;

fn main() {
    let arena = FrameArena::new();
    let number = arena.alloc(1u8);
    let _frame = arena.freeze();
    *number = 2;
}
