use frame_arena::FrameArena;

fn main() {
    let mut arena = FrameArena::new();
    let handle = arena.publish(1u8);
    let number = arena.get(handle).unwrap();
    arena.reset();
    assert_eq!(*number, 1);
}
