//! What is written to `results.json`: the questions, their figures, and where they were taken.

use serde::{Deserialize, Serialize};

/// A question as its host describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QuestionRecord {
    /// As on the command line.
    pub name: String,
    /// In words.
    pub title: String,
    /// What one operation is.
    pub per: String,
    /// `ns`, `bytes` or `heap calls`.
    pub unit: String,
    /// What the reader must know of the arms.
    pub note: String,
    /// How often each arm's process is started.
    pub sittings: u32,
    /// Turns of each arm in a sitting.
    pub rounds: u32,
    /// Operations of a turn are a multiple of this.
    pub step: u64,
    /// Least length of a turn, in microseconds.
    pub turn_us: u32,
    /// Whether a second process copies memory all the while.
    pub is_beside_hog: bool,
    /// Whether the spread of single turns is the answer.
    pub is_spread: bool,
    /// Operations of the shorter of two runs under callgrind.
    pub counted_operations: Option<u64>,
    /// Ours first.
    pub arms: Vec<ArmRecord>,
}

/// An arm as its host describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ArmRecord {
    /// Name, with the size where there is one.
    pub key: String,
    /// Name.
    pub name: String,
    /// In words.
    pub what: String,
    /// Program that runs it.
    pub host: String,
    /// Objects, threads or phases, where the question varies them; else 0.
    pub size: u64,
}

/// Figures of all questions, as in `results.json`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Results {
    /// Where they were taken.
    pub machine: Machine,
    /// One for each question.
    pub tables: Vec<Table>,
    /// What was demanded of them.
    pub targets: Vec<TargetRecord>,
    /// What programs of their own said.
    #[serde(default)]
    pub programs: Vec<ProgramRecord>,
}

/// What a program of its own said.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProgramRecord {
    /// As on the command line of `compare`.
    pub name: String,
    /// In words.
    pub title: String,
    /// How to run it alone.
    pub command: String,
    /// What the reader must know.
    pub note: String,
    /// Date of the run.
    pub date: String,
    /// Commit of the run, with `+` if files had changed since.
    pub commit: String,
    /// Whether it met its own targets, if it has any.
    pub is_met: bool,
    /// What it printed.
    pub blocks: Vec<Block>,
}

/// A piece of what a program printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// The title of what follows.
    Heading(String),
    /// Figures, as they were printed.
    Table {
        /// Their names.
        columns: Vec<String>,
        /// As many cells in each as there are columns.
        rows: Vec<Vec<String>>,
    },
    /// Whatever else.
    Lines(Vec<String>),
}

/// Where figures were taken.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Name of the processor.
    pub processor: String,
    /// Cores that this process may use.
    pub cores: usize,
    /// Memory, in MiB.
    pub memory_mib: u64,
    /// Name of the system.
    pub system: String,
    /// Its kernel.
    pub kernel: String,
    /// The C library, whose allocator is the system's.
    pub libc: String,
    /// Version of the compiler.
    pub rustc: String,
}

/// The answer to one question.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Table {
    /// The question.
    pub question: QuestionRecord,
    /// Date of the run.
    pub date: String,
    /// Commit of the run, with `+` if files had changed since.
    pub commit: String,
    /// Whether it was a short run, which is less exact.
    pub is_quick: bool,
    /// How long it took to ask, instructions included.
    #[serde(default)]
    pub seconds: f64,
    /// In the order of the question's arms.
    pub rows: Vec<Row>,
}

/// Figures of one arm, for one operation, in the unit of the question.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Row {
    /// The arm.
    pub key: String,
    /// Turns.
    pub turns: u32,
    /// The least of all turns.
    pub least: f64,
    /// Half of the turns took no more.
    pub p50: f64,
    /// 99% took no more.
    pub p99: f64,
    /// 99.9% took no more; of fewer than 1,000 turns the most.
    pub p999: f64,
    /// The most of all turns.
    pub most: f64,
    /// By callgrind.
    pub instructions: Option<f64>,
}

/// A demand and what came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TargetRecord {
    /// What is compared.
    pub text: String,
    /// The figure; none if one of its parts was not measured.
    pub figure: Option<f64>,
    /// `at most` or `at least`.
    pub limit: String,
    /// The number demanded.
    pub demanded: f64,
    /// Whether it is met.
    pub is_met: Option<bool>,
    /// Why not, in words.
    pub why: String,
}

impl Table {
    /// The figures of an arm.
    #[must_use]
    pub fn row(&self, key: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.key == key)
    }
}

/// The power of the size with which a figure grows: slope of the least-squares line through the
/// logarithms. None of fewer than three points.
#[must_use]
pub fn growth_exponent(points: &[(f64, f64)]) -> Option<f64> {
    if points.len() < 3 || points.iter().any(|&(x, y)| x <= 0.0 || y <= 0.0) {
        return None;
    }
    let logs: Vec<_> = points.iter().map(|&(x, y)| (x.ln(), y.ln())).collect();
    let len = logs.len() as f64;
    let x = logs.iter().map(|log| log.0).sum::<f64>() / len;
    let y = logs.iter().map(|log| log.1).sum::<f64>() / len;
    let above: f64 = logs.iter().map(|log| (log.0 - x) * (log.1 - y)).sum();
    let below: f64 = logs.iter().map(|log| (log.0 - x) * (log.0 - x)).sum();
    Some(above / below)
}

impl Results {
    /// The answer to a question.
    #[must_use]
    pub fn table(&self, question: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.question.name == question)
    }
}

#[cfg(test)]
mod tests {
    use super::growth_exponent;

    #[test]
    fn a_square_grows_with_the_exponent_two() {
        let points = [1.0, 10.0, 100.0].map(|x: f64| (x, 3.0 * x * x));
        assert!((growth_exponent(&points).unwrap() - 2.0).abs() < 1e-9);
        assert_eq!(growth_exponent(&points[..2]), None);
    }
}
