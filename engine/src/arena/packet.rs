//! `FramePacket`: an arena on its way to another thread, and the pool that it comes back to.
#![forbid(unsafe_code)]

use core::fmt;
use core::ops::Deref;
use core::time::Duration;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

use super::config::ArenaConfig;
use super::drops::resume_in_drop;
use super::epoch::Epoch;
use super::error::{AllocError, StaleHandle, granted};
use super::frame_arena::FrameArena;
use super::handle::{AnyHandle, HandleTarget};
use super::shared::{SharedFrame, WholeArena};
use super::stats::ArenaStats;
use super::threads::ThreadArenas;

mod error;
pub use error::{PoolDry, StaleRoot};

/// A fixed number of arenas that go out as packets and come back.
///
/// 1. The producer takes an arena, empty. When all are out it has the choice: [`take`](Self::take)
///    waits, [`take_timeout`](Self::take_timeout) waits so long, [`try_take`](Self::try_take) is an
///    `Err`. Never is one made in secret.
/// 2. It allocates, publishes, and calls [`into_packet`](PooledArena::into_packet) with the root.
/// 3. The packet goes through a channel. The consumer reads it through its root, and drops it.
/// 4. That drop resets the arena and puts it back, whatever thread it is on.
///
/// A channel with room for `arena_count` packets never makes its sender wait: then only the pool
/// does.
///
/// ```
/// use std::sync::mpsc::sync_channel;
/// use frame_arena::{ArenaConfig, FramePacket, Handle, PacketPool, SliceHandle};
///
/// struct Scene {
///     sprites: SliceHandle<u32>,
/// }
///
/// let pool = PacketPool::with_config(2, ArenaConfig::named("scene"));
/// let (sender, receiver) = sync_channel::<FramePacket<Handle<Scene>>>(pool.arena_count());
/// std::thread::scope(|scope| {
///     scope.spawn(move || {
///         for (packet, len) in receiver.iter().zip(0..) {
///             assert_eq!(packet.get(packet.root().sprites).unwrap().len(), len);
///         } // Each packet's arena goes back to the pool here.
///     });
///     for frame in 0..10 {
///         let arena = pool.take();
///         let sprites = arena.publish_slice_from_iter(0..frame);
///         let root = arena.publish(Scene { sprites });
///         sender.send(arena.into_packet(root).unwrap()).unwrap();
///     }
///     drop(sender);
/// });
/// assert_eq!(pool.idle_count(), 2);
/// ```
///
/// # What it costs
/// All memory is taken at the start: the arenas' first blocks and the pool's own. Taking is a lock
/// and the move of a pointer; coming back is that, the reset and one call to the system to wake who
/// waits; no heap call in either. The arenas go out in turn, so each of them meets a large frame
/// early and has grown after a few; how far an arena grows, and the heap calls for it, are the
/// arena's own ([`FrameArena::reset`]).
///
/// The thread that drops a packet pays for the reset: the destructors of its `alloc_drop` values,
/// and a new block after growth or a long quiet time; else it moves a pointer back and notes
/// figures. The producer finds its arena ready. If rather the producer is to pay, send the packets
/// back to it.
///
/// With two [`frames_in_flight`](ArenaConfig::frames_in_flight) a packet still shows its own frame only;
/// an arena that is being filled shows its last packet's too, whose `alloc_drop` values are dropped
/// when the arena comes back the next time.
///
/// The pool may be dropped before its packets: each then frees its arena. An arena whose packet is
/// leaked is lost to the pool.
pub struct PacketPool<A: WholeArena = FrameArena> {
    shelf: Arc<Shelf<A>>,
    name: &'static str,
    arena_count: usize,
}

/// Where arenas wait.
struct Shelf<A> {
    /// Each reset already. Boxed, so that a packet stays small to move; never more than the
    /// capacity reserved at the start.
    idle: Mutex<VecDeque<Box<A>>>,
    came_back: Condvar,
}

