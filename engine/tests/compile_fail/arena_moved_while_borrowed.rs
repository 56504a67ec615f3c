use frame_arena::FrameArena;

fn main() {
    let arena = FrameArena::new();
    let number = arena.alloc(1u8);
    std::thread::spawn(move || drop(arena));
    *number = 2;
}
