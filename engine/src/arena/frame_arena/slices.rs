//! Slices of values, in a frame arena. Invariants F1 to F3 of `frame_arena.rs`.

use core::mem::MaybeUninit;
use core::ptr::NonNull;
use core::slice;

use super::{FrameArena, assert_no_drop};
use crate::arena::error::{AllocError, Refused, granted};
use crate::arena::trace::Origin;

impl FrameArena {
    /// Copies a slice.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn alloc_slice_copy<T: Copy>(&self, source: &[T]) -> &mut [T] {
        self.alloc_slice_uninit(source.len()).write_copy_of_slice(source)
    }

    /// As [`alloc_slice_copy`](Self::alloc_slice_copy).
    ///
    /// # Errors
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn try_alloc_slice_copy<T: Copy>(&self, source: &[T]) -> Result<&mut [T], AllocError> {
        let slots = self.try_alloc_slice_uninit(source.len())?;
        Ok(slots.write_copy_of_slice(source))
    }

    /// Clones a slice, element by element.
    ///
    /// # Panics
    /// If the budget or the system refuses, or `T::clone` panics.
    #[inline]
    #[track_caller]
    pub fn alloc_slice_clone<T: Clone>(&self, source: &[T]) -> &mut [T] {
        granted(self.try_alloc_slice_clone(source))
    }

    /// As [`alloc_slice_clone`](Self::alloc_slice_clone).
    ///
    /// # Errors
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn try_alloc_slice_clone<T: Clone>(&self, source: &[T]) -> Result<&mut [T], AllocError> {
        Ok(self.try_alloc_slice_from_iter(source.iter().cloned())?)
    }

    /// Fills a slice of `len` elements from their indices.
    ///
    /// ```
    /// let arena = frame_arena::FrameArena::new();
    /// assert_eq!(arena.alloc_slice_fill_with(4, |i| i * i), [0, 1, 4, 9]);
    /// ```
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn alloc_slice_fill_with<T>(&self, len: usize, make: impl FnMut(usize) -> T) -> &mut [T] {
        granted(self.try_alloc_slice_fill_with(len, make))
    }

    /// As [`alloc_slice_fill_with`](Self::alloc_slice_fill_with).
    ///
    /// # Errors
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn try_alloc_slice_fill_with<T>(
        &self,
        len: usize,
        make: impl FnMut(usize) -> T,
    ) -> Result<&mut [T], AllocError> {
        Ok(self.try_alloc_slice_from_iter((0..len).map(make))?)
    }

    /// Stores an iterator's elements. The iterator may allocate from the same arena.
    ///
    /// `len()` decides what is reserved. Should it lie, nothing breaks: an iterator that ends
    /// early gives a shorter slice, and one that goes on is stopped at `len()` elements.
    ///
    /// ```
    /// let arena = frame_arena::FrameArena::new();
    /// let squares = arena.alloc_slice_from_iter((1..4).map(|n| n * n));
    /// assert_eq!(squares, [1, 4, 9]);
    /// ```
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn alloc_slice_from_iter<I>(&self, items: I) -> &mut [I::Item]
    where
        I: IntoIterator<IntoIter: ExactSizeIterator>,
    {
        let items = items.into_iter();
        self.fill(self.alloc_slice_uninit(items.len()), items)
    }

    /// As [`alloc_slice_from_iter`](Self::alloc_slice_from_iter).
    ///
    /// # Errors
    /// If the budget or the system refuses; the error holds the iterator, not advanced.
    #[inline]
    #[track_caller]
    pub fn try_alloc_slice_from_iter<I>(
        &self,
        items: I,
    ) -> Result<&mut [I::Item], Refused<I::IntoIter>>
    where
        I: IntoIterator<IntoIter: ExactSizeIterator>,
    {
        let items = items.into_iter();
        let slots = match self.try_alloc_slice_uninit(items.len()) {
            Ok(slots) => slots,
            Err(error) => return Err(Refused::new(error, items)),
        };
        Ok(self.fill(slots, items))
    }

    /// Fills `slots`, as far as the items go, and gives the rest back.
    #[inline(always)]
    fn fill<'s, T>(
        &self,
        slots: &'s mut [MaybeUninit<T>],
        items: impl Iterator<Item = T>,
    ) -> &'s mut [T] {
        let mut filled = 0;
        for (slot, item) in slots.iter_mut().zip(items) {
            slot.write(item);
            filled += 1;
        }
        if filled < slots.len() {
            self.give_tail_back(slots, filled);
        }
        // SAFETY: the loop wrote the first `filled` slots, and `zip` ends within them.
        unsafe { slots[..filled].assume_init_mut() }
    }

    /// Room for `len` values, to be written by the caller.
    ///
    /// ```
    /// let arena = frame_arena::FrameArena::new();
    /// let slots = arena.alloc_slice_uninit::<u32>(2);
    /// let values = slots.write_copy_of_slice(&[3, 4]);
    /// assert_eq!(values, [3, 4]);
    /// ```
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline]
    #[must_use]
    #[track_caller]
    #[expect(clippy::mut_from_ref, reason = "each call returns memory of its own (F1)")]
    pub fn alloc_slice_uninit<T>(&self, len: usize) -> &mut [MaybeUninit<T>] {
        const { assert_no_drop::<T>() };
        let slots = self.raw.expect_array::<T>(len).cast();
        // SAFETY: F1; a `MaybeUninit` needs no initial value, and F2 ends the borrow in time.
        unsafe { slice::from_raw_parts_mut(slots.as_ptr(), len) }
    }

    /// As [`alloc_slice_uninit`](Self::alloc_slice_uninit).
    ///
    /// # Errors
    /// If the budget or the system refuses, or the size overflows.
    #[inline]
    #[track_caller]
    #[expect(clippy::mut_from_ref, reason = "each call returns memory of its own (F1)")]
    pub fn try_alloc_slice_uninit<T>(
        &self,
        len: usize,
    ) -> Result<&mut [MaybeUninit<T>], AllocError> {
        const { assert_no_drop::<T>() };
        let slots = self.raw.claim(self.raw.array_layout::<T>(len)?, Origin::of::<T>(len))?;
        // SAFETY: F1; a `MaybeUninit` needs no initial value, and F2 ends the borrow in time.
        Ok(unsafe { slice::from_raw_parts_mut(slots.cast().as_ptr(), len) })
    }

    /// Gives the memory behind the first `filled` slots back if they are the last allocation.
    #[cold]
    fn give_tail_back<T>(&self, slots: &mut [MaybeUninit<T>], filled: usize) {
        let memory = NonNull::from(&mut *slots).cast::<u8>();
        if let Ok(layout) = self.raw.array_layout::<T>(slots.len()) {
            // SAFETY: `slots` were claimed with this layout, and nobody uses those behind `filled`.
            unsafe { self.raw.shrink_last(memory, layout, filled * size_of::<T>()) };
        }
    }
}
