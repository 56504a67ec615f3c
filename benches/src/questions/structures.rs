//! What do linked structures cost: to build, to walk through, in bytes?

use std::fs;
use std::hint::black_box;

use frame_arena::FrameArena;

use crate::for_each_arena;
use crate::peers::Arena;
use crate::question::{Arm, Host, LONG, ONCE, Plan, Question, Unit, Work, timed};
use crate::random::Random;

/// The questions of this file.
#[must_use]
pub fn questions() -> Vec<Question> {
    vec![
        Question {
            name: "walk",
            title: "Walk through a linked list of 100,000 nodes of 32 bytes",
            per: "one node",
            unit: Unit::Nanoseconds,
            plan: Plan { rounds: 60, step: NODES, ..LONG },
            counted_operations: None,
            note: "Built once, in the order of the walk, and walked through again and again: 3.2 MB \
                   in an arena. The heap is fresh, or aged: two million objects of 16 to 144 bytes \
                   were made before, and every other one freed, in random order, so that nodes lie \
                   in the holes.",
            arms: walk_arms(),
        },
        Question {
            name: "tree",
            title: "An expression of 1,048,575 nodes, built and dropped",
            per: "one node",
            unit: Unit::Nanoseconds,
            plan: Plan { rounds: 12, step: TREE_NODES, ..LONG },
            counted_operations: None,
            note: "A full binary tree of sums and numbers, built from the leaves up by recursion. \
                   The heap's is dropped by recursion, node by node; an arena forgets it.",
            arms: tree_arms(),
        },
        Question {
            name: "overhead",
            title: "Resident bytes for one object, of a million of so many bytes",
            per: "one object",
            unit: Unit::Bytes,
            plan: ONCE,
            counted_operations: None,
            note: "Growth of the process's anonymous memory in pages that exist, by a million; the \
                   list that holds the boxes was there before. The number after `@` is what the \
                   object needs; what is above it is overhead.",
            arms: overhead_arms(),
        },
    ]
}

// ---- a list ----

const NODES: u64 = 100_000;

struct Node<L> {
    value: u64,
    #[expect(dead_code, reason = "what a node carries beside")]
    load: [u64; 2],
    next: Option<L>,
}

impl<L> Node<L> {
    fn new(value: u64, next: Option<L>) -> Self {
        Self { value, load: [value; 2], next }
    }
}

fn walk_arms() -> Vec<Arm> {
    vec![
        Arm::new("frame-arena", "FrameArena", walk_arena),
        Arm::new("kept-vec", "a `Vec`, linked by index", walk_indices),
        Arm::new("fresh-glibc", "`Box`, a fresh heap, glibc", walk_boxes::<false>),
        Arm::new("fresh-mimalloc", "the same, mimalloc", walk_boxes::<false>).on(Host::Mimalloc),
        Arm::new("fresh-jemalloc", "the same, jemalloc", walk_boxes::<false>).on(Host::Jemalloc),
        Arm::new("aged-glibc", "`Box`, an aged heap, glibc", walk_boxes::<true>),
        Arm::new("aged-mimalloc", "the same, mimalloc", walk_boxes::<true>).on(Host::Mimalloc),
        Arm::new("aged-jemalloc", "the same, jemalloc", walk_boxes::<true>).on(Host::Jemalloc),
    ]
}

struct InArena<'a>(&'a Node<InArena<'a>>);

fn walk_arena(_: u64) -> Work {
    // The process is this arm's alone, and ends with it.
    let arena: &'static FrameArena = Box::leak(Box::new(FrameArena::with_capacity(8 << 20)));
    // From the end on, so that each can name the next; the memory then lies against the walk, as
    // the boxes do.
    let mut first = None;
    for value in 0..NODES {
        first = Some(InArena(arena.alloc(Node::new(value, first))));
    }
    let first = first.expect("there are nodes");
    Box::new(move |_| {
        timed(|| {
            let (mut node, mut sum) = (Some(&first), 0_u64);
            while let Some(InArena(here)) = node {
                sum = sum.wrapping_add(here.value);
                node = here.next.as_ref();
            }
            black_box(sum);
        })
    })
}

fn walk_indices(_: u64) -> Work {
    let mut nodes: Vec<Node<u32>> = Vec::with_capacity(NODES as usize);
    for value in 0..NODES {
        nodes.push(Node::new(value, value.checked_sub(1).map(|next| next as u32)));
    }
    Box::new(move |_| {
        timed(|| {
            let (mut node, mut sum) = (Some(NODES as u32 - 1), 0_u64);
            while let Some(index) = node {
                let here = &nodes[index as usize];
                sum = sum.wrapping_add(here.value);
                node = here.next;
            }
            black_box(sum);
        })
    })
}

struct Boxed(Box<Node<Boxed>>);

/// Two million objects, every other one freed, in random order. The rest stays.
fn age_heap() {
    let mut random = Random::new(2_026);
    let mut objects: Vec<Box<[u8]>> =
        (0..2_000_000).map(|_| vec![1_u8; 16 + random.below(129)].into_boxed_slice()).collect();
    for last in (1..objects.len()).rev() {
        objects.swap(last, random.below(last + 1));
    }
    objects.truncate(objects.len() / 2);
    std::mem::forget(objects);
}

