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
use core::sync::atomic::Ordering;
use std::sync::PoisonError;

use super::block::{Block, BlockChain};
use super::config::ArenaConfig;
use super::error::AllocError;
use super::pressure::{MISSED_RESET_REQUESTS, MissedReset};
use super::size;
use super::sync::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Mutex, MutexGuard, Published};
use crate::profile::{self, ArenaProfile};
use budget::most_bytes;

mod budget;
mod settle;

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
    published: Published,
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
        let behind = region.free_behind(window)?;
        if room < missing {
            return None;
        }
        let afforded = self.afford(missing, missing.max(GRANULE_BYTES).min(room), 0)?;
        let next = after(end, afforded, region);
        let swapped =
            region.next.compare_exchange(behind, next, Ordering::Relaxed, Ordering::Relaxed);
        if swapped.is_err() {
            self.give_back(afforded);
            return None;
        }
        Some(afforded)
    }

    fn region(&self) -> Option<&Region> {
        let region = NonNull::new(self.current.load(Ordering::Acquire))?;
        // SAFETY: S1; the reference cannot outlive `&self`, and `settle` takes `&mut self`.
        let region = unsafe { region.as_ref() };
        region.published.note_read();
        Some(region)
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

    /// What the profiler is told of the set.
    pub(crate) fn profile(&self) -> &ArenaProfile {
        &self.profile
    }

    pub(crate) fn set_config(&mut self, config: ArenaConfig) {
        self.config = config;
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

    fn lock(&self) -> MutexGuard<'_, Blocks> {
        // Nothing that holds the lock can panic half-way; a poisoned lock is as good as new.
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn blocks_mut(&mut self) -> &mut Blocks {
        self.blocks.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Region {
    /// What `next` is, if nothing lies behind `window` yet. Between the two are fewer than 16 bytes,
    /// which the claim that left them was given too (S2).
    fn free_behind(&self, window: Window) -> Option<*mut u8> {
        let end = window.end();
        // An older block's window lies elsewhere, and an empty one of a fresh member nowhere.
        let is_here = (self.first..=self.end).contains(&end);
        let behind = after(end, 0, self);
        (is_here && self.next.load(Ordering::Relaxed) == behind).then_some(behind)
    }

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
    unsafe {
        region.write(Region {
            next: AtomicPtr::new(first),
            first,
            end,
            published: Published::new(),
        });
    };
    region
}
