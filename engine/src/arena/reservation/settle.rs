//! The frame boundary: every window is taken back, and one block stays. The invariants are those of
//! `reservation.rs` (S) and `poison.rs` (P).

use core::ptr;
use core::sync::atomic::Ordering;

use super::budget::most_bytes;
use super::{Blocks, GRANULE_BYTES, REGION_BYTES, Reservation, place_region};
use crate::arena::block::Block;
use crate::arena::sync::AtomicUsize;
use crate::arena::{poison, size};
use crate::profile;

impl Reservation {
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
        let tail_bytes = take(&mut self.tail_bytes);
        let tail_bytes = if active_count > 1 { tail_bytes } else { 0 };
        let left_bytes = take(&mut self.left_bytes);
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
        self.current.store(ptr::null_mut(), Ordering::Relaxed);
        *self.blocks_mut() = Blocks::default();
    }

    /// Takes every window back (S4).
    pub(crate) fn rewind(&mut self) {
        self.profile.forget_objects();
        self.budget_left.store(most_bytes(&self.config), Ordering::Relaxed);
        self.is_over.store(false, Ordering::Relaxed);
        self.is_warned.store(false, Ordering::Relaxed);
        self.block_requests.store(0, Ordering::Relaxed);
        if let Some(region) = self.region() {
            let start = region.first;
            let end = region.next.load(Ordering::Relaxed);
            region.next.store(start, Ordering::Relaxed);
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
        self.current.store(place_region(&block).as_ptr(), Ordering::Relaxed);
        self.blocks_mut().in_use.push(block);
    }
}

/// The count, which begins anew.
fn take(count: &mut AtomicUsize) -> usize {
    let taken = count.load(Ordering::Relaxed);
    count.store(0, Ordering::Relaxed);
    taken
}
