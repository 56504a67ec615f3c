//! What does the profiler cost a frame of the demo: linked and unseen, and with a viewer connected?
//!
//! ```sh
//! cargo build --release -p particle-demo --target-dir target/without
//! cargo build --release -p particle-demo --features tracy --target-dir target/with
//! cargo run --release -p frame-arena-benches --bin profiler_cost -- \
//!     target/without/release/particle-demo target/with/release/particle-demo
//! ```
//!
//! Each round runs four arms in turn, short runs, since the machine's own pace changes every few
//! seconds, beginning with another one each time: without the feature, with it and no viewer, with it
//! and a viewer (ours, in this process, which reads all and keeps it), told of blocks or of each
//! object. The figure is the median of the frames' times, the ratio is to the same round's arm without;
//! told are the median of the ratios and the interval that holds the true one in at least 95 of 100
//! cases, from the order of the ratios alone. The exit code is 1 if a target is missed.
//!
//! Not shown: the cost of the real viewer, which draws while it reads.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use frame_arena_viewer::{Viewer, free_port};

/// Rounds, if the third argument does not say how many.
const ROUNDS: usize = 40;
const FRAMES: usize = 100;
const PARTICLES: &str = "20000";
/// Far more than a run takes.
const PATIENCE: Duration = Duration::from_secs(120);

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What is compared with the demo without the feature.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arm {
    Unseen,
    Blocks,
    Objects,
}

impl Arm {
    const ALL: [Self; 3] = [Self::Unseen, Self::Blocks, Self::Objects];

    const fn name(self) -> &'static str {
        match self {
            Self::Unseen => "linked, no viewer",
            Self::Blocks => "viewer connected, blocks told",
            Self::Objects => "viewer connected, each object told",
        }
    }

    /// Most that it may cost, in parts of the frame without.
    const fn most(self) -> Option<f64> {
        match self {
            Self::Unseen => Some(1.02),
            Self::Blocks => Some(1.05),
            Self::Objects => None,
        }
    }
}

