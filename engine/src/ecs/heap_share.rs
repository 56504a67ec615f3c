//! Whose heap calls they are: the systems' or the scheduler's.
//!
//! bevy's multi-threaded executor runs systems, and the batches of a `par_iter`, as tasks on the
//! threads of its pool and on the one that waits, one on top of another on the same stack. So what
//! is done for a game, and what hands it out, are spans that may lie in each other: each takes its
//! thread's heap calls less those that spans inside it took. What no span took is the scheduler's.

use core::cell::Cell;
use core::sync::atomic::{AtomicU64, Ordering};

use bevy_ecs::world::World;

use super::config::Executor;
use super::workers::Workers;
use crate::heap::{self, HeapCounts};

thread_local! {
    /// Heap calls of this thread that ended spans took.
    static TAKEN: Cell<HeapCounts> = const { Cell::new(HeapCounts { heap_calls: 0, frees: 0 }) };
}

/// What spans took on the task pool's threads.
static TAKEN_ON_POOL: HeapTally = HeapTally::new();

/// What spans took that hand out batches.
static DISPATCH: HeapTally = HeapTally::new();

/// Heap calls added up over threads.
#[derive(Debug)]
pub(crate) struct HeapTally {
    heap_calls: AtomicU64,
    frees: AtomicU64,
}

impl HeapTally {
    pub(crate) const fn new() -> Self {
        Self { heap_calls: AtomicU64::new(0), frees: AtomicU64::new(0) }
    }

    pub(crate) fn add(&self, counts: HeapCounts) {
        if counts != HeapCounts::default() {
            self.heap_calls.fetch_add(counts.heap_calls, Ordering::Relaxed);
            self.frees.fetch_add(counts.frees, Ordering::Relaxed);
        }
    }

    pub(crate) fn counts(&self) -> HeapCounts {
        HeapCounts {
            heap_calls: self.heap_calls.load(Ordering::Relaxed),
            frees: self.frees.load(Ordering::Relaxed),
        }
    }
}

/// A span of work on this thread, until it is dropped.
pub(super) struct Span {
    counts: HeapCounts,
    taken: HeapCounts,
    is_dispatch: bool,
}

impl Span {
    /// A system, or a batch of its items.
    pub(super) fn of_work() -> Self {
        Self { counts: heap::thread_counts(), taken: TAKEN.get(), is_dispatch: false }
    }

    /// Handing out batches and waiting for them.
    pub(super) fn of_dispatch() -> Self {
        Self { is_dispatch: true, ..Self::of_work() }
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        let inside = TAKEN.get() - self.taken;
        let own = heap::thread_counts() - self.counts - inside;
        TAKEN.set(TAKEN.get() + own);
        if is_on_pool() {
            TAKEN_ON_POOL.add(own);
        }
        if self.is_dispatch {
            DISPATCH.add(own);
        }
    }
}

/// Whether this thread is one of bevy's task pool.
pub(super) fn is_on_pool() -> bool {
    #[cfg(feature = "multi_threaded")]
    return heap::pool::is_of_pool();
    #[cfg(not(feature = "multi_threaded"))]
    false
}

fn pool_counts() -> HeapCounts {
    #[cfg(feature = "multi_threaded")]
    return heap::pool::counts();
    #[cfg(not(feature = "multi_threaded"))]
    HeapCounts::default()
}

/// Measures a span of a frame, on the thread that runs it.
#[derive(Clone, Copy)]
pub(super) struct HeapMeter {
    /// All of this thread, and what spans took of it.
    here: HeapCounts,
    taken_here: HeapCounts,
    /// All of the task pool's threads, and what spans took of it.
    pool: HeapCounts,
    taken_on_pool: HeapCounts,
    /// All of the workers' own threads.
    workers: HeapCounts,
    dispatch: HeapCounts,
}

impl HeapMeter {
    pub(super) fn start(world: &World) -> Self {
        Self {
            here: heap::thread_counts(),
            taken_here: TAKEN.get(),
            taken_on_pool: TAKEN_ON_POOL.counts(),
            pool: pool_counts(),
            workers: world.get_resource().map_or_else(HeapCounts::default, Workers::heap_counts),
            dispatch: DISPATCH.counts(),
        }
    }

    /// Heap calls since the start on all threads that take part in the frame.
    pub(super) fn all(&self, world: &World) -> HeapCounts {
        let now = Self::start(world);
        let here = since(now.here, self.here);
        here + elsewhere(since(now.pool, self.pool), here) + since(now.workers, self.workers)
    }

    /// Of those, the executor's, if nothing but a schedule was run meanwhile.
    pub(super) fn executors(&self, world: &World, executor: Executor) -> HeapCounts {
        let now = Self::start(world);
        let taken_on_pool = since(now.taken_on_pool, self.taken_on_pool);
        let on_pool = since(since(now.pool, self.pool), taken_on_pool);
        let here = since(since(now.here, self.here), since(now.taken_here, self.taken_here));
        let on_pool = elsewhere(on_pool, here);
        // The serial executor makes none; what no span took are commands, applied.
        let here = if executor.is_parallel() { here } else { HeapCounts::default() };
        since(now.dispatch, self.dispatch) + on_pool + here
    }
}

/// Of what the pool's threads did, what others than this one did: a system on the pool may run an
/// engine of its own, whose thread is then one of them.
fn elsewhere(on_pool: HeapCounts, here: HeapCounts) -> HeapCounts {
    if is_on_pool() { since(on_pool, here) } else { on_pool }
}

/// The difference; none where another engine's threads moved one count before the other was read.
pub(super) fn since(now: HeapCounts, before: HeapCounts) -> HeapCounts {
    HeapCounts {
        heap_calls: now.heap_calls.saturating_sub(before.heap_calls),
        frees: now.frees.saturating_sub(before.frees),
    }
}
