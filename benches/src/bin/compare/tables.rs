//! The answer to one question, as a Markdown table.

use std::fmt::Write;

use frame_arena_benches::record::{ArmRecord, Row, Table, growth_exponent};

/// What is compared: the least, or the median where the spread is the answer.
pub fn figure(table: &Table, row: &Row) -> f64 {
    if table.question.is_spread { row.p50 } else { row.least }
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

/// What is written behind an arm that has sizes.
pub fn at_size(arm: &ArmRecord) -> String {
    match arm.size {
        0 => String::new(),
        size => format!(" @ {}", grouped(size)),
    }
}

/// As `1,234,567`.
pub fn grouped(number: u64) -> String {
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

/// How a figure grows with the size.
pub struct Growth<'t> {
    /// The arm.
    pub arm: &'t ArmRecord,
    /// Its smallest and its largest size.
    pub sizes: (u64, u64),
    pub exponent: f64,
}

/// One for each arm that has three sizes or more, of a question about growth.
pub fn growth(table: &Table) -> Vec<Growth<'_>> {
    let is_about_growth =
        table.question.name.starts_with("growth") || table.question.name == "reset";
    let mut found: Vec<Growth<'_>> = Vec::new();
    for arm in table.question.arms.iter().filter(|arm| is_about_growth && arm.size > 0) {
        if found.iter().any(|known| known.arm.name == arm.name) {
            continue;
        }
        let same = table.question.arms.iter().filter(|it| it.name == arm.name);
        let points: Vec<(f64, f64)> = same
            .filter_map(|it| Some((it.size as f64, figure(table, table.row(&it.key)?))))
            .collect();
        if let (Some(exponent), Some(last)) = (growth_exponent(&points), points.last()) {
            found.push(Growth { arm, sizes: (arm.size, last.0 as u64), exponent });
        }
    }
    found
}

/// Three digits that count, or all before the point.
pub fn number(figure: f64) -> String {
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
