//! The arena's own collections, and other crates' over it: one fact a test, by module.

mod boxed;
mod dynamic;
mod interop;
mod macros;
mod map;
mod string;
#[path = "../arena/support.rs"]
#[expect(dead_code, reason = "the arena's own tests use the rest")]
mod support;
mod typed;
mod vec;

use frame_arena::{Budget, FrameArena, heap};
use support::{DropLog, MODES, Noted, config, panic_text};

#[global_allocator]
static HEAP: heap::Counting = heap::Counting::system();

/// An arena of each mode.
fn arenas() -> impl Iterator<Item = FrameArena> {
    MODES.map(|mode| FrameArena::with_config(config(4_096, mode, Budget::Unlimited))).into_iter()
}

/// An arena of each mode that refuses more than `budget_bytes`.
fn poor_arenas(budget_bytes: usize) -> impl Iterator<Item = FrameArena> {
    let budget = Budget::Refuse(budget_bytes);
    MODES.map(|mode| FrameArena::with_config(config(4_096, mode, budget))).into_iter()
}

/// A sequence without pattern, the same on every run.
fn numbers(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed | 1), |n| {
        Some(n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    })
    .map(|n| n >> 33)
}

/// A value that panics when dropped if its number is a multiple of 5.
fn any_value(log: &DropLog, number: u32) -> Noted {
    match number.is_multiple_of(5) {
        true => log.panicking_value(number),
        false => log.value(number),
    }
}

/// Drops what holds the value `number`, and nothing else that notes its drop.
#[track_caller]
fn assert_drops(log: &DropLog, number: u32, holder: impl Sized) {
    _ = panic_text(|| drop(holder));
    assert_eq!(log.take(), [number]);
}
