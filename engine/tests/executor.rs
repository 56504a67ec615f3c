//! bevy's multi-threaded executor under the engine: whose heap calls they are, and what fails.
#![cfg(feature = "multi_threaded")]

use std::hint::black_box;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bevy_ecs::prelude::*;
use bevy_ecs::schedule::{ScheduleLabel, SingleThreadedExecutor};
use frame_arena::ecs::{
    Arena, Engine, EngineConfig, Executor, FrameReader, FrameReport, FrameWriter, Workers,
    par_for_each_init, phase,
};
use frame_arena::{Handle, heap};

#[global_allocator]
static HEAP: heap::Counting = heap::Counting::system();

const TICK: Duration = Duration::from_nanos(16_666_667);

/// One test at a time: the task pool and its heap calls are the process's.
static ALONE: Mutex<()> = Mutex::new(());

struct Alone {
    engine: Engine,
    _alone: MutexGuard<'static, ()>,
}

fn engine(executor: Executor) -> Alone {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let config = EngineConfig { threads: 4, executor, ..EngineConfig::default() };
    Alone { engine: Engine::try_with_config(config).unwrap(), _alone }
}

/// The report of a frame after some that settle.
fn settled(engine: &mut Engine) -> FrameReport {
    (0..20).for_each(|_| drop(engine.run_frame(TICK).unwrap()));
    engine.run_frame(TICK).unwrap()
}

#[derive(Component)]
struct Number(u64);

#[derive(Resource)]
struct Boxes(usize);

fn allocate<const N: usize>(arena: Arena<phase::Update>, mut local: Local<u64>) {
    for n in 0..100 {
        *local += *arena.alloc(n);
    }
}

fn box_some(boxes: Res<Boxes>) {
    (0..boxes.0).for_each(|n| drop(black_box(Box::new(n))));
}

type Eight = fn(&mut Engine);

const ADD_EIGHT: Eight = |engine| {
    let first = (allocate::<0>, allocate::<1>, allocate::<2>, allocate::<3>);
    let last = (allocate::<4>, allocate::<5>, allocate::<6>, allocate::<7>);
    engine.add_systems(phase::Update, (first, last));
};

#[test]
fn the_serial_executor_makes_no_heap_call() {
    let mut alone = engine(Executor::Serial);
    ADD_EIGHT(&mut alone.engine);
    let report = settled(&mut alone.engine);
    assert_eq!((report.heap.heap_calls, report.executor_heap.heap_calls), (0, 0));
    assert_eq!(report.phase("update").unwrap().stats.alloc_count, 800);
}

#[test]
fn the_parallel_executors_heap_calls_are_not_the_systems() {
    let mut alone = engine(Executor::Parallel);
    ADD_EIGHT(&mut alone.engine);
    let report = settled(&mut alone.engine);
    let update = report.phase("update").unwrap();
    assert_eq!(update.stats.alloc_count, 800);
    assert_eq!((update.heap.heap_calls, report.heap.heap_calls), (0, 0));
    assert!(update.executor_heap.heap_calls > 0);
}

#[test]
fn each_heap_call_of_a_system_is_counted_wherever_it_runs() {
    for executor in [Executor::Serial, Executor::Parallel] {
        let mut alone = engine(executor);
        alone.engine.world_mut().insert_resource(Boxes(17));
        ADD_EIGHT(&mut alone.engine);
        alone.engine.add_systems(phase::Update, (box_some, box_some));
        let report = settled(&mut alone.engine);
        let update = report.phase("update").unwrap();
        assert_eq!((update.heap.heap_calls, update.heap.frees), (34, 34), "{executor:?}");
        assert_eq!(report.heap.heap_calls, 34, "{executor:?}");
    }
}

#[test]
fn heap_calls_of_commands_and_conditions_are_the_phases_or_the_executors() {
    let box_here = || drop(black_box(Box::new(1)));
    let heap_calls = |executor, is_condition| {
        let mut alone = engine(executor);
        let queue = move |mut commands: Commands| commands.queue(move |_: &mut World| box_here());
        let condition = move || {
            box_here();
            true
        };
        match is_condition {
            true => alone.engine.add_systems(phase::Update, (|| {}).run_if(condition)),
            false => alone.engine.add_systems(phase::Update, queue),
        };
        let report = settled(&mut alone.engine);
        (report.heap.heap_calls, report.executor_heap.heap_calls)
    };
    for is_condition in [true, false] {
        assert_eq!(heap_calls(Executor::Serial, is_condition), (1, 0));
        let (heap_calls, executors) = heap_calls(Executor::Parallel, is_condition);
        assert!(heap_calls == 0 && executors > 0, "{heap_calls}, {executors}");
    }
}

