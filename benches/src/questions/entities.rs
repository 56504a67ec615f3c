//! What does a frame of a game's objects cost: 10,000 entities in one list, with a small slice each?

use std::hint::black_box;
use std::ops::Range;

use allocator_api2::vec::Vec as AllocatorVec;
use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use frame_arena::{FrameArena, FrameVec};

use crate::question::{Arm, Host, Plan, Question, SHORT, Unit, Work, timed};

/// Entities of a frame.
const ENTITIES: usize = 10_000;
/// Memory for a frame, and for a list that moves as it grows.
const CAPACITY_BYTES: usize = 4 << 20;

/// 48 bytes, with whatever names its links.
struct Item<L> {
    #[expect(dead_code, reason = "stored, as a game would, and not read here")]
    place: [f32; 4],
    #[expect(dead_code, reason = "stored, as a game would, and not read here")]
    speed: [f32; 4],
    #[expect(dead_code, reason = "stored, as a game would, and not read here")]
    links: L,
}

impl<L> Item<L> {
    #[inline(always)]
    fn new(n: usize, links: L) -> Self {
        let speed = n as i32 as f32;
        Self { place: [speed * 0.5; 4], speed: [speed; 4], links }
    }
}

/// Links of all entities, of which each copies 1 to 4.
fn source() -> Vec<u32> {
    (0..ENTITIES as u32 + 4).collect()
}

/// Which of them the `n`th copies. The lengths take turns, so that no arm waits for a wrong guess.
#[inline(always)]
fn links_of(source: &[u32], n: usize) -> &[u32] {
    &source[n..n + 1 + n % 4]
}

/// The questions of this file.
#[must_use]
pub fn questions() -> Vec<Question> {
    let of = |name, title, note, arms| Question {
        name,
        title,
        per: "one frame",
        unit: Unit::Nanoseconds,
        plan: Plan { turn_us: 1_500, ..SHORT },
        counted_operations: Some(20),
        note,
        arms,
    };
    vec![
        of(
            "frame",
            "A frame of 10,000 entities: one list of 48-byte items with capacity, a small slice for each",
            "Slices have 1 to 4 elements of 4 bytes. Kept `Vec`s are cleared and filled again, those \
             of the entities too; with all slices in one `Vec`, by range, there is next to nothing \
             left to allocate. The heap frees everything at the frame's end.",
            vec![
                Arm::new("frame-arena", "FrameArena, FrameVec::with_capacity_in", ours::<true>),
                Arm::new("bumpalo-8", "bumpalo, MIN_ALIGN 8, its Vec", bumpalo_8::<true>),
                Arm::new("bumpalo-1", "bumpalo, MIN_ALIGN 1, its Vec", bumpalo_1::<true>),
                #[cfg(feature = "arenas")]
                Arm::new("bump-scope-1", "bump-scope as it comes, its BumpVec", bump_scope::<true>),
                Arm::new("kept-vecs", "kept `Vec`s, one for each entity", kept),
                Arm::new("kept-flat", "two kept `Vec`s, all slices in one", kept_flat),
                Arm::new("vec-glibc", "`Vec` and `Box<[u32]>`, glibc", heap::<true>),
                Arm::new("vec-mimalloc", "the same, mimalloc", heap::<true>).on(Host::Mimalloc),
                Arm::new("vec-jemalloc", "the same, jemalloc", heap::<true>).on(Host::Jemalloc),
            ],
        ),
        of(
            "frame-growing",
            "The same frame, the list begun empty",
            "The slices lie between, so the arenas' list moves each time it grows. Kept `Vec`s have \
             grown long ago: they show what capacity is worth.",
            vec![
                Arm::new("frame-arena", "FrameArena, FrameVec::new_in", ours::<false>),
                Arm::new("bumpalo-8", "bumpalo, MIN_ALIGN 8, its Vec", bumpalo_8::<false>),
                Arm::new("bumpalo-1", "bumpalo, MIN_ALIGN 1, its Vec", bumpalo_1::<false>),
                #[cfg(feature = "arenas")]
                Arm::new(
                    "bump-scope-1",
                    "bump-scope as it comes, its BumpVec",
                    bump_scope::<false>,
                ),
                Arm::new("kept-vecs", "kept `Vec`s, one for each entity", kept),
                Arm::new("kept-flat", "two kept `Vec`s, all slices in one", kept_flat),
                Arm::new("vec-glibc", "`Vec` and `Box<[u32]>`, glibc", heap::<false>),
                Arm::new("vec-mimalloc", "the same, mimalloc", heap::<false>).on(Host::Mimalloc),
                Arm::new("vec-jemalloc", "the same, jemalloc", heap::<false>).on(Host::Jemalloc),
            ],
        ),
    ]
}

