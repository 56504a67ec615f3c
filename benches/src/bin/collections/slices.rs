//! A slice from an iterator of known length against a fill without any check.

use std::hint::black_box;

use bumpalo::Bump;
use frame_arena::FrameArena;
use frame_arena_benches::arms::Arm;
use frame_arena_benches::unchecked;

use crate::Group;

/// Elements of the shorter run, in slices of whatever length.
const ELEMENTS: usize = 1 << 21;
/// Memory for the longer run, and for the padding between slices.
const CAPACITY_BYTES: usize = 2 * ELEMENTS * size_of::<u32>() + (1 << 20);

/// A group for slices of one length, from a range or from a slice.
macro_rules! slices {
    ($len:literal, $source:literal, $element:literal, $ours:ident, $unchecked:ident, $bumpalo:ident, $kept:ident) => {
        Group {
            title: concat!("a slice of ", $len, " ", $element, " mapped from a ", $source),
            arms: &[
                Arm {
                    name: concat!($source, "-", $len),
                    what: "FrameArena::alloc_slice_from_iter",
                    operations: (ELEMENTS / $len) as u64,
                    run: |operations| $ours(operations, black_box($len)),
                },
                Arm {
                    name: concat!($source, "-", $len, "-unchecked"),
                    what: "alloc_slice_uninit, filled by pointer",
                    operations: (ELEMENTS / $len) as u64,
                    run: |operations| $unchecked(operations, black_box($len)),
                },
                Arm {
                    name: concat!($source, "-", $len, "-bumpalo"),
                    what: "bumpalo's alloc_slice_fill_iter",
                    operations: (ELEMENTS / $len) as u64,
                    run: |operations| $bumpalo(operations, black_box($len)),
                },
                Arm {
                    name: concat!($source, "-", $len, "-kept"),
                    what: "a kept Vec, clear() and extend(); nothing allocated",
                    operations: (ELEMENTS / $len) as u64,
                    run: |operations| $kept(operations, black_box($len)),
                },
            ],
            reference: 1,
            most: Some(1.1),
            parts: 1,
        }
    };
    (range, $len:literal) => {
        slices!($len, "range", "u32", range_ours, range_unchecked, range_bumpalo, range_kept)
    };
    (slice, $len:literal) => {
        slices!($len, "slice", "f32", slice_ours, slice_unchecked, slice_bumpalo, slice_kept)
    };
}

pub const GROUPS: &[Group] = &[
    slices!(range, 16),
    slices!(range, 256),
    slices!(range, 4096),
    slices!(slice, 16),
    slices!(slice, 256),
    slices!(slice, 4096),
];

/// What makes a `u32` of an index.
fn step(seed: u32) -> impl Fn(u32) -> u32 {
    move |n| n.wrapping_add(seed)
}

/// What makes a position of a speed.
fn travel(speed: &f32) -> f32 {
    speed * (1.0 / 60.0) + 0.5
}

fn range_ours(operations: u64, len: usize) {
    let arena = FrameArena::with_capacity(CAPACITY_BYTES);
    for n in 0..operations {
        let make = step(black_box(n as u32));
        black_box(arena.alloc_slice_from_iter((0..len as u32).map(make)));
    }
}

fn range_unchecked(operations: u64, len: usize) {
    let arena = FrameArena::with_capacity(CAPACITY_BYTES);
    for n in 0..operations {
        let make = step(black_box(n as u32));
        black_box(unchecked::fill_from_range(arena.alloc_slice_uninit(len), make));
    }
}

fn range_bumpalo(operations: u64, len: usize) {
    let bump = Bump::<8>::with_min_align_and_capacity(CAPACITY_BYTES);
    for n in 0..operations {
        let make = step(black_box(n as u32));
        black_box(bump.alloc_slice_fill_iter((0..len as u32).map(make)));
    }
}

fn range_kept(operations: u64, len: usize) {
    let mut kept = Vec::with_capacity(len);
    for n in 0..operations {
        let make = step(black_box(n as u32));
        kept.clear();
        kept.extend((0..len as u32).map(make));
        black_box(&mut kept);
    }
}

fn slice_ours(operations: u64, len: usize) {
    let speeds = vec![3.0; len];
    let arena = FrameArena::with_capacity(CAPACITY_BYTES);
    for _ in 0..operations {
        black_box(arena.alloc_slice_from_iter(black_box(&speeds).iter().map(travel)));
    }
}

fn slice_unchecked(operations: u64, len: usize) {
    let speeds = vec![3.0; len];
    let arena = FrameArena::with_capacity(CAPACITY_BYTES);
    for _ in 0..operations {
        let speeds = black_box(&speeds);
        let slots = arena.alloc_slice_uninit(speeds.len());
        black_box(unchecked::fill_from_slice(slots, speeds, travel));
    }
}

fn slice_bumpalo(operations: u64, len: usize) {
    let speeds = vec![3.0; len];
    let bump = Bump::<8>::with_min_align_and_capacity(CAPACITY_BYTES);
    for _ in 0..operations {
        black_box(bump.alloc_slice_fill_iter(black_box(&speeds).iter().map(travel)));
    }
}

fn slice_kept(operations: u64, len: usize) {
    let speeds = vec![3.0; len];
    let mut kept = Vec::with_capacity(len);
    for _ in 0..operations {
        kept.clear();
        kept.extend(black_box(&speeds).iter().map(travel));
        black_box(&mut kept);
    }
}
