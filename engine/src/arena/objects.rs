//! Per-object mode: each object from the global allocator, on a list so that reset frees the rest.
//!
//! Invariants
//! - **O1** Every object on the list lies `offset_for(align)` bytes into an allocation of
//!   `full_layout(layout)`, made by the global allocator and not freed yet.
//! - **O2** Its `ObjectHeader` stands in the bytes just before it, initialized, with the object's
//!   own layout; `older` and `newer` are its neighbours on the list.
//! - **O3** The list changes only through `&ObjectList` of one thread (it is not `Sync`).

use core::alloc::Layout;
use core::cell::Cell;
use core::ptr::{self, NonNull};
use std::alloc::{alloc, dealloc, realloc};

use super::size::{padded, round_up};

/// Stands before each object.
struct ObjectHeader {
    older: *mut ObjectHeader,
    newer: *mut ObjectHeader,
    layout: Layout,
}

const HEADER_BYTES: usize = size_of::<ObjectHeader>();

/// Living objects of one arena in per-object mode.
pub(crate) struct ObjectList {
    newest: Cell<*mut ObjectHeader>,
    live_bytes: Cell<usize>,
}

impl Default for ObjectList {
    fn default() -> Self {
        Self { newest: Cell::new(ptr::null_mut()), live_bytes: Cell::new(0) }
    }
}

// SAFETY: the objects are plain memory of the global allocator, which any thread may free.
unsafe impl Send for ObjectList {}

/// Distance from the allocation's start to the object: room for the header, aligned.
fn offset_for(align: usize) -> Option<usize> {
    round_up(HEADER_BYTES, align)
}

/// What the global allocator is asked for, or `None` if no allocation can be that large.
fn full_layout(layout: Layout) -> Option<Layout> {
    let align = layout.align().max(align_of::<ObjectHeader>());
    let bytes = offset_for(align)?.checked_add(layout.size())?;
    Layout::from_size_align(bytes, align).ok()
}

fn header_of(object: NonNull<u8>) -> *mut ObjectHeader {
    object.as_ptr().wrapping_sub(HEADER_BYTES).cast()
}

fn object_of(header: *mut ObjectHeader) -> *mut u8 {
    header.cast::<u8>().wrapping_add(HEADER_BYTES)
}

/// Start of the allocation in which `object` lies.
fn base_of(object: NonNull<u8>, layout: Layout) -> *mut u8 {
    let align = layout.align().max(align_of::<ObjectHeader>());
    let offset = offset_for(align).expect("the object was allocated with this offset");
    object.as_ptr().wrapping_sub(offset)
}

impl ObjectList {
    /// Bytes of the living objects, each padded as in a block.
    pub(crate) fn live_bytes(&self) -> usize {
        self.live_bytes.get()
    }

    /// One object from the global allocator; `None` if it refuses.
    pub(crate) fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        let full = full_layout(layout)?;
        // SAFETY: `full` is not empty: it holds a header.
        let base = NonNull::new(unsafe { alloc(full) })?;
        let offset = full.size() - layout.size();
        // SAFETY: the object starts inside, or at the end of, the allocation just made.
        let object = unsafe { base.add(offset) };
        self.link(object, layout);
        Some(object)
    }

    /// Frees one object.
    ///
    /// # Safety
    /// - `object` is on this list, and nobody uses it after this call.
    pub(crate) unsafe fn free(&self, object: NonNull<u8>) {
        // SAFETY: the caller's promise.
        let layout = unsafe { self.unlink(object) };
        let full = full_layout(layout).expect("this layout was allocated");
        // SAFETY: O1; `unlink` took it off the list, so it is freed once.
        unsafe { dealloc(base_of(object, layout), full) };
    }

    /// Resizes one object, moving it if the allocator must; `None` if it refuses, and then the
    /// object is as it was.
    ///
    /// # Safety
    /// - `object` is on this list, and nobody uses the old pointer after a success.
    /// - `new_size` padded to the object's alignment does not overflow an `isize`.
    pub(crate) unsafe fn resize(
        &self,
        object: NonNull<u8>,
        new_size: usize,
    ) -> Option<NonNull<u8>> {
        // SAFETY: O2.
        let layout = unsafe { (*header_of(object)).layout };
        let new_layout = Layout::from_size_align(new_size, layout.align()).ok()?;
        let full = full_layout(layout).expect("this layout was allocated");
        let new_full = full_layout(new_layout)?;
        // Off the list first: the allocator may call out while it moves the object.
        // SAFETY: the caller's promise.
        unsafe { self.unlink(object) };
        // SAFETY: O1 for the pointer and its layout; `new_full` is a valid layout, not empty.
        let base = unsafe { realloc(base_of(object, layout), full, new_full.size()) };
        let Some(base) = NonNull::new(base) else {
            self.link(object, layout);
            return None;
        };
        // SAFETY: the offset depends on the alignment only, which is the same.
        let moved = unsafe { base.add(new_full.size() - new_size) };
        self.link(moved, new_layout);
        Some(moved)
    }

    /// Frees every object, newest first.
    pub(crate) fn free_all(&self) {
        while let Some(header) = NonNull::new(self.newest.get()) {
            let object = NonNull::new(object_of(header.as_ptr())).expect("objects are not null");
            // SAFETY: it is on the list; the arena calls this at reset or drop, when no reference
            // to an object is left.
            unsafe { self.free(object) };
        }
    }

    /// Writes the header of `object` and puts it on the list.
    fn link(&self, object: NonNull<u8>, layout: Layout) {
        let header = header_of(object);
        let older = self.newest.get();
        let contents = ObjectHeader { older, newer: ptr::null_mut(), layout };
        // SAFETY: O1: the bytes before an object are room for its header, aligned for it.
        unsafe { header.write(contents) };
        if !older.is_null() {
            // SAFETY: O2: the head of the list is an initialized header.
            unsafe { (*older).newer = header };
        }
        self.newest.set(header);
        self.live_bytes.set(self.live_bytes.get() + padded(layout.size()));
    }

    /// Takes `object` off the list and gives its layout.
    ///
    /// # Safety
    /// - `object` is on this list.
    unsafe fn unlink(&self, object: NonNull<u8>) -> Layout {
        // SAFETY: O2, by the caller's promise; read out whole, for it may be freed soon.
        let ObjectHeader { older, newer, layout } = unsafe { header_of(object).read() };
        if newer.is_null() {
            self.newest.set(older);
        } else {
            // SAFETY: O2: a neighbour is an initialized header.
            unsafe { (*newer).older = older };
        }
        if !older.is_null() {
            // SAFETY: O2: a neighbour is an initialized header.
            unsafe { (*older).newer = newer };
        }
        self.live_bytes.set(self.live_bytes.get() - padded(layout.size()));
        layout
    }
}
