//! A vector's memory straight from the arena: without the detours of the `Allocator` trait.
//!
//! Invariant
//! - **I1** Memory of a vector was claimed from its own arena since the last reset, with the layout
//!   of an array of its capacity; the first `len` elements are initialized.

use core::mem::{self, MaybeUninit};
use core::ptr::NonNull;
use core::slice;

use allocator_api2::vec::Vec;

use crate::arena::config::ArenaMode;
use crate::arena::error::AllocError;
use crate::arena::frame_arena::FrameArena;
use crate::arena::trace::{Caller, Origin};

/// An empty vector with room for `capacity` elements, in the name of `caller`.
#[inline]
pub(super) fn claim<T>(
    caller: Caller,
    capacity: usize,
    arena: &FrameArena,
) -> Result<Vec<T, &FrameArena>, AllocError> {
    if capacity == 0 || size_of::<T>() == 0 {
        return Ok(Vec::new_in(arena));
    }
    let layout = arena.raw().array_layout::<T>(capacity)?;
    let memory = arena.raw().claim(layout, Origin::by::<T>(caller, capacity))?;
    // SAFETY: I1: just claimed, and nothing is initialized.
    Ok(unsafe { Vec::from_raw_parts_in(memory.cast().as_ptr(), 0, capacity, arena) })
}

/// Doubles the capacity, or more where `additional` elements need it, if the vector is the arena's
/// last allocation and there is room behind it.
#[inline]
pub(super) fn lengthen<T>(vec: &mut Vec<T, &FrameArena>, additional: usize) -> bool {
    let (len, capacity, arena) = (vec.len(), vec.capacity(), *vec.allocator());
    if capacity == 0 || size_of::<T>() == 0 {
        return false;
    }
    // No vector is longer than `isize::MAX` bytes, so that the double overflows nothing.
    let Some(wanted) = len.checked_add(additional).map(|least| least.max(capacity * 2)) else {
        return false;
    };
    let Some(bytes) = wanted.checked_mul(size_of::<T>()) else { return false };
    let first = NonNull::from(vec.as_mut_slice()).cast();
    let Some(memory) = arena.raw().lengthen_last(first, capacity * size_of::<T>(), bytes) else {
        return false;
    };
    // SAFETY: I1: the memory is the vector's and as long as `wanted` elements now.
    let longer = unsafe { Vec::from_raw_parts_in(memory.cast().as_ptr(), len, wanted, arena) };
    mem::forget(mem::replace(vec, longer)); // One owner again.
    true
}

/// Appends `value`.
///
/// # Safety
/// - The length is below the capacity.
#[inline(always)]
pub(super) unsafe fn push_to_room<T>(vec: &mut Vec<T, &FrameArena>, value: T) {
    let len = vec.len();
    debug_assert!(len < vec.capacity());
    // SAFETY: the caller says that the vector's memory goes on behind its elements.
    let slot = unsafe { vec.as_mut_ptr().add(len) };
    // SAFETY: as above; nothing is there yet.
    unsafe { slot.write(value) };
    // SAFETY: I1: one more is initialized.
    unsafe { vec.set_len(len + 1) };
}

/// Appends clones of `items`, for which there is room.
#[inline]
pub(super) fn append_clones<T: Clone>(vec: &mut Vec<T, &FrameArena>, items: &[T]) {
    let len = vec.len();
    vec.spare_capacity_mut()[..items.len()].write_clone_of_slice(items);
    // SAFETY: I1: so many more elements were just written, within the capacity.
    unsafe { vec.set_len(len + items.len()) };
}

/// The elements for the rest of the frame; unused capacity goes back if it can.
#[inline]
#[expect(clippy::mut_from_ref, reason = "the vector owned its elements")]
pub(super) fn leak_shrunk<T>(mut vec: Vec<T, &FrameArena>) -> &mut [T] {
    if vec.allocator().config().mode == ArenaMode::PerObject {
        shrink_object(&mut vec);
    }
    let (first, len, capacity, arena) = vec.into_raw_parts_with_alloc();
    if len < capacity
        && let Ok(layout) = arena.raw().array_layout::<T>(capacity)
        && let Some(memory) = NonNull::new(first)
    {
        // SAFETY: I1, and nobody uses what lies behind the elements.
        unsafe { arena.raw().shrink_last(memory.cast(), layout, len * size_of::<T>()) };
    }
    // SAFETY: I1; the arena is borrowed for `'a`, which no reset can outlast.
    unsafe { slice::from_raw_parts_mut(first, len) }
}

#[cold]
#[inline(never)]
fn shrink_object<T>(vec: &mut Vec<T, &FrameArena>) {
    vec.shrink_to_fit();
}

/// Appends elements of `items` while there is room, and keeps them if `items` panics.
#[inline]
pub(super) fn append_to_room<T>(vec: &mut Vec<T, &FrameArena>, items: impl Iterator<Item = T>) {
    let (len, room) = (vec.len(), vec.capacity() - vec.len());
    // SAFETY: I1: the vector's memory goes on behind its elements.
    let behind = unsafe { vec.as_mut_ptr().add(len) };
    // SAFETY: as above, for `room` elements; the guard sets the length only.
    let slots = unsafe { slice::from_raw_parts_mut(behind.cast::<MaybeUninit<T>>(), room) };
    let mut filled = Filled { vec, len };
    for (slot, item) in slots.iter_mut().zip(items) {
        slot.write(item);
        filled.len += 1;
    }
}

/// Sets the length at its drop: a counter in the vector itself would be stored for each element.
struct Filled<'v, 'a, T> {
    vec: &'v mut Vec<T, &'a FrameArena>,
    len: usize,
}

impl<T> Drop for Filled<'_, '_, T> {
    fn drop(&mut self) {
        // SAFETY: I1: the loop counted what it wrote, within the capacity.
        unsafe { self.vec.set_len(self.len) };
    }
}
