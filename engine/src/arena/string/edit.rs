//! What changes text in its middle, or takes from it. The invariant is that of `string.rs` (T1).
#![forbid(unsafe_code)]

use super::FrameString;
use crate::arena::error::{AllocError, granted};

impl FrameString<'_> {
    /// Inserts text before the byte at `index_bytes`.
    ///
    /// ```
    /// use frame_arena::{FrameArena, frame_format};
    ///
    /// let arena = FrameArena::new();
    /// let mut name = frame_format!(in &arena, "orc {}", 7);
    /// name.insert_str(0, "chief ");
    /// assert_eq!(name, "chief orc 7");
    /// ```
    ///
    /// # Panics
    /// If that is inside a character or beyond the text's end, or the budget or the system refuses.
    #[track_caller]
    pub fn insert_str(&mut self, index_bytes: usize, text: &str) {
        granted(self.try_insert_str(index_bytes, text));
    }

    /// As [`insert_str`](Self::insert_str).
    ///
    /// # Errors
    /// If the budget or the system refuses; then nothing was inserted.
    ///
    /// # Panics
    /// If that is inside a character or beyond the text's end.
    #[track_caller]
    pub fn try_insert_str(&mut self, index_bytes: usize, text: &str) -> Result<(), AllocError> {
        assert!(
            self.is_char_boundary(index_bytes),
            "byte {index_bytes} is inside a character of {:?} or beyond it; insert at a boundary",
            self.as_str()
        );
        self.try_push_str(text)?;
        self.bytes[index_bytes..].rotate_right(text.len()); // T1.
        Ok(())
    }

    /// Removes and returns the character that begins at `index_bytes`, moving those behind it.
    ///
    /// ```
    /// use frame_arena::{FrameArena, frame_format};
    ///
    /// let arena = FrameArena::new();
    /// let mut key = frame_format!(in &arena, "#{}", "orc");
    /// assert_eq!(key.remove(0), '#');
    /// assert_eq!(key, "orc");
    /// ```
    ///
    /// # Panics
    /// If that is inside a character, or at or beyond the text's end.
    #[track_caller]
    pub fn remove(&mut self, index_bytes: usize) -> char {
        let found = self.get(index_bytes..).and_then(|rest| rest.chars().next());
        let Some(found) = found else {
            panic!(
                "byte {index_bytes} is inside a character of {:?} or beyond its last; \
                 remove at a boundary",
                self.as_str()
            )
        };
        drop(self.bytes.drain(index_bytes..index_bytes + found.len_utf8())); // T1.
        found
    }

    /// Removes and returns the last character.
    pub fn pop(&mut self) -> Option<char> {
        let last = self.chars().next_back()?;
        self.bytes.truncate(self.len() - last.len_utf8());
        Some(last)
    }

    /// Removes all text and keeps the capacity.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Cuts the text to its first `len_bytes` bytes.
    ///
    /// # Panics
    /// If that is inside a character.
    #[track_caller]
    pub fn truncate(&mut self, len_bytes: usize) {
        if len_bytes < self.len() {
            assert!(
                self.is_char_boundary(len_bytes),
                "byte {len_bytes} is inside a character of {:?}; cut at a boundary",
                self.as_str()
            );
            self.bytes.truncate(len_bytes);
        }
    }
}
