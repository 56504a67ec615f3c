//! What does it cost to collect 30,000 of 100,000 items from several threads into one slice?
//!
//! `cargo run --release -p frame-arena-benches --features handover --bin handover [threads]`
//!
//! Each arm is a frame: begin, a system that looks at every item and hands three of ten over, a
//! system that takes them as one slice. The arms take turns, frame by frame; the figures are the
//! fewest and the median microseconds, the heap calls of a frame, and whether the order is fixed.
//!
//! The exit code is 1 if an arm of ours takes more than 150 us.
//!
//! What this does not show: work per item, which hides the cost of collecting, and branches that
//! cannot be predicted, of which there are none here.

use std::error::Error;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;

use bevy_ecs::prelude::*;
use bevy_ecs::schedule::SingleThreadedExecutor;
use bevy_utils::Parallel;
use frame_arena::ecs::{
    EngineConfig, FrameReader, FrameWriter, Workers, begin_frame, install_with_config,
    order_hand_over, phase,
};
use frame_arena::heap;
use rayon::prelude::*;

#[global_allocator]
static HEAP: heap::Counting = heap::Counting::system();

const ITEM_COUNT: u32 = 100_000;
const HIT_COUNT: usize = 30_000;
const JOB_COUNT: usize = 16;
const WARM_FRAMES: usize = 100;
const FRAMES: usize = 600;
/// The most that the issue allows an arm of ours, in microseconds.
const MOST_US: f64 = 150.0;

#[derive(Component, Clone, Copy)]
struct Item {
    number: u32,
    /// Keys that do not grow along the query.
    scrambled: u32,
    depth: f32,
    is_hit: bool,
}

/// 16 bytes, as a contact or a draw command.
#[derive(Clone, Copy)]
struct Hit {
    number: u32,
    depth: f32,
    _normal: [f32; 2],
}

impl Item {
    fn new(number: u32) -> Self {
        let scrambled = number.wrapping_mul(7_919) % ITEM_COUNT;
        Self { number, scrambled, depth: number as f32, is_hit: number % 10 < 3 }
    }

    #[inline(always)]
    fn hit(&self) -> Option<Hit> {
        let Self { number, depth, is_hit, .. } = *self;
        is_hit.then_some(Hit { number, depth, _normal: [depth, 1.0] })
    }
}

type Hits<'w, 's> = FrameWriter<'w, 's, Hit, phase::Update>;

/// Where the arms that use no arena collect.
#[derive(Resource, Default)]
struct Kept(Vec<Hit>);

#[derive(Resource, Default)]
struct KeptParallel(Parallel<Vec<Hit>>);

#[derive(Resource, Default)]
struct KeptMutex(Mutex<Vec<Hit>>);

/// How many hits the last frame had, and what the first was.
#[derive(Resource, Default)]
struct Taken(usize, Option<(u32, f32)>);

fn note(mut taken: ResMut<Taken>, hits: &[Hit]) {
    *taken = Taken(hits.len(), hits.first().map(|hit| (hit.number, hit.depth)));
}

// ---- ours ----

fn push(items: Query<&Item>, mut hits: Hits) {
    items.iter().filter_map(Item::hit).for_each(|hit| hits.push(hit));
}

fn push_by_par_iter(items: Query<&Item>, hits: Hits) {
    items.par_iter().for_each_init(
        || hits.local(),
        |hits, item| {
            if let Some(hit) = item.hit() {
                hits.push_keyed(item.number.into(), hit);
            }
        },
    );
}

/// The bits of entities shrink along the query.
fn push_entities_by_par_iter(items: Query<(Entity, &Item)>, hits: Hits) {
    items.par_iter().for_each_init(
        || hits.local(),
        |hits, (entity, item)| {
            if let Some(hit) = item.hit() {
                hits.push_keyed(entity.to_bits(), hit);
            }
        },
    );
}

fn push_scrambled_by_par_iter(items: Query<&Item>, hits: Hits) {
    items.par_iter().for_each_init(
        || hits.local(),
        |hits, item| {
            if let Some(hit) = item.hit() {
                hits.push_keyed(item.scrambled.into(), hit);
            }
        },
    );
}

/// The items of one job, as one run of the table.
fn run_of<'a>(items: &'a Query<&'static Item>, job: usize) -> &'a [Item] {
    let table = items.contiguous_iter().ok().and_then(|mut runs| runs.next()).unwrap_or_default();
    let len = table.len().div_ceil(JOB_COUNT);
    table.chunks(len).nth(job).unwrap_or_default()
}

fn push_by_workers(items: Query<&'static Item>, workers: Res<Workers>, hits: Hits) {
    workers.for_each(JOB_COUNT, |job| {
        let mut hits = hits.local();
        let found = run_of(&items, job).iter().filter_map(Item::hit);
        found.for_each(|hit| hits.push_keyed(job as u64, hit));
    });
}

fn read(hits: FrameReader<Hit, phase::Update>, taken: ResMut<Taken>) -> Result {
    note(taken, hits.read()?);
    Ok(())
}

// ---- the others ----

fn collect_kept(items: Query<&Item>, mut kept: ResMut<Kept>) {
    kept.0.clear();
    items.iter().filter_map(Item::hit).for_each(|hit| kept.0.push(hit));
}

fn collect_parallel(items: Query<&Item>, kept: Res<KeptParallel>) {
    items
        .par_iter()
        .for_each_init(|| kept.0.borrow_local_mut(), |hits, item| hits.extend(item.hit()));
}

