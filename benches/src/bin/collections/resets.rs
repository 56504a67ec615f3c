//! What a reset costs, after how many values.

use std::hint::black_box;

use frame_arena::FrameArena;
use frame_arena_benches::arms::{Arm, Targets};
use frame_arena_benches::callgrind::CountError;

/// Memory for all values of the longest run without a reset.
const CAPACITY_BYTES: usize = 20 * 100_000 * 8;

/// The most that a reset after many values may take, in parts of one after none.
const MOST: f64 = 1.1;

/// For each number of values: the frame without its reset, and with it.
pub const ARMS: &[Arm] = &[
    arm("fill-0", 10_000, |frames| run_frames(frames, 0, false)),
    arm("reset-0", 10_000, |frames| run_frames(frames, 0, true)),
    arm("fill-10", 10_000, |frames| run_frames(frames, 10, false)),
    arm("reset-10", 10_000, |frames| run_frames(frames, 10, true)),
    arm("fill-100000", 10, |frames| run_frames(frames, 100_000, false)),
    arm("reset-100000", 10, |frames| run_frames(frames, 100_000, true)),
];

const fn arm(name: &'static str, operations: u64, run: fn(u64)) -> Arm {
    Arm { name, what: "", operations, run }
}

pub fn compare(targets: &mut Targets) -> Result<(), CountError> {
    println!("a reset with one block, the frame's values taken off");
    let mut first = None;
    for pair in ARMS.chunks_exact(2) {
        let reset = pair[1].instructions()? - pair[0].instructions()?;
        let ratio = reset / *first.get_or_insert(reset);
        let verdict = targets.check(ratio, MOST);
        let name = pair[1].name;
        println!("  {name:<22} {reset:>10.2} {ratio:>6.2}  at most {MOST:.2}: {verdict}");
    }
    Ok(())
}

#[inline(never)]
fn run_frames(frames: u64, values: u64, resets: bool) {
    let mut arena = FrameArena::with_capacity(CAPACITY_BYTES);
    for _ in 0..frames {
        fill(&arena, black_box(values));
        if black_box(resets) {
            arena.reset();
        }
    }
}

#[inline(never)]
fn fill(arena: &FrameArena, values: u64) {
    for n in 0..values {
        black_box(arena.alloc(n));
    }
}
