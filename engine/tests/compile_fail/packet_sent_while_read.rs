use frame_arena::{ArenaConfig, PacketPool};

fn main() {
    let pool = PacketPool::with_config(1, ArenaConfig::named("test"));
    let arena = pool.take();
    let root = arena.publish(1u8);
    let packet = arena.into_packet(root).unwrap();
    let number = packet.root();
    std::thread::spawn(move || drop(packet));
    let _ = *number;
}
