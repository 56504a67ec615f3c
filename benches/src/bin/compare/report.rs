//! The figures in words and tables: `RESULTS.md`.

use std::fmt::Write;

use frame_arena_benches::record::{ArmRecord, Results, Row, Table, TargetRecord, growth_exponent};

/// Differences under this share are ties.
const TIE: f64 = 0.02;
/// Arms that show a limit and are no way to do the work.
const LIMITS: [&str; 4] = ["ideal", "clock", "loop", "reference"];

/// The whole of `RESULTS.md`.
pub fn report(results: &Results) -> String {
    let mut out = String::from(
        "# Results\n\n\
         Written by `cargo run --release -p frame-arena-benches --bin compare`, figures in\n\
         [results.json](results.json). Each table is one run with its arms interleaved: in every round each\n\
         arm, a process of its own, has one turn. A time is the least of all turns; `spread` is the median\n\
         over it. `Ir` is instructions, `(Ir(2N) - Ir(N)) / N` under callgrind, the loop included. `ratio`\n\
         is the arm over ours, the first row: above 1 we are faster. Differences under 2% are ties, and on\n\
         a virtual machine some of 10% are too.\n\n",
    );
    let m = &results.machine;
    let _ = writeln!(
        out,
        "Machine: {}, {} cores, {} MiB; {}, kernel {}, {}; {}.\n",
        m.processor, m.cores, m.memory_mib, m.system, m.kernel, m.libc, m.rustc
    );
    out += &losses(results);
    out += &targets(&results.targets);
    out += "## Questions\n";
    for answer in &results.tables {
        out += "\n";
        out += &table(answer);
    }
    out
}

/// A line for the end of a run.
pub fn verdicts(results: &Results) -> String {
    let met = results.targets.iter().filter(|target| target.is_met == Some(true)).count();
    let missed: Vec<_> = results
        .targets
        .iter()
        .filter(|target| target.is_met == Some(false))
        .map(|target| format!("missed: {} {:.3}", target.text, target.figure.unwrap_or(f64::NAN)))
        .collect();
    let unknown = results.targets.len() - met - missed.len();
    format!(
        "{met} targets met, {} missed, {unknown} not measured\n{}",
        missed.len(),
        missed.join("\n")
    )
}

fn losses(results: &Results) -> String {
    let mut out =
        String::from("## Losses\n\nWhere somebody else is faster or smaller than we are.\n\n");
    out += "| question | ours | the best | ratio |\n|---|---|---|---|\n";
    for table in &results.tables {
        let Some(first) = table.question.arms.first() else { continue };
        let ours = table.question.arms.iter().filter(|arm| arm.name == first.name);
        for (arm, row) in ours.filter_map(|arm| Some((arm, table.row(&arm.key)?))) {
            let Some((best, least)) = best_other(table, arm) else { continue };
            if figure(table, row) > least * (1.0 + TIE) {
                let _ = writeln!(
                    out,
                    "| `{}`: {}{} | {} | {} by {} | {:.2} |",
                    table.question.name,
                    table.question.title,
                    at_size(arm),
                    number(figure(table, row)),
                    number(least),
                    best.what,
                    least / figure(table, row)
                );
            }
        }
    }
    out + "\n"
}

/// What is compared: the least, or the median where the spread is the answer.
fn figure(table: &Table, row: &Row) -> f64 {
    if table.question.is_spread { row.p50 } else { row.least }
}

fn best_other<'t>(table: &'t Table, ours: &ArmRecord) -> Option<(&'t ArmRecord, f64)> {
    let others = table.question.arms.iter().filter(|arm| {
        arm.size == ours.size
            && !arm.name.starts_with(ours.name.as_str())
            && !LIMITS.contains(&arm.name.as_str())
    });
    others
        .filter_map(|arm| Some((arm, figure(table, table.row(&arm.key)?))))
        .min_by(|one, two| one.1.total_cmp(&two.1))
}

fn targets(targets: &[TargetRecord]) -> String {
    let mut out = String::from("## Targets\n\n| | figure | demanded | |\n|---|---|---|---|\n");
    for target in targets {
        let verdict = match target.is_met {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "not measured",
        };
        let why = match target.is_met {
            Some(false) if !target.why.is_empty() => format!(": {}", target.why),
            _ => String::new(),
        };
        let figure = target.figure.map_or("-".to_owned(), number);
        let _ = writeln!(
            out,
            "| {} | {figure} | {} {} | {verdict}{why} |",
            target.text, target.limit, target.demanded
        );
    }
    out + "\n"
}

