//! The entries of a map, one by one.
#![forbid(unsafe_code)]

use hashbrown::hash_map::{
    Drain, IntoIter, IntoKeys, IntoValues, Iter, IterMut, Keys, Values, ValuesMut,
};

use super::FrameMap;
use crate::arena::frame_arena::FrameArena;

impl<'a, K, V, S> FrameMap<'a, K, V, S> {
    /// The entries, in an order that follows from the hasher and the map's past.
    pub fn iter(&self) -> Iter<'_, K, V> {
        self.inner.iter()
    }

    /// The entries, values mutable.
    pub fn iter_mut(&mut self) -> IterMut<'_, K, V> {
        self.inner.iter_mut()
    }

    /// The keys, in the order of [`iter`](Self::iter).
    pub fn keys(&self) -> Keys<'_, K, V> {
        self.inner.keys()
    }

    /// The values, in the order of [`iter`](Self::iter).
    pub fn values(&self) -> Values<'_, K, V> {
        self.inner.values()
    }

    /// The values, mutable.
    pub fn values_mut(&mut self) -> ValuesMut<'_, K, V> {
        self.inner.values_mut()
    }

    /// The keys, by value, in the order of [`iter`](Self::iter). What the iterator has not given when it
    /// is dropped is dropped with it, as are the values.
    ///
    /// ```
    /// use frame_arena::{FrameArena, FrameMap};
    ///
    /// let arena = FrameArena::new();
    /// let hits = FrameMap::from_iter_in([("orc", 2)], &arena);
    /// assert!(hits.into_keys().eq(["orc"]));
    /// ```
    pub fn into_keys(self) -> IntoKeys<K, V, &'a FrameArena> {
        self.inner.into_keys()
    }

    /// The values, by value, in the order of [`iter`](Self::iter), as [`into_keys`](Self::into_keys).
    ///
    /// ```
    /// use frame_arena::{FrameArena, FrameMap};
    ///
    /// let arena = FrameArena::new();
    /// let hits = FrameMap::from_iter_in([("orc", 2), ("elf", 3)], &arena);
    /// assert_eq!(hits.into_values().sum::<i32>(), 5);
    /// ```
    pub fn into_values(self) -> IntoValues<K, V, &'a FrameArena> {
        self.inner.into_values()
    }

    /// Takes all entries out and keeps the capacity. What the iterator has not given when it is
    /// dropped is dropped with it.
    pub fn drain(&mut self) -> Drain<'_, K, V, &'a FrameArena> {
        self.inner.drain()
    }
}

impl<'a, K, V, S> IntoIterator for FrameMap<'a, K, V, S> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V, &'a FrameArena>;

    fn into_iter(self) -> Self::IntoIter {
        self.inner.into_iter()
    }
}

impl<'m, K, V, S> IntoIterator for &'m FrameMap<'_, K, V, S> {
    type Item = (&'m K, &'m V);
    type IntoIter = Iter<'m, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'m, K, V, S> IntoIterator for &'m mut FrameMap<'_, K, V, S> {
    type Item = (&'m K, &'m mut V);
    type IntoIter = IterMut<'m, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}
