//! `frame_vec!`, `frame_format!`, `frame_box!`: collections in a frame, written like the heap's.

use core::fmt;
use core::iter::repeat_n;

use super::error::granted;
use super::frame_arena::FrameArena;
use super::string::FrameString;
use super::vec::FrameVec;

impl<'a, T> FrameVec<'a, T> {
    /// A vector of these elements, with room for no more. [`frame_vec!`](crate::frame_vec) is short
    /// for it.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[must_use]
    #[inline]
    #[track_caller]
    pub fn from_array_in<const N: usize>(items: [T; N], arena: &'a FrameArena) -> Self {
        let mut vec = Self::with_capacity_in(N, arena);
        vec.extend(items);
        vec
    }

    /// A vector of `len` clones of `value`, with room for no more.
    /// [`frame_vec!`](crate::frame_vec) is short for it.
    ///
    /// # Panics
    /// If the budget or the system refuses, or `T::clone` panics.
    #[must_use]
    #[inline]
    #[track_caller]
    pub fn from_elem_in(value: T, len: usize, arena: &'a FrameArena) -> Self
    where
        T: Clone,
    {
        let mut vec = Self::with_capacity_in(len, arena);
        vec.extend(repeat_n(value, len));
        vec
    }
}

impl<'a> FrameString<'a> {
    /// Formats into a new string. [`frame_format!`](crate::frame_format) is short for it.
    ///
    /// # Panics
    /// If the budget or the system refuses, or a `Display` returns an error of its own.
    #[must_use]
    #[track_caller]
    pub fn from_fmt_in(text: fmt::Arguments<'_>, arena: &'a FrameArena) -> Self {
        granted(Self::try_from_fmt_in(text, arena))
    }
}

/// A [`FrameVec`](crate::FrameVec) from its elements, like `vec!`.
///
/// ```
/// use frame_arena::{FrameArena, FrameVec, frame_vec};
///
/// let arena = FrameArena::new();
/// let mut path = frame_vec![in &arena; "spawn", "bridge", "gate"];
/// path.push("castle");
/// let grid = frame_vec![in &arena; 0u8; 16];
/// let nothing: FrameVec<f32> = frame_vec![in &arena];
/// assert_eq!((path.len(), grid.len(), nothing.len()), (4, 16, 0));
/// ```
///
/// # Panics
/// If the budget or the system refuses.
#[macro_export]
macro_rules! frame_vec {
    (in $arena:expr $(;)?) => {
        $crate::FrameVec::new_in($arena)
    };
    (in $arena:expr; $value:expr; $len:expr) => {
        $crate::FrameVec::from_elem_in($value, $len, $arena)
    };
    (in $arena:expr; $($item:expr),+ $(,)?) => {
        $crate::FrameVec::from_array_in([$($item),+], $arena)
    };
}

/// A [`FrameString`](crate::FrameString) from a format, like `format!`.
///
/// ```
/// use frame_arena::{FrameArena, frame_format};
///
/// let arena = FrameArena::new();
/// let mut line = frame_format!(in &arena, "{} of {}", 3, 8);
/// line.push_str(" found");
/// assert_eq!(line, "3 of 8 found");
/// ```
///
/// For text that does not change any more,
/// [`FrameArena::alloc_fmt`](crate::FrameArena::alloc_fmt) gives a `&mut str` instead.
///
/// # Panics
/// If the budget or the system refuses, or a `Display` returns an error of its own.
#[macro_export]
macro_rules! frame_format {
    (in $arena:expr, $($text:tt)+) => {
        $crate::FrameString::from_fmt_in(::core::format_args!($($text)+), $arena)
    };
}

/// A [`FrameBox`](crate::FrameBox) of a value, and of what the value can be unsized to: a trait
/// object or a slice.
///
/// ```
/// #![forbid(unsafe_code)]
/// use std::fmt::Display;
/// use frame_arena::{FrameArena, FrameBox, frame_box};
///
/// let arena = FrameArena::new();
/// let score: FrameBox<u32> = frame_box!(in &arena; 250);
/// let shown: FrameBox<dyn Display> = frame_box!(in &arena; "wave 3" => dyn Display);
/// let steps: FrameBox<[i32]> = frame_box!(in &arena; [1, 2, 3] => [i32]);
/// assert_eq!(format!("{shown}: {score}, {steps:?}"), "wave 3: 250, [1, 2, 3]");
/// ```
///
/// Without an arena it unsizes a box that is there already, such as one of
/// [`FrameBox::try_new_in`](crate::FrameBox::try_new_in):
///
/// ```
/// use std::fmt::Display;
/// use frame_arena::{FrameArena, FrameBox, frame_box};
///
/// let arena = FrameArena::new();
/// let boxed = FrameBox::try_new_in(7, &arena)?;
/// let shown = frame_box!(boxed => dyn Display);
/// assert_eq!(shown.to_string(), "7");
/// # Ok::<(), frame_arena::Refused<i32>>(())
/// ```
///
/// Anything but an unsizing does not compile:
///
/// ```compile_fail,E0308
/// # use frame_arena::{FrameArena, FrameBox, frame_box};
/// # let arena = FrameArena::new();
/// let number: FrameBox<u64> = frame_box!(in &arena; 1.5f64 => u64);
/// ```
///
/// # Panics
/// If the budget or the system refuses.
// A macro, and not a function that takes a closure `*mut T -> *mut U`: a closure could return
// another pointer, and what the compiler's coercion returns is what this stands on.
#[macro_export]
macro_rules! frame_box {
    (in $arena:expr; $value:expr => $target:ty) => {
        $crate::frame_box!($crate::FrameBox::new_in($value, $arena) => $target)
    };
    (in $arena:expr; $value:expr) => {
        $crate::FrameBox::new_in($value, $arena)
    };
    ($boxed:expr => $target:ty) => {{
        let (value, arena) = $crate::FrameBox::into_raw($boxed);
        let value: *mut $target = value; // Unsized here by the compiler, or it does not compile.
        // SAFETY: both come from the one `into_raw` above, and a raw pointer coerces to its own
        // type or by unsizing only.
        unsafe { $crate::FrameBox::from_raw_in(value, arena) }
    }};
}
