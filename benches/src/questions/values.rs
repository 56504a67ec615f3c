//! What does one small value cost, from claim to store?

use std::cell::Cell;

use bumpalo::Bump;

use crate::opaque::{seen, used, wanted};
use crate::peers::Arena;
use crate::question::{Arm, Host, LONG, Plan, Question, SHORT, Unit, Work, batch_len, nothing};
use crate::{for_each_arena, timed_batches};

/// Values between two resets: they stay in the first cache, or nearly.
const BATCH: u64 = 1_024;
/// Values of the shorter run under callgrind.
const COUNTED: u64 = 100_000;
/// Values of the large batch.
const MILLION: u64 = 1_000_000;

/// What is stored.
pub trait Value: Copy + 'static {
    /// The `n`th.
    fn of(n: u64) -> Self;
}

impl Value for u64 {
    #[inline(always)]
    fn of(n: u64) -> Self {
        n
    }
}

impl<const LEN: usize> Value for [u64; LEN] {
    #[inline(always)]
    fn of(n: u64) -> Self {
        [n; LEN]
    }
}

/// The questions of this file.
#[must_use]
pub fn questions() -> Vec<Question> {
    let of = |name, title, arms| Question {
        name,
        title,
        per: "one value",
        unit: Unit::Nanoseconds,
        plan: Plan { step: BATCH, ..SHORT },
        counted_operations: Some(COUNTED),
        note: "As `value-8`.",
        arms,
    };
    vec![
        Question {
            note: "Stored one after the other, 1,024 before everything is forgotten or freed, so \
                   the memory is warm. The arena is somebody else's: its pointer is read from \
                   memory and written back for each value. Boxes go to a kept `Vec`, which frees \
                   them. Loop and reset are in the times; the loop, a cycle and 3 instructions, is \
                   in the instructions. The harness changed on 2026-11-24, for every arm alike: \
                   before, each value and the arena's address went through the stack \
                   (`std::hint::black_box`), three cycles of its own; now empty assembly takes the \
                   value in its register. Of the ways tried it has the shortest empty loop.",
            ..of("value-8", "Store one value of 8 bytes", arms::<u64, BATCH>())
        },
        of("value-32", "Store one value of 32 bytes", arms::<[u64; 4], BATCH>()),
        of("value-64", "Store one value of 64 bytes", arms::<[u64; 8], BATCH>()),
        of("value-mix", "Store one value of a mix of 8, 16, 32 and 64 bytes", mixed_arms()),
        Question {
            plan: Plan { step: BATCH, ..SHORT },
            note: "As a function that makes its own temporaries would: the arena is a local of it, \
                   so that the compiler may keep the pointer in a register, if the arena lets it. \
                   Loop and reset are in the times. The loop is that of `value-8`.",
            ..of("small-batch", "Store one value of 8 bytes, of 1,024 in a batch", batch_arms())
        },
        Question {
            plan: Plan { step: MILLION, ..LONG },
            counted_operations: None,
            note: "Before everything is forgotten or freed there are a million, 24 MB: more than \
                   the caches near the core hold. From the second batch on the memory is warm.",
            ..of(
                "batch-1m",
                "Store one value of 24 bytes, of a million in one batch",
                arms::<[u64; 3], MILLION>(),
            )
        },
    ]
}

fn arms<T: Value, const LEN: u64>() -> Vec<Arm> {
    let mut arms = Vec::new();
    for_each_arena!(A => arms.push(Arm::new(A::NAME, A::WHAT, store::<A, T, LEN>)));
    arms.push(Arm::new(
        "ideal",
        "an index moved over a fixed buffer, no other block",
        ideal::<T, LEN>,
    ));
    arms.push(Arm::new(
        "bumpalo-8-counted",
        "bumpalo, MIN_ALIGN 8, and a `Cell` that counts",
        store_counted::<T, LEN>,
    ));
    arms.push(Arm::new("loop", "the loop, nothing stored", loop_alone));
    #[cfg(feature = "arenas")]
    arms.push(Arm::new(
        "typed-arena",
        "typed-arena, made anew for each batch",
        store_typed::<T, LEN>,
    ));
    arms.push(Arm::new("kept-vec", "a kept `Vec`, `push` and `clear`", push::<T, LEN>));
    arms.extend(boxes(store_boxes::<T, LEN>));
    arms
}

