//! The list of values that an arena must drop at reset.
//!
//! Invariants
//! - **D1** Every node on a list was written by `push` into memory that its arena claimed for it
//!   and does not hand out again before `run` has taken the node off.
//! - **D2** A node is taken off its list before its value is dropped, so no value is dropped twice.

use core::alloc::Layout;
use core::any::Any;
use core::cell::Cell;
use core::ptr::{self, NonNull};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// A caught panic.
pub(crate) type PanicPayload = Box<dyn Any + Send>;

/// Stands before a value that needs drop.
struct DropHeader {
    next: Option<NonNull<DropHeader>>,
    /// Drops the value of the node whose header this is.
    drop_value: unsafe fn(NonNull<DropHeader>),
}

#[repr(C)]
struct DropNode<T> {
    header: DropHeader,
    value: T,
}

/// Values to drop, newest first.
#[derive(Default)]
pub(crate) struct DropList {
    newest: Cell<Option<NonNull<DropHeader>>>,
}

// SAFETY: `push` demands `T: Send` of every value on the list; the nodes are plain memory (D1).
unsafe impl Send for DropList {}

impl DropList {
    /// Memory that `push` needs for a `T`.
    pub(crate) const fn layout_of<T>() -> Layout {
        Layout::new::<DropNode<T>>()
    }

    /// Moves `value` into `memory` and registers it for drop.
    ///
    /// # Safety
    /// - `memory` is valid for writes of [`Self::layout_of::<T>`](Self::layout_of), aligned for it,
    ///   and used for nothing else until `run` was called (D1).
    pub(crate) unsafe fn push<T: Send + 'static>(
        &self,
        memory: NonNull<u8>,
        value: T,
    ) -> NonNull<T> {
        let node = memory.cast::<DropNode<T>>();
        let header = DropHeader { next: self.newest.get(), drop_value: drop_value::<T> };
        // SAFETY: the caller gives memory for a `DropNode<T>`.
        unsafe { node.write(DropNode { header, value }) };
        self.newest.set(Some(node.cast()));
        // SAFETY: the node was just written; a projection, no read.
        let value = unsafe { &raw mut (*node.as_ptr()).value };
        NonNull::new(value).expect("a field of a node is not null")
    }

    /// Whether there is nothing to drop.
    pub(crate) fn is_empty(&self) -> bool {
        self.newest.get().is_none()
    }

    /// Drops every value, newest first, whatever panics on the way; the first panic is returned.
    pub(crate) fn run(&self) -> Option<PanicPayload> {
        let mut first_panic = None;
        while let Some(header) = self.newest.get() {
            // SAFETY: D1: the node is still there.
            let node = unsafe { header.as_ref() };
            let drop_value = node.drop_value;
            self.newest.set(node.next); // D2: off the list before its drop runs.
            // SAFETY: D1 and D2: `push` wrote this node with the function of its type, and nobody
            // has dropped its value.
            let dropped = catch_unwind(AssertUnwindSafe(|| unsafe { drop_value(header) }));
            if let Err(payload) = dropped {
                keep_first(&mut first_panic, payload);
            }
        }
        first_panic
    }
}

/// Keeps the first payload and disposes of the others, whose own drop may panic too.
pub(crate) fn keep_first(first: &mut Option<PanicPayload>, payload: PanicPayload) {
    if first.is_none() {
        *first = Some(payload);
    } else {
        dispose(payload);
    }
}

/// Goes on with a caught panic from within a `Drop`, now that nothing is left to do; where another
/// panic is under way already, a second one would abort.
pub(crate) fn resume_in_drop(panicked: Option<PanicPayload>) {
    match panicked {
        Some(payload) if std::thread::panicking() => dispose(payload),
        Some(payload) => resume_unwind(payload),
        None => {}
    }
}

fn dispose(payload: PanicPayload) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // A payload that panics when dropped could go on for ever; this one is leaked instead.
        core::mem::forget(again);
    }
}

/// # Safety
/// - `header` is the header of a `DropNode<T>` whose value was not dropped.
unsafe fn drop_value<T>(header: NonNull<DropHeader>) {
    let node = header.cast::<DropNode<T>>();
    // SAFETY: the caller says that this is a `DropNode<T>`; a projection, no read.
    let value = unsafe { &raw mut (*node.as_ptr()).value };
    // SAFETY: the caller says that the value was not dropped.
    unsafe { ptr::drop_in_place(value) };
}
