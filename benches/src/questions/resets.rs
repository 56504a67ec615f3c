//! What does it cost to forget a frame, however many values it had?

use std::hint::black_box;

use frame_arena::{ArenaConfig, FrameArena};

use crate::for_each_arena;
use crate::opaque::used;
use crate::peers::Arena;
use crate::question::{Arm, Host, LONG, ONCE, Plan, Question, SHORT, Unit, Work, timed};

/// Values of the smallest frame.
const FEW: u64 = 10;
/// Frames of the shorter run under callgrind, for the smallest.
const COUNTED_FRAMES: u64 = 10_000;

/// The questions of this file.
#[must_use]
pub fn questions() -> Vec<Question> {
    let sizes = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];
    let mut resets: Vec<Arm> = sizes
        .iter()
        .map(|&size| {
            Arm::new("frame-arena", "FrameArena, all figures", reset::<FrameArena>).at(size)
        })
        .collect();
    for_each_arena!(A => if A::NAME != "frame-arena" {
        resets.extend(sizes.iter().map(|&size| Arm::new(A::NAME, A::WHAT, reset::<A>).at(size)));
    });
    resets.push(Arm::new("clock", "nothing, timed", |_| Box::new(|_| timed(|| ()))));

    let mut small = Vec::new();
    for_each_arena!(A => small.push(Arm::new(A::NAME, A::WHAT, small_frame::<A>)));
    small.push(Arm::new(
        "frame-arena-history",
        "FrameArena, 240 frames of history",
        small_frame_kept,
    ));

    small.push(Arm::new(
        "without-reset",
        "FrameArena, ten values and no reset",
        small_frame_without,
    ));

    let mut counted = Vec::new();
    for size in [10, 1_000, 100_000, 10_000_000] {
        counted.push(Arm::new("frame-arena", "FrameArena", counted_resets::<true>).at(size));
        counted
            .push(Arm::new("without-reset", "the same without", counted_resets::<false>).at(size));
    }

    let mut regrown = Vec::new();
    for_each_arena!(A => regrown.push(Arm::new(A::NAME, A::WHAT, reset_after_growth::<A>)));
    let mut returned = Vec::new();
    for_each_arena!(A => returned.push(Arm::new(A::NAME, A::WHAT, new_arena_each_frame::<A>)));
    returned.push(Arm::new("frame-arena-kept", "FrameArena, kept and reset", large_frame));

    let mut calls = Vec::new();
    for_each_arena!(A => calls.extend((1..=4).map(|frame| {
        Arm::new(A::NAME, A::WHAT, heap_calls_of_frame::<A>).on(Host::Counted).at(frame)
    })));

    vec![
        Question {
            name: "reset",
            title: "Forget a frame of so many 8-byte values, in one block",
            per: "one reset",
            unit: Unit::Nanoseconds,
            plan: Plan { rounds: 30, ..LONG },
            counted_operations: None,
            note: "One reset, timed by itself: 20 to 60 ns of each figure are the clock's (last \
                   row), so it shows only that the cost does not grow. What a reset costs is in \
                   `small-frame` and in its instructions.",
            arms: resets,
        },
        Question {
            name: "small-frame",
            title: "Ten 8-byte values and a reset",
            per: "one frame",
            unit: Unit::Nanoseconds,
            plan: Plan { step: 100, ..SHORT },
            counted_operations: Some(COUNTED_FRAMES),
            note: "What is left when the ten values (10 instructions each with the loop) are taken \
                   off is the reset. bumpalo and the others take no figures of a frame.",
            arms: small,
        },
        Question {
            name: "reset-count",
            title: "Instructions of a frame of so many values, with its reset and without",
            per: "one frame",
            unit: Unit::Nanoseconds,
            plan: Plan { rounds: 5, ..LONG },
            counted_operations: Some(1),
            note: "The difference is the reset, whatever the number of values. Times are of single \
                   frames, mostly of their values.",
            arms: counted,
        },
        Question {
            name: "reset-grown",
            title: "Forget the first frame that outgrew its block: 1.2 MiB of values in an arena of 64 KiB",
            per: "one reset",
            unit: Unit::Nanoseconds,
            plan: Plan { rounds: 60, ..LONG },
            counted_operations: None,
            note: "Ours replaces all blocks by one here, so that no later frame grows; bumpalo and \
                   bump-scope keep the last block, and grow again in the next frame. See \
                   `settling` for what follows.",
            arms: regrown,
        },
        Question {
            name: "settling",
            title: "Heap calls of the first, second, third and fourth frame of 1.2 MiB in an arena of 64 KiB",
            per: "one frame",
            unit: Unit::HeapCalls,
            plan: ONCE,
            counted_operations: None,
            note: "A reset counts to the frame that it ends; the number after `@` is the frame's.",
            arms: calls,
        },
        Question {
            name: "returned",
            title: "A frame of 40 MiB in an arena made for it and dropped after it",
            per: "one frame",
            unit: Unit::Nanoseconds,
            plan: Plan { rounds: 10, ..LONG },
            counted_operations: None,
            note: "Dropping returns the pages to the system, and the next frame faults them in \
                   again: this is why arenas are kept (last row).",
            arms: returned,
        },
    ]
}

