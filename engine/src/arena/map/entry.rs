//! `MapEntry`: one place in a `FrameMap`, found once.

use core::fmt;
use core::hash::{BuildHasher, Hash};

use hashbrown::hash_map::Entry;

use crate::arena::frame_arena::FrameArena;

/// The place of one key in a [`FrameMap`](crate::FrameMap), with a value or with room for one: from
/// here on nothing can be refused.
///
/// ```
/// use frame_arena::{FrameArena, FrameMap};
///
/// let arena = FrameArena::new();
/// let mut damage = FrameMap::new_in(&arena);
/// damage.entry("orc").and_modify(|points| *points += 5).or_insert(3);
/// damage.entry("orc").and_modify(|points| *points += 5).or_insert(3);
/// assert_eq!(damage["orc"], 8);
/// ```
// Not hashbrown's own type: its `into_map` leads back to calls that abort on refusal.
pub struct MapEntry<'m, 'a, K, V, S> {
    inner: Entry<'m, K, V, S, &'a FrameArena>,
}

impl<'m, 'a, K, V, S> MapEntry<'m, 'a, K, V, S> {
    pub(super) fn new(inner: Entry<'m, K, V, S, &'a FrameArena>) -> Self {
        Self { inner }
    }

    /// The key: the map's, or the new one.
    #[must_use]
    pub fn key(&self) -> &K {
        self.inner.key()
    }

    /// The value, if there is one.
    #[must_use]
    pub fn value(&self) -> Option<&V> {
        match &self.inner {
            Entry::Occupied(entry) => Some(entry.get()),
            Entry::Vacant(_) => None,
        }
    }

    /// Changes the value, if there is one.
    pub fn and_modify(self, change: impl FnOnce(&mut V)) -> Self {
        Self { inner: self.inner.and_modify(change) }
    }

    /// Takes key and value out of the map.
    pub fn remove(self) -> Option<(K, V)> {
        match self.inner {
            Entry::Occupied(entry) => Some(entry.remove_entry()),
            Entry::Vacant(_) => None,
        }
    }
}

impl<'m, K: Hash, V, S: BuildHasher> MapEntry<'m, '_, K, V, S> {
    /// The value, or `value` if there is none yet.
    pub fn or_insert(self, value: V) -> &'m mut V {
        self.inner.or_insert(value)
    }

    /// The value, or what `make` returns if there is none yet. `make` may use the arena.
    pub fn or_insert_with(self, make: impl FnOnce() -> V) -> &'m mut V {
        self.inner.or_insert_with(make)
    }

    /// The value, or the default one if there is none yet.
    pub fn or_default(self) -> &'m mut V
    where
        V: Default,
    {
        self.inner.or_default()
    }
}

impl<K: fmt::Debug, V: fmt::Debug, S> fmt::Debug for MapEntry<'_, '_, K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapEntry").field("key", self.key()).field("value", &self.value()).finish()
    }
}
