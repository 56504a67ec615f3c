//! Arenas that travel: packets out of a pool to another thread, and back.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use frame_arena::heap::{Counting, assert_no_heap_calls, thread_counts};
use frame_arena::{
    ArenaConfig, FrameArena, FramePacket, FrameVec, Handle, PacketPool, PooledArena, SharedFrame,
    SliceHandle, StaleHandle, StrHandle, ThreadArenas,
};

#[global_allocator]
static HEAP: Counting = Counting::system();

/// Long enough for another thread to do what it is about to, short enough for a test.
const A_WHILE: Duration = Duration::from_millis(20);

fn config() -> ArenaConfig {
    ArenaConfig { capacity_bytes: 16 << 10, ..ArenaConfig::named("test") }
}

fn pool(arena_count: usize) -> PacketPool {
    PacketPool::with_config(arena_count, config())
}

/// A frame's contents: a tree of handles that follows from its number.
struct Scene {
    frame: u64,
    title: StrHandle,
    layers: SliceHandle<SliceHandle<u64>>,
}

fn scene(frame: u64, arena: &FrameArena) -> Handle<Scene> {
    let title = arena.publish_str(arena.alloc_fmt(format_args!("frame {frame}")));
    let layers = arena.publish_slice_from_iter([0, 1, 2].map(|layer| {
        let mut numbers = FrameVec::new_in(arena);
        numbers.extend((0..frame % 50 + layer).map(|n| n * frame));
        numbers.publish()
    }));
    arena.publish(Scene { frame, title, layers })
}

fn packet(frame: u64, pool: &PacketPool) -> FramePacket<Handle<Scene>> {
    let arena = pool.take();
    let root = scene(frame, &arena);
    arena.into_packet(root).unwrap()
}

/// Reads the whole tree without a heap call, and gives the frame's number.
fn read(packet: &FramePacket<Handle<Scene>>) -> u64 {
    let &Scene { frame, title, layers } = packet.root();
    let number = packet.get(title).unwrap().strip_prefix("frame ").unwrap().parse();
    assert_eq!(number, Ok(frame));
    for (layer, numbers) in (0..).zip(packet.get(layers).unwrap()) {
        let wanted = (0..frame % 50 + layer).map(|n| n * frame);
        assert!(packet.get(*numbers).unwrap().iter().copied().eq(wanted));
    }
    frame
}

/// A channel that makes no heap call, so that only the packets' own would be counted.
struct HandOver<T> {
    queue: Mutex<VecDeque<T>>,
    is_filled: Condvar,
}

impl<T> HandOver<T> {
    fn new(capacity: usize) -> Self {
        Self { queue: Mutex::new(VecDeque::with_capacity(capacity)), is_filled: Condvar::new() }
    }

    fn send(&self, value: T) {
        self.queue.lock().unwrap().push_back(value);
        self.is_filled.notify_one();
    }

    fn receive(&self) -> T {
        let queue = self.queue.lock().unwrap();
        let filled = self.is_filled.wait_while(queue, |queue| queue.is_empty());
        filled.unwrap().pop_front().unwrap()
    }
}

/// Notes its number when dropped, and panics then if told to.
struct Noted {
    number: u32,
    is_panicking: bool,
    log: mpsc::Sender<(u32, thread::ThreadId)>,
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.log.send((self.number, thread::current().id())).unwrap();
        assert!(!self.is_panicking, "drop of {}", self.number);
    }
}

/// A packet whose arena holds values to drop, each of which notes its number; `panicking` panics.
fn noting_packet(
    pool: &PacketPool,
    numbers: &[u32],
    panicking: Option<u32>,
) -> (FramePacket<StrHandle>, mpsc::Receiver<(u32, thread::ThreadId)>) {
    let (log, noted) = mpsc::channel();
    let arena = pool.take();
    for &number in numbers {
        let is_panicking = panicking == Some(number);
        arena.alloc_drop(Noted { number, is_panicking, log: log.clone() });
    }
    let root = arena.publish_str("root");
    (arena.into_packet(root).unwrap(), noted)
}

