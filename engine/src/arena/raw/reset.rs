//! The frame boundary: drops, figures, one block, the pointer moved back. No unsafe code.
#![forbid(unsafe_code)]

use core::alloc::Layout;
use core::mem;

use super::{Crossing, QuietRun, RawArena, Source};
use crate::arena::block::{Block, BlockChain};
use crate::arena::config::{ArenaConfig, ArenaMode, Budget};
use crate::arena::drops::{PanicPayload, resume_in_drop};
use crate::arena::epoch::Epoch;
use crate::arena::error::AllocError;
use crate::arena::pressure::Pressure;
use crate::arena::reservation::Window;
use crate::arena::size;
use crate::arena::stats::{ArenaStats, FrameUsage};
use crate::profile::{self, ArenaProfile};

impl RawArena {
    /// Ends the frame and begins another in the same memory.
    pub(crate) fn reset(&mut self, epoch: Epoch) -> Option<PanicPayload> {
        self.note_frame(None);
        self.begin(epoch)
    }

    /// Does what [`Self::reset`] does if the frame was a plain one without values to drop; leaves
    /// alone what such a frame cannot change. `false`, and nothing done, after any other.
    #[inline]
    pub(crate) fn reset_if_plain(&mut self, epoch: Epoch) -> bool {
        if !self.is_plain.get() || !self.drops.is_empty() {
            return false;
        }
        self.epoch = epoch;
        if !self.life.history.is_off() {
            self.note_history();
        }
        let start = self.start.get();
        let used_bytes = self.ptr.get().addr() - start.addr();
        let peak_bytes = used_bytes.max(self.peak_bytes.get());
        self.forget_window();
        self.forget_figures();
        self.ptr.set(start);
        let is_quiet = peak_bytes < self.quiet_under_bytes.get();
        self.life.pressure.note_peak(peak_bytes, false);
        self.quiet.note(peak_bytes, is_quiet);
        if is_quiet && self.quiet.frame_count == self.config.shrink_after_frames {
            self.shrink_block();
        }
        true
    }

    /// Ends the frame and begins another in the memory of the frame before it, in `older`; that of
    /// this frame is kept there.
    #[inline(never)]
    pub(crate) fn reset_in_turn(&mut self, older: &mut Self, epoch: Epoch) -> Option<PanicPayload> {
        self.note_frame(Some(older));
        mem::swap(self, older);
        mem::swap(&mut self.life, &mut older.life); // One life, whichever memory is in use.
        self.begin(epoch)
    }

    /// Forgets what is in this memory, and gives the first panic of a value's drop, to be resumed
    /// by the caller when nothing is left to do.
    fn begin(&mut self, epoch: Epoch) -> Option<PanicPayload> {
        self.epoch = epoch; // First: whatever happens below, the old handles are stale.
        let panicked = if self.drops.is_empty() { None } else { self.drops.run() };
        let peak_bytes = self.usage().peak_bytes;
        self.forget_everything(peak_bytes);
        panicked
    }

    /// Changes where allocations come from. Forgets what is in this memory as a reset does, which
    /// the caller has noted.
    pub(crate) fn set_mode(&mut self, mode: ArenaMode, epoch: Epoch) -> Option<PanicPayload> {
        let panicked = self.begin(epoch);
        self.config.mode = mode;
        if let Source::Own { blocks, spare } = &mut self.source
            && mode == ArenaMode::PerObject
        {
            *blocks = BlockChain::default();
            *spare = BlockChain::default();
            self.empty_window();
        }
        self.clamp_end();
        panicked
    }

    /// Changes the budget, from the next allocation on.
    pub(crate) fn set_budget(&mut self, budget: Budget) {
        self.config.budget = budget;
        self.crossing.set(Crossing::No);
        self.clamp_end();
    }

    fn forget_everything(&mut self, peak_bytes: usize) {
        self.objects.free_all();
        self.profile.forget_objects();
        self.forget_window();
        self.left_bytes.set(0);
        self.forget_figures();
        self.crossing.set(Crossing::No);
        self.refused_bytes.set(0);
        self.forget_trace();
        match &self.source {
            Source::Shared(_) => self.empty_window(),
            Source::Own { blocks, spare } => {
                if blocks.block_count() + spare.block_count() > 1 {
                    self.merge_blocks(peak_bytes);
                } else if self.is_shrink_due() {
                    self.shrink_block();
                }
                self.most_align_bytes.set(0);
                self.ptr.set(self.start.get());
                self.clamp_end();
            }
        }
    }

