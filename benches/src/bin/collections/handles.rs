//! A handle, made and checked at use, against an index that is checked at use.

use std::hint::black_box;

use frame_arena::{FrameArena, Handle, SliceHandle};
use frame_arena_benches::arms::Arm;

use crate::Group;

/// Names in one pass.
const NAMES: u64 = 1_024;
/// Passes of the shorter run.
const PASSES: u64 = 500;
/// Values of the shorter run.
const VALUES: u64 = 100_000;
const CAPACITY_BYTES: usize = 2 * VALUES as usize * 16;

const fn pass(name: &'static str, what: &'static str, run: fn(u64)) -> Arm {
    Arm { name, what, operations: PASSES, run }
}

const fn single(name: &'static str, what: &'static str, run: fn(u64)) -> Arm {
    Arm { name, what, operations: VALUES, run }
}

pub const GROUPS: &[Group] = &[
    Group {
        title: "one value by its name, from a list of 1024 names",
        arms: &[
            pass("get", "FrameArena::get(Handle<u64>)", get_handles),
            pass("get-index", "an index into a kept Vec, checked", get_indices),
            pass("get-slice", "FrameArena::get(SliceHandle<u64>), its first", get_slices),
        ],
        reference: 1,
        most: None,
        parts: NAMES,
    },
    Group {
        title: "one u64 stored and named",
        arms: &[
            single("publish", "FrameArena::publish, a handle", publish),
            single("publish-alloc", "FrameArena::alloc, a reference", alloc),
            single("publish-index", "push to a kept Vec, its index", push_and_index),
        ],
        reference: 1,
        most: None,
        parts: 1,
    },
];

fn get_handles(passes: u64) {
    let arena = FrameArena::with_capacity(CAPACITY_BYTES);
    let names: Vec<Handle<u64>> = (0..NAMES).map(|n| arena.publish(n)).collect();
    for _ in 0..passes {
        for &name in black_box(&names) {
            black_box(*black_box(&arena).get(name).expect("made since the last reset"));
        }
    }
}

fn get_slices(passes: u64) {
    let arena = FrameArena::with_capacity(CAPACITY_BYTES);
    let names: Vec<SliceHandle<u64>> = (0..NAMES).map(|n| arena.publish_slice_copy(&[n])).collect();
    for _ in 0..passes {
        for &name in black_box(&names) {
            black_box(black_box(&arena).get(name).expect("made since the last reset")[0]);
        }
    }
}

fn get_indices(passes: u64) {
    let values: Vec<u64> = (0..NAMES).collect();
    let names: Vec<u32> = (0..NAMES as u32).collect();
    for _ in 0..passes {
        for &name in black_box(&names) {
            black_box(black_box(&values)[name as usize]);
        }
    }
}

fn publish(values: u64) {
    let arena = FrameArena::with_capacity(CAPACITY_BYTES);
    for n in 0..values {
        black_box(black_box(&arena).publish(n));
    }
}

fn alloc(values: u64) {
    let arena = FrameArena::with_capacity(CAPACITY_BYTES);
    for n in 0..values {
        black_box(black_box(&arena).alloc(n));
    }
}

fn push_and_index(values: u64) {
    let mut kept = Vec::with_capacity(2 * VALUES as usize);
    for n in 0..values {
        black_box(&mut kept).push(n);
        black_box(kept.len() as u32 - 1);
    }
}
