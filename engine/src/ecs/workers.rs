//! Threads that share the work inside a system.

#[expect(unsafe_code, reason = "a job on the caller's stack, called by other threads")]
mod crew;
#[expect(unsafe_code, reason = "a cell that the crew orders")]
mod sync;

use core::fmt;
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::thread::{self, Builder, JoinHandle};

use arrayvec::ArrayVec;
use bevy_ecs::resource::Resource;

use crate::heap::HeapCounts;
use crate::profile;
use crew::{Crew, MAX_CREW};

/// Items of an iterator that are handed out at once.
const BATCH_ITEMS: usize = 64;

/// Threads that share the work inside one system, as a resource. Handing work out makes no heap
/// call and takes some 2 us; while there is none, the threads sleep.
///
/// Each thread begins with a share of its own, the same whenever so many jobs are handed out, and so
/// finds in its core's caches what it wrote last time; then it takes what others have left, so uneven
/// jobs even out. Which thread does what is not fixed by that. For results that do not depend on it,
/// write each to its own place ([`for_each_mut`](Self::for_each_mut)) and let the number of jobs not
/// depend on the number of threads.
///
/// One job is handed out at a time. A job that hands out work itself, or a second system that does
/// so meanwhile, does it all on its own thread.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use frame_arena::ecs::{Arena, Engine, Workers, phase};
///
/// fn sum_squares(arena: Arena<phase::Update>, workers: Res<Workers>) {
///     let mut sums = [0; 8];
///     workers.for_each_mut(&mut sums, |n, sum| {
///         let squares = arena.local().alloc_slice_from_iter((0..n).map(|n| n * n));
///         *sum = squares.iter().sum();
///     });
///     assert_eq!(sums[4], 1 + 4 + 9);
/// }
///
/// let mut engine = Engine::new();
/// engine.world_mut().insert_resource(Workers::try_new(2).unwrap());
/// engine.add_systems(phase::Update, sum_squares);
/// engine.run_frame(engine.tick_duration())?;
/// # Ok::<(), frame_arena::ecs::FrameError>(())
/// ```
#[derive(Resource)]
pub struct Workers {
    crew: Arc<Crew>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    /// The calling thread alone.
    #[must_use]
    pub fn serial() -> Self {
        Self { crew: Arc::new(Crew::new(0)), threads: Vec::new() }
    }

    /// `thread_count` threads, the one that hands work out included. They end when this is dropped.
    ///
    /// # Errors
    /// If the system refuses a thread.
    ///
    /// # Panics
    /// If `thread_count` is 0 or over 4097.
    #[track_caller]
    pub fn try_new(thread_count: usize) -> Result<Self, WorkersError> {
        let range = 1..=MAX_CREW + 1;
        assert!(range.contains(&thread_count), "{thread_count} threads: take {range:?}");
        Self::try_from_builders(
            (1..thread_count).map(|n| Builder::new().name(format!("worker {n}"))),
        )
    }

    fn try_from_builders(
        builders: impl ExactSizeIterator<Item = Builder>,
    ) -> Result<Self, WorkersError> {
        let thread_count = 1 + builders.len();
        let mut workers = Self { crew: Arc::new(Crew::new(builders.len())), threads: Vec::new() };
        for (number, builder) in (1..).zip(builders) {
            let crew = Arc::clone(&workers.crew);
            let serve = move || {
                profile::name_thread(thread::current().name().unwrap_or("worker"));
                crew.serve(number);
            };
            let thread = builder.spawn(serve).map_err(|source| WorkersError {
                started: Some(workers.thread_count()),
                thread_count,
                source,
            })?; // On an error the threads so far end with `workers`.
            workers.threads.push(thread);
        }
        Ok(workers)
    }

    /// Threads that work, the calling one included.
    #[must_use]
    pub fn thread_count(&self) -> usize {
        1 + self.threads.len()
    }

    /// Calls `job` once for each number under `count` and returns when all calls have ended.
    ///
    /// # Panics
    /// If a call panics: with the first panic, when the calls under way have ended. Those not begun
    /// are left out.
    pub fn for_each(&self, count: usize, job: impl Fn(usize) + Sync) {
        if self.threads.is_empty() {
            (0..count).for_each(job);
        } else {
            self.crew.for_each(count, &job);
        }
    }

