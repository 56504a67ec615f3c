//! Debug aids: memory that nobody may read looks like it, and a sanitizer knows it.
//!
//! Invariant
//! - **P1** The bytes are the arena's to hand out and nobody's at this moment: no object, no
//!   handle's target, no header or footer lies in them.
//!
//! With debug assertions, forgotten memory is filled with [`POISON`]. With `--cfg frame_arena_asan`
//! beside `-Zsanitizer=address`, free memory is poisoned for AddressSanitizer, so that a use after
//! the reset, or past an object's end, is reported. Otherwise all of this is empty.

/// What forgotten memory is filled with in debug builds.
pub(crate) const POISON: u8 = 0xDF;

#[cfg(frame_arena_asan)]
mod asan {
    use core::ffi::c_void;

    // Of AddressSanitizer's runtime: sanitizer/asan_interface.h.
    unsafe extern "C" {
        pub(super) fn __asan_poison_memory_region(start: *const c_void, bytes: usize);
        pub(super) fn __asan_unpoison_memory_region(start: *const c_void, bytes: usize);
    }
}

/// Marks memory that was used and is free now.
///
/// # Safety
/// - P1, and the bytes are valid for writes.
#[inline(always)]
pub(crate) unsafe fn forget(start: *mut u8, bytes: usize) {
    if cfg!(debug_assertions) && bytes > 0 {
        allow_use(start, bytes); // Parts of it may be poisoned already.
        // SAFETY: the caller's promise.
        unsafe { start.write_bytes(POISON, bytes) };
    }
    forbid_use(start, bytes);
}

/// Tells the sanitizer that these bytes are free.
#[inline(always)]
pub(crate) fn forbid_use(start: *mut u8, bytes: usize) {
    #[cfg(frame_arena_asan)]
    // SAFETY: changes the sanitizer's own notes only.
    unsafe {
        asan::__asan_poison_memory_region(start.cast(), bytes);
    }
    let _ = (start, bytes);
}

/// Tells the sanitizer that these bytes are in use.
#[inline(always)]
pub(crate) fn allow_use(start: *mut u8, bytes: usize) {
    #[cfg(frame_arena_asan)]
    // SAFETY: changes the sanitizer's own notes only.
    unsafe {
        asan::__asan_unpoison_memory_region(start.cast(), bytes);
    }
    let _ = (start, bytes);
}