impl<A> Shelf<A> {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Box<A>>> {
        // Poison says nothing here: under the lock run a push, a pop or a count, no code of others.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PacketPool {
    /// A pool of arenas as configured, each with its first block taken now.
    ///
    /// Two let the producer fill one while the consumer reads the other; each further one evens out
    /// one frame's delay, and lets the consumer lag by one frame more.
    ///
    /// # Panics
    /// If the system refuses the memory, or `arena_count` is 0.
    #[must_use]
    #[track_caller]
    pub fn with_config(arena_count: usize, config: ArenaConfig) -> Self {
        granted(Self::try_with_config(arena_count, config))
    }

    /// As [`with_config`](Self::with_config).
    ///
    /// # Errors
    /// If the system refuses the memory.
    ///
    /// # Panics
    /// If `arena_count` is 0.
    #[track_caller]
    pub fn try_with_config(arena_count: usize, config: ArenaConfig) -> Result<Self, AllocError> {
        Self::filled(arena_count, config, FrameArena::try_with_config)
    }
}

impl PacketPool<ThreadArenas> {
    /// A pool of per-thread sets, for frames that several threads fill. Capacity and budget are
    /// each set's; a thread's first use of a set makes its arena there.
    ///
    /// ```
    /// use frame_arena::{ArenaConfig, PacketPool};
    ///
    /// let pool = PacketPool::with_sets(2, ArenaConfig::named("scene"));
    /// let set = pool.take();
    /// let parts = std::thread::scope(|scope| {
    ///     let fill = |part| scope.spawn({
    ///         let set = &set;
    ///         move || set.local().publish(part)
    ///     });
    ///     [fill(1), fill(2)].map(|thread| thread.join().unwrap())
    /// });
    /// let root = set.local().publish(parts);
    /// let packet = set.into_packet(root).unwrap();
    /// assert_eq!(packet.get(packet.root()[1]), Ok(&2));
    /// ```
    ///
    /// # Panics
    /// If the system refuses the memory, or `set_count` is 0.
    #[must_use]
    #[track_caller]
    pub fn with_sets(set_count: usize, config: ArenaConfig) -> Self {
        granted(Self::try_with_sets(set_count, config))
    }

    /// As [`with_sets`](Self::with_sets).
    ///
    /// # Errors
    /// If the system refuses the memory.
    ///
    /// # Panics
    /// If `set_count` is 0.
    #[track_caller]
    pub fn try_with_sets(set_count: usize, config: ArenaConfig) -> Result<Self, AllocError> {
        Self::filled(set_count, config, ThreadArenas::try_with_config)
    }
}

impl<A: WholeArena> PacketPool<A> {
    #[track_caller]
    fn filled(
        arena_count: usize,
        config: ArenaConfig,
        make: impl Fn(ArenaConfig) -> Result<A, AllocError>,
    ) -> Result<Self, AllocError> {
        let name = config.name;
        assert!(
            arena_count > 0,
            "{name} pool of 0 arenas would be dry for ever; ask for 2 or more"
        );
        let mut idle = VecDeque::new();
        idle.try_reserve_exact(arena_count).map_err(|_| AllocError::OutOfMemory {
            arena: name,
            requested_bytes: arena_count.saturating_mul(size_of::<Box<A>>()),
            reserved_bytes: 0,
        })?;
        for _ in 0..arena_count {
            idle.push_back(Box::new(make(config)?));
        }
        let shelf = Shelf { idle: Mutex::new(idle), came_back: Condvar::new() };
        Ok(Self { shelf: Arc::new(shelf), name, arena_count })
    }

