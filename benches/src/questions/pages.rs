//! What does the first frame cost, whose memory nobody has touched yet?

use std::hint::black_box;

use bumpalo::Bump;
use frame_arena::{ArenaConfig, FrameArena};

use crate::peers::Arena;
use crate::question::{Arm, LONG, Plan, Question, Unit, Work, timed};

/// Values of a frame: 40 MiB, for which glibc asks the system anew each time.
const VALUES: u64 = 5 << 20;
const BYTES: usize = VALUES as usize * 8;

/// The questions of this file.
#[must_use]
pub fn questions() -> Vec<Question> {
    vec![Question {
        name: "first-frame",
        title: "The first frame of 5 million 8-byte values, 40 MiB, in a new arena",
        per: "one frame",
        unit: Unit::Nanoseconds,
        plan: Plan { rounds: 8, ..LONG },
        counted_operations: None,
        note: "The system gives pages when they are first written; with `pretouch` the arena writes \
               each once when it is made, which is not in the first two figures and has a row of \
               its own. The second frame is what every later one costs.",
        arms: vec![
            Arm::new("frame-arena", "FrameArena, `pretouch`, the first frame", |_| {
                first_frame(|| FrameArena::with_config(config(true)))
            }),
            Arm::new("frame-arena-cold", "FrameArena, the first frame", |_| {
                first_frame(|| FrameArena::with_config(config(false)))
            }),
            Arm::new("frame-arena-second", "FrameArena, the second frame", second_frame),
            Arm::new("frame-arena-making", "FrameArena, `pretouch`, the making of it", making),
            Arm::new("bumpalo-8", "bumpalo, MIN_ALIGN 8, the first frame", |_| {
                first_frame(|| <Bump<8> as Arena>::with_capacity(BYTES))
            }),
            Arm::new("vec", "`Vec::with_capacity`, the first frame", first_vec),
        ],
    }]
}

fn config(pretouch: bool) -> ArenaConfig {
    ArenaConfig { capacity_bytes: BYTES, pretouch, ..ArenaConfig::default() }
}

fn fill<A: Arena>(arena: &A) {
    for n in 0..black_box(VALUES) {
        black_box(arena.alloc(n));
    }
}

fn first_frame<A: Arena + 'static>(make: impl Fn() -> A + 'static) -> Work {
    Box::new(move |_| {
        let arena = make();
        timed(|| fill(&arena))
    })
}

fn second_frame(_: u64) -> Work {
    Box::new(move |_| {
        let mut arena = FrameArena::with_config(config(false));
        fill(&arena);
        arena.reset();
        timed(|| fill(&arena))
    })
}

fn making(_: u64) -> Work {
    Box::new(move |_| {
        timed(|| {
            black_box(FrameArena::with_config(config(true)));
        })
    })
}

fn first_vec(_: u64) -> Work {
    Box::new(move |_| {
        let mut values = Vec::with_capacity(VALUES as usize);
        timed(|| {
            for n in 0..black_box(VALUES) {
                values.push(n);
                black_box(values.last());
            }
        })
    })
}
