use frame_arena::FrameArena;

fn label() -> &'static str {
    let arena = FrameArena::new();
    arena.alloc_fmt(format_args!("frame {}", 1))
}

fn main() {
    label();
}
