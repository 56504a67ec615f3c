//! `TypedArena`: values of one type, in order, dropped at reset.
//!
//! Invariant
//! - **Y1** Every run of `store` holds `T`s: `try_alloc` alone adds to it.
//!
//! Programs that must not compile. Values that stay on their thread keep the arena there:
//!
//! ```compile_fail,E0277
//! let shared = frame_arena::TypedArena::<std::rc::Rc<u8>>::new();
//! std::thread::spawn(move || drop(shared));
//! ```
//!
//! An arena of long lifetimes does not pass for one of shorter ones:
//!
//! ```compile_fail,E0597
//! let mut names = frame_arena::TypedArena::<&'static str>::new();
//! {
//!     let name = String::from("gone");
//!     names.alloc(name.as_str());
//! }
//! names.reset();
//! ```
//!
//! ```compile_fail
//! fn shorten<'long: 'short, 'short>(
//!     names: &'short frame_arena::TypedArena<&'long str>,
//! ) -> &'short frame_arena::TypedArena<&'short str> {
//!     names
//! }
//! ```
//!
//! And nobody iterates while a value is in use:
//!
//! ```compile_fail,E0502
//! let mut names = frame_arena::TypedArena::new();
//! let name = names.alloc(String::from("orc"));
//! names.iter_mut().for_each(|other| other.clear());
//! name.push('s');
//! ```

#[expect(unsafe_code, reason = "values of any type behind erased pointers")]
mod dynamic;
#[expect(unsafe_code, reason = "an intrusive list of runs of values")]
mod store;

use core::cell::Cell;
use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;

pub use dynamic::{DynArena, DynIterMut};

use super::config::{ArenaConfig, ArenaMode, Budget};
use super::error::{AllocError, Refused, granted};
use super::frame_arena::FrameArena;
use super::raw::RawArena;
use super::stats::ArenaStats;
use store::{Cursor, RunHeader, Store, slot};

/// Bytes that each run of values takes beside them. A settled arena has one run.
const RUN_BYTES: usize = size_of::<RunHeader<()>>();

/// Values of one type, each at its place until [`reset`](Self::reset), which drops them.
///
/// Unlike [`FrameArena::alloc_drop`], any `T` will do, and the values can be visited in the order
/// in which they came. They lie one behind the other, each padded to 8 bytes. Memory, budget and
/// figures are those of a [`FrameArena`] of its own: after growth a reset leaves one block, and from
/// the second equal frame on there is no heap call.
///
/// ```
/// use frame_arena::TypedArena;
///
/// let mut names = TypedArena::new();
/// let first = names.alloc(String::from("orc"));
/// let second = names.alloc(String::from("wolf"));
/// first.push_str(" and ");
/// first.push_str(second);
/// assert!(names.iter_mut().map(|name| name.as_str()).eq(["orc and wolf", "wolf"]));
/// names.reset(); // Both strings are dropped here, newest first.
/// assert!(names.is_empty());
/// ```
///
/// Values may refer to each other, also in a circle:
///
/// ```
/// use std::cell::RefCell;
/// use frame_arena::TypedArena;
///
/// struct Room<'r> {
///     name: &'static str,
///     doors: RefCell<Vec<&'r Room<'r>>>,
/// }
///
/// let rooms = TypedArena::new();
/// let hall = &*rooms.alloc(Room { name: "hall", doors: RefCell::default() });
/// let cave = &*rooms.alloc(Room { name: "cave", doors: RefCell::default() });
/// hall.doors.borrow_mut().push(cave);
/// cave.doors.borrow_mut().push(hall);
/// assert_eq!(hall.doors.borrow()[0].doors.borrow()[0].name, "hall");
/// ```
///
/// But a `Drop` of theirs could look at a value that is gone, so with one of its own `Room` is
/// refused:
///
/// ```compile_fail,E0597
/// # use std::cell::Cell;
/// # use frame_arena::TypedArena;
/// struct Room<'r> {
///     door: Cell<Option<&'r Room<'r>>>,
/// }
///
/// impl Drop for Room<'_> {
///     fn drop(&mut self) {}
/// }
///
/// let rooms = TypedArena::new();
/// let hall = &*rooms.alloc(Room { door: Cell::new(None) });
/// hall.door.set(Some(hall));
/// ```
///
/// And no reference is left when the values go:
///
/// ```compile_fail,E0502
/// # use frame_arena::TypedArena;
/// let mut names = TypedArena::new();
/// let name = names.alloc(String::from("orc"));
/// names.reset();
/// name.push('s');
/// ```
///
/// Each plain call has a `try_` twin, as in [`FrameArena`].
pub struct TypedArena<T> {
    store: Store<()>,
    /// Owns `T`s, so that the compiler asks whether their own drop may run when this drops; and
    /// gives and takes them, so that no other type, were it only a shorter lifetime, will do.
    values: PhantomData<Cell<T>>,
}

// SAFETY: the arena owns its values (Y1), and nothing else of it belongs to a thread (V4).
unsafe impl<T: Send> Send for TypedArena<T> {}

impl<T> TypedArena<T> {
    /// An empty arena, which takes its first block (64 KiB) at the first value.
    #[must_use]
    pub fn new() -> Self {
        Self::over(FrameArena::from_raw(RawArena::new(default_config())))
    }

    /// An arena with room for `capacity` values, taken now.
    ///
    /// # Panics
    /// If the system refuses it.
    #[must_use]
    #[track_caller]
    pub fn with_capacity(capacity: usize) -> Self {
        granted(Self::try_with_capacity(capacity))
    }

