//! Instructions per operation, by valgrind's callgrind.

use std::io;
use std::path::Path;
use std::process::Command;

/// Why there is no count.
#[derive(Debug)]
pub enum CountError {
    /// valgrind could not be started.
    NoValgrind(io::Error),
    /// It ran and gave no total; what it printed.
    NoTotal(String),
}

impl std::fmt::Display for CountError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoValgrind(error) => {
                write!(f, "valgrind could not be started ({error}); install the package `valgrind`")
            }
            Self::NoTotal(text) => write!(f, "callgrind gave no total; it printed:\n{text}"),
        }
    }
}

impl std::error::Error for CountError {}

/// Instructions for one more operation of `arm`: `(Ir(2N) - Ir(N)) / N`, where `Ir(n)` is a whole
/// run of this program with `arm` and `n` as arguments. Start-up and set-up cancel out.
///
/// # Errors
/// If valgrind is missing or gives no total.
pub fn instructions_per_operation(arm: &str, operations: u64) -> Result<f64, CountError> {
    let program = std::env::current_exe().map_err(CountError::NoValgrind)?;
    instructions_per_operation_of(&program, &[arm], operations)
}

/// The same of `program` with `args` and the number of operations as arguments.
///
/// # Errors
/// If valgrind is missing or gives no total.
pub fn instructions_per_operation_of(
    program: &Path,
    args: &[&str],
    operations: u64,
) -> Result<f64, CountError> {
    let once = instructions(program, args, operations)?;
    let twice = instructions(program, args, 2 * operations)?;
    Ok((twice as f64 - once as f64) / operations as f64)
}

/// Instructions of one whole run.
fn instructions(program: &Path, args: &[&str], operations: u64) -> Result<u64, CountError> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(args)
        .arg(operations.to_string())
        .output()
        .map_err(CountError::NoValgrind)?;
    let text = String::from_utf8_lossy(&output.stderr);
    let total = text.lines().find_map(|line| line.split_once("Collected :"));
    total
        .and_then(|(_, count)| count.trim().parse().ok())
        .ok_or_else(|| CountError::NoTotal(text.into_owned()))
}
