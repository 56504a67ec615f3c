//! Bugs that AddressSanitizer reports, because free memory of an arena is poisoned for it.
//!
//! Built with `--cfg frame_arena_asan` only, as `.ci/sanitize` does: each test runs itself again in
//! a process of its own, which must end in a report.
#![cfg(frame_arena_asan)]

use std::process::Command;

use frame_arena::{FrameArena, FrameVec, ThreadArenas};

/// Runs `attack` in another process and expects a report of it.
fn is_reported(name: &str, attack: impl FnOnce()) {
    if std::env::var_os("ATTACK").is_some() {
        return attack();
    }
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program).args([name, "--exact"]).env("ATTACK", "1").output().unwrap();
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "nothing was reported");
    assert!(report.contains("use-after-poison"), "{report}");
}

/// Reads through a pointer, as a bug would.
#[expect(unsafe_code, reason = "the bug that must be reported")]
fn read(address: *const u64) -> u64 {
    // SAFETY: none; that is the point.
    unsafe { address.read_volatile() }
}

#[test]
fn a_use_after_the_reset() {
    is_reported("a_use_after_the_reset", || {
        let mut arena = FrameArena::new();
        let address = std::ptr::from_mut(arena.alloc(7u64));
        arena.reset();
        read(address);
    });
}

#[test]
fn a_use_past_an_objects_end() {
    is_reported("a_use_past_an_objects_end", || {
        let arena = FrameArena::new();
        let address = std::ptr::from_mut(arena.alloc(7u64));
        read(address.wrapping_add(1));
    });
}

#[test]
fn a_use_of_what_a_vector_gave_back() {
    is_reported("a_use_of_what_a_vector_gave_back", || {
        let arena = FrameArena::new();
        let address = FrameVec::from_iter_in([1u64, 2], &arena).as_ptr();
        read(address);
    });
}

#[test]
fn a_use_after_the_frame_of_a_set() {
    is_reported("a_use_after_the_frame_of_a_set", || {
        let mut set = ThreadArenas::new();
        let address = std::ptr::from_mut(set.local().alloc(7u64));
        set.begin_frame();
        read(address);
    });
}
