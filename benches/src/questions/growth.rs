//! How do costs grow with the number of objects, of threads, of phases?

use std::cell::RefCell;
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Instant;

use bumpalo::Bump;
use frame_arena::{ArenaConfig, FrameArena, ThreadArenas};

use crate::opaque::{hidden, seen, used};
use crate::peers::Arena;
use crate::question::{Arm, Host, LONG, Plan, Question, SHORT, Unit, Work, timed};
use crate::timed_batches;

/// The questions of this file.
#[must_use]
pub fn questions() -> Vec<Question> {
    vec![
        Question {
            name: "growth-objects",
            title: "Store one value of 16 bytes, of so many in a frame",
            per: "one value",
            unit: Unit::Nanoseconds,
            plan: Plan { rounds: 8, ..LONG },
            counted_operations: None,
            note: "A frame stores them all and forgets them; frames of fewer than a million are \
                   repeated until they are a million. An exponent of 0 says that an allocation \
                   costs the same however many there are; caches make it a little more.",
            arms: at_each(
                &[1_000, 10_000, 100_000, 1_000_000, 10_000_000],
                &[
                    Arm::new("frame-arena", "FrameArena", objects::<FrameArena>),
                    Arm::new("bumpalo-8", "bumpalo, MIN_ALIGN 8", objects::<Bump<8>>),
                    Arm::new("box-glibc", "`Box`, glibc", boxed_objects),
                    Arm::new("box-mimalloc", "`Box`, mimalloc", boxed_objects).on(Host::Mimalloc),
                    Arm::new("box-jemalloc", "`Box`, jemalloc", boxed_objects).on(Host::Jemalloc),
                ],
            ),
        },
        Question {
            name: "growth-threads",
            title: "Store one value of 16 bytes, on so many threads at once",
            per: "one value of each thread",
            unit: Unit::Nanoseconds,
            plan: Plan { rounds: 12, step: THREAD_VALUES, ..LONG },
            counted_operations: None,
            note: "Every thread stores 200,000 at the same time; wall time until the last is done, \
                   by 200,000. On a machine with fewer cores than threads it must grow.",
            arms: at_each(
                &threads_to_ask(),
                &[
                    Arm::new("frame-arena", "ThreadArenas, `local()` for each value", set_threads),
                    Arm::new("frame-arena-once", "ThreadArenas, `local()` once", set_threads_once),
                    #[cfg(feature = "arenas")]
                    Arm::new("bumpalo-herd", "bumpalo-herd, a member a thread", herd_threads),
                    Arm::new("mutex", "bumpalo in a `Mutex`", mutex_threads),
                    Arm::new("box-glibc", "`Box`, glibc", box_threads),
                    Arm::new("box-mimalloc", "`Box`, mimalloc", box_threads).on(Host::Mimalloc),
                    Arm::new("box-jemalloc", "`Box`, jemalloc", box_threads).on(Host::Jemalloc),
                ],
            ),
        },
        Question {
            name: "growth-phases",
            title: "Begin a frame of so many phases, ten values in each",
            per: "one phase of one frame",
            unit: Unit::Nanoseconds,
            plan: Plan { step: 10, ..SHORT },
            counted_operations: None,
            note: "A phase's arena is a `ThreadArenas`, whose `begin_frame` empties every thread's; \
                   here one thread has used each. A plain `FrameArena` is reset instead.",
            arms: at_each(
                &[1, 2, 4, 8, 16],
                &[
                    Arm::new("frame-arena", "ThreadArenas, `begin_frame`", phase_sets),
                    Arm::new("frame-arena-plain", "FrameArena, `reset`", phases::<FrameArena>),
                    Arm::new("bumpalo-8", "bumpalo, MIN_ALIGN 8", phases::<Bump<8>>),
                ],
            ),
        },
        Question {
            name: "thread-access",
            title: "Reach this thread's arena and store 8 bytes there",
            per: "one value",
            unit: Unit::Nanoseconds,
            plan: Plan { step: ACCESSES, ..SHORT },
            counted_operations: Some(20_000),
            note: "On one thread, with nobody else about. A system fetches its arena once and then \
                   stores at the cost of the third row.",
            arms: vec![
                Arm::new("frame-arena", "ThreadArenas::local() each time", access_set),
                Arm::new("thread-local", "a `thread_local!` FrameArena", access_thread_local),
                Arm::new("reference", "a FrameArena fetched before", access_fetched),
                Arm::new("mutex", "bumpalo in a `Mutex`", access_mutex),
                #[cfg(feature = "arenas")]
                Arm::new("bumpalo-herd", "bumpalo-herd, a member fetched each time", access_herd),
            ],
        },
    ]
}

