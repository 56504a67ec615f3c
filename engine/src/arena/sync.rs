//! What threads of a set share. With `cfg(loom)`, which only the package in `tests/loom` sets, a model
//! checker's own.

#[cfg(not(loom))]
pub(super) use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize};
#[cfg(not(loom))]
pub(super) use std::sync::{Mutex, MutexGuard};
#[cfg(not(loom))]
pub(super) use std::thread_local;

#[cfg(loom)]
pub(super) use loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize};
#[cfg(loom)]
pub(super) use loom::sync::{Mutex, MutexGuard};

/// The standard library's form of it, which `loom`'s own does not know.
#[cfg(loom)]
macro_rules! thread_local_of_a_model {
    ($(static $name:ident: $type:ty = const $init:block;)*) => {
        loom::thread_local! { $(static $name: $type = $init;)* }
    };
}
#[cfg(loom)]
pub(super) use thread_local_of_a_model as thread_local;
