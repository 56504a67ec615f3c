//! What do growing lists, slices, text, maps and values with drop cost?

use std::collections::HashMap;
use std::fmt::Write;
use std::hash::BuildHasher;
use std::hint::black_box;

use allocator_api2::vec::Vec as AllocatorVec;
use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use frame_arena::{FixedHash, FrameArena, FrameMap, FrameVec};

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
        of(
            "label",
            "A label of a number and a speed, formatted",
            "one label",
            Plan { step: 64, ..SHORT },
            2_000,
            "Most of it is the formatting of the speed, the same for all.",
            label_arms(),
        ),
        of(
            "map",
            "A map of 1,000 numbers to numbers: made, filled, asked for each",
            "one entry",
            Plan { step: MAP_LEN, ..SHORT },
            20 * MAP_LEN,
            "All with the same hasher and the same table (hashbrown); capacity is not given.",
            map_arms(),
        ),
        of(
            "drop-list",
            "A value that needs drop (an `Arc`), 1,000 in a frame",
            "one value",
            Plan { step: DROPPED, ..SHORT },
            20 * DROPPED,
            "Each is a clone of one `Arc`, whose count tells that all were dropped.",
            drop_arms(),
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

// ---- text ----

/// Labels between two resets.
const LABELS: u64 = 64;

fn label_arms() -> Vec<Arm> {
    vec![
        Arm::new("frame-arena", "FrameArena::alloc_fmt", label_ours),
        Arm::new("bumpalo-1", "bumpalo's format!", label_bumpalo),
        #[cfg(feature = "arenas")]
        Arm::new("bump-scope-1", "bump-scope's alloc_fmt", label_bump_scope),
        Arm::new("kept-string", "a kept `String`, `clear` and `write!`", label_kept),
        Arm::new("format-glibc", "`format!`, glibc", label_heap),
        Arm::new("format-mimalloc", "`format!`, mimalloc", label_heap).on(Host::Mimalloc),
        Arm::new("format-jemalloc", "`format!`, jemalloc", label_heap).on(Host::Jemalloc),
    ]
}

fn speed(n: u64) -> f32 {
    black_box(n as f32 * 0.37)
}

fn label_ours(_: u64) -> Work {
    let mut arena = FrameArena::with_capacity(CAPACITY_BYTES);
    Box::new(move |operations| {
        timed_batches!(
            operations,
            LABELS,
            |n| black_box(arena.alloc_fmt(format_args!("#{n} {:.1} m/s", speed(n)))),
            arena.reset()
        )
    })
}

fn label_bumpalo(_: u64) -> Work {
    let mut bump = Bump::with_capacity(CAPACITY_BYTES);
    Box::new(move |operations| {
        timed_batches!(
            operations,
            LABELS,
            |n| black_box(bumpalo::format!(in &bump, "#{} {:.1} m/s", n, speed(n)).into_bump_str()),
            bump.reset()
        )
    })
}

#[cfg(feature = "arenas")]
fn label_bump_scope(_: u64) -> Work {
    let mut bump = bump_scope::Bump::<bump_scope::alloc::Global>::with_size(CAPACITY_BYTES);
    Box::new(move |operations| {
        timed_batches!(
            operations,
            LABELS,
            |n| {
                let text = bump.alloc_fmt(format_args!("#{n} {:.1} m/s", speed(n)));
                black_box(&*text);
            },
            bump.reset()
        )
    })
}

fn label_kept(_: u64) -> Work {
    let mut kept = String::with_capacity(64);
    Box::new(move |operations| {
        timed_batches!(
            operations,
            LABELS,
            |n| {
                kept.clear();
                let _ = write!(kept, "#{n} {:.1} m/s", speed(n)); // A `String` takes any text.
                black_box(kept.as_str());
            },
            nothing()
        )
    })
}

fn label_heap(_: u64) -> Work {
    let mut kept = Vec::with_capacity(LABELS as usize);
    Box::new(move |operations| {
        timed_batches!(
            operations,
            LABELS,
            |n| kept.push(format!("#{n} {:.1} m/s", speed(n))),
            kept.clear()
        )
    })
}

// ---- maps ----

/// Entries of a map.
const MAP_LEN: u64 = 1_000;

fn map_arms() -> Vec<Arm> {
    vec![
        Arm::new("frame-arena", "FrameMap::new_in", map_ours),
        Arm::new("bumpalo-8", "hashbrown's map over bumpalo, MIN_ALIGN 8", map_bumpalo),
        Arm::new("kept-map", "a kept `HashMap`, `clear`", map_kept),
        Arm::new("map-glibc", "`HashMap`, glibc", map_heap),
        Arm::new("map-mimalloc", "`HashMap`, mimalloc", map_heap).on(Host::Mimalloc),
        Arm::new("map-jemalloc", "`HashMap`, jemalloc", map_heap).on(Host::Jemalloc),
    ]
}

/// An arm that makes `$map`, fills it and asks for each of its entries.
macro_rules! maps {
    ($memory:ident = $make:expr, $map:ident = $new:expr, $reset:expr) => {{
        let mut $memory = $make;
        Box::new(move |entries| {
            timed(|| {
                for seed in 0..entries / MAP_LEN {
                    let mut $map = $new;
                    for n in 0..MAP_LEN {
                        $map.insert(key(n, seed), n);
                    }
                    let sum: u64 = (0..MAP_LEN).filter_map(|n| $map.get(&key(n, seed))).sum();
                    black_box(sum);
                    drop($map);
                    $reset;
                }
            })
        })
    }};
}

fn key(n: u64, seed: u64) -> u64 {
    (n ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn hasher() -> impl BuildHasher {
    FixedHash::default()
}

fn map_ours(_: u64) -> Work {
    maps!(
        arena = FrameArena::with_capacity(CAPACITY_BYTES),
        map = FrameMap::new_in(&arena),
        arena.reset()
    )
}

fn map_bumpalo(_: u64) -> Work {
    maps!(
        bump = Bump::<8>::with_min_align_and_capacity(CAPACITY_BYTES),
        map = hashbrown::HashMap::with_hasher_in(hasher(), &bump),
        bump.reset()
    )
}

fn map_kept(_: u64) -> Work {
    let mut map = HashMap::with_hasher(hasher());
    Box::new(move |entries| {
        timed(|| {
            for seed in 0..entries / MAP_LEN {
                map.clear();
                for n in 0..MAP_LEN {
                    map.insert(key(n, seed), n);
                }
                let sum: u64 = (0..MAP_LEN).filter_map(|n| map.get(&key(n, seed))).sum();
                black_box(sum);
            }
        })
    })
}

fn map_heap(_: u64) -> Work {
    maps!(_memory = (), map = HashMap::with_hasher(hasher()), nothing())
}

// ---- values with drop ----

/// Values of a frame.
const DROPPED: u64 = 1_000;

fn drop_arms() -> Vec<Arm> {
    vec![
        Arm::new("frame-arena", "FrameArena::alloc_drop, dropped by reset", drop_ours),
        #[cfg(feature = "arenas")]
        Arm::new("blink-alloc", "blink-alloc's put, dropped by reset", drop_blink),
        #[cfg(feature = "arenas")]
        Arm::new("typed-arena", "typed-arena, made and dropped", drop_typed),
        Arm::new("kept-vec", "a kept `Vec`, `clear`", drop_kept),
        Arm::new("box-glibc", "`Box::new` in a kept `Vec`, glibc", drop_boxed),
        Arm::new("box-mimalloc", "the same, mimalloc", drop_boxed).on(Host::Mimalloc),
        Arm::new("box-jemalloc", "the same, jemalloc", drop_boxed).on(Host::Jemalloc),
    ]
}

/// An arm that makes `$one` so many times and then forgets all.
macro_rules! drops {
    ($shared:ident, $memory:ident = $make:expr, $one:expr, $reset:expr) => {{
        let $shared = std::sync::Arc::new(7_u64);
        let mut $memory = $make;
        Box::new(move |operations| {
            let figure = timed_batches!(operations, DROPPED, |_n| $one, $reset);
            assert_eq!(std::sync::Arc::strong_count(&$shared), 1, "all were dropped");
            figure
        })
    }};
}

fn drop_ours(_: u64) -> Work {
    drops!(
        shared,
        arena = FrameArena::with_capacity(CAPACITY_BYTES),
        black_box(arena.alloc_drop(shared.clone())),
        arena.reset()
    )
}

#[cfg(feature = "arenas")]
fn drop_blink(_: u64) -> Work {
    drops!(
        shared,
        blink = blink_alloc::Blink::with_chunk_size(CAPACITY_BYTES),
        black_box(blink.put(shared.clone())),
        blink.reset()
    )
}

#[cfg(feature = "arenas")]
fn drop_typed(_: u64) -> Work {
    let make = || typed_arena::Arena::with_capacity(DROPPED as usize);
    drops!(shared, arena = make(), black_box(arena.alloc(shared.clone())), arena = make())
}

fn drop_kept(_: u64) -> Work {
    drops!(
        shared,
        kept = Vec::with_capacity(DROPPED as usize),
        kept.push(shared.clone()),
        kept.clear()
    )
}

fn drop_boxed(_: u64) -> Work {
    drops!(
        shared,
        kept = Vec::with_capacity(DROPPED as usize),
        kept.push(black_box(Box::new(shared.clone()))),
        kept.clear()
    )
}
