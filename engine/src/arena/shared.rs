//! `SharedFrame`: a frozen arena, which any thread may read.
//!
//! Invariants
//! - **G1** Nothing reachable through `&SharedFrame` touches the arena in it, not even to read a
//!   figure. What those methods read was copied when the arena was frozen, and an arena's counters
//!   and pointers, which are plain cells, stay out of sight.
//! - **G2** The arena is private, and only `thaw` gives it out, by value. So while a `&SharedFrame`
//!   lives nobody resets it, frees it or allocates from it, and the epoch copied stays its own.
//! - **G3** A whole arena owns the memory that its handles of the present epoch name, and keeps it
//!   where it is when the arena is moved, boxed or sent, until it is reset or dropped.

use core::fmt;

use super::epoch::Epoch;
use super::error::StaleHandle;
use super::frame_arena::FrameArena;
use super::handle::{AnyHandle, HandleTarget, resolve};
use super::stats::ArenaStats;
use super::threads::ThreadArenas;

pub(crate) mod sealed {
    use super::{ArenaStats, Epoch};

    /// What freezing and sending need of an arena.
    ///
    /// # Safety
    /// - `epoch` is the one against which the arena itself checks handles.
    /// - G3 holds.
    pub unsafe trait Whole: Send {
        fn name(&self) -> &'static str;
        fn epoch(&self) -> Epoch;
        fn stats(&mut self) -> ArenaStats;
        /// Forgets every value, and panics with a drop's panic only once all is done.
        fn reset(&mut self);
    }
}

/// An arena that is no part of another: a [`FrameArena`], or a whole [`ThreadArenas`]. It can be
/// frozen, and sent with what is in it. Sealed.
pub trait WholeArena: sealed::Whole {}

impl WholeArena for FrameArena {}
impl WholeArena for ThreadArenas {}

// SAFETY: `get` checks handles against `epoch()`. G3: blocks and objects are memory of their own,
// apart from the arena; no member of a set is ever given away by value (handle.rs, H4).
unsafe impl sealed::Whole for FrameArena {
    fn name(&self) -> &'static str {
        self.config().name
    }

    fn epoch(&self) -> Epoch {
        FrameArena::epoch(self)
    }

    fn stats(&mut self) -> ArenaStats {
        FrameArena::stats(self)
    }

    fn reset(&mut self) {
        FrameArena::reset(self);
    }
}

// SAFETY: `get` checks handles against `epoch()`. G3: the reservation is apart from the set, which
// owns it together with its members.
unsafe impl sealed::Whole for ThreadArenas {
    fn name(&self) -> &'static str {
        self.config().name
    }

    fn epoch(&self) -> Epoch {
        ThreadArenas::epoch(self)
    }

    fn stats(&mut self) -> ArenaStats {
        ThreadArenas::stats(self)
    }

    fn reset(&mut self) {
        self.begin_frame();
    }
}

// SAFETY: the arena's own answers; a box moves without moving the arena.
unsafe impl<A: sealed::Whole> sealed::Whole for Box<A> {
    fn name(&self) -> &'static str {
        A::name(self)
    }

    fn epoch(&self) -> Epoch {
        A::epoch(self)
    }

    fn stats(&mut self) -> ArenaStats {
        A::stats(self)
    }

    fn reset(&mut self) {
        A::reset(self);
    }
}

