//! Reads what a program tells the Tracy profiler, over the wire protocol of its version 0.14.
//!
//! For tests and benches: it draws nothing and keeps no file. Of what can be told it knows zones,
//! frames, plots, messages, threads and memory pools, and passes over the rest. It checks what the
//! real viewer checks, and takes for a fault what that takes for one.
//!
//! ```no_run
//! use std::time::{Duration, Instant};
//! use frame_arena_viewer::Viewer;
//!
//! let deadline = Instant::now() + Duration::from_secs(60);
//! let capture = Viewer::connect(8086, deadline)?.capture()?; // Until the program ends.
//! println!("{} frames", capture.frame_marks.len());
//! # Ok::<(), frame_arena_viewer::ViewerError>(())
//! ```

mod capture;
mod connection;
mod error;
mod pool;
mod port;
mod reader;
mod wire;

pub use capture::{Capture, Message, Plot, PlotFormat, Span, Zone};
pub use connection::Viewer;
pub use error::ViewerError;
pub use pool::{MemoryEvent, Pool};
pub use port::{Port, free_port};
