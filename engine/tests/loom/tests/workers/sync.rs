//! What a crew is made of, watched. Beside the engine's own: `src/ecs/workers/sync.rs`.

use loom::cell::UnsafeCell;
pub(super) use loom::hint::spin_loop;
pub(super) use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
pub(super) use loom::sync::{Condvar, Mutex, MutexGuard};
pub(super) use loom::thread::yield_now;

/// Few: each is another step in which everything else may happen.
pub(super) const LOOKS_BEFORE_SLEEP: u32 = 1;

/// A cell whose user orders reads and writes.
pub(super) struct OrderedCell<T>(UnsafeCell<T>);

impl<T: Copy> OrderedCell<T> {
    pub(super) fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// # Safety
    /// - Nobody writes meanwhile: else loom ends the test.
    pub(super) unsafe fn read(&self) -> T {
        // SAFETY: the caller says so.
        self.0.with(|value| unsafe { *value })
    }

    /// # Safety
    /// - Nobody reads or writes meanwhile: else loom ends the test.
    pub(super) unsafe fn write(&self, value: T) {
        // SAFETY: the caller says so.
        self.0.with_mut(|slot| unsafe { *slot = value });
    }
}
