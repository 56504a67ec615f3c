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
    pub(super) keys: Keys,
    /// Where the values begin and end by key, unless keys are mixed.
    pub(super) first_key: u64,
    pub(super) last_key: u64,
}

/// How the keys of a piece follow each other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// None is less than the one before.
    Rising,
    /// Each is less than the one before. So are the bits of bevy's entities along a table.
    Falling,
    Mixed,
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
    /// Keys that are not less than the one before; the first is one.
    rise_count: usize,
}

impl<'a, T: Send + Sync + 'static> KeyedVec<'a, T> {
    #[inline]
    pub(super) fn new_in(arena: &'a FrameArena) -> Self {
        Self { pairs: FrameVec::new_in(arena), last_key: 0, rise_count: 0 }
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
        self.rise_count += usize::from(key >= self.last_key);
        self.last_key = key;
    }

    /// Gives the values and is empty.
    pub(super) fn publish(&mut self) -> Option<Values<T>> {
        let (first_key, last_key) = (self.pairs.first()?.key, self.last_key);
        let (keys, first_key, last_key) = match self.rise_count {
            rises if rises == self.pairs.len() => (Keys::Rising, first_key, last_key),
            1 => (Keys::Falling, last_key, first_key),
            _ => (Keys::Mixed, first_key, last_key),
        };
        let empty = Self::new_in(self.pairs.arena());
        let pairs = core::mem::replace(self, empty).pairs.publish();
        Some(Values::Keyed(KeyedValues { pairs, keys, first_key, last_key }))
    }
}