    /// An arena, if one is there.
    ///
    /// ```
    /// use frame_arena::{ArenaConfig, PacketPool};
    ///
    /// let pool = PacketPool::with_config(1, ArenaConfig::named("scene"));
    /// let arena = pool.try_take().unwrap();
    /// assert_eq!(
    ///     pool.try_take().unwrap_err().to_string(),
    ///     "scene pool dry: 1 of 1 arenas in use; \
    ///      drop packets sooner, wait with take(), or raise arena_count",
    /// );
    /// drop(arena);
    /// assert!(pool.try_take().is_ok());
    /// ```
    ///
    /// # Errors
    /// If all arenas are out.
    pub fn try_take(&self) -> Result<PooledArena<A>, PoolDry> {
        let arena = self.shelf.lock().pop_front();
        arena.map(|arena| self.lend(arena)).ok_or_else(|| self.dry_after(Duration::ZERO))
    }

    /// An arena; waits until one is there, for ever if none comes back. So not on the only thread
    /// that would drop the packets.
    pub fn take(&self) -> PooledArena<A> {
        let idle = self.shelf.lock();
        let waited = self.shelf.came_back.wait_while(idle, |idle| idle.is_empty());
        let arena = waited.unwrap_or_else(PoisonError::into_inner).pop_front();
        self.lend(arena.expect("waited until there was one"))
    }

    /// An arena; waits up to `timeout` for one.
    ///
    /// # Errors
    /// If all arenas are still out then.
    pub fn take_timeout(&self, timeout: Duration) -> Result<PooledArena<A>, PoolDry> {
        let idle = self.shelf.lock();
        let came_back = &self.shelf.came_back;
        let waited = came_back.wait_timeout_while(idle, timeout, |idle| idle.is_empty());
        let arena = waited.unwrap_or_else(PoisonError::into_inner).0.pop_front();
        arena.map(|arena| self.lend(arena)).ok_or_else(|| self.dry_after(timeout))
    }

    fn lend(&self, arena: Box<A>) -> PooledArena<A> {
        PooledArena { arena: Some(arena), shelf: Arc::downgrade(&self.shelf) }
    }

    fn dry_after(&self, waited: Duration) -> PoolDry {
        PoolDry { pool: self.name, arena_count: self.arena_count, waited }
    }

    /// Arenas that the pool was made with.
    #[must_use]
    pub fn arena_count(&self) -> usize {
        self.arena_count
    }

    /// Arenas that are there at this moment; another thread may take or return one right after.
    #[must_use]
    pub fn idle_count(&self) -> usize {
        self.shelf.lock().len()
    }
}

/// Resets an arena and puts it back, or frees it if the pool is gone.
///
/// # Panics
/// At its very end, if a value of `alloc_drop` panicked when dropped and no other panic is under
/// way.
fn give_back<A: WholeArena>(shelf: &Weak<Shelf<A>>, mut arena: Box<A>) {
    let Some(shelf) = shelf.upgrade() else {
        return;
    };
    // Not under the lock: destructors may take from this very pool.
    let panicked = catch_unwind(AssertUnwindSafe(|| arena.reset())).err();
    shelf.lock().push_back(arena);
    shelf.came_back.notify_one();
    resume_in_drop(panicked);
}

/// An arena out of a [`PacketPool`], to be filled: a `&FrameArena`, or a `&ThreadArenas`.
///
/// Dropped unused, or in a panic, it is reset and goes back to its pool.
#[must_use = "dropped at once, the arena goes back to its pool"]
pub struct PooledArena<A: WholeArena = FrameArena> {
    /// `None` once it became a packet.
    arena: Option<Box<A>>,
    shelf: Weak<Shelf<A>>,
}

impl<A: WholeArena> PooledArena<A> {
    /// Ends the filling: the arena, frozen, with the handle from which a reader starts.
    ///
    /// # Errors
    /// If `root` is not this arena's, or from before its last reset; the error holds the arena.
    pub fn into_packet<R: AnyHandle>(mut self, root: R) -> Result<FramePacket<R, A>, StaleRoot<A>> {
        let frame = SharedFrame::new(self.arena.take().expect(HELD));
        if let Err(stale) = frame.get(root) {
            self.arena = Some(frame.thaw());
            return Err(StaleRoot { stale, arena: self });
        }
        Ok(FramePacket { frame: Some(frame), root, shelf: core::mem::take(&mut self.shelf) })
    }

