//! What a profiler is told, without naming one: zones, frames, plots, messages, memory pools.
//!
//! With feature `tracy` it reaches the Tracy profiler, and a game that uses this crate needs no
//! other; without it all of this compiles to nothing (`cargo run --release -p frame-arena-benches
//! --bin profiling` counts).
//!
//! ```
//! use frame_arena::profile;
//!
//! profile::start();
//! for frame in 0..2 {
//!     profile::zone!("think"); // Until the end of this block.
//!     profile::plot!("enemies", f64::from(frame) * 3.0);
//!     profile::frame_mark(); // After the frame was shown.
//! }
//! ```
//!
//! # What arenas and the engine tell by themselves
//!
//! | | |
//! |---|---|
//! | zones | each phase\* and system\*, each arena's `reset` and `growth` |
//! | frames | `tick`\*, for each tick of physics |
//! | plots | for each phase, a point a frame: used and allocations, of a tick phase over all the frame's ticks; reserved, high-water mark, budget share, heap calls\* |
//! | messages | growth, shrinking, a crossed budget, a missed reset, with the values |
//! | memory pools | `arena: NAME blocks`, each block; with [`ProfileLevel::Objects`] also `arena: NAME`, each object |
//!
//! \* By the engine only: in another loop the schedules are not ours. In bevy's, its own feature
//! `trace_tracy` tells their zones, in the same capture; `examples/bevy_tracy` shows it.
//!
//! # Who can listen
//!
//! | feature | what is recorded | who can connect |
//! |---|---|---|
//! | `tracy` | nothing until a viewer connects | programs on this machine |
//! | `tracy-always` | from the program's start, in memory, until a viewer connects | programs on this machine |
//! | `tracy-network` | nothing until a viewer connects | **every machine that reaches this one** |
//!
//! If several are on, the most careful holds. Whoever connects can ask for any memory of the
//! process: there is no password. See the project's README for a way through ssh.

mod level;
#[cfg(not(feature = "profiler"))]
mod off;
#[cfg(feature = "profiler")]
mod tracy;

#[cfg(not(feature = "profiler"))]
use off as client;
#[cfg(feature = "profiler")]
use tracy as client;

#[cfg(all(
    feature = "profiler",
    not(any(feature = "tracy", feature = "tracy-always", feature = "tracy-network"))
))]
compile_error!("feature `profiler` says not who may listen: take `tracy` instead");

#[doc(inline)]
pub use crate::{frame, plot, zone};
pub(crate) use client::{ArenaProfile, BlockNote, say, say_warning};
pub use client::{
    Frame, Pause, Zone, frame_mark, is_connected, message, name_thread, pause, start,
    wait_for_viewer,
};
#[doc(hidden)]
pub use client::{Location, Name, plot_point};
#[cfg(feature = "ecs")]
pub(crate) use client::{PhaseProfile, SystemProfile};
#[cfg(feature = "ecs")]
pub(crate) use level::PhasePoint;
pub use level::ProfileLevel;

/// Whether a profiler's client is linked: one of the features is on.
pub const IS_BUILT_IN: bool = cfg!(feature = "profiler");

/// Opens a zone with a literal name, until the end of the block. Nothing without feature `tracy`.
///
/// ```
/// fn integrate_motion() {
///     frame_arena::profile::zone!("integrate_motion");
///     // The work.
/// }
/// # integrate_motion();
/// ```
#[macro_export]
macro_rules! zone {
    ($name:literal) => {
        let _zone = {
            static LOCATION: $crate::profile::Location = $crate::profile::Location::new(
                concat!($name, "\0"),
                concat!(module_path!(), "\0"),
                concat!(file!(), "\0"),
                line!(),
            );
            $crate::profile::Zone::at(&LOCATION)
        };
    };
}

/// Marks a frame of its own kind, until the end of the block: something that happens zero or
/// several times in a frame, as a tick does. Nothing without feature `tracy`.
///
/// ```
/// for _level in 0..2 {
///     frame_arena::profile::frame!("level load");
///     // The work.
/// }
/// ```
#[macro_export]
macro_rules! frame {
    ($name:literal) => {
        let _frame = {
            const NAME: $crate::profile::Name = $crate::profile::Name::new(concat!($name, "\0"));
            $crate::profile::Frame::begin(NAME)
        };
    };
}

/// Adds a point, an `f64`, to the plot with this literal name. The value is computed only if
/// somebody sees it; nothing without feature `tracy`.
///
/// ```
/// let enemies = [3, 5];
/// frame_arena::profile::plot!("enemies", enemies.len() as f64);
/// ```
#[macro_export]
macro_rules! plot {
    ($name:literal, $value:expr) => {{
        const NAME: $crate::profile::Name = $crate::profile::Name::new(concat!($name, "\0"));
        $crate::profile::plot_point(NAME, || -> f64 { $value });
    }};
}

/// Logs a warning, and tells the profiler the same.
macro_rules! log_warning {
    ($($text:tt)+) => {{
        log::warn!($($text)+);
        $crate::profile::say_warning(|out| write!(out, $($text)+));
    }};
}
pub(crate) use log_warning;

#[cfg(test)]
mod tests {
    use core::marker::PhantomData;
    use core::mem::needs_drop;

    use super::*;

    /// What fits no profiler must not wait for a build with one to be refused.
    #[test]
    fn guards_are_the_same_to_the_compiler_with_a_profiler_and_without() {
        struct Kind<T>(PhantomData<T>);
        trait Other {
            const IS_SEND: bool = false;
        }
        impl<T> Other for Kind<T> {}
        impl<T: Send> Kind<T> {
            const IS_SEND: bool = true; // Goes before the trait's.
        }
        let are_send = [Kind::<Zone>::IS_SEND, Kind::<Frame>::IS_SEND, Kind::<Pause>::IS_SEND];
        assert_eq!(are_send, [false, true, true]);
        assert!(needs_drop::<Zone>() && needs_drop::<Frame>() && needs_drop::<Pause>());
    }

    /// The macros make names in constants, where a panic stops the build.
    #[test]
    fn a_name_with_a_zero_byte_is_refused_with_a_profiler_and_without() {
        let makes: [fn(); 2] =
            [|| _ = Location::new("two\0words\0", "\0", "\0", 1), || _ = Name::new("two\0words\0")];
        assert!(makes.into_iter().all(|make| std::panic::catch_unwind(make).is_err()));
        assert!(std::panic::catch_unwind(|| Name::new("two words\0")).is_ok());
    }
}
