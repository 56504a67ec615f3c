//! How an engine is set up.

use core::fmt;
use core::time::Duration;
use std::error::Error;
#[cfg(feature = "multi_threaded")]
use std::io;
#[cfg(feature = "multi_threaded")]
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use bevy_ecs::schedule::{Schedule, SingleThreadedExecutor};
use bevy_ecs::world::World;

use super::workers::{Workers, WorkersError};
use crate::{AllocError, ArenaConfig};

/// How an [`Engine`](super::Engine) is set up. Each phase's arena takes the phase's name.
#[derive(Clone, Copy, Debug)]
pub struct EngineConfig {
    /// Length of a physics tick. Default a 60th of a second.
    pub tick: Duration,
    /// Most ticks that one frame may run; the time beyond is dropped and reported. Default 4.
    pub max_ticks_per_frame: u32,
    /// Threads of [`Workers`], the one that runs the frame included; 1 to 4097. Default 1.
    pub threads: usize,
    /// Who runs the systems. Default [`Executor::Serial`].
    pub executor: Executor,
    /// Arena of [`phase::Update`](super::phase::Update).
    pub update: ArenaConfig,
    /// Arena of [`phase::Physics`](super::phase::Physics).
    pub physics: ArenaConfig,
    /// Arena of [`phase::Render`](super::phase::Render).
    pub render: ArenaConfig,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            tick: Duration::from_nanos(16_666_667),
            max_ticks_per_frame: 4,
            threads: 1,
            executor: Executor::Serial,
            update: ArenaConfig::default(),
            physics: ArenaConfig::default(),
            render: ArenaConfig::default(),
        }
    }
}

/// Who runs the systems of a phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Executor {
    /// One system after the other, on the thread that runs the frame. Threads share the work inside
    /// systems, by [`Workers`]. Makes no heap call of its own.
    #[default]
    Serial,
    /// Systems that do not conflict at the same time, on bevy's task pool, which also runs
    /// `par_iter`. Makes heap calls of its own, some 9 a phase of 8 systems and some 7 a `par_iter`;
    /// a frame's report counts them apart.
    ///
    /// The pool is the process's: the first engine, or whoever starts it before, says how many
    /// threads it has. Threads that the engine did not start are not watched for heap calls, and
    /// those of the pool are watched for all engines: frames that run at the same time count each
    /// other's. Of more than 8 such engines, those that run at the same time may also report each
    /// other's failed commands and conditions.
    #[cfg(feature = "multi_threaded")]
    Parallel,
}

impl Executor {
    pub(super) fn is_parallel(self) -> bool {
        self != Self::Serial
    }

    pub(super) fn set_up(self, schedule: &mut Schedule) {
        match self {
            Self::Serial => schedule.set_executor(SingleThreadedExecutor::new()),
            #[cfg(feature = "multi_threaded")]
            Self::Parallel => {
                schedule.set_executor(bevy_ecs::schedule::MultiThreadedExecutor::new())
            }
        };
    }
}

impl EngineConfig {
    /// Makes the workers, and bevy's task pool unless there is one.
    #[track_caller]
    pub(super) fn start_threads(&self) -> Result<Workers, EngineError> {
        // The workers first, for they refuse a number out of range.
        let workers = Workers::try_new(self.threads)?;
        // Without a pool, `par_iter` panics.
        #[cfg(feature = "multi_threaded")]
        try_start(self.threads, || {
            bevy_tasks::ComputeTaskPool::get_or_init(|| {
                bevy_tasks::TaskPoolBuilder::new()
                    .num_threads(self.threads)
                    .thread_name(String::from("compute task pool"))
                    .on_thread_spawn(crate::heap::pool::join_pool)
                    .build()
            })
        })?;
        Ok(workers)
    }
}

/// bevy's pool panics if the system refuses a thread; its threads so far end then, and the next
/// engine may try again. Any other panic goes on.
#[cfg(feature = "multi_threaded")]
fn try_start<P>(thread_count: usize, start: impl FnOnce() -> P) -> Result<P, WorkersError> {
    catch_unwind(AssertUnwindSafe(start)).map_err(|payload| {
        match payload.downcast_ref::<String>() {
            Some(text) if text.starts_with("Failed to spawn thread") => {
                WorkersError::of_pool(thread_count, io::Error::other(text.clone()))
            }
            _ => resume_unwind(payload),
        }
    })
}

/// Threads that may ask a phase for an arena: the one that runs the frame, the workers' own, and
/// those of bevy's task pool.
pub(super) fn arena_thread_count(world: &World) -> usize {
    let workers = world.get_resource().map_or(1, Workers::thread_count);
    #[cfg(feature = "multi_threaded")]
    let workers =
        workers + bevy_tasks::ComputeTaskPool::try_get().map_or(0, |pool| pool.thread_num());
    workers
}

/// Why there is no engine.
#[derive(Debug)]
#[non_exhaustive]
pub enum EngineError {
    /// The system refused a phase's first block, or memory for the figures of past frames.
    Memory(AllocError),
    /// The system refused a thread.
    Threads(WorkersError),
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory(error) => write!(f, "{error}"),
            Self::Threads(error) => write!(f, "{error}"),
        }
    }
}

impl Error for EngineError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Memory(error) => Some(error),
            Self::Threads(error) => Some(error),
        }
    }
}

impl From<AllocError> for EngineError {
    fn from(error: AllocError) -> Self {
        Self::Memory(error)
    }
}

impl From<WorkersError> for EngineError {
    fn from(error: WorkersError) -> Self {
        Self::Threads(error)
    }
}

#[cfg(all(test, feature = "multi_threaded"))]
mod tests {
    use bevy_tasks::TaskPoolBuilder;

    use super::*;

    #[test]
    fn a_thread_refused_to_the_pool_is_an_error_that_names_the_pool() {
        let too_large = TaskPoolBuilder::new().num_threads(2).stack_size(usize::MAX / 4);
        let error = try_start(2, || too_large.build()).unwrap_err().to_string();
        let text = "bevy's task pool got not all of its 2 threads (Failed to spawn thread";
        assert!(error.starts_with(text) && error.ends_with("ask for fewer"), "{error}");
    }

    #[test]
    #[should_panic(expected = "another reason")]
    fn another_panic_of_the_pool_goes_on() {
        drop(try_start(2, || panic!("another reason")));
    }
}
