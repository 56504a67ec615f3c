//! What does frame memory cost, beside everything that one would use instead, in one run?
//!
//! `cargo run --release -p frame-arena-benches --bin compare [-- --quick] [--only NAME[,NAME]]`
//!
//! Each arm is a process of its own with its own global allocator; in each round every arm has one
//! turn, in an order that turns too, so that what the machine does in between meets all alike. The
//! figure of an arm is its least turn. Instructions are counted by callgrind: `(Ir(2N) - Ir(N)) / N`.
//!
//! A full run (about eight minutes on two cores) writes `results.json` and `RESULTS.md` when it has
//! come to its end, or nothing. `--only` asks some questions and puts their answers in the place of
//! the old ones, each with its own date and commit; with `--times` instructions stay as they were,
//! with `--counts` the times do. `--quick` prints a short run and writes nothing.

mod hosts;
mod machine;
mod report;
mod targets;
mod turns;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, io};

use frame_arena_benches::record::{QuestionRecord, Results, Table};

use crate::turns::Part;

const USAGE: &str =
    "usage: compare [--quick] [--only NAME[,NAME] [--times | --counts]] [--list] [--report]";

/// What the command line asks for.
#[derive(Default)]
struct Options {
    is_quick: bool,
    only: Option<Vec<String>>,
    part: Part,
    is_list: bool,
    /// Write `RESULTS.md` anew from `results.json`; measure nothing.
    is_report: bool,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compare: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let options = options(env::args().skip(1))?;
    if cfg!(debug_assertions) {
        return Err("this is a debug build; run it with --release".into());
    }
    if options.is_report {
        return write(read_results()?);
    }
    hosts::build()?;
    let questions = chosen(hosts::questions()?, options.only.as_deref())?;
    if options.is_list {
        questions.iter().for_each(|question| println!("{:<20} {}", question.name, question.title));
        return Ok(());
    }
    let mut results = match options.only {
        Some(_) => read_results().unwrap_or_default(),
        None => Results::default(),
    };
    let mut tables = Vec::new();
    for question in questions {
        eprintln!("{}: {} arms", question.name, question.arms.len());
        let old = results.table(&question.name);
        let table = turns::ask(question, options.is_quick, options.part, old)?;
        println!("{}", report::table(&table));
        tables.push(table);
    }
    if options.is_quick {
        return Ok(());
    }
    results.machine = machine::machine();
    put(&mut results, tables)?;
    write(results)
}

fn options(args: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options::default();
    let mut args = args;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--quick" => options.is_quick = true,
            "--times" => options.part = Part::Times,
            "--counts" => options.part = Part::Counts,
            "--list" => options.is_list = true,
            "--report" => options.is_report = true,
            "--only" => {
                let names = args.next().ok_or("--only wants the names of questions")?;
                options.only = Some(names.split(',').map(str::to_owned).collect());
            }
            other => return Err(format!("{other} is not understood; {USAGE}")),
        }
    }
    Ok(options)
}

/// The questions of those names; all without names.
fn chosen(
    questions: Vec<QuestionRecord>,
    names: Option<&[String]>,
) -> Result<Vec<QuestionRecord>, String> {
    let Some(names) = names else {
        return Ok(questions);
    };
    for name in names {
        if !questions.iter().any(|question| question.name == *name) {
            return Err(format!("no question is called {name}; --list names them"));
        }
    }
    Ok(questions.into_iter().filter(|question| names.contains(&question.name)).collect())
}

/// Puts new answers in the place of the old, in the order of the questions.
fn put(results: &mut Results, tables: Vec<Table>) -> Result<(), Box<dyn Error>> {
    let order = hosts::questions()?;
    let mut old = std::mem::take(&mut results.tables);
    old.retain(|table| tables.iter().all(|new| new.question.name != table.question.name));
    let all = old.into_iter().chain(tables);
    let place = |table: &Table| order.iter().position(|it| it.name == table.question.name);
    let mut placed: Vec<_> = all.filter_map(|table| Some((place(&table)?, table))).collect();
    placed.sort_by_key(|(place, _)| *place);
    results.tables = placed.into_iter().map(|(_, table)| table).collect();
    Ok(())
}

fn results_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("results.json")
}

fn read_results() -> Result<Results, Box<dyn Error>> {
    let path = results_path();
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}

/// Both files, each beside its place and then renamed: whole or not at all.
fn write(mut results: Results) -> Result<(), Box<dyn Error>> {
    results.targets = targets::check(&results);
    let json = serde_json::to_string_pretty(&results)? + "\n";
    let json_path = results_path();
    let text_path = json_path.with_file_name("RESULTS.md");
    let parts = [(&json_path, json), (&text_path, report::report(&results))];
    let beside = |path: &Path| path.with_extension("part");
    for (path, text) in &parts {
        fs::write(beside(path), text)?;
    }
    parts.iter().try_for_each(|(path, _)| -> io::Result<()> { fs::rename(beside(path), path) })?;
    println!("{}", report::verdicts(&results));
    println!("written: {} and {}", json_path.display(), text_path.display());
    Ok(())
}
