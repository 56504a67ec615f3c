use frame_arena::{ArenaConfig, PacketPool};

fn main() {
    let pool = PacketPool::with_config(1, ArenaConfig::named("test"));
    let arena = pool.take();
    let number = arena.alloc(1u8);
    let root = arena.publish(1u8);
    let _packet = arena.into_packet(root).unwrap();
    *number = 2;
}
