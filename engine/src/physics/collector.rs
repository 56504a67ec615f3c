//! Contacts on their way from the test of two circles to the arena.

use super::circles::{BLOCK, Circles, Probe};
use super::contact::Contact;
use crate::{AllocError, FrameArena, FrameVec, SliceHandle};

/// Most bodies that one body is tested against in a run of neighbouring cells. Circles that
/// overlap little never come near it; a heap of bodies in one point does, and would cost the square
/// of its number.
pub const MAX_RUN: usize = 128;

/// Which circles of a block were hit, those first, for all bits of a block; as the upper half of a
/// packed contact.
const HITS: [[u64; BLOCK]; 1 << BLOCK] = hits();

const fn hits() -> [[u64; BLOCK]; 1 << BLOCK] {
    let mut table = [[0; BLOCK]; 1 << BLOCK];
    let mut bits = 0;
    while bits < table.len() {
        let (mut bit, mut count) = (0, 0);
        while bit < BLOCK {
            if bits >> bit & 1 == 1 {
                table[bits][count] = (bit as u64) << 32;
                count += 1;
            }
            bit += 1;
        }
        bits += 1;
    }
    table
}

/// How many circles were hit, for all bits of a block: not each processor can count bits.
const HIT_COUNTS: [u8; 1 << BLOCK] = [0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4];

/// The bits of a block's first circles, so many as there are left.
const IN_RUN: [u8; MAX_RUN + 1] = {
    let mut table = [0b1111; MAX_RUN + 1];
    (table[0], table[1], table[2], table[3]) = (0b0000, 0b0001, 0b0011, 0b0111);
    table
};

/// Contacts that wait for their way into the arena; a power of two.
const BUFFER_LEN: usize = 512;

/// Most contacts that one call of [`Collector::test_run`] writes.
const RUN_ROOM: usize = MAX_RUN + BLOCK;

/// Collects contacts without a branch for each: always write, advance by the hit.
///
/// The writes go to a small buffer that stays in the first-level cache and is emptied in runs, so
/// nothing is reserved for pairs that do not touch. A contact in it is one number, `a` and above it
/// `b`, so that a block is written by few instructions.
pub(super) struct Collector<'a> {
    buffer: [u64; BUFFER_LEN + BLOCK],
    pub(super) len: usize,
    found: FrameVec<'a, Contact>,
    pub(super) refused_count: u64,
    pub(super) untested_count: u64,
}

impl<'a> Collector<'a> {
    pub(super) fn with_capacity_in(
        capacity: usize,
        arena: &'a FrameArena,
    ) -> Result<Self, AllocError> {
        Ok(Self {
            buffer: [0; BUFFER_LEN + BLOCK],
            len: 0,
            found: FrameVec::try_with_capacity_in(capacity, arena)?,
            refused_count: 0,
            untested_count: 0,
        })
    }

    /// Makes room for so many runs.
    #[inline(always)]
    pub(super) fn make_room(&mut self, run_count: usize) {
        if self.len + run_count * RUN_ROOM > BUFFER_LEN {
            self.empty_buffer();
        }
    }

    #[inline(never)]
    pub(super) fn empty_buffer(&mut self) {
        match self.found.try_reserve(self.len) {
            Ok(()) => self.found.extend(
                self.buffer[..self.len]
                    .iter()
                    .map(|&packed| Contact { a: packed as u32, b: (packed >> 32) as u32 }),
            ),
            Err(_) => self.refused_count += self.len as u64,
        }
        self.len = 0;
    }

    /// Writes the hits of the block that begins at `at`.
    #[inline(always)]
    fn write(&mut self, a: usize, at: usize, hits: u32) {
        let base = (at as u64) << 32 | a as u64;
        let start = self.len % BUFFER_LEN;
        let contacts = HITS[hits as usize].map(|hit| base + hit);
        self.buffer[start..start + BLOCK].copy_from_slice(&contacts);
        self.len += usize::from(HIT_COUNTS[hits as usize]);
    }

    /// Tests a circle, whose place is `a`, against those from `first` to `end`, of which at most
    /// [`MAX_RUN`]. There must be room.
    ///
    /// Block by block; the first is always tested, for runs are short and no branch can foresee
    /// whether there is one.
    #[inline(always)]
    pub(super) fn test_run(
        &mut self,
        (a, probe): (usize, &Probe),
        circles: &Circles<'_>,
        (first, end): (usize, usize),
    ) {
        let mut len = end - first;
        if len > MAX_RUN {
            self.untested_count += (len - MAX_RUN) as u64;
            len = MAX_RUN;
        }
        let mut at = first;
        loop {
            let in_run = u32::from(IN_RUN[len]);
            self.write(a, at, circles.overlaps(probe, at) & in_run);
            if len <= BLOCK {
                break;
            }
            (at, len) = (at + BLOCK, len - BLOCK);
        }
    }

    /// Leaves out the contacts in the buffer from place `most` on.
    #[inline(always)]
    pub(super) fn keep(&mut self, most: usize) {
        if self.len > most {
            self.untested_count += (self.len - most) as u64;
            self.len = most;
        }
    }

    /// Forgets all contacts and counts.
    pub(super) fn clear(&mut self) {
        self.found.clear();
        (self.len, self.refused_count, self.untested_count) = (0, 0, 0);
    }

    /// Turns all contacts round: who was found is who found.
    pub(super) fn turn_round(&mut self) {
        self.empty_buffer();
        self.found.iter_mut().for_each(|contact| {
            *contact = Contact { a: contact.b, b: contact.a };
        });
    }

    pub(super) fn publish(mut self) -> SliceHandle<Contact> {
        self.empty_buffer();
        self.found.publish()
    }
}
