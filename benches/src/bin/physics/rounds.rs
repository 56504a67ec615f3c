//! Timing: arms in turn, the fastest of each.

use std::time::{Duration, Instant};

/// One way to do the work: does it once and tells how long it took, set-up left out.
pub type Arm<'a> = Box<dyn FnMut() -> Duration + 'a>;

/// Turns that an arm takes in a row, each round.
const IN_A_ROW: usize = 3;

/// The fastest time of an arm, in milliseconds.
#[derive(Clone, Copy)]
pub struct Fastest {
    /// Of all turns: most find the arm's own data in the caches, and its threads awake.
    pub ms: f64,
    /// Of the first turns of all rows, which find what the arm before left there.
    pub first_ms: f64,
}

/// The fastest turns of each arm in `rounds` rounds. Two rounds more warm up.
pub fn fastest(rounds: usize, arms: &mut [Arm<'_>]) -> Vec<Fastest> {
    let mut least = vec![[Duration::MAX; IN_A_ROW]; arms.len()];
    for round in 0..rounds + 2 {
        for (arm, least) in arms.iter_mut().zip(&mut least) {
            for least in least {
                let took = arm();
                if round >= 2 {
                    *least = took.min(*least);
                }
            }
        }
    }
    let in_ms = |time: Duration| time.as_secs_f64() * 1e3;
    let least = least.into_iter().map(|turns| turns.map(in_ms));
    least
        .map(|turns| Fastest { ms: turns.into_iter().fold(f64::MAX, f64::min), first_ms: turns[0] })
        .collect()
}

/// Time that `work` takes.
pub fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let started = Instant::now();
    let result = work();
    (started.elapsed(), result)
}
