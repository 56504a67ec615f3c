//! Counting heap calls: a wrapper around the global allocator.
//!
//! Invariant
//! - **C1** Each call is passed on unchanged to the wrapped allocator, which keeps the contract of
//!   `GlobalAlloc`; counting calls nothing that allocates.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::ops::{Add, AddAssign, Sub};
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::alloc::System;

/// A global allocator that counts the calls that pass through it, per thread and in total.
///
/// One heap call is one `alloc`, `alloc_zeroed` or `realloc`; frees are counted apart. Costs some
/// 2 ns a call.
///
/// ```
/// use frame_arena::heap;
///
/// #[global_allocator]
/// static HEAP: heap::Counting = heap::Counting::system();
///
/// let before = heap::thread_counts();
/// let boxed = Box::new(7);
/// let counts = heap::thread_counts() - before;
/// assert_eq!((counts.heap_calls, counts.frees), (1, 0));
/// # drop(boxed);
/// ```
pub struct Counting<A = System> {
    inner: A,
}

impl Counting<System> {
    /// Counts the calls to the system's allocator.
    #[must_use]
    pub const fn system() -> Self {
        Self::new(System)
    }
}

impl<A> Counting<A> {
    /// Counts the calls to `inner`, another allocator such as mimalloc.
    #[must_use]
    pub const fn new(inner: A) -> Self {
        Self { inner }
    }
}

/// Calls of the global allocator since the start of the thread or the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct HeapCounts {
    /// `alloc`, `alloc_zeroed` and `realloc`.
    pub heap_calls: u64,
    /// `dealloc`.
    pub frees: u64,
}

impl Sub for HeapCounts {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self { heap_calls: self.heap_calls - earlier.heap_calls, frees: self.frees - earlier.frees }
    }
}

impl Add for HeapCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { heap_calls: self.heap_calls + other.heap_calls, frees: self.frees + other.frees }
    }
}

impl AddAssign for HeapCounts {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

static IS_COUNTING: AtomicBool = AtomicBool::new(false);
static HEAP_CALLS: AtomicU64 = AtomicU64::new(0);
static FREES: AtomicU64 = AtomicU64::new(0);

thread_local! {
    // Constant and without a destructor, so that reading it never allocates.
    static COUNTS: Cell<HeapCounts> = const { Cell::new(HeapCounts { heap_calls: 0, frees: 0 }) };
}

#[inline]
fn count_heap_call() {
    IS_COUNTING.store(true, Ordering::Relaxed);
    HEAP_CALLS.fetch_add(1, Ordering::Relaxed);
    COUNTS.with(|counts| {
        let HeapCounts { heap_calls, frees } = counts.get();
        counts.set(HeapCounts { heap_calls: heap_calls + 1, frees });
    });
    #[cfg(feature = "multi_threaded")]
    pool::count(HeapCounts { heap_calls: 1, frees: 0 });
}

#[inline]
fn count_free() {
    FREES.fetch_add(1, Ordering::Relaxed);
    COUNTS.with(|counts| {
        let HeapCounts { heap_calls, frees } = counts.get();
        counts.set(HeapCounts { heap_calls, frees: frees + 1 });
    });
    #[cfg(feature = "multi_threaded")]
    pool::count(HeapCounts { heap_calls: 0, frees: 1 });
}

/// Heap calls of the threads of bevy's task pool, which nobody else can read from them.
#[cfg(feature = "multi_threaded")]
pub(crate) mod pool {
    use core::cell::Cell;

    use super::HeapCounts;
    use crate::ecs::HeapTally;

    static COUNTS: HeapTally = HeapTally::new();

    thread_local! {
        static IS_OF_POOL: Cell<bool> = const { Cell::new(false) };
    }

    /// Says that this thread is one of the pool's.
    pub(crate) fn join_pool() {
        IS_OF_POOL.set(true);
        crate::profile::name_thread(std::thread::current().name().unwrap_or("task pool"));
    }

    /// Whether this thread is one of the pool's.
    pub(crate) fn is_of_pool() -> bool {
        IS_OF_POOL.get()
    }

    /// Calls by all threads of the pool.
    pub(crate) fn counts() -> HeapCounts {
        COUNTS.counts()
    }

    #[inline]
    pub(super) fn count(counts: HeapCounts) {
        if IS_OF_POOL.get() {
            COUNTS.add(counts);
        }
    }
}

// SAFETY: C1.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Counting<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count_heap_call();
        // SAFETY: C1; the caller's promise is passed on.
        unsafe { self.inner.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count_heap_call();
        // SAFETY: C1; the caller's promise is passed on.
        unsafe { self.inner.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count_heap_call();
        // SAFETY: C1; the caller's promise is passed on.
        unsafe { self.inner.realloc(memory, layout, new_size) }
    }

    #[inline]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count_free();
        // SAFETY: C1; the caller's promise is passed on.
        unsafe { self.inner.dealloc(memory, layout) };
    }
}

/// Calls by this thread since it started. Zero unless [`Counting`] is the global allocator.
#[must_use]
#[inline]
pub fn thread_counts() -> HeapCounts {
    COUNTS.with(Cell::get)
}

/// Calls by all threads since the program started. Zero unless [`Counting`] is the global
/// allocator.
#[must_use]
pub fn total_counts() -> HeapCounts {
    HeapCounts {
        heap_calls: HEAP_CALLS.load(Ordering::Relaxed),
        frees: FREES.load(Ordering::Relaxed),
    }
}

/// Whether [`Counting`] is the global allocator of this program. The runtime's own first
/// allocations, before `main`, tell.
#[must_use]
pub fn is_counting() -> bool {
    IS_COUNTING.load(Ordering::Relaxed)
}

/// Runs `work` and gives its result if this thread made no heap call meanwhile.
///
/// ```should_panic
/// use frame_arena::heap;
///
/// #[global_allocator]
/// static HEAP: heap::Counting = heap::Counting::system();
///
/// heap::assert_no_heap_calls(|| Box::new(7));
/// ```
///
/// # Panics
/// If `work` made a heap call, with their number, or if [`Counting`] is not the global allocator:
/// then nothing was checked.
#[track_caller]
pub fn assert_no_heap_calls<R>(work: impl FnOnce() -> R) -> R {
    assert!(
        is_counting(),
        "nothing counts heap calls here: declare \
         `#[global_allocator] static HEAP: Counting = Counting::system();`"
    );
    let before = thread_counts();
    let result = work();
    let heap_calls = (thread_counts() - before).heap_calls;
    assert!(heap_calls == 0, "{heap_calls} heap calls where none was expected");
    result
}