fn panic_text(work: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(work)).expect_err("this should panic");
    payload.downcast_ref::<String>().expect("a formatted panic").clone()
}

// ---- what a packet carries ----

#[test]
fn a_packets_tree_is_readable_on_another_thread() {
    let pool = pool(1);
    let sent = packet(7, &pool);
    let frame = thread::scope(|scope| scope.spawn(move || read(&sent)).join().unwrap());
    assert_eq!(frame, 7);
}

#[test]
fn several_threads_may_read_one_packet() {
    let pool = pool(1);
    let shared = packet(9, &pool);
    thread::scope(|scope| {
        let readers = [(); 4].map(|()| scope.spawn(|| read(&shared)));
        readers.into_iter().for_each(|reader| assert_eq!(reader.join().unwrap(), 9));
    });
    drop(shared);
    assert_eq!(pool.idle_count(), 1);
}

#[test]
fn a_root_may_be_any_handle() {
    let pool = pool(2);
    let (one, other) = (pool.take(), pool.take());
    let text = one.publish_str("text");
    let numbers = other.publish_slice_copy(&[1, 2]);
    let text = one.into_packet(text).unwrap();
    let numbers = other.into_packet(numbers).unwrap();
    assert_eq!((text.root(), numbers.root()), ("text", &[1, 2][..]));
    assert_eq!(text.get(text.root_handle()), Ok("text"));
    assert!(text.get(numbers.root_handle()).is_err());
}

#[test]
fn a_root_of_before_the_reset_is_refused() {
    let pool = pool(1);
    let old = packet(1, &pool);
    let (old_root, old_epoch) = (old.root_handle(), old.epoch());
    drop(old);
    let refused = pool.take().into_packet(old_root).unwrap_err();
    assert_eq!(refused.stale().handle_epoch, old_epoch);
    assert!(refused.to_string().starts_with("root of a packet: stale handle: made in epoch "));
}

#[test]
fn a_root_of_another_arena_is_refused_and_the_arena_is_kept() {
    let pool = pool(2);
    let (arena, other) = (pool.take(), pool.take());
    let (ours, theirs) = (arena.publish(1), other.publish(2));
    let refused = arena.into_packet(theirs).unwrap_err();
    let stale = refused.stale();
    assert_eq!((stale.arena, stale.handle_epoch), ("test", theirs.epoch()));
    let packet = refused.into_arena().into_packet(ours).unwrap();
    assert_eq!(packet.root(), &1);
}

#[test]
fn a_refused_root_that_nobody_looks_at_gives_the_arena_back() -> Result<(), StaleHandle> {
    let pool = pool(1);
    let foreign = FrameArena::new().publish(0);
    assert!(pool.take().into_packet(foreign).is_err());
    assert_eq!(pool.idle_count(), 1);
    let arena = pool.take();
    let root = arena.publish(0);
    assert_eq!(arena.into_packet(root)?.root(), &0);
    Ok(())
}

#[test]
fn a_packets_handles_are_stale_once_it_is_back() {
    let pool = pool(1);
    let first = packet(3, &pool);
    let (root, title) = (first.root_handle(), first.root().title);
    drop(first);
    let second = packet(3, &pool);
    assert!(second.get(root).is_err() && second.get(title).is_err());
}

#[test]
fn a_reopened_packet_can_be_filled_further() {
    let pool = pool(1);
    let first = packet(4, &pool);
    let (epoch, inner) = (first.epoch(), first.root_handle());
    let arena = first.reopen();
    assert_eq!((arena.epoch(), pool.idle_count()), (epoch, 0));
    let outer = arena.publish((inner, 5));
    let second = arena.into_packet(outer).unwrap();
    let (inner, added) = *second.root();
    assert_eq!((second.get(inner).unwrap().frame, added), (4, 5));
    drop(second);
    assert_eq!(pool.idle_count(), 1);
}

