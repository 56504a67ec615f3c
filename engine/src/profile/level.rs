//! How much an arena tells, and what a phase tells.

/// How much of an arena's memory the profiler is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ProfileLevel {
    /// Each block got from the system.
    #[default]
    Blocks,
    /// Each object too. Allocations take the cold path then, and each event a global lock, some
    /// 100 ns: for looking at memory, not at times. As [`Blocks`](Self::Blocks) without feature
    /// `tracy`.
    Objects,
}

/// One frame of one phase, as it is plotted.
#[cfg(feature = "ecs")]
#[cfg_attr(not(feature = "profiler"), expect(dead_code, reason = "nobody reads it then"))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct PhasePoint {
    pub(crate) used_bytes: usize,
    pub(crate) reserved_bytes: usize,
    pub(crate) alloc_count: u64,
    pub(crate) high_water_bytes: usize,
    pub(crate) heap_calls: u64,
    /// 100 is all of it; 0 without a budget.
    pub(crate) budget_percent: f64,
}