    /// As [`with_capacity`](Self::with_capacity).
    ///
    /// # Errors
    /// If the system refuses the block.
    pub fn try_with_capacity(capacity: usize) -> Result<Self, AllocError> {
        let value_bytes = size_of::<T>().next_multiple_of(8).saturating_mul(capacity);
        Self::try_with_config(ArenaConfig {
            capacity_bytes: value_bytes.saturating_add(RUN_BYTES + 2 * align_of::<T>()),
            ..default_config()
        })
    }

    /// An arena as configured, with its first block taken now. The bytes of the configuration
    /// count values padded to 8 bytes, and a few dozen more in each block. There is no last frame to
    /// keep: `frames_in_flight` does not apply.
    ///
    /// # Panics
    /// If the system refuses the block.
    #[must_use]
    #[track_caller]
    pub fn with_config(config: ArenaConfig) -> Self {
        granted(Self::try_with_config(config))
    }

    /// As [`with_config`](Self::with_config).
    ///
    /// # Errors
    /// If the system refuses the block.
    pub fn try_with_config(config: ArenaConfig) -> Result<Self, AllocError> {
        // Its values are dropped at reset, so there is no last frame to keep.
        let config = ArenaConfig { frames_in_flight: 1, ..config };
        Ok(Self::over(FrameArena::try_with_config(config)?))
    }

    fn over(memory: FrameArena) -> Self {
        Self { store: Store::new(memory), values: PhantomData }
    }

    /// Stores `value` until the next reset.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn alloc(&self, value: T) -> &mut T {
        granted(self.try_alloc(value))
    }

    /// As [`alloc`](Self::alloc).
    ///
    /// # Errors
    /// If the budget or the system refuses; the error holds `value`.
    #[inline]
    #[track_caller]
    #[expect(clippy::mut_from_ref, reason = "each call returns memory of its own (V2)")]
    pub fn try_alloc(&self, value: T) -> Result<&mut T, Refused<T>> {
        // SAFETY: Y1.
        let slot = unsafe { self.store.push(value) }?;
        // SAFETY: V2, just written; V4 ends the borrow before anything else reaches the value.
        Ok(unsafe { &mut *slot.as_ptr() })
    }

    /// Stores what `make` returns.
    ///
    /// `make` runs first and may store values in this arena, which then come before its own. So
    /// the arena never holds a value that is not finished, whatever `make` does or panics.
    ///
    /// ```
    /// use frame_arena::TypedArena;
    ///
    /// let mut sizes = TypedArena::new();
    /// sizes.alloc_with(|| 1 + *sizes.alloc(10));
    /// assert!(sizes.iter().eq(&[10, 11]));
    /// ```
    ///
    /// # Panics
    /// If the budget or the system refuses, or `make` panics.
    #[inline]
    #[track_caller]
    pub fn alloc_with(&self, make: impl FnOnce() -> T) -> &mut T {
        self.alloc(make())
    }

    /// Values stored since the last reset.
    #[must_use]
    pub fn len(&self) -> usize {
        self.store.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values, oldest first. Takes `&mut self`: while it is shared, each value may be in use
    /// by whoever stored it.
    pub fn iter(&mut self) -> impl ExactSizeIterator<Item = &T> + FusedIterator {
        self.iter_mut().map(|value| &*value)
    }

    /// The values, oldest first, mutable.
    pub fn iter_mut(&mut self) -> TypedIterMut<'_, T> {
        TypedIterMut { cursor: self.store.cursor(), arena: PhantomData }
    }

    /// Drops every value, newest first, and keeps the memory, in one block.
    ///
    /// # Panics
    /// At its very end, if a value panicked when dropped. The others were dropped all the same.
    pub fn reset(&mut self) {
        self.store.reset();
    }

    /// Changes where memory comes from. Drops the values as [`reset`](Self::reset) does.
    ///
    /// # Panics
    /// As [`reset`](Self::reset).
    pub fn set_mode(&mut self, mode: ArenaMode) {
        self.store.set_mode(mode);
    }

    /// Changes the budget, from the next value on.
    pub fn set_budget(&mut self, budget: Budget) {
        self.store.set_budget(budget);
    }

    /// Figures of the arena underneath.
    #[must_use]
    pub fn stats(&self) -> ArenaStats {
        self.store.memory().stats()
    }

    /// How the arena was configured.
    #[must_use]
    pub fn config(&self) -> &ArenaConfig {
        self.store.memory().config()
    }
}

fn default_config() -> ArenaConfig {
    ArenaConfig { capacity_bytes: 64 << 10, ..ArenaConfig::named("typed") }
}

impl<T> Default for TypedArena<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for TypedArena<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedArena")
            .field("name", &self.config().name)
            .field("len", &self.len())
            .field("stats", &self.stats())
            .finish()
    }
}

/// The values of a [`TypedArena`], oldest first.
pub struct TypedIterMut<'a, T> {
    cursor: Cursor<()>,
    arena: PhantomData<&'a mut TypedArena<T>>,
}

impl<'a, T> Iterator for TypedIterMut<'a, T> {
    type Item = &'a mut T;

    #[inline]
    fn next(&mut self) -> Option<&'a mut T> {
        // SAFETY: the arena is borrowed for `'a`, so it lives and nobody changes it.
        let (run, index) = unsafe { self.cursor.advance() }?;
        // SAFETY: Y1 and V2: an initialized `T`; V4: nobody else's for `'a`, and visited once.
        Some(unsafe { &mut *slot::<(), T>(run, index) })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.cursor.left(), Some(self.cursor.left()))
    }
}

impl<T> ExactSizeIterator for TypedIterMut<'_, T> {}
impl<T> FusedIterator for TypedIterMut<'_, T> {}

impl<'a, T> IntoIterator for &'a mut TypedArena<T> {
    type Item = &'a mut T;
    type IntoIter = TypedIterMut<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}
