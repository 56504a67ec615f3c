//! What do a budget, a trace and the other modes cost?

use frame_arena::{ArenaConfig, ArenaMode, Budget, FrameArena};

use crate::opaque::used;
use crate::question::{Arm, Plan, Question, SHORT, Unit, Work, batch_len};
use crate::timed_batches;

/// Values between two resets.
const BATCH: u64 = 1_024;

/// The questions of this file.
#[must_use]
pub fn questions() -> Vec<Question> {
    vec![Question {
        name: "modes",
        title: "Store one 8-byte value with a budget, with two frames in flight, traced, per object",
        per: "one value",
        unit: Unit::Nanoseconds,
        plan: Plan { step: BATCH, ..SHORT },
        counted_operations: Some(50_000),
        note: "A budget moves the end that the one compare looks at, so it costs nothing. Tracing \
               and one heap call an object are for looking, not for playing. What the Tracy \
               profiler costs is in `profiler`.",
        arms: vec![
            Arm::new("frame-arena", "FrameArena, as it comes", |_| plain(|config| config)),
            Arm::new("budget-refuse", "Budget::Refuse", |_| {
                plain(|config| ArenaConfig { budget: Budget::Refuse(MOST_BYTES), ..config })
            }),
            Arm::new("budget-warn", "Budget::Warn", |_| {
                plain(|config| ArenaConfig { budget: Budget::Warn(MOST_BYTES), ..config })
            }),
            Arm::new("two-in-flight", "frames_in_flight: 2", |_| {
                plain(|config| ArenaConfig { frames_in_flight: 2, ..config })
            }),
            Arm::new("traced", "ArenaMode::Traced", |_| {
                plain(|config| ArenaConfig { mode: ArenaMode::Traced, ..config })
            }),
            Arm::new("per-object", "ArenaMode::PerObject, glibc", |_| {
                plain(|config| ArenaConfig { mode: ArenaMode::PerObject, ..config })
            }),
        ],
    }]
}

/// More than any batch takes.
const MOST_BYTES: usize = 8 << 20;

fn plain(change: fn(ArenaConfig) -> ArenaConfig) -> Work {
    let len = batch_len(BATCH);
    let config = ArenaConfig { capacity_bytes: MOST_BYTES, ..ArenaConfig::default() };
    let mut arena = FrameArena::with_config(change(config));
    Box::new(move |operations| {
        timed_batches!(operations, len, arena, |n| used(arena.alloc(n)), arena.reset())
    })
}
