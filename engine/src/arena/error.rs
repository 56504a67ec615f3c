//! What goes wrong, with the values in the text.

use core::error::Error;
use core::fmt;

use super::epoch::Epoch;

/// Why an arena gave no memory. After any of these all that it had given is as it was before the call,
/// and as many bytes are used; a text that was refused in its middle is counted all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AllocError {
    /// The allocation would exceed [`Budget::Refuse`](crate::Budget::Refuse).
    OverBudget {
        /// Name of the arena.
        arena: &'static str,
        /// Bytes asked for, without padding; of a vector that may not grow where it lies, those missing.
        requested_bytes: usize,
        /// Bytes beside them for their alignment, and up to a multiple of 8.
        padding_bytes: usize,
        /// Bytes that the frame had used. In a set what other threads took counts, be it used or not.
        used_bytes: usize,
        /// Bytes that a frame may use.
        budget_bytes: usize,
    },
    /// The arena cannot grow ([`can_grow`](crate::ArenaConfig::can_grow)), and what is left of it is
    /// too little.
    Full {
        /// Name of the arena.
        arena: &'static str,
        /// Bytes asked for, without padding; of a vector that may not grow where it lies, those missing.
        requested_bytes: usize,
        /// Bytes beside them for their alignment, and up to a multiple of 8.
        padding_bytes: usize,
        /// Bytes that the frame had used. In a set what other threads took counts, be it used or not.
        used_bytes: usize,
        /// Bytes that a frame may use.
        capacity_bytes: usize,
    },
    /// The system refused a block (or, per object, an allocation).
    OutOfMemory {
        /// Name of the arena.
        arena: &'static str,
        /// Bytes asked for, without padding.
        requested_bytes: usize,
        /// Bytes that the arena holds from the system.
        reserved_bytes: usize,
    },
    /// The size does not fit the address space: a length times an element size overflowed.
    TooLarge {
        /// Name of the arena.
        arena: &'static str,
        /// Elements asked for.
        len: usize,
        /// Size of one element in bytes.
        element_bytes: usize,
    },
    /// The system refused memory for the figures of so many past frames.
    HistoryTooLong {
        /// Name of the arena.
        arena: &'static str,
        /// Frames asked for.
        history_frames: usize,
    },
    /// More threads than a set makes arenas for beforehand.
    TooManyThreads {
        /// Name of the set.
        arena: &'static str,
        /// Threads asked for.
        thread_count: usize,
    },
}

/// Most threads for which a set makes arenas beforehand: their granules are 4 GiB together.
pub(crate) const MAX_KEPT_THREADS: usize = 1 << 16;

impl fmt::Display for AllocError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::OverBudget {
                arena,
                requested_bytes,
                padding_bytes,
                used_bytes,
                budget_bytes,
            } => {
                let left_bytes = budget_bytes.saturating_sub(used_bytes);
                let request = Request { requested_bytes, padding_bytes, left_bytes };
                write!(
                    f,
                    "{arena} arena over budget: {request}, \
                     {used_bytes} of {budget_bytes} B used; raise budget_bytes"
                )
            }
            Self::Full { arena, requested_bytes, padding_bytes, used_bytes, capacity_bytes } => {
                let left_bytes = capacity_bytes.saturating_sub(used_bytes);
                let request = Request { requested_bytes, padding_bytes, left_bytes };
                write!(
                    f,
                    "{arena} arena full: {request}, \
                     {used_bytes} of {capacity_bytes} B used, and it cannot grow; raise its capacity"
                )
            }
            Self::OutOfMemory { arena, requested_bytes, reserved_bytes } => write!(
                f,
                "{arena} arena out of memory: {requested_bytes} B requested, \
                 {reserved_bytes} B reserved, and the system gives no more; \
                 ask for less, free memory elsewhere or set a budget"
            ),
            Self::TooLarge { arena, len, element_bytes } => write!(
                f,
                "{arena} arena asked for {len} elements of {element_bytes} B, \
                 more than an address space holds; check the length"
            ),
            Self::HistoryTooLong { arena, history_frames } => write!(
                f,
                "{arena} arena cannot keep the figures of {history_frames} frames: \
                 the system gives no memory for so many; lower history_frames"
            ),
            Self::TooManyThreads { arena, thread_count } => write!(
                f,
                "{arena} arenas for {thread_count} threads: \
                 at most {MAX_KEPT_THREADS} are made beforehand; lower the number"
            ),
        }
    }
}

impl Error for AllocError {}

/// What was asked for, with its padding where the bytes alone would have fitted.
struct Request {
    requested_bytes: usize,
    padding_bytes: usize,
    left_bytes: usize,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} B requested", self.requested_bytes)?;
        if self.requested_bytes <= self.left_bytes && self.padding_bytes > 0 {
            write!(f, " and {} B of padding", self.padding_bytes)?;
        }
        Ok(())
    }
}

/// A refusal that gives back what was to be stored.
///
/// ```
/// use frame_arena::{ArenaConfig, Budget, FrameArena};
///
/// let config = ArenaConfig { budget: Budget::Refuse(0), ..ArenaConfig::default() };
/// let arena = FrameArena::with_config(config);
/// let refused = arena.try_alloc([1, 2, 3]).unwrap_err();
/// assert_eq!(refused.into_value(), [1, 2, 3]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Refused<V> {
    error: AllocError,
    value: V,
}

impl<V> Refused<V> {
    pub(crate) fn new(error: AllocError, value: V) -> Self {
        Self { error, value }
    }

    /// Why.
    #[must_use]
    pub fn error(&self) -> AllocError {
        self.error
    }

    /// What the caller passed in.
    #[must_use]
    pub fn into_value(self) -> V {
        self.value
    }
}

impl<V> From<Refused<V>> for AllocError {
    fn from(refused: Refused<V>) -> Self {
        refused.error
    }
}

impl<V> fmt::Debug for Refused<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused").field("error", &self.error).finish_non_exhaustive()
    }
}

impl<V> fmt::Display for Refused<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<V> Error for Refused<V> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

/// The handle's object is gone, or was never this arena's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaleHandle {
    /// Name of the arena that was asked.
    pub arena: &'static str,
    /// The span in which the handle was made.
    pub handle_epoch: Epoch,
    /// The span that the arena is in now.
    pub arena_epoch: Epoch,
}

impl fmt::Display for StaleHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "stale handle: made in epoch {}, but the {} arena is in epoch {}; \
             a handle ends at its own arena's reset, so publish the object again in each frame",
            self.handle_epoch.number(),
            self.arena,
            self.arena_epoch.number()
        )
    }
}

impl Error for StaleHandle {}

/// Panics with the text of `error`: the plain calls' answer where the `try_` twin gives `Err`.
#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn refuse(error: AllocError) -> ! {
    panic!("{error}")
}

/// What a `try_` twin gave, or the panic of the plain call, in the name of its caller. No closure
/// for `unwrap_or_else`, which would panic in its own name.
#[inline(always)]
#[track_caller]
pub(crate) fn granted<T, E: Into<AllocError>>(answer: Result<T, E>) -> T {
    match answer {
        Ok(granted) => granted,
        Err(error) => refuse(error.into()),
    }
}