/// An arena at rest: nobody allocates, any number of threads read what was published.
///
/// `Send` and `Sync`, so it may stand in an `Arc`. [`thaw`](Self::thaw) gives the arena back as it
/// was, handles included. Both move the arena's struct, under one KiB; its blocks stay where they
/// are.
///
/// ```
/// use std::sync::Arc;
/// use frame_arena::FrameArena;
///
/// let arena = FrameArena::new();
/// let path = arena.publish_slice_copy(&[1u32, 2, 3]);
/// let frame = Arc::new(arena.freeze());
/// let sums = std::thread::scope(|scope| {
///     let sum = || frame.get(path).unwrap().iter().sum::<u32>();
///     [scope.spawn(sum), scope.spawn(sum)].map(|thread| thread.join().unwrap())
/// });
/// assert_eq!(sums, [6, 6]);
///
/// let mut arena = Arc::into_inner(frame).unwrap().thaw();
/// assert_eq!(arena.get(path).unwrap(), [1, 2, 3]);
/// arena.reset();
/// assert!(arena.get(path).is_err());
/// ```
///
/// Each `Arc::new` is a heap call. A loop that must make none keeps one `Arc` and exchanges what is
/// in it while it is the only owner:
///
/// ```
/// # use std::sync::Arc;
/// # use frame_arena::{FrameArena, SharedFrame};
/// let mut shared = Arc::new(SharedFrame::default());
/// for frame in 0..3 {
///     let slot = Arc::get_mut(&mut shared).expect("the readers are done");
///     let mut arena = std::mem::take(slot).thaw();
///     arena.reset();
///     let number = arena.publish(frame);
///     *slot = arena.freeze();
///     assert_eq!(shared.get(number), Ok(&frame));
/// }
/// ```
///
/// It drops its values of [`alloc_drop`](FrameArena::alloc_drop) in the thread that drops it.
pub struct SharedFrame<A = FrameArena> {
    name: &'static str,
    epoch: Epoch,
    stats: ArenaStats,
    arena: A,
}

// SAFETY: G1: a shared reference gives copies of plain numbers, and `&T` of published values, which
// are `Send + Sync` (handle.rs, H3) and stay where they are (G2, G3).
unsafe impl<A> Sync for SharedFrame<A> {}

impl FrameArena {
    /// Ends allocation for now, so that any number of threads may read: see [`SharedFrame`].
    #[must_use]
    pub fn freeze(self) -> SharedFrame {
        SharedFrame::new(self)
    }
}

impl ThreadArenas {
    /// Ends allocation for now, on every thread. A set can be read from many threads as it is;
    /// frozen it cannot be written, and shows its figures through `&self`.
    ///
    /// ```
    /// let set = frame_arena::ThreadArenas::new();
    /// let title = set.local().publish_str("wave 3");
    /// let frame = set.freeze();
    /// assert_eq!((frame.get(title), frame.stats().alloc_count), (Ok("wave 3"), 1));
    /// ```
    #[must_use]
    pub fn freeze(self) -> SharedFrame<ThreadArenas> {
        SharedFrame::new(self)
    }
}

impl<A: sealed::Whole> SharedFrame<A> {
    pub(crate) fn new(mut arena: A) -> Self {
        Self { name: arena.name(), epoch: arena.epoch(), stats: arena.stats(), arena }
    }
}

impl<A> SharedFrame<A> {
    /// The object that `handle` names. One compare and a pointer.
    ///
    /// # Errors
    /// If the arena was reset between the handle's making and the freezing, or never made it.
    #[inline]
    pub fn get<H: AnyHandle>(&self, handle: H) -> Result<&HandleTarget<H>, StaleHandle> {
        // SAFETY: the result borrows this frame, whose arena nobody resets meanwhile (G2) and which
        // owns the memory of `epoch` (G3).
        unsafe { resolve(handle, self.epoch, self.name) }
    }

    /// The arena, as it was: the epoch is the same, so handles stay good until its reset.
    #[must_use]
    pub fn thaw(self) -> A {
        self.arena
    }

    /// The span between two resets in which the arena was frozen.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The arena's figures when it was frozen.
    #[must_use]
    pub fn stats(&self) -> ArenaStats {
        self.stats
    }

    /// The arena's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }
}

/// An empty frame, which has taken no memory.
impl Default for SharedFrame {
    fn default() -> Self {
        FrameArena::new().freeze()
    }
}

impl<A> fmt::Debug for SharedFrame<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedFrame")
            .field("name", &self.name)
            .field("epoch", &self.epoch)
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}
