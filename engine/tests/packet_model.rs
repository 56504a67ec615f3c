//! Packets of random contents, sent among threads, opened again and dropped in any order.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use frame_arena::heap::{Counting, assert_no_heap_calls};
use frame_arena::{
    ArenaConfig, ArenaMode, Budget, FrameArena, FramePacket, Handle, PacketPool, PooledArena,
    SliceHandle, StrHandle, ThreadArenas, WholeArena,
};

#[global_allocator]
static HEAP: Counting = Counting::system();

const THREAD_COUNT: usize = 3;
const ARENA_COUNT: usize = 4;

/// What follows from its seed; with what was there before it was added.
#[derive(Clone, Copy)]
struct Load {
    seed: u32,
    title: StrHandle,
    numbers: SliceHandle<u32>,
    before: Option<Handle<Load>>,
}

fn numbers(seed: u32) -> impl ExactSizeIterator<Item = u32> {
    (0..seed % 120).map(move |n| (seed ^ n).wrapping_mul(2_654_435_769))
}

/// Counts itself as long as it lives.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(living: &Arc<AtomicUsize>) -> Self {
        living.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(living))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Writes a load, if its memory is granted.
fn try_load(
    arena: &FrameArena,
    seed: u32,
    before: Option<Handle<Load>>,
    living: &Arc<AtomicUsize>,
) -> Option<Handle<Load>> {
    let numbers = arena.try_publish_slice_from_iter(numbers(seed)).ok()?;
    arena.try_alloc_drop(Counted::new(living)).ok()?;
    let title = arena.try_alloc_fmt(format_args!("load {seed}")).ok()?;
    let title = arena.try_publish_str(title).ok()?;
    arena.try_publish(Load { seed, title, numbers, before }).ok()
}

/// Reads a load and all before it, from an arena or a packet.
macro_rules! assert_whole {
    ($source:expr, $root:expr) => {
        let mut next = Some($root);
        while let Some(handle) = next {
            let &Load { seed, title, numbers: found, before } = $source.get(handle).unwrap();
            let number = $source.get(title).unwrap().strip_prefix("load ").unwrap().parse();
            assert_eq!(number, Ok(seed));
            assert!($source.get(found).unwrap().iter().copied().eq(numbers(seed)));
            next = before;
        }
    };
}

/// Arenas and sets alike.
trait Filled: WholeArena + Sized {
    fn pool(config: ArenaConfig) -> PacketPool<Self>;
    fn local(&self) -> &FrameArena;
}

impl Filled for FrameArena {
    fn pool(config: ArenaConfig) -> PacketPool<Self> {
        PacketPool::with_config(ARENA_COUNT, config)
    }

    fn local(&self) -> &FrameArena {
        self
    }
}

impl Filled for ThreadArenas {
    fn pool(config: ArenaConfig) -> PacketPool<Self> {
        PacketPool::with_sets(ARENA_COUNT, config)
    }

    fn local(&self) -> &FrameArena {
        ThreadArenas::local(self)
    }
}

type Packet<A> = FramePacket<Handle<Load>, A>;

/// What the threads of a program have in common.
struct Traffic<A: WholeArena> {
    pool: PacketPool<A>,
    sent: Mutex<VecDeque<Packet<A>>>,
    start: Barrier,
    living: Arc<AtomicUsize>,
    frames_in_flight: u8,
}

impl<A: Filled> Traffic<A> {
    fn new(config: ArenaConfig) -> Self {
        Self {
            pool: A::pool(config),
            sent: VecDeque::with_capacity(ARENA_COUNT).into(),
            start: Barrier::new(THREAD_COUNT),
            living: Arc::default(),
            frames_in_flight: config.frames_in_flight,
        }
    }

    /// Adds a load to an arena, or leaves it as it was, which may be empty.
    fn fill(
        &self,
        arena: PooledArena<A>,
        seed: u32,
        root: Option<Handle<Load>>,
    ) -> Option<Packet<A>> {
        let root = try_load(arena.local(), seed, root, &self.living).or(root)?;
        Some(arena.into_packet(root).unwrap())
    }

    /// One thread's part.
    fn run(&self, thread: usize, kept: &mut Vec<Packet<A>>) {
        self.start.wait();
        let mut seed = thread as u32 + 1;
        let mut gone: Option<Handle<Load>> = None;
        for _ in 0..3_000 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (action, which) = (seed >> 28, (seed >> 20) as usize);
            match action {
                0..5 => {
                    let Ok(arena) = self.pool.try_take() else { continue };
                    if let Some(old) = gone.filter(|old| arena.local().get(*old).is_ok()) {
                        assert_eq!(self.frames_in_flight, 2);
                        assert_whole!(arena.local(), old);
                        assert!(arena.into_packet(old).is_err(), "a root of the last frame");
                        continue;
                    }
                    assert_eq!(arena.local().stats().used_bytes, 0);
                    kept.extend(self.fill(arena, seed, None));
                }
                5..8 => kept.extend(self.sent.lock().unwrap().pop_front()),
                _ if kept.is_empty() => {}
                8..11 => {
                    let packet = kept.swap_remove(which % kept.len());
                    self.sent.lock().unwrap().push_back(packet);
                }
                11 | 12 => {
                    let packet = kept.swap_remove(which % kept.len());
                    let root = packet.root_handle();
                    kept.extend(self.fill(packet.reopen(), seed, Some(root)));
                }
                _ => {
                    let read = kept.swap_remove(which % kept.len());
                    gone = Some(read.root_handle());
                }
            }
            for packet in &*kept {
                assert_whole!(packet, packet.root_handle());
                assert!(gone.is_none_or(|old| packet.get(old).is_err()));
            }
        }
    }

    fn finish(self) {
        drop(self.sent);
        assert_eq!(self.pool.idle_count(), ARENA_COUNT);
        let living = self.living.load(Ordering::Relaxed);
        assert!(living == 0 || self.frames_in_flight == 2, "{living} not dropped");
        drop(self.pool);
        assert_eq!(self.living.load(Ordering::Relaxed), 0);
    }
}

fn run<A: Filled>(config: ArenaConfig, makes_heap_calls: bool) {
    let traffic = Traffic::<A>::new(config);
    thread::scope(|scope| {
        for thread in 0..THREAD_COUNT {
            let traffic = &traffic;
            scope.spawn(move || {
                let mut kept = Vec::with_capacity(ARENA_COUNT);
                match makes_heap_calls {
                    true => traffic.run(thread, &mut kept),
                    false => assert_no_heap_calls(|| traffic.run(thread, &mut kept)),
                }
            });
        }
    });
    traffic.finish();
}

fn configs() -> impl Iterator<Item = ArenaConfig> {
    let modes = [ArenaMode::Bump, ArenaMode::Traced, ArenaMode::PerObject];
    let ways = modes.map(|mode| [1, 2].map(|frames_in_flight| (mode, frames_in_flight)));
    ways.into_iter().flatten().map(|(mode, frames_in_flight)| ArenaConfig {
        mode,
        frames_in_flight,
        capacity_bytes: 4_096,
        ..ArenaConfig::named("traffic")
    })
}

#[test]
fn who_reads_a_packet_sees_what_was_written() {
    for config in configs() {
        run::<FrameArena>(config, true);
        run::<ThreadArenas>(config, true);
    }
}

#[test]
fn packets_that_a_budget_cuts_are_whole_up_to_there_and_make_no_heap_call() {
    for config in configs() {
        let config = ArenaConfig { budget: Budget::Refuse(1_500), ..config };
        run::<FrameArena>(config, config.mode != ArenaMode::Bump);
        run::<ThreadArenas>(config, true);
    }
}
