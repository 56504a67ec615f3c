//! What keeps the compiler from seeing through a bench and costs nothing: the value stays in its
//! register.
//!
//! `std::hint::black_box` writes its argument to the stack and reads it back: a loop of one
//! addition with it takes two to three cycles, with this one. That is as much as an allocation, and
//! an address that comes back through memory hides from the processor that the arena is the same
//! as before, so that its pointer is waited for each time. Every arm uses these alike.
//!
//! Invariant
//! - **E1** The assembly is empty: it changes no register and no memory, whatever it may do in the
//!   compiler's eyes.

use std::arch::asm;

/// The same reference, of which the compiler no longer knows where it comes from.
#[inline(always)]
#[must_use]
pub fn hidden<T>(value: &T) -> &T {
    let mut address: *const T = value;
    // SAFETY: E1.
    unsafe { asm!("/* {0} */", inout(reg) address, options(nostack, preserves_flags)) };
    // SAFETY: E1: still the address of `value`, which is borrowed for as long.
    unsafe { &*address }
}

/// The same for a mutable reference.
#[inline(always)]
#[must_use]
pub fn hidden_mut<T>(value: &mut T) -> &mut T {
    let mut address: *mut T = value;
    // SAFETY: E1.
    unsafe { asm!("/* {0} */", inout(reg) address, options(nostack, preserves_flags)) };
    // SAFETY: E1: still the address of `value`, which is borrowed for as long.
    unsafe { &mut *address }
}

/// Makes the compiler believe that somebody reads and changes what is there.
#[inline(always)]
pub fn used<T: ?Sized>(value: &mut T) {
    let address = (&raw mut *value).cast::<u8>();
    // SAFETY: E1.
    unsafe { asm!("/* {0} */", in(reg) address, options(nostack, preserves_flags)) };
}

/// Makes the compiler believe that somebody wants this number.
#[inline(always)]
pub fn wanted(number: u64) {
    // SAFETY: E1.
    unsafe { asm!("/* {0} */", in(reg) number, options(nostack, preserves_flags)) };
}

/// The same number, of which the compiler no longer knows what it is.
#[inline(always)]
pub fn seen(number: u64) -> u64 {
    let mut same = number;
    // SAFETY: E1.
    unsafe { asm!("/* {0} */", inout(reg) same, options(nostack, preserves_flags)) };
    same
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_and_used_is_unchanged() {
        let mut numbers = [1_u64, 2, 3];
        hidden_mut(&mut numbers)[1] = 5;
        used(&mut numbers[..]);
        wanted(numbers[0]);
        assert_eq!(hidden(&numbers), &[1, seen(5), 3]);
    }
}
