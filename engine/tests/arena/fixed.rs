//! Arenas that never grow.

use std::mem::MaybeUninit;

use frame_arena::{AllocError, FixedArena, FrameArena, FrameVec};

#[test]
fn a_fixed_arena_is_exact_to_the_byte() {
    let mut arena = FrameArena::fixed(64);
    for _ in 0..3 {
        (0..8u64).for_each(|n| _ = arena.alloc(n));
        let refused = arena.try_alloc(9u8).unwrap_err();
        assert!(matches!(refused.error(), AllocError::Full { used_bytes: 64, .. }));
        assert_eq!(arena.stats().block_count, 1);
        arena.reset();
    }
    assert_eq!(arena.stats().resizes, 0);
}

#[test]
fn alignment_makes_a_fixed_arena_refuse_and_not_grow() {
    #[repr(align(4096))]
    struct Page(#[expect(dead_code, reason = "only its size and place matter")] [u8; 4096]);
    let arena = FrameArena::fixed(4_096);
    arena.alloc(1u8);
    assert!(arena.try_alloc_with(|| Page([0; 4096])).is_err());
    assert_eq!((arena.stats().block_count, arena.stats().block_requests), (1, 1));
}

#[test]
fn a_fixed_vector_grows_to_the_very_end() {
    let arena = FrameArena::fixed(1_000);
    let mut vec = FrameVec::new_in(&arena);
    while vec.try_push(1u8).is_ok() {}
    assert_eq!(vec.len(), 1_000);
}

#[test]
fn a_callers_buffer_holds_the_values_and_is_theirs_again() {
    let mut buffer = [MaybeUninit::new(0xAAu8); 256];
    let bounds = buffer.as_ptr_range();
    let mut arena = FixedArena::new(&mut buffer);
    for round in 0..3u64 {
        let value = arena.alloc([round; 8]);
        let address = std::ptr::from_ref(value).cast::<MaybeUninit<u8>>();
        assert!(bounds.contains(&address) && address.addr() % 8 == 0);
        assert_eq!(value[7], round);
        arena.reset();
    }
    drop(arena);
    buffer.fill(MaybeUninit::new(1));
}

/// Its capacity was the buffer's length, alignment or not: 8 B requested, 1008 of 1019 B used.
#[test]
fn the_capacity_of_a_buffer_is_what_alignment_leaves_of_it() {
    let mut buffer = [MaybeUninit::uninit(); 1_024];
    for start in 0..17 {
        let arena = FixedArena::new(&mut buffer[start..start + 1_000]);
        while arena.try_alloc(1u64).is_ok() {}
        let used_bytes = arena.stats().used_bytes;
        assert_eq!((used_bytes, arena.room_bytes()), (arena.config().capacity_bytes, 0));
    }
}

#[test]
fn every_place_and_length_of_a_buffer_is_used_within_its_bounds() {
    let mut buffer = [MaybeUninit::uninit(); 96];
    for start in 0..17 {
        for len in 0..=(96 - start) {
            let part = &mut buffer[start..start + len];
            let bounds = part.as_ptr_range();
            let (first, end) = (bounds.start.addr(), bounds.end.addr());
            let arena = FixedArena::new(part);
            let mut count = 0;
            while let Ok(value) = arena.try_alloc(0u64) {
                let address = std::ptr::from_mut(value).addr();
                assert!(address >= first && address + 8 <= end);
                count += 1;
            }
            assert!(count >= len.saturating_sub(22) / 8, "{count} values in {len} B");
            assert_eq!(arena.stats().block_count, 0);
        }
    }
}

#[test]
fn an_empty_buffer_refuses_all_but_values_without_bytes() {
    let arena = FixedArena::new(&mut []);
    assert!(arena.try_alloc(1u8).is_err());
    assert!(arena.try_alloc_slice_copy(&[0u8; 0]).is_ok());
}

#[test]
fn a_piece_of_another_arena_will_do() {
    let arena = FrameArena::new();
    let inner = FixedArena::new(arena.alloc_slice_uninit(512));
    let text = inner.alloc_str("inside");
    assert_eq!(text, "inside");
    assert_eq!(arena.stats().alloc_count, 1);
}

#[test]
fn handles_of_a_fixed_arena_end_at_its_reset() {
    let mut buffer = [MaybeUninit::uninit(); 64];
    let mut arena = FixedArena::new(&mut buffer);
    let handle = arena.publish(3u32);
    assert_eq!(arena.get(handle), Ok(&3));
    arena.reset();
    assert!(arena.get(handle).is_err());
}

#[test]
fn values_to_drop_are_dropped_at_reset_and_with_the_arena() {
    let shared = std::sync::Arc::new(());
    let count = || std::sync::Arc::strong_count(&shared);
    let mut buffer = [MaybeUninit::uninit(); 256];
    let mut arena = FixedArena::new(&mut buffer);
    arena.alloc_drop(std::sync::Arc::clone(&shared));
    assert_eq!(count(), 2);
    arena.reset();
    assert_eq!(count(), 1);
    arena.alloc_drop(std::sync::Arc::clone(&shared));
    drop(arena);
    assert_eq!(count(), 1);
}
