use frame_arena::{FrameArena, FrameVec};

fn main() {
    let arena = FrameArena::new();
    let mut strings = FrameVec::new_in(&arena);
    strings.push(String::from("leaks"));
    let _ = strings.publish();
}
