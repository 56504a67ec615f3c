//! How a tick of physics scales with threads, beside a loop that only copies memory.

use std::thread::available_parallelism;

use frame_arena::ecs::Workers;
use frame_arena_benches::arms::Targets;

use crate::rounds::{Arm, Fastest, fastest, timed};
use crate::scene::scattered;
use crate::step::World;

/// Bytes that a thread copies at a time.
const COPY_BYTES: usize = 1 << 20;

/// 1, 2, 4, 8, 16 threads, as far as the machine has cores.
fn thread_counts() -> Vec<usize> {
    let cores = available_parallelism().map_or(1, |cores| cores.get());
    [1, 2, 4, 8, 16].into_iter().filter(|&threads| threads <= cores).collect()
}

/// Prints the table.
pub fn table(_count: u32, _targets: &mut Targets) {
    let threads = thread_counts();
    println!("## Threads, ms a tick and times faster than on one\n");
    let heads = threads.iter().map(|threads| format!(" {threads} |")).collect::<String>();
    println!("| bodies, pairs a body | {heads}");
    println!("|---|{}", "---|".repeat(threads.len()));
    for (count, pairs, rounds) in [
        (20_000, 0.4, 15),
        (100_000, 0.4, 15),
        (100_000, 1.5, 15),
        (1_000_000, 0.4, 4),
        (1_000_000, 1.5, 4),
    ] {
        let scene = scattered(count, 1.0, pairs);
        let mut worlds: Vec<World> =
            threads.iter().map(|&threads| World::new(&scene, threads)).collect();
        let mut arms: Vec<Arm<'_>> =
            worlds.iter_mut().map(|world| -> Arm<'_> { Box::new(|| world.step()) }).collect();
        let fastest = fastest(rounds, &mut arms);
        drop(arms);
        print_row(&format!("{count}, {pairs}"), &fastest);
        let bytes = worlds[0].used_bytes();
        drop(worlds);
        print_row(
            &format!("copying {} MiB, as much as the arena holds then", bytes >> 20),
            &copies(bytes, &threads, rounds),
        );
    }
    println!();
}

fn print_row(what: &str, fastest: &[Fastest]) {
    let cells =
        fastest.iter().map(|each| format!(" {:.2} ({:.2}x) |", each.ms, fastest[0].ms / each.ms));
    println!("| {what} |{}", cells.collect::<String>());
}

/// Copies `bytes` from one buffer to another.
fn copies(bytes: usize, threads: &[usize], rounds: usize) -> Vec<Fastest> {
    let from = vec![1u8; bytes];
    let mut arms: Vec<Arm<'_>> = Vec::new();
    for &threads in threads {
        let workers = Workers::try_new(threads).expect("threads");
        let mut to = vec![0u8; bytes];
        let from = &from;
        arms.push(Box::new(move || {
            let mut parts: Vec<_> =
                to.chunks_mut(COPY_BYTES).zip(from.chunks(COPY_BYTES)).collect();
            timed(|| workers.for_each_mut(&mut parts, |_, (to, from)| to.copy_from_slice(from))).0
        }));
    }
    fastest(rounds, &mut arms)
}
