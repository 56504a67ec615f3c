//! What systems do wrong, recorded instead of thrown.

use core::any::Any;
use core::cell::RefCell;
use core::fmt;
use core::mem::take;
use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bevy_ecs::error::{BevyError, ErrorContext, ErrorHandler, FallbackErrorHandler};

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
    /// What failed, one run of a phase after the other: in each its systems, in the order in which
    /// they failed, and then its commands and conditions. At least one.
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
    // With the serial executor all is run on the thread that calls `run_frame`. `None` while it
    // runs no frame.
    static RECORDED: RefCell<Option<Vec<SystemFailure>>> = const { RefCell::new(None) };
}

/// Engines on bevy's task pool whose failures are told apart; more of them share records.
const POOL_RECORD_COUNT: usize = 8;

/// What failed in frames on bevy's task pool, by engine. The thread does not say whose it is: all
/// engines share the pool, and a thread that waits for its own frame runs tasks of other frames.
static POOL_RECORDS: [Mutex<PoolRecord>; POOL_RECORD_COUNT] =
    [const { Mutex::new(PoolRecord { frame_count: 0, failures: Vec::new() }) }; POOL_RECORD_COUNT];

/// Engines that use each record.
static POOL_ENGINES: Mutex<[usize; POOL_RECORD_COUNT]> = Mutex::new([0; POOL_RECORD_COUNT]);

/// The handler of each record: what a world calls is a plain function, which knows nothing else.
static POOL_HANDLERS: [ErrorHandler; POOL_RECORD_COUNT] = [
    record_of::<0>,
    record_of::<1>,
    record_of::<2>,
    record_of::<3>,
    record_of::<4>,
    record_of::<5>,
    record_of::<6>,
    record_of::<7>,
];

struct PoolRecord {
    /// Frames that run now.
    frame_count: usize,
    failures: Vec<SystemFailure>,
}

/// An engine's handler of errors. Systems are caught by the engine itself; the handler gets the
/// rest: commands, conditions. bevy's own would throw the panic on.
pub(super) struct Recorder {
    pool_record: Option<usize>,
}

impl Recorder {
    pub(super) fn new(is_on_pool: bool) -> Self {
        if !is_on_pool {
            return Self { pool_record: None };
        }
        let mut engines = lock(&POOL_ENGINES);
        let pool_record = (0..POOL_RECORD_COUNT).min_by_key(|n| engines[*n]);
        pool_record.into_iter().for_each(|n| engines[n] += 1);
        Self { pool_record }
    }

    pub(super) fn handler(&self) -> FallbackErrorHandler {
        FallbackErrorHandler(self.pool_record.map_or(record_here, |n| POOL_HANDLERS[n]))
    }

    /// Begins a frame of this engine on this thread.
    pub(super) fn begin_frame(&self) -> FrameRecord {
        match self.pool_record {
            Some(n) => {
                lock(&POOL_RECORDS[n]).frame_count += 1;
                FrameRecord::OnPool(n)
            }
            None => FrameRecord::Here { outer: RECORDED.replace(Some(Vec::new())) },
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if let Some(n) = self.pool_record {
            lock(&POOL_ENGINES)[n] -= 1;
        }
    }
}

/// While it lives, a frame runs on this thread, and what fails is the frame's. The record begins
/// empty; what fails while no frame runs is logged and nobody's.
pub(super) enum FrameRecord {
    Here {
        /// The record of the frame in which this one runs, if a system runs an engine of its own.
        outer: Option<Vec<SystemFailure>>,
    },
    OnPool(usize),
}

impl FrameRecord {
    /// What the handler recorded since the last call, as failures of `phase`.
    pub(super) fn take(&self, phase: &'static str) -> Vec<SystemFailure> {
        let mut failures = match self {
            Self::Here { .. } => RECORDED.with_borrow_mut(|here| here.as_mut().map(take)),
            Self::OnPool(n) => Some(take(&mut lock(&POOL_RECORDS[*n]).failures)),
        }
        .unwrap_or_default();
        for failure in &mut failures {
            failure.phase = phase;
        }
        failures
    }
}

impl Drop for FrameRecord {
    fn drop(&mut self) {
        match self {
            Self::Here { outer } => RECORDED.set(outer.take()),
            Self::OnPool(n) => {
                let mut record = lock(&POOL_RECORDS[*n]);
                record.frame_count -= 1;
                if record.frame_count == 0 {
                    record.failures.clear(); // Of a frame that panicked.
                }
            }
        }
    }
}

/// The handler of an engine whose systems run one after the other.
fn record_here(error: BevyError, context: ErrorContext) {
    let failure = failure_of(error, &context);
    let unheard = RECORDED.with_borrow_mut(|here| match here {
        Some(recorded) => {
            recorded.push(failure);
            None
        }
        None => Some(failure),
    });
    unheard.into_iter().for_each(log_outside);
}

/// The handler of the engine with this record, on whatever thread.
fn record_of<const N: usize>(error: BevyError, context: ErrorContext) {
    let failure = failure_of(error, &context);
    let mut record = lock(&POOL_RECORDS[N]);
    if record.frame_count > 0 {
        record.failures.push(failure);
    } else {
        drop(record); // What the logger does may fail, too.
        log_outside(failure);
    }
}

fn failure_of(mut error: BevyError, context: &ErrorContext) -> SystemFailure {
    let message = match error.take_payload() {
        Some(payload) => panic_message(payload.as_ref()),
        None => first_line(&error.to_string()),
    };
    SystemFailure { phase: "", system: context.name().to_string(), message }
}

fn log_outside(SystemFailure { system, message, .. }: SystemFailure) {
    log::error!("`{system}` failed outside a frame, so no frame reports it: {message}");
}

fn lock<T>(shared: &'static Mutex<T>) -> MutexGuard<'static, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
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