    /// Calls `job` once for each item, with its place, and returns when all calls have ended.
    ///
    /// # Panics
    /// As [`for_each`](Self::for_each).
    pub fn for_each_mut<T: Send>(&self, items: &mut [T], job: impl Fn(usize, &mut T) + Sync) {
        if self.threads.is_empty() {
            items.iter_mut().enumerate().for_each(|(place, item)| job(place, item));
        } else {
            self.crew.for_each_mut(items, &job);
        }
    }

    /// Calls `job` once for each item of an iterator, and then `after` with each, on this thread and
    /// in their order. For pieces of a query's tables, which cannot be had as one slice: 64 of them
    /// wait on the stack at a time.
    ///
    /// ```
    /// use frame_arena::ecs::Workers;
    ///
    /// let numbers: Vec<u32> = (0..1_000).collect();
    /// let pieces = numbers.chunks(100).map(|piece| (piece, 0));
    /// let mut total = 0;
    /// Workers::serial().for_each_of(
    ///     pieces,
    ///     |(piece, sum)| *sum = piece.iter().sum(),
    ///     |(_, sum)| total += sum,
    /// );
    /// assert_eq!(total, 499_500);
    /// ```
    ///
    /// # Panics
    /// As [`for_each`](Self::for_each).
    pub fn for_each_of<T: Send>(
        &self,
        items: impl IntoIterator<Item = T>,
        job: impl Fn(&mut T) + Sync,
        mut after: impl FnMut(T),
    ) {
        let mut items = items.into_iter().fuse();
        loop {
            let mut batch: ArrayVec<T, BATCH_ITEMS> = items.by_ref().take(BATCH_ITEMS).collect();
            if batch.is_empty() {
                return;
            }
            self.for_each_mut(&mut batch, |_, item| job(item));
            batch.into_iter().for_each(&mut after);
        }
    }

    /// Heap calls that jobs made on threads other than the one that handed them out. Zero unless
    /// [`Counting`](crate::heap::Counting) is the global allocator.
    #[must_use]
    pub fn heap_counts(&self) -> HeapCounts {
        self.crew.heap_counts()
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.crew.send_home();
        for thread in self.threads.drain(..) {
            // Panics of jobs were caught and thrown in `for_each`.
            let _ended = thread.join();
        }
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workers").field("thread_count", &self.thread_count()).finish()
    }
}

/// The system refused a thread.
#[derive(Debug)]
pub struct WorkersError {
    /// Threads that could be had; bevy's task pool does not say.
    started: Option<usize>,
    thread_count: usize,
    source: io::Error,
}

impl WorkersError {
    /// A thread was refused to bevy's task pool.
    #[cfg(feature = "multi_threaded")]
    pub(super) fn of_pool(thread_count: usize, source: io::Error) -> Self {
        Self { started: None, thread_count, source }
    }
}

impl fmt::Display for WorkersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { started, thread_count, source } = self;
        match started {
            Some(started) => write!(f, "only {started} of {thread_count} threads could be had"),
            None => write!(f, "bevy's task pool got not all of its {thread_count} threads"),
        }?;
        write!(f, " ({source}); ask for fewer")
    }
}

