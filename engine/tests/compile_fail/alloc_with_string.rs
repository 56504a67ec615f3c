use frame_arena::FrameArena;

fn main() {
    let arena = FrameArena::new();
    arena.alloc_with(|| String::from("leaks"));
}
