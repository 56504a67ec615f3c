//! The one file that names the Tracy client: its calls, made safe.
//!
//! Invariants
//! - **N1** The client keeps the pointers of names and locations and reads them whenever a viewer
//!   asks. So they are `'static`, end in a zero byte, and never change.
//! - **N2** Text that is not kept (messages, names of threads) is copied before the call returns.
//! - **N3** No call is made before the client runs. It runs from before `main` on; only if another
//!   crate chose `tracy-client/manual-lifetime`, from `profile::start` on.
//! - **N4** A zone is ended once, by the thread that opened it.
//! - **N5** Addresses of blocks and objects are names to the client: it never reads what is there.
//! - **N6** The client counts the bytes of a text, and of all texts of a place together, in 16 bits,
//!   and ends the program, or writes past its memory, where they are more. So texts that are not
//!   literals are cut.

use core::ffi::CStr;
use core::marker::PhantomData;

use tracy_client::{Client, sys};

/// Most bytes of a name that is made at run time (N6).
const MOST_NAME_BYTES: usize = 4 << 10;
/// Most bytes of a message (N6).
const MOST_MESSAGE_BYTES: usize = u16::MAX as usize - 1;

/// The text, or as many of its letters as fit into so many bytes.
fn cut(text: &str, most_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(most_bytes)]
}

/// A name that the client may keep (N1).
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name(&'static CStr);

impl Name {
    /// A literal that ends in a zero byte, and has no other.
    pub const fn new(name: &'static str) -> Self {
        match CStr::from_bytes_with_nul(name.as_bytes()) {
            Ok(name) => Self(name),
            Err(_) => panic!("the name has a zero byte in it; take it out"),
        }
    }

    /// Keeps `text` for ever. For names that are made once; what follows a zero byte is cut off, as
    /// is what is too long.
    pub(super) fn leak(text: &str) -> Self {
        let text = cut(text.split('\0').next().unwrap_or_default(), MOST_NAME_BYTES);
        let bytes = format!("{text}\0").into_bytes().leak();
        Self(CStr::from_bytes_with_nul(bytes).expect("one zero byte, at its end"))
    }
}

/// Where a zone is, and its name (N1).
#[doc(hidden)]
#[derive(Debug)]
#[repr(transparent)]
pub struct Location(sys::___tracy_source_location_data);

// SAFETY: N1: the pointers are those of `'static` text, which nobody writes to.
unsafe impl Send for Location {}
// SAFETY: as above.
unsafe impl Sync for Location {}

impl Location {
    /// Literals that end in a zero byte each.
    pub const fn new(
        name: &'static str,
        function: &'static str,
        file: &'static str,
        line: u32,
    ) -> Self {
        Self::named(Name::new(name), Name::new(function), Name::new(file), line)
    }

    pub(super) const fn named(name: Name, function: Name, file: Name, line: u32) -> Self {
        let (name, function, file) = (name.0.as_ptr(), function.0.as_ptr(), file.0.as_ptr());
        Self(sys::___tracy_source_location_data { name, function, file, line, color: 0 })
    }
}

/// A zone that is open on this thread.
#[derive(Debug)]
pub(super) struct OpenZone {
    context: sys::___tracy_c_zone_context,
    /// Not `Send` (N4).
    thread: PhantomData<*mut ()>,
}

impl OpenZone {
    #[inline]
    pub(super) fn new(location: &'static Location) -> Option<Self> {
        if !is_running() {
            return None;
        }
        // SAFETY: N1 and N3.
        let context = unsafe { sys::___tracy_emit_zone_begin(&location.0, 1) };
        Some(Self { context, thread: PhantomData })
    }

    /// One whose name and place are copied (N2).
    pub(super) fn copied(name: &str, file: &str, line: u32) -> Option<Self> {
        if !is_running() {
            return None;
        }
        let (name, file) = (cut(name, MOST_NAME_BYTES), cut(file, MOST_NAME_BYTES));
        // SAFETY: N2, N3 and N6; each pointer is valid for its length.
        let location = unsafe {
            sys::___tracy_alloc_srcloc_name(
                line,
                file.as_ptr().cast(),
                file.len(),
                c"".as_ptr(),
                0,
                name.as_ptr().cast(),
                name.len(),
                0,
            )
        };
        // SAFETY: N3; the location was just made, and the client frees it.
        let context = unsafe { sys::___tracy_emit_zone_begin_alloc(location, 1) };
        Some(Self { context, thread: PhantomData })
    }
}

impl Drop for OpenZone {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: N4: a drop happens once, and the type is not `Send`.
        unsafe { sys::___tracy_emit_zone_end(self.context) };
    }
}

