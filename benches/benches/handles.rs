//! What does it cost to name a slice, and to read it by its name? `cargo bench -p frame-arena-benches --bench handles`
//!
//! The arms of `compare` that need no other global allocator, one after the other. For ratios, and
//! for mimalloc and jemalloc, take `compare`, which interleaves them.

mod alone;

use divan::Bencher;

fn main() {
    divan::main();
}

#[divan::bench(args = alone::keys("handles"))]
fn handles(bencher: Bencher, arm: &str) {
    alone::bench(bencher, "handles", arm);
}
