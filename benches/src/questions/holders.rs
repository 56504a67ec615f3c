//! What do a map and values that need drop cost in a frame?

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::hint::black_box;
use std::sync::Arc;

use bumpalo::Bump;
use frame_arena::{FixedHash, FrameArena, FrameMap};

use crate::question::{Arm, Host, Plan, Question, SHORT, Unit, Work, nothing, timed};
use crate::timed_batches;

/// Memory for whatever a turn makes between two resets.
const CAPACITY_BYTES: usize = 1 << 20;

/// The questions of this file.
#[must_use]
pub fn questions() -> Vec<Question> {
    vec![
        Question {
            name: "map",
            title: "A map of 1,000 numbers to numbers: made, filled, asked for each",
            per: "one entry",
            unit: Unit::Nanoseconds,
            plan: Plan { step: MAP_LEN, ..SHORT },
            counted_operations: Some(20 * MAP_LEN),
            note: "All with the same hasher and the same table (hashbrown); capacity is not given. A \
                   kept map has grown before and moves nothing.",
            arms: map_arms(),
        },
        Question {
            name: "drop-list",
            title: "A value that needs drop (an `Arc`), 1,000 in a frame",
            per: "one value",
            unit: Unit::Nanoseconds,
            plan: Plan { step: DROPPED, ..SHORT },
            counted_operations: Some(20 * DROPPED),
            note: "Each is a clone of one `Arc`, whose count tells that all were dropped.",
            arms: drop_arms(),
        },
    ]
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
        let $shared = Arc::new(7_u64);
        let mut $memory = $make;
        Box::new(move |operations| {
            let figure = timed_batches!(operations, DROPPED, |_n| $one, $reset);
            assert_eq!(Arc::strong_count(&$shared), 1, "all were dropped");
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
