//! What does a draw list cost: what is in view, as records for the graphics card, sorted by layer?

use std::hint::black_box;

use allocator_api2::vec::Vec as AllocatorVec;
use bumpalo::Bump;
use frame_arena::{FrameArena, FrameVec};

use crate::question::{Arm, Host, LONG, Plan, Question, Unit, Work, nothing, timed};
use crate::random::Random;

/// Bodies of the world, of which six of ten are in view.
const BODIES: u64 = 100_000;
const IN_VIEW_OF_TEN: usize = 6;
const LAYERS: usize = 16;
const SEED: u64 = 1;
/// Memory for the lists of a frame.
const CAPACITY_BYTES: usize = BODIES as usize * (size_of::<Body>() + size_of::<Record>());

/// What there is to draw: 32 bytes, as in the engine.
#[derive(Clone, Copy)]
struct Body {
    place: [f32; 2],
    radius: f32,
    tint: [u8; 4],
    layer: u8,
    is_in_view: bool,
    #[expect(dead_code, reason = "copied, as the engine's reference to a trail is")]
    trail: [u32; 3],
}

/// What the graphics card reads: 16 bytes.
#[derive(Clone, Copy, Default)]
struct Record {
    #[expect(dead_code, reason = "read by the graphics card")]
    place: [f32; 2],
    #[expect(dead_code, reason = "read by the graphics card")]
    size: f32,
    #[expect(dead_code, reason = "read by the graphics card")]
    tint: [u8; 4],
}

/// The questions of this file.
#[must_use]
pub fn questions() -> Vec<Question> {
    vec![Question {
        name: "draw-list",
        title: "Cull 100,000 bodies, make 16-byte records, sort them by layer (counting sort)",
        per: "one frame",
        unit: Unit::Nanoseconds,
        plan: Plan { rounds: 60, ..LONG },
        counted_operations: Some(1),
        note: "Two big lists a frame: the visible bodies, 32 bytes each, in a list with capacity \
               for all, and their records. Here an arena has next to nothing to show, and a kept \
               `Vec` is as good. One thread; the engine's own sort shares the work among all.",
        arms: vec![
            Arm::new("frame-arena", "FrameArena, FrameVec", ours),
            Arm::new("bumpalo-8", "bumpalo, MIN_ALIGN 8, allocator-api2's Vec", bumpalo),
            Arm::new("kept-vecs", "two kept `Vec`s, `clear()`", kept),
            Arm::new("vec-glibc", "`Vec`s made anew, glibc", heap),
            Arm::new("vec-mimalloc", "the same, mimalloc", heap).on(Host::Mimalloc),
            Arm::new("vec-jemalloc", "the same, jemalloc", heap).on(Host::Jemalloc),
        ],
    }]
}

fn bodies() -> Vec<Body> {
    let mut random = Random::new(SEED);
    (0..BODIES)
        .map(|_| Body {
            place: [random.unit() as f32, random.unit() as f32],
            radius: 0.5,
            tint: [200, 100, 50, 255],
            layer: random.below(LAYERS) as u8,
            is_in_view: random.below(10) < IN_VIEW_OF_TEN,
            trail: [0; 3],
        })
        .collect()
}

/// Hands the visible bodies to `push`, and says how many each layer has.
#[inline(always)]
fn cull(bodies: &[Body], mut push: impl FnMut(Body)) -> [usize; LAYERS] {
    let mut counts = [0; LAYERS];
    for body in bodies {
        if body.is_in_view {
            counts[usize::from(body.layer)] += 1;
            push(*body);
        }
    }
    counts
}

/// Writes the records of the visible bodies, lowest layer first (Knuth, TAOCP 3, 5.2).
#[inline(always)]
fn sort(visible: &[Body], counts: [usize; LAYERS], records: &mut [Record]) {
    let mut first = 0;
    let mut next = counts.map(|count| {
        first += count;
        first - count
    });
    for body in visible {
        let place = &mut next[usize::from(body.layer)];
        records[*place] = Record { place: body.place, size: body.radius * 2.0, tint: body.tint };
        *place += 1;
    }
}

/// An arm that makes `$visible` and `$records` in `$memory`, and forgets both.
macro_rules! draws {
    ($memory:ident = $make:expr, $visible:expr, |$len:ident| $records:expr, $reset:expr) => {{
        let bodies = bodies();
        let mut $memory = $make;
        Box::new(move |frames| {
            timed(|| {
                for _ in 0..frames {
                    let mut visible = $visible;
                    let counts = cull(black_box(&bodies), |body| visible.push(body));
                    let $len = visible.len();
                    let mut records = $records;
                    sort(&visible, counts, &mut records);
                    black_box(&records[..]);
                    drop((visible, records));
                    $reset;
                }
            })
        })
    }};
}

fn ours(_: u64) -> Work {
    draws!(
        arena = FrameArena::with_capacity(CAPACITY_BYTES),
        FrameVec::with_capacity_in(BODIES as usize, &arena),
        |len| &mut *arena.alloc_slice_fill_with(len, |_| Record::default()),
        arena.reset()
    )
}

fn bumpalo(_: u64) -> Work {
    draws!(
        bump = Bump::<8>::with_min_align_and_capacity(CAPACITY_BYTES),
        AllocatorVec::with_capacity_in(BODIES as usize, &bump),
        |len| &mut *bump.alloc_slice_fill_copy(len, Record::default()),
        bump.reset()
    )
}

fn heap(_: u64) -> Work {
    draws!(
        _memory = (),
        Vec::with_capacity(BODIES as usize),
        |len| vec![Record::default(); len],
        nothing()
    )
}

fn kept(_: u64) -> Work {
    let bodies = bodies();
    let mut visible = Vec::with_capacity(BODIES as usize);
    let mut records = Vec::with_capacity(BODIES as usize);
    Box::new(move |frames| {
        timed(|| {
            for _ in 0..frames {
                visible.clear();
                let counts = cull(black_box(&bodies), |body| visible.push(body));
                records.clear();
                records.resize(visible.len(), Record::default());
                sort(&visible, counts, &mut records);
                black_box(&records[..]);
            }
        })
    })
}
