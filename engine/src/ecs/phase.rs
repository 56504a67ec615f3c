//! The parts of a frame.

/// How long an arena's objects live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Lifetime {
    /// From the start of a frame to the start of the next.
    Frame,
    /// From the start of a physics tick to the start of the next. A frame runs 0 to N ticks, so
    /// what the last tick made can be read in frames without one.
    Tick,
}

/// A named part of a frame, with an arena of its own.
///
/// ```
/// use frame_arena::ecs::{Lifetime, Phase};
///
/// struct Audio;
///
/// impl Phase for Audio {
///     const NAME: &'static str = "audio";
///     const LIFETIME: Lifetime = Lifetime::Frame;
/// }
/// ```
pub trait Phase: Send + Sync + 'static {
    /// Stands in reports, errors, logs and the profiler.
    const NAME: &'static str;
    /// When the phase's arena begins anew.
    const LIFETIME: Lifetime;
}

/// Input, game rules, spawning. Once a frame.
#[derive(Clone, Copy, Debug)]
pub struct Update;

/// Motion and collision at a fixed step. Zero or more ticks a frame.
#[derive(Clone, Copy, Debug)]
pub struct Physics;

/// What there is to draw. Once a frame.
#[derive(Clone, Copy, Debug)]
pub struct Render;

impl Phase for Update {
    const NAME: &'static str = "update";
    const LIFETIME: Lifetime = Lifetime::Frame;
}

impl Phase for Physics {
    const NAME: &'static str = "physics";
    const LIFETIME: Lifetime = Lifetime::Tick;
}

impl Phase for Render {
    const NAME: &'static str = "render";
    const LIFETIME: Lifetime = Lifetime::Frame;
}
