//! No profiler: everything here is empty. What compiles with a profiler compiles so too, and what
//! does not, does not: zones stay on their thread, guards are dropped, names have no zero byte.

use core::ffi::CStr;
use core::fmt;
use core::marker::PhantomData;

#[cfg(feature = "ecs")]
use super::PhasePoint;
use super::ProfileLevel;

/// A span of time on this thread, from its opening to its drop.
#[derive(Debug)]
#[must_use = "a zone ends when it is dropped"]
pub struct Zone {
    thread: PhantomData<*mut ()>,
}

impl Zone {
    /// Opens a zone at the caller's place, with a name known at run time.
    #[inline(always)]
    pub fn named(_name: &str) -> Self {
        Self::none()
    }

    #[doc(hidden)]
    #[inline(always)]
    pub fn at(_location: &'static Location) -> Self {
        Self::none()
    }

    #[inline(always)]
    fn none() -> Self {
        Self { thread: PhantomData }
    }
}

impl Drop for Zone {
    #[inline(always)]
    fn drop(&mut self) {}
}

/// A frame of its own kind, from [`frame!`](crate::profile::frame) to its drop.
#[derive(Debug)]
#[must_use = "a frame ends when it is dropped"]
pub struct Frame(());

impl Frame {
    #[doc(hidden)]
    #[inline(always)]
    pub fn begin(_name: Name) -> Self {
        Self(())
    }
}

impl Drop for Frame {
    #[inline(always)]
    fn drop(&mut self) {}
}

/// While it lives, the profiler is told of no zone, frame, plot or message.
#[derive(Debug)]
#[must_use = "the pause ends when it is dropped"]
pub struct Pause(());

impl Drop for Pause {
    #[inline(always)]
    fn drop(&mut self) {}
}

#[doc(hidden)]
#[derive(Debug)]
pub struct Location;

impl Location {
    #[inline(always)]
    pub const fn new(name: &str, _function: &str, _file: &str, _line: u32) -> Self {
        let _checked = Name::new(name);
        Self
    }
}

#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Name;

impl Name {
    #[inline(always)]
    pub const fn new(name: &str) -> Self {
        let name = CStr::from_bytes_with_nul(name.as_bytes());
        assert!(name.is_ok(), "the name has a zero byte in it; take it out");
        Self
    }
}

#[doc(hidden)]
#[inline(always)]
pub fn plot_point(_name: Name, _value: impl FnOnce() -> f64) {}

/// Starts the profiler's client, once in a program. Nothing without feature `tracy`.
#[inline(always)]
pub fn start() {}

/// Says that a frame was shown. Nothing without feature `tracy`.
#[inline(always)]
pub fn frame_mark() {}

/// Whether somebody sees what is recorded. `false` without feature `tracy`.
#[inline(always)]
#[must_use]
pub fn is_connected() -> bool {
    false
}

/// Waits until a viewer is connected. Returns at once without feature `tracy`.
#[inline(always)]
pub fn wait_for_viewer() {}

/// Leaves a line of text at this point in time. Nothing without feature `tracy`.
#[inline(always)]
pub fn message(_text: &str) {}

/// Names this thread for the profiler. Nothing without feature `tracy`.
#[inline(always)]
pub fn name_thread(_name: &str) {}

/// Leaves out zones, frames, plots and messages of all threads until the guard is dropped. Nothing
/// without feature `tracy`.
#[inline(always)]
pub fn pause() -> Pause {
    Pause(())
}

#[inline(always)]
pub(crate) fn say(_write: impl FnOnce(&mut dyn fmt::Write) -> fmt::Result) {}

#[inline(always)]
pub(crate) fn say_warning(_write: impl FnOnce(&mut dyn fmt::Write) -> fmt::Result) {}

/// What the profiler is told of one arena.
pub(crate) struct ArenaProfile;

/// Says that a block is held, until it is dropped.
pub(crate) struct BlockNote;

impl ArenaProfile {
    #[inline(always)]
    pub(crate) fn new(_name: &'static str, _level: ProfileLevel) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn share(&self) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn zone_of_reset(&self) -> Zone {
        Zone::none()
    }

    #[inline(always)]
    pub(crate) fn zone_of_growth(&self) -> Zone {
        Zone::none()
    }

    #[inline(always)]
    pub(crate) fn note_block(&self, _start: *const u8, _bytes: usize) -> BlockNote {
        BlockNote
    }

    #[inline(always)]
    pub(crate) fn sees_objects(&self) -> bool {
        false
    }

    #[inline(always)]
    pub(crate) fn claimed(&self, _object: *const u8, _bytes: usize) {}

    #[inline(always)]
    pub(crate) fn released(&self, _object: *const u8, _bytes: usize) {}

    #[inline(always)]
    pub(crate) fn forget_objects(&self) {}
}

/// What the profiler is told of one phase.
#[cfg(feature = "ecs")]
#[derive(Clone, Copy)]
pub(crate) struct PhaseProfile;

#[cfg(feature = "ecs")]
impl PhaseProfile {
    #[inline(always)]
    pub(crate) fn new(_name: &'static str) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn with_heap_calls(self) -> Self {
        self
    }

    #[inline(always)]
    pub(crate) fn zone(&self) -> Zone {
        Zone::none()
    }

    #[inline(always)]
    pub(crate) fn plot(&self, _point: impl FnOnce() -> PhasePoint) {}
}

/// What the profiler is told of one system.
#[cfg(feature = "ecs")]
pub(crate) struct SystemProfile;

#[cfg(feature = "ecs")]
impl SystemProfile {
    #[inline(always)]
    pub(crate) fn new(_path: &str) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn zone(&self) -> Zone {
        Zone::none()
    }
}
