use frame_arena::ThreadArenas;

fn main() {
    let mut set = ThreadArenas::new();
    let number = set.local().alloc(1u8);
    let _ = set.stats();
    *number = 2;
}