fn main() -> ExitCode {
    let args: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let rounds = match args.get(2).map(|arg| arg.to_string_lossy().parse()) {
        None => Some(ROUNDS),
        Some(rounds) => rounds.ok().filter(|&rounds: &usize| rounds > 0),
    };
    let (Some(without), Some(with), Some(rounds)) = (args.first(), args.get(1), rounds) else {
        eprintln!("usage: DEMO_WITHOUT_TRACY DEMO_WITH_TRACY [ROUNDS]");
        return ExitCode::FAILURE;
    };
    match compare(without, with, rounds) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(without: &Path, with: &Path, rounds: usize) -> Result<bool> {
    let folder = std::env::temp_dir().join(format!("profiler-cost-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let report = folder.join("report.json");
    let mut ratios = Arm::ALL.map(|_| Vec::new());
    for round in 0..rounds {
        let mut alone_ms = 0.0;
        let mut frame_ms = [0.0; Arm::ALL.len()];
        for turn in 0..=Arm::ALL.len() {
            match (round + turn) % (Arm::ALL.len() + 1) {
                0 => alone_ms = run(&mut demo(without, &report), &report)?,
                place => frame_ms[place - 1] = run_arm(Arm::ALL[place - 1], with, &report)?,
            }
        }
        eprintln!("round {round:>2}, ms: without {alone_ms:.3}, {frame_ms:.3?}");
        for (ratios, ms) in ratios.iter_mut().zip(frame_ms) {
            ratios.push(ms / alone_ms);
        }
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(print(ratios, rounds))
}

/// Prints the table, and says whether all targets are met.
fn print(mut ratios: [Vec<f64>; Arm::ALL.len()], rounds: usize) -> bool {
    println!("{rounds} rounds of {FRAMES} frames, {PARTICLES} particles\n");
    println!("| Tracy | a frame costs more than without, % | 95 in 100 | at most | |");
    println!("|---|---|---|---|---|");
    let mut is_met = true;
    for (arm, ratios) in Arm::ALL.into_iter().zip(&mut ratios) {
        let Middle { median, low, high } = Middle::of(ratios);
        let percent = |ratio: f64| (ratio - 1.0) * 100.0;
        let verdict = match arm.most() {
            Some(most) if median > most => "**missed**",
            Some(_) => "met",
            None => "",
        };
        is_met &= verdict != "**missed**";
        println!(
            "| {} | {:+.1} | {:+.1} to {:+.1} | {} | {verdict} |",
            arm.name(),
            percent(median),
            percent(low),
            percent(high),
            arm.most().map_or(String::new(), |most| format!("{:+.0}", percent(most))),
        );
    }
    is_met
}

fn run_arm(arm: Arm, with: &Path, report: &Path) -> Result<f64> {
    match arm {
        Arm::Unseen => run(&mut demo(with, report), report),
        Arm::Blocks => run_seen(demo(with, report), report),
        Arm::Objects => {
            let mut command = demo(with, report);
            command.arg("--profile-objects");
            run_seen(command, report)
        }
    }
}

fn demo(program: &Path, report: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["--headless", "--seed", "1", "--particles", PARTICLES]);
    command.args(["--frames", &FRAMES.to_string()]).arg("--report").arg(report);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Median time of a frame, in milliseconds.
fn run(command: &mut Command, report: &Path) -> Result<f64> {
    let status = command.status()?;
    if !status.success() {
        return Err(format!("{:?} ended with {status}", command.get_program()).into());
    }
    median_ms(report)
}

fn run_seen(mut command: Command, report: &Path) -> Result<f64> {
    let port = free_port()?;
    let mut child =
        command.arg("--wait-for-profiler").env("TRACY_PORT", port.to_string()).spawn()?;
    let viewer = Viewer::connect(port.number(), Instant::now() + PATIENCE);
    let capture = viewer.and_then(Viewer::capture);
    if capture.is_err() {
        child.kill()?;
    }
    child.wait()?;
    let capture = capture?;
    if capture.frame_marks.len() != FRAMES || !capture.faults.is_empty() {
        return Err(format!("{} frames, {:?}", capture.frame_marks.len(), capture.faults).into());
    }
    median_ms(report)
}

fn median_ms(report: &Path) -> Result<f64> {
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(report)?)?;
    let median = report["frame_ms"]["p50"].as_f64();
    median.ok_or_else(|| "the report has no frame_ms.p50".into())
}

/// A median and the interval around it.
#[derive(Debug)]
struct Middle {
    median: f64,
    low: f64,
    high: f64,
}

impl Middle {
    /// The interval between the k-th from below and from above, with the largest k for which the
    /// true median lies outside in at most 5 of 100 cases: each value is above it or below with
    /// equal chance.
    fn of(values: &mut [f64]) -> Self {
        values.sort_by(f64::total_cmp);
        let count = values.len();
        let mut ways = 1.0; // In which `rank` of the values lie below.
        let mut outside = 0.0;
        let mut rank = 0;
        while 2.0 * (outside + ways) / 2f64.powi(count as i32) <= 0.05 {
            outside += ways;
            ways *= (count - rank) as f64 / (rank + 1) as f64;
            rank += 1;
        }
        let place = rank.saturating_sub(1);
        let median = (values[(count - 1) / 2] + values[count / 2]) / 2.0;
        Self { median, low: values[place], high: values[count - 1 - place] }
    }
}

#[cfg(test)]
mod tests {
    use super::Middle;

    #[test]
    fn the_interval_is_that_of_the_tables() {
        // For 10 values the second from either end, for 12 the third (97.9 and 96.1 in 100).
        for (count, low, high) in [(6, 1.0, 6.0), (10, 2.0, 9.0), (12, 3.0, 10.0)] {
            let mut values: Vec<f64> = (1..=count).map(f64::from).collect();
            let middle = Middle::of(&mut values);
            assert_eq!((middle.low, middle.high), (low, high), "{count}");
            assert_eq!(middle.median, f64::from(count + 1) / 2.0);
        }
    }
}