/// How a plot's values are written.
#[cfg(feature = "ecs")]
#[derive(Clone, Copy, Debug)]
pub(super) enum PlotFormat {
    Number,
    Memory,
    Percentage,
}

/// How grave a message is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Severity {
    Info,
    Warning,
}

pub(super) fn start() {
    // The handle is a token: the client runs on when it is dropped.
    let _client = Client::start();
}

#[inline]
pub(super) fn is_running() -> bool {
    Client::is_running() // A constant, without `manual-lifetime`.
}

#[inline]
pub(super) fn is_connected() -> bool {
    Client::is_connected()
}

pub(super) fn mark_frame() {
    if is_running() {
        // SAFETY: N3; null is the main frame.
        unsafe { sys::___tracy_emit_frame_mark(core::ptr::null()) };
    }
}

pub(super) fn begin_frame(name: Name) {
    if is_running() {
        // SAFETY: N1 and N3.
        unsafe { sys::___tracy_emit_frame_mark_start(name.0.as_ptr()) };
    }
}

pub(super) fn end_frame(name: Name) {
    if is_running() {
        // SAFETY: N1 and N3.
        unsafe { sys::___tracy_emit_frame_mark_end(name.0.as_ptr()) };
    }
}

/// Sets up a plot, once: the client repeats it to each viewer.
#[cfg(feature = "ecs")]
pub(super) fn set_up_plot(name: Name, format: PlotFormat) {
    let format = match format {
        PlotFormat::Number => sys::TracyPlotFormatEnum_TracyPlotFormatNumber,
        PlotFormat::Memory => sys::TracyPlotFormatEnum_TracyPlotFormatMemory,
        PlotFormat::Percentage => sys::TracyPlotFormatEnum_TracyPlotFormatPercentage,
    };
    let (is_step, is_filled, any_color) = (1, 1, 0);
    if is_running() {
        let name = name.0.as_ptr();
        // SAFETY: N1 and N3.
        unsafe {
            sys::___tracy_emit_plot_config(name, format as i32, is_step, is_filled, any_color);
        }
    }
}

pub(super) fn plot(name: Name, value: f64) {
    if is_running() {
        // SAFETY: N1 and N3.
        unsafe { sys::___tracy_emit_plot(name.0.as_ptr(), value) };
    }
}

pub(super) fn message(text: &str, severity: Severity) {
    let severity = match severity {
        Severity::Info => sys::TracyMessageSeverity_TracyMessageSeverityInfo,
        Severity::Warning => sys::TracyMessageSeverity_TracyMessageSeverityWarning,
    };
    let text = cut(text, MOST_MESSAGE_BYTES);
    if is_running() {
        let (any_color, no_callstack) = (0, 0);
        let (bytes, text) = (text.len(), text.as_ptr().cast());
        // SAFETY: N2, N3 and N6; the pointer is valid for `bytes`.
        unsafe {
            sys::___tracy_emit_logString(severity as i8, any_color, no_callstack, bytes, text);
        }
    }
}

/// Names this thread; the name is copied (N2).
pub(super) fn name_thread(name: &CStr) {
    if is_running() {
        // SAFETY: N2 and N3.
        unsafe { sys::___tracy_set_thread_name(name.as_ptr()) };
    }
}

pub(super) fn emit_alloc(pool: Name, start: *const u8, bytes: usize) {
    if is_running() {
        // SAFETY: N1, N3 and N5.
        unsafe { sys::___tracy_emit_memory_alloc_named(start.cast(), bytes, pool.0.as_ptr()) };
    }
}

pub(super) fn emit_free(pool: Name, start: *const u8) {
    if is_running() {
        // SAFETY: N1, N3 and N5.
        unsafe { sys::___tracy_emit_memory_free_named(start.cast(), pool.0.as_ptr()) };
    }
}

/// Frees all that is in `pool`.
pub(super) fn emit_discard(pool: Name) {
    if is_running() {
        // SAFETY: N1 and N3.
        unsafe { sys::___tracy_emit_memory_discard(pool.0.as_ptr()) };
    }
}
