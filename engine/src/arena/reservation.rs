//! One reservation for all threads of a set, claimed in granules.
//!
//! Invariants
//! - **S1** `current` is null or points to a `Region` in a block that `blocks` holds; both stay as
//!   they are until `settle`, which takes `&mut self`.
//! - **S2** `Region::next` only moves up, by compare-and-swap, and never over `end`: what a claim
//!   moves it over belongs to that claim alone until `settle`.
//! - **S3** `budget_left + (windows granted) - (tails given back)` is what a frame may use, so the
//!   windows together never exceed it.
//! - **S4** The set calls `settle` and `rewind` only when its members hold nothing of this memory and
//!   every handle into it is stale (W1, W2): after the frame that used it last has ended.

use core::alloc::Layout;
use core::mem::size_of;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::block::{Block, BlockChain};
use super::config::{ArenaConfig, Budget};
use super::error::AllocError;
use super::poison;
use super::pressure::{MISSED_RESET_REQUESTS, MissedReset};
use super::size;
use crate::profile::{self, ArenaProfile};

/// What a thread claims at a time, in bytes: small enough that 16 threads hold 1 MiB, large enough
/// that an atomic operation comes once in some thousand allocations.
pub(crate) const GRANULE_BYTES: usize = 64 << 10;

/// A run of memory that one arena hands out.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    pub(crate) start: NonNull<u8>,
    pub(crate) bytes: usize,
}

impl Window {
    fn end(self) -> *mut u8 {
        self.start.as_ptr().wrapping_add(self.bytes)
    }
}

/// The answer to a claim.
pub(crate) enum Grant {
    /// The window has grown by this many bytes where it is.
    Extended { bytes: usize },
    /// Another window.
    New(Window),
    /// Nothing yet, but there is room now. Meanwhile anything may have happened, to the arena that
    /// asks too, so it asks again from where it stands then.
    Retry,
}

/// Stands at the start of each block of the reservation.
struct Region {
    next: AtomicPtr<u8>,
    /// First byte for windows, aligned to 16.
    first: *mut u8,
    end: *mut u8,
}

const REGION_BYTES: usize = match size::round_up(size_of::<Region>(), size::BLOCK_ALIGN_BYTES) {
    Some(bytes) => bytes,
    None => unreachable!(),
};

/// Memory that the threads of a set share.
pub(crate) struct Reservation {
    config: ArenaConfig,
    profile: ArenaProfile,
    /// Threads that each get a granule's room beside the capacity.
    thread_count: usize,
    current: AtomicPtr<Region>,
    blocks: Mutex<Blocks>,
    /// Bytes that a frame may use and no thread has been granted; `usize::MAX` without a limit.
    budget_left: AtomicUsize,
    /// What this frame's claims can leave unused at the ends of windows, if none can be made longer
    /// where it is: less than the request each, and less than a granule; and what objects that grew
    /// in place would leave if they had to move. Which ones do depends on how threads take turns.
    tail_bytes: AtomicUsize,
    /// What they did leave.
    left_bytes: AtomicUsize,
    /// Whether this frame crossed `Budget::Warn`, and whether that was logged.
    is_over: AtomicBool,
    is_warned: AtomicBool,
    is_missed_reset_logged: AtomicBool,
    block_requests: AtomicU32,
    resizes: u32,
    quiet_frames: u32,
    quiet_most_bytes: usize,
    /// Arenas used in the last frame in this memory.
    active_count: usize,
}

#[derive(Default)]
struct Blocks {
    /// The newest is the current region's.
    in_use: BlockChain,
    /// What the system would not let us merge into one.
    spare: BlockChain,
}

impl Blocks {
    fn reserved_bytes(&self) -> usize {
        self.in_use.reserved_bytes() + self.spare.reserved_bytes()
    }

    fn block_count(&self) -> u32 {
        self.in_use.block_count() + self.spare.block_count()
    }
}

