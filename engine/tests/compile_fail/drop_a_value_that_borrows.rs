use frame_arena::FrameArena;

struct Reads<'a>(&'a u8);

impl Drop for Reads<'_> {
    fn drop(&mut self) {
        println!("{}", self.0);
    }
}

fn main() {
    let arena = FrameArena::new();
    let number = 1u8;
    arena.alloc_drop(Reads(&number));
}
