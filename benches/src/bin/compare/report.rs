//! The figures in words and tables: `RESULTS.md`.

use std::fmt::Write;

use frame_arena_benches::record::{ArmRecord, Block, ProgramRecord, Results, Table, TargetRecord};

use crate::tables::{at_size, figure, grouped, growth, number, table};

/// Differences under this share are ties.
const TIE: f64 = 0.02;
/// Arms that show a limit and are no way to do the work.
const LIMITS: [&str; 6] = ["ideal", "clock", "loop", "reference", "without-reset", "fixed-work"];

const HEAD: &str = "# Results\n\n\
    Written by `cargo run --release -p frame-arena-benches --bin compare`, figures in\n\
    [results.json](results.json). Each table is one run with its arms interleaved: in every round each\n\
    arm, a process of its own, has one turn. A time is the least of all turns; `spread` is the median\n\
    over it. `Ir` is instructions, `(Ir(2N) - Ir(N)) / N` under callgrind, the loop included. `ratio`\n\
    is the arm over ours, the first row: above 1 we are faster. Differences under 2% are ties, and on\n\
    a virtual machine some of 10% are too.\n\n";

/// The whole of `RESULTS.md`.
pub fn report(results: &Results) -> String {
    let mut out = HEAD.to_owned();
    let m = &results.machine;
    let _ = writeln!(
        out,
        "Machine: {}, {} cores, {} MiB; {}, kernel {}, {}; {}. {}\n",
        m.processor,
        m.cores,
        m.memory_mib,
        m.system,
        m.kernel,
        m.libc,
        m.rustc,
        when(results)
    );
    out += &losses(results);
    out += &targets(results);
    out += &growths(results);
    out += "## Questions\n";
    for answer in &results.tables {
        out += "\n";
        out += &table(answer);
    }
    out += "\n## Questions with programs of their own\n\nRun by `compare` too; each prints its own tables.\n";
    for record in &results.programs {
        out += "\n";
        out += &program(record);
    }
    out
}

/// The commit, and the time that it took, if it was one run.
fn when(results: &Results) -> String {
    let mut runs: Vec<(&str, &str)> = Vec::new();
    let tables = results.tables.iter().map(|it| (it.date.as_str(), it.commit.as_str()));
    let programs = results.programs.iter().map(|it| (it.date.as_str(), it.commit.as_str()));
    for run in tables.chain(programs) {
        if !runs.contains(&run) {
            runs.push(run);
        }
    }
    match runs[..] {
        [(date, commit)] => format!("All in one run on {date}, commit {commit}."),
        _ => "Not all in one run: each table names its date and commit.".to_owned(),
    }
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

fn targets(results: &Results) -> String {
    let mut out = String::from("## Targets\n\n| | figure | demanded | |\n|---|---|---|---|\n");
    for target in &results.targets {
        let figure = target.figure.map_or("-".to_owned(), number);
        let (text, limit, demanded) = (&target.text, &target.limit, target.demanded);
        let _ = writeln!(out, "| {text} | {figure} | {limit} {demanded} | {} |", verdict(target));
    }
    for program in &results.programs {
        let verdict = if program.is_met { "met" } else { "**missed**: see there" };
        let _ = writeln!(out, "| its own, of `{}` | | | {verdict} |", program.name);
    }
    out + "\n"
}

fn verdict(target: &TargetRecord) -> String {
    match target.is_met {
        Some(true) => "met".to_owned(),
        Some(false) if target.why.is_empty() => "**missed**".to_owned(),
        Some(false) => format!("**missed**: {}", target.why),
        None => "not measured".to_owned(),
    }
}

fn growths(results: &Results) -> String {
    let mut out = String::from(
        "## Growth\n\nA figure grows with the size to the power of the exponent: 0 is not at all, 1 is in \
         proportion. Of a single reset 20 to 60 ns are the clock's, and after millions of values its own \
         data are out of the caches.\n\n\
         | question | arm | sizes | exponent |\n|---|---|---|---|\n",
    );
    for table in &results.tables {
        for growth in growth(table) {
            let (name, what) = (&table.question.name, &growth.arm.what);
            let (least, most) = (grouped(growth.sizes.0), grouped(growth.sizes.1));
            let _ =
                writeln!(out, "| `{name}` | {what} | {least} to {most} | {:.2} |", growth.exponent);
        }
    }
    out + "\n"
}

/// What one program said.
pub fn program(record: &ProgramRecord) -> String {
    let ProgramRecord { name, title, note, command, date, commit, .. } = record;
    let mut out = format!("### {name}: {title}\n\n{note}\n\n`{command}`; {date}, {commit}.\n");
    let has_tables = record.blocks.iter().any(|block| matches!(block, Block::Table { .. }));
    for block in &record.blocks {
        out += "\n";
        out += &match block {
            Block::Heading(text) => format!("#### {text}\n"),
            Block::Lines(lines) if has_tables => lines.join("\n") + "\n",
            Block::Lines(lines) => format!("```text\n{}\n```\n", lines.join("\n")),
            Block::Table { columns, rows } => {
                let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
                let rule = format!("|{}\n", "---|".repeat(columns.len()));
                let rows: String = rows.iter().map(|row| line(row)).collect();
                line(columns) + &rule + &rows
            }
        };
    }
    out
}
