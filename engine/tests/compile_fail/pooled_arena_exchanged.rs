use frame_arena::{ArenaConfig, FrameArena, PacketPool};

fn main() {
    let pool = PacketPool::with_config(1, ArenaConfig::named("test"));
    let arena = pool.take();
    std::mem::swap(&mut *arena, &mut FrameArena::new());
}