/// Elements that a list has room for at first.
const fn capacity<const HAS_CAPACITY: bool>() -> usize {
    if HAS_CAPACITY { ENTITIES } else { 0 }
}

/// An arm that does `$frame` so many times.
macro_rules! frames {
    ($source:ident, $memory:ident = $make:expr, $frame:expr) => {{
        let $source = source();
        let mut $memory = $make;
        Box::new(move |frames| {
            timed(|| {
                for _ in 0..frames {
                    $frame
                }
            })
        })
    }};
}

fn ours<const HAS_CAPACITY: bool>(_: u64) -> Work {
    frames!(source, arena = FrameArena::with_capacity(CAPACITY_BYTES), {
        let mut list = FrameVec::with_capacity_in(capacity::<HAS_CAPACITY>(), &arena);
        for n in 0..black_box(ENTITIES) {
            list.push(Item::new(n, &*arena.alloc_slice_copy(links_of(&source, n))));
        }
        black_box(list.as_slice());
        drop(list);
        arena.reset();
    })
}

/// bumpalo's own `Vec` takes a `Bump` of the least alignment only.
fn bumpalo_8<const HAS_CAPACITY: bool>(_: u64) -> Work {
    frames!(source, bump = Bump::<8>::with_min_align_and_capacity(CAPACITY_BYTES), {
        let mut list = AllocatorVec::with_capacity_in(capacity::<HAS_CAPACITY>(), &bump);
        for n in 0..black_box(ENTITIES) {
            list.push(Item::new(n, &*bump.alloc_slice_copy(links_of(&source, n))));
        }
        black_box(list.as_slice());
        drop(list);
        bump.reset();
    })
}

fn bumpalo_1<const HAS_CAPACITY: bool>(_: u64) -> Work {
    frames!(source, bump = Bump::with_capacity(CAPACITY_BYTES), {
        let mut list = BumpVec::with_capacity_in(capacity::<HAS_CAPACITY>(), &bump);
        for n in 0..black_box(ENTITIES) {
            list.push(Item::new(n, &*bump.alloc_slice_copy(links_of(&source, n))));
        }
        black_box(list.as_slice());
        drop(list);
        bump.reset();
    })
}

#[cfg(feature = "arenas")]
fn bump_scope<const HAS_CAPACITY: bool>(_: u64) -> Work {
    type Scope = bump_scope::Bump<bump_scope::alloc::Global>;
    frames!(source, bump = Scope::with_size(CAPACITY_BYTES), {
        let capacity = capacity::<HAS_CAPACITY>();
        let mut list = bump_scope::BumpVec::with_capacity_in(capacity, &bump);
        for n in 0..black_box(ENTITIES) {
            let links = bump.alloc_slice_copy(links_of(&source, n));
            list.push(Item::new(n, &*bump_scope::BumpBox::leak(links)));
        }
        black_box(list.as_slice());
        drop(list);
        bump.reset();
    })
}

fn kept(_: u64) -> Work {
    let mut list: Vec<Item<u32>> = Vec::new();
    frames!(source, links = Vec::<Vec<u32>>::new(), {
        list.clear();
        for n in 0..black_box(ENTITIES) {
            if links.len() == n {
                links.push(Vec::new());
            }
            links[n].clear();
            links[n].extend_from_slice(links_of(&source, n));
            list.push(Item::new(n, n as u32));
        }
        black_box((&list, &links));
    })
}

fn kept_flat(_: u64) -> Work {
    let mut list: Vec<Item<Range<u32>>> = Vec::new();
    frames!(source, links = Vec::new(), {
        list.clear();
        links.clear();
        for n in 0..black_box(ENTITIES) {
            let first = links.len() as u32;
            links.extend_from_slice(links_of(&source, n));
            list.push(Item::new(n, first..links.len() as u32));
        }
        black_box((&list, &links));
    })
}

fn heap<const HAS_CAPACITY: bool>(_: u64) -> Work {
    frames!(source, list = Vec::new(), {
        list = Vec::with_capacity(capacity::<HAS_CAPACITY>());
        for n in 0..black_box(ENTITIES) {
            list.push(Item::<Box<[u32]>>::new(n, links_of(&source, n).into()));
        }
        black_box(&mut list);
        list = Vec::new();
    })
}
