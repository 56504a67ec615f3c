//! What the window knows of the simulation, and what it asks of it. Plain values: neither the engine nor the window's
//! library is named here.

use std::fmt;

/// Number of phases that a frame has: update, physics, render.
pub const PHASE_COUNT: usize = 3;

/// Where transient objects are put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AllocatorKind {
    /// In the frame arenas.
    Arena,
    /// Each one on the global heap.
    Heap,
}

impl AllocatorKind {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Arena => Self::Heap,
            Self::Heap => Self::Arena,
        }
    }
}

impl fmt::Display for AllocatorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Arena => "arena",
            Self::Heap => "heap",
        })
    }
}

/// Who runs the systems of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ExecutorKind {
    /// One after the other; threads share the work inside them. No heap call.
    Serial,
    /// Several at once, by bevy's multi-threaded executor, which makes heap calls of its own.
    Parallel,
}

/// The figures of one phase in one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PhaseFigures {
    /// Name of the phase.
    pub name: &'static str,
    /// Objects that it asked memory for.
    pub alloc_count: u64,
    /// Bytes handed out in the frame, over all its ticks.
    pub used_bytes: u64,
    /// Bytes in the arena at the end of the frame: after several ticks, those of the last.
    pub held_bytes: u64,
    /// Bytes held from the system.
    pub reserved_bytes: u64,
    /// Most bytes used in any frame so far.
    pub high_water_bytes: u64,
    /// Blocks that the reserved bytes are in.
    pub block_count: u64,
    /// Calls of the global heap.
    pub heap_calls: u64,
    /// What was left out of the frame because the arena refused it.
    pub refused_count: u64,
}

/// A text in the world.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Label<'a> {
    /// Where its left end stands.
    pub position_m: [f32; 2],
    /// What it says.
    pub text: &'a str,
}

/// What is drawn in the world view.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// Half the width and height of the walled world.
    pub half_extents_m: [f32; 2],
    /// The draw list, back to front; positions and radii in metres.
    pub instances: &'a [crate::Instance],
    /// Texts above the particles.
    pub labels: &'a [Label<'a>],
}

/// What the dashboard shows of one frame.
#[derive(Debug, Clone, Copy)]
pub struct DashboardFrame<'a> {
    /// Name of the effect.
    pub effect_name: &'a str,
    /// Its line of description.
    pub effect_description: &'a str,
    /// Index of the effect among the names given to the window.
    pub effect_index: usize,
    /// Where transient objects are put.
    pub allocator: AllocatorKind,
    /// Whether time stands still.
    pub is_paused: bool,
    /// Particles alive.
    pub particle_count: usize,
    /// Particles that there is room for.
    pub particle_cap: usize,
    /// Emission as a factor of the one that keeps the number of particles.
    pub emission_factor: f32,
    /// Emission in particles per second.
    pub emission_per_sec: f32,
    /// Downward pull.
    pub gravity_m_per_sec2: f32,
    /// Heap calls of the phases in this frame.
    pub heap_calls: u64,
    /// Time that the simulation took.
    pub simulation_ms: f32,
    /// Most bytes that each phase may use; none if `None`.
    pub budget_bytes: Option<u64>,
    /// The phases in the order in which they run.
    pub phases: [PhaseFigures; PHASE_COUNT],
}

/// The pull or push of the mouse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pointer {
    /// Where it is in the world.
    pub position_m: [f32; 2],
    /// Pushes away if true, pulls if false.
    pub is_repelling: bool,
}

/// What the user asks of the simulation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Command {
    /// Stop or go on.
    SetPaused(bool),
    /// Set [`DashboardFrame::emission_factor`], 0 to [`EMISSION_FACTOR_MAX`].
    SetEmission(f32),
    /// Set the downward pull, [`GRAVITY_MIN_M_PER_SEC2`] to [`GRAVITY_MAX_M_PER_SEC2`].
    SetGravity(f32),
    /// Show the effect with this index.
    SelectEffect(usize),
    /// Put transient objects elsewhere from the next frame on.
    SetAllocator(AllocatorKind),
    /// The mouse pulls, pushes, or (with `None`) was let go. Sent when it changes.
    SetPointer(Option<Pointer>),
    /// Close the window.
    Quit,
}

/// Largest emission that the window asks for.
pub const EMISSION_FACTOR_MAX: f32 = 2.0;
/// Least gravity that the window asks for; below 0 things fall up.
pub const GRAVITY_MIN_M_PER_SEC2: f32 = -10.0;
/// Largest gravity that the window asks for.
pub const GRAVITY_MAX_M_PER_SEC2: f32 = 20.0;
