use frame_arena::ThreadArenas;

fn main() {
    let mut set = ThreadArenas::new();
    let number = set.local().alloc(1u8);
    set.begin_frame();
    *number = 2;
}
