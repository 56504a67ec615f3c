//! Timing: arms in turn, the fastest round of each.

use std::time::{Duration, Instant};

/// One way to do the work: does it once and tells how long it took, set-up left out.
pub type Arm<'a> = Box<dyn FnMut() -> Duration + 'a>;

/// The fastest of `rounds` rounds of each arm, in milliseconds. Two rounds more warm up.
pub fn minima_ms(rounds: usize, arms: &mut [Arm<'_>]) -> Vec<f64> {
    let mut least = vec![Duration::MAX; arms.len()];
    for round in 0..rounds + 2 {
        for (arm, least) in arms.iter_mut().zip(&mut least) {
            let took = arm();
            if round >= 2 {
                *least = took.min(*least);
            }
        }
    }
    least.into_iter().map(|least| least.as_secs_f64() * 1e3).collect()
}

/// Time that `work` takes.
pub fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let started = Instant::now();
    let result = work();
    (started.elapsed(), result)
}
