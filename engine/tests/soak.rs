//! Ten thousand frames with random thread counts, emission bursts and budgets: no heap growth, no
//! stale read.
#![cfg(feature = "ecs")]

use std::collections::VecDeque;
use std::time::Duration;

use bevy_ecs::prelude::*;
use frame_arena::ecs::{
    Arena, Engine, EngineConfig, FrameReader, FrameReport, FrameTime, FrameWriter, HandOverError,
    PhaseArena, Workers, phase,
};
use frame_arena::{ArenaConfig, Budget, Handle, heap};

#[global_allocator]
static HEAP: heap::Counting = heap::Counting::system();

const TICK: Duration = Duration::from_nanos(16_666_667);
const FRAMES: u64 = 10_000;
/// Every burst comes at its largest in these.
const WARM_FRAMES: u64 = 200;
const MOST_THREADS: usize = 6;
const MOST_JOBS: usize = 24;
const MOST_PER_JOB: u64 = 120;
const KEPT_HANDLES: usize = 64;

/// Says where and when it was written.
#[derive(Debug, PartialEq)]
struct Spark {
    frame: u64,
    job: u64,
    place: u64,
}

/// What the present frame does.
#[derive(Resource, Clone, Copy, Default)]
struct Burst {
    jobs: usize,
    per_job: u64,
    alone: u64,
    may_refuse: bool,
}

#[derive(Resource, Default)]
struct Counts {
    read: u64,
    refused: u64,
    joins_refused: u64,
    stale: u64,
}

/// Handles of past frames, the newest last.
#[derive(Resource)]
struct Kept(VecDeque<(u64, Handle<u64>)>);

/// The generator of Knuth's MMIX.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

fn emit(
    time: Res<FrameTime>,
    burst: Res<Burst>,
    workers: Res<Workers>,
    arena: Arena<phase::Update>,
    sparks: FrameWriter<Spark, phase::Update>,
) {
    workers.for_each(burst.jobs, |job| {
        let mut sparks = sparks.local();
        for place in 0..burst.per_job {
            let spark = Spark { frame: time.frame, job: job as u64, place };
            // What lies between makes the batch move when it grows.
            if place % 16 == 0 {
                _ = arena.try_alloc(place);
            }
            let pushed = sparks.try_push_keyed(job as u64, spark);
            assert!(pushed.is_ok() || burst.may_refuse, "{pushed:?}");
            if pushed.is_err() {
                break;
            }
        }
    });
}

fn emit_alone(
    time: Res<FrameTime>,
    burst: Res<Burst>,
    mut counts: ResMut<Counts>,
    mut sparks: FrameWriter<Spark, phase::Update>,
) {
    for place in 0..burst.alone {
        let spark = Spark { frame: time.frame, job: u64::MAX, place };
        if let Err(refused) = sparks.try_push(spark) {
            assert!(burst.may_refuse, "{refused}");
            assert_eq!(refused.into_value().place, place);
            counts.refused += 1;
        }
    }
}

/// Every value is of `frame`, and in order: alone by push, then by job and push, none missing but
/// at a job's end.
fn check(sparks: &[Spark], frame: u64, burst: Option<&Burst>) -> Result {
    let mut last: Option<&Spark> = None;
    for spark in sparks {
        let rank = |spark: &Spark| spark.job.wrapping_add(1);
        let follows = match last {
            Some(last) if last.job == spark.job => spark.place > last.place,
            Some(last) => rank(spark) > rank(last) && spark.place == 0,
            None => spark.place == 0,
        };
        if spark.frame != frame || !follows {
            Err(format!("frame {frame}: {spark:?} follows {last:?}"))?;
        }
        last = Some(spark);
    }
    match burst {
        Some(burst) if !burst.may_refuse => {
            let expected = burst.alone + burst.jobs as u64 * burst.per_job;
            assert_eq!(sparks.len() as u64, expected, "frame {frame}");
        }
        _ => {}
    }
    Ok(())
}

fn read(
    time: Res<FrameTime>,
    burst: Res<Burst>,
    mut counts: ResMut<Counts>,
    sparks: FrameReader<Spark, phase::Update>,
) -> Result {
    match sparks.read() {
        Ok(sparks) => {
            check(sparks, time.frame, Some(&burst))?;
            counts.read += sparks.len() as u64;
        }
        Err(HandOverError::Memory(_)) if burst.may_refuse => counts.joins_refused += 1,
        Err(error) => Err(error)?,
    }
    if let (Ok(last), 1..) = (sparks.read_last(), time.frame) {
        check(last, time.frame - 1, None)?;
    }
    Ok(())
}