fn at_each(sizes: &[u64], arms: &[Arm]) -> Vec<Arm> {
    let at = |arm: &Arm| sizes.iter().map(|&size| arm.at(size)).collect::<Vec<_>>();
    arms.iter().flat_map(at).collect()
}

/// Powers of two up to twice the cores, and at least 4.
fn threads_to_ask() -> Vec<u64> {
    let cores = thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let most = (2 * cores).clamp(4, 32);
    (0..).map(|power| 1 << power).take_while(|&threads| threads <= most).collect()
}

// ---- objects ----

/// Values of a turn, at least.
const TURN_VALUES: u64 = 1_000_000;

fn objects<A: Arena + 'static>(values: u64) -> Work {
    let mut arena = A::with_capacity(values as usize * 16 + 65_536);
    Box::new(move |_| {
        let frames = (TURN_VALUES / values).max(1);
        let figure = timed(|| {
            for _ in 0..frames {
                let hidden_arena = hidden(&arena);
                for n in 0..values {
                    used(hidden_arena.alloc([n; 2]));
                }
                arena.reset();
            }
        });
        figure / (frames * values) as f64
    })
}

fn boxed_objects(values: u64) -> Work {
    let mut boxes: Vec<Box<[u64; 2]>> = Vec::with_capacity(values as usize);
    Box::new(move |_| {
        let frames = (TURN_VALUES / values).max(1);
        let figure = timed(|| {
            for _ in 0..frames {
                for n in 0..values {
                    let mut made = Box::new([n; 2]);
                    used(&mut *made);
                    boxes.push(made);
                }
                boxes.clear();
            }
        });
        figure / (frames * values) as f64
    })
}

// ---- threads ----

const THREAD_VALUES: u64 = 200_000;

/// Nanoseconds in which so many threads do `work` at the same time, from the start of the first to
/// the end of the last.
fn at_once(threads: u64, work: impl Fn() + Sync) -> f64 {
    let barrier = Barrier::new(threads as usize);
    let run = || {
        barrier.wait();
        let start = Instant::now();
        work();
        (start, Instant::now())
    };
    let spans = thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        all.into_iter().map(|one| one.join().expect("storing does not panic")).collect::<Vec<_>>()
    });
    let first = spans.iter().map(|span| span.0).min();
    let last = spans.iter().map(|span| span.1).max();
    first.zip(last).map_or(0.0, |(first, last)| (last - first).as_nanos() as f64)
}

fn config_for(threads: u64) -> ArenaConfig {
    let capacity_bytes = threads as usize * THREAD_VALUES as usize * 16 + (1 << 20);
    ArenaConfig { capacity_bytes, pretouch: true, ..ArenaConfig::default() }
}

fn set_threads(threads: u64) -> Work {
    let mut set = ThreadArenas::with_config(config_for(threads));
    Box::new(move |_| {
        let figure = at_once(threads, || {
            let set = hidden(&set);
            for n in 0..THREAD_VALUES {
                used(set.local().alloc([n; 2]));
            }
        });
        set.begin_frame();
        figure
    })
}

fn set_threads_once(threads: u64) -> Work {
    let mut set = ThreadArenas::with_config(config_for(threads));
    Box::new(move |_| {
        let figure = at_once(threads, || {
            let arena = set.local();
            for n in 0..THREAD_VALUES {
                used(arena.alloc([n; 2]));
            }
        });
        set.begin_frame();
        figure
    })
}

#[cfg(feature = "arenas")]
fn herd_threads(threads: u64) -> Work {
    let mut herd = bumpalo_herd::Herd::new();
    Box::new(move |_| {
        let figure = at_once(threads, || {
            let member = herd.get();
            for n in 0..THREAD_VALUES {
                used(member.alloc([n; 2]));
            }
        });
        herd.reset();
        figure
    })
}

