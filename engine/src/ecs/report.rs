//! The figures of one frame.

use core::mem;
use core::time::Duration;

use arrayvec::ArrayVec;

use super::phase::Lifetime;
use crate::heap::HeapCounts;
use crate::profile::PhasePoint;
use crate::{ArenaStats, Budget};

/// Most phases that an engine can have: a report holds all without a heap call.
pub const MAX_PHASES: usize = 8;

/// One phase's part of a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct PhaseReport {
    /// The phase's name.
    pub name: &'static str,
    /// Once a frame, or once a tick.
    pub lifetime: Lifetime,
    /// Time that the phase's systems took, over all ticks of the frame.
    pub duration: Duration,
    /// Its arena's figures, what other phases allocated there included; of a tick phase, allocations
    /// and used bytes summed over the frame's ticks.
    pub stats: ArenaStats,
    /// Bytes in its arena at the frame's end: of a tick phase, those of the last tick.
    pub held_bytes: usize,
    /// Heap calls made by its systems, on all threads; with [`Executor::Serial`](super::Executor) those of
    /// its commands and conditions, too. Zero unless [`Counting`](crate::heap::Counting) is the global
    /// allocator.
    pub heap: HeapCounts,
    /// Heap calls of bevy's multi-threaded executor for it, in which those of commands and conditions
    /// cannot be told apart; and with either executor those of handing out the batches of
    /// [`par_for_each_init`](super::par_for_each_init).
    pub executor_heap: HeapCounts,
}

impl PhaseReport {
    pub(super) fn empty(name: &'static str, lifetime: Lifetime) -> Self {
        Self {
            name,
            lifetime,
            duration: Duration::ZERO,
            stats: ArenaStats::default(),
            held_bytes: 0,
            heap: HeapCounts::default(),
            executor_heap: HeapCounts::default(),
        }
    }

    /// Adds what was allocated in the phase's arena, whose figures are `stats` now, since they were
    /// `counted`.
    pub(super) fn add_since(&mut self, counted: &mut ArenaStats, stats: ArenaStats) {
        let mut counted = mem::replace(counted, stats);
        if counted.frame_count != stats.frame_count {
            counted = ArenaStats::default(); // Begun anew since, by whomever: a new budget does so.
        }
        let sum = &mut self.stats;
        sum.alloc_count += stats.alloc_count.saturating_sub(counted.alloc_count);
        sum.used_bytes += stats.used_bytes.saturating_sub(counted.used_bytes);
        sum.abandoned_bytes += stats.abandoned_bytes.saturating_sub(counted.abandoned_bytes);
        sum.block_requests += stats.block_requests.saturating_sub(counted.block_requests);
    }

    /// Takes what the arena holds at the frame's end, whether the phase ran or not.
    pub(super) fn take_state(&mut self, stats: ArenaStats) {
        self.held_bytes = stats.used_bytes;
        self.stats = ArenaStats {
            alloc_count: self.stats.alloc_count,
            used_bytes: self.stats.used_bytes,
            abandoned_bytes: self.stats.abandoned_bytes,
            block_requests: self.stats.block_requests,
            ..stats
        };
    }

    /// The frame as it is plotted.
    pub(super) fn point(&self, budget: Budget) -> PhasePoint {
        PhasePoint {
            used_bytes: self.stats.used_bytes,
            reserved_bytes: self.stats.reserved_bytes,
            alloc_count: self.stats.alloc_count,
            high_water_bytes: self.stats.high_water_bytes,
            heap_calls: self.heap.heap_calls,
            // Of a budget of no bytes too: 0/0 is no number.
            budget_percent: budget
                .budget_bytes()
                .map_or(0.0, |bytes| 100.0 * self.held_bytes as f64 / bytes.max(1) as f64),
        }
    }
}

/// What one frame did, and what it took.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct FrameReport {
    /// Number of the frame, from 0.
    pub frame: u64,
    /// Physics ticks that the frame ran.
    pub tick_count: u32,
    /// Time dropped in this frame, because it was longer than the most ticks.
    pub dropped: Duration,
    /// Time from begin to the end of the last phase.
    pub duration: Duration,
    /// Heap calls from begin to the end of the last phase, on all threads that took part: of the
    /// arenas, the systems, and what they had [`Workers`](super::Workers) do.
    pub heap: HeapCounts,
    /// Heap calls of bevy's multi-threaded executor, and of handing out batches: the sum of the phases'.
    pub executor_heap: HeapCounts,
    /// The phases, in the order in which they run.
    pub phases: ArrayVec<PhaseReport, MAX_PHASES>,
}

impl FrameReport {
    /// The report of the phase with this name.
    #[must_use]
    pub fn phase(&self, name: &str) -> Option<&PhaseReport> {
        self.phases.iter().find(|phase| phase.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_a_budget_of_no_bytes_is_a_number() {
        let mut report = PhaseReport::empty("update", Lifetime::Frame);
        assert_eq!(report.point(Budget::Refuse(0)).budget_percent, 0.0);
        report.held_bytes = 8;
        assert!(report.point(Budget::Warn(0)).budget_percent.is_finite());
        assert_eq!(report.point(Budget::Warn(16)).budget_percent, 50.0);
    }
}
