//! How many instructions does one 8-byte value cost, from claim to store?
//!
//! `cargo run --release -p frame-arena-benches --bin instructions`
//!
//! The method: `(Ir(2N) - Ir(N)) / N` under callgrind, arena and result through `black_box`. The
//! arm `store` is the same loop with one store and no allocation. Taking its count off, but for
//! that store, leaves the allocation with the store of its value. Both columns are printed.

use std::cell::Cell;
use std::env;
use std::hint::black_box;
use std::process::ExitCode;

use frame_arena::FrameArena;
use frame_arena_benches::callgrind::{CountError, instructions_per_operation};

/// Operations of the shorter run: few enough that no arm needs a second block.
const OPERATIONS: u64 = 100_000;
/// Memory for the longer run, in bytes.
const CAPACITY_BYTES: usize = 2 * OPERATIONS as usize * 16;

/// Name, what it does, and the loop itself.
type Arm = (&'static str, &'static str, fn(u64));

const ARMS: [Arm; 5] = [
    ("store", "the loop, `black_box`, and one store", run_store),
    ("ideal", "an index moved over a fixed buffer, never another block", run_ideal),
    ("frame-arena", "FrameArena::alloc, counted", run_frame_arena),
    ("bumpalo-8", "bumpalo with MIN_ALIGN 8, not counted", run_bumpalo_8),
    ("bumpalo-1", "bumpalo with MIN_ALIGN 1, not counted", run_bumpalo_1),
];

fn main() -> ExitCode {
    let mut args = env::args().skip(1);
    match (args.next(), args.next().and_then(|n| n.parse().ok())) {
        (Some(arm), Some(operations)) => {
            run_arm(&arm, operations);
            ExitCode::SUCCESS
        }
        (None, _) => match compare() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("instructions: {error}");
                ExitCode::FAILURE
            }
        },
        _ => {
            eprintln!("usage: instructions [ARM OPERATIONS]");
            ExitCode::FAILURE
        }
    }
}

fn compare() -> Result<(), CountError> {
    // One store is part of every allocation.
    let loop_alone = instructions_per_operation("store", OPERATIONS)? - 1.0;
    println!("instructions for one 8-byte value, (Ir(2N) - Ir(N)) / N with N = {OPERATIONS}");
    println!("{:<12} {:>9} {:>10}  what", "arm", "with loop", "allocation");
    for (arm, what, _) in ARMS {
        let count = instructions_per_operation(arm, OPERATIONS)?;
        println!("{arm:<12} {count:>9.2} {:>10.2}  {what}", count - loop_alone);
    }
    Ok(())
}

fn run_arm(arm: &str, operations: u64) {
    if let Some((_, _, run)) = ARMS.iter().find(|(name, _, _)| *name == arm) {
        run(operations);
    }
}

fn run_store(operations: u64) {
    let arena = FrameArena::with_capacity(CAPACITY_BYTES);
    for n in 0..operations {
        black_box(black_box(&arena));
        black_box(n);
    }
}

fn run_frame_arena(operations: u64) {
    let arena = FrameArena::with_capacity(CAPACITY_BYTES);
    for n in 0..operations {
        black_box(black_box(&arena).alloc(n));
    }
}

fn run_bumpalo_8(operations: u64) {
    let bump = bumpalo::Bump::<8>::with_min_align_and_capacity(CAPACITY_BYTES);
    for n in 0..operations {
        black_box(black_box(&bump).alloc(n));
    }
}

fn run_bumpalo_1(operations: u64) {
    let bump = bumpalo::Bump::with_capacity(CAPACITY_BYTES);
    for n in 0..operations {
        black_box(black_box(&bump).alloc(n));
    }
}

/// What no allocator can beat: the value stored, the pointer moved.
fn run_ideal(operations: u64) {
    let mut buffer = vec![0u64; CAPACITY_BYTES / 8];
    let next = Cell::new(0);
    let slots = Cell::from_mut(&mut buffer[..]).as_slice_of_cells();
    for n in 0..operations {
        let next = black_box(&next);
        let slot = &slots[next.get()];
        next.set(next.get() + 1);
        slot.set(n);
        black_box(slot);
    }
}
