use frame_arena::{FrameArena, FrameVec};

fn main() {
    let arena = FrameArena::new();
    let numbers = FrameVec::<u8>::new_in(&arena);
    std::thread::scope(|scope| {
        scope.spawn(move || drop(numbers));
    });
}
