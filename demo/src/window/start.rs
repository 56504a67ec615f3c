//! Opens the window, or says in one line why there is none.
//!
//! The graphics library panics where it finds no display or no GL. These panics are caught and their text is kept from
//! the user; a panic of the program itself, after the window has opened, is told apart.

use super::painter::{BATCH_INDICES, BATCH_VERTICES};
use super::{Window, WindowSettings};
use crate::cli::WindowSize;
use macroquad::conf::Conf;
use macroquad::miniquad::conf::{LinuxBackend, Platform};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::rc::Rc;

/// The Debian packages of the libraries that are loaded at start.
const PACKAGES: [(&str, &str); 5] = [
    ("libX11", "libx11-6"),
    ("libXi", "libxi6"),
    ("libxkbcommon", "libxkbcommon0"),
    ("libGL", "libgl1"),
    ("libEGL", "libegl1"),
];
/// Pieces of the message or place of a start-up panic, and what it means.
const KNOWN_PANICS: [(&str, &str); 4] = [
    ("XOpenDisplay", "the X display cannot be opened (is DISPLAY right?)"),
    ("Wayland", "the Wayland display cannot be opened"),
    ("linux_x11.rs", "no OpenGL on this display, or no GL library (Debian: libgl1)"),
    ("glx.rs", "the OpenGL of this display is too old or broken"),
];

/// Why the window did not run to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WindowError {
    /// There is no display, no GL or a library is missing: run headless.
    NoWindow {
        /// What is missing, in one line.
        reason: String,
    },
    /// The program failed after the window had opened.
    Crashed {
        /// Message and place of the panic, in one line.
        message: String,
    },
}

impl fmt::Display for WindowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWindow { reason } => write!(f, "no window: {reason}; run with --headless"),
            Self::Crashed { message } => write!(f, "the demo failed: {message}; please report it"),
        }
    }
}

impl std::error::Error for WindowError {}

/// How far the start has come, shared with the window's future.
#[derive(Default)]
struct Progress<T> {
    is_open: Cell<bool>,
    result: RefCell<Option<Result<T, WindowError>>>,
}

/// Opens a window and runs `program` in it. Returns what it returns. Call it on the main thread, once.
///
/// # Errors
/// [`WindowError::NoWindow`] before `program` has begun, [`WindowError::Crashed`] after.
pub fn open<T: 'static>(
    settings: WindowSettings,
    program: impl AsyncFnOnce(Window) -> T + 'static,
) -> Result<T, WindowError> {
    let Some(backend) = linux_backend() else {
        let reason = "neither DISPLAY nor WAYLAND_DISPLAY is set".to_owned();
        return Err(WindowError::NoWindow { reason });
    };
    let conf = conf(settings.size, backend);
    let progress = Rc::new(Progress { is_open: Cell::new(false), result: RefCell::new(None) });
    let inside = Rc::clone(&progress);
    let outcome = with_quiet_panics(|| {
        macroquad::Window::from_config(conf, async move {
            let result = match Window::new(settings) {
                Ok(window) => {
                    inside.is_open.set(true);
                    Ok(program(window).await)
                }
                Err(reason) => Err(WindowError::NoWindow { reason }),
            };
            inside.result.replace(Some(result));
        });
    });
    let is_open = progress.is_open.get();
    match (outcome, progress.result.take()) {
        (_, Some(result)) => result,
        (Err(panic), None) if is_open => Err(WindowError::Crashed { message: panic.to_string() }),
        (Err(panic), None) => Err(WindowError::NoWindow { reason: panic.reason() }),
        (Ok(()), None) => {
            Err(WindowError::Crashed { message: "the window closed by itself".to_owned() })
        }
    }
}

