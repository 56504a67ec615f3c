use frame_arena::FrameArena;

fn for_each_in_parallel<F: Fn(u32) + Sync>(work: F) {
    work(1);
}

fn main() {
    let arena = FrameArena::new();
    for_each_in_parallel(|n| _ = arena.alloc(n));
}
