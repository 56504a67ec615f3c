//! Questions that have programs of their own: built, run, and their tables taken over.

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use frame_arena_benches::record::{Block, ProgramRecord};

use crate::hosts::{build_with, cargo};
use crate::machine;

/// A program beside this one, which prints Markdown and ends with 1 if a target of its own is missed.
pub struct Program {
    /// As on the command line and in results.
    pub name: &'static str,
    /// In words.
    pub title: &'static str,
    program: &'static str,
    features: &'static str,
    args: &'static [&'static str],
    note: &'static str,
}

pub const PROGRAMS: &[Program] = &[
    Program {
        name: "collecting-1",
        title: "Collect 30,000 of 100,000 items into one slice, one thread",
        program: "handover",
        features: "handover",
        args: &["1"],
        note: "`FrameWriter` against a kept `Vec`, `bevy_utils::Parallel`, `Mutex<Vec>` and rayon's \
               `collect`; each arm is a frame, begin included. At most 150 us are demanded of ours.",
    },
    Program {
        name: "collecting-2",
        title: "The same on two threads",
        program: "handover",
        features: "handover",
        args: &["2"],
        note: "With so little work per item a second thread gains nobody anything.",
    },
    Program {
        name: "physics",
        title: "Physics against broccoli and rapier2d on the same circles, on one thread and on more",
        program: "physics",
        features: "peers",
        args: &[],
        note: "rapier2d's broad phase is driven by hand here, without its pipeline, all colliders \
               moved in each step: its cost in a game of its own may be lower, so its ratio says \
               little. The plain loops are a tick by hand over kept `Vec`s, on one thread, with \
               neither lists of contacts nor giants. Arms take turns, three in a row each; the \
               first of a row finds what the other arms left in the caches, and sleeping threads. \
               Targets are in the tables. They were set where broccoli took 154 ns a circle.",
    },
    Program {
        name: "pools",
        title: "Hand work to threads",
        program: "pools",
        features: "pools",
        args: &["2"],
        note: "The engine's `Workers` beside four libraries.",
    },
    Program {
        name: "profiler",
        title: "Tracy off, linked and unseen, connected; blocks told, objects told",
        program: "profiler_cost",
        features: "",
        args: &[DEMO_WITHOUT, DEMO_WITH, "24"],
        note: "Frames of the demo, 20,000 particles. The viewer is ours: it reads all and draws \
               nothing, so the real one's cost is not shown. Told of each object it takes two \
               events an allocation, on the same two cores: for looking at memory, not at times.",
    },
    Program {
        name: "profiler-calls",
        title: "Instructions of calls to the profiler with the feature off",
        program: "profiling",
        features: "",
        args: &[],
        note: "`(Ir(2N) - Ir(N)) / N`; zones, frames, plots, messages and marks must take none.",
    },
];

const DEMO_WITHOUT: &str = "demo-without-tracy";
const DEMO_WITH: &str = "demo-with-tracy";

/// Builds what the program needs.
pub fn build(program: &Program) -> Result<(), Box<dyn Error>> {
    if program.args.contains(&DEMO_WITHOUT) {
        build_demo("", DEMO_WITHOUT)?;
        build_demo("tracy", DEMO_WITH)?;
    }
    build_with(program.features, &[program.program])
}

/// The demo, kept under another name: the next build of it puts another in its place.
fn build_demo(features: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let mut command = cargo("particle-demo");
    let status = command.args(["--features", features]).status()?;
    if !status.success() {
        return Err(format!("cargo build: {status}").into());
    }
    fs::copy(beside("particle-demo")?, beside(name)?)?;
    Ok(())
}

fn beside(name: &str) -> std::io::Result<PathBuf> {
    Ok(env::current_exe()?.with_file_name(name))
}

/// Runs the program; what it says on the way goes to the terminal.
pub fn run(program: &Program) -> Result<ProgramRecord, Box<dyn Error>> {
    let mut command = Command::new(beside(program.program)?);
    for arg in program.args {
        match *arg {
            DEMO_WITHOUT | DEMO_WITH => command.arg(beside(arg)?),
            arg => command.arg(arg),
        };
    }
    let output = command.stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let blocks = blocks(&text);
    if blocks.is_empty() {
        return Err(format!("{} printed nothing: {}", program.program, output.status).into());
    }
    Ok(ProgramRecord {
        name: program.name.to_owned(),
        title: program.title.to_owned(),
        command: command_line(program),
        note: program.note.to_owned(),
        date: machine::date(),
        commit: machine::commit(),
        is_met: output.status.success(),
        blocks,
    })
}

/// What a reader types to run it alone.
fn command_line(program: &Program) -> String {
    let mut line = "cargo run --release -p frame-arena-benches".to_owned();
    if !program.features.is_empty() {
        line += &format!(" --features {}", program.features);
    }
    line += &format!(" --bin {}", program.program);
    for (place, arg) in program.args.iter().enumerate() {
        line += if place == 0 { " -- " } else { " " };
        line += match *arg {
            DEMO_WITHOUT => "target/release/demo-without-tracy",
            DEMO_WITH => "target/release/demo-with-tracy",
            arg => arg,
        };
    }
    line
}

/// Headings, tables and other lines of a program's Markdown.
fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        if let Some(heading) = line.strip_prefix('#') {
            blocks.push(Block::Heading(heading.trim_start_matches('#').trim().to_owned()));
        } else if let Some(cells) = line.strip_prefix('|') {
            let cells: Vec<String> =
                cells.trim_end_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
            let is_rule = cells.iter().all(|cell| cell.starts_with("---"));
            match blocks.last_mut() {
                Some(Block::Table { .. }) if is_rule => {}
                Some(Block::Table { columns, rows }) if columns.len() == cells.len() => {
                    rows.push(cells);
                }
                _ => blocks.push(Block::Table { columns: cells, rows: Vec::new() }),
            }
        } else {
            match blocks.last_mut() {
                Some(Block::Lines(lines)) => lines.push(line.to_owned()),
                _ => blocks.push(Block::Lines(vec![line.to_owned()])),
            }
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_headings_tables_and_lines() {
        let text = "## One\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nmissed: b\n";
        assert_eq!(
            blocks(text),
            [
                Block::Heading("One".into()),
                Block::Table {
                    columns: vec!["a".into(), "b".into()],
                    rows: vec![vec!["1".into(), "2".into()]]
                },
                Block::Lines(vec!["missed: b".into()]),
            ]
        );
    }
}
