//! What systems do wrong, recorded instead of thrown.

use core::any::Any;
use core::cell::RefCell;
use core::fmt;
use std::error::Error;

use bevy_ecs::error::{BevyError, ErrorContext, FallbackErrorHandler};

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
    // The engine's systems run on the thread that calls `run_frame`, and so does the handler.
    static RECORDED: RefCell<Vec<SystemFailure>> = const { RefCell::new(Vec::new()) };
}

/// bevy's own handler throws the panic on, after which a schedule skips systems in its next run
/// or, run from the world, is lost. This one keeps it for [`take_recorded`].
pub(crate) fn recording_handler() -> FallbackErrorHandler {
    FallbackErrorHandler(record)
}

fn record(mut error: BevyError, context: ErrorContext) {
    let message = match error.take_payload() {
        Some(payload) => panic_message(payload.as_ref()),
        // The first line: a backtrace may follow it.
        None => error.to_string().lines().next().unwrap_or_default().to_owned(),
    };
    let system = context.name().to_string();
    RECORDED.with_borrow_mut(|recorded| {
        recorded.push(SystemFailure { phase: "", system, message });
    });
}

/// The text of a panic.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    match text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)) {
        Some(text) => format!("panicked: {text}"),
        None => String::from("panicked with a payload that is no text"),
    }
}

/// Whether anything was recorded on this thread; costs a load.
pub(crate) fn has_recorded() -> bool {
    RECORDED.with_borrow(|recorded| !recorded.is_empty())
}

/// What was recorded on this thread since the last call, as failures of `phase`.
pub(crate) fn take_recorded(phase: &'static str) -> Vec<SystemFailure> {
    let mut failures = RECORDED.take();
    for failure in &mut failures {
        failure.phase = phase;
    }
    failures
}
