//! What does a frame of a game's objects cost: 10,000 entities in one list, with a small slice each?

use std::hint::black_box;
use std::ops::Range;

use allocator_api2::vec::Vec as AllocatorVec;
use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use frame_arena::{FrameArena, FrameVec};

use crate::question::{Arm, Host, Plan, Question, SHORT, Unit, Work, timed};
use crate::random::Random;

const SEED: u64 = 1;
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

/// The links of all entities, of which each copies a few.
trait Links: 'static {
    fn new() -> Self;
    /// Which of them the `n`th copies.
    fn of(&self, n: usize) -> &[u32];
}

/// 1 to 4, the lengths taking turns, so that no arm waits for a wrong guess of the processor.
struct InTurns(Vec<u32>);

impl Links for InTurns {
    fn new() -> Self {
        Self((0..ENTITIES as u32 + 4).collect())
    }

    #[inline(always)]
    fn of(&self, n: usize) -> &[u32] {
        &self.0[n..n + 1 + n % 4]
    }
}

/// 0 to 7 by chance, the same in each frame, so that every arm guesses wrong at times.
struct Mixed {
    links: Vec<u32>,
    lens: Vec<u8>,
}

impl Links for Mixed {
    fn new() -> Self {
        let mut random = Random::new(SEED);
        let lens = (0..ENTITIES).map(|_| random.below(8) as u8).collect();
        Self { links: (0..ENTITIES as u32 + 8).collect(), lens }
    }

    #[inline(always)]
    fn of(&self, n: usize) -> &[u32] {
        &self.links[n..n + usize::from(self.lens[n])]
    }
}

const WITH_CAPACITY: &str = "Kept `Vec`s are cleared and filled again: one for each entity, or a \
    flat one for all slices, by range, where next to nothing is left to allocate. The heap frees \
    everything at the frame's end.";
const GROWING: &str = "The slices lie between, so the arenas' list moves each time it grows. Kept \
    `Vec`s have grown long ago: they show what capacity is worth.";

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
            "A frame of 10,000 entities: one list of 48-byte items with capacity, a slice of 1 to \
             4 numbers for each, lengths in turns",
            WITH_CAPACITY,
            arms::<InTurns, true>(),
        ),
        of(
            "frame-mixed",
            "The same with slices of 0 to 7 numbers, lengths by chance",
            WITH_CAPACITY,
            arms::<Mixed, true>(),
        ),
        of(
            "frame-growing",
            "The frame of `frame`, the list begun empty",
            GROWING,
            arms::<InTurns, false>(),
        ),
        of(
            "frame-growing-mixed",
            "The frame of `frame-mixed`, the list begun empty",
            GROWING,
            arms::<Mixed, false>(),
        ),
    ]
}

fn arms<L: Links, const HAS_CAPACITY: bool>() -> Vec<Arm> {
    vec![
        Arm::new("frame-arena", "FrameArena, FrameVec", ours::<L, HAS_CAPACITY>),
        Arm::new(
            "bumpalo-8",
            "bumpalo, MIN_ALIGN 8, allocator-api2's Vec",
            bumpalo_8::<L, HAS_CAPACITY>,
        ),
        Arm::new("bumpalo-1", "bumpalo as it comes, its Vec", bumpalo_1::<L, HAS_CAPACITY>),
        #[cfg(feature = "arenas")]
        Arm::new(
            "bump-scope-1",
            "bump-scope as it comes, its BumpVec",
            bump_scope::<L, HAS_CAPACITY>,
        ),
        Arm::new("kept-vecs", "kept `Vec`s, one for each entity", kept::<L>),
        Arm::new("kept-flat", "two kept `Vec`s, all slices in one", kept_flat::<L>),
        Arm::new("vec-glibc", "`Vec` and `Box<[u32]>`, glibc", heap::<L, HAS_CAPACITY>),
        Arm::new("vec-mimalloc", "the same, mimalloc", heap::<L, HAS_CAPACITY>).on(Host::Mimalloc),
        Arm::new("vec-jemalloc", "the same, jemalloc", heap::<L, HAS_CAPACITY>).on(Host::Jemalloc),
    ]
}

