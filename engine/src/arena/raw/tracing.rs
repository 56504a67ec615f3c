//! Traced mode: what the cold path notes of each allocation. No unsafe code.
#![forbid(unsafe_code)]

use core::alloc::Layout;
use core::cell::Cell;
use core::ptr::NonNull;

use super::RawArena;
use crate::arena::config::ArenaMode;
use crate::arena::size;
use crate::arena::trace::{FrameTrace, Origin, Tracer};

/// Ends an announcement, also where a key's `Hash` panics while a map makes room.
struct Announced<'r>(&'r Cell<Option<Origin>>);

impl Drop for Announced<'_> {
    fn drop(&mut self) {
        self.0.set(None);
    }
}

impl RawArena {
    /// Does `work`, which may call through the `Allocator` trait, in the name of `origin`.
    #[inline(always)]
    pub(crate) fn announced<R>(&self, origin: Origin, work: impl FnOnce() -> R) -> R {
        if self.config.mode != ArenaMode::Traced {
            return work();
        }
        self.announced.set(Some(origin));
        let _over = Announced(&self.announced);
        work()
    }

    #[cold]
    pub(super) fn trace_claim(&self, object: NonNull<u8>, layout: Layout, origin: Origin) {
        let origin = self.announced.take().unwrap_or(origin);
        let (offset, bytes) = (self.offset_of(object), size::padded(layout.size()));
        self.with_tracer(|tracer| tracer.note(origin, offset, bytes));
    }

    /// Notes that the last object has another length now, or none.
    #[inline(always)]
    pub(super) fn trace_resize(&self, object: NonNull<u8>, bytes: usize) {
        if self.config.mode == ArenaMode::Traced {
            self.trace_resize_cold(object, bytes);
        }
    }

    #[cold]
    #[inline(never)]
    fn trace_resize_cold(&self, object: NonNull<u8>, bytes: usize) {
        let (origin, offset) = (self.announced.take(), self.offset_of(object));
        self.with_tracer(|tracer| tracer.note_resize(origin, offset, bytes));
    }

    /// Bytes of this frame before an object of the current window.
    fn offset_of(&self, object: NonNull<u8>) -> usize {
        self.left_bytes.get() + (object.addr().get() - self.start.get().addr())
    }

    /// The tracer is out while it works: it takes heap memory, and an allocator that calls back
    /// into this arena then is not noted (R5).
    fn with_tracer(&self, work: impl FnOnce(&mut Tracer)) {
        let mut tracer = self.tracer.take().unwrap_or_default();
        work(&mut tracer);
        self.tracer.set(Some(tracer));
    }

    pub(super) fn forget_trace(&mut self) {
        self.announced.set(None);
        if let Some(tracer) = self.tracer.get_mut() {
            tracer.clear();
        }
    }

    /// What this frame allocated so far; empty but in traced mode.
    pub(crate) fn trace(&self) -> FrameTrace {
        let tracer = self.tracer.take();
        let trace = tracer.as_deref().map(Tracer::trace).unwrap_or_default();
        self.tracer.set(tracer);
        trace
    }
}
