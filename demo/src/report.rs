//! The figures of a run: as JSON with stable names, and as a table for people.

use crate::model::AllocatorKind;
use crate::whole_file::{WriteError, write_whole};
use serde::Serialize;
use std::fmt;
use std::path::Path;

/// Frames in which memory may still grow; figures called "settled" begin after them.
pub const SETTLED_AFTER_FRAMES: u64 = 60;

/// The figures of a run. "Settled" figures leave out the first [`SETTLED_AFTER_FRAMES`], in which memory still grows:
/// they are `None`, in JSON `null`, if no frame came after.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Frames that were run.
    pub frames: u64,
    /// Fixed steps of physics.
    pub ticks: u64,
    /// Time that physics left out because frames took too long.
    pub dropped_secs: f64,
    /// Seed of the random numbers.
    pub seed: u64,
    /// Name of the effect.
    pub effect: String,
    /// Where transient objects were put.
    pub allocator: AllocatorKind,
    /// Most bytes that each phase might use in a frame (physics: in a tick); `None` without a budget.
    pub budget_bytes: Option<u64>,
    /// Threads that ran the phases.
    pub threads: usize,
    /// Particles that there was room for.
    pub particles: usize,
    /// Over the bits of all positions and velocities.
    pub checksum: String,
    /// Time of a frame.
    pub frame_ms: FrameMs,
    /// Heap calls of the phases.
    pub heap_calls_settled: Option<u64>,
    /// Heap calls of the scheduler and its threads.
    pub heap_calls_executor_settled: Option<u64>,
    /// Frees of the phases.
    pub heap_frees_settled: Option<u64>,
    /// The phases in the order in which they run.
    pub phases: Vec<PhaseReport>,
    /// Objects by type; filled by traced runs.
    pub types: Vec<TypeReport>,
}

/// How long frames took, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct FrameMs {
    /// Half of them took no longer.
    pub p50: f64,
    /// 99 in 100.
    pub p99: f64,
    /// 999 in 1000.
    pub p999: f64,
    /// None took longer.
    pub max: f64,
}

impl FrameMs {
    /// Sorts the times and takes the nearest ranks. All zero without any time.
    #[must_use]
    pub fn from_times(times_ms: &mut [f64]) -> Self {
        times_ms.sort_unstable_by(f64::total_cmp);
        let Some(&max) = times_ms.last() else {
            return Self::default();
        };
        let rank = |share: f64| {
            let index = (share * times_ms.len() as f64).ceil() as usize;
            times_ms[index.clamp(1, times_ms.len()) - 1]
        };
        Self { p50: rank(0.5), p99: rank(0.99), p999: rank(0.999), max }
    }
}

/// The figures of one phase.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PhaseReport {
    /// Name of the phase.
    pub name: String,
    /// Half of its frames took no longer.
    pub ms_p50: f64,
    /// Objects that it asked memory for, mean of the settled frames; `None` without one.
    pub allocs_per_frame: Option<f64>,
    /// Bytes handed out in the last frame.
    pub used_bytes: u64,
    /// Most bytes used in any frame.
    pub high_water_bytes: u64,
    /// Bytes held from the system at the end.
    pub reserved_bytes: u64,
    /// Blocks that these are in.
    pub block_count: u64,
    /// Its heap calls in settled frames; `None` without one.
    pub heap_calls_settled: Option<u64>,
    /// What it left out because its arena refused it: steps, lists, contacts, trails and labels.
    pub refused_count: u64,
}

/// Objects of one type in one phase.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TypeReport {
    /// Name of the phase.
    pub phase: String,
    /// Name of the type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Allocations per frame.
    pub count_per_frame: f64,
    /// Elements in them.
    pub objects_per_frame: f64,
    /// Their bytes.
    pub bytes_per_frame: f64,
}

