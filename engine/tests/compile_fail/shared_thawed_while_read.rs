use frame_arena::FrameArena;

fn main() {
    let arena = FrameArena::new();
    let handle = arena.publish(1u8);
    let frame = arena.freeze();
    let number = frame.get(handle).unwrap();
    frame.thaw().reset();
    let _ = *number;
}
