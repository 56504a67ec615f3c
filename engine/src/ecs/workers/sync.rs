//! What a crew is made of. A model checker puts its own in place: `tests/loom`.

use core::cell::UnsafeCell;
pub(super) use core::hint::spin_loop;
pub(super) use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
pub(super) use std::sync::{Condvar, Mutex, MutexGuard};
pub(super) use std::thread::yield_now;

/// Looks at the gate before a thread without work goes to sleep: some 200 us, more than mostly lies
/// between two jobs of a frame, and little of what a core has left between two frames.
pub(super) const LOOKS_BEFORE_SLEEP: u32 = 10_000;

/// A cell whose user orders reads and writes.
pub(super) struct OrderedCell<T>(UnsafeCell<T>);

impl<T: Copy> OrderedCell<T> {
    pub(super) fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// # Safety
    /// - Nobody writes meanwhile.
    pub(super) unsafe fn read(&self) -> T {
        // SAFETY: the caller says so.
        unsafe { *self.0.get() }
    }

    /// # Safety
    /// - Nobody reads or writes meanwhile.
    pub(super) unsafe fn write(&self, value: T) {
        // SAFETY: the caller says so.
        unsafe { *self.0.get() = value };
    }
}