impl TypeReport {
    /// A line for a type of which nothing was seen yet.
    #[must_use]
    pub fn empty(phase: &str, type_name: &str) -> Self {
        Self {
            phase: phase.to_owned(),
            type_name: type_name.to_owned(),
            count_per_frame: 0.0,
            objects_per_frame: 0.0,
            bytes_per_frame: 0.0,
        }
    }
}

impl Report {
    /// Writes the report as JSON, whole or not at all.
    ///
    /// # Errors
    /// [`WriteError`] with the path and what the system says.
    pub fn write(&self, path: &Path) -> Result<(), WriteError> {
        let to_error =
            |source: serde_json::Error| WriteError { path: path.to_owned(), source: source.into() };
        let mut json = serde_json::to_vec_pretty(self).map_err(to_error)?;
        json.push(b'\n');
        write_whole(path, &json)
    }
}

/// Bytes as KiB, with one decimal below 10 KiB.
fn kib(bytes: u64) -> String {
    let kib = bytes as f64 / 1024.0;
    if kib < 10.0 && bytes > 0 { format!("{kib:.1}") } else { format!("{kib:.0}") }
}

/// A figure of settled frames, or a dash where there was none.
fn or_dash(figure: Option<impl fmt::Display>) -> String {
    figure.map_or_else(|| "-".to_owned(), |figure| figure.to_string())
}

/// The columns of the table after the name of the phase.
const COLUMNS: [&str; 7] =
    ["ms", "objects/frame", "used KiB", "high-water KiB", "reserved KiB", "blocks", "heap calls"];

/// A row of the table.
impl fmt::Display for PhaseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = or_dash(self.allocs_per_frame.map(|count| format!("{count:.1}")));
        write!(f, "{:<8} {:>14.3} {count:>14}", self.name, self.ms_p50)?;
        for bytes in [self.used_bytes, self.high_water_bytes, self.reserved_bytes] {
            write!(f, " {:>14}", kib(bytes))?;
        }
        let (blocks, calls) = (self.block_count, or_dash(self.heap_calls_settled));
        write!(f, " {blocks:>14} {calls:>14}")
    }
}

/// `1.00 median, 2.00 p99, ..` in milliseconds.
impl fmt::Display for FrameMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (p50, p99) = (self.p50, self.p99);
        write!(f, "{p50:.2} median, {p99:.2} p99, ")?;
        write!(f, "{:.2} p99.9, {:.2} max", self.p999, self.max)
    }
}

