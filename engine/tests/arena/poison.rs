//! What a debug build does with forgotten memory.
#![cfg(all(debug_assertions, not(frame_arena_asan)))]

use frame_arena::{FrameArena, ThreadArenas};

/// Reads memory that no reference names any more, as a bug would.
///
/// # Safety
/// - The memory is still the arena's.
#[expect(unsafe_code, reason = "only a bug reads forgotten memory")]
unsafe fn forgotten(address: *const [u8; 32]) -> [u8; 32] {
    // SAFETY: the caller's promise; volatile, since the compiler may assume that nobody does this.
    unsafe { address.read_volatile() }
}

#[test]
#[expect(unsafe_code, reason = "only a bug reads forgotten memory")]
fn a_reset_fills_what_was_used() {
    let mut arena = FrameArena::with_capacity(4_096);
    let address = std::ptr::from_mut(arena.alloc([7u8; 32]));
    arena.reset();
    // SAFETY: the arena keeps its one block.
    assert_eq!(unsafe { forgotten(address) }, [0xDF; 32]);
}

#[test]
#[expect(unsafe_code, reason = "only a bug reads forgotten memory")]
fn a_sets_frame_fills_what_any_thread_used() {
    let mut set = ThreadArenas::new();
    let address = std::thread::scope(|scope| {
        let thread = scope.spawn(|| std::ptr::from_mut(set.local().alloc([7u8; 32])).addr());
        thread.join().unwrap()
    });
    let ours = std::ptr::from_mut(set.local().alloc([8u8; 32])).cast_const();
    set.begin_frame();
    let theirs = ours.with_addr(address);
    for address in [theirs, ours] {
        // SAFETY: both lie in the set's one block, which it keeps.
        assert_eq!(unsafe { forgotten(address) }, [0xDF; 32]);
    }
}