fn box_each(arena: Arena<phase::Update>, numbers: Query<&Number>) {
    par_for_each_init(
        numbers.par_iter(),
        || arena.local(),
        |arena, number| {
            arena.alloc(number.0);
            drop(black_box(Box::new(number.0)));
        },
    );
}

#[test]
fn a_parallel_iterations_heap_calls_are_its_items() {
    for executor in [Executor::Serial, Executor::Parallel] {
        let mut alone = engine(executor);
        alone.engine.world_mut().spawn_batch((0..5_000).map(Number));
        ADD_EIGHT(&mut alone.engine);
        alone.engine.add_systems(phase::Update, box_each);
        let report = settled(&mut alone.engine);
        let update = report.phase("update").unwrap();
        assert_eq!(update.stats.alloc_count, 5_800, "{executor:?}");
        assert_eq!(update.heap.heap_calls, 5_000, "{executor:?}");
        assert!(update.executor_heap.heap_calls > 0, "{executor:?}: batches are handed out");
    }
}

fn write_each(numbers: Query<&Number>, found: FrameWriter<u64, phase::Update>) {
    par_for_each_init(
        numbers.par_iter(),
        || found.local(),
        |found, number| found.push_keyed(number.0 * 7 % 5_000, number.0),
    );
}

fn write_by_job(workers: Res<Workers>, found: FrameWriter<u64, phase::Update>) {
    workers.for_each(16, |job| {
        let mut found = found.local();
        (0..100).for_each(|n| found.push_keyed(5_000 + job as u64, n));
    });
}

fn count_found(found: FrameReader<u64, phase::Update>) -> Result {
    match found.read()?.len() {
        6_600 => Ok(()),
        count => Err(format!("{count} values"))?,
    }
}

#[test]
fn handing_over_makes_no_heap_call_of_its_own() {
    for executor in [Executor::Serial, Executor::Parallel] {
        let mut alone = engine(executor);
        alone.engine.world_mut().spawn_batch((0..5_000).map(Number));
        alone.engine.add_systems(phase::Update, (write_each, write_by_job, count_found));
        ADD_EIGHT(&mut alone.engine);
        settled(&mut alone.engine);
        for frame in 0..100 {
            let report = alone.engine.run_frame(TICK).unwrap();
            assert_eq!(report.heap.heap_calls, 0, "{executor:?}, frame {frame}");
        }
    }
}

#[derive(Resource)]
struct Inside(Engine);

/// Of the engine inside: heap calls of frames that ran on a thread of the pool.
#[derive(Resource, Default)]
struct InsideOnPool(Vec<[u64; 3]>);

#[test]
fn an_engine_that_a_system_runs_on_the_pool_counts_each_heap_call_once() {
    let mut alone = engine(Executor::Parallel);
    let mut inside = Engine::new();
    let command = |_: &mut World| drop(black_box(Box::new(1)));
    let boxes = move |mut commands: Commands| {
        drop(black_box(Box::new(1)));
        commands.queue(command);
    };
    inside.add_systems(phase::Update, boxes);
    settled(&mut inside);
    let here = std::thread::current().id();
    let run = move |mut inside: ResMut<Inside>, mut on_pool: ResMut<InsideOnPool>| {
        let report = inside.0.run_frame(TICK).unwrap();
        if std::thread::current().id() != here {
            let update = report.phase("update").unwrap();
            let counts = [update.heap, report.heap, report.executor_heap];
            on_pool.0.push(counts.map(|counts| counts.heap_calls));
        }
    };
    alone.engine.world_mut().insert_resource(Inside(inside));
    alone.engine.world_mut().init_resource::<InsideOnPool>();
    alone.engine.add_systems(phase::Update, run);
    settled(&mut alone.engine);
    alone.engine.world_mut().resource_mut::<InsideOnPool>().0.clear();
    let mut on_pool = Vec::new();
    for _frame in 0..20_000 {
        if on_pool.len() == 20 {
            break; // The main thread may have run all systems of some frames.
        }
        alone.engine.run_frame(TICK).unwrap();
        on_pool.append(&mut alone.engine.world_mut().resource_mut::<InsideOnPool>().0);
    }
    assert_eq!(on_pool, [[2, 2, 0]; 20]);
}