    #[inline]
    fn forget_figures(&self) {
        self.count.set(0);
        self.peak_bytes.set(0);
        self.abandoned_bytes.set(0);
        self.block_requests.set(0);
    }

    /// Whether the frame, so far, takes its memory from one block of the arena's own, in bump mode
    /// and within its budget and capacity, with no other in flight: the case that a reset is fast for. Asked
    /// when one of these changes.
    pub(super) fn is_plain_frame(&self) -> bool {
        matches!(self.source, Source::Own { .. })
            && self.config.frames_in_flight == 1
            && self.block_count() <= 1
            && self.config.mode == ArenaMode::Bump
            && self.crossing.get() == Crossing::No
            && self.refused_bytes.get() == 0
            && !self.profile.sees_objects()
    }

    /// Replaces several blocks by one that holds such a frame. If the system refuses it, the
    /// arena keeps what it has and tries again at the next reset.
    fn merge_blocks(&mut self, peak_bytes: usize) {
        let slack = size::align_slack(self.most_align_bytes.get(), self.block_count());
        let settled = size::settled_room(peak_bytes).saturating_add(slack);
        let room = settled.max(self.config.capacity_bytes);
        if self.replace_blocks(room) {
            self.quiet = QuietRun::default(); // It fits such a frame: none was quiet in it yet.
        } else if let Source::Own { blocks, spare } = &self.source {
            rotate_largest_to_use(blocks, spare);
            self.use_newest_block();
        }
    }

    #[cold]
    #[inline(never)]
    fn shrink_block(&mut self) {
        if self.config.shrink_after_frames == 0 {
            return; // Met when the count of quiet frames begins anew, after 2^32.
        }
        let room = size::shrunk_room(self.quiet.most_bytes, self.config.capacity_bytes);
        let is_smaller =
            Block::reserved_for(room).is_some_and(|bytes| bytes < self.reserved_bytes());
        if is_smaller {
            self.replace_blocks(room);
        }
        self.quiet = QuietRun::default();
    }

    /// Puts one new block in the place of all. `false`, and nothing changed, if the system
    /// refuses it.
    fn replace_blocks(&mut self, room: usize) -> bool {
        let Some(block) = Block::new(room, &self.profile) else {
            return false;
        };
        profile::say(|out| {
            let (name, old, new) =
                (self.config.name, self.reserved_bytes(), block.reserved_bytes());
            write!(out, "{name} arena resized from {old} B in {} block(s) ", self.block_count())?;
            write!(out, "to {new} B in one")
        });
        if self.config.pretouch {
            block.pretouch();
        }
        if let Source::Own { blocks, spare } = &mut self.source {
            *spare = BlockChain::default();
            *blocks = BlockChain::default();
            blocks.push(block);
        }
        self.life.resizes += 1;
        self.use_newest_block();
        true
    }

    fn use_newest_block(&self) {
        if let Source::Own { blocks, .. } = &self.source
            && let Some(block) = blocks.pop()
        {
            let window = Window { start: block.start(), bytes: block.room_bytes() };
            blocks.push(block);
            self.enter(window);
            self.left_bytes.set(0);
        }
    }

    // ---- figures ----

    /// Bytes handed out since the last reset and not given back.
    #[inline(always)]
    pub(crate) fn used_bytes(&self) -> usize {
        let in_window = self.ptr.get().addr().wrapping_sub(self.start.get().addr());
        self.left_bytes.get() + in_window + self.objects.live_bytes()
    }

    /// Bytes held from the system; 0 for a member of a set, whose set holds them.
    pub(crate) fn reserved_bytes(&self) -> usize {
        self.block_bytes() + self.objects.live_bytes()
    }

    /// Bytes of the blocks alone.
    fn block_bytes(&self) -> usize {
        match &self.source {
            Source::Own { blocks, spare } => blocks.reserved_bytes() + spare.reserved_bytes(),
            Source::Shared(_) => 0,
        }
    }

    pub(super) fn block_count(&self) -> u32 {
        match &self.source {
            Source::Own { blocks, spare } => blocks.block_count() + spare.block_count(),
            Source::Shared(_) => 0,
        }
    }

    /// This frame, so far, in this memory.
    pub(crate) fn usage(&self) -> FrameUsage {
        let used_bytes = self.used_bytes();
        FrameUsage {
            alloc_count: self.count.get(),
            used_bytes,
            peak_bytes: used_bytes.max(self.peak_bytes.get()),
            abandoned_bytes: self.abandoned_bytes.get(),
            reserved_bytes: self.reserved_bytes(),
            block_count: self.block_count(),
            block_requests: self.block_requests.get(),
        }
    }

