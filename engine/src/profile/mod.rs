//! Zones and frame marks for a profiler, without naming one.
//!
//! With feature `tracy` they reach the Tracy profiler; without it all of this compiles to nothing.
//!
//! ```
//! use frame_arena::profile;
//!
//! profile::start();
//! for _frame in 0..2 {
//!     profile::zone!("think");
//!     profile::frame_mark();
//! }
//! ```

#[cfg(not(feature = "tracy"))]
mod off;
#[cfg(feature = "tracy")]
mod tracy;

#[cfg(not(feature = "tracy"))]
use off as client;
#[cfg(feature = "tracy")]
use tracy as client;

#[doc(inline)]
pub use crate::zone;
#[cfg(feature = "tracy")]
#[doc(hidden)]
pub use client::span_location;
pub use client::{Zone, frame_mark, start};
