//! `FrameArena`: typed allocation over the bump pointer.
//!
//! Invariants
//! - **F1** A claim gives memory of the layout asked for, aligned, that nobody else has until the
//!   next reset, whatever mode, budget or nesting (raw.rs, R1 to R5).
//! - **F2** A reset takes `&mut self`, so it ends every borrow that an allocation returned.
//! - **F3** Whatever runs user code (closure, iterator, `Clone`, `Display`) has claimed its memory
//!   before and writes to that only; what nests gets other memory.

use core::fmt;
use core::mem::needs_drop;

use super::config::{ArenaConfig, ArenaMode, Budget};
use super::drops::{DropList, PanicPayload, keep_first};
use super::epoch::Epoch;
use super::error::{AllocError, Refused, granted};
use super::raw::RawArena;
use super::scratch::ScratchPool;
use super::side_bump::SideBump;
use super::trace::Origin;

mod figures;
mod slices;
mod text;

/// Memory for objects that die together at the next [`reset`](Self::reset).
///
/// An allocation moves a pointer and compares it with the block's end: constant time, one after
/// the other in memory. [`reset`](Self::reset) moves the pointer back and runs no destructor but
/// those of [`alloc_drop`](Self::alloc_drop). A frame that needed several blocks leaves one that
/// holds them all, so from the second equal frame on there is no heap call.
///
/// References cannot outlive the frame: `reset` takes `&mut self`.
///
/// ```
/// use frame_arena::FrameArena;
///
/// let mut arena = FrameArena::with_capacity(64 << 10);
/// for frame in 0..3 {
///     let hits = arena.alloc_slice_from_iter((0..4).map(|body| body * frame));
///     let label = arena.alloc_fmt(format_args!("{} hits in frame {frame}", hits.len()));
///     assert!(label.starts_with("4 hits"));
///     arena.reset();
/// }
/// assert_eq!(arena.stats().block_count, 1);
/// ```
///
/// Types that need drop are refused at compile time by all calls but `alloc_drop`; a collection
/// such as [`FrameVec`](crate::FrameVec) drops its elements itself.
///
/// Each plain call has a `try_` twin. The plain call panics with the text of the twin's error when
/// the budget or the system refuses; nothing else here panics.
pub struct FrameArena {
    raw: RawArena,
    /// The last frame's memory, with two frames in flight.
    older: Option<Box<RawArena>>,
    scratch: ScratchPool,
    side_bump: SideBump,
}

/// Refuses types whose destructor the arena would not run, when the call is built.
const fn assert_no_drop<T>() {
    assert!(
        !needs_drop::<T>(),
        "this type needs drop, which a frame arena does not run: use `alloc_drop` for a \
         `Send + 'static` value, `alloc_str` for text, or a `FrameVec` or `FrameString`"
    );
}

impl FrameArena {
    /// An arena with the default configuration, which takes its first block (1 MiB) at the first
    /// allocation.
    #[must_use]
    pub fn new() -> Self {
        Self::from_raw(RawArena::new(ArenaConfig::default()))
    }

    /// An arena with a block for `capacity_bytes` of objects, taken now.
    ///
    /// # Panics
    /// If the system refuses it.
    #[must_use]
    #[track_caller]
    pub fn with_capacity(capacity_bytes: usize) -> Self {
        Self::with_config(ArenaConfig { capacity_bytes, ..ArenaConfig::default() })
    }

    /// As [`with_capacity`](Self::with_capacity).
    ///
    /// # Errors
    /// If the system refuses the block.
    pub fn try_with_capacity(capacity_bytes: usize) -> Result<Self, AllocError> {
        Self::try_with_config(ArenaConfig { capacity_bytes, ..ArenaConfig::default() })
    }

    /// An arena as configured, with its first block taken now.
    ///
    /// # Panics
    /// If the system refuses the block or the history's memory, or `frames_in_flight` is neither 1
    /// nor 2.
    #[must_use]
    #[track_caller]
    pub fn with_config(config: ArenaConfig) -> Self {
        granted(Self::try_with_config(config))
    }

    /// As [`with_config`](Self::with_config).
    ///
    /// # Errors
    /// If the system refuses the block, or memory for the figures of `history_frames` frames.
    ///
    /// # Panics
    /// If `frames_in_flight` is neither 1 nor 2.
    #[track_caller]
    pub fn try_with_config(config: ArenaConfig) -> Result<Self, AllocError> {
        let older = config.keeps_last_frame().then(|| Box::new(RawArena::new(config)));
        let mut arena = Self::from_raws(RawArena::new(config), older);
        arena.raw.keep_history()?;
        arena.raw.reserve_capacity()?;
        if let Some(older) = &arena.older {
            older.reserve_capacity()?;
        }
        Ok(arena)
    }

