//! How many instructions do slices, pushes and text cost against the best that can be written?
//!
//! `cargo run --release -p frame-arena-benches --bin collections`
//!
//! The method: `(Ir(2N) - Ir(N)) / N` under callgrind; lengths, seeds and results go through
//! `black_box`. No arena is reset inside a count but where the reset is what is counted: there is
//! memory for all operations. The first arm of a table is ours; a target is the most that it may
//! take of the arm marked `1.00`. Missed targets make the program fail.
//!
//! What this does not show: cache misses and page faults, which instructions do not count. Copies
//! of some KiB count one instruction a byte (`rep movsb`), so none here is that long.

mod handles;
mod resets;
mod slices;
mod text;
mod vectors;

use std::process::ExitCode;

use frame_arena_benches::arms::{Arm, Targets, run_bench};
use frame_arena_benches::callgrind::CountError;

/// Ways to do the same work.
struct Group {
    title: &'static str,
    /// The first is ours.
    arms: &'static [Arm],
    /// Which arm the others are measured against.
    reference: usize,
    /// The most that ours may take, in parts of the reference.
    most: Option<f64>,
    /// Counts are printed for one of this many in an operation.
    parts: u64,
}

fn main() -> ExitCode {
    let groups = || slices::GROUPS.iter().chain(vectors::GROUPS).chain(text::GROUPS);
    let groups = || groups().chain(handles::GROUPS);
    let arms = groups().flat_map(|group| group.arms).chain(resets::ARMS);
    run_bench(arms, || {
        let mut targets = Targets::default();
        println!("instructions, (Ir(2N) - Ir(N)) / N\n");
        for group in groups() {
            group.compare(&mut targets)?;
        }
        vectors::compare_addresses(&mut targets);
        resets::compare(&mut targets)?;
        Ok(targets)
    })
}

impl Group {
    fn compare(&self, targets: &mut Targets) -> Result<(), CountError> {
        let counts = self.arms.iter().map(Arm::instructions).collect::<Result<Vec<_>, _>>()?;
        let reference = counts[self.reference];
        println!("{}", self.title);
        for (index, (arm, count)) in self.arms.iter().zip(&counts).enumerate() {
            let ratio = count / reference;
            let each = count / self.parts as f64;
            let verdict = match self.most {
                Some(most) if index == 0 => {
                    format!("at most {most:.2}: {}", targets.check(ratio, most))
                }
                _ => String::new(),
            };
            println!("  {:<22} {each:>10.2} {ratio:>6.2}  {:<58} {verdict}", arm.name, arm.what);
        }
        println!();
        Ok(())
    }
}
