//! What systems do wrong, recorded instead of thrown.

use core::any::Any;
use core::cell::RefCell;
use core::fmt;
use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bevy_ecs::error::{BevyError, ErrorContext, FallbackErrorHandler};

use super::heap_share::is_on_pool;
use super::report::FrameReport;

/// One system that panicked or returned an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemFailure {
    /// Name of the phase that it ran in.
    pub phase: &'static str,
    /// The system's path, such as `game::spawn_waves`.
    pub system: String,
    /// The panic's message or the error's text.
    pub message: String,
}

/// A frame in which systems failed. The others ran, and the next frame begins clean.
#[derive(Clone, Debug)]
pub struct FrameError {
    /// The systems, in the order in which they failed; at least one.
    pub failures: Vec<SystemFailure>,
    /// The frame's figures all the same; boxed, for they are large and failures are rare.
    pub report: Box<FrameReport>,
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "frame {}:", self.report.frame)?;
        for failure in &self.failures {
            let SystemFailure { phase, system, message } = failure;
            write!(f, " system `{system}` failed in the {phase} phase: {message};")?;
        }
        write!(f, " the other systems ran, and the next frame begins clean")
    }
}

impl Error for FrameError {}

thread_local! {
    // The engine's schedules are run, and commands are mostly applied, on the thread that calls
    // `run_frame`.
    static RECORDED: RefCell<Vec<SystemFailure>> = const { RefCell::new(Vec::new()) };
}

/// What failed on a thread of bevy's task pool, which all engines of a process share.
static RECORDED_ON_POOL: Mutex<Vec<SystemFailure>> = Mutex::new(Vec::new());

/// Systems are caught by the engine itself; this handler gets the rest: commands, conditions.
/// bevy's own would throw the panic on.
pub(crate) fn recording_handler() -> FallbackErrorHandler {
    FallbackErrorHandler(record)
}

fn record(mut error: BevyError, context: ErrorContext) {
    let message = match error.take_payload() {
        Some(payload) => panic_message(payload.as_ref()),
        None => first_line(&error.to_string()),
    };
    let failure = SystemFailure { phase: "", system: context.name().to_string(), message };
    if is_on_pool() {
        on_pool().push(failure);
    } else {
        RECORDED.with_borrow_mut(|recorded| recorded.push(failure));
    }
}

fn on_pool() -> MutexGuard<'static, Vec<SystemFailure>> {
    RECORDED_ON_POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An error's text; a backtrace may follow its first line.
pub(crate) fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// The text of a panic.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    match text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)) {
        Some(text) => format!("panicked: {text}"),
        None => String::from("panicked with a payload that is no text"),
    }
}

/// What the handler recorded on this thread since the last call, and on the pool's threads if
/// `with_pool`, as failures of `phase`.
pub(crate) fn take_recorded(phase: &'static str, with_pool: bool) -> Vec<SystemFailure> {
    let mut failures = RECORDED.take();
    if with_pool {
        failures.append(&mut on_pool());
    }
    for failure in &mut failures {
        failure.phase = phase;
    }
    failures
}
