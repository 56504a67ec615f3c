//! A label of a number and a speed, as a game writes hundreds of in a frame.

use std::fmt::Write;
use std::hint::black_box;

use bumpalo::Bump;
use frame_arena::{FrameArena, FrameString};
use frame_arena_benches::arms::Arm;

use crate::Group;

/// Labels of the shorter run.
const LABELS: u64 = 10_000;
/// Memory for the longer run: under 64 bytes a label.
const CAPACITY_BYTES: usize = 2 * LABELS as usize * 64;

const fn arm(name: &'static str, what: &'static str, run: fn(u64)) -> Arm {
    Arm { name, what, operations: LABELS, run }
}

pub const GROUPS: &[Group] = &[
    Group {
        title: "a label, format_args!(\"#{n} {speed:.1} m/s\")",
        arms: &[
            arm("fmt", "FrameArena::alloc_fmt", fmt_ours),
            arm("fmt-kept", "a kept String, clear() and write!", fmt_kept),
            arm("fmt-bumpalo", "bumpalo's format!", fmt_bumpalo),
            arm("fmt-heap", "format!, the system's allocator", fmt_heap),
        ],
        reference: 1,
        most: Some(1.1),
        parts: 1,
    },
    Group {
        title: "the same label by write! to a FrameString with room for 64 bytes",
        arms: &[
            arm("write", "FrameString::with_capacity_in, write!, into_str", write_ours),
            arm("write-kept", "a kept String, clear() and write!", fmt_kept),
            arm("write-empty", "FrameString::new_in, write!, into_str", write_ours_from_empty),
            arm("write-cleared", "a FrameString of the frame, clear() and write!", write_cleared),
        ],
        reference: 1,
        most: Some(1.1),
        parts: 1,
    },
    Group {
        title: "a line of 16 words by push_str()",
        arms: &[
            arm("words", "FrameString::new_in", words_ours),
            arm("words-kept", "a kept String, clear()", words_kept),
            arm("words-bumpalo", "bumpalo's String::new_in", words_bumpalo),
        ],
        reference: 1,
        most: None,
        parts: 1,
    },
];

const WORDS: [&str; 16] = [
    "update",
    " ",
    "physics",
    " ",
    "render",
    " ",
    "a somewhat longer word, for once",
    "\n",
    "12",
    ".",
    "5",
    " ms",
    ", ",
    "budget",
    ": ",
    "unlimited",
];

/// A speed that differs from label to label.
fn speed(n: u64) -> f32 {
    black_box(n as f32 * 0.37)
}

fn fmt_ours(labels: u64) {
    let arena = FrameArena::with_capacity(CAPACITY_BYTES);
    for n in 0..labels {
        let speed = speed(n);
        black_box(arena.alloc_fmt(format_args!("#{n} {speed:.1} m/s")));
    }
}

fn fmt_kept(labels: u64) {
    let mut kept = String::with_capacity(64);
    for n in 0..labels {
        let speed = speed(n);
        kept.clear();
        write!(kept, "#{n} {speed:.1} m/s").expect("a String takes any text");
        black_box(&mut kept);
    }
}

fn fmt_bumpalo(labels: u64) {
    let bump = Bump::with_capacity(CAPACITY_BYTES);
    for n in 0..labels {
        let speed = speed(n);
        black_box(bumpalo::format!(in &bump, "#{} {:.1} m/s", n, speed).into_bump_str());
    }
}

fn fmt_heap(labels: u64) {
    for n in 0..labels {
        let speed = speed(n);
        black_box(format!("#{n} {speed:.1} m/s"));
    }
}

fn write_ours(labels: u64) {
    let arena = FrameArena::with_capacity(CAPACITY_BYTES);
    for n in 0..labels {
        let speed = speed(n);
        let mut text = FrameString::with_capacity_in(64, &arena);
        write!(text, "#{n} {speed:.1} m/s").expect("there is room");
        black_box(text.into_str());
    }
}

fn write_ours_from_empty(labels: u64) {
    let arena = FrameArena::with_capacity(CAPACITY_BYTES);
    for n in 0..labels {
        let speed = speed(n);
        let mut text = FrameString::new_in(&arena);
        write!(text, "#{n} {speed:.1} m/s").expect("there is room");
        black_box(text.into_str());
    }
}

fn write_cleared(labels: u64) {
    let arena = FrameArena::with_capacity(CAPACITY_BYTES);
    let mut text = FrameString::with_capacity_in(64, &arena);
    for n in 0..labels {
        let speed = speed(n);
        text.clear();
        write!(text, "#{n} {speed:.1} m/s").expect("there is room");
        black_box(&mut text);
    }
}

fn words_ours(lines: u64) {
    let arena = FrameArena::with_capacity(CAPACITY_BYTES);
    for _ in 0..lines {
        let mut text = FrameString::new_in(&arena);
        for word in black_box(&WORDS) {
            text.push_str(word);
        }
        black_box(&mut text);
    }
}

fn words_kept(lines: u64) {
    let mut text = String::with_capacity(256);
    for _ in 0..lines {
        text.clear();
        for word in black_box(&WORDS) {
            text.push_str(word);
        }
        black_box(&mut text);
    }
}

fn words_bumpalo(lines: u64) {
    let bump = Bump::with_capacity(CAPACITY_BYTES);
    for _ in 0..lines {
        let mut text = bumpalo::collections::String::new_in(&bump);
        for word in black_box(&WORDS) {
            text.push_str(word);
        }
        black_box(&mut text);
    }
}
