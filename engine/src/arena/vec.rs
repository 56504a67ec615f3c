//! `FrameVec`: a growing array in a frame.

use core::fmt;
use core::ops::{Deref, DerefMut};
use core::panic::Location;

use allocator_api2::vec::Vec;

use super::error::{AllocError, Refused, granted};
use super::frame_arena::FrameArena;
use super::trace::Caller;

mod edit;
mod into_iter;
#[cfg(feature = "sim")]
pub(crate) mod parts;
mod raw_parts;
mod room;

pub use into_iter::VecIntoIter;

/// A vector whose memory is a [`FrameArena`]'s.
///
/// As the arena's last allocation it grows in place; otherwise it moves and leaves its old memory
/// until reset, so give it its capacity where you know it. Elements are dropped with the vector.
///
/// ```
/// use frame_arena::{FrameArena, FrameVec};
///
/// let arena = FrameArena::new();
/// let mut visible = FrameVec::with_capacity_in(100, &arena);
/// for body in (0..100).filter(|body| body % 3 == 0) {
///     visible.push(body);
/// }
/// let visible: &mut [i32] = visible.into_slice(); // Lives as long as the frame.
/// assert_eq!(visible.len(), 34);
/// ```
///
/// Plain methods panic with the reason when the budget or the system refuses; their `try_` twins
/// return it. Neither aborts.
pub struct FrameVec<'a, T> {
    inner: Vec<T, &'a FrameArena>,
}

impl<'a, T> FrameVec<'a, T> {
    /// An empty vector; allocates nothing.
    #[must_use]
    #[inline]
    pub fn new_in(arena: &'a FrameArena) -> Self {
        Self { inner: Vec::new_in(arena) }
    }

    /// An empty vector with room for `capacity` elements.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[must_use]
    #[inline]
    #[track_caller]
    pub fn with_capacity_in(capacity: usize, arena: &'a FrameArena) -> Self {
        granted(Self::try_with_capacity_in(capacity, arena))
    }

    /// As [`with_capacity_in`](Self::with_capacity_in).
    ///
    /// # Errors
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn try_with_capacity_in(
        capacity: usize,
        arena: &'a FrameArena,
    ) -> Result<Self, AllocError> {
        Self::try_for(Location::caller(), capacity, arena)
    }

    /// As `try_with_capacity_in`, in the name of `caller`.
    #[inline]
    pub(super) fn try_for(
        caller: Caller,
        capacity: usize,
        arena: &'a FrameArena,
    ) -> Result<Self, AllocError> {
        Ok(Self { inner: raw_parts::claim(caller, capacity, arena)? })
    }

