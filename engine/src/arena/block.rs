//! Blocks: memory from the system, each one chunk of a `bumpalo::Bump`, linked without heap calls.
//!
//! Invariants
//! - **B1** `base .. base + bytes` is one allocation of `bump`, made once, and lives as long as it.
//! - **B2** `base` is aligned to 16 and the block ends at least 4 KiB below the top of the address
//!   space.
//! - **B3** The first `HEADER_BYTES` hold an initialized `Option<Block>`, the block below this one
//!   in its chain, from `Block::new` on until `take_below` reads it out for good.

use core::cell::Cell;
use core::ptr::NonNull;

use bumpalo::Bump;

use super::size;
use crate::profile::{ArenaProfile, BlockNote};

/// One piece of memory from the system. Dropping it gives the memory back.
pub(crate) struct Block {
    /// First, and so dropped before the memory is given back.
    _note: BlockNote,
    base: NonNull<u8>,
    bytes: usize,
    /// Owns the memory; bumpalo chooses its layout and frees it.
    bump: Bump,
}

// SAFETY: a block owns its memory alone (B1), and which thread uses it makes no difference to it.
unsafe impl Send for Block {}

// The header is read and written at `base`, whose alignment is that of a block (B2).
const _: () = assert!(align_of::<Option<Block>>() <= size::BLOCK_ALIGN_BYTES);

/// Bytes at a block's start that hold the link to the block below it.
const HEADER_BYTES: usize = match size::round_up(size_of::<Option<Block>>(), 16) {
    Some(bytes) => bytes,
    None => unreachable!(),
};

impl Block {
    /// Takes a block with at least `room_bytes` for objects from the system; `None` if it refuses.
    pub(crate) fn new(room_bytes: usize, profile: &ArenaProfile) -> Option<Self> {
        let _zone = profile.zone_of_growth();
        let reserved = Self::reserved_for(room_bytes)?;
        let bump = Bump::try_with_capacity(size::chunk_capacity(reserved)).ok()?;
        let layout =
            core::alloc::Layout::from_size_align(bump.chunk_capacity(), size::BLOCK_ALIGN_BYTES)
                .ok()?;
        let base = bump.try_alloc_layout(layout).ok()?;
        // B2: the top 4 KiB of the address space are never handed out (possible on 32 bits only).
        let highest_end = !(2 * size::WRAP_SAFE_BYTES - 1);
        let bytes = layout.size().min(highest_end.saturating_sub(base.addr().get()));
        if bytes < HEADER_BYTES + room_bytes {
            return None;
        }
        // SAFETY: B1 and B2: the header lies inside the block and is aligned for it.
        unsafe { base.cast::<Option<Block>>().write(None) };
        Some(Self { _note: profile.note_block(base.as_ptr(), bytes), base, bytes, bump })
    }

    /// Bytes that [`Block::new`] would take from the system; `None` if no block can be that large.
    pub(crate) fn reserved_for(room_bytes: usize) -> Option<usize> {
        size::reserved_for(room_bytes, HEADER_BYTES)
    }

    /// First byte for objects, aligned to 16.
    pub(crate) fn start(&self) -> NonNull<u8> {
        // SAFETY: B1: `Block::new` made the block longer than its header.
        unsafe { self.base.add(HEADER_BYTES) }
    }

    /// Bytes for objects.
    pub(crate) fn room_bytes(&self) -> usize {
        self.bytes - HEADER_BYTES
    }

    /// Bytes that the system holds for this block: whole pages.
    pub(crate) fn reserved_bytes(&self) -> usize {
        // Infallible: the same sum was formed in `new`.
        size::round_up(self.bump.allocated_bytes(), size::PAGE_BYTES).unwrap_or(self.bytes)
    }

    /// Writes every page once, so that the system maps the memory now and not in a later frame.
    pub(crate) fn pretouch(&self) {
        let room = self.start();
        for offset in (0..self.room_bytes()).step_by(size::PAGE_BYTES) {
            // SAFETY: `offset` is under `room_bytes`, inside the block (B1).
            let byte = unsafe { room.add(offset) };
            // SAFETY: as above; no object lies in a block that no chain holds yet. Volatile, since
            // the compiler may drop a plain write that nothing reads.
            unsafe { byte.write_volatile(0) };
        }
    }