#[inline(never)]
fn fill<A: Arena>(arena: &A, values: u64) {
    for n in 0..values {
        used(arena.alloc(n));
    }
}

/// A call of its own, so that what surrounds it does not change its cost.
#[inline(never)]
fn forget<A: Arena>(arena: &mut A) {
    arena.reset();
}

fn reset<A: Arena + 'static>(values: u64) -> Work {
    let mut arena = A::with_capacity(values as usize * 8 + 65_536);
    Box::new(move |_| {
        // Once before, so that the code is at hand as it is in a game's loop.
        fill(&arena, FEW);
        forget(&mut arena);
        fill(&arena, values);
        timed(|| forget(&mut arena))
    })
}

fn small_frames<A: Arena>(arena: &mut A, frames: u64) -> f64 {
    timed(|| {
        for _ in 0..frames {
            fill(arena, black_box(FEW));
            forget(arena);
        }
    })
}

fn small_frame<A: Arena + 'static>(_: u64) -> Work {
    let mut arena = A::with_capacity(65_536);
    Box::new(move |frames| small_frames(&mut arena, frames))
}

fn small_frame_kept(_: u64) -> Work {
    let config = ArenaConfig { history_frames: 240, ..ArenaConfig::default() };
    let mut arena = FrameArena::with_config(config);
    Box::new(move |frames| small_frames(&mut arena, frames))
}

/// As `small_frame` without the reset: there is memory for all frames of a count.
fn small_frame_without(_: u64) -> Work {
    let frames_counted = 2 * COUNTED_FRAMES as usize;
    let mut arena = FrameArena::with_capacity(frames_counted * FEW as usize * 8);
    Box::new(move |frames| {
        let figure = timed(|| {
            for _ in 0..frames {
                fill(&arena, black_box(FEW));
            }
        });
        arena.reset();
        figure
    })
}

/// Memory for as many frames of a count as come without a reset.
fn counted_resets<const RESETS: bool>(values: u64) -> Work {
    let mut arena = FrameArena::with_capacity(4 * values as usize * 8);
    Box::new(move |frames| {
        let figure = timed(|| {
            for _ in 0..frames {
                fill(&arena, black_box(values));
                if RESETS {
                    forget(&mut arena);
                }
            }
        });
        arena.reset();
        figure
    })
}

/// Values of 1.2 MiB: more than the last of doubled blocks holds.
const GROWN: u64 = 157_000;
/// Of an arena that they outgrow.
const TOO_FEW_BYTES: usize = 64 << 10;

fn reset_after_growth<A: Arena + 'static>(_: u64) -> Work {
    Box::new(move |_| {
        let mut arena = A::with_capacity(TOO_FEW_BYTES);
        fill(&arena, GROWN);
        timed(|| black_box(&mut arena).reset())
    })
}

fn heap_calls_of_frame<A: Arena + 'static>(frame: u64) -> Work {
    Box::new(move |_| {
        let mut arena = A::with_capacity(TOO_FEW_BYTES);
        fill(&arena, 1); // The first block, where it is not taken at once.
        for _ in 1..frame {
            fill(&arena, GROWN);
            arena.reset();
        }
        let before = frame_arena::heap::thread_counts();
        fill(&arena, GROWN);
        arena.reset();
        (frame_arena::heap::thread_counts() - before).heap_calls as f64
    })
}

/// Values of 40 MiB: glibc asks the system anew for each block of more than 32 MiB.
const LARGE: u64 = 5 << 20;

fn new_arena_each_frame<A: Arena + 'static>(_: u64) -> Work {
    Box::new(move |frames| {
        timed(|| {
            for _ in 0..frames {
                let arena = A::with_capacity(LARGE as usize * 8);
                fill(&arena, LARGE);
                black_box(&arena);
            }
        })
    })
}

fn large_frame(_: u64) -> Work {
    let mut arena = FrameArena::with_capacity(LARGE as usize * 8);
    Box::new(move |frames| {
        timed(|| {
            for _ in 0..frames {
                fill(&arena, LARGE);
                arena.reset();
            }
        })
    })
}