#[derive(Resource, Default)]
struct Published([Option<Handle<u64>>; 2]);

#[derive(Resource, Default)]
struct Ran([u32; 3]);

fn fail_in_every_other_frame(mut ran: ResMut<Ran>, mut commands: Commands) -> Result {
    ran.0[0] += 1;
    commands.queue(|world: &mut World| world.resource_mut::<Ran>().0[2] += 1);
    match ran.0[0] % 3 {
        0 => panic!("on a thread of the pool"),
        1 => Err("no mana".into()),
        _ => Ok(()),
    }
}

fn publish(arena: Arena<phase::Update>, mut published: ResMut<Published>) {
    published.0 = [published.0[1], Some(arena.publish(7))];
}

#[test]
fn failures_on_any_thread_are_reported_and_every_system_runs_in_every_frame() {
    let mut alone = engine(Executor::Parallel);
    let engine = &mut alone.engine;
    engine.world_mut().init_resource::<Published>();
    engine.world_mut().init_resource::<Ran>();
    engine.add_systems(phase::Update, (fail_in_every_other_frame, publish));
    ADD_EIGHT(engine);
    for frame in 1..=300u32 {
        let ran = engine.run_frame(TICK);
        let failures = ran.err().map_or(Vec::new(), |error| error.failures);
        let messages: Vec<&str> = failures.iter().map(|f| f.message.as_str()).collect();
        match frame % 3 {
            0 => assert_eq!(messages, ["panicked: on a thread of the pool"]),
            1 => assert_eq!(messages, ["no mana"]),
            _ => assert!(messages.is_empty()),
        }
        let in_phase = |failure: &frame_arena::ecs::SystemFailure| {
            failure.phase == "update" && failure.system.contains("fail_in_every_other_frame")
        };
        assert!(failures.iter().all(in_phase));
        let ran = engine.world().resource::<Ran>().0;
        assert_eq!((ran[0], ran[2]), (frame, frame), "commands of a failed system are applied");
    }
}

/// A frame with failures of systems, and of conditions and commands, which any thread may meet.
fn failures_of(engine: &mut Engine) -> Vec<String> {
    let error = engine.run_frame(TICK).unwrap_err();
    error.failures.into_iter().map(|failure| failure.message).collect()
}

fn add_failing(engine: &mut Engine, name: &'static str) {
    let command = move |_: &mut World| -> Result { Err(name.into()) };
    let queue = move |mut commands: Commands| commands.queue(command);
    let condition = move || -> Result<bool> { Err(name.into()) };
    for _ in 0..4 {
        let chain = (allocate::<0>, allocate::<1>.run_if(condition), queue, allocate::<2>);
        engine.add_systems(phase::Update, chain.chain());
    }
}

#[test]
fn engines_at_the_same_time_have_their_own_failures() {
    let mut alone = engine(Executor::Parallel);
    let config = EngineConfig { executor: Executor::Parallel, ..EngineConfig::default() };
    let mut other = Engine::try_with_config(config).unwrap();
    let mut serial = Engine::new();
    let engines = [("one", &mut alone.engine), ("two", &mut other), ("three", &mut serial)];
    std::thread::scope(|scope| {
        for (name, engine) in engines {
            add_failing(engine, name);
            scope.spawn(move || {
                for _frame in 0..300 {
                    assert_eq!(failures_of(engine), [name; 8]);
                }
            });
        }
    });
}

#[derive(ScheduleLabel, Clone, PartialEq, Eq, Hash, Debug)]
struct Inner;

#[test]
fn what_fails_in_a_schedule_that_a_system_runs_is_the_frames() {
    for executor in [Executor::Serial, Executor::Parallel] {
        let mut alone = engine(executor);
        let mut inner = Schedule::new(Inner);
        if executor == Executor::Serial {
            inner.set_executor(SingleThreadedExecutor::new());
        }
        inner.add_systems((|| -> Result { Err("no mana".into()) }, || panic!("no mana")));
        alone.engine.world_mut().add_schedule(inner);
        alone.engine.add_systems(phase::Update, |world: &mut World| world.run_schedule(Inner));
        let mut messages = failures_of(&mut alone.engine);
        messages.sort();
        assert_eq!(messages, ["no mana", "panicked: no mana"], "{executor:?}");
    }
}