fn walk_boxes<const IS_AGED: bool>(_: u64) -> Work {
    if IS_AGED {
        age_heap();
    }
    let mut first = None;
    for value in 0..NODES {
        first = Some(Boxed(Box::new(Node::new(value, first))));
    }
    let first = std::mem::ManuallyDrop::new(first); // Its drop would recurse too deep.
    Box::new(move |_| {
        timed(|| {
            let (mut node, mut sum) = (first.as_ref(), 0_u64);
            while let Some(Boxed(here)) = node {
                sum = sum.wrapping_add(here.value);
                node = here.next.as_ref();
            }
            black_box(sum);
        })
    })
}

// ---- a tree ----

/// Levels of the tree.
const LEVELS: u32 = 20;
const TREE_NODES: u64 = (1 << LEVELS) - 1;

#[derive(Clone, Copy)]
#[expect(dead_code, reason = "built and dropped, not evaluated")]
enum Expr<'a> {
    Number(f64),
    Sum(&'a Expr<'a>, &'a Expr<'a>),
}

#[expect(dead_code, reason = "built and dropped, not evaluated")]
enum BoxedExpr {
    Number(f64),
    Sum(Box<BoxedExpr>, Box<BoxedExpr>),
}

fn tree_arms() -> Vec<Arm> {
    let mut arms = Vec::new();
    for_each_arena!(A => arms.push(Arm::new(A::NAME, A::WHAT, tree::<A>)));
    arms.push(Arm::new("box-glibc", "`Box`, glibc", tree_boxed));
    arms.push(Arm::new("box-mimalloc", "`Box`, mimalloc", tree_boxed).on(Host::Mimalloc));
    arms.push(Arm::new("box-jemalloc", "`Box`, jemalloc", tree_boxed).on(Host::Jemalloc));
    arms
}

fn grow<'a, A: Arena>(arena: &'a A, levels: u32) -> &'a Expr<'a> {
    let expr = match levels {
        1 => Expr::Number(f64::from(levels)),
        _ => Expr::Sum(grow(arena, levels - 1), grow(arena, levels - 1)),
    };
    arena.alloc(expr)
}

fn tree<A: Arena + 'static>(_: u64) -> Work {
    let mut arena = A::with_capacity(32 << 20);
    Box::new(move |_| {
        timed(|| {
            black_box(grow(&arena, black_box(LEVELS)));
            arena.reset();
        })
    })
}

fn grow_boxed(levels: u32) -> Box<BoxedExpr> {
    Box::new(match levels {
        1 => BoxedExpr::Number(f64::from(levels)),
        _ => BoxedExpr::Sum(grow_boxed(levels - 1), grow_boxed(levels - 1)),
    })
}

fn tree_boxed(_: u64) -> Work {
    Box::new(|_| {
        timed(|| {
            black_box(grow_boxed(black_box(LEVELS)));
        })
    })
}

// ---- bytes ----

const OBJECTS: usize = 1_000_000;

fn overhead_arms() -> Vec<Arm> {
    let mut arms = Vec::new();
    for_each_arena!(A => arms.push(Arm::new(A::NAME, A::WHAT, arena_bytes::<A>)));
    arms.push(Arm::new("box-glibc", "`Box`, glibc", box_bytes));
    arms.push(Arm::new("box-mimalloc", "`Box`, mimalloc", box_bytes).on(Host::Mimalloc));
    arms.push(Arm::new("box-jemalloc", "`Box`, jemalloc", box_bytes).on(Host::Jemalloc));
    let at = |arm: Arm| [8, 24, 40, 100].map(|size| Arm { size, ..arm });
    arms.into_iter().flat_map(at).collect()
}

fn arena_bytes<A: Arena + 'static>(size: u64) -> Work {
    match size {
        8 => arena_bytes_of::<A, 8>(),
        24 => arena_bytes_of::<A, 24>(),
        40 => arena_bytes_of::<A, 40>(),
        _ => arena_bytes_of::<A, 100>(),
    }
}

fn arena_bytes_of<A: Arena + 'static, const BYTES: usize>() -> Work {
    Box::new(|_| {
        let before = resident_bytes();
        let arena = A::with_capacity(OBJECTS * BYTES.next_multiple_of(8) + 4_096);
        for n in 0..OBJECTS {
            black_box(arena.alloc([n as u8; BYTES]));
        }
        let figure = (resident_bytes() - before) / OBJECTS as f64;
        drop(arena);
        figure
    })
}

fn box_bytes(size: u64) -> Work {
    match size {
        8 => box_bytes_of::<8>(),
        24 => box_bytes_of::<24>(),
        40 => box_bytes_of::<40>(),
        _ => box_bytes_of::<100>(),
    }
}

fn box_bytes_of<const BYTES: usize>() -> Work {
    Box::new(|_| {
        // Written, so that its pages are there before.
        let mut boxes: Vec<Option<Box<[u8; BYTES]>>> = Vec::with_capacity(OBJECTS);
        boxes.resize_with(OBJECTS, || black_box(None));
        let before = resident_bytes();
        for (n, slot) in boxes.iter_mut().enumerate() {
            *slot = Some(Box::new([n as u8; BYTES]));
        }
        black_box(&boxes);
        (resident_bytes() - before) / OBJECTS as f64
    })
}

/// Anonymous memory of this process in pages that exist.
fn resident_bytes() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("this bench needs Linux's /proc");
    let kib = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kib = kib.and_then(|rest| rest.trim().strip_suffix(" kB")).map(str::trim);
    let kib: f64 = kib.and_then(|kib| kib.parse().ok()).expect("RssAnon is a number of kB");
    kib * 1_024.0
}
