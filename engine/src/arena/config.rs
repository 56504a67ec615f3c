//! How an arena is sized, limited and served.

use super::error::AllocError;
use crate::profile::ProfileLevel;

/// Bytes that a phase may use in a frame.
///
/// Padding counts; the unused tail of a block that the arena left does not. Each thread of a set takes
/// up to 64 KiB of the budget at a time, and all that it took counts, be it used or not.
///
/// ```
/// use frame_arena::{ArenaConfig, Budget, FrameArena};
///
/// let config = ArenaConfig { budget: Budget::Refuse(16), ..ArenaConfig::named("contacts") };
/// let arena = FrameArena::with_config(config);
/// assert!(arena.try_alloc([0u64; 2]).is_ok());
/// let refused = arena.try_alloc(7u8).unwrap_err();
/// assert_eq!(
///     refused.to_string(),
///     "contacts arena over budget: 1 B requested, 16 of 16 B used; raise budget_bytes",
/// );
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Budget {
    /// As much as the system gives.
    #[default]
    Unlimited,
    /// Log a warning, once in each frame that uses more than this many bytes; so does an arena that
    /// cannot grow, before its capacity ends. An allocation that fails crosses nothing: exact on one
    /// thread, but if another thread of a set crosses in the same moment, its warning may come later
    /// in the frame or not at all.
    Warn(usize),
    /// Refuse any allocation with which the frame would use more than this many bytes.
    Refuse(usize),
}

impl Budget {
    /// The number of bytes, if there is one.
    #[must_use]
    pub const fn budget_bytes(self) -> Option<usize> {
        match self {
            Self::Unlimited => None,
            Self::Warn(bytes) | Self::Refuse(bytes) => Some(bytes),
        }
    }
}

/// Where an arena's allocations come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ArenaMode {
    /// A pointer moved inside a block: the reason to have an arena.
    #[default]
    Bump,
    /// As [`Bump`](Self::Bump), and each allocation is noted by type, call site and place:
    /// [`FrameArena::trace`](crate::FrameArena::trace). For looking at single frames: noting takes
    /// some 50 ns and heap memory of its own, and aborts where the system refuses that.
    Traced,
    /// One call of the global allocator for each allocation, all freed at reset.
    ///
    /// For comparison, and for debugging: under valgrind or a sanitizer each object has its own
    /// red zones, so that a use after the reset or past an object's end is reported. Each object
    /// carries a 32-byte header, a cost that a plain `Box` does not have.
    PerObject,
}

/// Everything an arena can be told, with defaults that suit a phase of a small game.
///
/// ```
/// use frame_arena::{ArenaConfig, FrameArena};
///
/// let arena = FrameArena::with_config(ArenaConfig {
///     capacity_bytes: 4 << 20,
///     pretouch: true,
///     ..ArenaConfig::named("physics")
/// });
/// assert!(arena.stats().reserved_bytes >= 4 << 20);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArenaConfig {
    /// Stands in errors and logs: "`name` arena over budget". Default `"frame"`.
    pub name: &'static str,
    /// Bytes to reserve at first, and never to shrink under. Default 1 MiB.
    pub capacity_bytes: usize,
    /// Write each page of a new block once, so that no later frame pays for the page faults.
    /// Default off.
    pub pretouch: bool,
    /// Bytes that one frame may use. Default [`Budget::Unlimited`].
    pub budget: Budget,
    /// Default [`ArenaMode::Bump`].
    pub mode: ArenaMode,
    /// Shrink after this many consecutive frames that used under half of what is reserved.
    /// 0 never shrinks. Default 600: ten seconds at 60 frames a second.
    pub shrink_after_frames: u32,
    /// Frames whose handles can be read: 1, the present one (default), or 2, the last one too.
    /// Two take two blocks, used in turn, and each frame's values of `alloc_drop` live for a frame
    /// more. What is frozen or sent, [`SharedFrame`](crate::SharedFrame) and
    /// [`FramePacket`](crate::FramePacket), shows its own frame only. Any other number is a bug, and panics.
    pub frames_in_flight: u8,
    /// Take another block when one is full. Default yes; without, a frame may use `capacity_bytes`,
    /// exactly, or the bytes of [`Budget::Refuse`] if they are less, and a set refuses earlier if
    /// what its threads leave of their 64 KiB leaves no room.
    pub can_grow: bool,
    /// Past frames to keep figures of, for graphs, in memory taken at the start. Default 0; 240 take
    /// 11 KiB.
    pub history_frames: usize,
    /// What a profiler is told of the memory. Default [`ProfileLevel::Blocks`].
    pub profile: ProfileLevel,
}

impl ArenaConfig {
    /// The defaults, under a name for errors and logs.
    #[must_use]
    pub const fn named(name: &'static str) -> Self {
        Self {
            name,
            capacity_bytes: 1 << 20,
            pretouch: false,
            budget: Budget::Unlimited,
            mode: ArenaMode::Bump,
            shrink_after_frames: 600,
            frames_in_flight: 1,
            can_grow: true,
            history_frames: 0,
            profile: ProfileLevel::Blocks,
        }
    }
}

impl ArenaConfig {
    /// Bytes that one frame may use: the budget, and the capacity of an arena that cannot grow. A
    /// budget that warns comes before the capacity, until `is_over` it.
    pub(crate) fn limit(&self, is_over: bool) -> Budget {
        let capacity_bytes = self.capacity_bytes;
        match self.budget {
            budget if self.can_grow => budget,
            Budget::Refuse(bytes) => Budget::Refuse(bytes.min(capacity_bytes)),
            Budget::Warn(bytes) if bytes < capacity_bytes && !is_over => Budget::Warn(bytes),
            Budget::Warn(_) | Budget::Unlimited => Budget::Refuse(capacity_bytes),
        }
    }

    /// What a request meets that the limit refuses: the budget, or the end of what cannot grow.
    pub(crate) fn refusal(
        &self,
        requested_bytes: usize,
        padding_bytes: usize,
        used_bytes: usize,
    ) -> AllocError {
        let arena = self.name;
        match self.budget {
            Budget::Refuse(budget_bytes) if self.can_grow || budget_bytes < self.capacity_bytes => {
                AllocError::OverBudget {
                    arena,
                    requested_bytes,
                    padding_bytes,
                    used_bytes,
                    budget_bytes,
                }
            }
            _ => AllocError::Full {
                arena,
                requested_bytes,
                padding_bytes,
                used_bytes,
                capacity_bytes: self.capacity_bytes,
            },
        }
    }

    /// Whether the last frame's memory is kept beside the present one's.
    ///
    /// # Panics
    /// If `frames_in_flight` is neither 1 nor 2.
    #[track_caller]
    pub(crate) fn keeps_last_frame(&self) -> bool {
        let frames = self.frames_in_flight;
        assert!(matches!(frames, 1 | 2), "frames_in_flight is {frames}; set 1 or 2");
        frames == 2
    }
}

impl Default for ArenaConfig {
    fn default() -> Self {
        Self::named("frame")
    }
}