#[test]
fn a_packet_tells_its_arenas_figures() {
    let pool = pool(1);
    let mut arena = pool.take();
    let root = arena.publish([0u64; 4]);
    assert_eq!((arena.stats().alloc_count, arena.stats().used_bytes), (1, 32));
    let sent = arena.into_packet(root).unwrap();
    assert_eq!((sent.stats().alloc_count, sent.stats().used_bytes), (1, 32));
    drop(sent);
    let mut arena = pool.take();
    assert_eq!((arena.stats().used_bytes, arena.stats().frame_count), (0, 1));
}

#[test]
fn a_set_filled_by_several_threads_travels_whole() {
    let pool = PacketPool::with_sets(1, config());
    for frame in 0..20 {
        let set = pool.take();
        let parts = thread::scope(|scope| {
            let set = &set;
            [1, 2, 3]
                .map(|part| scope.spawn(move || set.local().publish(part * frame)))
                .map(|thread| thread.join().unwrap())
        });
        let root = set.local().publish(parts);
        let sent = set.into_packet(root).unwrap();
        let sum = thread::spawn(move || {
            sent.root().iter().map(|part| *sent.get(*part).unwrap()).sum::<i32>()
        });
        assert_eq!(sum.join().unwrap(), 6 * frame);
    }
    assert_eq!((pool.idle_count(), pool.take().stats().frame_count), (1, 20));
}

#[test]
fn a_packet_shows_its_own_frame_only_where_two_are_in_flight() {
    let pool = PacketPool::with_config(1, ArenaConfig { frames_in_flight: 2, ..config() });
    let (first, noted) = noting_packet(&pool, &[1], None);
    drop(first);
    let first = packet(1, &pool);
    assert!(noted.try_recv().is_err());
    let old = first.root_handle();
    drop(first);
    assert_eq!(noted.recv().unwrap().0, 1);
    let arena = pool.take();
    assert_eq!(arena.get(old).unwrap().frame, 1);
    let arena = arena.into_packet(old).unwrap_err().into_arena();
    let root = scene(2, &arena);
    let second = arena.into_packet(root).unwrap();
    assert!(second.get(old).is_err());
    assert_eq!((read(&second), second.reopen().get(old).unwrap().frame), (2, 1));
}

// ---- the pool ----

#[test]
fn a_dry_pool_is_an_error_that_names_it_and_the_remedy() {
    let pool = pool(2);
    let _out = (pool.take(), packet(0, &pool));
    let remedy = "drop packets sooner, wait with take(), or raise arena_count";
    let dry = pool.try_take().unwrap_err();
    assert_eq!(dry.to_string(), format!("test pool dry: 2 of 2 arenas in use; {remedy}"));
    let dry = pool.take_timeout(Duration::from_millis(5)).unwrap_err();
    assert_eq!(dry.to_string(), format!("test pool dry for 5ms: 2 of 2 arenas in use; {remedy}"));
    let dry = pool.take_timeout(Duration::from_micros(500)).unwrap_err(); // Not "0 ms".
    assert!(dry.to_string().starts_with("test pool dry for 500µs: "), "{dry}");
}

#[test]
fn take_waits_until_a_packet_is_dropped() {
    let pool = pool(1);
    let sent = packet(1, &pool);
    thread::scope(|scope| {
        let waiting = [scope.spawn(|| drop(pool.take())), scope.spawn(|| drop(pool.take()))];
        thread::sleep(A_WHILE);
        assert!(waiting.iter().all(|thread| !thread.is_finished()));
        drop(sent);
    });
    assert_eq!(pool.idle_count(), 1);
}

#[test]
fn take_timeout_takes_what_comes_back_in_time() {
    let pool = pool(1);
    let sent = packet(1, &pool);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| pool.take_timeout(Duration::from_secs(600)).is_ok());
        thread::sleep(A_WHILE);
        drop(sent);
        assert!(waiting.join().unwrap());
    });
}

#[test]
fn arenas_go_out_in_turn() {
    let pool = pool(3);
    for _ in 0..30 {
        drop(packet(1, &pool));
    }
    let mut arenas = [pool.take(), pool.take(), pool.take()];
    assert_eq!(arenas.each_mut().map(|arena| arena.stats().frame_count), [10; 3]);
}

