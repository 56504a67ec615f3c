//! The bump pointer: claiming; in the files below, giving back and growing in place, and reset.
//!
//! Invariants
//! - **R1** `start <= ptr <= limit` bound the current window, memory that this arena alone hands
//!   out; `ptr` is never null and always a multiple of 8. A fresh arena's window is empty.
//! - **R2** `soft_end <= limit`, lowered by the budget, and equal to `start` in per-object mode. In
//!   bump mode `end` is `soft_end`. In the other modes `end < ptr`, so that no request, not even one
//!   for zero bytes, passes the hot path's compare.
//! - **R3** Memory below `ptr` in the window, and every window left since the last reset, belongs
//!   to callers until then; `ptr` moves down only over the last allocation, by its owner, and keeps
//!   the provenance of the window.
//! - **R4** Windows end at least 4 KiB below the top of the address space (B2).
//! - **R5** A call commits its state before it calls out to a log, the global allocator or user
//!   code, and reads its state anew after that: whatever nests gets other memory.

mod cold;
mod reset;
mod resize;
mod tracing;

use core::alloc::Layout;
use core::any::type_name;
use core::cell::Cell;
use core::hint::cold_path;
use core::ptr::{self, NonNull};
use std::sync::Arc;

use super::block::BlockChain;
use super::config::ArenaConfig;
use super::drops::DropList;
use super::epoch::Epoch;
use super::error::{AllocError, refuse};
use super::objects::ObjectList;
use super::poison;
use super::pressure::PressureTally;
use super::reservation::{Reservation, Window};
use super::size;
use super::stats::FrameHistory;
use super::trace::{Origin, Tracer};
use crate::profile::ArenaProfile;

/// Where windows come from.
enum Source {
    /// Blocks of the arena's own. `spare` holds blocks that the system would not let us merge.
    Own { blocks: BlockChain, spare: BlockChain },
    /// Granules of a reservation that the threads of a set share.
    Shared(Arc<Reservation>),
}

/// Whether this frame crossed `Budget::Warn`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Crossing {
    No,
    /// Crossed; to be logged once the allocation is committed (R5).
    Unlogged,
    Logged,
}

/// A bump pointer and everything that is rare about it. Not `Sync`: one thread at a time.
///
/// Aligned to a cache line: where the fields of the hot path lie on both sides of a 32-byte boundary,
/// an AMD Zen 3 takes three cycles for an 8-byte value, not two.
#[repr(C, align(64))]
pub(crate) struct RawArena {
    // The hot path touches these three only.
    ptr: Cell<*mut u8>,
    end: Cell<*mut u8>,
    count: Cell<u64>,

    start: Cell<*mut u8>,
    limit: Cell<*mut u8>,
    soft_end: Cell<*mut u8>,
    /// What [`Self::is_plain_frame`] said last.
    is_plain: Cell<bool>,
    /// Bytes under which a plain frame is a quiet one.
    quiet_under_bytes: Cell<usize>,
    /// Bytes used in windows left since the last reset.
    left_bytes: Cell<usize>,
    peak_bytes: Cell<usize>,
    abandoned_bytes: Cell<usize>,
    /// Over that of a block, 0 if none was; of plain frames before this one too.
    most_align_bytes: Cell<usize>,
    block_requests: Cell<u32>,
    crossing: Cell<Crossing>,
    /// The most bytes that the frame would have used with a request that met the end of what cannot
    /// grow; 0 if none did.
    refused_bytes: Cell<usize>,
    is_missed_reset_logged: Cell<bool>,
    /// Why the last call through the `Allocator` trait failed: its error type cannot say.
    pub(crate) last_refusal: Cell<Option<AllocError>>,
    /// Who will call through the `Allocator` trait next, in traced mode: it tells a layout only.
    announced: Cell<Option<Origin>>,
    tracer: Cell<Option<Box<Tracer>>>,
    source: Source,
    profile: ArenaProfile,
    /// Over memory of somebody else's, which is all that it may use.
    is_lent: bool,
    objects: ObjectList,
    pub(crate) drops: DropList,
    epoch: Epoch,
    config: ArenaConfig,
    quiet: QuietRun,
    life: Life,
}

/// What an arena remembers of all its frames.
#[derive(Default)]
struct Life {
    resizes: u32,
    history: FrameHistory,
    pressure: PressureTally,
}

/// Consecutive frames, the last one included, that used under half of what is reserved.
#[derive(Default)]
struct QuietRun {
    frame_count: u32,
    /// The most bytes that one of them used.
    most_bytes: usize,
}

