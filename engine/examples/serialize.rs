//! A frame's report as JSON, built in the arena that it reports on.
//!
//! The text grows in place, is written with one call and goes with the frame.

use std::fmt::{Display, Write};
use std::io;
use std::process::ExitCode;

use frame_arena::{ArenaConfig, FrameArena, FrameString};

struct Phase {
    name: &'static str,
    objects: u32,
}

const PHASES: [Phase; 3] = [
    Phase { name: "update", objects: 120 },
    Phase { name: "physics \"fixed\"", objects: 400 },
    Phase { name: "render\n", objects: 250 },
];

fn main() -> ExitCode {
    let mut arena = FrameArena::with_config(ArenaConfig::named("report"));
    for frame in 0..2 {
        arena.reset();
        for phase in &PHASES {
            arena.alloc_slice_fill_with(phase.objects as usize, |object| object as u64 * frame);
        }
        let report = report(frame, &arena);
        if let Err(error) = io::Write::write_all(&mut io::stdout().lock(), report.as_bytes()) {
            eprintln!("the report cannot be written: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn report(frame: u64, arena: &FrameArena) -> &str {
    let stats = arena.stats(); // Before the report adds to them.
    let mut json = Json::new(arena);
    json.object(|json| {
        json.field("frame", frame);
        json.field("used_bytes", stats.used_bytes);
        json.field("block_count", stats.block_count);
        json.key("phases").array(|json| {
            for phase in &PHASES {
                json.element().object(|json| {
                    json.text("name", phase.name);
                    json.field("objects", phase.objects);
                });
            }
        });
    });
    json.finish()
}

/// Writes JSON from the outside in: an object's or array's contents are written inside its closure,
/// so brackets always match and commas stand where they must.
struct Json<'a> {
    text: FrameString<'a>,
    needs_comma: bool,
}

impl<'a> Json<'a> {
    fn new(arena: &'a FrameArena) -> Self {
        Self { text: FrameString::with_capacity_in(256, arena), needs_comma: false }
    }

    fn finish(mut self) -> &'a str {
        self.text.push('\n');
        self.text.into_str()
    }

    fn object(&mut self, contents: impl FnOnce(&mut Self)) {
        self.between('{', '}', contents);
    }

    fn array(&mut self, contents: impl FnOnce(&mut Self)) {
        self.between('[', ']', contents);
    }

    fn between(&mut self, open: char, close: char, contents: impl FnOnce(&mut Self)) {
        self.text.push(open);
        self.needs_comma = false;
        contents(self);
        self.text.push(close);
        self.needs_comma = true;
    }

    /// A number or anything else that needs no quotes.
    fn field(&mut self, key: &str, value: impl Display) {
        self.key(key).value(value);
    }

    fn text(&mut self, key: &str, value: &str) {
        self.key(key).quoted(value);
    }

    /// The place of the next element of an array.
    fn element(&mut self) -> &mut Self {
        if self.needs_comma {
            self.text.push(',');
        }
        self.needs_comma = true;
        self
    }

    fn key(&mut self, key: &str) -> &mut Self {
        self.element().quoted(key);
        self.text.push(':');
        self
    }

    fn value(&mut self, value: impl Display) {
        // Fails for a `Display` of its own only, and numbers have none.
        let _ = write!(self.text, "{value}");
    }

    fn quoted(&mut self, text: &str) {
        self.text.push('"');
        for character in text.chars() {
            match character {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\0'..='\x1f' => self.value(format_args!("\\u{:04x}", character as u32)),
                _ => self.text.push(character),
            }
        }
        self.text.push('"');
    }
}
