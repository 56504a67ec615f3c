//! Phases: the arena of each as a resource and a system parameter, and a frame driver.
//!
//! [`Arena`] is what a system asks for; [`Engine`] runs update, physics and render in order and
//! begins each phase's arena when nobody can hold a reference into it.

mod arena;
mod batches;
mod clock;
mod config;
mod engine;
mod failure;
mod hand_over;
mod heap_share;
mod install;
pub mod phase;
#[cfg(feature = "bevy_app")]
mod plugin;
mod report;
mod slot;
mod watched;
mod workers;

pub use arena::{Arena, PhaseArena};
pub use batches::par_for_each_init;
pub use clock::{FrameTime, TickClock};
pub use config::{EngineConfig, EngineError, Executor};
pub use engine::Engine;
pub use failure::{FrameError, SystemFailure};
pub use hand_over::{BatchWriter, FrameReader, FrameWriter, HandOverError, order_hand_over};
#[cfg(feature = "multi_threaded")]
pub(crate) use heap_share::HeapTally;
pub use install::{begin_frame, begin_tick, install, install_phase, install_with_config};
pub use phase::{Lifetime, Phase};
#[cfg(feature = "bevy_app")]
pub use plugin::{FrameArenaPlugin, FrameArenaSystems};
pub use report::{FrameReport, MAX_PHASES, PhaseReport};
pub use workers::{Workers, WorkersError};
