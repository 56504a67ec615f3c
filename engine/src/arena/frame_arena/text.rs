//! Text in a frame arena. Invariants F1 to F3 of `frame_arena.rs`.

use core::fmt;

use super::FrameArena;
use crate::arena::error::{AllocError, granted};
use crate::arena::string::FrameString;

impl FrameArena {
    /// Copies text.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn alloc_str(&self, text: &str) -> &mut str {
        granted(self.try_alloc_str(text))
    }

    /// As [`alloc_str`](Self::alloc_str).
    ///
    /// # Errors
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    #[expect(clippy::mut_from_ref, reason = "each call returns memory of its own (F1)")]
    pub fn try_alloc_str(&self, text: &str) -> Result<&mut str, AllocError> {
        let bytes = self.try_alloc_slice_copy(text.as_bytes())?;
        // SAFETY: a copy of a `str`.
        Ok(unsafe { core::str::from_utf8_unchecked_mut(bytes) })
    }

    /// Formats text straight into the arena. A `Display` may allocate from the same arena.
    ///
    /// ```
    /// let arena = frame_arena::FrameArena::new();
    /// let label = arena.alloc_fmt(format_args!("{:.1} ms", 16.66));
    /// assert_eq!(label, "16.7 ms");
    /// ```
    ///
    /// # Panics
    /// If the budget or the system refuses, or a `Display` returns an error of its own.
    #[track_caller]
    pub fn alloc_fmt(&self, text: fmt::Arguments<'_>) -> &mut str {
        granted(self.try_alloc_fmt(text))
    }

    /// As [`alloc_fmt`](Self::alloc_fmt).
    ///
    /// # Errors
    /// If the budget or the system refuses.
    ///
    /// # Panics
    /// If a `Display` returns an error of its own, as `format!` does.
    #[inline]
    #[track_caller]
    pub fn try_alloc_fmt(&self, text: fmt::Arguments<'_>) -> Result<&mut str, AllocError> {
        if let Some(constant) = text.as_str() {
            return self.try_alloc_str(constant);
        }
        Ok(FrameString::try_from_fmt_in(text, self)?.into_str())
    }
}
