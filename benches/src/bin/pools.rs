//! What does it cost to hand work out to threads, in time and in heap calls?
//!
//! Arms: the engine's `Workers` and the libraries that share work among threads, each with two
//! threads (or as many as the first argument says). Three questions to each:
//! - a turn of 32 empty jobs, minimum over rounds of 500;
//! - 32 jobs of 30 us after 2 ms of quiet, as at a frame's start, median of 200;
//! - what the pool burns while nobody asks anything of it, as a part of one core.
//!
//! The libraries need feature `pools` and a C++ compiler. Times are wall times, so leave the machine alone.

use std::error::Error;
use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use frame_arena::ecs::Workers;
use frame_arena::heap;

#[global_allocator]
static HEAP: heap::Counting = heap::Counting::system();

const JOBS: usize = 32;
const WARM_TURNS: u32 = 2_000;
const ROUNDS: u32 = 20;
const TURNS_PER_ROUND: u32 = 500;
const FRAMES: usize = 200;
const JOB_US: u64 = 30;
const QUIET: Duration = Duration::from_millis(2);
const IDLE: Duration = Duration::from_millis(500);

/// A job for each number under [`JOBS`].
type Job<'a> = &'a (dyn Fn(usize) + Sync);

fn main() -> Result<(), Box<dyn Error>> {
    let threads = std::env::args().nth(1).map_or(Ok(2), |n| n.parse())?;
    println!(
        "| {threads} threads | {JOBS} empty jobs, us | heap calls | {JOBS} jobs of {JOB_US} us, ms \
         | heap calls | cores burnt idle |"
    );
    println!("|---|---|---|---|---|---|");
    ask("one thread", |job| (0..JOBS).for_each(job));
    let workers = Workers::try_new(threads)?;
    ask("`Workers`", |job| workers.for_each(JOBS, job));
    drop(workers);
    #[cfg(feature = "pools")]
    libraries::ask_all(threads)?;
    Ok(())
}

/// Prints the row of one pool, of which `turn` runs each number's job once.
fn ask(name: &str, mut turn: impl FnMut(Job)) {
    let empty = |number: usize| _ = black_box(number);
    (0..WARM_TURNS).for_each(|_| turn(&empty));
    let mut best = Duration::MAX;
    let heap_before = heap::total_counts();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        (0..TURNS_PER_ROUND).for_each(|_| turn(&empty));
        best = best.min(started.elapsed());
    }
    let empty_heap = (heap::total_counts() - heap_before).heap_calls;

    let mut times = Vec::with_capacity(FRAMES);
    let heap_before = heap::total_counts();
    for _ in 0..FRAMES {
        thread::sleep(QUIET);
        let started = Instant::now();
        turn(&|_| work(Duration::from_micros(JOB_US)));
        times.push(started.elapsed());
    }
    let busy_heap = (heap::total_counts() - heap_before).heap_calls;
    times.sort_unstable();

    let cpu_before = cpu_ticks();
    thread::sleep(IDLE);
    let burnt = (cpu_ticks() - cpu_before) / 100.0 / IDLE.as_secs_f64();
    println!(
        "| {name} | {:.2} | {:.4} | {:.3} | {:.2} | {burnt:.2} |",
        best.as_secs_f64() * 1e6 / f64::from(TURNS_PER_ROUND),
        empty_heap as f64 / f64::from(ROUNDS * TURNS_PER_ROUND),
        times[FRAMES / 2].as_secs_f64() * 1e3,
        busy_heap as f64 / FRAMES as f64,
    );
}

fn work(duration: Duration) {
    let started = Instant::now();
    while started.elapsed() < duration {
        black_box(0);
    }
}

/// Processor time of this process in hundredths of a second; not a number where the system keeps
/// no `/proc`.
fn cpu_ticks() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let field = |n: usize| after_name.split_whitespace().nth(n).and_then(|f| f.parse::<f64>().ok());
    field(11).zip(field(12)).map_or(f64::NAN, |(user, system)| user + system)
}

#[cfg(feature = "pools")]
mod libraries {
    use std::error::Error;
    use std::num::NonZero;

    use super::{JOBS, Job, ask};

    pub fn ask_all(threads: usize) -> Result<(), Box<dyn Error>> {
        let count = NonZero::new(threads).ok_or("0 threads: take at least 1")?;
        ask_rayon("rayon, called from outside", rayon::ThreadPoolBuilder::new(), threads)?;
        ask_chili(count);
        ask_paralight(count);
        ask_fork_union(threads)?;
        // Last, for such a pool is never given back.
        let builder = rayon::ThreadPoolBuilder::new().use_current_thread();
        ask_rayon("rayon, on a thread of its pool", builder, threads)
    }

    fn ask_rayon(
        name: &str,
        builder: rayon::ThreadPoolBuilder,
        threads: usize,
    ) -> Result<(), Box<dyn Error>> {
        use rayon::prelude::*;
        let pool = builder.num_threads(threads).build()?;
        ask(name, |job| pool.install(|| (0..JOBS).into_par_iter().with_max_len(1).for_each(job)));
        Ok(())
    }

    fn ask_chili(threads: NonZero<usize>) {
        let config = chili::Config { thread_count: Some(threads), ..chili::Config::default() };
        let pool = chili::ThreadPool::with_config(config);
        let mut scope = pool.scope();
        ask("chili", |job| split(&mut scope, 0, JOBS, job));
    }

    /// Halves the numbers until one is left, for a library that knows joins only.
    fn split(scope: &mut chili::Scope<'_>, start: usize, end: usize, job: Job) {
        if end - start == 1 {
            return job(start);
        }
        let middle = start.midpoint(end);
        scope
            .join(|scope| split(scope, start, middle, job), |scope| split(scope, middle, end, job));
    }

    fn ask_paralight(threads: NonZero<usize>) {
        use paralight::prelude::*;
        let mut pool = ThreadPoolBuilder {
            num_threads: ThreadCount::Count(threads),
            range_strategy: RangeStrategy::WorkStealing,
            cpu_pinning: CpuPinningPolicy::No,
        }
        .build();
        ask("paralight", |job| (0..JOBS).into_par_iter().with_thread_pool(&mut pool).for_each(job));
    }

    fn ask_fork_union(threads: usize) -> Result<(), Box<dyn Error>> {
        let mut pool = fork_union::ThreadPool::try_spawn(threads).map_err(|e| format!("{e:?}"))?;
        ask("fork_union", |job| drop(pool.for_n_dynamic(JOBS, |prong| job(prong.task_index))));
        Ok(())
    }
}