/// Two frames are in flight; what is older must be refused, for ever.
fn keep_handles(
    time: Res<FrameTime>,
    arena: Arena<phase::Update>,
    mut counts: ResMut<Counts>,
    mut kept: ResMut<Kept>,
) {
    for &(frame, handle) in &kept.0 {
        match arena.get(handle) {
            Ok(value) => assert_eq!((*value, frame + 1 >= time.frame), (frame, true)),
            Err(_) => counts.stale += 1,
        }
    }
    if kept.0.len() == KEPT_HANDLES {
        // Any of them, so that some are kept for long.
        let place = time.frame as usize * 7 % KEPT_HANDLES;
        kept.0.swap_remove_back(place);
    }
    if let Ok(handle) = arena.try_publish(time.frame) {
        kept.0.push_back((time.frame, handle));
    }
}

fn budget(random: &mut Random) -> Budget {
    match random.below(4) {
        0 => Budget::Refuse(random.below(200_000) as usize),
        1 => Budget::Warn(usize::MAX),
        _ => Budget::Unlimited,
    }
}

/// What may grow in a frame, and so may make heap calls.
fn growth(engine: &mut Engine) -> (usize, u32, u32) {
    let mut arena = engine.world_mut().resource_mut::<PhaseArena<phase::Update>>();
    let stats = arena.stats();
    (arena.threads().member_count(), stats.resizes, stats.block_count)
}

#[test]
fn ten_thousand_frames_neither_grow_nor_read_what_is_over() {
    let update = ArenaConfig { frames_in_flight: 2, ..ArenaConfig::default() };
    let config = EngineConfig { threads: MOST_THREADS, update, ..EngineConfig::default() };
    let mut engine = Engine::try_with_config(config).unwrap();
    let world = engine.world_mut();
    world.init_resource::<Burst>();
    world.init_resource::<Counts>();
    world.insert_resource(Kept(VecDeque::with_capacity(KEPT_HANDLES + 1)));
    engine.add_systems(phase::Update, (keep_handles, emit, emit_alone, read));

    let mut random = Random(7);
    let mut most_reserved = [0; 2];
    let (mut quiet_frames, mut thread_changes) = (0, 0);
    for frame in 0..FRAMES {
        let is_warm = frame >= WARM_FRAMES;
        let world = engine.world_mut();
        if random.below(40) == 0 {
            let count = 1 + random.below(MOST_THREADS as u64) as usize;
            world.insert_resource(Workers::try_new(count).unwrap());
            thread_changes += 1;
        }
        let mut may_refuse = false;
        if is_warm {
            let mut arena = world.resource_mut::<PhaseArena<phase::Update>>();
            if random.below(30) == 0 {
                arena.set_budget(budget(&mut random));
            }
            may_refuse = matches!(arena.threads().config().budget, Budget::Refuse(_));
        }
        let size = if is_warm { random.below(5) } else { 4 };
        world.insert_resource(Burst {
            jobs: MOST_JOBS * size as usize / 4,
            per_job: if is_warm { random.below(MOST_PER_JOB + 1) } else { MOST_PER_JOB },
            alone: size * 50,
            may_refuse,
        });
        let before = growth(&mut engine);
        let ran = engine.run_frame(TICK);
        let report: FrameReport = ran.unwrap_or_else(|error| panic!("{error}"));
        let grew = growth(&mut engine) != before || report.phases[0].stats.block_requests > 0;
        if is_warm && !grew {
            assert_eq!(report.heap.heap_calls, 0, "frame {frame}");
            quiet_frames += 1;
        }
        let half = usize::from(frame >= FRAMES / 2);
        most_reserved[half] = most_reserved[half].max(report.phases[0].stats.reserved_bytes);
    }
    let counts = engine.world().resource::<Counts>();
    assert!(quiet_frames > FRAMES * 9 / 10, "{quiet_frames} frames without growth");
    assert!(most_reserved[1] <= most_reserved[0], "{most_reserved:?} B reserved in each half");
    assert!(counts.read > FRAMES * 500 && counts.stale > FRAMES * 50);
    assert!(counts.refused > 0 && counts.joins_refused > 0 && thread_changes > 100);
    let members = engine.world().resource::<PhaseArena<phase::Update>>().threads().member_count();
    assert!(members <= 8 * MOST_THREADS, "{members} members");
}
