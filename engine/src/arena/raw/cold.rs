//! The cold path: budgets, blocks, windows. No unsafe code.
#![forbid(unsafe_code)]

use core::alloc::Layout;
use core::panic::Location;
use core::ptr::{self, NonNull};

use super::{Crossing, RawArena, Source, nowhere};
use crate::arena::block::{Block, BlockChain};
use crate::arena::config::{ArenaMode, Budget};
use crate::arena::error::{AllocError, refuse};
use crate::arena::poison;
use crate::arena::pressure::{MISSED_RESET_REQUESTS, MissedReset};
use crate::arena::reservation::{Grant, Window};
use crate::arena::size;
use crate::arena::trace::Origin;
use crate::profile;

impl RawArena {
    /// As [`Self::claim_cold`]; panics where that gives an error. A call of its own, so that the
    /// hot path around it holds no error.
    #[cold]
    #[inline(never)]
    #[track_caller]
    pub(super) fn expect_cold(
        &self,
        layout: Layout,
        type_name: &'static str,
        len: usize,
    ) -> NonNull<u8> {
        match self.claim_cold(layout, type_name, Location::caller(), len) {
            Ok(claimed) => claimed,
            Err(error) => refuse(error),
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn claim_cold(
        &self,
        layout: Layout,
        type_name: &'static str,
        caller: &'static Location<'static>,
        len: usize,
    ) -> Result<NonNull<u8>, AllocError> {
        let claimed = match self.config.mode {
            ArenaMode::Bump | ArenaMode::Traced => self.claim_from_source(layout),
            ArenaMode::PerObject => self.claim_object(layout),
        };
        let claimed = claimed.inspect_err(|error| {
            self.take_crossing_back();
            self.note_refusal(error);
        })?;
        self.count.set(self.count.get() + 1);
        if self.config.mode == ArenaMode::Traced {
            self.trace_claim(claimed, layout, Origin { type_name, caller, len });
        }
        self.profile.claimed(claimed.as_ptr(), layout.size());
        self.log_crossing();
        Ok(claimed)
    }

    fn claim_object(&self, layout: Layout) -> Result<NonNull<u8>, AllocError> {
        let bytes = size::padded(layout.size());
        self.afford_object(bytes, layout.size())?;
        self.objects.allocate(layout).ok_or_else(|| {
            self.repay_object(bytes);
            self.out_of_memory(layout.size())
        })
    }

    /// Gets room until the request fits. A loop, since whatever `Block::new` calls out to may
    /// have used this arena meanwhile (R5).
    fn claim_from_source(&self, layout: Layout) -> Result<NonNull<u8>, AllocError> {
        let room = size::room_for(layout.size(), layout.align())
            .ok_or_else(|| self.too_large(layout.size(), 1))?;
        self.note_align(layout.align());
        loop {
            if let Some(claimed) = self.bump_below(self.soft_end.get(), layout) {
                return Ok(claimed);
            }
            match &self.source {
                Source::Own { blocks, spare } => self.make_room(blocks, spare, layout, room)?,
                Source::Shared(shared) => {
                    let window = self.window();
                    let grant = shared.claim(window, self.ptr.get(), layout, room)?;
                    self.accept(grant);
                }
            }
        }
    }

    /// Lifts what is in the way of a request: a warning not given yet, or the end of the block.
    fn make_room(
        &self,
        blocks: &BlockChain,
        spare: &BlockChain,
        layout: Layout,
        room: usize,
    ) -> Result<(), AllocError> {
        let ptr = self.ptr.get();
        let fits_the_block = self.bump_below(self.limit.get(), layout).is_some();
        poison::forbid_use(ptr, self.ptr.get().addr() - ptr.addr());
        self.ptr.set(ptr); // Only asked: the claim itself comes in the next round.
        let takes_a_block = !fits_the_block && (self.config.can_grow || self.is_fresh());
        let padded_bytes = size::padded(layout.size());
        let needed_bytes = match takes_a_block {
            true => room, // Whatever padding it may come to: a refusal must not take one first.
            false => size::padding_to(ptr.addr(), layout.align()) + padded_bytes,
        };
        let crosses = |budget_bytes: usize, bytes: usize| {
            fits_the_block || self.used_bytes() + bytes > budget_bytes
        };
        let may_warn = self.crossing.get() == Crossing::No;
        match self.limit() {
            Budget::Refuse(bytes) if crosses(bytes, needed_bytes) => {
                return Err(self.over_limit(layout.size(), needed_bytes));
            }
            Budget::Warn(bytes) if may_warn && crosses(bytes, padded_bytes) => {
                self.crossing.set(Crossing::Unlogged);
                self.clamp_end();
                return Ok(());
            }
            _ if !takes_a_block => {
                return Err(self.over_limit(layout.size(), needed_bytes));
            }
            _ => {}
        }
        let block = self.next_block(blocks, spare, room, layout)?;
        let window = Window { start: block.start(), bytes: block.room_bytes() };
        blocks.push(block);
        self.enter(window);
        self.tell_growth();
        self.warn_of_missed_reset();
        Ok(())
    }

    /// What stands in the way of this frame's next bytes.
    fn limit(&self) -> Budget {
        self.config.limit(self.crossing.get() != Crossing::No)
    }

    /// Whether the arena has had no memory yet.
    fn is_fresh(&self) -> bool {
        self.block_count() == 0 && !self.is_lent
    }

    fn tell_growth(&self) {
        profile::say(|out| {
            let (blocks, bytes) = (self.block_count(), self.reserved_bytes());
            write!(out, "{} arena grew to {bytes} B in {blocks} block(s)", self.config.name)
        });
    }

    /// Says, once in an arena's life, that it grows as if nobody ever reset it.
    fn warn_of_missed_reset(&self) {
        if self.block_requests.get() == MISSED_RESET_REQUESTS && !self.is_missed_reset_logged.get()
        {
            self.is_missed_reset_logged.set(true);
            let bytes = self.reserved_bytes();
            profile::log_warning!("{}", MissedReset { arena: self.config.name, bytes });
        }
    }

    fn next_block(
        &self,
        blocks: &BlockChain,
        spare: &BlockChain,
        room: usize,
        layout: Layout,
    ) -> Result<Block, AllocError> {
        if let Some(block) = spare.take_with_room(room) {
            return Ok(block);
        }
        let wanted = match blocks.block_count() {
            0 => self.config.capacity_bytes.max(room),
            _ => size::grown_room(blocks.last_room_bytes(), room),
        };
        let block = Block::new(wanted, &self.profile)
            .or_else(|| Block::new(room, &self.profile))
            .ok_or_else(|| self.out_of_memory(layout.size()))?;
        if self.config.pretouch {
            block.pretouch();
        }
        self.block_requests.set(self.block_requests.get() + 1);
        Ok(block)
    }

    /// Takes the first block before the first allocation asks for it.
    pub(crate) fn reserve_capacity(&self) -> Result<(), AllocError> {
        if let Source::Own { blocks, spare } = &self.source
            && self.config.mode != ArenaMode::PerObject
            && blocks.block_count() == 0
        {
            let bytes = self.config.capacity_bytes;
            let layout = Layout::from_size_align(bytes, size::MIN_ALIGN_BYTES)
                .map_err(|_| self.out_of_memory(bytes))?;
            let block = self.next_block(blocks, spare, bytes, layout)?;
            let window = Window { start: block.start(), bytes: block.room_bytes() };
            blocks.push(block);
            self.enter(window);
        }
        Ok(())
    }

    fn accept(&self, grant: Grant) {
        match grant {
            Grant::Extended { bytes } => {
                poison::forbid_use(self.limit.get(), bytes);
                self.limit.set(self.limit.get().wrapping_add(bytes));
                self.clamp_end();
            }
            Grant::New(window) => self.enter(window),
            Grant::Retry => {}
        }
    }

    /// Makes room right behind the last object: by more memory from the set, or in a block of the
    /// arena's own by crossing a budget that only warns.
    #[cold]
    pub(super) fn extend_window(&self, more_bytes: usize) -> bool {
        let room = self.limit.get().addr() - self.ptr.get().addr();
        let Source::Shared(shared) = &self.source else {
            let is_warning = matches!(self.limit(), Budget::Warn(_));
            if is_warning && self.crossing.get() == Crossing::No && more_bytes <= room {
                self.crossing.set(Crossing::Unlogged);
                self.clamp_end();
            }
            return self.crossing.get() == Crossing::Unlogged;
        };
        match shared.extend(self.window(), more_bytes.saturating_sub(room)) {
            Some(bytes) => {
                self.accept(Grant::Extended { bytes });
                true
            }
            None => false,
        }
    }

    /// Why the last object, which was not made longer where it lies, cannot be, if the limit alone is
    /// in the way: it names the bytes that are missing, not all that a move would take.
    pub(super) fn refuse_to_lengthen(&self, old: Layout, new: Layout) -> Result<(), AllocError> {
        if new.size() > size::MAX_REQUEST_BYTES {
            return Ok(());
        }
        let requested_bytes = size::missing(old.size(), new.size());
        let more = size::padded(new.size()).saturating_sub(size::padded(old.size()));
        let room = self.limit.get().addr() - self.ptr.get().addr();
        let refusal = match &self.source {
            Source::Own { .. } => {
                let moves = more > room && self.config.can_grow; // To another block.
                let is_over = match self.config.limit(true) {
                    Budget::Refuse(bytes) => self.used_bytes() + more > bytes,
                    _ => false,
                };
                (is_over && !moves).then(|| self.over_limit(requested_bytes, more))
            }
            Source::Shared(shared) => {
                shared.refusal_to_extend(self.window(), room, requested_bytes, more)
            }
        };
        refusal.map_or(Ok(()), |error| {
            self.note_refusal(&error);
            Err(error)
        })
    }

    /// Notes that an object grew where it lies. In a set other turns would have moved it.
    #[inline]
    pub(super) fn note_growth(&self, old_bytes: usize, new_bytes: usize) {
        if let Source::Shared(shared) = &self.source
            && new_bytes > old_bytes
        {
            shared.note_growth(size::padded(old_bytes), size::padded(new_bytes));
        }
    }

    fn window(&self) -> Window {
        let start = NonNull::new(self.start.get()).expect("a window's start is not null");
        Window { start, bytes: self.limit.get().addr() - self.start.get().addr() }
    }

    /// Leaves the current window for another.
    pub(super) fn enter(&self, window: Window) {
        self.left_bytes.set(self.used_bytes());
        let start = window.start.as_ptr();
        self.start.set(start);
        self.ptr.set(start);
        self.limit.set(start.wrapping_add(window.bytes));
        poison::forbid_use(start, window.bytes);
        self.clamp_end();
    }

    /// An empty window: the next request takes the cold path.
    pub(super) fn empty_window(&self) {
        self.start.set(nowhere());
        self.ptr.set(nowhere());
        self.limit.set(nowhere());
        self.clamp_end();
    }

    /// Sets `soft_end` and `end` from `limit`, the budget and the mode (R2), and what a reset must
    /// know of them.
    pub(super) fn clamp_end(&self) {
        let soft_end = match self.config.mode {
            ArenaMode::Bump | ArenaMode::Traced => self.affordable_end(),
            ArenaMode::PerObject => self.start.get(),
        };
        self.soft_end.set(soft_end);
        let is_hot = self.config.mode == ArenaMode::Bump && !self.profile.sees_objects();
        self.end.set(if is_hot { soft_end } else { ptr::null_mut() });
        self.is_plain.set(self.is_plain_frame());
        self.quiet_under_bytes.set(size::quiet_under(self.reserved_bytes()));
    }

    /// The end of the window, or where the budget ends.
    fn affordable_end(&self) -> *mut u8 {
        let budget = match (&self.source, self.limit()) {
            (Source::Shared(_), _) | (_, Budget::Unlimited) => None,
            (_, Budget::Warn(_)) if self.crossing.get() != Crossing::No => None,
            (_, Budget::Warn(bytes) | Budget::Refuse(bytes)) => Some(bytes),
        };
        let room = self.limit.get().addr() - self.start.get().addr();
        let affordable = budget.map_or(room, |bytes| bytes.saturating_sub(self.left_bytes.get()));
        self.start.get().wrapping_add(affordable.min(room))
    }

    /// Checks the budget for `bytes` more in per-object mode, padding included.
    pub(super) fn afford_object(
        &self,
        bytes: usize,
        requested_bytes: usize,
    ) -> Result<(), AllocError> {
        if let Source::Shared(shared) = &self.source {
            return shared.afford_object(bytes, requested_bytes);
        }
        let used = self.used_bytes().saturating_add(bytes);
        let is_over = self.crossing.get() != Crossing::No;
        let crosses =
            !is_over && matches!(self.limit(), Budget::Warn(budget_bytes) if used > budget_bytes);
        match self.config.limit(is_over || crosses) {
            Budget::Refuse(limit_bytes) if used > limit_bytes => {
                return Err(self.over_limit(requested_bytes, bytes));
            }
            _ if crosses => self.crossing.set(Crossing::Unlogged),
            _ => {}
        }
        Ok(())
    }

    /// Gives bytes of an object that is gone back to the budget of the set; an arena of its own
    /// counts its living objects instead.
    pub(super) fn repay_object(&self, bytes: usize) {
        if let Source::Shared(shared) = &self.source {
            shared.give_back(bytes);
        }
    }

    /// Forgets a crossing by an allocation that failed.
    pub(super) fn take_crossing_back(&self) {
        if let Source::Shared(shared) = &self.source {
            shared.take_crossing_back();
        } else if self.crossing.get() == Crossing::Unlogged {
            self.crossing.set(Crossing::No);
            self.clamp_end();
        }
    }

    /// Logs a crossed `Budget::Warn`, once a frame, after the allocation that crossed it.
    pub(super) fn log_crossing(&self) {
        if let Source::Shared(shared) = &self.source {
            shared.log_crossing();
        } else if self.crossing.get() == Crossing::Unlogged {
            self.crossing.set(Crossing::Logged);
            let budget_bytes = self.config.budget.budget_bytes().unwrap_or(usize::MAX);
            profile::log_warning!(
                "{} arena over budget: {} of {budget_bytes} B used in this frame; \
                 raise budget_bytes or allocate less",
                self.config.name,
                self.used_bytes(),
            );
        }
    }

    fn over_limit(&self, requested_bytes: usize, padded_bytes: usize) -> AllocError {
        let padding_bytes = padded_bytes - requested_bytes;
        let error = self.config.refusal(requested_bytes, padding_bytes, self.used_bytes());
        let is_refusing = matches!(error, AllocError::OverBudget { .. });
        if profile::IS_BUILT_IN
            && is_refusing
            && self.crossing.replace(Crossing::Logged) != Crossing::Logged
        {
            self.clamp_end(); // A crossed budget: not a plain frame.
            profile::say_warning(|out| write!(out, "{error}")); // Once a frame.
        }
        error
    }

    /// Notes for the advice on the capacity that it was too small.
    pub(super) fn note_refusal(&self, error: &AllocError) {
        if let AllocError::Full { requested_bytes, padding_bytes, used_bytes, .. } = *error {
            let bytes = used_bytes.saturating_add(requested_bytes).saturating_add(padding_bytes);
            self.refused_bytes.set(self.refused_bytes.get().max(bytes));
            self.is_plain.set(false);
        }
    }

    /// Asks for more than there need be: what is refused is not noted.
    pub(crate) fn as_a_hint<R>(&self, ask: impl FnOnce() -> R) -> R {
        let refused_bytes = self.refused_bytes.get();
        let answer = ask();
        self.refused_bytes.set(refused_bytes);
        answer
    }

    #[cold]
    pub(super) fn out_of_memory(&self, requested_bytes: usize) -> AllocError {
        AllocError::OutOfMemory {
            arena: self.config.name,
            requested_bytes,
            reserved_bytes: self.reserved_bytes(),
        }
    }

    #[cold]
    pub(crate) fn too_large(&self, len: usize, element_bytes: usize) -> AllocError {
        AllocError::TooLarge { arena: self.config.name, len, element_bytes }
    }
}