impl Error for WorkersError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::{AtomicU32, Ordering};
    use std::collections::HashSet;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::{Barrier, Mutex};
    use std::thread;

    use super::*;

    #[test]
    fn each_number_is_called_once_in_every_turn() {
        for thread_count in [1, 2, 3, 5] {
            let workers = Workers::try_new(thread_count).unwrap();
            for turn in 0..2_000usize {
                let calls: [AtomicU32; 40] = [const { AtomicU32::new(0) }; 40];
                workers.for_each(turn % 41, |n| {
                    calls[n].fetch_add(1, Ordering::Relaxed);
                });
                let called = calls.iter().map(|calls| calls.load(Ordering::Relaxed));
                assert!(called.eq((0..40).map(|n| u32::from(n < turn % 41))));
            }
        }
    }

    #[test]
    fn each_item_is_given_once_and_kept() {
        let workers = Workers::try_new(4).unwrap();
        let mut items: Vec<Vec<usize>> = vec![Vec::new(); 100];
        for turn in 0..200 {
            workers.for_each_mut(&mut items, |place, item| item.push(place * turn));
        }
        for (place, item) in items.iter().enumerate() {
            assert!(item.iter().copied().eq((0..200).map(|turn| place * turn)));
        }
    }

    #[test]
    fn items_of_an_iterator_are_worked_on_once_and_come_back_in_order() {
        let workers = Workers::try_new(3).unwrap();
        for count in [0, 1, BATCH_ITEMS, 5 * BATCH_ITEMS + 3] {
            let mut sums = Vec::new();
            let items = (0..count).map(|n| (n, 0));
            workers.for_each_of(items, |item| item.1 += item.0 * 2, |item| sums.push(item.1));
            assert!(sums.into_iter().eq((0..count).map(|n| n * 2)));
        }
    }

    #[test]
    fn all_threads_take_part() {
        let workers = Workers::try_new(3).unwrap();
        let (barrier, threads) = (Barrier::new(3), Mutex::new(HashSet::new()));
        workers.for_each(3, |_| {
            threads.lock().unwrap().insert(thread::current().id());
            barrier.wait(); // Nobody can take a second number before all have one.
        });
        assert_eq!(threads.into_inner().unwrap().len(), 3);
    }

    #[test]
    fn a_thread_begins_with_the_same_numbers_in_every_turn() {
        let workers = Workers::try_new(3).unwrap();
        let barrier = Barrier::new(3);
        let begun = || {
            let mut threads = [thread::current().id(); 6];
            workers.for_each_mut(&mut threads, |number, thread| {
                *thread = thread::current().id();
                if number % 2 == 0 {
                    barrier.wait(); // Of each share of two, the first.
                }
            });
            [threads[0], threads[2], threads[4]]
        };
        let first = begun();
        assert_eq!(first[0], thread::current().id());
        assert!((0..200).all(|_| begun() == first));
    }

    #[test]
    fn a_panic_is_thrown_after_all_calls_have_ended() {
        let workers = Workers::try_new(3).unwrap();
        for turn in 0..300 {
            let inside = AtomicU32::new(0);
            let calls = || {
                workers.for_each(30, |n| {
                    inside.fetch_add(1, Ordering::SeqCst);
                    let leaves = Leaves(&inside);
                    assert!(n != turn % 30, "number {n}");
                    drop(leaves);
                });
            };
            let payload = catch_unwind(AssertUnwindSafe(calls)).unwrap_err();
            assert_eq!(*payload.downcast::<String>().unwrap(), format!("number {}", turn % 30));
            assert_eq!(inside.load(Ordering::SeqCst), 0);
        }
        workers.for_each(3, |_| {}); // It works on.
    }

    struct Leaves<'a>(&'a AtomicU32);

    impl Drop for Leaves<'_> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn work_inside_work_is_done_on_the_spot() {
        let workers = Workers::try_new(3).unwrap();
        let mut sums = [0; 20];
        workers.for_each_mut(&mut sums, |place, sum| {
            let outer = thread::current().id();
            let mut inner = [0; 10];
            workers.for_each_mut(&mut inner, |n, inner| {
                assert_eq!(thread::current().id(), outer);
                *inner = n * place;
            });
            *sum = inner.iter().sum();
        });
        assert!(sums.into_iter().eq((0..20).map(|place| place * 45)));
    }

    #[test]
    fn several_threads_can_hand_out_work() {
        let workers = Workers::try_new(3).unwrap();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for turn in 0..1_000 {
                        let mut items = [0; 9];
                        workers.for_each_mut(&mut items, |place, item| *item = place + turn);
                        assert!(items.into_iter().eq(turn..turn + 9));
                    }
                });
            }
        });
    }

    #[test]
    fn sleepers_wake_and_go_home() {
        for _ in 0..50 {
            let workers = Workers::try_new(3).unwrap();
            let barrier = Barrier::new(3);
            thread::yield_now(); // Some are asleep by now, and some are not.
            workers.for_each(3, |_| {
                let _leader = barrier.wait();
            });
        }
    }

    #[test]
    fn a_refused_thread_is_an_error_that_says_how_many_there_are() {
        let builders = [Builder::new(), Builder::new().stack_size(usize::MAX / 4)];
        let error = Workers::try_from_builders(builders.into_iter()).unwrap_err();
        assert!(error.to_string().starts_with("only 2 of 3 threads"), "{error}");
    }
}
