//! K1 to K3 of the crew.

use std::panic::{AssertUnwindSafe, catch_unwind};

use loom::cell::UnsafeCell;
use loom::model::Builder;
use loom::sync::Arc;
use loom::thread::{self, JoinHandle};

use super::crew::Crew;

/// Runs `test` in all orders with at most so many switches that no thread asked for.
fn in_every_order(most_switches: usize, test: impl Fn() + Sync + Send + 'static) {
    let mut model = Builder::new();
    model.preemption_bound = Some(most_switches);
    model.check(test);
}

fn start(thread_count: usize) -> (Arc<Crew>, Vec<JoinHandle<()>>) {
    let crew = Arc::new(Crew::new(thread_count));
    let threads = (1..=thread_count).map(|number| {
        let crew = Arc::clone(&crew);
        thread::spawn(move || crew.serve(number))
    });
    let threads = threads.collect();
    (crew, threads)
}

fn end(crew: &Crew, threads: Vec<JoinHandle<()>>) {
    crew.send_home();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// Cells that loom watches: two threads at one, or a read that no order puts behind the write, end
/// the test.
struct Counts<const N: usize>([UnsafeCell<u32>; N]);

// SAFETY: that this is untrue is what a test would find.
unsafe impl<const N: usize> Sync for Counts<N> {}

impl<const N: usize> Counts<N> {
    fn new() -> Self {
        Self(std::array::from_fn(|_| UnsafeCell::new(0)))
    }

    fn add(&self, place: usize) {
        // SAFETY: loom fails the test where somebody else is there.
        self.0[place].with_mut(|count| unsafe { *count += 1 });
    }

    fn all(&self) -> [u32; N] {
        // SAFETY: as above.
        std::array::from_fn(|place| self.0[place].with(|count| unsafe { *count }))
    }
}

#[test]
fn each_number_of_each_turn_is_called_once_and_seen_when_the_turn_is_over() {
    in_every_order(3, || {
        let (crew, threads) = start(1);
        let counts = Counts::<3>::new(); // Two in the share of one, for both to take.
        for turn in 1..=2 {
            crew.for_each(3, &|n| counts.add(n));
            assert_eq!(counts.all(), [turn; 3]);
        }
        end(&crew, threads);
    });
}

#[test]
fn more_threads_than_numbers_do_no_harm() {
    in_every_order(2, || {
        let (crew, threads) = start(2);
        let counts = Counts::<2>::new();
        crew.for_each(2, &|n| counts.add(n));
        assert_eq!(counts.all(), [1, 1]);
        end(&crew, threads);
    });
}

#[test]
fn what_a_turn_borrows_is_its_own_until_it_returns() {
    in_every_order(3, || {
        let (crew, threads) = start(1);
        for turn in 0..2 {
            let counts = Counts::<2>::new(); // Gone before the next turn.
            crew.for_each_mut(&mut [turn, turn], &|n, item| {
                *item += 1;
                counts.add(n);
            });
            assert_eq!(counts.all(), [1, 1]);
        }
        end(&crew, threads);
    });
}

#[test]
fn two_that_hand_out_work_at_once_both_have_it_done() {
    in_every_order(2, || {
        let (crew, mut threads) = start(1);
        let other = Arc::clone(&crew);
        let opener = thread::spawn(move || {
            let counts = Counts::<2>::new();
            other.for_each(2, &|n| counts.add(n));
            assert_eq!(counts.all(), [1, 1]);
        });
        let counts = Counts::<2>::new();
        crew.for_each(2, &|n| counts.add(n));
        assert_eq!(counts.all(), [1, 1]);
        opener.join().unwrap();
        end(&crew, std::mem::take(&mut threads));
    });
}

#[test]
fn a_panic_comes_out_of_its_turn_when_nobody_is_inside_and_the_next_is_whole() {
    in_every_order(2, || {
        let (crew, threads) = start(1);
        let counts = Counts::<2>::new();
        let turn = || {
            crew.for_each(2, &|n| {
                counts.add(n);
                std::panic::resume_unwind(Box::new(n)); // Without a line in the test's output.
            });
        };
        let payload = catch_unwind(AssertUnwindSafe(turn)).unwrap_err();
        assert!(*payload.downcast::<usize>().unwrap() < 2);
        let after = Counts::<2>::new();
        crew.for_each(2, &|n| after.add(n));
        assert_eq!(after.all(), [1, 1]);
        end(&crew, threads);
    });
}