    /// An arena of one frame in flight.
    pub(crate) fn from_raw(raw: RawArena) -> Self {
        Self::from_raws(raw, None)
    }

    pub(crate) fn from_raws(raw: RawArena, older: Option<Box<RawArena>>) -> Self {
        Self { raw, older, scratch: ScratchPool::default(), side_bump: SideBump::default() }
    }

    /// Ends the frame; the first panic of a drop is returned.
    #[inline(always)] // Six instructions of a reset's sixty were the call.
    pub(crate) fn end_frame(&mut self, epoch: Epoch) -> Option<PanicPayload> {
        let _zone = self.raw.profile().zone_of_reset();
        if self.side_bump.is_unused() && self.raw.reset_if_plain(epoch) {
            return None;
        }
        self.end_any_frame(epoch)
    }

    #[cold]
    #[inline(never)]
    fn end_any_frame(&mut self, epoch: Epoch) -> Option<PanicPayload> {
        self.side_bump.end_frame();
        match &mut self.older {
            None => self.raw.reset(epoch),
            Some(older) => self.raw.reset_in_turn(older, epoch),
        }
    }

    /// Ends all frames in flight and changes the mode; the first panic of a drop is returned.
    pub(crate) fn end_frames_for_mode(
        &mut self,
        mode: ArenaMode,
        epoch: Epoch,
        older_epoch: Epoch,
    ) -> Option<PanicPayload> {
        self.side_bump.end_frame();
        if mode != self.config().mode {
            self.scratch.free_all(); // Those to come have the new one.
        }
        self.raw.note_frame(self.older.as_deref_mut());
        let mut first_panic = self.raw.set_mode(mode, epoch);
        if let Some(older) = &mut self.older
            && let Some(payload) = older.set_mode(mode, older_epoch)
        {
            keep_first(&mut first_panic, payload);
        }
        first_panic
    }

    /// The epoch of the last frame, with two in flight.
    #[inline]
    pub(crate) fn older_epoch(&self) -> Option<Epoch> {
        self.older.as_ref().map(|older| older.epoch())
    }

    pub(crate) fn side_bump(&self) -> &SideBump {
        &self.side_bump
    }

    pub(crate) fn scratch_pool(&self) -> &ScratchPool {
        &self.scratch
    }

    #[inline(always)]
    pub(crate) fn raw(&self) -> &RawArena {
        &self.raw
    }

    // ---- one value ----

