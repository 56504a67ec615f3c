//! Phases: the arena of each as a resource and a system parameter, and a frame driver.
//!
//! [`Arena`] is what a system asks for; [`Engine`] runs update, physics and render in order and
//! begins each phase's arena when nobody can hold a reference into it.

mod arena;
mod clock;
mod engine;
mod failure;
pub mod phase;
mod report;
mod workers;

pub use arena::{Arena, PhaseArena, begin_frame};
pub use clock::{FrameTime, TickClock};
pub use engine::{Engine, EngineConfig};
pub use failure::{FrameError, SystemFailure};
pub use phase::{Lifetime, Phase};
pub use report::{FrameReport, MAX_PHASES, PhaseReport};
pub use workers::Workers;
