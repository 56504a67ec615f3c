//! Pressure: whether the capacity suits the frames, in words.
#![forbid(unsafe_code)]

use core::fmt;
use core::mem;

use super::size;
use super::stats::FrameUsage;

/// Frames that a report looks back on, at most.
pub(crate) const LOOK_BACK_FRAMES: u32 = 600;

/// Blocks in one frame at which an arena looks forgotten: 64 times its capacity, by doubling.
pub(crate) const MISSED_RESET_REQUESTS: u32 = 7;

/// What is logged then.
pub(crate) struct MissedReset {
    pub(crate) arena: &'static str,
    pub(crate) bytes: usize,
}

impl fmt::Display for MissedReset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (arena, bytes) = (self.arena, Bytes(self.bytes));
        write!(
            f,
            "{arena} arena grew {MISSED_RESET_REQUESTS} times since its last reset, to {bytes}; \
             call reset (or begin_frame) in each frame, or raise capacity_bytes"
        )
    }
}

/// How the last frames (up to 600) fitted the memory reserved. Its `Display` is advice.
///
/// ```
/// use frame_arena::FrameArena;
///
/// let mut arena = FrameArena::with_capacity(64 << 10);
/// arena.alloc_slice_fill_with(2 << 20, |_| 0u8);
/// arena.reset();
/// assert_eq!(
///     arena.pressure().to_string(),
///     "frame arena: set capacity_bytes to 3 MiB: 1 frame of the last 1 grew",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Pressure {
    /// Name of the arena.
    pub arena: &'static str,
    /// Frames looked back on: those between 300 and 600 that ended last, or all of fewer.
    pub frame_count: u32,
    /// Those of them that needed more than one block.
    pub grown_frame_count: u32,
    /// Those of them in which a request met the end of what cannot grow
    /// ([`AllocError::Full`](crate::AllocError::Full)).
    pub refused_frame_count: u32,
    /// The most bytes that one of them used.
    pub most_bytes: usize,
    /// The most bytes that one of them would have used with the request that was so refused. Had it
    /// been granted, there might have been others.
    pub most_refused_bytes: usize,
    /// In a set, the most that the threads of one of them claimed, of which each may have left up to
    /// 64 KiB unused; without what [`try_for_threads`](crate::ThreadArenas::try_for_threads) adds to
    /// the capacity. 0 for an arena of its own.
    pub most_claimed_bytes: usize,
    /// Bytes of the blocks held from the system for a frame now: with two in flight not those of the
    /// other, and 0 per object.
    pub reserved_bytes: usize,
}

impl Pressure {
    /// Capacity to configure: the most that a frame used, would have used with a request that was
    /// refused, or a set's threads claimed, and a quarter more, in whole KiB, or MiB from one MiB on.
    #[must_use]
    pub fn advised_capacity_bytes(&self) -> usize {
        let most_bytes = self.most_bytes.max(self.most_refused_bytes).max(self.most_claimed_bytes);
        let room = size::settled_room(most_bytes);
        let unit = if room >= 1 << 20 { 1 << 20 } else { 1 << 10 };
        size::round_up(room, unit).unwrap_or(room)
    }
}

impl fmt::Display for Pressure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let &Self { arena, frame_count, grown_frame_count, most_bytes, reserved_bytes, .. } = self;
        if self.refused_frame_count > 0 {
            let capacity = Bytes(self.advised_capacity_bytes());
            let (count, frames) = (self.refused_frame_count, frames(self.refused_frame_count));
            let were = if count == 1 { "was" } else { "were" };
            return write!(
                f,
                "{arena} arena: raise its capacity to {capacity} or more: \
                 {count} {frames} of the last {frame_count} {were} refused memory"
            );
        }
        if grown_frame_count > 0 {
            let capacity = Bytes(self.advised_capacity_bytes());
            let frames = frames(grown_frame_count);
            return write!(
                f,
                "{arena} arena: set capacity_bytes to {capacity}: \
                 {grown_frame_count} {frames} of the last {frame_count} grew"
            );
        }
        let (most, frames) = (Bytes(most_bytes), frames(frame_count));
        write!(
            f,
            "{arena} arena: capacity_bytes is enough: \
             the last {frame_count} {frames} used at most {most}"
        )?;
        match reserved_bytes {
            0 => Ok(()), // Per object, or in memory of somebody else's.
            reserved => write!(f, " of {}", Bytes(reserved)),
        }
    }
}

fn frames(count: u32) -> &'static str {
    if count == 1 { "frame" } else { "frames" }
}

/// Bytes as whole MiB where they are, else as whole KiB, rounded up.
struct Bytes(usize);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes >= 1 << 20 && bytes.is_multiple_of(1 << 20) => {
                write!(f, "{} MiB", bytes >> 20)
            }
            bytes => write!(f, "{} KiB", bytes.div_ceil(1 << 10)),
        }
    }
}

