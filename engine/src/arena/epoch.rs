//! Epochs: the numbers that tell a live handle from a stale one.

use core::fmt;
use core::num::NonZeroU64;
use core::sync::atomic::{AtomicU64, Ordering};

/// One span between two resets of one arena (or of one per-thread set), numbered for the whole
/// process.
///
/// No two spans ever share a number, not even those of different arenas: equality with an arena's
/// present epoch proves that a handle was made by that arena since its last reset. At one reset a
/// nanosecond the 64 bits last 584 years.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Epoch(NonZeroU64);

impl Epoch {
    /// Draws a number that no arena of this process has had.
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // Relaxed: only uniqueness counts, and that a single atomic always gives.
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(NonZeroU64::new(number).expect("the epoch counter wrapped after 2^64 resets"))
    }

    /// The bare number, for logs and graphs.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Epoch({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Epoch;

    #[test]
    fn no_two_draws_are_equal_across_threads() {
        let draw = || (0..1_000).map(|_| Epoch::next().number()).collect::<Vec<_>>();
        let mut drawn: Vec<u64> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(draw)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn.len(), 4_000);
    }
}
