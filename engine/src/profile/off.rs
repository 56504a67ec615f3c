//! No profiler: everything here is empty.

/// A span of time on this thread, from its opening to its drop.
#[derive(Debug)]
#[must_use = "a zone ends when it is dropped"]
pub struct Zone;

impl Zone {
    /// Opens a zone with a name known at run time.
    #[inline(always)]
    pub fn named(_name: &'static str) -> Self {
        Self
    }

    /// Opens a zone for a system of this path.
    #[cfg(feature = "ecs")]
    #[inline(always)]
    pub(crate) fn of_system(_path: &str) -> Self {
        Self
    }
}

/// Starts the profiler's client, once in a program. Nothing without feature `tracy`.
#[inline(always)]
pub fn start() {}

/// Says that a frame was finished. Nothing without feature `tracy`.
#[inline(always)]
pub fn frame_mark() {}

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
    ($name:literal) => {};
}
