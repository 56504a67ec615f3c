//! Room for more elements, and why there is none.
#![forbid(unsafe_code)]

use core::panic::Location;

use allocator_api2::collections::{TryReserveError, TryReserveErrorKind};

use super::{FrameVec, raw_parts};
use crate::arena::error::{AllocError, granted};
use crate::arena::trace::{Caller, Origin};

impl<T> FrameVec<'_, T> {
    #[cold]
    #[inline(never)]
    #[track_caller]
    pub(super) fn grow_for_push(&mut self) {
        granted(self.grow_amortized(1, Location::caller()));
    }

    /// Makes room for `additional` more elements, and for as many again as there are.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn reserve(&mut self, additional: usize) {
        granted(self.try_reserve(additional));
    }

    /// As [`reserve`](Self::reserve).
    ///
    /// # Errors
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn try_reserve(&mut self, additional: usize) -> Result<(), AllocError> {
        self.try_reserve_for(Location::caller(), additional)
    }

    /// As `try_reserve`, in the name of `caller`.
    #[inline]
    pub(in crate::arena) fn try_reserve_for(
        &mut self,
        caller: Caller,
        additional: usize,
    ) -> Result<(), AllocError> {
        if additional > self.inner.capacity() - self.inner.len() {
            self.grow_amortized(additional, caller)?;
        }
        Ok(())
    }

    /// Makes room for exactly `additional` more elements.
    ///
    /// ```
    /// use frame_arena::{FrameArena, frame_vec};
    ///
    /// let arena = FrameArena::new();
    /// let mut corners = frame_vec![in &arena; 0.0, 1.0];
    /// corners.reserve_exact(4);
    /// assert_eq!(corners.capacity(), 6);
    /// ```
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn reserve_exact(&mut self, additional: usize) {
        granted(self.try_reserve_exact(additional));
    }

    /// As [`reserve_exact`](Self::reserve_exact).
    ///
    /// # Errors
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn try_reserve_exact(&mut self, additional: usize) -> Result<(), AllocError> {
        self.grow_exactly(additional, Location::caller())
    }

    fn grow_exactly(&mut self, additional: usize, caller: Caller) -> Result<(), AllocError> {
        let origin = Origin::by::<T>(caller, self.len().saturating_add(additional));
        let raw = self.arena().raw();
        raw.announced(origin, || self.inner.try_reserve_exact(additional))
            .map_err(|error| self.reason(additional, &error))
    }

    /// Doubles the capacity, or takes just what is needed where the double is refused.
    #[cold]
    #[inline(never)]
    pub(super) fn grow_amortized(
        &mut self,
        additional: usize,
        caller: Caller,
    ) -> Result<(), AllocError> {
        if raw_parts::lengthen(&mut self.inner, additional) {
            return Ok(());
        }
        self.grow_anyhow(additional, caller)
    }

    /// The same where the vector cannot be made longer where it lies.
    #[inline(never)]
    fn grow_anyhow(&mut self, additional: usize, caller: Caller) -> Result<(), AllocError> {
        let raw = self.arena().raw();
        let double = || {
            if self.capacity() == 0 {
                let capacity = additional.max(const { first_capacity(size_of::<T>()) });
                return Self::try_for(caller, capacity, self.arena()).map(|first| *self = first);
            }
            let origin = Origin::by::<T>(caller, self.len().saturating_add(additional));
            raw.announced(origin, || self.inner.try_reserve(additional))
                .map_err(|error| self.reason(additional, &error))
        };
        if raw.as_a_hint(double).is_ok() {
            return Ok(());
        }
        self.grow_exactly(additional, caller)
    }

    #[cold]
    fn reason(&self, additional: usize, error: &TryReserveError) -> AllocError {
        let raw = self.arena().raw();
        let too_large = || raw.too_large(self.len().saturating_add(additional), size_of::<T>());
        match error.kind() {
            TryReserveErrorKind::CapacityOverflow => too_large(),
            TryReserveErrorKind::AllocError { .. } => {
                raw.last_refusal.take().unwrap_or_else(too_large)
            }
        }
    }
}

/// Elements for which the first push makes room: as many as in a `Vec`.
const fn first_capacity(element_bytes: usize) -> usize {
    match element_bytes {
        ..=1 => 8,
        2..=1_024 => 4,
        _ => 1,
    }
}