fn batch_arms() -> Vec<Arm> {
    let mut arms = Vec::new();
    for_each_arena!(A => arms.push(Arm::new(A::NAME, A::WHAT, local_batch::<A>)));
    arms.push(Arm::new("ideal", "an index moved over a fixed buffer, no other block", local_ideal));
    arms.push(Arm::new("loop", "the loop, nothing stored", loop_alone));
    arms.push(Arm::new("kept-vec", "a kept `Vec`, `push` and `clear`", local_push));
    arms.extend(boxes(local_boxes));
    arms
}

fn mixed_arms() -> Vec<Arm> {
    let mut arms = Vec::new();
    for_each_arena!(A => arms.push(Arm::new(A::NAME, A::WHAT, store_mixed::<A>)));
    arms.push(Arm::new("kept-vecs", "kept `Vec`s, one for each size", push_mixed));
    arms.extend(boxes(store_mixed_boxes));
    arms
}

/// `Box`, on each allocator.
fn boxes(make: fn(u64) -> Work) -> [Arm; 3] {
    [
        Arm::new("box-glibc", "`Box::new`, glibc", make),
        Arm::new("box-mimalloc", "`Box::new`, mimalloc", make).on(Host::Mimalloc),
        Arm::new("box-jemalloc", "`Box::new`, jemalloc", make).on(Host::Jemalloc),
    ]
}

/// Memory for a batch, and some more.
fn capacity_bytes<T>(len: u64) -> usize {
    len as usize * size_of::<T>() + (64 << 10)
}

fn store<A: Arena + 'static, T: Value, const LEN: u64>(_: u64) -> Work {
    let len = batch_len(LEN);
    let mut arena = A::with_capacity(capacity_bytes::<T>(len));
    Box::new(move |operations| {
        timed_batches!(operations, len, arena, |n| used(arena.alloc(T::of(n))), arena.reset())
    })
}

fn store_counted<T: Value, const LEN: u64>(_: u64) -> Work {
    let len = batch_len(LEN);
    let mut counted =
        (Bump::<8>::with_min_align_and_capacity(capacity_bytes::<T>(len)), Cell::new(0_u64));
    Box::new(move |operations| {
        timed_batches!(
            operations,
            len,
            counted,
            |n| {
                let (bump, count) = counted;
                count.set(count.get() + 1);
                used(bump.alloc(T::of(n)));
            },
            {
                counted.0.reset();
                counted.1.set(0);
            }
        )
    })
}

/// What no allocator can beat: the value stored, the place moved.
struct Slots<T> {
    slots: Vec<T>,
    next: usize,
}

impl<T: Value> Slots<T> {
    fn new(len: u64) -> Self {
        Self { slots: (0..len).map(T::of).collect(), next: 0 }
    }

    #[inline(always)]
    fn store(&mut self, value: T) -> &mut T {
        let slot = &mut self.slots[self.next];
        self.next += 1;
        *slot = value;
        slot
    }
}

fn ideal<T: Value, const LEN: u64>(_: u64) -> Work {
    let len = batch_len(LEN);
    let mut slots = Slots::<T>::new(len);
    Box::new(move |operations| {
        timed_batches!(
            operations,
            len,
            mut slots,
            |n| {
                used(slots.store(T::of(n)));
                used(slots);
            },
            slots.next = 0
        )
    })
}

fn loop_alone(_: u64) -> Work {
    let len = batch_len(BATCH);
    Box::new(move |operations| timed_batches!(operations, len, |n| wanted(n), nothing()))
}

#[cfg(feature = "arenas")]
fn store_typed<T: Value, const LEN: u64>(_: u64) -> Work {
    let len = batch_len(LEN);
    let make = move || typed_arena::Arena::with_capacity(len as usize);
    let mut arena = make();
    Box::new(move |operations| {
        timed_batches!(operations, len, arena, |n| used(arena.alloc(T::of(n))), arena = make())
    })
}

fn push<T: Value, const LEN: u64>(_: u64) -> Work {
    let len = batch_len(LEN);
    let mut kept = Vec::with_capacity(len as usize);
    Box::new(move |operations| {
        timed_batches!(
            operations,
            len,
            mut kept,
            |n| {
                kept.push(T::of(n));
                used(kept);
            },
            kept.clear()
        )
    })
}

