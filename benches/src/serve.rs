//! The side of a bench that does the work: a process for one arm, which runs when it is told to.
//!
//! `list` prints the questions as JSON. `serve QUESTION ARM` sets the arm up, then reads numbers of
//! operations, one a line, and answers each with the figure for all of them. `count QUESTION ARM
//! OPERATIONS` does them once, for callgrind. `hog` copies memory until it is killed.

use std::env;
use std::error::Error;
use std::hint::black_box;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use crate::question::{Host, Question, Work, count_instructions};
use crate::questions;
use crate::record::{ArmRecord, QuestionRecord};

/// The `main` of the programs whose names are those of [`Host`]s.
#[must_use]
pub fn serve_main(host: Host) -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match answer(host, &args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", host.name());
            ExitCode::FAILURE
        }
    }
}

fn answer(host: Host, args: &[&str]) -> Result<(), Box<dyn Error>> {
    match args {
        ["list"] => Ok(serde_json::to_writer(io::stdout(), &records())?),
        ["hog"] => hog(),
        ["serve", question, arm] => Ok(serve(make_arm(host, question, arm)?)?),
        ["count", question, arm, operations] => {
            count_instructions();
            let operations = operations.parse()?;
            black_box(make_arm(host, question, arm)?(operations));
            Ok(())
        }
        _ => Err("usage: list | hog | serve QUESTION ARM | count QUESTION ARM OPERATIONS".into()),
    }
}

fn make_arm(host: Host, question: &str, arm: &str) -> Result<Work, Box<dyn Error>> {
    let questions = questions::all();
    let question = questions
        .iter()
        .find(|asked| asked.name == question)
        .ok_or_else(|| format!("no question is called {question}"))?;
    let arm = question
        .arms
        .iter()
        .find(|it| it.key() == arm && it.host == host)
        .ok_or_else(|| format!("{} has no arm {arm} here", question.name))?;
    Ok((arm.make)(arm.size))
}

fn serve(mut work: Work) -> io::Result<()> {
    let mut out = io::stdout();
    for line in io::stdin().lock().lines() {
        let operations = line?.trim().parse().map_err(io::Error::other)?;
        writeln!(out, "{}", work(operations))?;
        out.flush()?;
    }
    Ok(())
}

fn records() -> Vec<QuestionRecord> {
    questions::all().iter().map(record).collect()
}

fn record(question: &Question) -> QuestionRecord {
    let plan = &question.plan;
    QuestionRecord {
        name: question.name.to_owned(),
        title: question.title.to_owned(),
        per: question.per.to_owned(),
        unit: question.unit.name().to_owned(),
        note: question.note.to_owned(),
        sittings: plan.sittings,
        rounds: plan.rounds,
        step: plan.step,
        turn_us: plan.turn_us,
        is_beside_hog: plan.is_beside_hog,
        is_spread: plan.is_spread,
        counted_operations: question.counted_operations,
        arms: question
            .arms
            .iter()
            .map(|arm| ArmRecord {
                key: arm.key(),
                name: arm.name.to_owned(),
                what: arm.what.to_owned(),
                host: arm.host.name().to_owned(),
                size: arm.size,
            })
            .collect(),
    }
}

/// Bytes of each of the two arrays: more than any cache of this machine holds.
const HOG_BYTES: usize = 64 << 20;

/// Copies one large array onto another and back, for ever.
fn hog() -> ! {
    let mut from = vec![1u8; HOG_BYTES];
    let mut to = vec![2u8; HOG_BYTES];
    loop {
        to.copy_from_slice(black_box(&from));
        std::mem::swap(&mut from, black_box(&mut to));
    }
}
