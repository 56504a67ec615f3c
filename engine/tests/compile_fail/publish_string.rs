use frame_arena::FrameArena;

fn main() {
    let arena = FrameArena::new();
    arena.publish(String::from("leaks"));
}
