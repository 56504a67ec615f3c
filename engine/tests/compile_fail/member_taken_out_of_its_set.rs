use frame_arena::ThreadArenas;

fn main() {
    let mut set = ThreadArenas::new();
    let member = std::mem::take(set.local());
    set.begin_frame();
    drop(member);
}
