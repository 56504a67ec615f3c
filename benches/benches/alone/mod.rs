//! The arms of a question of `compare`, run by divan one after the other.

use divan::Bencher;
use divan::counter::ItemsCount;
use frame_arena_benches::question::{Host, Question, Unit};
use frame_arena_benches::questions;

fn question(name: &str) -> Question {
    let mut all = questions::all();
    let index = all.iter().position(|question| question.name == name);
    all.swap_remove(index.unwrap_or_else(|| panic!("no question is called {name}")))
}

/// The arms that need no other global allocator.
pub fn keys(name: &str) -> Vec<String> {
    let question = question(name);
    assert_eq!(question.unit, Unit::Nanoseconds, "{name} is not about time");
    question.arms.iter().filter(|arm| arm.host == Host::System).map(|arm| arm.key()).collect()
}

/// Times one step of an arm: so many operations, whose set-up is not in the time.
pub fn bench(bencher: Bencher, name: &str, key: &str) {
    let question = question(name);
    let arm = question.arms.iter().find(|arm| arm.key() == key && arm.host == Host::System);
    let arm = arm.unwrap_or_else(|| panic!("{name} has no arm {key}"));
    let mut work = (arm.make)(arm.size);
    let step = question.plan.step;
    bencher.counter(ItemsCount::new(step)).bench_local(move || work(step));
}
