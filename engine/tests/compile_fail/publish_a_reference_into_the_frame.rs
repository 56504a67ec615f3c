use frame_arena::FrameArena;

fn main() {
    let mut arena = FrameArena::new();
    let link = &*arena.alloc(1u8);
    let handle = arena.publish(link);
    arena.reset();
    drop(arena.get(handle));
}