    /// The arena's figures so far, those of a set summed over its threads.
    #[must_use]
    pub fn stats(&mut self) -> ArenaStats {
        self.arena.as_mut().expect(HELD).stats()
    }
}

/// Why the `Option`s here are never `None` when looked into.
const HELD: &str = "an arena leaves its guard only when that is given up";

impl<A: WholeArena> Deref for PooledArena<A> {
    type Target = A;

    #[inline]
    fn deref(&self) -> &A {
        self.arena.as_ref().expect(HELD)
    }
}

impl<A: WholeArena> Drop for PooledArena<A> {
    fn drop(&mut self) {
        if let Some(arena) = self.arena.take() {
            give_back(&self.shelf, arena);
        }
    }
}

/// A filled arena on its way, with the handle `R` of what is at the root of its contents.
///
/// Made by [`PooledArena::into_packet`]. It is `Send`, and since nobody can allocate from it any
/// more (it is a [`SharedFrame`] within) also `Sync`: several threads may read one packet. A root
/// is any handle: `Handle<Scene>`, `SliceHandle<DrawCall>`, `StrHandle`.
///
/// Dropping it resets the arena, on this thread, and gives it back to its pool: see
/// [`PacketPool`]. Should a value of `alloc_drop` panic then, the arena is back all the same, and
/// the drop panics at its end.
#[must_use = "dropped at once, the arena goes back to its pool, unread"]
pub struct FramePacket<R, A: WholeArena = FrameArena> {
    /// `None` once it was reopened.
    frame: Option<SharedFrame<Box<A>>>,
    root: R,
    shelf: Weak<Shelf<A>>,
}

impl<R: AnyHandle, A: WholeArena> FramePacket<R, A> {
    /// What the producer gave as root.
    #[must_use]
    pub fn root(&self) -> &HandleTarget<R> {
        self.frame().get(self.root).expect("a root is checked when its packet is made")
    }

    /// The handle of the root.
    #[must_use]
    pub fn root_handle(&self) -> R {
        self.root
    }
}

impl<R, A: WholeArena> FramePacket<R, A> {
    /// The object that `handle` names. One compare and a pointer.
    ///
    /// # Errors
    /// If the handle is not of this packet's arena, or from before its last reset.
    #[inline]
    pub fn get<H: AnyHandle>(&self, handle: H) -> Result<&HandleTarget<H>, StaleHandle> {
        self.frame().get(handle)
    }

    /// The arena's figures when the packet was made.
    #[must_use]
    pub fn stats(&self) -> ArenaStats {
        self.frame().stats()
    }

    /// The span between two resets in which the packet was filled.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.frame().epoch()
    }

    /// The arena again, with all that is in it and the same epoch, for a stage that adds to what
    /// another made.
    pub fn reopen(mut self) -> PooledArena<A> {
        let frame = self.frame.take().expect(HELD);
        PooledArena { arena: Some(frame.thaw()), shelf: core::mem::take(&mut self.shelf) }
    }

    #[inline]
    fn frame(&self) -> &SharedFrame<Box<A>> {
        self.frame.as_ref().expect(HELD)
    }
}

impl<R, A: WholeArena> Drop for FramePacket<R, A> {
    fn drop(&mut self) {
        if let Some(frame) = self.frame.take() {
            give_back(&self.shelf, frame.thaw());
        }
    }
}

impl<A: WholeArena> fmt::Debug for PacketPool<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PacketPool")
            .field("name", &self.name)
            .field("arena_count", &self.arena_count)
            .field("idle_count", &self.idle_count())
            .finish()
    }
}

impl<A: WholeArena + fmt::Debug> fmt::Debug for PooledArena<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PooledArena").field(&**self).finish()
    }
}

impl<R: fmt::Debug, A: WholeArena> fmt::Debug for FramePacket<R, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FramePacket")
            .field("root", &self.root)
            .field("frame", self.frame())
            .finish()
    }
}
