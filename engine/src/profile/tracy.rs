//! The Tracy profiler. `calls` alone names its client.

#[expect(unsafe_code, reason = "calls into the profiler's client, which is C++")]
mod calls;
mod memory;
mod names;
#[cfg(feature = "ecs")]
mod phase;

use core::fmt;
use core::panic::Location as Caller;
use core::str;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use calls::{OpenZone, Severity};

pub use calls::{Location, Name};
pub(crate) use memory::{ArenaProfile, BlockNote};
#[cfg(feature = "ecs")]
pub(crate) use phase::{PhaseProfile, SystemProfile};

/// Whether the client records nothing as long as no viewer is connected.
const IS_ON_DEMAND: bool = cfg!(any(feature = "tracy", feature = "tracy-network"));

/// How often [`wait_for_viewer`] looks.
const LOOK_PERIOD: Duration = Duration::from_millis(2);

/// Pauses under way.
static PAUSES: AtomicU32 = AtomicU32::new(0);

#[inline]
fn is_paused() -> bool {
    PAUSES.load(Ordering::Relaxed) > 0
}

/// A span of time on this thread, from its opening to its drop.
#[derive(Debug)]
#[must_use = "a zone ends when it is dropped"]
pub struct Zone {
    _open: Option<OpenZone>,
}

impl Zone {
    /// Opens a zone at the caller's place, with a name known at run time, which is copied each time,
    /// up to 4 KiB of it.
    #[track_caller]
    pub fn named(name: &str) -> Self {
        if is_paused() {
            return Self::none();
        }
        let caller = Caller::caller();
        Self { _open: OpenZone::copied(name, caller.file(), caller.line()) }
    }

    #[doc(hidden)]
    #[inline]
    pub fn at(location: &'static Location) -> Self {
        if is_paused() {
            return Self::none();
        }
        Self { _open: OpenZone::new(location) }
    }

    fn none() -> Self {
        Self { _open: None }
    }
}

/// A frame of its own kind, from [`frame!`](crate::profile::frame) to its drop.
#[derive(Debug)]
#[must_use = "a frame ends when it is dropped"]
pub struct Frame {
    /// None if nobody saw it begin: a viewer would wonder at its end.
    name: Option<Name>,
}

impl Frame {
    #[doc(hidden)]
    pub fn begin(name: Name) -> Self {
        let is_seen = !is_paused() && (!IS_ON_DEMAND || calls::is_connected());
        if is_seen {
            calls::begin_frame(name);
        }
        Self { name: is_seen.then_some(name) }
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        if let Some(name) = self.name {
            calls::end_frame(name);
        }
    }
}

/// While it lives, the profiler is told of no zone, frame, plot or message.
#[derive(Debug)]
#[must_use = "the pause ends when it is dropped"]
pub struct Pause(());

impl Drop for Pause {
    fn drop(&mut self) {
        PAUSES.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Leaves out zones, frames, plots and messages of all threads until the guard is dropped, for
/// frames that are none of the game's. Memory pools go on, or they would be wrong afterwards.
pub fn pause() -> Pause {
    PAUSES.fetch_add(1, Ordering::Relaxed);
    Pause(())
}

#[doc(hidden)]
pub fn plot_point(name: Name, value: impl FnOnce() -> f64) {
    if is_heard() {
        calls::plot(name, value());
    }
}

/// Starts the profiler's client, once in a program.
pub fn start() {
    calls::start();
}

/// Says that a frame was shown.
pub fn frame_mark() {
    memory::greet_viewer();
    if !is_paused() {
        calls::mark_frame();
    }
}

/// Whether a viewer is connected.
#[must_use]
pub fn is_connected() -> bool {
    calls::is_connected()
}

/// Waits until a viewer is connected.
pub fn wait_for_viewer() {
    while !calls::is_connected() {
        std::thread::sleep(LOOK_PERIOD);
    }
    memory::greet_viewer();
}

/// Leaves a line of text, up to 64 KiB, at this point in time.
pub fn message(text: &str) {
    if is_heard() {
        calls::message(text, Severity::Info);
    }
}

/// Names this thread for the profiler, and for the system where it has names.
pub fn name_thread(name: &str) {
    let mut text = Text::default();
    let _cut = fmt::Write::write_str(&mut text, name);
    calls::name_thread(text.as_c_str());
}

/// Whether what is said now is recorded.
fn is_heard() -> bool {
    !is_paused() && (!IS_ON_DEMAND || calls::is_connected())
}

/// Leaves a line, written without heap memory and cut off at 255 bytes.
pub(crate) fn say(write: impl FnOnce(&mut dyn fmt::Write) -> fmt::Result) {
    say_as(Severity::Info, write);
}

/// As [`say`], of something that ought not to be.
pub(crate) fn say_warning(write: impl FnOnce(&mut dyn fmt::Write) -> fmt::Result) {
    say_as(Severity::Warning, write);
}

fn say_as(severity: Severity, write: impl FnOnce(&mut dyn fmt::Write) -> fmt::Result) {
    if is_heard() {
        let mut text = Text::default();
        let _cut = write(&mut text);
        calls::message(text.as_str(), severity);
    }
}

/// A location in this module, made once.
fn location_here(name: &str, function: &str) -> Location {
    const FILE: Name = Name::new(concat!(file!(), "\0"));
    Location::named(Name::leak(name), Name::leak(function), FILE, line!())
}

/// Room for one line.
struct Text {
    bytes: [u8; 256],
    len: usize,
}

impl Default for Text {
    fn default() -> Self {
        Self { bytes: [0; 256], len: 0 }
    }
}

impl Text {
    fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes[..self.len]).unwrap_or_default() // Never cut inside a letter.
    }

    fn as_c_str(&self) -> &core::ffi::CStr {
        core::ffi::CStr::from_bytes_until_nul(&self.bytes).unwrap_or_default()
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let last = self.bytes.len() - 1; // Stays zero.
        let rest = &mut self.bytes[self.len..last];
        let fits = text.floor_char_boundary(rest.len());
        rest[..fits].copy_from_slice(&text.as_bytes()[..fits]);
        self.len += fits;
        if fits == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}