/// What the graphics library is told.
fn conf(size: WindowSize, linux_backend: LinuxBackend) -> Conf {
    Conf {
        miniquad_conf: macroquad::miniquad::conf::Conf {
            window_title: "frame-arena: particles".to_owned(),
            window_width: size.width_px as i32,
            window_height: size.height_px as i32,
            high_dpi: true,
            platform: Platform {
                linux_backend,
                linux_wm_class: "particle-demo",
                ..Platform::default()
            },
            ..macroquad::miniquad::conf::Conf::default()
        },
        // A batch must stay under the capacity, not reach it.
        draw_call_vertex_capacity: BATCH_VERTICES + 1,
        draw_call_index_capacity: BATCH_INDICES + 1,
        ..Conf::default()
    }
}

/// Which display server to ask on Linux; `None` if the environment names none. Other systems ignore it.
fn linux_backend() -> Option<LinuxBackend> {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !cfg!(target_os = "linux") || is_set("DISPLAY") {
        Some(LinuxBackend::X11Only)
    } else {
        is_set("WAYLAND_DISPLAY").then_some(LinuxBackend::WaylandOnly)
    }
}

/// Runs `body`; a panic becomes its message and place in one line, and prints nothing.
fn with_quiet_panics(body: impl FnOnce()) -> Result<(), Panic> {
    thread_local! {
        static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
    }
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(|info: &PanicHookInfo<'_>| {
        let place = info.location().map(|place| format!("{}:{}", place.file(), place.line()));
        PLACE.with_borrow_mut(|kept| *kept = place);
    }));
    let outcome = catch_unwind(AssertUnwindSafe(body));
    std::panic::set_hook(before);
    outcome.map_err(|payload| Panic {
        text: one_line(&payload_text(payload.as_ref())),
        place: PLACE.take().unwrap_or_default(),
    })
}

/// A caught panic.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Panic {
    /// Its message in one line.
    text: String,
    /// File and line of the source.
    place: String,
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.text, self.place)
    }
}

impl Panic {
    /// Why there is no window, for the start-up panics of the graphics library, in words that help.
    fn reason(&self) -> String {
        if let Some((_, rest)) = self.text.split_once("DlOpenError(\"") {
            let library = rest.split('"').next().unwrap_or_default();
            let known = PACKAGES.iter().find(|(name, _)| library.starts_with(name));
            let package =
                known.map(|(_, package)| format!(" (Debian: {package})")).unwrap_or_default();
            return format!("the library {library} is missing{package}");
        }
        let known = KNOWN_PANICS
            .iter()
            .find(|(piece, _)| self.text.contains(piece) || self.place.contains(piece));
        known.map_or_else(|| self.text.clone(), |(_, reason)| (*reason).to_owned())
    }
}

/// The message of a panic.
fn payload_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

/// The text with its line ends and runs of spaces as single spaces.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Panic, WindowError, one_line, with_quiet_panics};

    #[test]
    fn a_panic_becomes_one_line_with_its_place() {
        let message = with_quiet_panics(|| panic!("two\n  lines")).unwrap_err().to_string();
        assert!(message.starts_with("two lines (") && message.contains("start.rs:"), "{message}");
    }

    #[test]
    fn known_panics_are_put_into_words() {
        let reason =
            |text: &str, place: &str| Panic { text: text.into(), place: place.into() }.reason();
        assert!(reason("XOpenDisplay() failed!", "x.rs:1").contains("DISPLAY"));
        assert!(reason("called unwrap", "native/linux_x11.rs:702").contains("libgl1"));
        let missing = "X11 backend failed: LibraryNotFound(DlOpenError(\"libXi.so.6\"))";
        assert_eq!(
            reason(missing, "lib.rs:1"),
            "the library libXi.so.6 is missing (Debian: libxi6)"
        );
        assert_eq!(reason("something new", "x.rs:1"), "something new");
    }

    #[test]
    fn the_error_names_the_way_out() {
        let error = WindowError::NoWindow { reason: "no display".into() };
        assert_eq!(error.to_string(), "no window: no display; run with --headless");
        assert_eq!(one_line(" a\n b "), "a b");
    }
}
