//! `FrameBox`: one owned value in a frame, dropped where its owner says.
//!
//! Invariants
//! - **X1** `value` lies in memory that `arena` gave for its layout since the last reset; a value
//!   of no bytes may lie anywhere. It is initialized, and the box alone owns both, the value until
//!   it is dropped or moved out and the memory until it is released.
//! - **X2** The box holds a `&'a FrameArena`, so no reset comes between (F2).
//!
//! It is not a front of `allocator_api2`'s box: that one knows no type to tell to a trace, and
//! releases memory that it never took when the value has no bytes.

use core::alloc::Layout;
use core::borrow::{Borrow, BorrowMut};
use core::cmp::Ordering;
use core::error::Error;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, needs_drop};
use core::ops::{Deref, DerefMut};
use core::ptr::{NonNull, drop_in_place};

use super::error::{Refused, granted};
use super::frame_arena::FrameArena;

/// An owner of one value in a [`FrameArena`], which drops it at the end of its own scope.
///
/// For values that need drop, for trees, and for trait objects. The memory is used again at once
/// if it is the arena's last allocation, and otherwise after reset. A box that is forgotten
/// forgets its value.
///
/// ```
/// use frame_arena::{FrameArena, FrameBox};
///
/// let arena = FrameArena::new();
/// let mut name = FrameBox::new_in(String::from("orc"), &arena);
/// name.push_str(" chief");
/// assert_eq!(*name, "orc chief");
/// drop(name); // The string is dropped, and its 24 bytes in the arena are free again.
/// assert_eq!(arena.stats().used_bytes, 0);
/// ```
///
/// [`frame_box!`](crate::frame_box) makes boxes of trait objects and slices. Such a box is called,
/// iterated or printed as its contents can be:
///
/// ```
/// use frame_arena::{FrameArena, FrameBox, FrameVec, frame_box};
///
/// type Effect<'a> = FrameBox<'a, dyn FnMut(&mut i32) + 'a>;
///
/// let arena = FrameArena::new();
/// let mut effects: FrameVec<Effect> = FrameVec::new_in(&arena);
/// let poison = 3;
/// effects.push(frame_box!(in &arena; move |health: &mut i32| *health -= poison => dyn FnMut(&mut i32)));
/// effects.push(frame_box!(in &arena; |health: &mut i32| *health *= 2 => dyn FnMut(&mut i32)));
/// let mut health = 10;
/// for effect in &mut effects {
///     effect(&mut health);
/// }
/// assert_eq!(health, 14);
/// ```
///
/// There is no `pin`: a frame's memory is used again without asking whether its values were
/// dropped.
pub struct FrameBox<'a, T: ?Sized> {
    value: NonNull<T>,
    arena: &'a FrameArena,
    owned: PhantomData<T>,
}

impl<'a, T> FrameBox<'a, T> {
    /// Moves `value` into `arena`.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[must_use]
    #[inline]
    #[track_caller]
    pub fn new_in(value: T, arena: &'a FrameArena) -> Self {
        granted(Self::try_new_in(value, arena))
    }

    /// As [`new_in`](Self::new_in).
    ///
    /// # Errors
    /// If the budget or the system refuses; the error holds `value`.
    #[inline]
    #[track_caller]
    pub fn try_new_in(value: T, arena: &'a FrameArena) -> Result<Self, Refused<T>> {
        match arena.raw().claim_value::<T>() {
            Ok(slot) => {
                // SAFETY: claimed for a `T`, and nobody else's.
                unsafe { slot.write(value) };
                Ok(Self { value: slot, arena, owned: PhantomData })
            }
            Err(error) => Err(Refused::new(error, value)),
        }
    }

    /// Moves the value out.
    #[must_use]
    #[inline]
    pub fn into_inner(boxed: Self) -> T {
        let boxed = ManuallyDrop::new(boxed);
        let _memory = boxed.memory();
        // SAFETY: X1; the box is never dropped, so the value is moved out once.
        unsafe { boxed.value.read() }
    }
}

impl<'a, T: ?Sized> FrameBox<'a, T> {
    /// The value for the rest of the frame.
    ///
    /// Refused at compile time for a value that needs drop, which would be forgotten; a trait
    /// object counts as one.
    ///
    /// ```
    /// use frame_arena::{FrameArena, FrameBox};
    ///
    /// let arena = FrameArena::new();
    /// let speed: &mut f32 = FrameBox::leak(FrameBox::new_in(2.5, &arena));
    /// assert_eq!(*speed, 2.5);
    /// ```
    ///
    /// ```compile_fail,E0080
    /// # use frame_arena::{FrameArena, FrameBox};
    /// # let arena = FrameArena::new();
    /// let name = FrameBox::leak(FrameBox::new_in(String::from("orc"), &arena));
    /// ```
    #[must_use]
    #[inline]
    pub fn leak(boxed: Self) -> &'a mut T
    where
        T: 'a,
    {
        const {
            assert!(
                !needs_drop::<T>(),
                "this type needs drop, which leaking would forget: keep the FrameBox, or use \
                 `FrameArena::alloc_drop` for a `Send + 'static` value"
            );
        }
        let (value, _) = Self::into_raw(boxed);
        // SAFETY: X1 and X2: initialized, and from here on this borrow's alone.
        unsafe { &mut *value }
    }

