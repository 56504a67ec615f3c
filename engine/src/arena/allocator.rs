//! `Allocator` for `&FrameArena`, so that collections of other crates can live in a frame.
//!
//! Invariants
//! - **A1** Memory handed out stays valid while a `&FrameArena` lives: reset and drop need the
//!   arena unborrowed, and moving the arena does not move its blocks.
//! - **A2** `grow`, `shrink` and `deallocate` are called with memory and layouts of this arena
//!   since its last reset: the trait demands it of callers, and a `&FrameArena` that saw the
//!   allocation rules a reset out. Only memory of no bytes may come from nowhere: allocator_api2's
//!   `Box` takes none for a value without size and gives it back all the same.

use core::alloc::Layout;
use core::ptr::NonNull;

use allocator_api2::alloc::{AllocError as Refusal, Allocator};

use super::error::AllocError;
use super::frame_arena::FrameArena;
use super::trace::Origin;

impl FrameArena {
    /// Remembers the reason, for which the trait's error has no room.
    #[cold]
    fn note(&self, error: AllocError) -> Refusal {
        self.raw().last_refusal.set(Some(error));
        Refusal
    }
}

fn sized(memory: NonNull<u8>, layout: Layout) -> NonNull<[u8]> {
    NonNull::slice_from_raw_parts(memory, layout.size())
}

/// Through this, `allocator_api2` 0.2 and hashbrown 0.17 collections live in a frame.
///
/// The last allocation grows and shrinks in place, and is reused when it is freed; other memory
/// comes back at reset. A foreign collection *aborts the process* when an allocation is refused
/// (`handle_alloc_error`), unless it is filled through its own `try_` methods; [`FrameVec`] and
/// [`FrameString`] panic with the reason instead.
///
/// [`FrameVec`]: crate::FrameVec
/// [`FrameString`]: crate::FrameString
///
/// ```
/// use frame_arena::FrameArena;
///
/// let arena = FrameArena::new();
/// let mut names = allocator_api2::vec::Vec::new_in(&arena);
/// names.extend(["update", "physics", "render"]);
/// assert_eq!(names.len(), 3);
/// ```
// SAFETY: A1 keeps memory valid for all copies of the reference, which all mean one arena.
unsafe impl Allocator for &FrameArena {
    #[inline]
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, Refusal> {
        match self.raw().claim(layout, Origin::unknown(layout.size())) {
            Ok(memory) => Ok(sized(memory, layout)),
            Err(error) => Err(self.note(error)),
        }
    }

    #[inline]
    unsafe fn deallocate(&self, memory: NonNull<u8>, layout: Layout) {
        if layout.size() > 0 {
            // SAFETY: A2.
            unsafe { self.raw().release(memory, layout) };
        }
    }

    #[inline]
    unsafe fn grow(
        &self,
        memory: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, Refusal> {
        // SAFETY: A2.
        let resized = unsafe { resize(self, memory, old, new) };
        resized.map_err(|error| self.note(error))
    }

    unsafe fn grow_zeroed(
        &self,
        memory: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, Refusal> {
        // SAFETY: the caller's promise is that of `grow`.
        let grown = unsafe { self.grow(memory, old, new) }?;
        // SAFETY: `new` is at least as large as `old` (the trait's contract).
        let tail = unsafe { grown.cast::<u8>().add(old.size()) };
        // SAFETY: the bytes from `old.size()` to `new.size()` are ours.
        unsafe { tail.write_bytes(0, new.size() - old.size()) };
        Ok(grown)
    }

    #[inline]
    unsafe fn shrink(
        &self,
        memory: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, Refusal> {
        // SAFETY: A2.
        let resized = unsafe { resize(self, memory, old, new) };
        resized.map_err(|error| self.note(error))
    }
}

/// Resizes in place where the alignment stays and the arena can; otherwise moves.
///
/// # Safety
/// - A2.
#[inline]
unsafe fn resize(
    arena: &FrameArena,
    memory: NonNull<u8>,
    old: Layout,
    new: Layout,
) -> Result<NonNull<[u8]>, AllocError> {
    if old.size() == 0 {
        return Ok(sized(arena.raw().claim(new, Origin::unknown(new.size()))?, new)); // A2: it may be nobody's memory.
    }
    if new.align() == old.align() {
        // SAFETY: A2.
        let resized = unsafe { arena.raw().resize(memory, old, new.size()) }?;
        return Ok(sized(resized, new));
    }
    // Another alignment is rare (no collection here does it) and always moves.
    let moved = arena.raw().claim(new, Origin::unknown(new.size()))?;
    let bytes = old.size().min(new.size());
    // SAFETY: both are ours and at least this long; `moved` is new, so they do not overlap.
    unsafe { core::ptr::copy_nonoverlapping(memory.as_ptr(), moved.as_ptr(), bytes) };
    // SAFETY: A2; the contents have moved.
    unsafe { arena.raw().release(memory, old) };
    Ok(sized(moved, new))
}
