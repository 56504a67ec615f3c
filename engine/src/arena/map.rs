//! `FrameMap`: a hash map in a frame.

mod entry;
mod hash;
mod iter;

use core::borrow::Borrow;
use core::fmt;
use core::hash::{BuildHasher, Hash};
use core::mem;
use core::ops::Index;
use core::panic::Location;

use hashbrown::TryReserveError;
use hashbrown::hash_map::HashMap;

pub use entry::MapEntry;
pub use hash::FixedHash;

use super::error::{AllocError, Refused, granted, refuse};
use super::frame_arena::FrameArena;
use super::trace::{Caller, Origin};

/// A hash map whose memory is a [`FrameArena`]'s.
///
/// A growing map moves to twice the memory and leaves the old until reset, so give it its capacity
/// where you know it. Keys and values are dropped with the map.
///
/// ```
/// use frame_arena::{FrameArena, FrameMap};
///
/// let arena = FrameArena::new();
/// let mut hits = FrameMap::with_capacity_in(8, &arena);
/// for target in ["orc", "wall", "orc"] {
///     *hits.entry(target).or_insert(0) += 1;
/// }
/// assert_eq!((hits["orc"], hits.get("door")), (2, None));
/// ```
///
/// Plain methods panic with the reason when the budget or the system refuses; their `try_` twins
/// return it. Neither aborts. A key that is in the map already never needs memory.
///
/// The default hasher, [`FixedHash`], makes iteration the same on every run of a program, and
/// gives no protection against keys that somebody chose to collide.
pub struct FrameMap<'a, K, V, S = FixedHash> {
    inner: HashMap<K, V, S, &'a FrameArena>,
}

impl<'a, K, V> FrameMap<'a, K, V> {
    /// An empty map; allocates nothing.
    #[must_use]
    #[inline]
    pub fn new_in(arena: &'a FrameArena) -> Self {
        Self::with_hasher_in(FixedHash::new(), arena)
    }
}

impl<'a, K: Eq + Hash, V> FrameMap<'a, K, V> {
    /// An empty map with room for `capacity` entries.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[must_use]
    #[track_caller]
    pub fn with_capacity_in(capacity: usize, arena: &'a FrameArena) -> Self {
        granted(Self::try_with_capacity_in(capacity, arena))
    }

    /// As [`with_capacity_in`](Self::with_capacity_in).
    ///
    /// # Errors
    /// If the budget or the system refuses.
    #[track_caller]
    pub fn try_with_capacity_in(
        capacity: usize,
        arena: &'a FrameArena,
    ) -> Result<Self, AllocError> {
        let mut empty = Self::new_in(arena);
        empty.try_reserve(capacity)?;
        Ok(empty)
    }

    /// Collects an iterator of any length; of equal keys the last value stays.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[track_caller]
    pub fn from_iter_in(entries: impl IntoIterator<Item = (K, V)>, arena: &'a FrameArena) -> Self {
        let mut map = Self::new_in(arena);
        map.extend(entries);
        map
    }
}

impl<'a, K, V, S> FrameMap<'a, K, V, S> {
    /// An empty map that hashes as `hasher` says; allocates nothing.
    #[must_use]
    #[inline]
    pub fn with_hasher_in(hasher: S, arena: &'a FrameArena) -> Self {
        Self { inner: HashMap::with_hasher_in(hasher, arena) }
    }

    /// The arena that holds the entries.
    #[must_use]
    #[inline]
    pub fn arena(&self) -> &'a FrameArena {
        self.inner.allocator()
    }

    /// Entries in the map.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Whether there are none.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// Entries that fit without another allocation.
    #[must_use]
    #[inline]
    pub fn capacity(&self) -> usize {
        self.inner.capacity()
    }

    /// Drops all entries and keeps the capacity.
    pub fn clear(&mut self) {
        self.inner.clear();
    }

    /// Keeps the entries for which `keep` says yes.
    pub fn retain(&mut self, keep: impl FnMut(&K, &mut V) -> bool) {
        self.inner.retain(keep);
    }
}

impl<'a, K: Eq + Hash, V, S: BuildHasher> FrameMap<'a, K, V, S> {
    /// Makes room for `additional` more entries.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[track_caller]
    pub fn reserve(&mut self, additional: usize) {
        granted(self.try_reserve(additional));
    }

    /// As [`reserve`](Self::reserve).
    ///
    /// # Errors
    /// If the budget or the system refuses.
    #[track_caller]
    pub fn try_reserve(&mut self, additional: usize) -> Result<(), AllocError> {
        self.try_reserve_for(Location::caller(), additional)
    }

    /// As `try_reserve`, in the name of `caller`.
    fn try_reserve_for(&mut self, caller: Caller, additional: usize) -> Result<(), AllocError> {
        let origin = Origin::by::<(K, V)>(caller, self.len().saturating_add(additional));
        let raw = self.arena().raw();
        raw.announced(origin, || self.inner.try_reserve(additional))
            .map_err(|error| self.reason(additional, &error))
    }

