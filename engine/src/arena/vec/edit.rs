//! What changes a vector in its middle, or to a given length.
#![forbid(unsafe_code)]

use core::iter::repeat_n;
use core::ops::{Bound, RangeBounds};

use super::{FrameVec, raw_parts};
use crate::arena::error::{AllocError, Refused, granted};

impl<T> FrameVec<'_, T> {
    /// Inserts `value` before the element at `index`.
    ///
    /// # Panics
    /// If `index` is over the length, or the budget or the system refuses.
    #[track_caller]
    pub fn insert(&mut self, index: usize, value: T) {
        granted(self.try_insert(index, value));
    }

    /// As [`insert`](Self::insert).
    ///
    /// ```
    /// use frame_arena::{FrameArena, frame_vec};
    ///
    /// let arena = FrameArena::new();
    /// let mut path = frame_vec![in &arena; "spawn", "gate"];
    /// path.try_insert(1, "bridge")?;
    /// assert_eq!(path, ["spawn", "bridge", "gate"]);
    /// # Ok::<(), frame_arena::Refused<&str>>(())
    /// ```
    ///
    /// # Errors
    /// If the budget or the system refuses; the error holds `value`.
    ///
    /// # Panics
    /// If `index` is over the length.
    #[track_caller]
    pub fn try_insert(&mut self, index: usize, value: T) -> Result<(), Refused<T>> {
        let len = self.len();
        assert!(index <= len, "insertion index {index} is over the length {len}");
        if let Err(error) = self.try_reserve(1) {
            return Err(Refused::new(error, value));
        }
        self.inner.insert(index, value);
        Ok(())
    }

    /// Removes and returns the element at `index`, moving those behind it.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn remove(&mut self, index: usize) -> T {
        self.inner.remove(index)
    }

    /// Removes and returns the element at `index`, putting the last one in its place.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn swap_remove(&mut self, index: usize) -> T {
        let len = self.len();
        assert!(index < len, "swap_remove index {index} is not under the length {len}");
        self.inner.swap_remove(index)
    }

    /// Keeps the elements for which `keep` says yes, in order.
    pub fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        self.inner.retain(keep);
    }

    /// As [`retain`](Self::retain), where `keep` may change what it keeps.
    ///
    /// ```
    /// use frame_arena::{FrameArena, frame_vec};
    ///
    /// let arena = FrameArena::new();
    /// let mut frames_left = frame_vec![in &arena; 1, 3, 2];
    /// frames_left.retain_mut(|left| {
    ///     *left -= 1;
    ///     *left > 0
    /// });
    /// assert_eq!(frames_left, [2, 1]);
    /// ```
    pub fn retain_mut(&mut self, keep: impl FnMut(&mut T) -> bool) {
        self.inner.retain_mut(keep);
    }

    /// Takes the elements in `range` out, in order; those behind close up when the iterator is dropped.
    /// What it has not given by then is dropped with it.
    ///
    /// ```
    /// use frame_arena::{FrameArena, frame_vec};
    ///
    /// let arena = FrameArena::new();
    /// let mut queue = frame_vec![in &arena; "spawn", "move", "hit", "die"];
    /// assert!(queue.drain(..2).eq(["spawn", "move"]));
    /// assert_eq!(queue, ["hit", "die"]);
    /// ```
    ///
    /// # Panics
    /// If the range ends before its start, or beyond the length.
    #[track_caller]
    pub fn drain(
        &mut self,
        range: impl RangeBounds<usize>,
    ) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator {
        // Asked once: `Vec::drain` asks twice, and believes both answers.
        let start = match range.start_bound() {
            Bound::Included(&start) => start,
            Bound::Excluded(&before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(&last) => last.saturating_add(1),
            Bound::Excluded(&end) => end,
            Bound::Unbounded => self.len(),
        };
        let _ = &self[start..end]; // Panics in the caller's name.
        self.inner.drain(start..end)
    }

    /// Moves all elements of `other`, which may be another arena's, to the end. It keeps its capacity.
    ///
    /// ```
    /// use frame_arena::{FrameArena, frame_vec};
    ///
    /// let arena = FrameArena::new();
    /// let mut near = frame_vec![in &arena; "orc"];
    /// let mut far = frame_vec![in &arena; "elf", "wolf"];
    /// near.append(&mut far);
    /// assert_eq!((near.len(), far.len()), (3, 0));
    /// ```
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[track_caller]
    pub fn append(&mut self, other: &mut FrameVec<'_, T>) {
        granted(self.try_append(other));
    }

    /// As [`append`](Self::append).
    ///
    /// # Errors
    /// If the budget or the system refuses; then nothing was moved.
    #[track_caller]
    pub fn try_append(&mut self, other: &mut FrameVec<'_, T>) -> Result<(), AllocError> {
        self.try_reserve(other.len())?;
        raw_parts::append_to_room(&mut self.inner, other.inner.drain(..));
        Ok(())
    }

    /// Moves the elements from `at` on to a vector of their own in the same arena, with room for no
    /// more; `self` keeps its capacity.
    ///
    /// ```
    /// use frame_arena::{FrameArena, frame_vec};
    ///
    /// let arena = FrameArena::new();
    /// let mut wave = frame_vec![in &arena; "orc", "elf", "wolf"];
    /// let next_wave = wave.split_off(1);
    /// assert_eq!(wave, ["orc"]);
    /// assert_eq!(next_wave, ["elf", "wolf"]);
    /// ```
    ///
    /// # Panics
    /// If `at` is over the length, or the budget or the system refuses.
    #[must_use]
    #[track_caller]
    pub fn split_off(&mut self, at: usize) -> Self {
        granted(self.try_split_off(at))
    }

    /// As [`split_off`](Self::split_off).
    ///
    /// # Errors
    /// If the budget or the system refuses; then nothing was moved.
    ///
    /// # Panics
    /// If `at` is over the length.
    #[track_caller]
    pub fn try_split_off(&mut self, at: usize) -> Result<Self, AllocError> {
        let len = self.len();
        assert!(at <= len, "split_off index {at} is over the length {len}");
        let mut rest = Self::try_with_capacity_in(len - at, self.arena())?;
        raw_parts::append_to_room(&mut rest.inner, self.inner.drain(at..));
        Ok(rest)
    }

    /// Drops the elements from `len` on, or appends clones of `value` up to it.
    ///
    /// ```
    /// use frame_arena::{FrameArena, FrameVec};
    ///
    /// let arena = FrameArena::new();
    /// let mut heights = FrameVec::new_in(&arena);
    /// heights.resize(3, 0.5);
    /// assert_eq!(heights, [0.5; 3]);
    /// ```
    ///
    /// # Panics
    /// If the budget or the system refuses, or `T::clone` panics.
    #[track_caller]
    pub fn resize(&mut self, len: usize, value: T)
    where
        T: Clone,
    {
        granted(self.try_resize(len, value));
    }

    /// As [`resize`](Self::resize).
    ///
    /// # Errors
    /// If the budget or the system refuses; then nothing was appended, and the error holds `value`.
    #[track_caller]
    pub fn try_resize(&mut self, len: usize, value: T) -> Result<(), Refused<T>>
    where
        T: Clone,
    {
        let missing = len.saturating_sub(self.len());
        if let Err(error) = self.try_reserve(missing) {
            return Err(Refused::new(error, value));
        }
        self.truncate(len);
        raw_parts::append_to_room(&mut self.inner, repeat_n(value, missing));
        Ok(())
    }

    /// Keeps the first of each run of equal elements; of a sorted vector, each element once.
    ///
    /// ```
    /// use frame_arena::{FrameArena, frame_vec};
    ///
    /// let arena = FrameArena::new();
    /// let mut touched = frame_vec![in &arena; 7, 3, 7, 3, 5];
    /// touched.sort_unstable();
    /// touched.dedup();
    /// assert_eq!(touched, [3, 5, 7]);
    /// ```
    pub fn dedup(&mut self)
    where
        T: PartialEq,
    {
        self.inner.dedup();
    }

    /// Keeps the first of each run of elements with equal keys.
    pub fn dedup_by_key<K: PartialEq>(&mut self, key: impl FnMut(&mut T) -> K) {
        self.inner.dedup_by_key(key);
    }
}