#[test]
fn packets_may_be_dropped_in_any_order() {
    let pool = pool(3);
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut packets = [10, 20, 30].map(|frame| Some(packet(frame, &pool)));
        for (dropped, place) in (1..).zip(order) {
            packets[place] = None;
            assert_eq!(pool.idle_count(), dropped);
            packets.iter().flatten().for_each(|packet| _ = read(packet));
        }
    }
}

#[test]
fn an_arena_dropped_unused_goes_back() {
    let pool = pool(1);
    let arena = pool.take();
    let forgotten = arena.publish(1);
    drop(arena);
    assert!(pool.take().get(forgotten).is_err());
}

#[test]
fn a_pool_may_be_dropped_before_its_packets() {
    let pool = pool(2);
    let (noting, noted) = noting_packet(&pool, &[1], None);
    let sent = packet(5, &pool);
    drop(pool);
    assert_eq!((read(&sent), noting.root()), (5, "root"));
    assert!(noted.try_recv().is_err());
    drop(noting); // With no pool left, this frees the arena, which drops its values.
    assert_eq!(noted.recv().unwrap().0, 1);
    drop(sent.reopen());
}

#[test]
fn a_pool_may_be_dropped_while_its_packets_are() {
    for _ in 0..200 {
        let pool = pool(2);
        let (noting, noted) = noting_packet(&pool, &[1, 2], None);
        let sent = packet(5, &pool);
        thread::scope(|scope| {
            scope.spawn(move || drop(noting));
            scope.spawn(move || drop(sent));
            drop(pool);
        });
        assert!(noted.iter().map(|(number, _)| number).eq([2, 1]));
    }
}

#[test]
fn a_pool_of_no_arenas_is_refused() {
    let text = panic_text(|| _ = pool(0));
    assert_eq!(text, "test pool of 0 arenas would be dry for ever; ask for 2 or more");
}

#[test]
fn a_pool_that_the_system_refuses_is_an_error() {
    let huge = ArenaConfig { capacity_bytes: isize::MAX as usize / 2, ..config() };
    assert!(PacketPool::try_with_config(2, huge).is_err());
    assert!(PacketPool::try_with_sets(2, huge).is_err());
    let error = PacketPool::try_with_config(usize::MAX, config()).unwrap_err();
    assert!(error.to_string().starts_with("test arena out of memory"), "{error}");
}

// ---- drops and panics ----

#[test]
fn values_are_dropped_newest_first_by_the_thread_that_drops_the_packet() {
    let pool = pool(1);
    let (sent, noted) = noting_packet(&pool, &[1, 2, 3], None);
    let consumer = thread::spawn(move || drop(sent));
    let id = consumer.thread().id();
    consumer.join().unwrap();
    assert!(noted.iter().eq([(3, id), (2, id), (1, id)]));
}

#[test]
fn a_panicking_drop_loses_neither_the_arena_nor_the_other_values() {
    let pool = pool(1);
    for _ in 0..3 {
        let (sent, noted) = noting_packet(&pool, &[1, 2, 3], Some(2));
        assert_eq!(panic_text(|| drop(sent)), "drop of 2");
        assert!(noted.iter().map(|(number, _)| number).eq([3, 2, 1]));
        assert_eq!(read(&packet(8, &pool)), 8);
    }
}

#[test]
fn a_panicking_drop_wakes_who_waits() {
    let pool = pool(1);
    let (sent, _noted) = noting_packet(&pool, &[1], Some(1));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| read(&packet(2, &pool)));
        thread::sleep(A_WHILE);
        assert_eq!(panic_text(|| drop(sent)), "drop of 1");
        assert_eq!(waiting.join().unwrap(), 2);
    });
}

#[test]
fn an_arena_comes_back_after_its_consumer_panics() {
    let pool = pool(1);
    let sent = packet(1, &pool);
    let consumer = thread::spawn(move || -> u64 { panic!("the renderer saw {}", read(&sent)) });
    assert!(consumer.join().is_err());
    assert_eq!(read(&packet(2, &pool)), 2);
}

