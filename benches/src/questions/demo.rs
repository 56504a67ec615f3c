//! What do whole frames of the demo cost, and how far do they spread?

use std::hint::black_box;

use bumpalo::Bump;
use frame_arena::FrameArena;
use frame_arena::profile::ProfileLevel;
use particle_demo::assets::find_assets;
use particle_demo::effect::Effect;
use particle_demo::model::{AllocatorKind, ExecutorKind};
use particle_demo::simulation::{Simulation, SimulationSettings};

use crate::peers::Arena;
use crate::question::{Arm, Host, LONG, Plan, Question, Unit, Work, timed};

/// Frames before the first that counts.
const SETTLING_FRAMES: u32 = 60;
/// Frames whose allocations are replayed, one after the other and again.
const TRACED_FRAMES: u32 = 8;
/// As many turns as a 99.9th percentile needs.
const FRAMES: u32 = 1_000;
/// Frames of 100,000 particles, which take long: their 99.9th percentile is the most of all.
const LONG_FRAMES: u32 = 300;
const SEED: u64 = 1;
const EFFECT: &str = "fountain.ron";

/// The questions of this file.
#[must_use]
pub fn questions() -> Vec<Question> {
    let frames = |name, title, is_beside_hog, particles, rounds| Question {
        name,
        title,
        per: "one frame",
        unit: Unit::Nanoseconds,
        plan: Plan { rounds, is_spread: true, is_beside_hog, ..LONG },
        counted_operations: None,
        note: "Update, one tick of physics and render of the fountain, without a window, on one \
               thread; both arms compute the same. The heap arm is the arena's per-object mode: \
               each object carries a header and a place on a list, which favours the arena. The \
               demo has no arm with kept `Vec`s: see the replay of its memory. The fixed work \
               shows how the machine itself spreads.",
        arms: vec![
            Arm::new("frame-arena", "the demo's frame, arenas", arena_frames).at(particles),
            Arm::new("per-object", "the demo's frame, one heap call an object", heap_frames)
                .at(particles),
            Arm::new("fixed-work", "3 ms of arithmetic over 1 MiB", fixed_work).at(particles),
        ],
    };
    let memory = |name, title, particles| Question {
        name,
        title,
        per: "one frame",
        unit: Unit::Nanoseconds,
        plan: Plan { rounds: 60, ..LONG },
        counted_operations: None,
        note: "A replay of the memory alone: the traced allocations of eight settled frames, with \
               their sizes and their order, each filled by a copy, all forgotten or freed at the \
               frame's end. Kept `Vec`s are one for each type of each phase, cleared. Not shown: \
               the reads, what the caches do for the work between, and that lists grow, which \
               costs the heap more than here.",
        arms: vec![
            Arm::new("frame-arena", "FrameArena, one a phase", replay_arena::<FrameArena>)
                .at(particles),
            Arm::new("bumpalo-8", "bumpalo, MIN_ALIGN 8, one a phase", replay_arena::<Bump<8>>)
                .at(particles),
            Arm::new("kept-vecs", "kept `Vec`s, one for each type", replay_kept).at(particles),
            Arm::new("box-glibc", "a `Box` for each, glibc", replay_boxes).at(particles),
            Arm::new("box-mimalloc", "the same, mimalloc", replay_boxes)
                .at(particles)
                .on(Host::Mimalloc),
            Arm::new("box-jemalloc", "the same, jemalloc", replay_boxes)
                .at(particles)
                .on(Host::Jemalloc),
        ],
    };
    vec![
        frames("demo-20k", "A frame of the demo, 20,000 particles", false, 20_000, FRAMES),
        frames("demo-20k-hog", "The same beside a memory hog", true, 20_000, FRAMES),
        memory("demo-memory-20k", "The memory of such a frame alone, 20,000 particles", 20_000),
        frames("demo-100k", "A frame of the demo, 100,000 particles", false, 100_000, LONG_FRAMES),
        frames("demo-100k-hog", "The same beside a memory hog", true, 100_000, LONG_FRAMES),
        memory("demo-memory-100k", "The memory of such a frame alone, 100,000 particles", 100_000),
    ]
}

fn effect() -> Effect {
    let assets = find_assets(None).expect("the assets lie in the repository");
    Effect::load(&assets.join("effects").join(EFFECT)).expect("the effect is in order")
}

fn simulation(particles: u64, allocator: AllocatorKind) -> Simulation {
    let settings = SimulationSettings {
        seed: SEED,
        particle_count: particles as u32,
        allocator,
        budget_bytes: None,
        threads: 1,
        executor: ExecutorKind::Serial,
        profile: ProfileLevel::default(),
    };
    let mut simulation = Simulation::new(&effect(), settings).expect("there is memory");
    let tick = simulation.tick_duration();
    for _ in 0..SETTLING_FRAMES {
        simulation.run_frame(tick).expect("the demo's systems do not fail");
    }
    simulation
}