// SAFETY: `Region` is reached through `current` only, by atomics or under `&mut` (S1, S2).
unsafe impl Send for Reservation {}
// SAFETY: as above; everything else is atomic or behind the mutex.
unsafe impl Sync for Reservation {}

impl Reservation {
    pub(crate) fn new(config: ArenaConfig) -> Self {
        Self {
            config,
            profile: ArenaProfile::new(config.name, config.profile),
            thread_count: 0,
            current: AtomicPtr::new(ptr::null_mut()),
            blocks: Mutex::default(),
            budget_left: AtomicUsize::new(most_bytes(&config)),
            tail_bytes: AtomicUsize::new(0),
            left_bytes: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            is_warned: AtomicBool::new(false),
            is_missed_reset_logged: AtomicBool::new(false),
            block_requests: AtomicU32::new(0),
            resizes: 0,
            quiet_frames: 0,
            quiet_most_bytes: 0,
            active_count: 0,
        }
    }

    /// Notes how many arenas were used in the frame that ends, whose memory this is.
    pub(crate) fn note_active_count(&mut self, active_count: usize) {
        self.active_count = active_count;
    }

    /// Says for how many threads there must be room beside the capacity.
    pub(crate) fn set_thread_count(&mut self, thread_count: usize) {
        self.thread_count = thread_count;
    }

    /// What a set's threads together can make sure to fill, and the tail of a granule for each.
    fn first_room(&self) -> usize {
        self.config.capacity_bytes.saturating_add(self.thread_count.saturating_mul(GRANULE_BYTES))
    }

    /// Takes the first block before a thread asks for it.
    pub(crate) fn reserve_capacity(&self) -> Result<(), AllocError> {
        let is_empty = self.current.load(Ordering::Acquire).is_null();
        if is_empty && !self.grow(ptr::null_mut(), self.first_room()) {
            return Err(self.out_of_memory(self.first_room()));
        }
        Ok(())
    }

    /// Memory for an object of `layout` that does not fit between `from` and the window's end:
    /// the window made longer if nothing lies behind it yet, or else another one.
    ///
    /// `room` is what a fresh window needs to hold the object.
    pub(crate) fn claim(
        &self,
        window: Window,
        from: *mut u8,
        layout: Layout,
        room: usize,
    ) -> Result<Grant, AllocError> {
        let tail = window.end().addr() - from.addr();
        let padding = size::padding_to(from.addr(), layout.align());
        let missing = (padding + size::padded(layout.size())).saturating_sub(tail);
        if let Some(bytes) = self.extend(window, missing) {
            self.note_tail(room);
            return Ok(Grant::Extended { bytes });
        }
        let afforded = self
            .afford(room, room.max(GRANULE_BYTES), tail)
            .ok_or_else(|| self.over_limit(layout.size(), room, tail))?;
        let full = self.current.load(Ordering::Acquire);
        if let Some(window) = self.region().and_then(|region| region.claim(room, afforded)) {
            self.give_back(afforded - window.bytes);
            self.left_bytes.fetch_add(tail, Ordering::Relaxed);
            self.note_tail(room);
            return Ok(Grant::New(window));
        }
        // The window and its tail stay the arena's: `grow` calls out, and what that runs may use
        // them. A request that does not fit is never shorter than the tail.
        self.give_back(afforded - tail);
        if !self.config.can_grow && !full.is_null() {
            return Err(self.over_limit(layout.size(), room, 0)); // The tail is used up.
        }
        if !self.grow(full, room) {
            return Err(self.out_of_memory(layout.size()));
        }
        Ok(Grant::Retry)
    }

    /// Notes what a claim that was granted may leave in a frame whose threads take other turns. One
    /// that is refused, or asks again, leaves nothing.
    fn note_tail(&self, room: usize) {
        self.tail_bytes.fetch_add(room.min(GRANULE_BYTES), Ordering::Relaxed);
    }

    /// Notes what an object that grew in place may leave in such a frame: the memory that it had, and
    /// the tail of the window that its new size does not fit.
    pub(crate) fn note_growth(&self, old_bytes: usize, new_bytes: usize) {
        self.tail_bytes.fetch_add(old_bytes, Ordering::Relaxed);
        self.note_tail(new_bytes);
    }

