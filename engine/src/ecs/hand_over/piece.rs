//! What one system, or one batch of its items, has written: a run of values in one thread's arena.

use crate::{Epoch, FrameArena, FrameVec, Refused, SliceHandle};

/// Pieces for which a list has room from the start.
pub(super) const FIRST_PIECES: usize = 32;

/// A value and what orders it.
pub(super) struct Keyed<T> {
    pub(super) key: u64,
    pub(super) value: T,
}

/// Written values, in the order of their push.
pub(super) struct Piece<T> {
    /// Writers are numbered in the order in which their systems were initialized.
    pub(super) writer: u64,
    /// Which run of the writer's system, so that one in each tick keeps the ticks' order.
    pub(super) run: u64,
    pub(super) values: Values<T>,
}

pub(super) enum Values<T> {
    Plain(SliceHandle<T>),
    Keyed(KeyedValues<T>),
}

pub(super) struct KeyedValues<T> {
    pub(super) pairs: SliceHandle<Keyed<T>>,
    pub(super) first_key: u64,
    pub(super) last_key: u64,
    pub(super) is_sorted: bool,
}

impl<T> Piece<T> {
    pub(super) fn epoch(&self) -> Epoch {
        match &self.values {
            Values::Plain(values) => values.epoch(),
            Values::Keyed(keyed) => keyed.pairs.epoch(),
        }
    }

    pub(super) fn len(&self) -> usize {
        match &self.values {
            Values::Plain(values) => values.len(),
            Values::Keyed(keyed) => keyed.pairs.len(),
        }
    }
}

/// A keyed piece that grows.
pub(super) struct KeyedVec<'a, T> {
    pairs: FrameVec<'a, Keyed<T>>,
    last_key: u64,
    is_sorted: bool,
}

impl<'a, T: Send + Sync + 'static> KeyedVec<'a, T> {
    #[inline]
    pub(super) fn new_in(arena: &'a FrameArena) -> Self {
        Self { pairs: FrameVec::new_in(arena), last_key: 0, is_sorted: true }
    }

    #[inline]
    #[track_caller]
    pub(super) fn push(&mut self, key: u64, value: T) {
        self.pairs.push(Keyed { key, value });
        self.note(key);
    }

    #[inline]
    #[track_caller]
    pub(super) fn try_push(&mut self, key: u64, value: T) -> Result<(), Refused<T>> {
        self.pairs
            .try_push(Keyed { key, value })
            .map_err(|refused| Refused::new(refused.error(), refused.into_value().value))?;
        self.note(key);
        Ok(())
    }

    #[inline]
    fn note(&mut self, key: u64) {
        self.is_sorted &= key >= self.last_key;
        self.last_key = key;
    }

    /// Gives the values and is empty.
    pub(super) fn publish(&mut self) -> Option<Values<T>> {
        let first_key = self.pairs.first()?.key;
        let Self { last_key, is_sorted, .. } = *self;
        let empty = Self::new_in(self.pairs.arena());
        let pairs = core::mem::replace(self, empty).pairs.publish();
        Some(Values::Keyed(KeyedValues { pairs, first_key, last_key, is_sorted }))
    }
}
