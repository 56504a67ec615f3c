//! What does one small value cost? `cargo bench -p frame-arena-benches --bench values`
//!
//! The arms of `compare` that need no other global allocator, one after the other. For ratios, and
//! for mimalloc and jemalloc, take `compare`, which interleaves them.

mod alone;

use divan::Bencher;

fn main() {
    divan::main();
}

#[divan::bench(args = alone::keys("value-8"))]
fn value_8(bencher: Bencher, arm: &str) {
    alone::bench(bencher, "value-8", arm);
}

#[divan::bench(args = alone::keys("value-32"))]
fn value_32(bencher: Bencher, arm: &str) {
    alone::bench(bencher, "value-32", arm);
}

#[divan::bench(args = alone::keys("value-64"))]
fn value_64(bencher: Bencher, arm: &str) {
    alone::bench(bencher, "value-64", arm);
}

#[divan::bench(args = alone::keys("value-mix"))]
fn value_mix(bencher: Bencher, arm: &str) {
    alone::bench(bencher, "value-mix", arm);
}

#[divan::bench(args = alone::keys("small-batch"))]
fn small_batch(bencher: Bencher, arm: &str) {
    alone::bench(bencher, "small-batch", arm);
}
