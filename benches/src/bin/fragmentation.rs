//! What does an hour's churn of sizes leave behind in the arena and on the heap?
//!
//! `cargo run --release -p frame-arena-benches --bin fragmentation [-- FRAMES [SEED]]`
//!
//! 216,000 frames, an hour at 60 a second, as fast as they go. Each frame makes objects of
//! log-normal sizes and pairs of lists that grow in turns; scenes change every 5 minutes, and some
//! ten times a minute an effect bursts for half a second. Some objects live for 2 to 1,000 frames:
//! they stand on the heap in every arm, as they would in a game. Each arm is a process of its own
//! and does the same work from the same seed.
//!
//! Samples are taken at the end of a frame, when its objects are gone. `needed` is the most that
//! lived at once in any of the last 600 frames, by the sizes asked for; `living` is what lives on.
//! `reserved` is what the arena holds. `resident` is `RssAnon` of `/proc/self/status`, less that
//! before the first frame, for the whole process; `ratio` is `resident / needed`.
//!
//! What this does not show: other allocators than the system's, several threads, temporaries that a
//! game on the heap would free within the frame.

use std::env;
use std::fs;
use std::hint::black_box;
use std::io;
use std::process::{Command, ExitCode};
use std::time::Instant;

use frame_arena::heap::{self, Counting};
use frame_arena::{ArenaConfig, ArenaMode, ArenaStats, FrameArena, FrameVec};
use frame_arena_benches::random::Random;

#[global_allocator]
static HEAP: Counting = Counting::system();

const HOUR_FRAMES: u32 = 216_000;
const SCENE_FRAMES: u32 = 18_000;
const BURST_FRAMES: u32 = 30;
/// Frames between the starts of two bursts, on average.
const BURST_EVERY_FRAMES: usize = 360;
/// How many times the objects of a quiet frame a burst makes.
const BURST_FACTOR: usize = 8;
/// Objects of a frame of each scene, but for bursts.
const SCENE_OBJECTS: [usize; 5] = [120, 300, 200, 800, 50];
/// Objects of a frame that live on, of the heap in every arm.
const SURVIVORS: usize = 8;
/// Frames that the longest of them lives.
const MAX_LIFE_FRAMES: usize = 1_000;
/// Frames over which `needed` is taken: as many as an arena waits before it shrinks.
const NEEDED_FRAMES: u32 = 600;
/// Elements by which a list grows at once.
const PIECE: usize = 24;
const DEFAULT_SEED: u64 = 2_026;

/// Where the objects of a frame come from.
trait Memory {
    /// A copy of `bytes`, until the frame's end.
    fn object(&mut self, bytes: &[u8]);
    /// Two lists that grow in turns, one piece each, until the frame's end.
    fn lists(&mut self, pieces: usize);
    /// Forgets the frame's objects.
    fn end_frame(&mut self);
    /// The arena's figures, if it is one.
    fn stats(&self) -> Option<ArenaStats>;
}

struct Arena(FrameArena);

impl Memory for Arena {
    fn object(&mut self, bytes: &[u8]) {
        black_box(self.0.alloc_slice_copy(bytes));
    }

    fn lists(&mut self, pieces: usize) {
        let mut lists = [FrameVec::new_in(&self.0), FrameVec::new_in(&self.0)];
        for piece in 0..pieces as u64 {
            lists.iter_mut().for_each(|list| list.extend_from_slice(&[piece; PIECE]));
        }
        black_box(lists.map(FrameVec::into_slice));
    }

    fn end_frame(&mut self) {
        self.0.reset();
    }

    fn stats(&self) -> Option<ArenaStats> {
        Some(self.0.stats())
    }
}

/// Kept lists of what to free, so that these cost no heap call once grown.
#[derive(Default)]
struct Heap {
    objects: Vec<Box<[u8]>>,
    lists: Vec<Vec<u64>>,
}

impl Memory for Heap {
    fn object(&mut self, bytes: &[u8]) {
        self.objects.push(bytes.into());
    }

    fn lists(&mut self, pieces: usize) {
        let mut lists = [Vec::new(), Vec::new()];
        for piece in 0..pieces as u64 {
            lists.iter_mut().for_each(|list| list.extend_from_slice(&[piece; PIECE]));
        }
        self.lists.extend(lists);
    }

    fn end_frame(&mut self) {
        self.objects.clear();
        self.lists.clear();
    }

    fn stats(&self) -> Option<ArenaStats> {
        None
    }
}

/// Over the most that a frame uses, as `stats().high_water_bytes` of an earlier run tells.
const SIZED_BYTES: usize = 12 << 20;

