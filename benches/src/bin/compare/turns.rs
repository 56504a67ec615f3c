//! Turns of all arms of a question, one after the other, and the figures that they give.

use std::error::Error;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use frame_arena_benches::callgrind::{CountError, instructions_per_operation_of};
use frame_arena_benches::record::{ArmRecord, QuestionRecord, Row, Table};

use crate::hosts::{self, Hog, Sitting};
use crate::machine;

/// Turns before the first that counts.
const WARM_UPS: u32 = 2;

/// What of a question is measured.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Part {
    #[default]
    All,
    /// No instructions: those of an earlier run stay.
    Times,
    /// Instructions only: the times of an earlier run stay.
    Counts,
}

/// Asks a question; `old` is its answer of an earlier run.
pub fn ask(
    question: QuestionRecord,
    is_quick: bool,
    part: Part,
    old: Option<&Table>,
) -> Result<Table, Box<dyn Error>> {
    let started = Instant::now();
    let mut table = match (part, old) {
        (Part::Counts, Some(old)) => Table { question, ..old.clone() },
        _ => time(question, is_quick)?,
    };
    let counts = match table.question.counted_operations {
        Some(operations) if part != Part::Times && !is_quick => count(&table.question, operations)?,
        _ => vec![None; table.rows.len()],
    };
    for (row, count) in table.rows.iter_mut().zip(counts) {
        let old = old.and_then(|old| old.row(&row.key)?.instructions);
        row.instructions = count.or(old.filter(|_| part == Part::Times));
    }
    table.seconds = started.elapsed().as_secs_f64();
    Ok(table)
}

fn time(question: QuestionRecord, is_quick: bool) -> Result<Table, Box<dyn Error>> {
    let (sittings, rounds) = match (is_quick, question.is_spread) {
        (false, _) => (question.sittings, question.rounds),
        (true, false) => (1, question.rounds.div_ceil(8)),
        (true, true) => (1, question.rounds.div_ceil(40)),
    };
    let hog = question.is_beside_hog.then(Hog::begin).transpose()?;
    let mut turns = vec![Vec::new(); question.arms.len()];
    for _ in 0..sittings {
        sit(&question, rounds, &mut turns)?;
    }
    drop(hog);
    let rows = question.arms.iter().zip(turns).map(|(arm, turns)| row(arm, turns)).collect();
    let (date, commit) = (machine::date(), machine::commit());
    Ok(Table { question, date, commit, is_quick, seconds: 0.0, rows })
}

/// One process for each arm; `rounds` turns of each, in an order that turns as well.
fn sit(
    question: &QuestionRecord,
    rounds: u32,
    turns: &mut [Vec<f64>],
) -> Result<(), Box<dyn Error>> {
    let mut arms = question
        .arms
        .iter()
        .map(|arm| Sitting::begin(&arm.host, &question.name, &arm.key))
        .collect::<Result<Vec<_>, _>>()?;
    let operations = arms
        .iter_mut()
        .map(|arm| operations_of_a_turn(question, arm))
        .collect::<Result<Vec<_>, _>>()?;
    for round in 0..rounds as usize {
        for turn in 0..arms.len() {
            let arm = (turn + round) % arms.len();
            let figure = arms[arm].turn(operations[arm])?;
            turns[arm].push(figure / operations[arm] as f64);
        }
    }
    Ok(())
}

/// Doubles the operations of a turn until it is as long as the question wants it.
fn operations_of_a_turn(
    question: &QuestionRecord,
    arm: &mut Sitting,
) -> Result<u64, Box<dyn Error>> {
    let is_timed = question.unit == "ns";
    if is_timed && question.rounds > 1 {
        for _ in 0..WARM_UPS {
            arm.turn(question.step)?;
        }
    }
    let mut operations = question.step;
    let long_enough = f64::from(question.turn_us) * 1e3;
    if is_timed && question.turn_us > 0 {
        while arm.turn(operations)? < long_enough {
            operations *= 2;
        }
    }
    Ok(operations)
}

fn row(arm: &ArmRecord, mut turns: Vec<f64>) -> Row {
    turns.sort_by(f64::total_cmp);
    let share = |part: f64| {
        let rank = (part * turns.len() as f64).ceil() as usize;
        turns.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    };
    Row {
        key: arm.key.clone(),
        turns: turns.len() as u32,
        least: share(0.0),
        p50: share(0.5),
        p99: share(0.99),
        p999: share(0.999),
        most: share(1.0),
        instructions: None,
    }
}

/// Instructions of all arms; several at a time, since a count does not mind what else runs.
fn count(question: &QuestionRecord, operations: u64) -> Result<Vec<Option<f64>>, Box<dyn Error>> {
    let next = AtomicUsize::new(0);
    let counts = Mutex::new(vec![None; question.arms.len()]);
    let threads = thread::available_parallelism()?.get();
    let work = || -> Result<(), CountError> {
        while let Some((index, arm)) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            question.arms.get(index).map(|arm| (index, arm))
        } {
            let program = hosts::program(&arm.host).map_err(CountError::NoValgrind)?;
            let args = ["count", &question.name, &arm.key];
            let figure = instructions_per_operation_of(&program, &args, operations)?;
            counts.lock().expect("no thread panics with it")[index] = Some(figure);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        all.into_iter().try_for_each(|one| one.join().expect("counting does not panic"))
    })?;
    Ok(counts.into_inner().expect("no thread panicked with it"))
}
