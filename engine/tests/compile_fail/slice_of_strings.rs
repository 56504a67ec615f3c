use frame_arena::FrameArena;

fn main() {
    let arena = FrameArena::new();
    arena.alloc_slice_from_iter([String::from("leaks")]);
}