fn mutex_threads(threads: u64) -> Work {
    let mut bump = Mutex::new(Bump::with_capacity(config_for(threads).capacity_bytes));
    Box::new(move |_| {
        let figure = at_once(threads, || {
            let bump = hidden(&bump);
            for n in 0..THREAD_VALUES {
                let bump = bump.lock().expect("no thread panics with it");
                used(bump.alloc([n; 2]));
            }
        });
        bump.get_mut().expect("no thread panicked with it").reset();
        figure
    })
}

/// Each thread frees what it made, within its time.
fn box_threads(threads: u64) -> Work {
    Box::new(move |_| {
        at_once(threads, || {
            let mut boxes: Vec<Box<[u64; 2]>> = Vec::with_capacity(THREAD_VALUES as usize);
            for n in 0..THREAD_VALUES {
                let mut made = Box::new([n; 2]);
                used(&mut *made);
                boxes.push(made);
            }
        })
    })
}

// ---- phases ----

/// Values of a phase's frame.
const PHASE_VALUES: u64 = 10;

fn phase_sets(phases: u64) -> Work {
    let config = ArenaConfig { capacity_bytes: 64 << 10, ..ArenaConfig::default() };
    let mut sets: Vec<_> = (0..phases).map(|_| ThreadArenas::with_config(config)).collect();
    Box::new(move |frames| {
        let figure = timed(|| {
            for _ in 0..frames {
                for set in &mut sets {
                    let arena = set.local();
                    (0..PHASE_VALUES).for_each(|n| used(arena.alloc(seen(n))));
                    set.begin_frame();
                }
            }
        });
        figure / phases as f64
    })
}

fn phases<A: Arena + 'static>(phases: u64) -> Work {
    let mut arenas: Vec<_> = (0..phases).map(|_| A::with_capacity(64 << 10)).collect();
    Box::new(move |frames| {
        let figure = timed(|| {
            for _ in 0..frames {
                for arena in &mut arenas {
                    let full = hidden(arena);
                    (0..PHASE_VALUES).for_each(|n| used(full.alloc(seen(n))));
                    arena.reset();
                }
            }
        });
        figure / phases as f64
    })
}

// ---- access ----

/// Values between two resets.
const ACCESSES: u64 = 1_024;

fn access_set(_: u64) -> Work {
    let mut set = ThreadArenas::with_config(ArenaConfig::default());
    Box::new(move |operations| {
        timed_batches!(operations, ACCESSES, set, |n| used(set.local().alloc(n)), set.begin_frame())
    })
}

fn access_thread_local(_: u64) -> Work {
    thread_local! {
        static ARENA: RefCell<FrameArena> = RefCell::new(FrameArena::new());
    }
    Box::new(move |operations| {
        timed_batches!(
            operations,
            ACCESSES,
            |n| ARENA.with_borrow(|arena| used(arena.alloc(n))),
            ARENA.with_borrow_mut(FrameArena::reset)
        )
    })
}

fn access_fetched(_: u64) -> Work {
    let mut set = ThreadArenas::with_config(ArenaConfig::default());
    Box::new(move |operations| {
        timed(|| {
            for _ in 0..operations / ACCESSES {
                let arena = set.local();
                for n in 0..ACCESSES {
                    used(arena.alloc(n));
                }
                set.begin_frame();
            }
        })
    })
}

fn access_mutex(_: u64) -> Work {
    let mut bump = Mutex::new(Bump::new());
    Box::new(move |operations| {
        timed_batches!(
            operations,
            ACCESSES,
            bump,
            |n| {
                let bump = bump.lock().expect("no thread panics with it");
                used(bump.alloc(n));
            },
            bump.get_mut().expect("no thread panicked with it").reset()
        )
    })
}

#[cfg(feature = "arenas")]
fn access_herd(_: u64) -> Work {
    let mut herd = bumpalo_herd::Herd::new();
    Box::new(move |operations| {
        timed_batches!(operations, ACCESSES, herd, |n| used(herd.get().alloc(n)), herd.reset())
    })
}
