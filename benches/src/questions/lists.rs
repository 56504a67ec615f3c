//! What do lists that grow and slices of known length cost?

use std::hint::black_box;

use allocator_api2::vec::Vec as AllocatorVec;
use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use frame_arena::{FrameArena, FrameVec};

use crate::for_each_arena;
use crate::peers::Arena;
use crate::question::{Arm, Host, Plan, Question, SHORT, Unit, Work, batch_len, nothing, timed};
use crate::timed_batches;

/// Elements of a list.
const LEN: u64 = 4_096;
/// Memory for whatever a turn makes between two resets.
const CAPACITY_BYTES: usize = 1 << 20;

/// The questions of this file.
#[must_use]
pub fn questions() -> Vec<Question> {
    let of = |name, title, per, plan, counted, note, arms| Question {
        name,
        title,
        per,
        unit: Unit::Nanoseconds,
        plan,
        counted_operations: Some(counted),
        note,
        arms,
    };
    vec![
        of(
            "push",
            "Push 4,096 numbers of 4 bytes to a list with the capacity",
            "one push",
            Plan { step: LEN, ..SHORT },
            100 * LEN,
            "One list after the other, each forgotten or freed before the next. What the others \
             call `with_capacity`.",
            push_arms::<true>(),
        ),
        of(
            "push-growing",
            "The same to a list that begins empty and is the last allocation",
            "one push",
            Plan { step: LEN, ..SHORT },
            100 * LEN,
            "In an arena that bumps upward the last list grows where it lies. A kept `Vec` has \
             grown before.",
            push_arms::<false>(),
        ),
        of(
            "slice",
            "A slice of 256 numbers from an iterator that knows its length",
            "one slice",
            Plan { step: 16, ..SHORT },
            2_000,
            "What no check and no count would cost is in `--bin collections`.",
            slice_arms(),
        ),
    ]
}

// ---- push ----

fn push_arms<const HAS_CAPACITY: bool>() -> Vec<Arm> {
    vec![
        Arm::new("frame-arena", "FrameVec", push_ours::<HAS_CAPACITY>),
        Arm::new(
            "bumpalo-8",
            "allocator-api2's Vec over bumpalo, MIN_ALIGN 8",
            push_bumpalo_8::<HAS_CAPACITY>,
        ),
        Arm::new("bumpalo-1", "bumpalo's Vec", push_bumpalo_1::<HAS_CAPACITY>),
        #[cfg(feature = "arenas")]
        Arm::new("bump-scope-1", "bump-scope's BumpVec", push_bump_scope::<HAS_CAPACITY>),
        Arm::new("kept-vec", "a kept `Vec`, `clear()`", push_kept),
        Arm::new("vec-glibc", "`Vec`, glibc", push_heap::<HAS_CAPACITY>),
        Arm::new("vec-mimalloc", "`Vec`, mimalloc", push_heap::<HAS_CAPACITY>).on(Host::Mimalloc),
        Arm::new("vec-jemalloc", "`Vec`, jemalloc", push_heap::<HAS_CAPACITY>).on(Host::Jemalloc),
    ]
}

const fn capacity<const HAS_CAPACITY: bool>() -> usize {
    if HAS_CAPACITY { LEN as usize } else { 0 }
}

/// An arm that makes `$list` in `$memory`, pushes to it and forgets both.
macro_rules! pushes {
    ($memory:ident = $make:expr, $list:ident = $new:expr, $reset:expr) => {{
        let mut $memory = $make;
        Box::new(move |pushes| {
            timed(|| {
                for list in 0..pushes / LEN {
                    let mut $list = $new;
                    for n in 0..black_box(LEN) {
                        $list.push((n + list) as u32);
                    }
                    black_box($list.as_slice());
                    drop($list);
                    $reset;
                }
            })
        })
    }};
}

