//! The figures of one frame.

use core::time::Duration;

use arrayvec::ArrayVec;

use super::phase::Lifetime;
use crate::ArenaStats;
use crate::heap::HeapCounts;

/// Most phases that an engine can have: a report holds all without a heap call.
pub const MAX_PHASES: usize = 8;

/// One phase's part of a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PhaseReport {
    /// The phase's name.
    pub name: &'static str,
    /// Once a frame, or once a tick.
    pub lifetime: Lifetime,
    /// Time that the phase's systems took, over all ticks of the frame.
    pub duration: Duration,
    /// Its arena's figures; of a tick phase, allocations and used bytes summed over the frame's
    /// ticks.
    pub stats: ArenaStats,
    /// Bytes in its arena at the frame's end: of a tick phase, those of the last tick.
    pub held_bytes: usize,
    /// Heap calls made by its systems, on all threads. Zero unless [`Counting`](crate::heap::Counting) is the
    /// global allocator.
    pub heap: HeapCounts,
    /// Heap calls of bevy's multi-threaded executor for it.
    pub executor_heap: HeapCounts,
}

/// What one frame did, and what it took.
#[derive(Clone, Debug, PartialEq)]
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
    /// Heap calls of bevy's multi-threaded executor and of handing out `par_iter`'s batches; none
    /// with [`Executor::Serial`](super::Executor).
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