/// One question, as Markdown that can be read as it is.
pub fn table(table: &Table) -> String {
    let question = &table.question;
    let mut out = format!("### {}: {}\n\n{}\n\n", question.name, question.title, question.note);
    let beside = if question.is_beside_hog {
        ", beside a process that copies memory all the while"
    } else {
        ""
    };
    let turns = table.rows.first().map_or(0, |row| row.turns);
    let quick = if table.is_quick { ", a quick run" } else { "" };
    let (per, unit, date, commit) = (&question.per, &question.unit, &table.date, &table.commit);
    let _ = writeln!(
        out,
        "In {unit} for {per}; {turns} turns an arm{beside}; {date}, {commit}{quick}.\n"
    );
    let has_counts = table.rows.iter().any(|row| row.instructions.is_some());
    out += match (question.is_spread, question.unit.as_str(), has_counts) {
        (true, ..) => {
            "| arm | p50 | ratio | p99 | p99.9 | most | p99.9 / p50 |\n|---|---|---|---|---|---|---|\n"
        }
        (_, "ns", true) => {
            "| arm | ns | ratio | spread | Ir | ratio |\n|---|---|---|---|---|---|\n"
        }
        (_, "ns", false) => "| arm | ns | ratio | spread |\n|---|---|---|---|\n",
        _ => "| arm | figure |\n|---|---|\n",
    };
    for (arm, row) in question.arms.iter().filter_map(|arm| Some((arm, table.row(&arm.key)?))) {
        let _ = writeln!(out, "| {}", cells(table, arm, row, has_counts));
    }
    out += &exponents(table);
    out
}

fn cells(table: &Table, arm: &ArmRecord, row: &Row, has_counts: bool) -> String {
    let ours = ours(table, arm);
    let ratio = |pick: fn(&Row) -> Option<f64>| {
        let ratio = pick(row).zip(ours.and_then(pick)).map(|(this, ours)| this / ours);
        ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}"))
    };
    let name = format!("{}{}", arm.what, at_size(arm));
    if table.question.is_spread {
        return format!(
            "{name} | {} | {} | {} | {} | {} | {:.2} |",
            number(row.p50),
            ratio(|row| Some(row.p50)),
            number(row.p99),
            number(row.p999),
            number(row.most),
            row.p999 / row.p50
        );
    }
    if table.question.unit != "ns" {
        return format!("{name} | {} |", number(row.least));
    }
    let times = format!(
        "{name} | {} | {} | {:.2} |",
        number(row.least),
        ratio(|row| Some(row.least)),
        row.p50 / row.least
    );
    if !has_counts {
        return times;
    }
    let count = row.instructions.map_or("-".to_owned(), number);
    format!("{times} {count} | {} |", ratio(|row| row.instructions))
}

/// Our arm of the same size.
fn ours<'t>(table: &'t Table, arm: &ArmRecord) -> Option<&'t Row> {
    let first = &table.question.arms.first()?.name;
    let same = |it: &&ArmRecord| it.name == *first && it.size == arm.size;
    let ours = table.question.arms.iter().find(same).or(table.question.arms.first())?;
    table.row(&ours.key)
}

fn at_size(arm: &ArmRecord) -> String {
    match arm.size {
        0 => String::new(),
        size => format!(" @ {}", grouped(size)),
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// How the figure grows with the size, where an arm has three sizes or more.
fn exponents(table: &Table) -> String {
    let mut names: Vec<&str> = Vec::new();
    for arm in &table.question.arms {
        if !names.contains(&arm.name.as_str()) {
            names.push(&arm.name);
        }
    }
    let lines: Vec<String> = names
        .into_iter()
        .filter_map(|name| {
            let arms = table.question.arms.iter().filter(|arm| arm.name == name && arm.size > 0);
            let points: Vec<(f64, f64)> = arms
                .filter_map(|arm| Some((arm.size as f64, figure(table, table.row(&arm.key)?))))
                .collect();
            let exponent = growth_exponent(&points)?;
            Some(format!("{name} {exponent:.2}"))
        })
        .collect();
    match lines.is_empty() || !table.question.name.starts_with("growth") {
        true => String::new(),
        false => {
            format!("\nThe figure grows with the size to the power of: {}.\n", lines.join(", "))
        }
    }
}

fn number(figure: f64) -> String {
    match figure.abs() {
        0.0 => "0".to_owned(),
        size if size < 10.0 => format!("{figure:.2}"),
        size if size < 1_000.0 => format!("{figure:.1}"),
        _ => grouped(figure.round() as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([1, 999, 1_000, 1_234_567].map(grouped), ["1", "999", "1,000", "1,234,567"]);
    }
}
