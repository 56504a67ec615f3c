//! One slice from many pieces: by writer and push, or by key.
//!
//! Invariants
//! - **J1** A piece's values are reached through its handle only, and its handle stands in the one
//!   list that is given to [`join`], which forgets it afterwards: so each value moves once.
//! - **J2** `T` needs no drop, so a value that was moved leaves nothing behind.

use core::any::type_name;
use core::ptr;

use super::error::HandOverError;
use super::keys::{Place, sort_by_key};
use super::piece::{Keyed, Keys, Piece, Values};
use crate::{AllocError, FrameArena, FrameVec, SliceHandle, ThreadArenas};

/// Moves the values of all pieces to one slice: those without a key by writer, run and push; then
/// those with a key by key, writer, run and push.
///
/// If the keys of each piece rise or fall and the pieces follow each other, as those of batches of
/// a query do when the key grows along it or shrinks, they are strung together; otherwise their keys
/// are sorted by radix, in a scratch of `sorting`.
///
/// On an error nothing has moved.
pub(super) fn join<T: Send + Sync + 'static>(
    pieces: &mut [Piece<T>],
    arenas: &ThreadArenas,
    sorting: &FrameArena,
) -> Result<SliceHandle<T>, HandOverError> {
    pieces.sort_unstable_by_key(Piece::rank);
    let value_count = pieces.iter().map(Piece::len).sum();
    let plain_count = pieces.partition_point(|piece| matches!(piece.values, Values::Plain(_)));
    let (plain, keyed) = pieces.split_at_mut(plain_count);
    let scratch; // Only where it is needed: its first use takes a block.
    let sorted = if follow_each_other(keyed, arenas)? {
        None
    } else {
        scratch = sorting.scratch();
        Some(sorted_places(keyed, arenas, &scratch)?)
    };
    let mut joined = FrameVec::try_with_capacity_in(value_count, arenas.local())?;
    for piece in plain {
        // SAFETY: J1, J2.
        joined.extend(piece.plain(arenas).iter().map(|value| unsafe { moved(value) }));
    }
    match sorted {
        None => {
            for piece in keyed {
                let pairs = piece.keyed(arenas).iter();
                // SAFETY: J1, J2.
                let moved = |pair: &Keyed<T>| unsafe { moved(&pair.value) };
                if piece.is_falling() {
                    joined.extend(pairs.rev().map(moved));
                } else {
                    joined.extend(pairs.map(moved));
                }
            }
        }
        Some((places, slices)) => {
            let pairs = places.iter().map(|place| place.of(slices));
            // SAFETY: J1, J2; `sorted_places` names each pair once.
            joined.extend(pairs.map(|pair| unsafe { moved(&pair.value) }));
        }
    }
    Ok(joined.publish())
}

/// The value out of its place.
///
/// # Safety
/// - Nobody reads the place from now on (J1), and forgetting it is sound (J2).
#[inline(always)]
unsafe fn moved<T>(place: &T) -> T {
    // SAFETY: a reference is good to read; the caller says that the value gets no second owner.
    unsafe { ptr::read(place) }
}

/// Whether the keys of each keyed piece rise or fall, and it ends before the next begins.
fn follow_each_other<T: Send + Sync + 'static>(
    keyed: &[Piece<T>],
    arenas: &ThreadArenas,
) -> Result<bool, HandOverError> {
    let mut do_follow = true;
    let mut last = None;
    for piece in keyed {
        let Values::Keyed(values) = &piece.values else { continue };
        let first = (values.first_key, piece.writer, piece.run);
        if last == Some(first) {
            return Err(same_key::<T>(arenas, values.first_key));
        }
        do_follow &= values.keys != Keys::Mixed && last < Some(first);
        last = Some((values.last_key, piece.writer, piece.run));
    }
    Ok(do_follow)
}

type Sorted<'a, T> = (&'a [Place], &'a [&'a [Keyed<T>]]);

/// The places of all keyed values by key, writer, run and push, and the slices that they name.
fn sorted_places<'a, T: Send + Sync + 'static>(
    keyed: &mut [Piece<T>],
    arenas: &'a ThreadArenas,
    scratch: &'a FrameArena,
) -> Result<Sorted<'a, T>, HandOverError> {
    let value_count = keyed.iter().map(Piece::len).sum();
    if u32::try_from(value_count).is_err() {
        let (arena, element_bytes) = (arenas.config().name, size_of::<Place>());
        return Err(AllocError::TooLarge { arena, len: value_count, element_bytes }.into());
    }
    keyed.sort_unstable_by_key(|piece| (piece.writer, piece.run));
    let slices = keyed.iter().map(|piece| piece.keyed(arenas));
    let slices = &*scratch.try_alloc_slice_from_iter(slices).map_err(AllocError::from)?;
    let mut places = FrameVec::try_with_capacity_in(value_count, scratch)?;
    for (slice, pairs) in (0..).zip(slices) {
        places.extend((0..).zip(*pairs).map(|(at, pair)| Place { key: pair.key, slice, at }));
    }
    let spare = scratch.try_alloc_slice_copy(&places)?;
    let places = &*sort_by_key(places.into_slice(), spare);
    let is_twice = |pair: &&[Place]| {
        let [one, other] = [pair[0], pair[1]].map(|place| &keyed[place.slice as usize]);
        pair[0].key == pair[1].key
            && pair[0].slice != pair[1].slice
            && (one.writer, one.run) == (other.writer, other.run)
    };
    match places.windows(2).find(is_twice) {
        Some(pair) => Err(same_key::<T>(arenas, pair[0].key)),
        None => Ok((places, slices)),
    }
}

#[cold]
fn same_key<T>(arenas: &ThreadArenas, key: u64) -> HandOverError {
    HandOverError::SameKey { item: type_name::<T>(), phase: arenas.config().name, key }
}

impl Place {
    #[inline(always)]
    fn of<'a, T>(self, slices: &[&'a [T]]) -> &'a T {
        &slices[self.slice as usize][self.at as usize]
    }
}

impl<T: Send + Sync + 'static> Piece<T> {
    /// Plain pieces first, then by key.
    fn rank(&self) -> (bool, u64, u64, u64) {
        match &self.values {
            Values::Plain(_) => (false, 0, self.writer, self.run),
            Values::Keyed(keyed) => (true, keyed.first_key, self.writer, self.run),
        }
    }

    fn is_falling(&self) -> bool {
        matches!(&self.values, Values::Keyed(keyed) if keyed.keys == Keys::Falling)
    }

    // The list that holds the pieces is of the arenas' present or last frame, so `get` succeeds.

    fn plain<'a>(&self, arenas: &'a ThreadArenas) -> &'a [T] {
        match self.values {
            Values::Plain(values) => arenas.get(values).unwrap_or_default(),
            Values::Keyed(_) => &[],
        }
    }

    fn keyed<'a>(&self, arenas: &'a ThreadArenas) -> &'a [Keyed<T>] {
        match &self.values {
            Values::Keyed(keyed) => arenas.get(keyed.pairs).unwrap_or_default(),
            Values::Plain(_) => &[],
        }
    }
}
