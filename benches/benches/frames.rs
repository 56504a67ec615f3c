//! What does a frame of a game's objects cost? `cargo bench -p frame-arena-benches --bench frames`
//!
//! The arms of `compare` that need no other global allocator, one after the other. For ratios, and
//! for mimalloc and jemalloc, take `compare`, which interleaves them.

mod alone;

use divan::Bencher;

fn main() {
    divan::main();
}

#[divan::bench(args = alone::keys("frame"))]
fn frame(bencher: Bencher, arm: &str) {
    alone::bench(bencher, "frame", arm);
}

#[divan::bench(args = alone::keys("frame-growing"))]
fn frame_growing(bencher: Bencher, arm: &str) {
    alone::bench(bencher, "frame-growing", arm);
}
