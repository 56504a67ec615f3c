//! `PartedVec`: a vector whose elements are written by several threads, each part by one.
//!
//! Invariants
//! - **U1** The parts made since `filled` was last zero are disjoint, and together they are the
//!   first `len` slots of the vector's room: a part comes from `split`, or is the whole.
//! - **U2** A part adds its length to `filled` once, when it is used up, after it has written all
//!   its slots. So when `filled` is `len`, all of them are initialized. A writer is a part, too.

use core::mem::MaybeUninit;
use core::slice;
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
    /// Slots.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

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

/// A part that is written slot by slot, in turns with others.
pub(crate) struct PartWriter<'p, T> {
    /// Those not yet written.
    slots: slice::IterMut<'p, MaybeUninit<T>>,
    /// How many the part has; 0 once that is told.
    len: usize,
    filled: &'p AtomicUsize,
}

impl<'p, T: Copy> Part<'p, T> {
    /// To be written slot by slot.
    pub(crate) fn into_writer(self) -> PartWriter<'p, T> {
        PartWriter { len: self.slots.len(), slots: self.slots.iter_mut(), filled: self.filled }
    }
}

impl<T: Copy> PartWriter<'_, T> {
    /// Writes the next slot.
    ///
    /// # Panics
    /// If there is none.
    #[inline]
    pub(crate) fn push(&mut self, value: T) {
        self.slots.next().expect("a slot for each element").write(value);
    }

    /// Tells that all slots of some writers of one vector are written.
    ///
    /// # Panics
    /// If one is not, or if a writer is of another vector.
    pub(crate) fn finish_all(writers: &mut [Self]) {
        let Some(filled) = writers.first().map(|writer| writer.filled) else { return };
        let mut len = 0;
        for writer in writers {
            let left = writer.slots.len();
            assert!(left == 0, "{left} slots without an element");
            assert!(core::ptr::eq(writer.filled, filled), "a writer of another vector");
            len += core::mem::take(&mut writer.len);
        }
        filled.fetch_add(len, Ordering::Release); // U2.
    }
}

type FiveParts<'p, A, B, C, D, E> =
    (Part<'p, A>, Part<'p, B>, Part<'p, C>, Part<'p, D>, Part<'p, E>);

/// Fills five parts of one length side by side, item by item.
///
/// # Panics
/// If there are too few items, or the parts are not of one length.
#[inline]
pub(crate) fn fill_side_by_side<A: Copy, B: Copy, C: Copy, D: Copy, E: Copy>(
    (a, b, c, d, e): FiveParts<'_, A, B, C, D, E>,
    items: impl Iterator<Item = (A, B, C, D, E)>,
) {
    let lens = [a.len(), b.len(), c.len(), d.len(), e.len()];
    assert!(lens == [a.len(); 5], "parts of {lens:?} slots");
    let mut written = 0;
    let slots = a.slots.iter_mut().zip(b.slots).zip(c.slots.iter_mut().zip(d.slots)).zip(e.slots);
    for ((((a, b), (c, d)), e), item) in slots.zip(items) {
        a.write(item.0);
        b.write(item.1);
        c.write(item.2);
        d.write(item.3);
        e.write(item.4);
        written += 1;
    }
    assert!(written == lens[0], "{written} items for {} slots", lens[0]);
    for filled in [a.filled, b.filled, c.filled, d.filled, e.filled] {
        filled.fetch_add(written, Ordering::Release); // U2.
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
    fn writers_fill_their_parts_in_turns() {
        let arena = FrameArena::new();
        let mut vec = PartedVec::try_new(6, &arena).unwrap();
        let mut rest = vec.parts();
        let mut writers = [rest.split(2).into_writer(), rest.split(4).into_writer()];
        for (n, writer) in [1, 0, 1, 1, 0, 1].into_iter().zip(10..).map(|(w, n)| (n, w)) {
            writers[writer].push(n);
        }
        PartWriter::finish_all(&mut writers);
        PartWriter::finish_all(&mut writers); // Nothing is told twice.
        assert_eq!(*vec.into_vec(), [11, 14, 10, 12, 13, 15]);
    }

    #[test]
    #[should_panic(expected = "1 slots without an element")]
    fn a_writer_not_at_its_end_is_noticed() {
        let arena = FrameArena::new();
        let mut vec = PartedVec::try_new(3, &arena).unwrap();
        let mut writers = [vec.parts().into_writer()];
        writers[0].push(1);
        writers[0].push(2);
        PartWriter::finish_all(&mut writers);
    }

    #[test]
    #[should_panic(expected = "a slot for each element")]
    fn a_writer_has_no_slot_more() {
        let arena = FrameArena::new();
        let mut vec = PartedVec::try_new(3, &arena).unwrap();
        let mut rest = vec.parts();
        let mut writer = rest.split(1).into_writer();
        writer.push(1);
        writer.push(2);
    }

    #[test]
    #[should_panic(expected = "a writer of another vector")]
    fn writers_of_two_vectors_are_noticed() {
        let arena = FrameArena::new();
        let mut vecs = [(); 2].map(|()| PartedVec::try_new(1, &arena).unwrap());
        let mut writers = vecs.each_mut().map(|vec| vec.parts().into_writer());
        writers.iter_mut().for_each(|writer| writer.push(1));
        PartWriter::finish_all(&mut writers);
    }

    #[test]
    fn parts_are_filled_side_by_side() {
        let arena = FrameArena::new();
        let mut a = PartedVec::try_new(2, &arena).unwrap();
        let mut b = [(); 4].map(|()| PartedVec::try_new(2, &arena).unwrap());
        let [c, d, e, f] = b.each_mut().map(PartedVec::parts);
        let items = (0..9u8).map(|n| (n, n + 10, n + 20, n + 30, n + 40));
        fill_side_by_side((a.parts(), c, d, e, f), items);
        assert_eq!(*a.into_vec(), [0, 1]);
        let filled = b.map(|vec| vec.into_vec().to_vec());
        assert_eq!(filled, [[10, 11], [20, 21], [30, 31], [40, 41]]);
    }

    #[test]
    #[should_panic(expected = "1 items for 2 slots")]
    fn too_few_items_side_by_side_are_noticed() {
        let arena = FrameArena::new();
        let mut vecs = [(); 5].map(|()| PartedVec::try_new(2, &arena).unwrap());
        let [a, b, c, d, e] = vecs.each_mut().map(PartedVec::parts);
        fill_side_by_side((a, b, c, d, e), [(1, 2, 3, 4, 5)].into_iter());
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