    /// Collects an iterator of any length.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn from_iter_in(items: impl IntoIterator<Item = T>, arena: &'a FrameArena) -> Self {
        let mut vec = Self::new_in(arena);
        vec.extend(items);
        vec
    }

    /// The arena that holds the elements.
    #[must_use]
    #[inline]
    pub fn arena(&self) -> &'a FrameArena {
        self.inner.allocator()
    }

    /// Elements that fit without another allocation.
    #[must_use]
    #[inline]
    pub fn capacity(&self) -> usize {
        self.inner.capacity()
    }

    /// Appends `value`.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline(always)]
    #[track_caller]
    pub fn push(&mut self, value: T) {
        if self.inner.len() == self.inner.capacity() {
            self.grow_for_push();
        }
        // SAFETY: there is room, or `grow_for_push` made it.
        unsafe { raw_parts::push_to_room(&mut self.inner, value) };
    }

    /// As [`push`](Self::push).
    ///
    /// # Errors
    /// If the budget or the system refuses; the error holds `value`.
    #[inline(always)]
    #[track_caller]
    pub fn try_push(&mut self, value: T) -> Result<(), Refused<T>> {
        self.try_push_for(Location::caller(), value)
    }

    /// As `try_push`, in the name of `caller`: a closure has a place of its own.
    #[inline(always)]
    fn try_push_for(&mut self, caller: Caller, value: T) -> Result<(), Refused<T>> {
        if self.inner.len() == self.inner.capacity()
            && let Err(error) = self.grow_amortized(1, caller)
        {
            return Err(Refused::new(error, value));
        }
        // SAFETY: there is room, or `grow_amortized` made it.
        unsafe { raw_parts::push_to_room(&mut self.inner, value) };
        Ok(())
    }

    /// Appends copies of `items`.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn extend_from_slice(&mut self, items: &[T])
    where
        T: Clone,
    {
        granted(self.try_extend_from_slice(items));
    }

    /// As [`extend_from_slice`](Self::extend_from_slice).
    ///
    /// # Errors
    /// If the budget or the system refuses; then nothing was appended.
    #[inline]
    #[track_caller]
    pub fn try_extend_from_slice(&mut self, items: &[T]) -> Result<(), AllocError>
    where
        T: Clone,
    {
        self.try_reserve(items.len())?;
        self.append_to_room(items);
        Ok(())
    }

    /// Appends copies of `items`, for which there is room.
    #[inline]
    pub(super) fn append_to_room(&mut self, items: &[T])
    where
        T: Clone,
    {
        raw_parts::append_clones(&mut self.inner, items);
    }

    /// Appends an iterator's elements: at once where it knows how many there are.
    ///
    /// One that yields more than its `size_hint` says at most may be cut short.
    ///
    /// # Errors
    /// If the budget or the system refuses; the error holds the element that did not fit, and
    /// those before it stay appended.
    #[inline]
    #[track_caller]
    pub fn try_extend(&mut self, items: impl IntoIterator<Item = T>) -> Result<(), Refused<T>> {
        let mut items = items.into_iter();
        let (at_least, at_most) = items.size_hint();
        // Only a hint: what is refused here may still fit, for iterators overestimate.
        let raw = self.arena().raw();
        let caller = Location::caller();
        let has_room = raw.as_a_hint(|| self.try_reserve_for(caller, at_least)).is_ok();
        if has_room && at_most == Some(at_least) {
            raw_parts::append_to_room(&mut self.inner, items);
            return Ok(());
        }
        items.try_for_each(|item| self.try_push_for(caller, item))
    }

    /// Removes and returns the last element.
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        self.inner.pop()
    }

    /// Drops the elements from `len` on.
    pub fn truncate(&mut self, len: usize) {
        self.inner.truncate(len);
    }

    /// Drops all elements and keeps the capacity.
    pub fn clear(&mut self) {
        self.inner.clear();
    }

    /// The elements.
    #[must_use]
    #[inline]
    pub fn as_slice(&self) -> &[T] {
        &self.inner
    }

    /// The elements, mutable.
    #[must_use]
    #[inline]
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.inner
    }

    /// The elements for the rest of the frame; unused capacity goes back if it can.
    ///
    /// Refused at compile time for elements that need drop, which would be forgotten.
    #[must_use]
    #[inline]
    pub fn into_slice(self) -> &'a mut [T] {
        const {
            assert!(
                !core::mem::needs_drop::<T>(),
                "these elements need drop, which a slice in a frame arena would forget: keep the FrameVec"
            );
        }
        raw_parts::leak_shrunk(self.inner)
    }
}

impl<T> Deref for FrameVec<'_, T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        &self.inner
    }
}

impl<T> DerefMut for FrameVec<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.inner
    }
}

/// Clones the elements into the same arena, with room for no more.
///
/// # Panics
/// If the budget or the system refuses, or `T::clone` panics.
impl<T: Clone> Clone for FrameVec<'_, T> {
    #[track_caller]
    fn clone(&self) -> Self {
        let mut copy = Self::with_capacity_in(self.len(), self.arena());
        copy.extend_from_slice(self);
        copy
    }
}

impl<T> Extend<T> for FrameVec<'_, T> {
    #[inline]
    #[track_caller]
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        granted(self.try_extend(items));
    }
}

impl<'a, T> IntoIterator for FrameVec<'a, T> {
    type Item = T;
    type IntoIter = VecIntoIter<'a, T>;

    #[inline]
    fn into_iter(self) -> Self::IntoIter {
        VecIntoIter::new(self.inner)
    }
}

impl<'v, T> IntoIterator for &'v FrameVec<'_, T> {
    type Item = &'v T;
    type IntoIter = core::slice::Iter<'v, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'v, T> IntoIterator for &'v mut FrameVec<'_, T> {
    type Item = &'v mut T;
    type IntoIter = core::slice::IterMut<'v, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<T: fmt::Debug> fmt::Debug for FrameVec<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T: PartialEq, S: AsRef<[T]> + ?Sized> PartialEq<S> for FrameVec<'_, T> {
    fn eq(&self, other: &S) -> bool {
        self.as_slice() == other.as_ref()
    }
}

impl<T> AsRef<[T]> for FrameVec<'_, T> {
    fn as_ref(&self) -> &[T] {
        self
    }
}