    /// Makes `window` longer by at least `missing` bytes, if nothing lies behind it yet.
    pub(crate) fn extend(&self, window: Window, missing: usize) -> Option<usize> {
        let region = self.region()?;
        let end = window.end();
        let room = region.end.addr().saturating_sub(end.addr());
        // An empty window of a fresh member lies nowhere and is never `next`.
        if region.next.load(Ordering::Relaxed) != end || room < missing {
            return None;
        }
        let afforded = self.afford(missing, missing.max(GRANULE_BYTES).min(room), 0)?;
        let next = after(end, afforded, region);
        let swapped = region.next.compare_exchange(end, next, Ordering::Relaxed, Ordering::Relaxed);
        if swapped.is_err() {
            self.give_back(afforded);
            return None;
        }
        Some(afforded)
    }

    fn region(&self) -> Option<&Region> {
        let region = NonNull::new(self.current.load(Ordering::Acquire))?;
        // SAFETY: S1; the reference cannot outlive `&self`, and `settle` takes `&mut self`.
        Some(unsafe { region.as_ref() })
    }

    /// Adds a region with `room` bytes, unless another thread has replaced `full` meanwhile.
    /// `false` if the system refuses.
    fn grow(&self, full: *mut Region, room: usize) -> bool {
        let room = room.saturating_add(REGION_BYTES);
        let (spare, wanted) = {
            let blocks = self.lock();
            let wanted = match blocks.in_use.block_count() {
                0 => room.max(self.first_room().saturating_add(REGION_BYTES)),
                _ => size::grown_room(blocks.in_use.last_room_bytes(), room),
            };
            let is_enough = blocks.spare.last_room_bytes() >= room;
            (is_enough.then(|| blocks.spare.pop()).flatten(), wanted)
        };
        // The system is asked without the lock: what it calls out to may use this set.
        let is_spare = spare.is_some();
        let new_block = |room| Block::new(room, &self.profile);
        let Some(block) = spare.or_else(|| new_block(wanted)).or_else(|| new_block(room)) else {
            return false;
        };
        if self.config.pretouch && !is_spare {
            block.pretouch();
        }
        let blocks = self.lock();
        if self.current.load(Ordering::Acquire) != full {
            drop(blocks); // Before the block goes back to the system.
            return true;
        }
        let region = place_region(&block);
        blocks.in_use.push(block);
        self.current.store(region.as_ptr(), Ordering::Release);
        drop(blocks);
        if !is_spare {
            let request_count = self.block_requests.fetch_add(1, Ordering::Relaxed) + 1;
            self.tell_growth();
            self.warn_of_missed_reset(request_count);
        }
        true
    }

    fn tell_growth(&self) {
        profile::say(|out| {
            let (blocks, bytes) = (self.block_count(), self.reserved_bytes());
            write!(out, "{} arena grew to {bytes} B in {blocks} block(s)", self.config.name)
        });
    }

    /// Says, once in a set's life, that it grows as if nobody ever began a frame.
    fn warn_of_missed_reset(&self, request_count: u32) {
        if request_count == MISSED_RESET_REQUESTS
            && !self.is_missed_reset_logged.swap(true, Ordering::Relaxed)
        {
            let bytes = self.reserved_bytes();
            profile::log_warning!("{}", MissedReset { arena: self.config.name, bytes });
        }
    }

    // ---- budget ----

