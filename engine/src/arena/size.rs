//! Size arithmetic of the arena, as plain numbers: no pointer, no unsafe code.
#![forbid(unsafe_code)]

/// Every allocation starts at a multiple of this and is padded to it, in bytes.
pub(crate) const MIN_ALIGN_BYTES: usize = 8;

/// Blocks are sized in whole pages of this many bytes.
///
/// A constant, as in bumpalo: a wrong guess costs a little memory, never correctness.
pub(crate) const PAGE_BYTES: usize = 4096;

/// Alignment of a block's first byte; larger alignments are reached by padding.
pub(crate) const BLOCK_ALIGN_BYTES: usize = 16;

/// Largest constant size whose bounds check may form `ptr + size` with wrapping arithmetic.
///
/// Blocks end at least this far below the top of the address space, so the sum cannot wrap.
pub(crate) const WRAP_SAFE_BYTES: usize = 4096;

/// What bumpalo 3.20 and the system's allocator add to one chunk, in bytes: bumpalo's footer (48)
/// and the room that it leaves for malloc's own header (16).
const CHUNK_OVERHEAD_BYTES: usize = 64;

/// Largest request, in bytes, that any arithmetic below is asked to handle: rounding it up to
/// alignment, page and growth factor cannot overflow an `isize`.
pub(crate) const MAX_REQUEST_BYTES: usize = isize::MAX as usize / 4;

/// `bytes` rounded up to a multiple of `align` (a power of two), or `None` on overflow.
pub(crate) const fn round_up(bytes: usize, align: usize) -> Option<usize> {
    match bytes.checked_add(align - 1) {
        Some(sum) => Some(sum & !(align - 1)),
        None => None,
    }
}

/// Bytes that an object of `bytes` takes in a block: rounded up to [`MIN_ALIGN_BYTES`].
///
/// `bytes` must come from a `Layout`, whose size cannot overflow when padded to eight.
pub(crate) const fn padded(bytes: usize) -> usize {
    (bytes + (MIN_ALIGN_BYTES - 1)) & !(MIN_ALIGN_BYTES - 1)
}

/// Of the bytes that a longer object takes more, those that are not its padding.
pub(crate) const fn missing(old_bytes: usize, new_bytes: usize) -> usize {
    let more = new_bytes.saturating_sub(old_bytes);
    let padded_more = padded(new_bytes).saturating_sub(padded(old_bytes));
    if more < padded_more { more } else { padded_more }
}

/// Distance from `address` up to the next multiple of `align` (a power of two).
pub(crate) const fn padding_to(address: usize, align: usize) -> usize {
    address.wrapping_neg() & (align - 1)
}

/// Room that a fresh block needs so that an object of this size and alignment fits for certain,
/// or `None` if no block can be that large.
pub(crate) const fn room_for(size_bytes: usize, align_bytes: usize) -> Option<usize> {
    if size_bytes > MAX_REQUEST_BYTES || align_bytes > MAX_REQUEST_BYTES {
        return None;
    }
    let slack = align_bytes.saturating_sub(BLOCK_ALIGN_BYTES);
    Some(padded(size_bytes) + slack)
}

/// Bytes to take from the system for a block with at least `room_bytes` for objects: whole pages,
/// `header_bytes` and the chunk's overhead included. `None` if no block can be that large.
pub(crate) const fn reserved_for(room_bytes: usize, header_bytes: usize) -> Option<usize> {
    if room_bytes > MAX_REQUEST_BYTES {
        return None;
    }
    round_up(room_bytes + header_bytes + CHUNK_OVERHEAD_BYTES, PAGE_BYTES)
}

/// Capacity to ask bumpalo for, so that it takes exactly `reserved_bytes` (whole pages).
pub(crate) const fn chunk_capacity(reserved_bytes: usize) -> usize {
    reserved_bytes - CHUNK_OVERHEAD_BYTES
}

/// Room of the next block while a frame grows: twice the last block, and at least the request.
pub(crate) const fn grown_room(last_room_bytes: usize, request_bytes: usize) -> usize {
    let doubled = last_room_bytes.saturating_mul(2);
    let doubled = if doubled > MAX_REQUEST_BYTES { MAX_REQUEST_BYTES } else { doubled };
    if doubled > request_bytes { doubled } else { request_bytes }
}

/// Room of the one block that replaces several: a frame's most used bytes and a quarter more.
pub(crate) const fn settled_room(most_used_bytes: usize) -> usize {
    most_used_bytes.saturating_add(most_used_bytes / 4)
}

/// What the frames of several blocks may need more in one: another place for the first object of
/// each block shifts what follows by less than the largest alignment.
pub(crate) const fn align_slack(most_align_bytes: usize, block_count: u32) -> usize {
    most_align_bytes.saturating_sub(BLOCK_ALIGN_BYTES).saturating_mul(block_count as usize)
}

/// Room to shrink to after quiet frames: twice the most that any of them used, but never under
/// the capacity that was asked for.
pub(crate) const fn shrunk_room(most_used_bytes: usize, capacity_bytes: usize) -> usize {
    let twice = most_used_bytes.saturating_mul(2);
    if twice > capacity_bytes { twice } else { capacity_bytes }
}

/// Whether a frame that used `used_bytes` of `reserved_bytes` counts as quiet: under half.
pub(crate) const fn is_quiet(used_bytes: usize, reserved_bytes: usize) -> bool {
    used_bytes < quiet_under(reserved_bytes)
}

/// The bytes under which a frame counts as quiet.
pub(crate) const fn quiet_under(reserved_bytes: usize) -> usize {
    reserved_bytes / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padded_rounds_up_to_eight() {
        assert_eq!([0, 1, 8, 9, 24].map(padded), [0, 8, 8, 16, 24]);
    }

    #[test]
    fn padding_reaches_the_next_multiple() {
        assert_eq!(padding_to(16, 16), 0);
        assert_eq!(padding_to(24, 16), 8);
        assert_eq!(padding_to(1, 4096), 4095);
    }

    #[test]
    fn reserved_is_whole_pages_with_the_room_inside() {
        for room in [0, 1, 3_900, 4_096, 1 << 20, (1 << 20) + 1] {
            let reserved = reserved_for(room, 48).unwrap();
            assert_eq!(reserved % PAGE_BYTES, 0);
            assert!(chunk_capacity(reserved) >= room + 48);
            assert!(reserved < room + 48 + CHUNK_OVERHEAD_BYTES + PAGE_BYTES);
        }
    }

    #[test]
    fn hopeless_requests_are_refused_instead_of_wrapped() {
        assert_eq!(round_up(usize::MAX, 8), None);
        assert_eq!(reserved_for(isize::MAX as usize, 48), None);
        assert_eq!(room_for(isize::MAX as usize, 8), None);
        assert_eq!(room_for(8, 1 << (usize::BITS - 1)), None);
        assert_eq!(grown_room(usize::MAX, 16), MAX_REQUEST_BYTES);
    }

    #[test]
    fn over_aligned_room_leaves_slack() {
        assert_eq!(room_for(64, 16), Some(64));
        assert_eq!(room_for(64, 64), Some(64 + 48));
    }

    #[test]
    fn shrinking_keeps_the_capacity_that_was_asked_for() {
        assert_eq!(shrunk_room(10_000, 4_096), 20_000);
        assert_eq!(shrunk_room(10_000, 65_536), 65_536);
    }
}
