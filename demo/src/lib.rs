//! The particle demo: effects, simulation, command line, reports, window.
//!
//! `simulation` alone knows the engine's systems; the window knows the simulation through [`model`] alone.

pub mod assets;
pub mod cli;
pub mod effect;
pub mod events;
pub mod headless;
pub mod model;
pub mod report;
pub mod screenshot;
pub mod shown;
pub mod simulation;
pub mod startup;
pub mod whole_file;
pub mod window;

pub use frame_arena::render::Instance;