    /// Takes between `need` and `most` bytes from the budget, to which `tail` comes back. All are
    /// multiples of eight, and so is what is taken: the odd bytes of a budget fit no object.
    fn afford(&self, need: usize, most: usize, tail: usize) -> Option<usize> {
        let is_over = self.is_over.load(Ordering::Relaxed);
        let take = |limit_bytes: usize| {
            let kept = most_bytes(&self.config) - limit_bytes; // Behind the line of a warning.
            let mut taken = 0;
            let rule = |left: usize| {
                let affordable = left.saturating_sub(kept).saturating_add(tail);
                taken = most.min(affordable & !(size::MIN_ALIGN_BYTES - 1));
                (taken >= need).then(|| left.saturating_add(tail) - taken)
            };
            self.budget_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, rule).ok()?;
            Some(taken)
        };
        match self.config.limit(is_over) {
            Budget::Unlimited => Some(most),
            Budget::Warn(_) if is_over => Some(most),
            Budget::Refuse(bytes) => take(bytes),
            Budget::Warn(bytes) => take(bytes).or_else(|| {
                let taken = match self.config.limit(true) {
                    Budget::Refuse(bytes) => take(bytes)?,
                    _ => most,
                };
                self.is_over.store(true, Ordering::Relaxed);
                Some(taken)
            }),
        }
    }

    /// Takes the bytes of one object from the budget, in per-object mode.
    pub(crate) fn afford_object(&self, bytes: usize, layout: Layout) -> Result<(), AllocError> {
        let padded_bytes = size::padded(layout.size());
        let refusal = || self.over_limit(layout.size(), padded_bytes, 0);
        self.afford(bytes, bytes, 0).map(drop).ok_or_else(refusal)
    }

    /// Bytes that came from `afford` and were not used after all.
    pub(crate) fn give_back(&self, bytes: usize) {
        let is_counted = match self.config.limit(true) {
            Budget::Unlimited => false,
            Budget::Warn(_) => !self.is_over.load(Ordering::Relaxed), // Beyond it nothing is taken.
            Budget::Refuse(_) => true,
        };
        if bytes > 0 && is_counted {
            self.budget_left.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// Forgets a crossing by an allocation that failed: one that did not is logged at once.
    pub(crate) fn take_crossing_back(&self) {
        if !self.is_warned.load(Ordering::Relaxed) {
            self.is_over.store(false, Ordering::Relaxed);
        }
    }

    /// Logs a crossed `Budget::Warn`, once a frame. For an arena that has committed its state:
    /// the log may allocate from it.
    pub(crate) fn log_crossing(&self) {
        if self.is_over.load(Ordering::Relaxed) && !self.is_warned.swap(true, Ordering::Relaxed) {
            profile::log_warning!(
                "{} arena over budget: its threads took more than {} B in this frame; \
                 raise budget_bytes or allocate less",
                self.config.name,
                self.config.budget.budget_bytes().unwrap_or(usize::MAX),
            );
        }
    }

    fn out_of_memory(&self, requested_bytes: usize) -> AllocError {
        AllocError::OutOfMemory {
            arena: self.config.name,
            requested_bytes,
            reserved_bytes: self.reserved_bytes(),
        }
    }

    fn over_limit(&self, requested_bytes: usize, padded_bytes: usize, tail: usize) -> AllocError {
        let left = self.budget_left.load(Ordering::Relaxed);
        let used_bytes = most_bytes(&self.config).saturating_sub(left).saturating_sub(tail);
        let padding_bytes = padded_bytes - requested_bytes;
        let error = self.config.refusal(requested_bytes, padding_bytes, used_bytes);
        let is_refusing = matches!(error, AllocError::OverBudget { .. });
        if profile::IS_BUILT_IN && is_refusing && !self.is_warned.swap(true, Ordering::Relaxed) {
            profile::say_warning(|out| write!(out, "{error}")); // Once a frame.
        }
        error
    }

    // ---- figures ----

    /// Bytes held from the system.
    pub(crate) fn reserved_bytes(&self) -> usize {
        self.lock().reserved_bytes()
    }

    /// Blocks held from the system.
    pub(crate) fn block_count(&self) -> u32 {
        self.lock().block_count()
    }

    /// Bytes and blocks held from the system, for whoever needs no lock to know.
    pub(crate) fn held(&mut self) -> (usize, u32) {
        let blocks = self.blocks_mut();
        (blocks.reserved_bytes(), blocks.block_count())
    }

    /// Requests to the system since the last `settle`.
    pub(crate) fn block_requests(&self) -> u32 {
        self.block_requests.load(Ordering::Relaxed)
    }

    /// Times that the blocks were replaced by one.
    pub(crate) fn resizes(&self) -> u32 {
        self.resizes
    }

    /// Consecutive frames that used under half of what is reserved.
    pub(crate) fn quiet_frames(&self) -> u32 {
        self.quiet_frames
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Blocks> {
        // Nothing that holds the lock can panic half-way; a poisoned lock is as good as new.
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn blocks_mut(&mut self) -> &mut Blocks {
        self.blocks.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    // ---- the frame boundary ----

    /// Takes every window back and leaves one block, large enough for such a frame however its
    /// threads take turns.
    ///
    /// `member_count` arenas may each leave the tail of a granule unused; which ones do can change
    /// from frame to frame under work stealing, so each gets a granule's room. If several were
    /// active in the frame whose memory this is, each claim may leave a tail too.
    pub(crate) fn settle(&mut self, member_count: usize) {
        let active_count = self.active_count;
        let claimed_bytes = self.claimed_bytes();
        let (reserved_bytes, block_count) = self.held();
        // A thread alone makes its window longer where it is and leaves no tails.
        let tail_bytes = core::mem::take(self.tail_bytes.get_mut());
        let tail_bytes = if active_count > 1 { tail_bytes } else { 0 };
        let left_bytes = core::mem::take(self.left_bytes.get_mut());
        let filled_bytes = claimed_bytes.saturating_sub(left_bytes);
        let slack = member_count.max(self.thread_count).saturating_mul(GRANULE_BYTES);
        let slack = slack.saturating_add(tail_bytes);
        let quiet_bytes = member_count.saturating_sub(active_count) * GRANULE_BYTES;
        let needed_bytes = filled_bytes.saturating_add(tail_bytes).saturating_add(quiet_bytes);
        let is_tight = active_count > 1 && needed_bytes > reserved_bytes;
        if block_count > 1 || block_count == 1 && is_tight && self.config.can_grow {
            let room = size::settled_room(filled_bytes).max(self.config.capacity_bytes);
            if !self.replace_blocks(room.saturating_add(slack)) {
                self.keep_blocks();
            }
        } else if self.is_shrink_due() {
            self.shrink(slack);
        }
        self.rewind();
    }

    fn shrink(&mut self, slack: usize) {
        let most = self.quiet_most_bytes;
        let shrunk = size::shrunk_room(most, self.config.capacity_bytes);
        let settled = size::settled_room(most).saturating_add(slack);
        let room = shrunk.max(settled).max(self.first_room()).saturating_add(REGION_BYTES);
        // What a frame needs varies with its threads' turns: a little less is no reason to move.
        let worth_it = self.reserved_bytes() / 8 * 7;
        if Block::reserved_for(room).is_some_and(|bytes| bytes < worth_it) {
            self.replace_blocks(room);
        }
        self.quiet_frames = 0;
        self.quiet_most_bytes = 0;
    }

    /// Gives all memory back to the system, for a set that serves its objects one by one.
    pub(crate) fn release_blocks(&mut self) {
        *self.current.get_mut() = ptr::null_mut();
        *self.blocks_mut() = Blocks::default();
    }

    /// What the profiler is told of the set.
    pub(crate) fn profile(&self) -> &ArenaProfile {
        &self.profile
    }

    pub(crate) fn set_config(&mut self, config: ArenaConfig) {
        self.config = config;
    }

    /// Takes every window back (S4).
    pub(crate) fn rewind(&mut self) {
        self.profile.forget_objects();
        *self.budget_left.get_mut() = most_bytes(&self.config);
        *self.is_over.get_mut() = false;
        *self.is_warned.get_mut() = false;
        *self.block_requests.get_mut() = 0;
        let region = *self.current.get_mut();
        if let Some(mut region) = NonNull::new(region) {
            // SAFETY: S1; `&mut self` says that no thread is claiming.
            let region = unsafe { region.as_mut() };
            let start = region.first;
            let end = core::mem::replace(region.next.get_mut(), start);
            // SAFETY: P1, S4: nobody's memory, and every handle into it is stale; S2: what lies
            // before `next` was granted from this region.
            unsafe { poison::forget(start, end.addr() - start.addr()) };
        }
    }

    /// Notes what the frame that ends claimed, in this memory or in that of the other frame in flight.
    pub(crate) fn note_frame(&mut self, claimed_bytes: usize) {
        if size::is_quiet(claimed_bytes, self.held().0) {
            self.quiet_frames = self.quiet_frames.saturating_add(1);
            self.quiet_most_bytes = self.quiet_most_bytes.max(claimed_bytes);
        } else {
            self.quiet_frames = 0;
            self.quiet_most_bytes = 0;
        }
    }

    fn is_shrink_due(&self) -> bool {
        let frames = self.config.shrink_after_frames;
        frames > 0 && self.quiet_frames >= frames
    }

    /// Bytes that were granted in this frame. Regions before the current one count as full.
    pub(crate) fn claimed_bytes(&mut self) -> usize {
        let Some(region) = self.region() else {
            return 0;
        };
        let claimed = region.next.load(Ordering::Relaxed).addr() - region.first.addr();
        let blocks = self.blocks_mut();
        claimed + blocks.in_use.reserved_bytes().saturating_sub(blocks.in_use.last_room_bytes())
    }

    fn replace_blocks(&mut self, room: usize) -> bool {
        let Some(block) = Block::new(room.saturating_add(REGION_BYTES), &self.profile) else {
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
        self.release_blocks();
        self.use_block(block);
        self.resizes += 1;
        true
    }

    /// Uses the newest block, the largest by the rule of growth, and keeps the others for later.
    fn keep_blocks(&mut self) {
        let blocks = self.blocks_mut();
        let newest = blocks.in_use.pop();
        while let Some(block) = blocks.in_use.pop() {
            blocks.spare.push(block);
        }
        if let Some(block) = newest {
            self.use_block(block);
        }
    }

    fn use_block(&mut self, block: Block) {
        *self.current.get_mut() = place_region(&block).as_ptr();
        self.blocks_mut().in_use.push(block);
    }
}

impl Region {
    /// `room` to `most` bytes that nobody has, if there are so many.
    fn claim(&self, room: usize, most: usize) -> Option<Window> {
        let mut start = self.next.load(Ordering::Relaxed);
        loop {
            let left = self.end.addr() - start.addr();
            if left < room {
                return None;
            }
            let bytes = most.min(left);
            let next = after(start, bytes, self);
            match self.next.compare_exchange_weak(start, next, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => {
                    return Some(Window { start: NonNull::new(start)?, bytes });
                }
                Err(moved) => start = moved,
            }
        }
    }
}

/// Bytes that a frame may use, with a warning or without one.
fn most_bytes(config: &ArenaConfig) -> usize {
    config.limit(true).budget_bytes().unwrap_or(usize::MAX)
}

/// Where the next window starts after `bytes` from `start`: aligned, and not beyond the region.
fn after(start: *mut u8, bytes: usize, region: &Region) -> *mut u8 {
    let end = start.wrapping_add(bytes);
    let aligned = end.wrapping_add(size::padding_to(end.addr(), size::BLOCK_ALIGN_BYTES));
    if aligned < region.end { aligned } else { region.end }
}

/// Writes a region that covers `block` into its first bytes.
fn place_region(block: &Block) -> NonNull<Region> {
    let start = block.start();
    let first = start.as_ptr().wrapping_add(REGION_BYTES);
    let end = start.as_ptr().wrapping_add(block.room_bytes());
    let region = start.cast::<Region>();
    // SAFETY: blocks of a reservation are longer than `REGION_BYTES` and aligned to 16.
    unsafe { region.write(Region { next: AtomicPtr::new(first), first, end }) };
    region
}