impl QuietRun {
    #[inline]
    fn note(&mut self, peak_bytes: usize, is_quiet: bool) {
        if is_quiet {
            self.frame_count = self.frame_count.wrapping_add(1);
            self.most_bytes = self.most_bytes.max(peak_bytes);
        } else {
            *self = Self::default();
        }
    }
}

// SAFETY: the windows are plain memory that no other thread hands out (R1); what is in them is
// reached only through borrows of the arena, which end before it moves, or is dropped by the drop
// list, which takes `Send` values only.
unsafe impl Send for RawArena {}

/// Not null, aligned to 16, and no memory: the place of an empty window.
const fn nowhere() -> *mut u8 {
    ptr::without_provenance_mut(size::BLOCK_ALIGN_BYTES)
}

impl RawArena {
    /// An arena with blocks of its own, none taken yet.
    pub(crate) fn new(config: ArenaConfig) -> Self {
        let source = Source::Own { blocks: BlockChain::default(), spare: BlockChain::default() };
        let profile = ArenaProfile::new(config.name, config.profile);
        Self::with_source(config, source, profile, Epoch::next())
    }

    /// An arena over memory that somebody else owns, and no more than that: its capacity is what
    /// alignment leaves of it.
    ///
    /// # Safety
    /// - The memory is valid for reads and writes and nobody else uses it until the arena is gone.
    pub(crate) unsafe fn lent(config: ArenaConfig, memory: NonNull<[u8]>) -> Self {
        let start = memory.cast::<u8>();
        let skipped = size::padding_to(start.addr().get(), size::BLOCK_ALIGN_BYTES);
        // R4: the top 4 KiB of the address space are never handed out.
        let highest_end = usize::MAX - size::WRAP_SAFE_BYTES;
        let end = (start.addr().get() + memory.len()).min(highest_end);
        let bytes = end.saturating_sub(start.addr().get() + skipped);
        let bytes = bytes & !(size::MIN_ALIGN_BYTES - 1);
        let mut arena = Self::new(ArenaConfig { can_grow: false, capacity_bytes: bytes, ..config });
        arena.is_lent = true;
        if bytes > 0 {
            let start = start.map_addr(|start| start.saturating_add(skipped));
            arena.enter(Window { start, bytes });
        }
        arena
    }

    /// A member of a per-thread set.
    pub(crate) fn member(config: ArenaConfig, shared: Arc<Reservation>, epoch: Epoch) -> Self {
        let profile = shared.profile().share();
        Self::with_source(config, Source::Shared(shared), profile, epoch)
    }

    fn with_source(
        config: ArenaConfig,
        source: Source,
        profile: ArenaProfile,
        epoch: Epoch,
    ) -> Self {
        let arena = Self {
            ptr: Cell::new(nowhere()),
            end: Cell::new(nowhere()),
            count: Cell::new(0),
            start: Cell::new(nowhere()),
            limit: Cell::new(nowhere()),
            soft_end: Cell::new(nowhere()),
            is_plain: Cell::new(false),
            quiet_under_bytes: Cell::new(0),
            left_bytes: Cell::new(0),
            peak_bytes: Cell::new(0),
            abandoned_bytes: Cell::new(0),
            most_align_bytes: Cell::new(0),
            block_requests: Cell::new(0),
            crossing: Cell::new(Crossing::No),
            refused_bytes: Cell::new(0),
            is_missed_reset_logged: Cell::new(false),
            last_refusal: Cell::new(None),
            announced: Cell::new(None),
            tracer: Cell::new(None),
            source,
            profile,
            is_lent: false,
            objects: ObjectList::default(),
            drops: DropList::default(),
            epoch,
            config,
            quiet: QuietRun::default(),
            life: Life::default(),
        };
        arena.empty_window();
        arena
    }

    /// Takes the memory for the figures of past frames.
    pub(crate) fn keep_history(&mut self) -> Result<(), AllocError> {
        self.life.history = FrameHistory::try_new(&self.config)?;
        Ok(())
    }

