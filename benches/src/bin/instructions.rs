//! How many instructions does one 8-byte value cost, from claim to store?
//!
//! `cargo run --release -p frame-arena-benches --bin instructions`
//!
//! The method: `(Ir(2N) - Ir(N)) / N` under callgrind, arena and result through `black_box`. The
//! arm `store` is the same loop with one store and no allocation. Taking its count off, but for
//! that store, leaves the allocation with the store of its value. Both columns are printed.

use std::cell::Cell;
use std::hint::black_box;
use std::process::ExitCode;

use frame_arena::FrameArena;
use frame_arena_benches::arms::{Arm, Targets, run_bench};
use frame_arena_benches::callgrind::CountError;

/// Operations of the shorter run: few enough that no arm needs a second block.
const OPERATIONS: u64 = 100_000;
/// Memory for the longer run, in bytes.
const CAPACITY_BYTES: usize = 2 * OPERATIONS as usize * 16;

const ARMS: [Arm; 5] = [
    arm("store", "the loop, `black_box`, and one store", run_store),
    arm("ideal", "an index moved over a fixed buffer, never another block", run_ideal),
    arm("frame-arena", "FrameArena::alloc, counted", run_frame_arena),
    arm("bumpalo-8", "bumpalo with MIN_ALIGN 8, not counted", run_bumpalo_8),
    arm("bumpalo-1", "bumpalo with MIN_ALIGN 1, not counted", run_bumpalo_1),
];

const fn arm(name: &'static str, what: &'static str, run: fn(u64)) -> Arm {
    Arm { name, what, operations: OPERATIONS, run }
}

fn main() -> ExitCode {
    run_bench(&ARMS, compare)
}

fn compare() -> Result<Targets, CountError> {
    // One store is part of every allocation.
    let loop_alone = ARMS[0].instructions()? - 1.0;
    println!("instructions for one 8-byte value, (Ir(2N) - Ir(N)) / N with N = {OPERATIONS}");
    println!("{:<12} {:>9} {:>10}  what", "arm", "with loop", "allocation");
    for arm in &ARMS {
        let count = arm.instructions()?;
        println!("{:<12} {count:>9.2} {:>10.2}  {}", arm.name, count - loop_alone, arm.what);
    }
    Ok(Targets::default())
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
