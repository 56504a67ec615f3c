//! Sorting by key without a heap call.

/// Where a keyed value stands: in which slice, and at which place there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) key: u64,
    pub(super) slice: u32,
    pub(super) at: u32,
}

const DIGIT_BITS: u32 = 11;
const DIGITS: usize = 1 << DIGIT_BITS;

/// Sorts by key and leaves those of one key in order. `spare` is as long as `places`.
///
/// Radix sort from the lowest digit up (Knuth, The Art of Computer Programming 3, 5.2.5), over
/// those digits only in which keys differ: two passes for keys under four million.
pub(super) fn sort_by_key<'a>(
    mut places: &'a mut [Place],
    mut spare: &'a mut [Place],
) -> &'a mut [Place] {
    let first = places.first().map_or(0, |place| place.key);
    let mut differing = places.iter().fold(0, |bits, place| bits | (place.key ^ first));
    let mut shift = 0;
    while differing != 0 {
        let skipped = differing.trailing_zeros();
        shift += skipped;
        sort_by_digit(places, spare, shift);
        (places, spare) = (spare, places);
        differing = differing >> skipped >> DIGIT_BITS;
        shift += DIGIT_BITS;
    }
    places
}

/// Copies `from` to `to` in order of the digit that begins at bit `shift`.
fn sort_by_digit(from: &[Place], to: &mut [Place], shift: u32) {
    let digit = |place: &Place| (place.key >> shift) as usize % DIGITS;
    let mut starts = [0u32; DIGITS];
    for place in from {
        starts[digit(place)] += 1;
    }
    let mut start = 0;
    for count in &mut starts {
        start += core::mem::replace(count, start);
    }
    for place in from {
        let next = &mut starts[digit(place)];
        to[*next as usize] = *place;
        *next += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(keys: impl Iterator<Item = u64>) -> (Vec<Place>, Vec<Place>) {
        let places: Vec<_> = keys.zip(0..).map(|(key, at)| Place { key, slice: 0, at }).collect();
        let (mut ours, mut spare, mut theirs) = (places.clone(), places.clone(), places);
        theirs.sort_by_key(|place| place.key);
        (sort_by_key(&mut ours, &mut spare).to_vec(), theirs)
    }

    #[test]
    fn keys_sort_as_the_standard_librarys_stable_sort_does() {
        let scrambled = |n: u64| n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        for len in [0, 1, 2, 3, 100, 5_000] {
            for shift in [0, 1, 13, 40, 53, 63] {
                let (ours, theirs) = sorted((0..len).map(|n| scrambled(n) >> shift));
                assert_eq!(ours, theirs, "{len} keys of {} bits", 64 - shift);
                let (ours, theirs) = sorted((0..len).map(|n| scrambled(n) >> shift << shift));
                assert_eq!(ours, theirs, "{len} keys from bit {shift} up");
            }
        }
    }
}
