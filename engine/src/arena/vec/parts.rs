//! `PartedVec`: a vector whose elements are written by several threads, each part by one.
//!
//! Invariants
//! - **U1** The parts made since `filled` was last zero are disjoint, and together they are the
//!   first `len` slots of the vector's room: a part comes from `split`, or is the whole.
//! - **U2** A part adds its length to `filled` once, when it is used up, after it has written all
//!   its slots. So when `filled` is `len`, all of them are initialized.

use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::FrameVec;
use crate::arena::error::AllocError;
use crate::arena::frame_arena::FrameArena;

/// A vector of known length, filled in parts.
///
/// 1. [`parts`](Self::parts) gives the whole as one part, which can be split.
/// 2. Each part is filled, on whatever thread, and is a slice from then on.
/// 3. [`into_vec`](Self::into_vec) gives the vector, if nothing was left out.
pub(crate) struct PartedVec<'a, T> {
    vec: FrameVec<'a, T>,
    len: usize,
    filled: AtomicUsize,
}

/// Slots of a [`PartedVec`] that nobody else can reach.
pub(crate) struct Part<'p, T> {
    slots: &'p mut [MaybeUninit<T>],
    filled: &'p AtomicUsize,
}

impl<'a, T: Copy> PartedVec<'a, T> {
    /// Room for `len` elements.
    #[track_caller]
    pub(crate) fn try_new(len: usize, arena: &'a FrameArena) -> Result<Self, AllocError> {
        let vec = FrameVec::try_with_capacity_in(len, arena)?;
        Ok(Self { vec, len, filled: AtomicUsize::new(0) })
    }

    /// All slots, none of them filled.
    pub(crate) fn parts(&mut self) -> Part<'_, T> {
        *self.filled.get_mut() = 0;
        Part { slots: &mut self.vec.inner.spare_capacity_mut()[..self.len], filled: &self.filled }
    }

    /// The elements.
    ///
    /// # Panics
    /// If a part was left out, which is a bug in the caller.
    pub(crate) fn into_vec(mut self) -> FrameVec<'a, T> {
        let filled = self.filled.load(Ordering::Acquire);
        assert!(filled == self.len, "{filled} of {} elements were filled in", self.len);
        // SAFETY: U2: so many are initialized, and `parts` found room for them.
        unsafe { self.vec.inner.set_len(self.len) };
        self.vec
    }
}

impl<'p, T: Copy> Part<'p, T> {
    /// The first `len` slots of `self`, which keeps the rest.
    #[track_caller]
    pub(crate) fn split(&mut self, len: usize) -> Self {
        let (front, rest) = core::mem::take(&mut self.slots).split_at_mut(len);
        self.slots = rest;
        Self { slots: front, filled: self.filled }
    }

    /// All slots; none are left in `self`.
    pub(crate) fn take(&mut self) -> Self {
        self.split(self.slots.len())
    }

    /// Writes `value` to every slot.
    #[inline]
    pub(crate) fn fill(self, value: T) -> &'p mut [T] {
        self.slots.fill(MaybeUninit::new(value));
        self.filled.fetch_add(self.slots.len(), Ordering::Release); // U2.
        // SAFETY: every slot has just been written.
        unsafe { self.slots.assume_init_mut() }
    }

    /// Writes the iterator's elements.
    ///
    /// # Panics
    /// If there are too few.
    #[inline]
    pub(crate) fn fill_from(self, items: impl IntoIterator<Item = T>) -> &'p mut [T] {
        let len = self.slots.len();
        let mut written = 0;
        let mut slots = self.slots.iter_mut();
        // From inside: an iterator made of others is far quicker so than asked item by item.
        let _filled = items.into_iter().try_for_each(|item| {
            slots.next()?.write(item);
            written += 1;
            Some(())
        });
        assert!(written == len, "{written} elements for {len} slots");
        self.filled.fetch_add(len, Ordering::Release); // U2.
        // SAFETY: the loop has just written every slot.
        unsafe { self.slots.assume_init_mut() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_filled_on_two_threads_are_one_vector() {
        let arena = FrameArena::new();
        let mut vec = PartedVec::try_new(1_000, &arena).unwrap();
        let mut rest = vec.parts();
        let (front, back) = (rest.split(300), rest.split(700));
        std::thread::scope(|scope| {
            scope.spawn(move || front.fill_from(0..)[7] = 70);
            back.fill(5);
        });
        let vec = vec.into_vec();
        assert_eq!((vec[6], vec[7], vec[299], vec[300], vec[999]), (6, 70, 299, 5, 5));
    }

    #[test]
    #[should_panic(expected = "300 of 1000 elements were filled in")]
    fn a_part_left_out_is_noticed() {
        let arena = FrameArena::new();
        let mut vec = PartedVec::try_new(1_000, &arena).unwrap();
        vec.parts().split(300).fill(1u32);
        let _vec = vec.into_vec();
    }

    #[test]
    #[should_panic(expected = "2 elements for 3 slots")]
    fn a_part_half_filled_is_noticed() {
        let arena = FrameArena::new();
        PartedVec::try_new(3, &arena).unwrap().parts().fill_from([1u8, 2]);
    }

    #[test]
    fn parts_taken_anew_count_from_nothing() {
        let arena = FrameArena::new();
        let mut vec = PartedVec::try_new(8, &arena).unwrap();
        vec.parts().split(4).fill(1u8);
        vec.parts().fill(2);
        assert_eq!(*vec.into_vec(), [2; 8]);
    }

    #[test]
    fn no_elements_need_no_filling() {
        let arena = FrameArena::new();
        assert!(PartedVec::<u32>::try_new(0, &arena).unwrap().into_vec().is_empty());
    }
}
