//! `FrameString`: growing text in a frame.
//!
//! Invariant
//! - **T1** The bytes are UTF-8: they come from `&str` and `char` only and are cut, or change places,
//!   at character boundaries only.

use core::borrow::Borrow;
use core::cmp::Ordering;
use core::fmt::{self, Write};
use core::hash::{Hash, Hasher};
use core::ops::{AddAssign, Deref};
use core::panic::Location;

use super::error::{AllocError, granted};
use super::frame_arena::FrameArena;
use super::trace::Caller;
use super::vec::FrameVec;

mod edit;

/// First claim for text of unknown length, in bytes: more than most labels, and given back.
const FIRST_CLAIM_BYTES: usize = 64;

/// A budget may have room for less.
fn first_claim_bytes(arena: &FrameArena) -> usize {
    FIRST_CLAIM_BYTES.min(arena.room_bytes())
}

/// A string whose memory is a [`FrameArena`]'s.
///
/// The first text takes at least 64 bytes, as far as the block has room;
/// [`into_str`](Self::into_str) gives back what is left.
///
/// ```
/// use std::fmt::Write;
/// use frame_arena::{FrameArena, FrameString};
///
/// let arena = FrameArena::new();
/// let mut line = FrameString::new_in(&arena);
/// line.push_str("fps ");
/// write!(line, "{:.0}", 59.94)?;
/// assert_eq!(line.into_str(), "fps 60");
/// # Ok::<(), std::fmt::Error>(())
/// ```
///
/// Plain methods panic with the reason when the budget or the system refuses; their `try_` twins
/// return it. Neither aborts. `write!` returns the plain `fmt::Error`. In a trace it stands where it
/// was called, but for text that comes through a `dyn Write`, whose caller nobody knows.
pub struct FrameString<'a> {
    bytes: FrameVec<'a, u8>,
}

impl<'a> FrameString<'a> {
    /// An empty string; allocates nothing.
    #[must_use]
    #[inline]
    pub fn new_in(arena: &'a FrameArena) -> Self {
        Self { bytes: FrameVec::new_in(arena) }
    }

    /// An empty string with room for `capacity_bytes`.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[must_use]
    #[track_caller]
    pub fn with_capacity_in(capacity_bytes: usize, arena: &'a FrameArena) -> Self {
        Self { bytes: FrameVec::with_capacity_in(capacity_bytes, arena) }
    }

    /// As [`with_capacity_in`](Self::with_capacity_in).
    ///
    /// # Errors
    /// If the budget or the system refuses.
    #[track_caller]
    pub fn try_with_capacity_in(
        capacity_bytes: usize,
        arena: &'a FrameArena,
    ) -> Result<Self, AllocError> {
        Ok(Self { bytes: FrameVec::try_with_capacity_in(capacity_bytes, arena)? })
    }

    /// Formats into a new string.
    ///
    /// # Errors
    /// If the budget or the system refuses.
    ///
    /// # Panics
    /// If a `Display` returns an error of its own, as `format!` does.
    #[inline]
    #[track_caller]
    pub fn try_from_fmt_in(
        text: fmt::Arguments<'_>,
        arena: &'a FrameArena,
    ) -> Result<Self, AllocError> {
        // Growth in place follows where this does not do; text that something else was allocated
        // behind moves once.
        let mut written = Self::try_with_capacity_in(first_claim_bytes(arena), arena)?;
        let mut writer = Writer::new(&mut written, Location::caller());
        match (writer.write_fmt(text), writer.refusal) {
            (_, Some(refusal)) => Err(refusal),
            (Ok(()), None) => Ok(written),
            (Err(_), None) => panic!("a Display implementation returned an error unexpectedly"),
        }
    }

    /// Appends text.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn push_str(&mut self, text: &str) {
        granted(self.try_push_str(text));
    }

    /// As [`push_str`](Self::push_str).
    ///
    /// # Errors
    /// If the budget or the system refuses; then nothing was appended.
    #[inline]
    #[track_caller]
    pub fn try_push_str(&mut self, text: &str) -> Result<(), AllocError> {
        self.try_push_str_for(Location::caller(), text)
    }

    /// As `try_push_str`, in the name of `caller`: a `Write` that formats has a place of its own.
    #[inline]
    fn try_push_str_for(&mut self, caller: Caller, text: &str) -> Result<(), AllocError> {
        self.try_reserve_for(caller, text.len())?;
        self.bytes.append_to_room(text.as_bytes());
        Ok(())
    }

    /// Makes room for more text. The first takes some more at once: growing from nothing takes four
    /// steps to get there, and what is left over is given back.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self, len_bytes: usize, caller: Caller) -> Result<(), AllocError> {
        if self.bytes.capacity() > 0 {
            return self.bytes.try_reserve_for(caller, len_bytes);
        }
        let arena = self.bytes.arena();
        let claim_bytes = first_claim_bytes(arena).max(len_bytes);
        self.bytes = FrameVec::try_for(caller, claim_bytes, arena)?;
        Ok(())
    }

    /// Makes room for `additional_bytes` more of text, and for as many again as there are.
    ///
    /// ```
    /// use frame_arena::{FrameArena, FrameString};
    ///
    /// let arena = FrameArena::new();
    /// let mut page = FrameString::new_in(&arena);
    /// page.reserve(2_000);
    /// assert!(page.capacity() >= 2_000);
    /// ```
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn reserve(&mut self, additional_bytes: usize) {
        granted(self.try_reserve(additional_bytes));
    }

    /// As [`reserve`](Self::reserve).
    ///
    /// # Errors
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn try_reserve(&mut self, additional_bytes: usize) -> Result<(), AllocError> {
        self.try_reserve_for(Location::caller(), additional_bytes)
    }

    /// As `try_reserve`, in the name of `caller`.
    #[inline]
    fn try_reserve_for(&mut self, caller: Caller, more_bytes: usize) -> Result<(), AllocError> {
        if more_bytes > self.bytes.capacity() - self.bytes.len() {
            self.make_room(more_bytes, caller)?;
        }
        Ok(())
    }

    /// Appends one character.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn push(&mut self, character: char) {
        self.push_str(character.encode_utf8(&mut [0; 4]));
    }

    /// As [`push`](Self::push).
    ///
    /// # Errors
    /// If the budget or the system refuses; then nothing was appended.
    #[inline]
    #[track_caller]
    pub fn try_push(&mut self, character: char) -> Result<(), AllocError> {
        self.try_push_str(character.encode_utf8(&mut [0; 4]))
    }

    /// Bytes that fit without another allocation.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// The arena that holds the text.
    #[must_use]
    pub fn arena(&self) -> &'a FrameArena {
        self.bytes.arena()
    }

    /// The text.
    #[must_use]
    #[inline]
    pub fn as_str(&self) -> &str {
        // SAFETY: T1.
        unsafe { core::str::from_utf8_unchecked(self.bytes.as_slice()) }
    }

    /// The text for the rest of the frame; unused capacity goes back if it can.
    #[must_use]
    #[inline]
    pub fn into_str(self) -> &'a mut str {
        // SAFETY: T1.
        unsafe { core::str::from_utf8_unchecked_mut(self.bytes.into_slice()) }
    }
}

