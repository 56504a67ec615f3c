//! What does frame memory cost, beside everything that one would use instead, in one run?
//!
//! `cargo run --release -p frame-arena-benches --bin compare [-- --quick] [--only NAME[,NAME]]`
//!
//! Each arm is a process of its own with its own global allocator; in each round every arm has one
//! turn, in an order that turns too, so that what the machine does in between meets all alike. The
//! figure of an arm is its least turn. Instructions are counted by callgrind: `(Ir(2N) - Ir(N)) / N`.
//!
//! What has a program of its own (`collecting-1`, `physics`, `profiler` and so on) is built and run
//! too, and its tables are taken over.
//!
//! A full run (ten minutes on two cores, building not counted) writes `results.json` and
//! `RESULTS.md` when it has come to its end, or nothing. `--only` asks some questions and puts their
//! answers in the place of the old ones, each with its own date and commit; with `--times`
//! instructions stay as they were, with `--counts` the times do. `--quick` prints a short run and
//! writes nothing.

mod hosts;
mod machine;
mod programs;
mod report;
mod tables;
mod targets;
mod turns;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use std::{env, io};

use frame_arena_benches::record::{ProgramRecord, QuestionRecord, Results, Table};

use crate::programs::{PROGRAMS, Program};
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
    let asked = Asked::of(hosts::questions()?, options.only.as_deref())?;
    if options.is_list {
        asked.list();
        return Ok(());
    }
    let mut results = match options.only {
        Some(_) => read_results().unwrap_or_default(),
        None => Results::default(),
    };
    for program in &asked.programs {
        eprintln!("building {}", program.name);
        programs::build(program)?;
    }
    let answers = ask(asked, &options, &results)?;
    if options.is_quick {
        return Ok(());
    }
    results.machine = machine::machine();
    put(&mut results, answers)?;
    write(results)
}

/// What is to be asked.
struct Asked {
    questions: Vec<QuestionRecord>,
    programs: Vec<&'static Program>,
}

/// What came of it.
struct Answers {
    tables: Vec<Table>,
    programs: Vec<ProgramRecord>,
}

impl Asked {
    /// All of those names; all without names.
    fn of(questions: Vec<QuestionRecord>, names: Option<&[String]>) -> Result<Self, String> {
        let mut asked = Self { questions, programs: PROGRAMS.iter().collect() };
        let Some(names) = names else {
            return Ok(asked);
        };
        for name in names {
            let is_question = asked.questions.iter().any(|question| question.name == *name);
            if !is_question && asked.programs.iter().all(|program| program.name != name) {
                return Err(format!("no question is called {name}; --list names them"));
            }
        }
        asked.questions.retain(|question| names.contains(&question.name));
        asked.programs.retain(|program| names.iter().any(|name| name == program.name));
        Ok(asked)
    }

    fn list(&self) {
        let questions = self.questions.iter().map(|it| (it.name.as_str(), it.title.as_str()));
        let programs = self.programs.iter().map(|it| (it.name, it.title));
        questions.chain(programs).for_each(|(name, title)| println!("{name:<20} {title}"));
    }
}

/// Asks everything, one after the other, and says on the way where it is.
fn ask(asked: Asked, options: &Options, old: &Results) -> Result<Answers, Box<dyn Error>> {
    let started = Instant::now();
    let count = asked.questions.len() + asked.programs.len();
    let mut place = 0;
    let mut tell = |name: &str| {
        place += 1;
        let seconds = started.elapsed().as_secs();
        eprintln!("{:>2}:{:02}  {place} of {count}: {name}", seconds / 60, seconds % 60);
    };
    let mut answers = Answers { tables: Vec::new(), programs: Vec::new() };
    for question in asked.questions {
        tell(&question.name);
        let old = old.table(&question.name);
        let table = turns::ask(question, options.is_quick, options.part, old)?;
        println!("{}", tables::table(&table));
        answers.tables.push(table);
    }
    for program in asked.programs {
        tell(program.name);
        let record = programs::run(program)?;
        println!("{}", report::program(&record));
        answers.programs.push(record);
    }
    let seconds = started.elapsed().as_secs();
    eprintln!("{:>2}:{:02}  done", seconds / 60, seconds % 60);
    Ok(answers)
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

/// Puts new answers in the place of the old, in the order of the questions.
fn put(results: &mut Results, answers: Answers) -> Result<(), Box<dyn Error>> {
    let order: Vec<String> = hosts::questions()?.into_iter().map(|it| it.name).collect();
    replace(&mut results.tables, answers.tables, &order, |table| &table.question.name);
    let order: Vec<String> = PROGRAMS.iter().map(|it| it.name.to_owned()).collect();
    replace(&mut results.programs, answers.programs, &order, |program| &program.name);
    Ok(())
}

/// `old` with what is in `new` instead, in that order of names; other names are gone.
fn replace<T>(old: &mut Vec<T>, new: Vec<T>, order: &[String], name: fn(&T) -> &String) {
    old.retain(|it| new.iter().all(|new| name(new) != name(it)) && order.contains(name(it)));
    old.extend(new);
    old.sort_by_key(|it| order.iter().position(|known| known == name(it)));
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