#[test]
fn a_panicking_drop_in_a_consumers_panic_does_not_abort() {
    let pool = pool(1);
    let (sent, noted) = noting_packet(&pool, &[1, 2], Some(2));
    let text = panic_text(|| panic!("the renderer saw {}", sent.root()));
    assert_eq!(text, "the renderer saw root");
    assert_eq!(pool.idle_count(), 0, "the closure only borrowed the packet");
    let text = panic_text(move || {
        let taken = sent;
        panic!("the renderer saw {} again", taken.root())
    });
    assert_eq!(text, "the renderer saw root again");
    assert!(noted.iter().map(|(number, _)| number).eq([2, 1]));
    assert_eq!(pool.idle_count(), 1);
}

#[test]
fn an_arena_comes_back_after_its_producer_panics() {
    let pool = pool(1);
    let text = panic_text(|| {
        let arena = pool.take();
        panic!("after {} B", arena.alloc_str("four").len())
    });
    assert_eq!((text.as_str(), pool.idle_count()), ("after 4 B", 1));
    assert_eq!(pool.take().stats().used_bytes, 0);
}

#[test]
fn a_value_dropped_at_the_return_may_use_the_pool() {
    struct Takes(Arc<PacketPool>, mpsc::Sender<bool>);
    impl Drop for Takes {
        fn drop(&mut self) {
            // The arena that is being reset is not there yet, the other one is.
            let taken = [self.0.try_take(), self.0.try_take()];
            self.1.send(taken[0].is_ok() && taken[1].is_err()).unwrap();
        }
    }
    let (sender, receiver) = mpsc::channel();
    let pool = Arc::new(pool(2));
    let arena = pool.take();
    arena.alloc_drop(Takes(Arc::clone(&pool), sender));
    drop(arena);
    assert!(receiver.recv().unwrap());
    assert_eq!(pool.idle_count(), 2);
}

#[test]
fn the_last_owner_of_a_pool_may_be_a_value_in_its_arena() {
    let pool = Arc::new(pool(2));
    let arena = pool.take();
    arena.alloc_drop(Arc::clone(&pool));
    drop(pool);
    drop(arena); // Drops the pool while it gives this arena back to it.
}

// ---- traffic ----

#[test]
fn a_thousand_frames_through_three_arenas_keep_their_contents() {
    let pool = pool(3);
    let (sender, receiver) = mpsc::sync_channel(3);
    thread::scope(|scope| {
        let consumer = scope.spawn(|| {
            let frames = receiver.into_iter().map(|sent| read(&sent));
            assert!(frames.eq(0..1_000));
        });
        (0..1_000).for_each(|frame| sender.send(packet(frame, &pool)).unwrap());
        drop(sender);
        consumer.join().unwrap();
    });
    assert_eq!(pool.idle_count(), 3);
}

#[test]
fn several_producers_and_consumers_share_a_pool() {
    let pool = pool(3);
    let hand_over = HandOver::new(3);
    thread::scope(|scope| {
        let consume = || (0..500).map(|_| read(&hand_over.receive())).sum::<u64>();
        let consumers = [scope.spawn(consume), scope.spawn(consume)];
        for first in [0, 1] {
            let (pool, hand_over) = (&pool, &hand_over);
            scope.spawn(move || {
                for frame in (first..1_000).step_by(2) {
                    hand_over.send(packet(frame, pool));
                }
            });
        }
        let sum: u64 = consumers.into_iter().map(|consumer| consumer.join().unwrap()).sum();
        assert_eq!(sum, (0..1_000).sum());
    });
    assert_eq!(pool.idle_count(), 3);
}

/// Sends 200 packets from one thread to another; none makes a heap call from the 20th on.
fn assert_settled_traffic_makes_no_heap_call<R: Send>(
    fill: impl Fn(u64) -> R + Sync,
    read: impl Fn(R) + Sync,
) {
    let hand_over = HandOver::new(3);
    thread::scope(|scope| {
        let consumer = scope.spawn(|| {
            (0..20).for_each(|_| read(hand_over.receive()));
            assert_no_heap_calls(|| (20..200).for_each(|_| read(hand_over.receive())));
        });
        (0..20).for_each(|frame| hand_over.send(fill(frame)));
        assert_no_heap_calls(|| (20..200).for_each(|frame| hand_over.send(fill(frame))));
        consumer.join().unwrap();
    });
}

