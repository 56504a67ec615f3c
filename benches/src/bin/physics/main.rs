//! What does a tick of physics cost, against other broad phases, on more threads, and while bodies
//! come and go?
//!
//! ```sh
//! cargo run --release -p frame-arena-benches --features peers --bin physics
//! ```
//!
//! Arms of one table take turns, round after round, three in a row each, and each shows its fastest:
//! warm memory, threads awake, no other work on the machine. What the first of a row takes, after
//! the others, stands beside where it matters. Names of tables (`pairs`, `step`, `threads`, `recycle`) as
//! arguments choose among them; a number is that of bodies in `pairs` and `step`, in place of
//! 100,000, for which the targets are. The exit code is 1 if a target is missed.

mod pairs;
#[cfg(feature = "peers")]
mod peers;
mod plain;
mod recycle;
mod rounds;
mod scene;
mod step;
mod threads;

use std::process::ExitCode;

use frame_arena::heap;
use frame_arena_benches::arms::Targets;

#[global_allocator]
static HEAP: heap::Counting = heap::Counting::system();

/// Bodies in `pairs` and `step`.
const COUNT: u32 = 100_000;

type Table = (&'static str, fn(u32, &mut Targets));

const TABLES: [Table; 4] = [
    ("pairs", pairs::table),
    ("step", step::table),
    ("threads", threads::table),
    ("recycle", recycle::table),
];

fn main() -> ExitCode {
    let (counts, wanted): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.parse::<u32>().is_ok());
    let count = match counts.first().map(|count| count.parse()) {
        Some(Ok(count @ 1..)) => count,
        None => COUNT,
        Some(_) => {
            eprintln!("{} bodies: take 1 or more", counts[0]);
            return ExitCode::FAILURE;
        }
    };
    if let Some(unknown) = wanted.iter().find(|name| TABLES.iter().all(|table| table.0 != **name)) {
        eprintln!("no table is called {unknown}; there are pairs, step, threads, recycle");
        return ExitCode::FAILURE;
    }
    let mut targets = Targets::default();
    for (name, table) in TABLES {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            table(count, &mut targets);
        }
    }
    if targets.missed > 0 {
        eprintln!("{} missed", targets.missed);
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
