//! What does it cost to name a slice, and to read it by its name?

use std::hint::black_box;
use std::sync::Arc;

use frame_arena::FrameArena;

use crate::question::{Arm, Host, Plan, Question, SHORT, Unit, Work, batch_len};
use crate::timed_batches;

/// Slices between two resets.
const BATCH: u64 = 256;
/// Elements of a slice: one cache line.
const LEN: usize = 16;

/// The questions of this file.
#[must_use]
pub fn questions() -> Vec<Question> {
    vec![Question {
        name: "handles",
        title: "Store 16 numbers of 4 bytes, name them, and read one by the name",
        per: "one slice",
        unit: Unit::Nanoseconds,
        plan: Plan { step: BATCH, ..SHORT },
        counted_operations: Some(20_000),
        note: "A name that another system may hold: a handle, an index, a counted pointer. The \
               first row to compare with is the plain reference, which cannot leave its function. \
               Boxes and `Arc`s are freed in batches of 256.",
        arms: vec![
            Arm::new("frame-arena", "publish_slice_copy, then get(handle)", publish),
            Arm::new("reference", "FrameArena::alloc_slice_copy, the reference itself", alloc),
            Arm::new("index", "kept `Vec`, extend_from_slice, a checked range", index),
            Arm::new("arc-glibc", "`Arc<[u32]>`, a clone of it, glibc", arc),
            Arm::new("arc-mimalloc", "the same, mimalloc", arc).on(Host::Mimalloc),
            Arm::new("arc-jemalloc", "the same, jemalloc", arc).on(Host::Jemalloc),
            Arm::new("box-glibc", "`Box<[u32]>`, glibc", boxed),
            Arm::new("box-mimalloc", "the same, mimalloc", boxed).on(Host::Mimalloc),
            Arm::new("box-jemalloc", "the same, jemalloc", boxed).on(Host::Jemalloc),
        ],
    }]
}

fn capacity_bytes(len: u64) -> usize {
    len as usize * LEN * 4 + 65_536
}

fn numbers() -> [u32; LEN] {
    std::array::from_fn(|n| n as u32)
}

fn publish(_: u64) -> Work {
    let (len, source) = (batch_len(BATCH), numbers());
    let mut arena = FrameArena::with_capacity(capacity_bytes(len));
    Box::new(move |operations| {
        timed_batches!(
            operations,
            len,
            |n| {
                let handle = black_box(arena.publish_slice_copy(black_box(&source)));
                let slice = arena.get(handle).expect("made in this frame");
                black_box(slice[n as usize % LEN]);
            },
            arena.reset()
        )
    })
}

fn alloc(_: u64) -> Work {
    let (len, source) = (batch_len(BATCH), numbers());
    let mut arena = FrameArena::with_capacity(capacity_bytes(len));
    Box::new(move |operations| {
        timed_batches!(
            operations,
            len,
            |n| {
                let slice = black_box(&*arena.alloc_slice_copy(black_box(&source)));
                black_box(slice[n as usize % LEN]);
            },
            arena.reset()
        )
    })
}

fn index(_: u64) -> Work {
    let (len, source) = (batch_len(BATCH), numbers());
    let mut kept: Vec<u32> = Vec::with_capacity(len as usize * LEN);
    Box::new(move |operations| {
        timed_batches!(
            operations,
            len,
            |n| {
                let first = kept.len();
                kept.extend_from_slice(black_box(&source));
                let range = black_box(first..kept.len());
                black_box(kept[range][n as usize % LEN]);
            },
            kept.clear()
        )
    })
}

fn arc(_: u64) -> Work {
    let (len, source) = (batch_len(BATCH), numbers());
    let mut kept: Vec<Arc<[u32]>> = Vec::with_capacity(len as usize);
    Box::new(move |operations| {
        timed_batches!(
            operations,
            len,
            |n| {
                let made: Arc<[u32]> = black_box(&source)[..].into();
                let named = black_box(Arc::clone(&made));
                black_box(named[n as usize % LEN]);
                kept.push(made);
            },
            kept.clear()
        )
    })
}

fn boxed(_: u64) -> Work {
    let (len, source) = (batch_len(BATCH), numbers());
    let mut kept: Vec<Box<[u32]>> = Vec::with_capacity(len as usize);
    Box::new(move |operations| {
        timed_batches!(
            operations,
            len,
            |n| {
                let made: Box<[u32]> = black_box(black_box(&source)[..].into());
                black_box(made[n as usize % LEN]);
                kept.push(made);
            },
            kept.clear()
        )
    })
}
