//! What does it cost to forget a frame? `cargo bench -p frame-arena-benches --bench resets`
//!
//! The arms of `compare` that need no other global allocator, one after the other. For ratios, and
//! for mimalloc and jemalloc, take `compare`, which interleaves them.

mod alone;

use divan::Bencher;

fn main() {
    divan::main();
}

#[divan::bench(args = alone::keys("small-frame"))]
fn small_frame(bencher: Bencher, arm: &str) {
    alone::bench(bencher, "small-frame", arm);
}