#[test]
fn settled_traffic_makes_no_heap_call_on_either_thread() {
    let pool = pool(3);
    assert_settled_traffic_makes_no_heap_call(|frame| packet(frame, &pool), |sent| _ = read(&sent));
}

#[test]
fn arenas_that_had_to_grow_settle_too() {
    for frames_in_flight in [1, 2] {
        let small = ArenaConfig { capacity_bytes: 64, frames_in_flight, ..config() };
        let pool = PacketPool::with_config(3, small);
        let fill = |_| {
            let arena = pool.take();
            let root = arena.publish_slice_from_iter(0..10_000u32);
            arena.into_packet(root).unwrap()
        };
        let read = |sent: FramePacket<SliceHandle<u32>>| assert_eq!(sent.root().len(), 10_000);
        assert_settled_traffic_makes_no_heap_call(fill, read);
    }
}

#[test]
fn settled_traffic_of_sets_makes_no_heap_call() {
    let pool = PacketPool::with_sets(3, config());
    let fill = |frame| {
        let set = pool.take();
        let root = set.local().publish(frame);
        set.into_packet(root).unwrap()
    };
    assert_settled_traffic_makes_no_heap_call(fill, |sent| assert!(*sent.root() < 200));
}

#[test]
fn a_dry_pool_and_a_stale_root_make_no_heap_call() {
    let pool = pool(1);
    let foreign = FrameArena::new().publish(0);
    assert_no_heap_calls(|| {
        let arena = pool.try_take().unwrap();
        assert!(pool.try_take().is_err() && pool.take_timeout(Duration::ZERO).is_err());
        let arena = arena.into_packet(foreign).unwrap_err().into_arena();
        assert_eq!(arena.get(foreign).unwrap_err().handle_epoch, foreign.epoch());
    });
}

#[test]
fn a_packet_after_its_pool_is_three_frees() {
    let pool = pool(1);
    let sent = packet(1, &pool);
    drop(pool);
    let before = thread_counts();
    drop(sent);
    let counts = thread_counts() - before;
    // The arena's block, its box, and what the packet's `Weak` kept of the shelf.
    assert_eq!((counts.heap_calls, counts.frees), (0, 3));
}

// ---- who may cross threads ----

/// `Probe::<T>::IS_SYNC` is its own where `T: Sync`, else the trait's; `IS_SEND` likewise.
struct Probe<T>(PhantomData<T>);

trait Otherwise {
    const IS_SEND: bool = false;
    const IS_SYNC: bool = false;
}

impl<T> Otherwise for Probe<T> {}

impl<T: Send> Probe<T> {
    const IS_SEND: bool = true;
}

impl<T: Sync> Probe<T> {
    const IS_SYNC: bool = true;
}

macro_rules! send_and_sync {
    ($kind:ty) => {
        (<Probe<$kind>>::IS_SEND, <Probe<$kind>>::IS_SYNC)
    };
}

#[test]
fn what_can_be_written_is_not_shared_and_what_is_shared_is_frozen() {
    assert_eq!(send_and_sync!(FrameVec<'static, u8>), (false, false));
    assert_eq!(send_and_sync!(FrameArena), (true, false));
    assert_eq!(send_and_sync!(PooledArena), (true, false));
    assert_eq!(send_and_sync!(PooledArena<ThreadArenas>), (true, true));
    assert_eq!(send_and_sync!(SharedFrame), (true, true));
    assert_eq!(send_and_sync!(SharedFrame<ThreadArenas>), (true, true));
    assert_eq!(send_and_sync!(FramePacket<Handle<Scene>>), (true, true));
    assert_eq!(send_and_sync!(FramePacket<Handle<Scene>, ThreadArenas>), (true, true));
    assert_eq!(send_and_sync!(PacketPool), (true, true));
}
