//! What an arena tells of itself.

use super::FrameArena;
use crate::arena::config::ArenaConfig;
use crate::arena::epoch::Epoch;
use crate::arena::pressure::Pressure;
use crate::arena::stats::{ArenaStats, FrameUsage};
use crate::arena::trace::FrameTrace;

impl FrameArena {
    /// Figures of the frame so far and of the arena's life. A few loads and adds.
    #[must_use]
    pub fn stats(&self) -> ArenaStats {
        let FrameUsage { reserved_bytes, block_count, .. } = self.usage();
        let stats = self.raw.stats();
        let quiet_frames = match &self.older {
            Some(older) => stats.quiet_frames.min(older.quiet_frames()),
            None => stats.quiet_frames,
        };
        ArenaStats { reserved_bytes, block_count, quiet_frames, ..stats }
    }

    /// Figures of the frame so far, with a `Display` as a small table.
    #[must_use]
    pub fn usage(&self) -> FrameUsage {
        let usage = self.raw.usage();
        self.older.as_ref().map_or(usage, |older| usage.beside(older))
    }

    /// How the last frames fitted the memory reserved, with advice on the capacity as `Display`.
    #[must_use]
    pub fn pressure(&self) -> Pressure {
        self.raw.pressure()
    }

    /// Figures of the last `history_frames` frames, oldest first.
    pub fn history(&self) -> impl DoubleEndedIterator<Item = &FrameUsage> + '_ {
        self.raw.history()
    }

    /// What this frame allocated so far, by type and call site, and where; empty but in
    /// [`ArenaMode::Traced`](crate::ArenaMode::Traced).
    #[must_use]
    pub fn trace(&self) -> FrameTrace {
        self.raw.trace()
    }

    /// How the arena was configured.
    #[must_use]
    pub fn config(&self) -> &ArenaConfig {
        self.raw.config()
    }

    /// The present span between two resets.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.raw.epoch()
    }

    /// Bytes that fit before the arena needs another block or meets its budget.
    #[must_use]
    pub fn room_bytes(&self) -> usize {
        self.raw.room_bytes()
    }
}
