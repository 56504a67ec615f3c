//! `DynArena`: values of many types, in order, visited as one trait.
//!
//! Invariants
//! - **Z1** Every run of `store` is one `Viewed<D, T>` of some `T`, with the `view` of that type:
//!   `try_alloc` alone adds to it.
//! - **Z2** Each `T` is `Send + 'static`: which thread drops it, and when, is all the same to it.

use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::ptr::NonNull;

use super::default_config;
use super::store::{Cursor, RunHeader, Store, slot};
use crate::arena::config::{ArenaConfig, ArenaMode, Budget};
use crate::arena::error::{AllocError, Refused, granted};
use crate::arena::frame_arena::FrameArena;
use crate::arena::raw::RawArena;
use crate::arena::stats::ArenaStats;

/// A value and how to see it as a `D`.
struct Viewed<D: ?Sized, T> {
    as_dyn: fn(&mut T) -> &mut D,
    value: T,
}

/// Stands in the run's header and finds the `D` of its one value, from a pointer to that header.
struct View<D: ?Sized> {
    view: unsafe fn(NonNull<RunHeader<View<D>>>) -> NonNull<D>,
}

/// Values of different types, kept in order and visited as one trait, dropped at
/// [`reset`](Self::reset).
///
/// ```
/// use frame_arena::DynArena;
///
/// trait Shape {
///     fn area(&self) -> f32;
///     fn grow(&mut self);
/// }
/// # struct Square { side: f32 }
/// # impl Shape for Square {
/// #     fn area(&self) -> f32 { self.side * self.side }
/// #     fn grow(&mut self) { self.side *= 2.0 }
/// # }
/// # struct Polygon { sides: Vec<f32> }
/// # impl Shape for Polygon {
/// #     fn area(&self) -> f32 { self.sides.iter().sum() }
/// #     fn grow(&mut self) { self.sides.push(1.0) }
/// # }
///
/// let mut shapes = DynArena::<dyn Shape>::new();
/// let square: &mut Square = shapes.alloc(Square { side: 1.0 }, |shape| shape);
/// square.side = 1.5;
/// shapes.alloc(Polygon { sides: vec![2.0, 3.0] }, |shape| shape);
/// for shape in &mut shapes {
///     shape.grow();
/// }
/// assert!(shapes.iter_mut().map(|shape| shape.area()).eq([9.0, 6.0]));
/// shapes.reset(); // The polygon's `Vec` is dropped here.
/// ```
///
/// `|shape| shape` is where the compiler turns `&mut Square` into `&mut dyn Shape`. It is called at
/// each visit, so it may as well give a field: `DynArena<Base>` with `|orc| &mut orc.base` works.
///
/// A value that does not need drop, or borrows, can do without:
/// [`FrameArena::alloc`] gives a `&mut T` that coerces to `&mut dyn Trait`, and
/// [`FrameBox`](crate::FrameBox) owns trait objects that borrow.
pub struct DynArena<D: ?Sized> {
    store: Store<View<D>>,
}

// SAFETY: Z2 for the values; what visits them are plain functions.
unsafe impl<D: ?Sized> Send for DynArena<D> {}

impl<D: ?Sized> DynArena<D> {
    /// An empty arena, which takes its first block (64 KiB) at the first value.
    #[must_use]
    pub fn new() -> Self {
        Self { store: Store::new(FrameArena::from_raw(RawArena::new(default_config()))) }
    }

    /// An arena as configured, with its first block taken now. Each value takes some 48 bytes
    /// beside its own. There is no last frame to keep: `frames_in_flight` does not apply.
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
        Ok(Self { store: Store::new(FrameArena::try_with_config(config)?) })
    }

    /// Stores `value` until the next reset, to be visited through `as_dyn`.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn alloc<T: Send + 'static>(&self, value: T, as_dyn: fn(&mut T) -> &mut D) -> &mut T {
        granted(self.try_alloc(value, as_dyn))
    }

    /// As [`alloc`](Self::alloc).
    ///
    /// # Errors
    /// If the budget or the system refuses; the error holds `value`.
    #[track_caller]
    #[expect(clippy::mut_from_ref, reason = "each call returns memory of its own (V2)")]
    pub fn try_alloc<T: Send + 'static>(
        &self,
        value: T,
        as_dyn: fn(&mut T) -> &mut D,
    ) -> Result<&mut T, Refused<T>> {
        let viewed = Viewed { as_dyn, value };
        match self.store.begin_run(View { view: view::<D, T> }, viewed) {
            Ok(slot) => {
                // SAFETY: V2, just written; V4 ends the borrow before anything else reaches it.
                let viewed = unsafe { &mut *slot.as_ptr() };
                Ok(&mut viewed.value)
            }
            Err(refused) => {
                let error = refused.error();
                Err(Refused::new(error, refused.into_value().value))
            }
        }
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

    /// The values as what they have in common, oldest first.
    pub fn iter_mut(&mut self) -> DynIterMut<'_, D> {
        DynIterMut { cursor: self.store.cursor(), arena: PhantomData }
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

/// # Safety
/// - `run` is the header of a living `Viewed<D, T>`, and nobody else uses its value while the
///   result is used.
unsafe fn view<D: ?Sized, T>(run: NonNull<RunHeader<View<D>>>) -> NonNull<D> {
    // SAFETY: the caller says that this run is a `Viewed<D, T>`, and V2 that it is initialized.
    let viewed = unsafe { &mut *slot::<View<D>, Viewed<D, T>>(run, 0) };
    NonNull::from((viewed.as_dyn)(&mut viewed.value))
}

impl<D: ?Sized> Default for DynArena<D> {
    fn default() -> Self {
        Self::new()
    }
}

impl<D: ?Sized> fmt::Debug for DynArena<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynArena")
            .field("name", &self.config().name)
            .field("len", &self.len())
            .field("stats", &self.stats())
            .finish()
    }
}

/// The values of a [`DynArena`], oldest first.
pub struct DynIterMut<'a, D: ?Sized> {
    cursor: Cursor<View<D>>,
    arena: PhantomData<&'a mut DynArena<D>>,
}

impl<'a, D: ?Sized> Iterator for DynIterMut<'a, D> {
    type Item = &'a mut D;

    #[inline]
    fn next(&mut self) -> Option<&'a mut D> {
        // SAFETY: the arena is borrowed for `'a`, so it lives and nobody changes it.
        let (run, _) = unsafe { self.cursor.advance() }?;
        // SAFETY: V1.
        let find = unsafe { run.as_ref() }.extra.view;
        // SAFETY: Z1; V4: the value is nobody else's for `'a`, and visited once.
        let mut found = unsafe { find(run) };
        // SAFETY: `as_dyn` gave it from a borrow that may last for `'a`, since it takes any.
        Some(unsafe { found.as_mut() })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.cursor.left(), Some(self.cursor.left()))
    }
}

impl<D: ?Sized> ExactSizeIterator for DynIterMut<'_, D> {}
impl<D: ?Sized> FusedIterator for DynIterMut<'_, D> {}

impl<'a, D: ?Sized> IntoIterator for &'a mut DynArena<D> {
    type Item = &'a mut D;
    type IntoIter = DynIterMut<'a, D>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}
