//! `FixedArena`: an arena over the caller's own memory.
//!
//! Invariant
//! - **L1** The buffer is borrowed exclusively for `'b`, and the arena ends before the borrow does.

use core::fmt;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ops::Deref;
use core::ptr::NonNull;

use super::config::{ArenaConfig, Budget};
use super::epoch::Epoch;
use super::error::{AllocError, granted};
use super::frame_arena::FrameArena;
use super::poison;
use super::raw::RawArena;

impl FrameArena {
    /// An arena with room for `bytes`, taken now, that never grows: at its end it refuses.
    ///
    /// Padding counts. For memory that a platform or a level of a game sets. The error at its end
    /// is [`AllocError::Full`].
    ///
    /// ```
    /// use frame_arena::FrameArena;
    ///
    /// let mut arena = FrameArena::fixed(16);
    /// arena.alloc([1u64, 2]);
    /// assert!(arena.try_alloc(3u8).is_err());
    /// arena.reset();
    /// assert!(arena.try_alloc(3u8).is_ok());
    /// ```
    ///
    /// # Panics
    /// If the system refuses the block.
    #[must_use]
    #[track_caller]
    pub fn fixed(bytes: usize) -> Self {
        granted(Self::try_fixed(bytes))
    }

    /// As [`fixed`](Self::fixed).
    ///
    /// # Errors
    /// If the system refuses the block.
    pub fn try_fixed(bytes: usize) -> Result<Self, AllocError> {
        Self::try_with_config(ArenaConfig {
            capacity_bytes: bytes,
            budget: Budget::Refuse(bytes),
            shrink_after_frames: 0,
            can_grow: false,
            ..ArenaConfig::named("fixed")
        })
    }
}

/// A [`FrameArena`] over memory that the caller owns: a static buffer, a stack array, a piece of
/// another arena. Makes no heap call and never grows; at its end it refuses.
///
/// Derefs to `FrameArena` for all allocation; modes, budgets and blocks do not apply to it. The
/// error at its end is [`AllocError::Full`]. A [`scratch`](FrameArena::scratch) is memory of its own,
/// from the system.
///
/// ```
/// use std::mem::MaybeUninit;
/// use frame_arena::FixedArena;
///
/// let mut buffer = [MaybeUninit::uninit(); 1_024];
/// let mut arena = FixedArena::new(&mut buffer);
/// let squares = arena.alloc_slice_fill_with(10, |n| n * n);
/// assert_eq!(squares[9], 81);
/// assert!(arena.try_alloc([0u8; 2_000]).is_err());
/// arena.reset();
/// ```
pub struct FixedArena<'b> {
    arena: FrameArena,
    start: *mut u8,
    bytes: usize,
    buffer: PhantomData<&'b mut [MaybeUninit<u8>]>,
}

// SAFETY: the buffer is exclusively the arena's (L1), and a `FrameArena` may move between threads.
unsafe impl Send for FixedArena<'_> {}

impl<'b> FixedArena<'b> {
    /// An arena over `buffer`, of which up to 15 bytes at its start and 7 at its end go to alignment.
    #[must_use]
    pub fn new(buffer: &'b mut [MaybeUninit<u8>]) -> Self {
        let bytes = buffer.len();
        let memory = NonNull::from(buffer);
        let start = memory.cast::<u8>();
        let config = ArenaConfig { shrink_after_frames: 0, ..ArenaConfig::named("fixed") };
        // SAFETY: L1; the bytes may hold anything, and the arena reads only what it wrote.
        let raw = unsafe { RawArena::lent(config, NonNull::slice_from_raw_parts(start, bytes)) };
        let arena = FrameArena::from_raw(raw);
        Self { arena, start: start.as_ptr(), bytes, buffer: PhantomData }
    }

    /// Ends the frame: every value is forgotten.
    ///
    /// # Panics
    /// At its very end, if a value of [`FrameArena::alloc_drop`] panicked when dropped.
    pub fn reset(&mut self) {
        if let Some(payload) = self.arena.end_frame(Epoch::next()) {
            std::panic::resume_unwind(payload);
        }
    }
}

impl Deref for FixedArena<'_> {
    type Target = FrameArena;

    #[inline]
    fn deref(&self) -> &FrameArena {
        &self.arena
    }
}

impl Drop for FixedArena<'_> {
    // The buffer is the caller's again; the arena's own drop, which runs after this, reads no
    // memory that this forbids or allows.
    fn drop(&mut self) {
        poison::allow_use(self.start, self.bytes);
    }
}

impl fmt::Debug for FixedArena<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.arena, f)
    }
}