    /// The arena that holds the value.
    #[must_use]
    #[inline]
    pub fn arena(boxed: &Self) -> &'a FrameArena {
        boxed.arena
    }

    /// Takes the box apart without dropping the value, for [`from_raw_in`](Self::from_raw_in).
    #[must_use]
    #[inline]
    pub fn into_raw(boxed: Self) -> (*mut T, &'a FrameArena) {
        let boxed = ManuallyDrop::new(boxed);
        (boxed.value.as_ptr(), boxed.arena)
    }

    /// Puts a box together again.
    ///
    /// # Safety
    /// - `value` and `arena` come from one call of [`into_raw`](Self::into_raw), and no other box
    ///   was made of them.
    /// - `value` is the pointer of that call as it was, or unsized by the compiler's coercion.
    #[must_use]
    #[inline]
    pub unsafe fn from_raw_in(value: *mut T, arena: &'a FrameArena) -> Self {
        // SAFETY: the pointer of a box is never null, and a coercion does not change that.
        let value = unsafe { NonNull::new_unchecked(value) };
        Self { value, arena, owned: PhantomData }
    }

    /// The memory, to be released when the value is gone, also if it goes by a panic.
    #[inline]
    fn memory(&self) -> Memory<'a> {
        Memory { start: self.value.cast(), layout: Layout::for_value::<T>(self), arena: self.arena }
    }
}

/// A box's memory without its value. Releases it when dropped.
struct Memory<'a> {
    start: NonNull<u8>,
    layout: Layout,
    arena: &'a FrameArena,
}

impl Drop for Memory<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.layout.size() > 0 {
            // SAFETY: X1 and X2; the value is gone, and its box does nothing more.
            unsafe { self.arena.raw().release(self.start, self.layout) };
        }
    }
}

impl<T: ?Sized> Drop for FrameBox<'_, T> {
    #[inline]
    fn drop(&mut self) {
        let _memory = self.memory();
        // SAFETY: X1; a box is dropped once.
        unsafe { drop_in_place(self.value.as_ptr()) };
    }
}

impl<T: ?Sized> Deref for FrameBox<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: X1; the borrow of the box guards that of the value.
        unsafe { self.value.as_ref() }
    }
}

impl<T: ?Sized> DerefMut for FrameBox<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: X1; the borrow of the box guards that of the value.
        unsafe { self.value.as_mut() }
    }
}

// ---- what a box is as its contents are ----

impl<T: ?Sized> AsRef<T> for FrameBox<'_, T> {
    fn as_ref(&self) -> &T {
        self
    }
}

impl<T: ?Sized> AsMut<T> for FrameBox<'_, T> {
    fn as_mut(&mut self) -> &mut T {
        self
    }
}

impl<T: ?Sized> Borrow<T> for FrameBox<'_, T> {
    fn borrow(&self) -> &T {
        self
    }
}

impl<T: ?Sized> BorrowMut<T> for FrameBox<'_, T> {
    fn borrow_mut(&mut self) -> &mut T {
        self
    }
}

impl<T: fmt::Debug + ?Sized> fmt::Debug for FrameBox<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: fmt::Display + ?Sized> fmt::Display for FrameBox<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl<T: Error + ?Sized> Error for FrameBox<'_, T> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        (**self).source()
    }
}

impl<T: PartialEq + ?Sized> PartialEq for FrameBox<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq + ?Sized> Eq for FrameBox<'_, T> {}

impl<T: PartialOrd + ?Sized> PartialOrd for FrameBox<'_, T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (**self).partial_cmp(&**other)
    }
}

impl<T: Ord + ?Sized> Ord for FrameBox<'_, T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl<T: Hash + ?Sized> Hash for FrameBox<'_, T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl<I: Iterator + ?Sized> Iterator for FrameBox<'_, I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        (**self).next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (**self).size_hint()
    }

    fn nth(&mut self, n: usize) -> Option<I::Item> {
        (**self).nth(n)
    }
}

impl<I: DoubleEndedIterator + ?Sized> DoubleEndedIterator for FrameBox<'_, I> {
    fn next_back(&mut self) -> Option<I::Item> {
        (**self).next_back()
    }
}

impl<I: ExactSizeIterator + ?Sized> ExactSizeIterator for FrameBox<'_, I> {}
