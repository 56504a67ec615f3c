//! The fills that no safe loop can beat: no check for an early end, no count.
//!
//! Invariant
//! - **U1** The iterators here are those of the standard library over a range or a slice, whose
//!   `len()` does not lie; each function asserts that it is the length of the slots.

use std::mem::MaybeUninit;

/// Fills `slots` with what `make` gives for `0..`.
///
/// # Panics
/// If there are more slots than a `u32` counts.
#[inline]
pub fn fill_from_range<T>(slots: &mut [MaybeUninit<T>], make: impl FnMut(u32) -> T) -> &mut [T] {
    let len = u32::try_from(slots.len()).expect("a bench's slices are short");
    // SAFETY: U1: a range from 0 to `len` has `len` elements.
    unsafe { fill(slots, (0..len).map(make)) }
}

/// Fills `slots` with what `make` gives for the elements of `source`.
///
/// # Panics
/// If the lengths differ.
#[inline]
pub fn fill_from_slice<'s, S, T>(
    slots: &'s mut [MaybeUninit<T>],
    source: &[S],
    make: impl FnMut(&S) -> T,
) -> &'s mut [T] {
    assert_eq!(slots.len(), source.len(), "one slot for each element");
    // SAFETY: U1: the lengths are the same.
    unsafe { fill(slots, source.iter().map(make)) }
}

/// # Safety
/// - `items` yields exactly `slots.len()` elements.
#[inline]
unsafe fn fill<T>(slots: &mut [MaybeUninit<T>], items: impl Iterator<Item = T>) -> &mut [T] {
    let first = slots.as_mut_ptr();
    items.enumerate().for_each(|(index, item)| {
        // SAFETY: the caller says that `index` stays under `slots.len()`.
        let slot = unsafe { first.add(index) };
        // SAFETY: a slot of `slots`, borrowed mutably.
        unsafe { slot.write(MaybeUninit::new(item)) };
    });
    // SAFETY: the caller says that every slot was written.
    unsafe { slots.assume_init_mut() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fill_writes_every_slot() {
        let mut slots = [MaybeUninit::uninit(); 5];
        assert_eq!(fill_from_range(&mut slots, |n| n * n), [0, 1, 4, 9, 16]);
        assert_eq!(fill_from_slice(&mut slots, &[5, 4, 3, 2, 1], |n| n + 1), [6, 5, 4, 3, 2]);
    }

    #[test]
    #[should_panic(expected = "one slot for each element")]
    fn a_fill_from_too_few_elements_panics() {
        fill_from_slice(&mut [MaybeUninit::<u8>::uninit(); 2], &[1], |n| *n);
    }
}
