//! A bench that counts its own instructions: it runs itself under callgrind, one arm at a time.

use std::env;
use std::process::ExitCode;

use crate::callgrind::{CountError, instructions_per_operation};

/// One way to do the work.
pub struct Arm {
    /// As given on the command line.
    pub name: &'static str,
    /// What it does, for the table.
    pub what: &'static str,
    /// Operations of the shorter run. The longer one does twice as many.
    pub operations: u64,
    /// Does that many operations.
    pub run: fn(u64),
}

impl Arm {
    /// Instructions for one operation, the loop around it included.
    ///
    /// # Errors
    /// If valgrind is missing or gives no total.
    pub fn instructions(&self) -> Result<f64, CountError> {
        instructions_per_operation(self.name, self.operations)
    }
}

/// What a bench demands of its figures.
#[derive(Debug, Default)]
pub struct Targets {
    /// How many figures were worse.
    pub missed: u32,
}

impl Targets {
    /// Notes whether `figure` is at most `most`, and gives the word for the table.
    pub fn check(&mut self, figure: f64, most: f64) -> &'static str {
        if figure <= most {
            return "met";
        }
        self.missed += 1;
        "missed"
    }
}

/// The `main` of a bench: without arguments `compare` prints its table and says whether its targets
/// are met, which decides the exit code; `ARM OPERATIONS` runs that arm and prints nothing, for
/// callgrind.
pub fn run_bench<'a>(
    arms: impl IntoIterator<Item = &'a Arm>,
    compare: impl FnOnce() -> Result<Targets, CountError>,
) -> ExitCode {
    let mut args = env::args().skip(1);
    let arm = args.next();
    let operations = args.next().and_then(|n| n.parse().ok());
    let Some(name) = arm else {
        return match compare() {
            Ok(Targets { missed: 0 }) => ExitCode::SUCCESS,
            Ok(Targets { missed }) => fail(&format!("{missed} missed")),
            Err(error) => fail(&error.to_string()),
        };
    };
    match (arms.into_iter().find(|arm| arm.name == name), operations) {
        (Some(arm), Some(operations)) => {
            (arm.run)(operations);
            ExitCode::SUCCESS
        }
        (None, _) => fail(&format!("no arm is called {name}")),
        (_, None) => fail("usage: [ARM OPERATIONS], without both for the table"),
    }
}

fn fail(why: &str) -> ExitCode {
    eprintln!("{why}");
    ExitCode::FAILURE
}
