//! What a frame of a set may use, and what it says when that is not enough. No unsafe code.
#![forbid(unsafe_code)]

use core::sync::atomic::Ordering;

use super::{Reservation, Window};
use crate::arena::config::{ArenaConfig, Budget};
use crate::arena::error::AllocError;
use crate::arena::size;
use crate::profile;

impl Reservation {
    /// Takes between `need` and `most` bytes from the budget, to which `tail` comes back. All are
    /// multiples of eight, and so is what is taken: the odd bytes of a budget fit no object.
    pub(super) fn afford(&self, need: usize, most: usize, tail: usize) -> Option<usize> {
        let is_over = self.is_over.load(Ordering::Relaxed);
        let take = |limit_bytes: usize| {
            let kept = most_bytes(&self.config) - limit_bytes; // Behind the line of a warning.
            let mut taken = 0;
            let rule = |left: usize| {
                let affordable = left.saturating_sub(kept).saturating_add(tail);
                taken = most.min(affordable & !(size::MIN_ALIGN_BYTES - 1));
                (taken >= need).then(|| left.saturating_add(tail) - taken)
            };
            self.budget_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, rule).ok()?;
            Some(taken)
        };
        match self.config.limit(is_over) {
            Budget::Unlimited => Some(most),
            Budget::Warn(_) if is_over => Some(most),
            Budget::Refuse(bytes) => take(bytes),
            Budget::Warn(bytes) => take(bytes).or_else(|| {
                let taken = match self.config.limit(true) {
                    Budget::Refuse(bytes) => take(bytes)?,
                    _ => most,
                };
                self.is_over.store(true, Ordering::Relaxed);
                Some(taken)
            }),
        }
    }

    /// Takes the bytes of one object from the budget, in per-object mode.
    pub(crate) fn afford_object(
        &self,
        bytes: usize,
        requested_bytes: usize,
    ) -> Result<(), AllocError> {
        let refusal = || self.over_limit(requested_bytes, bytes, 0);
        self.afford(bytes, bytes, 0).map(drop).ok_or_else(refusal)
    }

    /// Bytes that came from `afford` and were not used after all.
    pub(crate) fn give_back(&self, bytes: usize) {
        let is_counted = match self.config.limit(true) {
            Budget::Unlimited => false,
            Budget::Warn(_) => !self.is_over.load(Ordering::Relaxed), // Beyond it nothing is taken.
            Budget::Refuse(_) => true,
        };
        if bytes > 0 && is_counted {
            self.budget_left.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// Forgets a crossing by an allocation that failed: one that did not is logged at once.
    pub(crate) fn take_crossing_back(&self) {
        if !self.is_warned.load(Ordering::Relaxed) {
            self.is_over.store(false, Ordering::Relaxed);
        }
    }

    /// Logs a crossed `Budget::Warn`, once a frame. For an arena that has committed its state:
    /// the log may allocate from it.
    pub(crate) fn log_crossing(&self) {
        if self.is_over.load(Ordering::Relaxed) && !self.is_warned.swap(true, Ordering::Relaxed) {
            profile::log_warning!(
                "{} arena over budget: its threads took more than {} B in this frame; \
                 raise budget_bytes or allocate less",
                self.config.name,
                self.config.budget.budget_bytes().unwrap_or(usize::MAX),
            );
        }
    }

    /// Why `window`, of which `tail` bytes are left, has no room for `more` and cannot be made longer, if
    /// the limit alone is in the way.
    pub(crate) fn refusal_to_extend(
        &self,
        window: Window,
        tail: usize,
        requested_bytes: usize,
        more: usize,
    ) -> Option<AllocError> {
        let region = self.region()?;
        region.free_behind(window)?; // Before a neighbour it moves.
        let room = tail + (region.end.addr() - window.end().addr());
        let moves = more > room && self.config.can_grow; // To another block.
        let left = self.budget_left.load(Ordering::Relaxed).saturating_add(tail);
        let is_over = left < more && matches!(self.config.limit(true), Budget::Refuse(_));
        (is_over && !moves).then(|| self.over_limit(requested_bytes, more, tail))
    }

    pub(super) fn out_of_memory(&self, requested_bytes: usize) -> AllocError {
        AllocError::OutOfMemory {
            arena: self.config.name,
            requested_bytes,
            reserved_bytes: self.reserved_bytes(),
        }
    }

    pub(super) fn over_limit(
        &self,
        requested_bytes: usize,
        padded_bytes: usize,
        tail: usize,
    ) -> AllocError {
        let left = self.budget_left.load(Ordering::Relaxed);
        let used_bytes = most_bytes(&self.config).saturating_sub(left).saturating_sub(tail);
        let padding_bytes = padded_bytes - requested_bytes;
        let error = self.config.refusal(requested_bytes, padding_bytes, used_bytes);
        let is_refusing = matches!(error, AllocError::OverBudget { .. });
        if profile::IS_BUILT_IN && is_refusing && !self.is_warned.swap(true, Ordering::Relaxed) {
            profile::say_warning(|out| write!(out, "{error}")); // Once a frame.
        }
        error
    }
}

/// Bytes that a frame may use, with a warning or without one.
pub(super) fn most_bytes(config: &ArenaConfig) -> usize {
    config.limit(true).budget_bytes().unwrap_or(usize::MAX)
}