/// Figures of all frames, and of up to 600 of the last, in two halves: when the newer is full, it
/// is the older, which is forgotten but for what it says of all frames.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PressureTally {
    newer: Half,
    older: Half,
    forgotten_frame_count: u64,
    forgotten_most_bytes: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Half {
    frame_count: u32,
    grown_frame_count: u32,
    refused_frame_count: u32,
    most_bytes: usize,
    most_refused_bytes: usize,
}

impl PressureTally {
    #[inline]
    pub(crate) fn note(&mut self, usage: &FrameUsage) {
        self.note_peak(usage.peak_bytes, usage.block_count > 1);
    }

    #[inline]
    pub(crate) fn note_peak(&mut self, peak_bytes: usize, has_grown: bool) {
        if self.newer.frame_count == LOOK_BACK_FRAMES / 2 {
            self.forget_older();
        }
        self.newer.frame_count += 1;
        self.newer.grown_frame_count += u32::from(has_grown);
        self.newer.most_bytes = self.newer.most_bytes.max(peak_bytes);
    }

    /// Notes of the frame noted last that it would have used so many bytes with a request that was
    /// refused; 0 if none was.
    pub(crate) fn note_refused(&mut self, refused_bytes: usize) {
        self.newer.refused_frame_count += u32::from(refused_bytes > 0);
        self.newer.most_refused_bytes = self.newer.most_refused_bytes.max(refused_bytes);
    }

    #[cold]
    #[inline(never)]
    fn forget_older(&mut self) {
        self.forgotten_frame_count += u64::from(self.older.frame_count);
        self.forgotten_most_bytes = self.forgotten_most_bytes.max(self.older.most_bytes);
        self.older = mem::take(&mut self.newer);
    }

    /// Frames of the arena's life.
    pub(crate) fn frame_count(&self) -> u64 {
        let kept = u64::from(self.newer.frame_count) + u64::from(self.older.frame_count);
        self.forgotten_frame_count + kept
    }

    /// The most bytes that a frame used in the arena's life.
    pub(crate) fn most_ever_bytes(&self) -> usize {
        self.forgotten_most_bytes.max(self.newer.most_bytes).max(self.older.most_bytes)
    }

    pub(crate) fn pressure(&self, arena: &'static str, reserved_bytes: usize) -> Pressure {
        let (newer, older) = (&self.newer, &self.older);
        Pressure {
            arena,
            frame_count: newer.frame_count + older.frame_count,
            grown_frame_count: newer.grown_frame_count + older.grown_frame_count,
            refused_frame_count: newer.refused_frame_count + older.refused_frame_count,
            most_bytes: newer.most_bytes.max(older.most_bytes),
            most_refused_bytes: newer.most_refused_bytes.max(older.most_refused_bytes),
            most_claimed_bytes: 0,
            reserved_bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(peak_bytes: usize, block_count: u32) -> FrameUsage {
        FrameUsage { peak_bytes, block_count, ..FrameUsage::default() }
    }

    #[test]
    fn growth_of_long_ago_is_forgotten() {
        let mut tally = PressureTally::default();
        tally.note(&usage(5_000_000, 3));
        for _ in 0..LOOK_BACK_FRAMES - 1 {
            tally.note(&usage(1_000, 1));
        }
        assert_eq!(tally.pressure("a", 0).grown_frame_count, 1);
        for _ in 0..LOOK_BACK_FRAMES / 2 {
            tally.note(&usage(1_000, 1));
        }
        let pressure = tally.pressure("audio", 1_052_672);
        assert_eq!((pressure.grown_frame_count, pressure.most_bytes), (0, 1_000));
        assert_eq!(
            pressure.to_string(),
            "audio arena: capacity_bytes is enough: the last 600 frames used at most 1 KiB of 1028 KiB"
        );
    }

    #[test]
    fn the_most_ever_and_the_number_of_frames_outlive_what_is_looked_back_on() {
        let mut tally = PressureTally::default();
        tally.note(&usage(5_000_000, 1));
        (0..2_000).for_each(|_| tally.note(&usage(1_000, 1)));
        assert_eq!((tally.most_ever_bytes(), tally.frame_count()), (5_000_000, 2_001));
        assert_eq!(tally.pressure("a", 0).most_bytes, 1_000);
    }

    #[test]
    fn advice_counts_the_frames_that_grew() {
        let mut tally = PressureTally::default();
        (0..100).for_each(|n| tally.note(&usage(700_000, 1 + u32::from(n % 40 == 0))));
        assert_eq!(
            tally.pressure("physics", 0).to_string(),
            "physics arena: set capacity_bytes to 855 KiB: 3 frames of the last 100 grew"
        );
    }
}
