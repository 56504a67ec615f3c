//! Giving back, growing in place, and moving what cannot. The invariants are those of `raw.rs` (R)
//! and `objects.rs` (O).

use core::alloc::Layout;
use core::ptr::{self, NonNull};

use super::RawArena;
use crate::arena::config::ArenaMode;
use crate::arena::error::AllocError;
use crate::arena::trace::Origin;
use crate::arena::{poison, size};

impl RawArena {
    /// Whether `object`, of `size_bytes`, is the last allocation of the current window.
    ///
    /// The compare with `start` matters: the end of a window left can be the start of this one.
    #[inline(always)]
    fn is_last(&self, object: NonNull<u8>, size_bytes: usize) -> bool {
        let object = object.as_ptr();
        object >= self.start.get()
            && object.wrapping_add(size::padded(size_bytes)) == self.ptr.get()
    }

    /// Moves the pointer down to `address`, in the current window.
    ///
    /// The window's own pointer moves there: a caller's may be good for its own object only.
    #[inline(always)]
    fn move_down_to(&self, address: usize) {
        let old = self.ptr.get();
        self.ptr.set(old.with_addr(address));
        poison::forbid_use(self.ptr.get(), old.addr() - address);
    }

    /// Ends an object's life before the reset. Its memory is used again only if it is the last.
    ///
    /// # Safety
    /// - `object` was claimed from this arena since its last reset with `layout`, and nobody uses
    ///   it after this call.
    #[inline]
    pub(crate) unsafe fn release(&self, object: NonNull<u8>, layout: Layout) {
        self.profile.released(object.as_ptr(), layout.size());
        if self.config.mode == ArenaMode::PerObject {
            self.note_peak();
            self.repay_object(size::padded(layout.size()));
            // SAFETY: O1, O2: in per-object mode every claimed object is on the list.
            unsafe { self.objects.free(object) };
        } else if self.is_last(object, layout.size()) {
            self.note_peak();
            self.move_down_to(object.addr().get());
            self.trace_resize(object, 0);
        }
    }

    /// Makes the last object longer where it lies, if the window has the room: a compare or two, and
    /// in bump mode only, for in the others `end` lies below `ptr` (R2). The pointer returned is good
    /// for all of it.
    #[inline(always)]
    pub(crate) fn lengthen_last(
        &self,
        object: NonNull<u8>,
        old_bytes: usize,
        new_bytes: usize,
    ) -> Option<NonNull<u8>> {
        let (ptr, end) = (self.ptr.get(), self.end.get());
        let room = end.addr().wrapping_sub(ptr.addr()).cast_signed();
        if new_bytes > size::MAX_REQUEST_BYTES || !self.is_last(object, old_bytes) {
            return None;
        }
        let more = size::padded(new_bytes) - size::padded(old_bytes);
        if room < more.cast_signed() {
            return None;
        }
        self.ptr.set(ptr.wrapping_add(more));
        self.note_growth(old_bytes, new_bytes);
        poison::allow_use(object.as_ptr(), new_bytes);
        // R3: the window's own provenance, for the caller's may be good for the old length only.
        NonNull::new(ptr.with_addr(object.addr().get()))
    }

    /// Resizes an object, in place where it is the last; otherwise a larger one moves to new
    /// memory, and a smaller one stays where it is. On an error the object is as it was.
    ///
    /// # Safety
    /// - `object` was claimed from this arena since its last reset with `old`, and after a success
    ///   nobody uses it but through the pointer returned.
    pub(crate) unsafe fn resize(
        &self,
        object: NonNull<u8>,
        old: Layout,
        new_size: usize,
    ) -> Result<NonNull<u8>, AllocError> {
        let new = Layout::from_size_align(new_size, old.align())
            .map_err(|_| self.too_large(new_size, 1))?;
        if self.config.mode == ArenaMode::PerObject {
            // SAFETY: O1, O2: in per-object mode every claimed object is on the list.
            return unsafe { self.resize_object(object, old, new) };
        }
        if self.is_last(object, old.size()) {
            if let Some(resized) = self.resize_last(object, old, new) {
                self.trace_resize(resized, size::padded(new_size));
                self.profile.released(resized.as_ptr(), old.size());
                self.profile.claimed(resized.as_ptr(), new_size);
                return Ok(resized);
            }
            self.refuse_to_lengthen(old, new)?;
        }
        if size::padded(new_size) <= size::padded(old.size()) {
            poison::allow_use(object.as_ptr(), new_size); // Its padding may be used now.
            return Ok(object);
        }
        let moved = self.claim(new, Origin::unknown(new_size))?;
        let (from, to) = (object.as_ptr(), moved.as_ptr());
        // SAFETY: R3: both are claimed, and `moved` is new, so they do not overlap; `old` is smaller.
        unsafe { ptr::copy_nonoverlapping(from, to, old.size()) };
        self.abandoned_bytes.set(self.abandoned_bytes.get() + size::padded(old.size()));
        self.profile.released(from, old.size());
        Ok(moved)
    }