    fn set_below(&self, below: Option<Block>) {
        // SAFETY: B1 and B3: the header is there; the `None` that it held needs no drop.
        unsafe { self.base.cast::<Option<Block>>().write(below) };
    }

    fn take_below(&self) -> Option<Block> {
        // SAFETY: B3: initialized, and replaced by `None` at once, so it has one owner.
        unsafe { self.base.cast::<Option<Block>>().replace(None) }
    }
}

/// A stack of blocks, the newest on top. Links stand in the blocks, so pushing cannot fail and
/// makes no heap call.
#[derive(Default)]
pub(crate) struct BlockChain {
    top: Cell<Option<Block>>,
    block_count: Cell<u32>,
    reserved_bytes: Cell<usize>,
}

impl BlockChain {
    pub(crate) fn push(&self, block: Block) {
        self.block_count.set(self.block_count.get() + 1);
        self.reserved_bytes.set(self.reserved_bytes.get() + block.reserved_bytes());
        block.set_below(self.top.take());
        self.top.set(Some(block));
    }

    pub(crate) fn pop(&self) -> Option<Block> {
        let block = self.top.take()?;
        self.top.set(block.take_below());
        self.block_count.set(self.block_count.get() - 1);
        self.reserved_bytes.set(self.reserved_bytes.get() - block.reserved_bytes());
        Some(block)
    }

    /// Takes the newest block with at least `room_bytes` out, and leaves the others as they are.
    pub(crate) fn take_with_room(&self, room_bytes: usize) -> Option<Block> {
        let passed = Self::default();
        let mut found = None;
        while let Some(block) = self.pop() {
            if block.room_bytes() >= room_bytes {
                found = Some(block);
                break;
            }
            passed.push(block);
        }
        while let Some(block) = passed.pop() {
            self.push(block);
        }
        found
    }

    /// Room of the newest block, 0 if there is none.
    pub(crate) fn last_room_bytes(&self) -> usize {
        let top = self.top.take();
        let room = top.as_ref().map_or(0, Block::room_bytes);
        self.top.set(top);
        room
    }

    /// Blocks held.
    pub(crate) fn block_count(&self) -> u32 {
        self.block_count.get()
    }

    /// Bytes held from the system.
    pub(crate) fn reserved_bytes(&self) -> usize {
        self.reserved_bytes.get()
    }
}

impl Drop for BlockChain {
    // One by one: a long chain must not recurse.
    fn drop(&mut self) {
        while self.pop().is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::ProfileLevel;

    fn new_block(room_bytes: usize) -> Option<Block> {
        Block::new(room_bytes, &ArenaProfile::new("test", ProfileLevel::Blocks))
    }

    #[test]
    fn a_block_has_the_room_asked_for_in_whole_pages() {
        for room in [1, 100, 4_096, 1 << 20] {
            let block = new_block(room).unwrap();
            assert!(block.room_bytes() >= room);
            assert_eq!(block.reserved_bytes() % size::PAGE_BYTES, 0);
            assert_eq!(block.start().addr().get() % 16, 0);
        }
    }

    #[test]
    fn a_block_nobody_can_have_is_refused() {
        assert!(new_block(isize::MAX as usize).is_none());
        assert!(new_block(isize::MAX as usize / 4).is_none());
    }

    #[test]
    fn a_chain_counts_and_returns_its_blocks_newest_first() {
        let chain = BlockChain::default();
        for pages in 1..=3 {
            chain.push(new_block(pages * 4_096).unwrap());
        }
        assert_eq!((chain.block_count(), chain.reserved_bytes()), (3, (2 + 3 + 4) * 4_096));
        assert!(chain.pop().unwrap().room_bytes() >= 3 * 4_096);
        assert_eq!(chain.block_count(), 2);
    }
}