fn store_boxes<T: Value, const LEN: u64>(_: u64) -> Work {
    let len = batch_len(LEN);
    let mut boxes: Vec<Box<T>> = Vec::with_capacity(len as usize);
    Box::new(move |operations| {
        timed_batches!(
            operations,
            len,
            mut boxes,
            |n| {
                let mut made = Box::new(T::of(n));
                used(&mut *made);
                boxes.push(made);
            },
            boxes.clear()
        )
    })
}

fn local_batch<A: Arena + 'static>(_: u64) -> Work {
    let len = batch_len(BATCH);
    Box::new(move |operations| {
        let mut arena = A::with_capacity(capacity_bytes::<u64>(len));
        (0..len).for_each(|n| used(arena.alloc(n))); // Warm.
        arena.reset();
        timed_batches!(operations, len, |n| used(arena.alloc(n)), arena.reset())
    })
}

fn local_ideal(_: u64) -> Work {
    let len = batch_len(BATCH);
    Box::new(move |operations| {
        let mut slots = Slots::<u64>::new(len);
        timed_batches!(operations, len, |n| used(slots.store(n)), slots.next = 0)
    })
}

fn local_push(_: u64) -> Work {
    let len = batch_len(BATCH);
    Box::new(move |operations| {
        let mut kept = vec![1_u64; len as usize];
        kept.clear();
        timed_batches!(
            operations,
            len,
            |n| {
                kept.push(n);
                used(&mut kept);
            },
            kept.clear()
        )
    })
}

fn local_boxes(_: u64) -> Work {
    let len = batch_len(BATCH);
    Box::new(move |operations| {
        let mut boxes: Vec<Box<u64>> = (0..len).map(Box::new).collect();
        boxes.clear();
        timed_batches!(
            operations,
            len,
            |n| {
                let mut made = Box::new(n);
                used(&mut *made);
                boxes.push(made);
            },
            boxes.clear()
        )
    })
}

fn store_mixed<A: Arena + 'static>(_: u64) -> Work {
    let len = batch_len(BATCH);
    let mut arena = A::with_capacity(capacity_bytes::<[u64; 4]>(len));
    Box::new(move |operations| {
        timed_batches!(
            operations,
            len,
            arena,
            |n| match seen(n) % 4 {
                0 => used(arena.alloc(n)),
                1 => used(arena.alloc([n; 2])),
                2 => used(arena.alloc([n; 4])),
                _ => used(arena.alloc([n; 8])),
            },
            arena.reset()
        )
    })
}

#[derive(Default)]
struct Mixed {
    one: Vec<u64>,
    two: Vec<[u64; 2]>,
    four: Vec<[u64; 4]>,
    eight: Vec<[u64; 8]>,
}

fn push_mixed(_: u64) -> Work {
    let len = batch_len(BATCH);
    let mut kept = Mixed::default();
    Box::new(move |operations| {
        timed_batches!(
            operations,
            len,
            mut kept,
            |n| {
                match seen(n) % 4 {
                    0 => kept.one.push(n),
                    1 => kept.two.push([n; 2]),
                    2 => kept.four.push([n; 4]),
                    _ => kept.eight.push([n; 8]),
                }
                used(kept);
            },
            {
                kept.one.clear();
                kept.two.clear();
                kept.four.clear();
                kept.eight.clear();
            }
        )
    })
}

/// Boxes of the mix, kept as they come, so that they are freed in that order.
enum MixedBox {
    One(#[expect(dead_code, reason = "only to be freed")] Box<u64>),
    Two(#[expect(dead_code, reason = "only to be freed")] Box<[u64; 2]>),
    Four(#[expect(dead_code, reason = "only to be freed")] Box<[u64; 4]>),
    Eight(#[expect(dead_code, reason = "only to be freed")] Box<[u64; 8]>),
}

fn store_mixed_boxes(_: u64) -> Work {
    let len = batch_len(BATCH);
    let mut boxes = Vec::with_capacity(len as usize);
    Box::new(move |operations| {
        timed_batches!(
            operations,
            len,
            mut boxes,
            |n| {
                boxes.push(match seen(n) % 4 {
                    0 => MixedBox::One(Box::new(n)),
                    1 => MixedBox::Two(Box::new([n; 2])),
                    2 => MixedBox::Four(Box::new([n; 4])),
                    _ => MixedBox::Eight(Box::new([n; 8])),
                });
                used(boxes);
            },
            boxes.clear()
        )
    })
}