    /// Resizes the last object where it lies, if the window has the room or can be extended.
    #[inline]
    fn resize_last(&self, object: NonNull<u8>, old: Layout, new: Layout) -> Option<NonNull<u8>> {
        if new.size() > size::MAX_REQUEST_BYTES {
            return None;
        }
        self.note_peak();
        let old_ptr = self.ptr.get();
        let resize_below_end = || {
            self.move_down_to(object.addr().get());
            // The object is aligned already, so this gives the same address or nothing.
            let resized = self.bump_below(self.soft_end.get(), new);
            if resized.is_none() {
                self.ptr.set(old_ptr);
                poison::allow_use(object.as_ptr(), old.size());
            }
            resized
        };
        resize_below_end()
            .or_else(|| {
                let more = size::padded(new.size()).checked_sub(size::padded(old.size()))?;
                let resized = self.extend_window(more).then(resize_below_end).flatten();
                match resized {
                    Some(_) => self.log_crossing(),
                    None => self.take_crossing_back(),
                }
                resized
            })
            .inspect(|_| self.note_growth(old.size(), new.size()))
    }

    /// # Safety
    /// - As for [`Self::resize`], in per-object mode.
    #[cold]
    unsafe fn resize_object(
        &self,
        object: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<u8>, AllocError> {
        let more = size::padded(new.size()).saturating_sub(size::padded(old.size()));
        self.afford_object(more, size::missing(old.size(), new.size()))
            .inspect_err(|error| self.note_refusal(error))?;
        self.note_peak();
        self.profile.released(object.as_ptr(), old.size());
        // SAFETY: O1, O2, by the caller's promise; `new` is a valid layout of the same alignment.
        let moved = unsafe { self.objects.resize(object, new.size()) };
        let Some(moved) = moved else {
            self.profile.claimed(object.as_ptr(), old.size());
            self.repay_object(more);
            self.take_crossing_back();
            if new.size() <= old.size() {
                return Ok(object); // Longer than need be, but there.
            }
            return Err(self.out_of_memory(new.size()));
        };
        if new.size() > old.size() {
            self.count.set(self.count.get() + 1);
        } else {
            self.repay_object(size::padded(old.size()) - size::padded(new.size()));
        }
        self.profile.claimed(moved.as_ptr(), new.size());
        self.log_crossing();
        Ok(moved)
    }

    /// Makes an object shorter where it lies, and uses its end again if it is the last.
    ///
    /// # Safety
    /// - `object` was claimed from this arena since its last reset with `layout`, and nobody uses
    ///   its bytes from `new_size` on after this call.
    pub(crate) unsafe fn shrink_last(&self, object: NonNull<u8>, layout: Layout, new_size: usize) {
        debug_assert!(new_size <= layout.size());
        if self.config.mode != ArenaMode::PerObject && self.is_last(object, layout.size()) {
            self.note_peak();
            self.move_down_to(object.addr().get() + size::padded(new_size));
            self.trace_resize(object, size::padded(new_size));
            self.profile.released(object.as_ptr(), layout.size());
            self.profile.claimed(object.as_ptr(), new_size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::block::Block;
    use crate::arena::config::ArenaConfig;
    use crate::arena::reservation::Window;
    use crate::profile::{ArenaProfile, ProfileLevel};

    #[test]
    fn an_object_that_ends_where_the_window_starts_is_not_its_last() {
        let block = Block::new(256, &ArenaProfile::new("test", ProfileLevel::Blocks)).unwrap();
        let window = |offset| Window {
            start: block.start().map_addr(|start| start.checked_add(offset).unwrap()),
            bytes: 128,
        };
        let arena = RawArena::new(ArenaConfig::default());
        let layout = Layout::new::<[u8; 128]>();
        arena.enter(window(0));
        let object = arena.claim(layout, Origin::unknown(128)).unwrap();
        arena.enter(window(128));
        // SAFETY: claimed above with this layout, and not used again.
        unsafe { arena.release(object, layout) };
        assert_eq!(arena.used_bytes(), 128);
        assert_eq!(arena.claim(layout, Origin::unknown(128)).unwrap(), window(128).start);
    }

    #[test]
    fn per_object_mode_serves_zero_bytes_as_objects_of_their_own() {
        let config = ArenaConfig { mode: ArenaMode::PerObject, ..ArenaConfig::default() };
        let arena = RawArena::new(config);
        let layout = Layout::new::<()>();
        let claim = || arena.claim(layout, Origin::of::<()>(1)).unwrap();
        let (one, two) = (claim(), claim());
        assert_ne!(one, two);
        // SAFETY: claimed above with this layout, and not used again.
        unsafe { arena.release(one, layout) };
        // SAFETY: claimed above with this layout, and used through the result only.
        let grown = unsafe { arena.resize(two, layout, 8) }.unwrap();
        assert_eq!((arena.used_bytes(), arena.objects.live_bytes()), (8, 8));
        assert_eq!(grown.addr().get() % 8, 0);
    }
}
