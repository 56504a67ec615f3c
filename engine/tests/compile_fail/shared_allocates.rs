use frame_arena::FrameArena;

fn main() {
    let frame = FrameArena::new().freeze();
    frame.alloc(1u8);
}