    /// Notes the frame that ends, with the last one's memory beside it if that is in flight.
    pub(crate) fn note_frame(&mut self, mut older: Option<&mut Self>) {
        let usage = self.usage();
        self.note_quiet(usage.peak_bytes);
        self.life.pressure.note(&usage);
        self.life.pressure.note_refused(self.refused_bytes.get());
        if let Some(older) = &mut older {
            older.note_quiet(usage.peak_bytes);
        }
        self.life.history.push(older.map_or(usage, |older| usage.beside(older)));
    }

    /// Notes whether a frame, in this memory or in the other, would have left most of this one idle.
    fn note_quiet(&mut self, peak_bytes: usize) {
        let is_quiet = self.config.mode != ArenaMode::PerObject
            && size::is_quiet(peak_bytes, self.reserved_bytes());
        self.quiet.note(peak_bytes, is_quiet);
    }

    #[inline(never)]
    fn note_history(&mut self) {
        self.life.history.push(self.usage());
    }

    fn is_shrink_due(&self) -> bool {
        let frames = self.config.shrink_after_frames;
        frames > 0 && self.quiet.frame_count >= frames && self.config.mode != ArenaMode::PerObject
    }

    pub(crate) fn stats(&self) -> ArenaStats {
        let usage = self.usage();
        ArenaStats {
            alloc_count: usage.alloc_count,
            used_bytes: usage.used_bytes,
            reserved_bytes: usage.reserved_bytes,
            high_water_bytes: self.life.pressure.most_ever_bytes().max(usage.peak_bytes),
            abandoned_bytes: usage.abandoned_bytes,
            block_count: usage.block_count,
            block_requests: usage.block_requests,
            resizes: self.life.resizes,
            quiet_frames: self.quiet_frames(),
            frame_count: self.life.pressure.frame_count(),
        }
    }

    /// The most bytes that the frame would have used with a request that met the end of what cannot
    /// grow; 0 if none did.
    pub(crate) fn refused_bytes(&self) -> usize {
        self.refused_bytes.get()
    }

    pub(crate) fn quiet_frames(&self) -> u32 {
        self.quiet.frame_count
    }

    pub(crate) fn pressure(&self) -> Pressure {
        self.life.pressure.pressure(self.config.name, self.block_bytes())
    }

    /// The last frames, oldest first.
    pub(crate) fn history(&self) -> impl DoubleEndedIterator<Item = &FrameUsage> + '_ {
        self.life.history.iter()
    }

    /// What the profiler is told of this arena.
    #[inline(always)]
    pub(crate) fn profile(&self) -> &ArenaProfile {
        &self.profile
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub(crate) fn config(&self) -> &ArenaConfig {
        &self.config
    }

    /// Bytes until the end of the window, as far as the budget goes: whole steps of the pointer, for
    /// a budget may end between two.
    pub(crate) fn room_bytes(&self) -> usize {
        let room = self.soft_end.get().addr().saturating_sub(self.ptr.get().addr());
        room & !(size::MIN_ALIGN_BYTES - 1)
    }

    /// Layout of `len` values of `T`.
    #[inline(always)]
    pub(crate) fn array_layout<T>(&self, len: usize) -> Result<Layout, AllocError> {
        Layout::array::<T>(len).map_err(|_| self.too_large(len, size_of::<T>()))
    }
}

impl Drop for RawArena {
    fn drop(&mut self) {
        let panicked = self.drops.run();
        self.objects.free_all();
        resume_in_drop(panicked);
    }
}

/// Gathers all blocks, the largest on top of `blocks` to be used first, the others in `spare`.
fn rotate_largest_to_use(blocks: &BlockChain, spare: &BlockChain) {
    while let Some(block) = blocks.pop() {
        spare.push(block);
    }
    let mut largest = None;
    let passed = BlockChain::default();
    while let Some(block) = spare.pop() {
        match &mut largest {
            None => largest = Some(block),
            Some(kept) if block.room_bytes() > kept.room_bytes() => {
                passed.push(mem::replace(kept, block));
            }
            Some(_) => passed.push(block),
        }
    }
    while let Some(block) = passed.pop() {
        spare.push(block);
    }
    if let Some(block) = largest {
        blocks.push(block);
    }
}