    /// Memory for one `T`.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn claim_value<T>(&self) -> Result<NonNull<T>, AllocError> {
        if let Some(claimed) = self.bump_value() {
            return Ok(claimed);
        }
        let Origin { type_name, caller, len } = Origin::of::<T>(1);
        Ok(self.claim_cold(Layout::new::<T>(), type_name, caller, len)?.cast())
    }

    /// Memory for one `T`, or a panic with the reason why there is none.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn expect_value<T>(&self) -> NonNull<T> {
        match self.bump_value() {
            Some(claimed) => claimed,
            None => self.expect_cold(Layout::new::<T>(), type_name::<T>(), 1).cast(),
        }
    }

    /// Memory of `layout`.
    #[inline(always)]
    pub(crate) fn claim(&self, layout: Layout, origin: Origin) -> Result<NonNull<u8>, AllocError> {
        if let Some(claimed) = self.bump(layout) {
            return Ok(claimed);
        }
        // In parts: the whole would be written to the stack before it is known who needs it.
        let Origin { type_name, caller, len } = origin;
        self.claim_cold(layout, type_name, caller, len)
    }

    /// Memory for `len` values of `T`, or a panic with the reason why there is none.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn expect_array<T>(&self, len: usize) -> NonNull<T> {
        let layout = match self.array_layout::<T>(len) {
            Ok(layout) => layout,
            Err(error) => refuse(error),
        };
        match self.bump(layout) {
            Some(claimed) => claimed.cast(),
            None => self.expect_cold(layout, type_name::<T>(), len).cast(),
        }
    }

    #[inline(always)]
    fn bump_value<T>(&self) -> Option<NonNull<T>> {
        let bytes = const { size::padded(size_of::<T>()) };
        if align_of::<T>() > size::MIN_ALIGN_BYTES || bytes > size::WRAP_SAFE_BYTES {
            return self.bump(Layout::new::<T>()).map(NonNull::cast);
        }
        let ptr = self.ptr.get();
        let next = ptr.wrapping_add(bytes); // R4: cannot wrap.
        if next > self.end.get() {
            cold_path();
            return None;
        }
        self.ptr.set(next);
        self.count.set(self.count.get() + 1);
        poison::allow_use(ptr, size_of::<T>());
        // SAFETY: R1: `ptr` is never null.
        Some(unsafe { NonNull::new_unchecked(ptr) }.cast())
    }

    #[inline(always)]
    fn bump(&self, layout: Layout) -> Option<NonNull<u8>> {
        if layout.size() > size::MAX_REQUEST_BYTES {
            cold_path();
            return None;
        }
        let claimed = self.bump_below(self.end.get(), layout)?;
        self.count.set(self.count.get() + 1);
        self.note_align(layout.align());
        Some(claimed)
    }

    /// Remembers the largest alignment, for which a block that replaces others needs slack.
    #[inline(always)]
    fn note_align(&self, align_bytes: usize) {
        if align_bytes > size::BLOCK_ALIGN_BYTES {
            self.most_align_bytes.set(self.most_align_bytes.get().max(align_bytes));
        }
    }

    /// Moves the pointer over an object of `layout` if that stays at or below `end`.
    ///
    /// The size is at most `MAX_REQUEST_BYTES`, so that no sum here overflows an `isize`.
    #[inline(always)]
    fn bump_below(&self, end: *mut u8, layout: Layout) -> Option<NonNull<u8>> {
        let ptr = self.ptr.get();
        let padding = match layout.align() {
            ..=size::MIN_ALIGN_BYTES => 0,
            align => size::padding_to(ptr.addr(), align),
        };
        let bytes = size::padded(layout.size());
        // Signed: but in bump mode `end` lies below `ptr` (R2).
        let room = end.addr().wrapping_sub(ptr.addr()).cast_signed();
        if room < (padding + bytes).cast_signed() {
            cold_path();
            return None;
        }
        let object = ptr.wrapping_add(padding);
        self.ptr.set(object.wrapping_add(bytes));
        poison::allow_use(object, layout.size());
        // SAFETY: R1: `ptr` is not null, and the object lies at or above it without wrapping.
        Some(unsafe { NonNull::new_unchecked(object) })
    }

    /// Forgets what lies in the current window; at reset only.
    #[inline]
    fn forget_window(&mut self) {
        let start = self.start.get();
        let bytes = self.ptr.get().addr() - start.addr();
        // SAFETY: P1: `&mut self` at reset says that every borrow has ended, the drops have run,
        // and the new epoch makes every handle stale; the window is this arena's memory (R1).
        unsafe { poison::forget(start, bytes) };
    }

    /// Remembers the most bytes used, before `used_bytes` falls.
    #[inline(always)]
    fn note_peak(&self) {
        let used = self.used_bytes();
        if used > self.peak_bytes.get() {
            self.peak_bytes.set(used);
        }
    }
}