/// Elements that a list has room for at first.
const fn capacity<const HAS_CAPACITY: bool>() -> usize {
    if HAS_CAPACITY { ENTITIES } else { 0 }
}

/// An arm that does `$frame` so many times.
macro_rules! frames {
    ($links:ident, $memory:ident = $make:expr, $frame:expr) => {{
        let $links = L::new();
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

fn ours<L: Links, const HAS_CAPACITY: bool>(_: u64) -> Work {
    frames!(source, arena = FrameArena::with_capacity(CAPACITY_BYTES), {
        let mut list = FrameVec::with_capacity_in(capacity::<HAS_CAPACITY>(), &arena);
        for n in 0..black_box(ENTITIES) {
            list.push(Item::new(n, &*arena.alloc_slice_copy(source.of(n))));
        }
        black_box(list.as_slice());
        drop(list);
        arena.reset();
    })
}

/// bumpalo's own `Vec` takes a `Bump` of the least alignment only.
fn bumpalo_8<L: Links, const HAS_CAPACITY: bool>(_: u64) -> Work {
    frames!(source, bump = Bump::<8>::with_min_align_and_capacity(CAPACITY_BYTES), {
        let mut list = AllocatorVec::with_capacity_in(capacity::<HAS_CAPACITY>(), &bump);
        for n in 0..black_box(ENTITIES) {
            list.push(Item::new(n, &*bump.alloc_slice_copy(source.of(n))));
        }
        black_box(list.as_slice());
        drop(list);
        bump.reset();
    })
}

fn bumpalo_1<L: Links, const HAS_CAPACITY: bool>(_: u64) -> Work {
    frames!(source, bump = Bump::with_capacity(CAPACITY_BYTES), {
        let mut list = BumpVec::with_capacity_in(capacity::<HAS_CAPACITY>(), &bump);
        for n in 0..black_box(ENTITIES) {
            list.push(Item::new(n, &*bump.alloc_slice_copy(source.of(n))));
        }
        black_box(list.as_slice());
        drop(list);
        bump.reset();
    })
}

#[cfg(feature = "arenas")]
fn bump_scope<L: Links, const HAS_CAPACITY: bool>(_: u64) -> Work {
    type Scope = bump_scope::Bump<bump_scope::alloc::Global>;
    frames!(source, bump = Scope::with_size(CAPACITY_BYTES), {
        let capacity = capacity::<HAS_CAPACITY>();
        let mut list = bump_scope::BumpVec::with_capacity_in(capacity, &bump);
        for n in 0..black_box(ENTITIES) {
            let links = bump.alloc_slice_copy(source.of(n));
            list.push(Item::new(n, &*bump_scope::BumpBox::leak(links)));
        }
        black_box(list.as_slice());
        drop(list);
        bump.reset();
    })
}

fn kept<L: Links>(_: u64) -> Work {
    let mut list: Vec<Item<u32>> = Vec::new();
    frames!(source, links = Vec::<Vec<u32>>::new(), {
        list.clear();
        for n in 0..black_box(ENTITIES) {
            if links.len() == n {
                links.push(Vec::new());
            }
            links[n].clear();
            links[n].extend_from_slice(source.of(n));
            list.push(Item::new(n, n as u32));
        }
        black_box((&list, &links));
    })
}

fn kept_flat<L: Links>(_: u64) -> Work {
    let mut list: Vec<Item<Range<u32>>> = Vec::new();
    frames!(source, links = Vec::new(), {
        list.clear();
        links.clear();
        for n in 0..black_box(ENTITIES) {
            let first = links.len() as u32;
            links.extend_from_slice(source.of(n));
            list.push(Item::new(n, first..links.len() as u32));
        }
        black_box((&list, &links));
    })
}

fn heap<L: Links, const HAS_CAPACITY: bool>(_: u64) -> Work {
    frames!(source, list = Vec::new(), {
        list = Vec::with_capacity(capacity::<HAS_CAPACITY>());
        for n in 0..black_box(ENTITIES) {
            list.push(Item::<Box<[u32]>>::new(n, source.of(n).into()));
        }
        black_box(&mut list);
        list = Vec::new();
    })
}
