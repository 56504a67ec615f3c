use frame_arena::FrameArena;

fn main() {
    let arena = FrameArena::new();
    std::thread::scope(|scope| {
        scope.spawn(|| *arena.alloc(1u8));
    });
}
