//! What does it cost to tell a profiler of things when there is none?
//!
//! `cargo run --release -p frame-arena-benches --bin profiling` (needs valgrind): nothing, which is
//! the target. With `--features tracy` and `TRACY_NO_INVARIANT_CHECK=1` (valgrind's processor has no
//! steady clock): the client linked, no viewer connected.
//!
//! The method is that of `instructions`: `(Ir(2N) - Ir(N)) / N` under callgrind.

use std::hint::black_box;
use std::process::ExitCode;

use frame_arena::profile::{self, IS_BUILT_IN};
use frame_arena_benches::arms::{Arm, Targets, run_bench};
use frame_arena_benches::callgrind::CountError;

const OPERATIONS: u64 = 100_000;

const ARMS: [Arm; 6] = [
    arm("loop", "a loop with `black_box`", run_loop),
    arm("zone", "and a zone", run_zone),
    arm("frame", "and a frame of its own kind", run_frame),
    arm("plot", "and a point of a plot", run_plot),
    arm("message", "and a message", run_message),
    arm("frame_mark", "and a frame mark", run_frame_mark),
];

const fn arm(name: &'static str, what: &'static str, run: fn(u64)) -> Arm {
    Arm { name, what, operations: OPERATIONS, run }
}

fn main() -> ExitCode {
    run_bench(&ARMS, compare)
}

fn compare() -> Result<Targets, CountError> {
    let mut targets = Targets::default();
    let client = if IS_BUILT_IN { "linked, no viewer connected" } else { "not linked" };
    println!("instructions, (Ir(2N) - Ir(N)) / N; the profiler's client is {client}");
    let alone = ARMS[0].instructions()?;
    println!("{:<12} {alone:>8.2}           {}", ARMS[0].name, ARMS[0].what);
    for arm in &ARMS[1..] {
        let count = arm.instructions()?;
        let more = count - alone;
        let verdict = if IS_BUILT_IN { "" } else { targets.check(more.abs(), 0.005) };
        println!("{:<12} {count:>8.2} {more:>+9.2}  {} {verdict}", arm.name, arm.what);
    }
    Ok(targets)
}

fn run_loop(operations: u64) {
    for n in 0..operations {
        black_box(n);
    }
}

fn run_zone(operations: u64) {
    for n in 0..operations {
        profile::zone!("work");
        black_box(n);
    }
}

fn run_frame(operations: u64) {
    for n in 0..operations {
        profile::frame!("work");
        black_box(n);
    }
}

fn run_plot(operations: u64) {
    for n in 0..operations {
        profile::plot!("work", black_box(n) as f64);
        black_box(n);
    }
}

fn run_message(operations: u64) {
    for n in 0..operations {
        profile::message("work");
        black_box(n);
    }
}

fn run_frame_mark(operations: u64) {
    for n in 0..operations {
        profile::frame_mark();
        black_box(n);
    }
}
