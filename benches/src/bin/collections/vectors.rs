//! Pushes to the arena's last vector, and whether it stays where it is.

use std::hint::black_box;

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use frame_arena::{FrameArena, FrameVec};
use frame_arena_benches::arms::{Arm, Targets};

use crate::Group;

/// Pushes to one vector.
const LEN: u64 = 4_096;
/// Elements copied at once: few, since callgrind counts one instruction for each byte of the long
/// copies that the processor does by itself.
const COPIED: usize = 64;
/// Vectors of the shorter run.
const VECTORS: u64 = 200;
/// One vector lives at a time, and gives its memory back when dropped.
const CAPACITY_BYTES: usize = 1 << 20;

const fn arm(name: &'static str, what: &'static str, run: fn(u64)) -> Arm {
    Arm { name, what, operations: VECTORS, run }
}

pub const GROUPS: &[Group] = &[
    Group {
        title: "one push of 4096 u32 to a vector that begins empty",
        arms: &[
            arm("push", "FrameVec::new_in, the last allocation", push_ours),
            arm("push-kept", "a kept Vec, clear()", push_kept),
            arm("push-bumpalo", "bumpalo's Vec::new_in, the last allocation", push_bumpalo),
            arm("push-heap", "Vec::new, the system's allocator", push_heap),
        ],
        reference: 1,
        most: None,
        parts: LEN,
    },
    Group {
        title: "one push of 4096 u32 to a vector with the capacity",
        arms: &[
            arm("room", "FrameVec::with_capacity_in", room_ours),
            arm("room-kept", "a kept Vec, clear()", push_kept),
            arm("room-bumpalo", "bumpalo's Vec::with_capacity_in", room_bumpalo),
        ],
        reference: 1,
        most: Some(1.1),
        parts: LEN,
    },
    Group {
        title: "one element of 4096 u32 by extend() from a map over a range, begun empty",
        arms: &[
            arm("extend", "FrameVec::new_in", extend_ours),
            arm("extend-kept", "a kept Vec, clear()", extend_kept),
            arm("extend-bumpalo", "bumpalo's Vec::new_in", extend_bumpalo),
        ],
        reference: 1,
        most: None,
        parts: LEN,
    },
    Group {
        title: "64 u32 by extend_from_slice() to a vector with the capacity",
        arms: &[
            arm("copy", "FrameVec::with_capacity_in", copy_ours),
            arm("copy-kept", "a kept Vec, clear()", copy_kept),
            arm("copy-bumpalo", "bumpalo's, extend_from_slice_copy", copy_bumpalo),
        ],
        reference: 1,
        most: None,
        parts: LEN / COPIED as u64,
    },
];

/// Counts how often a vector grows, and how often its elements move when it does.
pub fn compare_addresses(targets: &mut Targets) {
    let arena = FrameArena::with_capacity(CAPACITY_BYTES);
    let (grown, moved) = growths(&arena, || {});
    let verdict = targets.check(f64::from(moved), 0.0);
    println!("a FrameVec of {LEN} u32, begun empty");
    println!("  grown {grown} times, moved {moved} times: the last allocation; never: {verdict}");
    let (grown, moved) = growths(&arena, || {
        arena.alloc(0_u8);
    });
    println!("  grown {grown} times, moved {moved} times: after each push another allocation\n");
}

fn growths(arena: &FrameArena, after_push: impl Fn()) -> (u32, u32) {
    let mut vec = FrameVec::new_in(arena);
    vec.push(0);
    let (mut grown, mut moved) = (0, 0);
    for n in 1..LEN as u32 {
        after_push();
        let (capacity, first) = (vec.capacity(), vec.as_ptr());
        vec.push(n);
        grown += u32::from(vec.capacity() != capacity);
        moved += u32::from(vec.as_ptr() != first);
    }
    (grown, moved)
}

/// The elements of vector `n`, of which the compiler knows nothing.
fn elements(n: u64) -> impl ExactSizeIterator<Item = u32> {
    let seed = black_box(n as u32);
    (0..black_box(LEN as u32)).map(move |index| index.wrapping_add(seed))
}