fn frames(particles: u64, allocator: AllocatorKind) -> Work {
    let mut simulation = simulation(particles, allocator);
    let tick = simulation.tick_duration();
    Box::new(move |_| {
        timed(|| {
            black_box(simulation.run_frame(tick)).expect("the demo's systems do not fail");
        })
    })
}

fn arena_frames(particles: u64) -> Work {
    frames(particles, AllocatorKind::Arena)
}

fn heap_frames(particles: u64) -> Work {
    frames(particles, AllocatorKind::Heap)
}

/// The same work each time, about 3 ms of it.
fn fixed_work(_: u64) -> Work {
    let mut cells = vec![1_u32; 1 << 18];
    Box::new(move |_| {
        timed(|| {
            for _ in 0..36 {
                for cell in &mut cells {
                    *cell = cell.wrapping_mul(0x9E37_79B9).rotate_left(7) ^ 1;
                }
                black_box(&mut cells);
            }
        })
    })
}

/// One allocation of a traced frame.
#[derive(Clone, Copy)]
struct Step {
    phase: usize,
    /// Which of the types of all phases.
    kind: usize,
    /// In words of 8 bytes.
    words: usize,
}

/// What frames allocate, and words to copy.
struct Script {
    frames: Vec<Vec<Step>>,
    kind_count: usize,
    source: Vec<u64>,
}

impl Script {
    fn of(particles: u64) -> Self {
        let mut simulation = simulation(particles, AllocatorKind::Arena);
        let mut kinds: Vec<(usize, &str)> = Vec::new();
        let mut frames = Vec::new();
        for _ in 0..TRACED_FRAMES {
            let traces = simulation.trace_frames(1).expect("the demo's systems do not fail");
            let mut steps = Vec::new();
            for (phase, traced) in traces.iter().enumerate() {
                for span in &traced.trace.spans {
                    let kind = (phase, span.type_name);
                    let place =
                        kinds.iter().position(|known| *known == kind).unwrap_or_else(|| {
                            kinds.push(kind);
                            kinds.len() - 1
                        });
                    steps.push(Step { phase, kind: place, words: span.bytes / 8 });
                }
            }
            frames.push(steps);
        }
        let most = frames.iter().flatten().map(|step| step.words).max().unwrap_or(0);
        Self { frames, kind_count: kinds.len(), source: (0..most as u64).collect() }
    }

    /// Words of one phase in the largest frame.
    fn most_words(&self, phase: usize) -> usize {
        let of = |steps: &Vec<Step>| {
            steps.iter().filter(|step| step.phase == phase).map(|step| step.words).sum()
        };
        self.frames.iter().map(of).max().unwrap_or(0)
    }
}

/// Phases of a frame.
const PHASES: usize = 3;

fn replay_arena<A: Arena + 'static>(particles: u64) -> Work {
    let script = Script::of(particles);
    let mut arenas: Vec<A> =
        (0..PHASES).map(|phase| A::with_capacity(script.most_words(phase) * 8 + 65_536)).collect();
    let mut turn = 0;
    Box::new(move |_| {
        let steps = &script.frames[turn % script.frames.len()];
        turn += 1;
        timed(|| {
            for step in steps {
                black_box(arenas[step.phase].alloc_slice_copy(&script.source[..step.words]));
            }
            arenas.iter_mut().for_each(A::reset);
        })
    })
}

fn replay_kept(particles: u64) -> Work {
    let script = Script::of(particles);
    let mut kept: Vec<Vec<u64>> = vec![Vec::new(); script.kind_count];
    let mut turn = 0;
    Box::new(move |_| {
        let steps = &script.frames[turn % script.frames.len()];
        turn += 1;
        timed(|| {
            for step in steps {
                let list = &mut kept[step.kind];
                let first = list.len();
                list.extend_from_slice(&script.source[..step.words]);
                black_box(&list[first..]);
            }
            kept.iter_mut().for_each(Vec::clear);
        })
    })
}

fn replay_boxes(particles: u64) -> Work {
    let script = Script::of(particles);
    let most = script.frames.iter().map(Vec::len).max().unwrap_or(0);
    let mut boxes: Vec<Box<[u64]>> = Vec::with_capacity(most);
    let mut turn = 0;
    Box::new(move |_| {
        let steps = &script.frames[turn % script.frames.len()];
        turn += 1;
        timed(|| {
            for step in steps {
                boxes.push(black_box(script.source[..step.words].into()));
            }
            boxes.clear();
        })
    })
}
