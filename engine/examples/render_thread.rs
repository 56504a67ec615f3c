//! A simulation and a render thread: frames go over in packets, and their arenas come back.
//!
//! A frame is a tree of handles: a scene holds its layers, a layer its name and sprites, a sprite
//! its label. The simulation builds it in an arena out of a pool and sends arena and root; the
//! render thread walks the tree and drops the packet, which gives the arena back.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use frame_arena::{
    ArenaConfig, FrameArena, FramePacket, FrameVec, Handle, PacketPool, SliceHandle, StaleHandle,
    StrHandle, heap,
};

const FRAME_COUNT: u32 = 120;
/// One being filled, one being read, one between.
const ARENA_COUNT: usize = 3;
const CAPACITY_BYTES: usize = 256 << 10;
/// Name and drift, in steps a frame.
const LAYERS: [(&str, u32); 3] = [("ground", 1), ("creatures", 2), ("weather", 7)];
/// By then each thread has met all that it makes at its first frames.
const SETTLED_FROM: u32 = 12;

/// Counts heap calls, to show that settled frames make none.
#[global_allocator]
static HEAP: heap::Counting = heap::Counting::system();

struct Scene {
    frame: u32,
    layers: SliceHandle<Layer>,
}

struct Layer {
    name: StrHandle,
    sprites: SliceHandle<Sprite>,
}

struct Sprite {
    position: [i32; 2],
    label: StrHandle,
}

type ScenePacket = FramePacket<Handle<Scene>>;

fn main() {
    let config = ArenaConfig { capacity_bytes: CAPACITY_BYTES, ..ArenaConfig::named("scene") };
    let pool = PacketPool::with_config(ARENA_COUNT, config);
    // Room for every packet that there can be: sending never waits, the pool alone holds back.
    let (sender, receiver) = sync_channel(ARENA_COUNT);
    let (simulated, drawn) = thread::scope(|scope| {
        let simulation = scope.spawn(|| simulate(&pool, sender));
        let render = scope.spawn(|| render(receiver));
        (simulation.join(), render.join())
    });
    let simulation_heap_calls = simulated.expect("the simulation does not panic");
    let drawn = drawn.expect("drawing does not panic");
    let drawn = drawn.expect("a packet holds all that its tree names");

    let Drawn { frame_count, object_count, checksum, heap_calls } = drawn;
    println!("{frame_count} frames drawn: {object_count} objects, checksum {:08x}", checksum.0);
    println!("{} of {ARENA_COUNT} arenas are back", pool.idle_count());
    println!(
        "heap calls from frame {SETTLED_FROM} on: {simulation_heap_calls} to simulate and send, \
         {heap_calls} to draw and give back"
    );
}

// ---- simulation ----

/// Builds and sends every frame; gives the heap calls of the settled ones.
fn simulate(pool: &PacketPool, sender: SyncSender<ScenePacket>) -> u64 {
    let mut heap_calls = 0;
    for frame in 0..FRAME_COUNT {
        let before = heap::thread_counts();
        // Waits while the render thread has them all. With `try_take` a simulation would rather
        // leave this frame out, or draw it late.
        let arena = pool.take();
        let root = build(frame, &arena);
        let packet = arena.into_packet(root).expect("the root was just published");
        if sender.send(packet).is_err() {
            break; // The render thread has ended.
        }
        if frame >= SETTLED_FROM {
            heap_calls += (heap::thread_counts() - before).heap_calls;
        }
    }
    heap_calls
}

fn build(frame: u32, arena: &FrameArena) -> Handle<Scene> {
    let layers = arena.publish_slice_from_iter(LAYERS.map(|(name, drift)| Layer {
        name: arena.publish_str(name),
        sprites: build_sprites(frame * drift, arena),
    }));
    arena.publish(Scene { frame, layers })
}

/// A few dozen sprites, as many as happen to be in sight.
fn build_sprites(shift: u32, arena: &FrameArena) -> SliceHandle<Sprite> {
    let mut sprites = FrameVec::new_in(arena);
    for number in 0..100 {
        let x = (number * 37 + shift) % 200;
        if x < 100 {
            let y = number * 53 % 100;
            let label = arena.publish_str(arena.alloc_fmt(format_args!("{number} at {x}")));
            sprites.push(Sprite { position: [x as i32, y as i32], label });
        }
    }
    sprites.publish()
}

// ---- render ----

struct Drawn {
    frame_count: u32,
    object_count: usize,
    checksum: Checksum,
    heap_calls: u64,
}

/// Draws every frame that comes. The heap calls are those between receiving a packet and having
/// given its arena back: a channel's receiver takes memory at its first wait, which is its own.
fn render(receiver: Receiver<ScenePacket>) -> Result<Drawn, StaleHandle> {
    let checksum = Checksum::new();
    let mut drawn = Drawn { frame_count: 0, object_count: 0, checksum, heap_calls: 0 };
    for packet in receiver {
        let before = heap::thread_counts();
        let frame = packet.root().frame;
        drawn.frame_count += 1;
        drawn.object_count += draw(&packet, &mut drawn.checksum)?;
        drop(packet); // Resets the arena and gives it back.
        if frame >= SETTLED_FROM {
            drawn.heap_calls += (heap::thread_counts() - before).heap_calls;
        }
    }
    Ok(drawn)
}

/// Walks the tree and adds all that would be drawn to the checksum; gives the number of objects.
fn draw(packet: &ScenePacket, checksum: &mut Checksum) -> Result<usize, StaleHandle> {
    let mut object_count = 1;
    for layer in packet.get(packet.root().layers)? {
        checksum.add(packet.get(layer.name)?.as_bytes());
        for sprite in packet.get(layer.sprites)? {
            sprite.position.iter().for_each(|axis| checksum.add(&axis.to_le_bytes()));
            checksum.add(packet.get(sprite.label)?.as_bytes());
        }
        object_count += 1 + layer.sprites.len();
    }
    Ok(object_count)
}

/// FNV-1a, 32 bits: <http://www.isthe.com/chongo/tech/comp/fnv/>.
struct Checksum(u32);

impl Checksum {
    fn new() -> Self {
        Self(0x811c_9dc5)
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
    }
}