fn push_ours(vectors: u64) {
    let arena = FrameArena::with_capacity(CAPACITY_BYTES);
    for n in 0..vectors {
        let mut vec = FrameVec::new_in(&arena);
        elements(n).for_each(|element| vec.push(element));
        black_box(&mut vec);
    }
}

fn room_ours(vectors: u64) {
    let arena = FrameArena::with_capacity(CAPACITY_BYTES);
    for n in 0..vectors {
        let mut vec = FrameVec::with_capacity_in(LEN as usize, &arena);
        elements(n).for_each(|element| vec.push(element));
        black_box(&mut vec);
    }
}

fn extend_ours(vectors: u64) {
    let arena = FrameArena::with_capacity(CAPACITY_BYTES);
    for n in 0..vectors {
        let mut vec = FrameVec::new_in(&arena);
        vec.extend(elements(n));
        black_box(&mut vec);
    }
}

fn copy_ours(vectors: u64) {
    let arena = FrameArena::with_capacity(CAPACITY_BYTES);
    let source: Vec<u32> = elements(0).take(COPIED).collect();
    for _ in 0..vectors {
        let mut vec = FrameVec::with_capacity_in(LEN as usize, &arena);
        for _ in 0..black_box(LEN as usize / COPIED) {
            vec.extend_from_slice(black_box(&source));
        }
        black_box(&mut vec);
    }
}

fn push_kept(vectors: u64) {
    let mut vec = Vec::with_capacity(LEN as usize);
    for n in 0..vectors {
        vec.clear();
        elements(n).for_each(|element| vec.push(element));
        black_box(&mut vec);
    }
}

fn extend_kept(vectors: u64) {
    let mut vec = Vec::with_capacity(LEN as usize);
    for n in 0..vectors {
        vec.clear();
        vec.extend(elements(n));
        black_box(&mut vec);
    }
}

fn copy_kept(vectors: u64) {
    let source: Vec<u32> = elements(0).take(COPIED).collect();
    let mut vec = Vec::with_capacity(LEN as usize);
    for _ in 0..vectors {
        vec.clear();
        for _ in 0..black_box(LEN as usize / COPIED) {
            vec.extend_from_slice(black_box(&source));
        }
        black_box(&mut vec);
    }
}

fn push_heap(vectors: u64) {
    for n in 0..vectors {
        let mut vec = Vec::new();
        elements(n).for_each(|element| vec.push(element));
        black_box(&mut vec);
    }
}

fn push_bumpalo(vectors: u64) {
    let bump = Bump::with_capacity(CAPACITY_BYTES);
    for n in 0..vectors {
        let mut vec = BumpVec::new_in(&bump);
        elements(n).for_each(|element| vec.push(element));
        black_box(&mut vec);
    }
}

fn room_bumpalo(vectors: u64) {
    let bump = Bump::with_capacity(CAPACITY_BYTES);
    for n in 0..vectors {
        let mut vec = BumpVec::with_capacity_in(LEN as usize, &bump);
        elements(n).for_each(|element| vec.push(element));
        black_box(&mut vec);
    }
}

fn extend_bumpalo(vectors: u64) {
    let bump = Bump::with_capacity(CAPACITY_BYTES);
    for n in 0..vectors {
        let mut vec = BumpVec::new_in(&bump);
        vec.extend(elements(n));
        black_box(&mut vec);
    }
}

fn copy_bumpalo(vectors: u64) {
    let bump = Bump::with_capacity(CAPACITY_BYTES);
    let source: Vec<u32> = elements(0).take(COPIED).collect();
    for _ in 0..vectors {
        let mut vec = BumpVec::with_capacity_in(LEN as usize, &bump);
        for _ in 0..black_box(LEN as usize / COPIED) {
            vec.extend_from_slice_copy(black_box(&source));
        }
        black_box(&mut vec);
    }
}