/// The table for people.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} particles, ", self.effect, self.particles)?;
        write!(f, "seed {}, {} frames, ", self.seed, self.frames)?;
        writeln!(f, "{} ticks", self.ticks)?;
        write!(f, "transient objects in: {}; ", self.allocator)?;
        writeln!(f, "threads: {}; checksum {}", self.threads, self.checksum)?;
        writeln!(f, "frame ms: {}", self.frame_ms)?;
        if self.dropped_secs > 0.0 {
            let secs = self.dropped_secs;
            writeln!(f, "physics left out {secs:.2} s: frames took too long")?;
        }
        write!(f, "\n{:<8}", "phase")?;
        COLUMNS.iter().try_for_each(|column| write!(f, " {column:>14}"))?;
        writeln!(f)?;
        self.phases.iter().try_for_each(|phase| writeln!(f, "{phase}"))?;
        if let Some(budget_bytes) = self.budget_bytes {
            write!(f, "\nbudget of a phase: {} KiB; left out for want of it:", kib(budget_bytes))?;
            let mut phases = self.phases.iter();
            phases.try_for_each(|phase| write!(f, " {} {}", phase.name, phase.refused_count))?;
            writeln!(f)?;
        }
        let phases = or_dash(self.heap_calls_settled);
        let executor = or_dash(self.heap_calls_executor_settled);
        writeln!(f, "\nheap calls of the phases once settled: {phases}")?;
        writeln!(f, "heap calls of the scheduler once settled: {executor}")?;
        if self.heap_calls_settled.is_none() {
            writeln!(f, "-: figures of settled frames begin after frame {SETTLED_AFTER_FRAMES}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{FrameMs, PhaseReport, Report, SETTLED_AFTER_FRAMES};
    use crate::model::AllocatorKind;

    fn sample() -> Report {
        let phase = PhaseReport {
            name: "physics".into(),
            ms_p50: 1.25,
            allocs_per_frame: Some(12_345.5),
            used_bytes: 1536,
            high_water_bytes: 2 << 20,
            reserved_bytes: 3 << 20,
            block_count: 1,
            heap_calls_settled: Some(0),
            refused_count: 7,
        };
        Report {
            frames: 600,
            ticks: 600,
            dropped_secs: 0.0,
            seed: 1,
            effect: "galaxy".into(),
            allocator: AllocatorKind::Arena,
            budget_bytes: None,
            threads: 1,
            particles: 20_000,
            checksum: "00ff".into(),
            frame_ms: FrameMs::from_times(&mut [3.0, 1.0, 2.0]),
            heap_calls_settled: Some(0),
            heap_calls_executor_settled: Some(0),
            heap_frees_settled: Some(0),
            phases: vec![phase],
            types: Vec::new(),
        }
    }

    #[test]
    fn json_has_the_promised_names() {
        let json = serde_json::to_value(sample()).unwrap();
        let keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        let mut expected = vec![
            "frames",
            "ticks",
            "dropped_secs",
            "seed",
            "effect",
            "allocator",
            "budget_bytes",
            "threads",
            "particles",
            "checksum",
            "frame_ms",
            "heap_calls_settled",
            "heap_calls_executor_settled",
            "heap_frees_settled",
            "phases",
            "types",
        ];
        expected.sort_unstable();
        assert_eq!(keys, expected);
        assert_eq!(json["allocator"], "arena");
        assert_eq!(json["frame_ms"]["p999"], 3.0);
        assert_eq!(json["phases"][0]["allocs_per_frame"], 12_345.5);
    }

    #[test]
    fn ranks_are_the_nearest() {
        let mut times: Vec<f64> = (1..=1000).rev().map(f64::from).collect();
        let ms = FrameMs::from_times(&mut times);
        assert_eq!((ms.p50, ms.p99, ms.p999, ms.max), (500.0, 990.0, 999.0, 1000.0));
        assert_eq!(FrameMs::from_times(&mut []), FrameMs::default());
    }

    #[test]
    fn the_table_prints_kib() {
        let table = sample().to_string();
        assert!(table.contains("           1.5           2048           3072"), "{table}");
        assert!(table.contains("12345.5"), "{table}");
        assert!(!table.contains("begin after frame"), "{table}");
    }

    #[test]
    fn the_table_tells_of_a_budget_where_there_is_one() {
        let mut report = sample();
        assert!(!report.to_string().contains("budget"));
        report.budget_bytes = Some(512 << 10);
        let table = report.to_string();
        let line = "budget of a phase: 512 KiB; left out for want of it: physics 7\n";
        assert!(table.contains(line), "{table}");
    }

    #[test]
    fn without_a_settled_frame_the_table_has_dashes_and_says_why() {
        let mut report = sample();
        report.heap_calls_settled = None;
        report.heap_calls_executor_settled = None;
        report.phases[0].allocs_per_frame = None;
        report.phases[0].heap_calls_settled = None;
        let table = report.to_string();
        let row = table.lines().find(|line| line.starts_with("physics")).unwrap();
        assert_eq!(row.split_whitespace().filter(|&cell| cell == "-").count(), 2, "{row}");
        assert_eq!(table.matches("once settled: -\n").count(), 2, "{table}");
        assert!(table.contains(&format!("after frame {SETTLED_AFTER_FRAMES}\n")), "{table}");
    }

    #[test]
    fn a_written_report_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.json");
        sample().write(&path).unwrap();
        let json: serde_json::Value =
            serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(json["frames"], 600);
    }
}