const ARMS: [(&str, &str); 4] = [
    ("arena", "FrameArena, begun with 1 MiB"),
    ("sized", "FrameArena, with the capacity for its largest frame"),
    ("per-object", "FrameArena, one heap call each"),
    ("heap", "Box and Vec, freed each frame"),
];

fn make_memory(arm: &str) -> Option<Box<dyn Memory>> {
    match arm {
        "arena" => Some(Box::new(Arena(FrameArena::with_config(ArenaConfig::default())))),
        "sized" => Some(Box::new(Arena(FrameArena::with_capacity(SIZED_BYTES)))),
        "per-object" => {
            let config = ArenaConfig { mode: ArenaMode::PerObject, ..ArenaConfig::default() };
            Some(Box::new(Arena(FrameArena::with_config(config))))
        }
        "heap" => Some(Box::new(Heap::default())),
        _ => None,
    }
}

fn main() -> ExitCode {
    let mut args = env::args().skip(1).peekable();
    let memory = args.peek().and_then(|arm| make_memory(arm));
    if memory.is_some() {
        args.next();
    }
    let frames = args.next().and_then(|n| n.parse().ok()).unwrap_or(HOUR_FRAMES);
    let seed = args.next().and_then(|n| n.parse().ok()).unwrap_or(DEFAULT_SEED);
    let done = match memory {
        Some(memory) => run_arm(memory, frames, seed),
        None => compare(frames, seed),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fragmentation: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(frames: u32, seed: u64) -> io::Result<()> {
    let program = env::current_exe()?;
    for (arm, what) in ARMS {
        println!("{what}, seed {seed}, {frames} frames");
        let status =
            Command::new(&program).args([arm, &frames.to_string(), &seed.to_string()]).status()?;
        if !status.success() {
            return Err(io::Error::other(format!("the arm {arm} failed")));
        }
    }
    Ok(())
}

/// What lives at a moment, by the sizes asked for, and what the process holds for it.
#[derive(Clone, Copy, Default)]
struct Sample {
    frames: u32,
    needed_bytes: usize,
    living_bytes: usize,
    reserved_bytes: Option<usize>,
    resident_bytes: usize,
    heap_calls: u64,
}

fn run_arm(mut memory: Box<dyn Memory>, frames: u32, seed: u64) -> io::Result<()> {
    let mut game = Game::new(seed);
    let before_bytes = resident_bytes()?;
    let start = Instant::now();
    println!(
        "  {:<16} {:>10} {:>10} {:>10} {:>10} {:>6} {:>11}",
        "after", "living", "needed", "reserved", "resident", "ratio", "calls/frame"
    );
    let mut earlier = Sample::default();
    let mut most_resident_bytes = 0;
    for frame in 0..frames {
        game.play(frame, &mut *memory);
        if frame % 60 == 59 {
            // At its fullest, before the frame's objects go.
            most_resident_bytes = most_resident_bytes.max(resident_bytes()?);
        }
        memory.end_frame();
        if [60, frames / 6, frames / 2, frames].contains(&(frame + 1)) {
            let sample = game.sample(&*memory, frame + 1, before_bytes)?;
            sample.print(&format!("{} frames", frame + 1), earlier);
            earlier = sample;
        }
    }
    let frame_us = start.elapsed().as_secs_f64() * 1e6 / f64::from(frames);
    game.bury_all();
    game.sample(&*memory, frames, before_bytes)?.print("all is freed", earlier);
    println!(
        "  most living at once {} KiB; most resident {} KiB; {frame_us:.1} us a frame",
        game.most_living_bytes >> 10,
        most_resident_bytes.saturating_sub(before_bytes) >> 10,
    );
    if let Some(ArenaStats { high_water_bytes, resizes, .. }) = memory.stats() {
        println!("  most used in a frame {} KiB; {resizes} resizes", high_water_bytes >> 10);
    }
    println!();
    Ok(())
}

impl Sample {
    /// A row of the table; `earlier` is where its heap calls begin.
    fn print(&self, name: &str, earlier: Self) {
        let kib = |bytes: usize| format!("{} KiB", bytes >> 10);
        let per = |sum: f64, of: f64| match of {
            0.0 => "-".to_owned(),
            of => format!("{:.2}", sum / of),
        };
        let calls = self.heap_calls - earlier.heap_calls;
        println!(
            "  {name:<16} {:>10} {:>10} {:>10} {:>10} {:>6} {:>11}",
            kib(self.living_bytes),
            kib(self.needed_bytes),
            self.reserved_bytes.map_or("-".to_owned(), kib),
            kib(self.resident_bytes),
            per(self.resident_bytes as f64, self.needed_bytes as f64),
            per(calls as f64, f64::from(self.frames - earlier.frames)),
        );
    }
}

/// What happens in the frames, the same for every arm.
struct Game {
    random: Random,
    /// Sizes to draw from, in bytes: log-normal numbers are slow to make.
    sizes: Vec<usize>,
    source: Vec<u8>,
    /// By the frame in which they die.
    survivors: Vec<Vec<Box<[u8]>>>,
    burst_until: u32,
    /// Bytes of the survivors.
    living_bytes: usize,
    /// The most bytes that lived at once, in the whole run.
    most_living_bytes: usize,
    /// The same of each of the last frames.
    needed_bytes: Vec<usize>,
}

impl Game {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        // Most are components and small slices, some are lists, few are buffers.
        let medians = [48.0, 48.0, 48.0, 48.0, 48.0, 48.0, 48.0, 400.0, 400.0, 4_000.0];
        let sizes: Vec<usize> = (0..4_000)
            .map(|n| random.log_normal(medians[n % medians.len()], 0.9).clamp(1.0, 262_144.0))
            .map(|bytes| bytes as usize)
            .collect();
        let source = vec![7; sizes.iter().copied().max().unwrap_or(0)];
        // Written once here, so that their pages are resident before the first frame.
        let mut survivors = vec![vec![Box::default(); 64]; MAX_LIFE_FRAMES + 1];
        survivors.iter_mut().for_each(Vec::clear);
        Self {
            random,
            sizes,
            source,
            survivors,
            burst_until: 0,
            living_bytes: 0,
            most_living_bytes: 0,
            needed_bytes: vec![0; NEEDED_FRAMES as usize],
        }
    }

    fn play(&mut self, frame: u32, memory: &mut dyn Memory) {
        self.bury(frame);
        if self.random.once_in(BURST_EVERY_FRAMES) {
            self.burst_until = frame + BURST_FRAMES;
        }
        let scene = SCENE_OBJECTS[(frame / SCENE_FRAMES) as usize % SCENE_OBJECTS.len()];
        let quiet = scene / 2 + self.random.below(scene);
        let objects = if frame < self.burst_until { quiet * BURST_FACTOR } else { quiet };
        let mut frame_bytes = 0;
        for object in 0..objects {
            let bytes = self.draw_size();
            memory.object(&self.source[..bytes]);
            frame_bytes += bytes;
            if object % 16 == 0 {
                let pieces = 1 + self.random.below(12);
                memory.lists(pieces);
                frame_bytes += 2 * pieces * PIECE * size_of::<u64>();
            }
            if object % (1 + objects / SURVIVORS) == 0 {
                self.bear(frame);
            }
        }
        let most = frame_bytes + self.living_bytes;
        self.most_living_bytes = self.most_living_bytes.max(most);
        self.needed_bytes[(frame % NEEDED_FRAMES) as usize] = most;
    }

    fn draw_size(&mut self) -> usize {
        self.sizes[self.random.below(self.sizes.len())]
    }

    /// One more object that lives for some frames; short lives are the most.
    fn bear(&mut self, frame: u32) {
        let bytes = self.draw_size();
        let most = 2 + self.random.below(MAX_LIFE_FRAMES - 2);
        let life = 2 + self.random.below(most - 1);
        let grave = (frame as usize + life) % self.survivors.len();
        self.survivors[grave].push(self.source[..bytes].into());
        self.living_bytes += bytes;
    }

    fn bury(&mut self, frame: u32) {
        let grave = frame as usize % self.survivors.len();
        self.living_bytes -= self.survivors[grave].iter().map(|object| object.len()).sum::<usize>();
        self.survivors[grave].clear();
    }

    fn bury_all(&mut self) {
        self.survivors.iter_mut().for_each(Vec::clear);
        self.living_bytes = 0;
        self.needed_bytes.fill(0);
    }

    fn sample(&self, memory: &dyn Memory, frames: u32, before_bytes: usize) -> io::Result<Sample> {
        Ok(Sample {
            frames,
            needed_bytes: self.needed_bytes.iter().copied().max().unwrap_or(0),
            living_bytes: self.living_bytes,
            reserved_bytes: memory.stats().map(|stats| stats.reserved_bytes),
            resident_bytes: resident_bytes()?.saturating_sub(before_bytes),
            heap_calls: heap::thread_counts().heap_calls,
        })
    }
}

/// Anonymous memory of this process in pages that exist, in bytes.
fn resident_bytes() -> io::Result<usize> {
    let status = fs::read_to_string("/proc/self/status")?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB"))
        .and_then(|kib| kib.trim().parse::<usize>().ok());
    kib.map(|kib| kib << 10)
        .ok_or_else(|| io::Error::other("/proc/self/status has no RssAnon; this needs Linux"))
}
