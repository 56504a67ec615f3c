//! The particle demo, without its simulation's inner life: effects, command line, reports, window.
//!
//! `main` wires these to the engine. The window knows the simulation through [`model`] alone.

pub mod assets;
pub mod cli;
pub mod effect;
pub mod events;
pub mod model;
pub mod report;
pub mod screenshot;
pub mod startup;
pub mod whole_file;
pub mod window;

/// One particle in the draw list: 16 bytes, uploaded as they are.
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct Instance {
    /// Position to the right of the world's middle, metres.
    pub x: f32,
    /// Position above the world's middle, metres.
    pub y: f32,
    /// Radius, metres.
    pub size: f32,
    /// Light that is added: red, green, blue, and alpha, which scales them.
    pub rgba: [u8; 4],
}