    /// Stores `value` until the next reset.
    ///
    /// ```
    /// let arena = frame_arena::FrameArena::new();
    /// let speed = arena.alloc(1.5f32);
    /// *speed += 1.0;
    /// assert_eq!(*speed, 2.5);
    /// ```
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline(always)]
    #[track_caller]
    #[expect(clippy::mut_from_ref, reason = "each call returns memory of its own (F1)")]
    pub fn alloc<T>(&self, value: T) -> &mut T {
        const { assert_no_drop::<T>() };
        let slot = self.raw.expect_value::<T>();
        // SAFETY: F1.
        unsafe { slot.write(value) };
        // SAFETY: F1, just written; F2 ends the borrow in time.
        unsafe { &mut *slot.as_ptr() }
    }

    /// As [`alloc`](Self::alloc).
    ///
    /// # Errors
    /// If the budget or the system refuses; the error holds `value`.
    #[inline(always)]
    #[track_caller]
    #[expect(clippy::mut_from_ref, reason = "each call returns memory of its own (F1)")]
    pub fn try_alloc<T>(&self, value: T) -> Result<&mut T, Refused<T>> {
        const { assert_no_drop::<T>() };
        match self.raw.claim_value::<T>() {
            Ok(slot) => {
                // SAFETY: F1.
                unsafe { slot.write(value) };
                // SAFETY: F1, just written; F2 ends the borrow in time.
                Ok(unsafe { &mut *slot.as_ptr() })
            }
            Err(error) => Err(Refused::new(error, value)),
        }
    }

    /// Stores what `make` returns, built in place where the compiler can. `make` may allocate from
    /// the same arena.
    ///
    /// ```
    /// let arena = frame_arena::FrameArena::new();
    /// let pair = arena.alloc_with(|| (1, arena.alloc(2)));
    /// assert_eq!(pair.0 + *pair.1, 3);
    /// ```
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline(always)]
    #[track_caller]
    #[expect(clippy::mut_from_ref, reason = "each call returns memory of its own (F1)")]
    pub fn alloc_with<T>(&self, make: impl FnOnce() -> T) -> &mut T {
        const { assert_no_drop::<T>() };
        let slot = self.raw.expect_value::<T>();
        // SAFETY: F1 and F3: claimed before `make` runs.
        unsafe { slot.write(make()) };
        // SAFETY: F1, just written; F2 ends the borrow in time.
        unsafe { &mut *slot.as_ptr() }
    }

    /// As [`alloc_with`](Self::alloc_with).
    ///
    /// # Errors
    /// If the budget or the system refuses; the error holds `make`, which did not run.
    #[inline(always)]
    #[track_caller]
    #[expect(clippy::mut_from_ref, reason = "each call returns memory of its own (F1)")]
    pub fn try_alloc_with<T, F: FnOnce() -> T>(&self, make: F) -> Result<&mut T, Refused<F>> {
        const { assert_no_drop::<T>() };
        match self.raw.claim_value::<T>() {
            Ok(slot) => {
                // SAFETY: F1 and F3: claimed before `make` runs.
                unsafe { slot.write(make()) };
                // SAFETY: F1, just written; F2 ends the borrow in time.
                Ok(unsafe { &mut *slot.as_ptr() })
            }
            Err(error) => Err(Refused::new(error, make)),
        }
    }

    /// Stores a value that needs drop, and drops it at the next reset, newest first.
    ///
    /// Costs a list entry (16 bytes) and one indirect call at reset. A value that panics when
    /// dropped neither skips the others nor is dropped twice; `reset` then panics at its end.
    ///
    /// ```
    /// let mut arena = frame_arena::FrameArena::new();
    /// let name = arena.alloc_drop(String::from("player"));
    /// name.push_str(" one");
    /// assert_eq!(name, "player one");
    /// arena.reset(); // The string is dropped here.
    /// ```
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[track_caller]
    pub fn alloc_drop<T: Send + 'static>(&self, value: T) -> &mut T {
        granted(self.try_alloc_drop(value))
    }

    /// As [`alloc_drop`](Self::alloc_drop).
    ///
    /// # Errors
    /// If the budget or the system refuses; the error holds `value`.
    #[track_caller]
    #[expect(clippy::mut_from_ref, reason = "each call returns memory of its own (F1)")]
    pub fn try_alloc_drop<T: Send + 'static>(&self, value: T) -> Result<&mut T, Refused<T>> {
        match self.raw.claim(DropList::layout_of::<T>(), Origin::of::<T>(1)) {
            Ok(memory) => {
                // SAFETY: F1: memory of the layout that the list asks for; nothing else is stored
                // there, and the list runs before the reset gives the memory away.
                let slot = unsafe { self.raw.drops.push(memory, value) };
                // SAFETY: just written; F2 ends the borrow before the list drops the value.
                Ok(unsafe { &mut *slot.as_ptr() })
            }
            Err(error) => Err(Refused::new(error, value)),
        }
    }

    // ---- the frame ----

    /// Ends the frame: every value is forgotten, and the memory is kept for the next one.
    ///
    /// The cost does not depend on how many plain values were allocated. Leaves one block: several
    /// are replaced by one for the frame's most used bytes and a quarter more; after
    /// `shrink_after_frames` frames that used under half of it, by one for twice their most.
    ///
    /// # Panics
    /// At its very end, if a value of [`alloc_drop`](Self::alloc_drop) panicked when dropped.
    #[inline]
    pub fn reset(&mut self) {
        if let Some(payload) = self.end_frame(Epoch::next()) {
            std::panic::resume_unwind(payload);
        }
    }

    /// Changes where allocations come from. Ends the frame as [`reset`](Self::reset) does.
    ///
    /// # Panics
    /// As [`reset`](Self::reset).
    pub fn set_mode(&mut self, mode: ArenaMode) {
        if let Some(payload) = self.end_frames_for_mode(mode, Epoch::next(), Epoch::next()) {
            std::panic::resume_unwind(payload);
        }
    }

    /// Changes the budget, from the next allocation on.
    pub fn set_budget(&mut self, budget: Budget) {
        self.raw.set_budget(budget);
        if let Some(older) = &mut self.older {
            older.set_budget(budget);
        }
    }
}

impl Default for FrameArena {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for FrameArena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameArena")
            .field("name", &self.config().name)
            .field("mode", &self.config().mode)
            .field("epoch", &self.epoch())
            .field("stats", &self.stats())
            .finish()
    }
}