fn push_ours<const HAS_CAPACITY: bool>(_: u64) -> Work {
    pushes!(
        arena = FrameArena::with_capacity(CAPACITY_BYTES),
        list = FrameVec::with_capacity_in(capacity::<HAS_CAPACITY>(), &arena),
        arena.reset()
    )
}

fn push_bumpalo_8<const HAS_CAPACITY: bool>(_: u64) -> Work {
    pushes!(
        bump = Bump::<8>::with_min_align_and_capacity(CAPACITY_BYTES),
        list = AllocatorVec::with_capacity_in(capacity::<HAS_CAPACITY>(), &bump),
        bump.reset()
    )
}

fn push_bumpalo_1<const HAS_CAPACITY: bool>(_: u64) -> Work {
    pushes!(
        bump = Bump::with_capacity(CAPACITY_BYTES),
        list = BumpVec::with_capacity_in(capacity::<HAS_CAPACITY>(), &bump),
        bump.reset()
    )
}

#[cfg(feature = "arenas")]
fn push_bump_scope<const HAS_CAPACITY: bool>(_: u64) -> Work {
    pushes!(
        bump = bump_scope::Bump::<bump_scope::alloc::Global>::with_size(CAPACITY_BYTES),
        list = bump_scope::BumpVec::with_capacity_in(capacity::<HAS_CAPACITY>(), &bump),
        bump.reset()
    )
}

fn push_kept(_: u64) -> Work {
    let mut list: Vec<u32> = Vec::with_capacity(LEN as usize);
    Box::new(move |pushes| {
        timed(|| {
            for seed in 0..pushes / LEN {
                list.clear();
                for n in 0..black_box(LEN) {
                    list.push((n + seed) as u32);
                }
                black_box(list.as_slice());
            }
        })
    })
}

fn push_heap<const HAS_CAPACITY: bool>(_: u64) -> Work {
    pushes!(_memory = (), list = Vec::with_capacity(capacity::<HAS_CAPACITY>()), nothing())
}

// ---- slices ----

/// Elements of a slice.
const SLICE: u32 = 256;
/// Slices between two resets.
const SLICES: u64 = 16;

fn elements(seed: u64) -> impl ExactSizeIterator<Item = u32> {
    let seed = seed as u32;
    (0..black_box(SLICE)).map(move |n| n.wrapping_mul(seed))
}

fn slice_arms() -> Vec<Arm> {
    let mut arms = Vec::new();
    for_each_arena!(A => arms.push(Arm::new(A::NAME, A::WHAT, slice::<A>)));
    arms.push(Arm::new("kept-vec", "a kept `Vec`, `clear` and `extend`", slice_kept));
    arms.push(Arm::new("box-glibc", "`collect` to a `Box<[u32]>`, glibc", slice_boxed));
    arms.push(Arm::new("box-mimalloc", "the same, mimalloc", slice_boxed).on(Host::Mimalloc));
    arms.push(Arm::new("box-jemalloc", "the same, jemalloc", slice_boxed).on(Host::Jemalloc));
    arms
}

fn slice<A: Arena + 'static>(_: u64) -> Work {
    let len = batch_len(SLICES).min(4_096);
    let mut arena = A::with_capacity(len as usize * SLICE as usize * 4 + 65_536);
    Box::new(move |operations| {
        timed_batches!(operations, len, |n| black_box(arena.alloc_iter(elements(n))), arena.reset())
    })
}

fn slice_kept(_: u64) -> Work {
    let mut kept = Vec::with_capacity(SLICE as usize);
    Box::new(move |operations| {
        timed_batches!(
            operations,
            SLICES,
            |n| {
                kept.clear();
                kept.extend(elements(n));
                black_box(kept.as_slice());
            },
            nothing()
        )
    })
}

fn slice_boxed(_: u64) -> Work {
    let mut kept: Vec<Box<[u32]>> = Vec::with_capacity(SLICES as usize);
    Box::new(move |operations| {
        timed_batches!(operations, SLICES, |n| kept.push(elements(n).collect()), kept.clear())
    })
}
