//! A template expanded into hundreds of small pieces of text, written with one call.
//!
//! Each piece is made in the frame's arena or borrowed from the template; none is on the heap.
//!
//! `cargo run --example template -- "{name}: {health} HP"`

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use frame_arena::{FrameArena, FrameString, FrameVec};

const TEMPLATE: &str = "{name} of {place}: {health} health, {gold} gold";
const MONSTER_COUNT: u32 = 100;
const SHOWN_LINES: usize = 3;

struct Monster {
    number: u32,
    place: &'static str,
}

fn main() -> ExitCode {
    let template = std::env::args().nth(1).unwrap_or_else(|| TEMPLATE.to_string());
    let arena = FrameArena::new();
    match parse(&template, &arena) {
        Ok(parts) => match print(parts, &arena) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("the text cannot be written: {error}");
                ExitCode::FAILURE
            }
        },
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn print(parts: &[Part], arena: &FrameArena) -> io::Result<()> {
    let mut pieces = FrameVec::new_in(arena);
    for number in 0..MONSTER_COUNT {
        let place = ["the hill", "the wood", "the mire"][number as usize % 3];
        expand(parts, &Monster { number, place }, &mut pieces);
    }
    let page = join(&pieces, arena);
    let mut lines = page.split_inclusive('\n');
    let shown: usize = lines.by_ref().take(SHOWN_LINES).map(str::len).sum();

    let mut out = io::stdout().lock();
    out.write_all(&page.as_bytes()[..shown])?;
    writeln!(out, "and {} lines more", lines.count())?;
    writeln!(out, "{} pieces, {} bytes, one write", pieces.len(), page.len())
}

/// The pieces as one text, whose size is known before it is made.
fn join<'a>(pieces: &[&str], arena: &'a FrameArena) -> &'a str {
    let bytes = pieces.iter().map(|piece| piece.len()).sum();
    let mut text = FrameString::with_capacity_in(bytes, arena);
    pieces.iter().for_each(|piece| text.push_str(piece));
    text.into_str()
}

// ---- expanding ----

/// Appends the pieces of one monster's line.
fn expand<'a>(parts: &[Part<'a>], monster: &Monster, pieces: &mut FrameVec<'a, &'a str>) {
    let arena = pieces.arena();
    for part in parts {
        pieces.push(match part {
            Part::Text(text) => text,
            Part::Name => arena.alloc_fmt(format_args!("orc {}", monster.number + 1)),
            Part::Place => monster.place,
            Part::Health => arena.alloc_fmt(format_args!("{}", 20 + monster.number * 7 % 13)),
            Part::Gold => arena.alloc_fmt(format_args!("{:.1}", monster.number as f32 * 0.7)),
        });
    }
    pieces.push("\n");
}

// ---- parsing ----

enum Part<'a> {
    Text(&'a str),
    Name,
    Place,
    Health,
    Gold,
}

/// What is wrong with a template; positions are bytes from its start.
enum TemplateError<'a> {
    Unclosed { at: usize },
    Unknown { at: usize, name: &'a str },
}

impl fmt::Display for TemplateError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unclosed { at } => write!(f, "byte {at}: '{{' without a '}}'"),
            Self::Unknown { at, name } => write!(
                f,
                "byte {at}: unknown name \"{name}\"; there are name, place, health and gold"
            ),
        }
    }
}

fn parse<'a>(
    template: &'a str,
    arena: &'a FrameArena,
) -> Result<&'a [Part<'a>], TemplateError<'a>> {
    let mut parts = FrameVec::new_in(arena);
    let mut rest = template;
    while let Some((text, tail)) = rest.split_once('{') {
        let at = template.len() - tail.len() - 1;
        let (name, tail) = tail.split_once('}').ok_or(TemplateError::Unclosed { at })?;
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        parts.push(match name {
            "name" => Part::Name,
            "place" => Part::Place,
            "health" => Part::Health,
            "gold" => Part::Gold,
            _ => return Err(TemplateError::Unknown { at, name }),
        });
        rest = tail;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    Ok(parts.into_slice())
}
