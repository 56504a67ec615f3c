//! What threads of a set share. With `--cfg frame_arena_loom`, which the package in `tests/loom` sets,
//! it is a model checker's.

#[cfg(not(frame_arena_loom))]
pub(super) use {
    core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize},
    std::sync::{Mutex, MutexGuard},
    std::thread_local,
};

#[cfg(frame_arena_loom)]
pub(super) use {
    loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize},
    loom::sync::{Mutex, MutexGuard},
};

/// The standard library's form of it, which the checker's own does not know.
#[cfg(frame_arena_loom)]
macro_rules! thread_local_of_a_model {
    ($(static $name:ident: $type:ty = const $init:block;)*) => {
        loom::thread_local! { $(static $name: $type = $init;)* }
    };
}
#[cfg(frame_arena_loom)]
pub(super) use thread_local_of_a_model as thread_local;

/// Stands beside plain data that one thread writes and then publishes, for the checker to watch.
#[cfg(not(frame_arena_loom))]
pub(super) struct Published;

#[cfg(not(frame_arena_loom))]
impl Published {
    /// The data are written.
    pub(super) fn new() -> Self {
        Self
    }

    /// The data are read.
    #[inline(always)]
    pub(super) fn note_read(&self) {}
}

#[cfg(frame_arena_loom)]
pub(super) struct Published(loom::cell::UnsafeCell<()>);

#[cfg(frame_arena_loom)]
impl Published {
    pub(super) fn new() -> Self {
        Self(loom::cell::UnsafeCell::new(()))
    }

    /// Ends the model where no order puts this behind the writing.
    pub(super) fn note_read(&self) {
        self.0.with(|_| ());
    }
}
