//! Figures: of the frame so far, of past frames, of the arena's life.

use core::fmt;

use super::config::ArenaConfig;
use super::error::AllocError;
use super::raw::RawArena;

/// What one frame took from an arena.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct FrameUsage {
    /// `alloc*` calls, calls by collections, and growth that had to move.
    pub alloc_count: u64,
    /// Bytes handed out and not given back, padding included.
    pub used_bytes: usize,
    /// The most that `used_bytes` was at any time in the frame. In a set the sum of what it was for
    /// each thread, though at different times: no less than the most of all together.
    pub peak_bytes: usize,
    /// Bytes that growing vectors moved out of and left behind.
    pub abandoned_bytes: usize,
    /// Bytes held from the system when the frame ended.
    pub reserved_bytes: usize,
    /// Blocks held when the frame ended.
    pub block_count: u32,
    /// Requests to the system in the frame, for growth.
    pub block_requests: u32,
}

impl FrameUsage {
    /// This frame's, with what the memory of `older`, in flight beside it, holds from the system.
    pub(crate) fn beside(self, older: &RawArena) -> Self {
        let held = older.usage();
        Self {
            reserved_bytes: self.reserved_bytes + held.reserved_bytes,
            block_count: self.block_count + held.block_count,
            ..self
        }
    }
}

/// A small table, bytes in KiB.
///
/// ```
/// use frame_arena::FrameArena;
///
/// let arena = FrameArena::with_capacity(10_000);
/// arena.alloc([0u8; 2_048]);
/// let usage = arena.usage().to_string();
/// assert!(usage.starts_with("allocations            1\nused               2.0 KiB\n"));
/// ```
impl fmt::Display for FrameUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kib = |bytes: usize| bytes as f64 / 1024.0;
        writeln!(f, "allocations {:>12}", self.alloc_count)?;
        writeln!(f, "used      {:>12.1} KiB", kib(self.used_bytes))?;
        writeln!(f, "peak      {:>12.1} KiB", kib(self.peak_bytes))?;
        writeln!(f, "abandoned {:>12.1} KiB", kib(self.abandoned_bytes))?;
        writeln!(f, "reserved  {:>12.1} KiB", kib(self.reserved_bytes))?;
        writeln!(f, "blocks      {:>12}", self.block_count)?;
        write!(f, "requests    {:>12}", self.block_requests)
    }
}

/// Figures of an arena at this moment.
///
/// ```
/// use frame_arena::FrameArena;
///
/// let arena = FrameArena::with_capacity(4_096);
/// arena.alloc(1u8);
/// arena.alloc([2u64; 4]);
/// let stats = arena.stats();
/// assert_eq!((stats.alloc_count, stats.used_bytes, stats.block_count), (2, 8 + 32, 1));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ArenaStats {
    /// `alloc*` calls since the last reset, calls by collections, and growth that had to move.
    pub alloc_count: u64,
    /// Bytes handed out since the last reset and not given back, padding included.
    pub used_bytes: usize,
    /// Bytes held from the system: whole pages, the block's own bookkeeping included. Per object:
    /// the bytes of the living objects.
    pub reserved_bytes: usize,
    /// The most bytes used in any frame so far, this one included; in a set a sum as
    /// [`FrameUsage::peak_bytes`].
    pub high_water_bytes: usize,
    /// Bytes that growing vectors moved out of and left behind since the last reset.
    pub abandoned_bytes: usize,
    /// Blocks held from the system. 1 once settled, 2 with two frames in flight; 0 before the first
    /// use and per object.
    pub block_count: u32,
    /// Requests to the system since the last reset, for growth.
    pub block_requests: u32,
    /// Resets that replaced the blocks: by one larger after growth, or smaller after quiet frames.
    pub resizes: u32,
    /// Consecutive frames, up to the last reset, that used under half of what is reserved.
    pub quiet_frames: u32,
    /// Resets so far.
    pub frame_count: u64,
}

/// The figures of the last frames, oldest first, in memory that is taken once.
#[derive(Debug, Default)]
pub(crate) struct FrameHistory {
    frames: Box<[FrameUsage]>,
    written: usize,
}

impl FrameHistory {
    /// Room for as many frames as `config` says.
    pub(crate) fn try_new(config: &ArenaConfig) -> Result<Self, AllocError> {
        let (arena, history_frames) = (config.name, config.history_frames);
        let mut frames = Vec::new();
        frames
            .try_reserve_exact(history_frames)
            .map_err(|_| AllocError::HistoryTooLong { arena, history_frames })?;
        frames.resize(history_frames, FrameUsage::default());
        Ok(Self { frames: frames.into(), written: 0 })
    }

    #[inline]
    pub(crate) fn is_off(&self) -> bool {
        self.frames.is_empty()
    }

    pub(crate) fn push(&mut self, usage: FrameUsage) {
        let len = self.frames.len();
        if len == 0 {
            return;
        }
        let turn = if self.written < len { self.written } else { self.written - len };
        self.frames[turn] = usage;
        // Kept under 2 * len: enough to know where the ring stands and whether it is full.
        self.written += 1;
        if self.written == 2 * len {
            self.written = len;
        }
    }

    /// The frames as two runs, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &FrameUsage> + '_ {
        let len = self.frames.len();
        let (older, newer) = if self.written < len {
            (&self.frames[..self.written], &self.frames[..0])
        } else {
            let turn = if len == 0 { 0 } else { self.written % len };
            (&self.frames[turn..], &self.frames[..turn])
        };
        older.iter().chain(newer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(history_frames: usize) -> FrameHistory {
        let config = ArenaConfig { history_frames, ..ArenaConfig::default() };
        FrameHistory::try_new(&config).unwrap()
    }

    #[test]
    fn history_keeps_the_last_frames_oldest_first() {
        let mut history = history(3);
        for frame in 0..10_u64 {
            history.push(FrameUsage { alloc_count: frame, ..FrameUsage::default() });
            let kept: Vec<u64> = history.iter().map(|usage| usage.alloc_count).collect();
            let wanted: Vec<u64> = (frame.saturating_sub(2)..=frame).collect();
            assert_eq!(kept, wanted);
        }
    }

    #[test]
    fn no_history_takes_no_memory() {
        let mut history = history(0);
        history.push(FrameUsage::default());
        assert_eq!(history.iter().count(), 0);
    }
}
