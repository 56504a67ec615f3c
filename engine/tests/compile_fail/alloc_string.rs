use frame_arena::FrameArena;

fn main() {
    let arena = FrameArena::new();
    arena.alloc(String::from("leaks"));
}