/// Knows who writes, and keeps the reason that `fmt::Error` cannot carry.
struct Writer<'s, 'a> {
    text: &'s mut FrameString<'a>,
    caller: Caller,
    /// A `Display` may ignore the error; text with a hole in it is no result all the same.
    refusal: Option<AllocError>,
}

impl<'s, 'a> Writer<'s, 'a> {
    #[inline]
    fn new(text: &'s mut FrameString<'a>, caller: Caller) -> Self {
        Self { text, caller, refusal: None }
    }
}

impl Write for Writer<'_, '_> {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text.try_push_str_for(self.caller, text).map_err(|error| {
            self.refusal = Some(error);
            fmt::Error
        })
    }
}

impl Write for FrameString<'_> {
    #[inline]
    #[track_caller]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.try_push_str(text).map_err(|_| fmt::Error)
    }

    #[inline]
    #[track_caller]
    fn write_char(&mut self, character: char) -> fmt::Result {
        self.try_push(character).map_err(|_| fmt::Error)
    }

    /// What `write!` calls.
    #[inline]
    #[track_caller]
    fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> fmt::Result {
        let mut writer = Writer::new(self, Location::caller());
        writer.write_fmt(text)?;
        writer.refusal.map_or(Ok(()), |_| Err(fmt::Error))
    }
}

/// Appends text, as [`push_str`](FrameString::push_str).
///
/// ```
/// use frame_arena::{FrameArena, FrameString};
///
/// let arena = FrameArena::new();
/// let mut line = FrameString::new_in(&arena);
/// line += "orc";
/// line.extend(['!', '!']);
/// line.extend([" elf", "?"]);
/// assert_eq!(line, "orc!! elf?");
/// ```
///
/// # Panics
/// If the budget or the system refuses.
impl AddAssign<&str> for FrameString<'_> {
    #[inline]
    #[track_caller]
    fn add_assign(&mut self, text: &str) {
        self.push_str(text);
    }
}

/// Appends characters; panics if the budget or the system refuses. Those before that stay appended.
impl Extend<char> for FrameString<'_> {
    #[track_caller]
    fn extend<I: IntoIterator<Item = char>>(&mut self, characters: I) {
        let (characters, caller) = (characters.into_iter(), Location::caller());
        // Only a hint: what is refused here may still fit, for iterators overestimate.
        let raw = self.arena().raw();
        let _ = raw.as_a_hint(|| self.try_reserve_for(caller, characters.size_hint().0));
        for character in characters {
            self.push(character);
        }
    }
}

/// Appends texts; panics if the budget or the system refuses. Those before that stay appended.
impl<'t> Extend<&'t str> for FrameString<'_> {
    #[track_caller]
    fn extend<I: IntoIterator<Item = &'t str>>(&mut self, texts: I) {
        for text in texts {
            self.push_str(text);
        }
    }
}

/// Copies the text into the same arena, with room for no more.
///
/// # Panics
/// If the budget or the system refuses.
impl Clone for FrameString<'_> {
    #[track_caller]
    fn clone(&self) -> Self {
        Self { bytes: self.bytes.clone() }
    }
}

impl Deref for FrameString<'_> {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for FrameString<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for FrameString<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

impl<S: AsRef<str> + ?Sized> PartialEq<S> for FrameString<'_> {
    fn eq(&self, other: &S) -> bool {
        self.as_str() == other.as_ref()
    }
}

// ---- what text is as a key ----

impl Eq for FrameString<'_> {}

impl PartialOrd for FrameString<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for FrameString<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other)
    }
}

impl Hash for FrameString<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

/// So a map with such keys is asked with a `&str`.
///
/// ```
/// use frame_arena::{FrameArena, FrameMap, frame_format};
///
/// let arena = FrameArena::new();
/// let mut hits = FrameMap::new_in(&arena);
/// hits.insert(frame_format!(in &arena, "orc {}", 7), 2);
/// assert_eq!(hits.get("orc 7"), Some(&2));
/// ```
impl Borrow<str> for FrameString<'_> {
    fn borrow(&self) -> &str {
        self
    }
}

impl AsRef<str> for FrameString<'_> {
    fn as_ref(&self) -> &str {
        self
    }
}