    #[cold]
    fn reason(&self, additional: usize, error: &TryReserveError) -> AllocError {
        let raw = self.arena().raw();
        let too_large =
            || raw.too_large(self.len().saturating_add(additional), size_of::<(K, V)>());
        match error {
            TryReserveError::CapacityOverflow => too_large(),
            TryReserveError::AllocError { .. } => raw.last_refusal.take().unwrap_or_else(too_large),
        }
    }

    /// Whether the next new key needs memory. hashbrown takes it inside its own `insert`, which
    /// aborts on refusal, so whatever may add a key asks here and reserves before.
    #[inline]
    fn is_full(&self) -> bool {
        self.inner.len() == self.inner.capacity()
    }

    /// Stores `value` under `key` and gives the value that was there.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        if self.is_full() {
            match self.present_or_room(&key) {
                Ok(Some(present)) => return Some(mem::replace(present, value)),
                Ok(None) => {}
                Err(error) => refuse(error),
            }
        }
        self.inner.insert(key, value)
    }

    /// As [`insert`](Self::insert).
    ///
    /// # Errors
    /// If the budget or the system refuses; the error holds key and value.
    #[inline]
    #[track_caller]
    pub fn try_insert(&mut self, key: K, value: V) -> Result<Option<V>, Refused<(K, V)>> {
        if self.is_full() {
            match self.present_or_room(&key) {
                Ok(Some(present)) => return Ok(Some(mem::replace(present, value))),
                Ok(None) => {}
                Err(error) => return Err(Refused::new(error, (key, value))),
            }
        }
        Ok(self.inner.insert(key, value))
    }

    /// In a full map, the value under `key`, or else room for one more entry.
    #[cold]
    #[inline(never)]
    #[track_caller]
    fn present_or_room(&mut self, key: &K) -> Result<Option<&mut V>, AllocError> {
        if !self.inner.contains_key(key) {
            self.try_reserve(1)?;
        }
        Ok(self.inner.get_mut(key))
    }

    /// Appends an iterator's entries; of equal keys the last value stays.
    ///
    /// # Errors
    /// If the budget or the system refuses; the error holds the entry that did not fit, and those
    /// before it stay in the map.
    #[track_caller]
    pub fn try_extend(
        &mut self,
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Result<(), Refused<(K, V)>> {
        let entries = entries.into_iter();
        // Only a hint: what is refused here may still fit, for keys can be equal.
        let (raw, caller) = (self.arena().raw(), Location::caller());
        let _ = raw.as_a_hint(|| self.try_reserve_for(caller, entries.size_hint().0));
        for (key, value) in entries {
            self.try_insert(key, value)?;
        }
        Ok(())
    }

    /// The place of `key`, found once for reading, changing and inserting.
    ///
    /// # Panics
    /// If `key` is new and the budget or the system refuses its room.
    #[inline]
    #[track_caller]
    pub fn entry(&mut self, key: K) -> MapEntry<'_, 'a, K, V, S> {
        if self.is_full()
            && let Err(error) = self.present_or_room(&key)
        {
            refuse(error);
        }
        MapEntry::new(self.inner.entry(key))
    }

    /// As [`entry`](Self::entry).
    ///
    /// # Errors
    /// If `key` is new and the budget or the system refuses its room; the error holds `key`.
    #[inline]
    #[track_caller]
    pub fn try_entry(&mut self, key: K) -> Result<MapEntry<'_, 'a, K, V, S>, Refused<K>> {
        if self.is_full()
            && let Err(error) = self.present_or_room(&key)
        {
            return Err(Refused::new(error, key));
        }
        Ok(MapEntry::new(self.inner.entry(key)))
    }

    /// The value under `key`.
    #[must_use]
    #[inline]
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.inner.get(key)
    }

    /// The value under `key`, mutable.
    #[must_use]
    #[inline]
    pub fn get_mut<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.inner.get_mut(key)
    }

    /// Whether there is a value under `key`.
    #[must_use]
    #[inline]
    pub fn contains_key<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.inner.contains_key(key)
    }

    /// Takes the value under `key` out.
    #[inline]
    pub fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.inner.remove(key)
    }

    /// Takes `key` and its value out.
    #[inline]
    pub fn remove_entry<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<(K, V)>
    where
        K: Borrow<Q>,
    {
        self.inner.remove_entry(key)
    }
}

impl<K, V, Q, S> Index<&Q> for FrameMap<'_, K, V, S>
where
    K: Eq + Hash + Borrow<Q>,
    Q: Eq + Hash + ?Sized,
    S: BuildHasher,
{
    type Output = V;

    /// # Panics
    /// If there is no such key.
    #[inline]
    #[track_caller]
    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("no entry for this key in the FrameMap")
    }
}

impl<K: Eq + Hash, V, S: BuildHasher> Extend<(K, V)> for FrameMap<'_, K, V, S> {
    #[track_caller]
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        granted(self.try_extend(entries));
    }
}

impl<K: Eq + Hash, V: PartialEq, S: BuildHasher> PartialEq for FrameMap<'_, K, V, S> {
    fn eq(&self, other: &Self) -> bool {
        self.inner == other.inner
    }
}

impl<K: Eq + Hash, V: Eq, S: BuildHasher> Eq for FrameMap<'_, K, V, S> {}

impl<K: fmt::Debug, V: fmt::Debug, S> fmt::Debug for FrameMap<'_, K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
