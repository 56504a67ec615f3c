//! While a system waits in `par_iter`, bevy's executor runs other systems on the same stack. Here it
//! is made to, and both use the same thread's arena.
#![cfg(feature = "multi_threaded")]

use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use bevy_ecs::prelude::*;
use frame_arena::ecs::{Arena, Engine, EngineConfig, Executor, FrameReader, FrameWriter, phase};
use frame_arena::{FrameArena, FrameVec, Handle};

const TICK: Duration = Duration::from_nanos(16_666_667);
const THREADS: usize = 4;
const BODIES: u64 = 1_000;
const INNER_SYSTEMS: usize = 12;
/// Nested runs that must be seen, and the most frames to see them in.
const NESTED_RUNS: u32 = 50;
const MOST_FRAMES: u32 = 20_000;

#[derive(Component)]
struct Body(u64);

thread_local! {
    /// The arena of the outer system that waits on this thread, or 0.
    static WAITING_IN: Cell<usize> = const { Cell::new(0) };
}

/// Inner systems that began in this frame, and those that ran on the outer one's stack in all.
static BEGUN: AtomicU32 = AtomicU32::new(0);
static NESTED: AtomicU32 = AtomicU32::new(0);

fn address(arena: &FrameArena) -> usize {
    ptr::from_ref(arena).addr()
}

/// Holds references, a growing vector, a scratch and handed-over values across `par_iter`.
fn outer(
    arena: Arena<phase::Update>,
    bodies: Query<&Body>,
    mut written: FrameWriter<u64, phase::Update>,
) {
    let local = arena.local();
    let before: Vec<(&u64, u64)> = (0..100).map(|n| (&*local.alloc(n * 3), n * 3)).collect();
    let mut growing = FrameVec::new_in(local);
    growing.extend(0..50u64);
    let scratch = local.scratch();
    let in_scratch = scratch.alloc_slice_fill_with(64, |n| n);
    written.push(1);

    WAITING_IN.set(address(local));
    bodies.par_iter().for_each_init(
        || (arena.local(), written.local()),
        |(batch_arena, batch), body| {
            assert_eq!(*batch_arena.alloc(body.0), body.0);
            batch.push_keyed(body.0, body.0);
            // The other threads stay here until an inner system has begun somewhere. Bounded: the
            // waiting thread may have taken this batch itself.
            for _ in 0..100 {
                if BEGUN.load(Ordering::Relaxed) > 0 {
                    break;
                }
                thread::yield_now();
            }
        },
    );
    WAITING_IN.set(0);

    growing.extend(50..100u64);
    written.push(2);
    assert!(before.iter().all(|(value, n)| *value == n));
    assert!(growing.iter().copied().eq(0..100));
    assert!(in_scratch.iter().copied().eq(0..64));
    assert_eq!(address(arena.local()), address(local));
}

/// Does the same things, some of the time on top of `outer`.
fn inner<const N: u64>(
    arena: Arena<phase::Update>,
    mut written: FrameWriter<u64, phase::Update>,
    mut kept: Local<Option<Handle<u64>>>,
) {
    BEGUN.fetch_add(1, Ordering::Relaxed);
    let local = arena.local();
    if WAITING_IN.get() != 0 {
        NESTED.fetch_add(1, Ordering::Relaxed);
        assert_eq!(WAITING_IN.get(), address(local), "one thread has one arena");
    }
    assert!(kept.is_none_or(|kept| arena.get(kept).is_err()), "of the last frame");
    let scratch = local.scratch();
    let in_scratch = scratch.alloc_slice_fill_with(100, |n| n as u64 + N);
    let mut growing = FrameVec::new_in(local);
    growing.extend(in_scratch.iter().copied());
    written.extend([N, N + 1]);
    growing.extend((100..200).map(|n| n + N));
    assert!(growing.iter().copied().eq(N..N + 200));
    *kept = Some(arena.publish(N));
    assert_eq!(kept.map(|kept| arena.get(kept).copied()), Some(Ok(N)));
}

fn read(written: FrameReader<u64, phase::Update>) -> Result {
    let inner = (0..INNER_SYSTEMS as u64).flat_map(|n| [n * 1_000, n * 1_000 + 1]);
    let expected = [1, 2].into_iter().chain(inner).chain(0..BODIES);
    match written.read()?.iter().copied().eq(expected) {
        true => Ok(()),
        false => Err("values are missing, foreign or out of order")?,
    }
}

#[test]
fn a_system_nested_in_a_waiting_one_shares_its_arena_and_harms_nothing() {
    let config =
        EngineConfig { threads: THREADS, executor: Executor::Parallel, ..EngineConfig::default() };
    let mut engine = Engine::try_with_config(config).unwrap();
    engine.world_mut().spawn_batch((0..BODIES).map(Body));
    let first = (inner::<0>, inner::<1_000>, inner::<2_000>, inner::<3_000>);
    let second = (inner::<4_000>, inner::<5_000>, inner::<6_000>, inner::<7_000>);
    let third = (inner::<8_000>, inner::<9_000>, inner::<10_000>, inner::<11_000>);
    engine.add_systems(phase::Update, (outer, (first, second, third), read));
    let mut frames = 0;
    while NESTED.load(Ordering::Relaxed) < NESTED_RUNS {
        assert!(frames < MOST_FRAMES, "only {NESTED:?} nested runs in {frames} frames");
        BEGUN.store(0, Ordering::Relaxed);
        engine.run_frame(TICK).unwrap();
        frames += 1;
    }
}