fn drain_parallel(mut from: ResMut<KeptParallel>, mut kept: ResMut<Kept>) {
    kept.0.clear();
    from.0.drain_into(&mut kept.0);
}

fn collect_mutex(items: Query<&Item>, mut kept: ResMut<KeptMutex>) {
    kept.0.get_mut().expect("no arm panics").clear();
    let kept = &*kept;
    items.par_iter().for_each(|item| {
        if let Some(hit) = item.hit() {
            kept.0.lock().expect("no arm panics").push(hit);
        }
    });
}

fn read_mutex(mut kept: ResMut<KeptMutex>, taken: ResMut<Taken>) {
    note(taken, kept.0.get_mut().expect("no arm panics"));
}

fn collect_rayon(items: Query<&'static Item>, mut kept: ResMut<Kept>) {
    let runs = (0..JOB_COUNT).into_par_iter().map(|job| run_of(&items, job));
    kept.0 = runs.flat_map_iter(|run| run.iter().filter_map(Item::hit)).collect();
}

fn read_kept(kept: Res<Kept>, taken: ResMut<Taken>) {
    note(taken, &kept.0);
}

struct Arm {
    place: usize,
    name: &'static str,
    order: &'static str,
    is_ours: bool,
    frame: Schedule,
    heap_calls: u64,
    us: Vec<f64>,
}

fn arm<M>(
    name: &'static str,
    order: &'static str,
    systems: impl IntoScheduleConfigs<bevy_ecs::system::ScheduleSystem, M>,
) -> Arm {
    let mut frame = Schedule::default();
    frame.set_executor(SingleThreadedExecutor::new());
    order_hand_over(&mut frame).add_systems(systems);
    let us = Vec::with_capacity(FRAMES);
    Arm {
        place: 0,
        name,
        order,
        is_ours: name.starts_with("FrameWriter"),
        frame,
        heap_calls: 0,
        us,
    }
}

fn arms() -> [Arm; 9] {
    [
        arm("FrameWriter, one system", "push", (push, read)),
        arm("FrameWriter, Workers", "job, push", (push_by_workers, read)),
        arm("FrameWriter, par_iter", "key", (push_by_par_iter, read)),
        arm("FrameWriter, par_iter, entities as keys", "key", (push_entities_by_par_iter, read)),
        arm("FrameWriter, par_iter, scrambled keys", "key", (push_scrambled_by_par_iter, read)),
        arm("kept Vec, one system", "push", (collect_kept, read_kept).chain()),
        arm(
            "bevy_utils::Parallel, drain_into",
            "none",
            (collect_parallel, drain_parallel, read_kept).chain(),
        ),
        arm("Mutex<Vec>, par_iter", "none", (collect_mutex, read_mutex).chain()),
        arm("rayon collect", "item", (collect_rayon, read_kept).chain()),
    ]
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let threads: usize = std::env::args().nth(1).map_or(Ok(2), |n| n.parse())?;
    // bevy shares a query's items out only if its pool has two threads.
    bevy_tasks::ComputeTaskPool::get_or_init(|| {
        bevy_tasks::TaskPoolBuilder::new().num_threads(threads).build()
    });
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let mut world = World::new();
    install_with_config(&mut world, EngineConfig { threads, ..EngineConfig::default() })?;
    world.init_resource::<Kept>();
    world.init_resource::<KeptParallel>();
    world.init_resource::<KeptMutex>();
    world.init_resource::<Taken>();
    world.spawn_batch((0..ITEM_COUNT).map(Item::new));
    let mut arms = arms();
    (0..).zip(&mut arms).for_each(|(place, arm)| arm.place = place);
    for frame in 0..WARM_FRAMES + FRAMES {
        // Each arm comes behind each other, since one leaves threads awake and caches warm.
        arms.rotate_left(1 + frame % 3);
        for arm in &mut arms {
            let heap_before = heap::total_counts();
            let started = Instant::now();
            begin_frame(&mut world);
            arm.frame.run(&mut world);
            let us = started.elapsed().as_secs_f64() * 1e6;
            let Taken(count, first) = *world.resource();
            assert_eq!((count, first.is_some()), (HIT_COUNT, true), "{}", arm.name);
            if frame >= WARM_FRAMES {
                arm.us.push(us);
                arm.heap_calls += (heap::total_counts() - heap_before).heap_calls;
            }
        }
        world.clear_trackers();
    }
    let is_met = print(&mut arms, threads);
    Ok(if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints the table, and says whether ours are fast enough.
fn print(arms: &mut [Arm], threads: usize) -> bool {
    let mut is_met = true;
    println!("{HIT_COUNT} of {ITEM_COUNT} items of 16 B, {threads} threads, {FRAMES} frames\n");
    println!("| arm | least us | median us | heap calls a frame | order |");
    println!("|---|---|---|---|---|");
    arms.sort_unstable_by_key(|arm| arm.place);
    for arm in arms {
        arm.us.sort_unstable_by(f64::total_cmp);
        let (least, median) = (arm.us[0], arm.us[FRAMES / 2]);
        let heap_calls = arm.heap_calls as f64 / FRAMES as f64;
        let is_over = arm.is_ours && least > MOST_US;
        is_met &= !is_over;
        let over = if is_over { ", missed" } else { "" };
        let Arm { name, order, .. } = arm;
        println!("| {name} | {least:.0}{over} | {median:.0} | {heap_calls:.1} | {order} |");
    }
    is_met
}
