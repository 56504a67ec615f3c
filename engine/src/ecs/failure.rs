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
    // `run_frame`. `None` while it runs no frame.
    static RECORDED: RefCell<Option<Vec<SystemFailure>>> = const { RefCell::new(None) };
}

/// What failed on a thread of bevy's task pool, which all engines of a process share.
static RECORDED_ON_POOL: Mutex<PoolRecord> =
    Mutex::new(PoolRecord { frame_count: 0, failures: Vec::new() });

struct PoolRecord {
    /// Frames that run now, on all threads, of engines whose systems run on the pool.
    frame_count: usize,
    failures: Vec<SystemFailure>,
}

/// While it lives, a frame runs on this thread, and what fails is the frame's. The record begins
/// empty; what fails while no frame runs is logged and nobody's.
pub(super) struct FrameRecord {
    /// The record of the frame in which this one runs, if a system runs an engine of its own.
    outer: Option<Vec<SystemFailure>>,
    is_on_pool: bool,
}

impl FrameRecord {
    pub(super) fn begin(is_on_pool: bool) -> Self {
        if is_on_pool {
            on_pool().frame_count += 1;
        }
        Self { outer: RECORDED.replace(Some(Vec::new())), is_on_pool }
    }

    /// What the handler recorded since the last call, as failures of `phase`.
    pub(super) fn take(&self, phase: &'static str) -> Vec<SystemFailure> {
        let mut failures = RECORDED
            .with_borrow_mut(|recorded| recorded.as_mut().map(core::mem::take).unwrap_or_default());
        if self.is_on_pool {
            failures.append(&mut on_pool().failures);
        }
        for failure in &mut failures {
            failure.phase = phase;
        }
        failures
    }
}

impl Drop for FrameRecord {
    fn drop(&mut self) {
        RECORDED.set(self.outer.take());
        if self.is_on_pool {
            let mut record = on_pool();
            record.frame_count -= 1;
            if record.frame_count == 0 {
                record.failures.clear(); // Of a frame that panicked.
            }
        }
    }
}

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
    // Here first: a system on the pool may run a frame of another engine.
    let outside = record_here(failure).or_else(record_on_pool);
    if let Err(SystemFailure { system, message, .. }) = outside {
        log::error!("`{system}` failed outside a frame, so no frame reports it: {message}");
    }
}

/// Gives the failure back if this thread runs no frame.
fn record_here(failure: SystemFailure) -> Result<(), SystemFailure> {
    RECORDED.with_borrow_mut(|recorded| {
        let Some(recorded) = recorded else { return Err(failure) };
        recorded.push(failure);
        Ok(())
    })
}

/// Gives the failure back if this thread is none of the pool's, or no frame runs there.
fn record_on_pool(failure: SystemFailure) -> Result<(), SystemFailure> {
    if !is_on_pool() {
        return Err(failure);
    }
    let mut record = on_pool();
    if record.frame_count == 0 {
        return Err(failure);
    }
    record.failures.push(failure);
    Ok(())
}

fn on_pool() -> MutexGuard<'static, PoolRecord> {
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
