//! `VecIntoIter`: the elements of a vector, moved out one by one.
//!
//! Invariant
//! - **I2** The elements from `front` to `back` are initialized and the iterator's alone; `memory`
//!   is a vector without elements, which has room for at least `back`.
//!
//! It is not `allocator_api2`'s: from the back that one goes on for ever where elements have no
//! bytes, it leaves their alignment, and its `clone` aborts on refusal.

use core::fmt;
use core::iter::FusedIterator;
use core::ptr::{self, NonNull};

use allocator_api2::vec::Vec;

use super::FrameVec;
use crate::arena::frame_arena::FrameArena;

/// The elements of a [`FrameVec`], by value. Those that are left when it is dropped are dropped too.
pub struct VecIntoIter<'a, T> {
    memory: Vec<T, &'a FrameArena>,
    front: usize,
    back: usize,
}

impl<'a, T> VecIntoIter<'a, T> {
    #[inline]
    pub(super) fn new(mut memory: Vec<T, &'a FrameArena>) -> Self {
        let back = memory.len();
        // SAFETY: I2: none is fewer, and from here on the elements are the iterator's.
        unsafe { memory.set_len(0) };
        Self { memory, front: 0, back }
    }

    /// The elements that are left.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        // SAFETY: I2; the borrow of the iterator guards that of the elements.
        unsafe { self.left().as_ref() }
    }

    /// The elements that are left, mutable.
    #[must_use]
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        // SAFETY: I2; the borrow of the iterator guards that of the elements.
        unsafe { self.left().as_mut() }
    }

    fn left(&self) -> NonNull<[T]> {
        // The memory's own pointer: one through a slice would be good for no element.
        let first = self.memory.as_ptr().cast_mut();
        // SAFETY: I2: within the memory.
        let first = unsafe { first.add(self.front) };
        let left = ptr::slice_from_raw_parts_mut(first, self.back - self.front);
        NonNull::new(left).expect("a vector's memory is not null")
    }

    /// Moves the element at `index` out.
    ///
    /// # Safety
    /// - It was between `front` and `back`, and is no more.
    #[inline]
    unsafe fn move_out(&self, index: usize) -> T {
        // SAFETY: I2, by the caller's promise: within the memory.
        let element = unsafe { self.memory.as_ptr().add(index) };
        // SAFETY: I2: initialized, and no longer the iterator's.
        unsafe { element.read() }
    }
}

impl<T> Iterator for VecIntoIter<'_, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        if self.front == self.back {
            return None;
        }
        self.front += 1;
        // SAFETY: I2: it was the first that was left, and is no more.
        Some(unsafe { self.move_out(self.front - 1) })
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.back - self.front;
        (left, Some(left))
    }
}

impl<T> DoubleEndedIterator for VecIntoIter<'_, T> {
    #[inline]
    fn next_back(&mut self) -> Option<T> {
        if self.front == self.back {
            return None;
        }
        self.back -= 1;
        // SAFETY: I2: it was the last that was left, and is no more.
        Some(unsafe { self.move_out(self.back) })
    }
}

impl<T> ExactSizeIterator for VecIntoIter<'_, T> {}
impl<T> FusedIterator for VecIntoIter<'_, T> {}

impl<T> Drop for VecIntoIter<'_, T> {
    fn drop(&mut self) {
        let left = self.left();
        self.front = self.back;
        // SAFETY: I2: they were the iterator's, and are no more. The memory goes after them, also
        // if one of them panics.
        unsafe { ptr::drop_in_place(left.as_ptr()) };
    }
}

/// Clones what is left, into the same arena.
///
/// # Panics
/// If the budget or the system refuses.
impl<T: Clone> Clone for VecIntoIter<'_, T> {
    #[track_caller]
    fn clone(&self) -> Self {
        let left = self.as_slice();
        let mut copy = FrameVec::with_capacity_in(left.len(), self.memory.allocator());
        copy.extend_from_slice(left);
        copy.into_iter()
    }
}

impl<T: fmt::Debug> fmt::Debug for VecIntoIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VecIntoIter").field(&self.as_slice()).finish()
    }
}
