//! What does text cost: a label, and a page expanded from a template?

use std::fmt::Write;
use std::hint::black_box;

use bumpalo::Bump;
use frame_arena::{FrameArena, FrameString, FrameVec};

use crate::question::{Arm, Host, Plan, Question, SHORT, Unit, Work, nothing, timed};
use crate::timed_batches;

/// Rows of a page.
const ROWS: usize = 50;
const CAPACITY_BYTES: usize = 256 << 10;

/// Text, or a value to be put in its place.
enum Piece {
    Text(&'static str),
    Name,
    Count,
    Share,
}

const ROW: [Piece; 9] = [
    Piece::Text("<tr><td class=\"name\">"),
    Piece::Name,
    Piece::Text("</td><td>"),
    Piece::Count,
    Piece::Text("</td><td style=\"width:"),
    Piece::Share,
    Piece::Text("%\">"),
    Piece::Share,
    Piece::Text("%</td></tr>\n"),
];

/// The questions of this file.
#[must_use]
pub fn questions() -> Vec<Question> {
    vec![
        Question {
            name: "label",
            title: "A label of a number and a speed, formatted",
            per: "one label",
            unit: Unit::Nanoseconds,
            plan: Plan { step: LABELS, ..SHORT },
            counted_operations: Some(2_000),
            note: "Most of it is the formatting of the speed, the same for all.",
            arms: label_arms(),
        },
        Question {
            name: "template",
            title: "Expand a template: 50 rows of 9 pieces, each row a text of its own, then the page",
            per: "one page",
            unit: Unit::Nanoseconds,
            plan: SHORT,
            counted_operations: Some(100),
            note: "Rows begin empty and grow as they are written; numbers are formatted, the same for \
                   all. Kept texts are cleared, one for each row and one for the page.",
            arms: vec![
                Arm::new("frame-arena", "FrameString, FrameVec", ours),
                Arm::new("bumpalo-1", "bumpalo's String and Vec", bumpalo_page),
                Arm::new("kept-strings", "kept `String`s, `clear()`", kept),
                Arm::new("string-glibc", "`String` and `Vec`, glibc", heap),
                Arm::new("string-mimalloc", "the same, mimalloc", heap).on(Host::Mimalloc),
                Arm::new("string-jemalloc", "the same, jemalloc", heap).on(Host::Jemalloc),
            ],
        },
    ]
}

// ---- labels ----

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

// ---- pages ----

/// Writes one row. A text in memory takes any text.
fn expand(row: usize, out: &mut impl Write) {
    const NAMES: [&str; 4] = ["update", "physics", "render", "a longer name of a phase"];
    for piece in black_box(&ROW) {
        let _ = match piece {
            Piece::Text(text) => out.write_str(text),
            Piece::Name => out.write_str(NAMES[row % NAMES.len()]),
            Piece::Count => write!(out, "{}", row * 7_919),
            Piece::Share => write!(out, "{}", row * 100 / ROWS),
        };
    }
}

fn ours(_: u64) -> Work {
    let mut arena = FrameArena::with_capacity(CAPACITY_BYTES);
    Box::new(move |pages| {
        timed(|| {
            for _ in 0..pages {
                let mut rows = FrameVec::new_in(&arena);
                for row in 0..ROWS {
                    let mut text = FrameString::new_in(&arena);
                    expand(row, &mut text);
                    rows.push(text.into_str());
                }
                let mut page = FrameString::new_in(&arena);
                rows.iter().for_each(|row| page.push_str(row));
                black_box(page.as_str());
                drop((page, rows));
                arena.reset();
            }
        })
    })
}

fn bumpalo_page(_: u64) -> Work {
    let mut bump = Bump::with_capacity(CAPACITY_BYTES);
    Box::new(move |pages| {
        timed(|| {
            for _ in 0..pages {
                let mut rows = bumpalo::collections::Vec::new_in(&bump);
                for row in 0..ROWS {
                    let mut text = bumpalo::collections::String::new_in(&bump);
                    expand(row, &mut text);
                    rows.push(text.into_bump_str());
                }
                let mut page = bumpalo::collections::String::new_in(&bump);
                rows.iter().for_each(|row| page.push_str(row));
                black_box(page.as_str());
                drop((page, rows));
                bump.reset();
            }
        })
    })
}

fn kept(_: u64) -> Work {
    let mut rows = vec![String::new(); ROWS];
    let mut page = String::new();
    Box::new(move |pages| {
        timed(|| {
            for _ in 0..pages {
                for (index, row) in rows.iter_mut().enumerate() {
                    row.clear();
                    expand(index, row);
                }
                page.clear();
                rows.iter().for_each(|row| page.push_str(row));
                black_box(page.as_str());
            }
        })
    })
}

fn heap(_: u64) -> Work {
    Box::new(move |pages| {
        timed(|| {
            for _ in 0..pages {
                let mut rows = Vec::new();
                for row in 0..ROWS {
                    let mut text = String::new();
                    expand(row, &mut text);
                    rows.push(text);
                }
                let mut page = String::new();
                rows.iter().for_each(|row| page.push_str(row));
                black_box(page.as_str());
            }
        })
    })
}
