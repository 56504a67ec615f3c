//! Phases and the frame driver, from outside.
#![cfg(feature = "ecs")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bevy_ecs::error::FallbackErrorHandler;
use bevy_ecs::prelude::*;
use frame_arena::ecs::{
    Arena, Engine, EngineConfig, FrameError, Lifetime, Phase, PhaseArena, TickClock, Workers, phase,
};
use frame_arena::{ArenaConfig, ArenaMode, Budget, Handle, StaleHandle, heap};

#[path = "arena/panic_file.rs"]
mod panic_file;

use panic_file::panic_file;

#[global_allocator]
static HEAP: heap::Counting = heap::Counting::system();

const TICK: Duration = Duration::from_nanos(16_666_667);

#[derive(Resource, Default)]
struct Published(Option<Handle<u64>>);

#[derive(Resource, Default)]
struct Seen(Vec<Result<u64, StaleHandle>>);

fn publish_tick(arena: Arena<phase::Physics>, mut published: ResMut<Published>, mut n: Local<u64>) {
    *n += 1;
    published.0 = Some(arena.publish(*n));
}

fn read_last_tick(arena: Arena<phase::Physics>, published: Res<Published>, mut seen: ResMut<Seen>) {
    if let Some(handle) = published.0 {
        seen.0.push(arena.get(handle).copied());
    }
}

fn engine_with_ticks() -> Engine {
    let mut engine = Engine::new();
    engine.world_mut().init_resource::<Published>();
    engine.world_mut().insert_resource(Seen(Vec::with_capacity(100)));
    engine.add_systems(phase::Physics, publish_tick).add_systems(phase::Render, read_last_tick);
    engine
}

#[test]
fn render_reads_the_last_tick_also_in_a_frame_without_one() {
    let mut engine = engine_with_ticks();
    for elapsed in [TICK, Duration::ZERO, TICK * 3] {
        engine.run_frame(elapsed).unwrap();
    }
    assert_eq!(engine.world().resource::<Seen>().0, [Ok(1), Ok(1), Ok(4)]);
}

#[test]
fn a_frame_runs_as_many_ticks_as_time_has_passed_up_to_the_most() {
    let mut engine = engine_with_ticks();
    let ticks = [TICK / 2, TICK / 2 + Duration::from_nanos(1), TICK * 2, TICK * 100]
        .map(|elapsed| engine.run_frame(elapsed).unwrap().tick_count);
    assert_eq!(ticks, [0, 1, 2, 4]);
}

#[test]
fn time_beyond_the_most_ticks_is_dropped_and_reported() {
    let mut engine = engine_with_ticks();
    let report = engine.run_frame(TICK * 100).unwrap();
    assert_eq!(report.dropped, TICK * 96);
    assert_eq!(engine.run_frame(TICK).unwrap().dropped, Duration::ZERO);
}

#[test]
fn tick_figures_are_summed_over_a_frames_ticks() {
    let mut engine = engine_with_ticks();
    let report = engine.run_frame(TICK * 3).unwrap();
    let physics = report.phase("physics").unwrap();
    assert_eq!((physics.stats.alloc_count, physics.stats.used_bytes), (3, 24));
    let idle = engine.run_frame(Duration::ZERO).unwrap();
    assert_eq!(idle.phase("physics").unwrap().stats.alloc_count, 0);
}

#[test]
fn what_a_later_phase_allocates_is_in_the_figures_of_the_arena_that_it_took() {
    let mut engine = engine_with_ticks();
    engine.add_systems(
        phase::Render,
        |update: Arena<phase::Update>, physics: Arena<phase::Physics>| {
            update.alloc([0u64; 2]);
            physics.alloc(0u64);
        },
    );
    for (ticks, in_physics) in [(0, 8), (2, 24), (0, 8), (1, 16)] {
        let report = engine.run_frame(TICK * ticks).unwrap();
        assert_eq!(report.phase("update").unwrap().stats.used_bytes, 16);
        assert_eq!(report.phase("physics").unwrap().stats.used_bytes, in_physics);
    }
}

#[test]
fn what_is_allocated_after_a_new_budget_is_in_the_figures_too() {
    let mut engine = Engine::new();
    engine.add_systems(phase::Update, |arena: Arena<phase::Update>| _ = arena.alloc([0u64; 3]));
    engine.add_systems(phase::Render, |mut update: ResMut<PhaseArena<phase::Update>>| {
        update.set_budget(Budget::Refuse(100));
        update.threads().local().alloc(0u64);
    });
    for _ in 0..2 {
        let stats = engine.run_frame(TICK).unwrap().phase("update").unwrap().stats;
        assert_eq!((stats.used_bytes, stats.alloc_count), (24 + 8, 2));
    }
}

#[test]
fn a_handle_of_an_update_arena_is_stale_in_the_next_frame() {
    fn publish_once(arena: Arena<phase::Update>, mut published: ResMut<Published>) {
        if published.0.is_none() {
            published.0 = Some(arena.publish(7));
        }
    }
    fn read(arena: Arena<phase::Update>, published: Res<Published>, mut seen: ResMut<Seen>) {
        seen.0.extend(published.0.map(|handle| arena.get(handle).copied()));
    }
    let mut engine = Engine::new();
    engine.world_mut().init_resource::<Published>();
    engine.world_mut().init_resource::<Seen>();
    engine.add_systems(phase::Update, (publish_once, read).chain());
    engine.run_frame(TICK).unwrap();
    engine.run_frame(TICK).unwrap();
    let seen = &engine.world().resource::<Seen>().0;
    assert_eq!(seen[0], Ok(7));
    assert_eq!(seen[1].as_ref().unwrap_err().arena, "update");
}

#[test]
fn a_handle_of_one_phase_is_refused_by_another() {
    fn cross(update: Arena<phase::Update>, render: Arena<phase::Render>, mut seen: ResMut<Seen>) {
        seen.0.push(render.get(update.publish(1u64)).copied());
    }
    let mut engine = Engine::new();
    engine.world_mut().init_resource::<Seen>();
    engine.add_systems(phase::Update, cross);
    engine.run_frame(TICK).unwrap();
    assert!(engine.world().resource::<Seen>().0[0].is_err());
}

#[derive(Resource)]
struct PanicsLeft(u32);

fn panic_sometimes(arena: Arena<phase::Update>, mut left: ResMut<PanicsLeft>) {
    arena.alloc(1u64);
    if left.0 > 0 {
        left.0 -= 1;
        panic!("out of mana");
    }
}

static BEFORE: AtomicU32 = AtomicU32::new(0);
static AFTER: AtomicU32 = AtomicU32::new(0);

#[test]
fn a_panicking_system_is_named_and_the_next_frame_is_clean() {
    fn before() {
        BEFORE.fetch_add(1, Ordering::Relaxed);
    }
    fn after() {
        AFTER.fetch_add(1, Ordering::Relaxed);
    }
    let mut engine = Engine::new();
    engine.world_mut().insert_resource(PanicsLeft(1));
    engine.add_systems(phase::Update, (before, panic_sometimes, after).chain());
    let FrameError { failures, report } = engine.run_frame(TICK).unwrap_err();
    assert_eq!(failures.len(), 1);
    assert!(failures[0].system.ends_with("panic_sometimes"), "{}", failures[0].system);
    assert_eq!((failures[0].phase, &*failures[0].message), ("update", "panicked: out of mana"));
    assert_eq!(report.phase("update").unwrap().stats.alloc_count, 1);
    let clean = engine.run_frame(TICK).unwrap();
    assert_eq!(clean.phase("update").unwrap().stats.alloc_count, 1);
    // No system was skipped, in neither frame.
    assert_eq!((BEFORE.load(Ordering::Relaxed), AFTER.load(Ordering::Relaxed)), (2, 2));
}

#[test]
#[should_panic(expected = "schedule of the physics phase: schedule has 1 before/after cycle")]
fn a_schedule_that_cannot_be_built_names_its_phase() {
    fn one() {}
    fn other() {}
    let mut engine = Engine::new();
    engine.add_systems(phase::Physics, (one.before(other), other.before(one)));
    let _never = engine.run_frame(engine.tick_duration());
}

#[test]
fn an_error_of_a_system_is_reported_with_its_text() {
    fn fail() -> Result {
        Err("no such sound: boom.ogg")?
    }
    let mut engine = Engine::new();
    engine.add_systems(phase::Render, fail);
    let error = engine.run_frame(TICK).unwrap_err();
    assert_eq!(error.failures[0].phase, "render");
    assert_eq!(error.failures[0].message, "no such sound: boom.ogg");
    assert!(error.to_string().contains("the next frame begins clean"));
}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("bad drop");
    }
}

#[test]
fn a_value_that_panics_when_dropped_is_a_failure_of_its_phase() {
    fn leave_one(arena: Arena<phase::Render>, mut done: Local<bool>) {
        if !*done {
            arena.alloc_drop(PanicsWhenDropped);
        }
        *done = true;
    }
    let mut engine = Engine::new();
    engine.add_systems(phase::Render, leave_one);
    engine.run_frame(TICK).unwrap();
    let error = engine.run_frame(TICK).unwrap_err();
    assert_eq!(
        (error.failures[0].phase, &*error.failures[0].message),
        ("render", "panicked: bad drop")
    );
    engine.run_frame(TICK).unwrap();
}

#[test]
fn a_missing_arena_is_put_back() {
    let mut engine = engine_with_ticks();
    engine.run_frame(TICK).unwrap();
    engine.world_mut().remove_resource::<PhaseArena<phase::Physics>>().unwrap();
    engine.run_frame(TICK).unwrap();
    assert_eq!(engine.world().resource::<Seen>().0.last(), Some(&Ok(2)));
}

#[test]
fn a_tick_phases_missing_arena_is_put_back_in_a_frame_without_a_tick() {
    let mut engine = engine_with_ticks();
    engine.run_frame(TICK).unwrap();
    engine.world_mut().remove_resource::<PhaseArena<phase::Physics>>().unwrap();
    assert_eq!(engine.run_frame(Duration::ZERO).unwrap().tick_count, 0);
    assert!(engine.world().contains_resource::<PhaseArena<phase::Physics>>());
}

#[test]
fn missing_workers_and_error_handler_are_put_back() {
    fn fail(mut commands: Commands) {
        commands.queue(|_: &mut World| -> Result { Err("no mana".into()) });
    }
    let config = EngineConfig { threads: 3, ..EngineConfig::default() };
    let mut engine = Engine::try_with_config(config).unwrap();
    engine.world_mut().remove_resource::<Workers>().unwrap();
    engine.world_mut().remove_resource::<FallbackErrorHandler>().unwrap();
    // A command's failure reaches the handler, and bevy's own would panic.
    engine.add_systems(phase::Update, fail);
    assert_eq!(engine.run_frame(TICK).unwrap_err().failures.len(), 1);
    assert_eq!(engine.world().resource::<Workers>().thread_count(), 3);
}

#[test]
fn what_fails_after_a_system_despawned_all_is_reported_too() {
    fn despawn_all(world: &mut World) {
        let all: Vec<Entity> = world.query::<Entity>().iter(world).collect();
        all.into_iter().for_each(|entity| _ = world.despawn(entity));
    }
    let mut engine = Engine::new();
    engine.add_systems(phase::Update, despawn_all);
    engine.add_systems(phase::Render, |mut commands: Commands| {
        commands.queue(|_: &mut World| -> Result { Err("no mana".into()) });
    });
    let FrameError { failures, .. } = engine.run_frame(TICK).unwrap_err();
    assert_eq!(failures.last().unwrap().message, "no mana", "{failures:?}");
}

#[test]
fn a_value_that_panics_when_dropped_keeps_no_phase_in_its_old_mode() {
    let mut engine = engine_with_ticks();
    engine.add_systems(phase::Update, |arena: Arena<phase::Update>| {
        arena.alloc_drop(PanicsWhenDropped);
    });
    engine.run_frame(TICK).unwrap();
    let set_mode = AssertUnwindSafe(|| engine.set_mode(ArenaMode::PerObject));
    assert!(catch_unwind(set_mode).is_err());
    let render = engine.world().resource::<PhaseArena<phase::Render>>();
    assert_eq!(render.threads().config().mode, ArenaMode::PerObject);
}

fn queue_failure(world: &mut World, text: &'static str) {
    world.commands().queue(move |_: &mut World| -> Result { Err(text.into()) });
}

#[test]
fn what_fails_outside_a_frame_is_no_frames_failure() {
    let (mut one, mut two) = (Engine::new(), Engine::new());
    queue_failure(one.world_mut(), "one's own failure");
    one.world_mut().flush();
    two.run_frame(TICK).unwrap();
    one.run_frame(TICK).unwrap();
}

#[test]
fn a_frame_inside_a_frame_leaves_the_outer_ones_failures_to_it() {
    #[derive(Resource)]
    struct Inner(Engine);
    fn run_inner(world: &mut World) {
        queue_failure(world, "outer");
        world.flush();
        let mut inner = world.resource_mut::<Inner>();
        queue_failure(inner.0.world_mut(), "inner");
        inner.0.add_systems(phase::Update, |mut commands: Commands| {
            commands.queue(|_: &mut World| -> Result { Err("inner".into()) });
        });
        let FrameError { failures, .. } = inner.0.run_frame(TICK).unwrap_err();
        assert!(failures.iter().all(|failure| failure.message == "inner"), "{failures:?}");
    }
    let mut outer = Engine::new();
    outer.world_mut().insert_resource(Inner(Engine::new()));
    outer.add_systems(phase::Update, run_inner);
    let FrameError { failures, .. } = outer.run_frame(TICK).unwrap_err();
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_eq!(failures[0].message, "outer");
}

#[test]
fn swapped_arenas_take_their_handles_along() {
    let mut one = engine_with_ticks();
    let mut two = engine_with_ticks();
    one.run_frame(TICK).unwrap();
    two.run_frame(TICK).unwrap();
    let handle = one.world().resource::<Published>().0.unwrap();
    let mut ours = one.world_mut().resource_mut::<PhaseArena<phase::Physics>>();
    let mut theirs = two.world_mut().resource_mut::<PhaseArena<phase::Physics>>();
    std::mem::swap(&mut *ours, &mut *theirs);
    assert!(ours.threads().get(handle).is_err());
    assert_eq!(theirs.threads().get(handle), Ok(&1));
}

struct Audio;

impl Phase for Audio {
    const NAME: &'static str = "audio";
    const LIFETIME: Lifetime = Lifetime::Tick;
}

#[test]
fn a_users_tick_phase_runs_in_each_tick_where_it_was_put() {
    fn mix(arena: Arena<Audio>, published: Res<Published>) {
        arena.alloc(published.0);
    }
    let mut engine = engine_with_ticks();
    engine.try_add_phase::<Audio, phase::Render>(ArenaConfig::default()).unwrap();
    engine.add_systems(Audio, mix);
    let report = engine.run_frame(TICK * 2).unwrap();
    let names: Vec<_> = report.phases.iter().map(|phase| phase.name).collect();
    assert_eq!(names, ["update", "physics", "audio", "render"]);
    assert_eq!(report.phase("audio").unwrap().stats.alloc_count, 2);
}

#[derive(SystemSet, Clone, PartialEq, Eq, Hash, Debug)]
enum GameSystems {
    Input,
    Rules,
    Cheats,
}

#[derive(Resource, Default)]
struct Steps(Vec<&'static str>);

#[test]
fn sets_of_a_phase_have_an_order_and_conditions() {
    let step = |name| move |mut steps: ResMut<Steps>| steps.0.push(name);
    let mut engine = Engine::new();
    engine.world_mut().init_resource::<Steps>();
    let in_order = (GameSystems::Input, GameSystems::Cheats, GameSystems::Rules).chain();
    engine
        .add_systems(phase::Update, step("rules").in_set(GameSystems::Rules))
        .configure_sets(phase::Update, in_order)
        .configure_sets(phase::Update, GameSystems::Cheats.run_if(|| false))
        .add_systems(phase::Update, step("cheat").in_set(GameSystems::Cheats))
        .add_systems(phase::Update, step("input").in_set(GameSystems::Input))
        .add_systems(phase::Render, step("another phase's").in_set(GameSystems::Cheats));
    engine.run_frame(TICK).unwrap();
    assert_eq!(engine.world().resource::<Steps>().0, ["input", "rules", "another phase's"]);
}

/// bevy tells systems of it when so many ticks of changes have passed.
const TICKS_TO_CHECK: u32 = 518_400_000;

#[test]
fn a_system_that_waits_while_ticks_of_changes_come_round_sees_what_is_new() {
    #[derive(Component)]
    struct Wave;
    #[derive(Resource)]
    struct IsOpen(bool);
    #[derive(Resource)]
    struct TicksToPass(u32);
    #[derive(Resource, Default)]
    struct WaveCount(usize);
    fn pass_ticks(world: &mut World) {
        let count = world.resource::<TicksToPass>().0;
        (0..count).for_each(|_| _ = world.increment_change_tick());
    }
    fn count(waves: Query<(), Added<Wave>>, mut count: ResMut<WaveCount>) {
        count.0 += waves.iter().count();
    }
    let mut engine = Engine::new();
    engine.world_mut().insert_resource(IsOpen(false));
    engine.world_mut().init_resource::<WaveCount>();
    engine.add_systems(phase::Update, pass_ticks);
    engine.add_systems(phase::Update, count.before(pass_ticks).run_if(|open: Res<IsOpen>| open.0));
    let pass = |engine: &mut Engine, count| {
        engine.world_mut().insert_resource(TicksToPass(count));
        engine.run_frame(TICK).unwrap();
    };
    // A system that has never run counts as one that ran 2^32 ticks ago, less two checks.
    pass(&mut engine, 0);
    pass(&mut engine, TICKS_TO_CHECK);
    pass(&mut engine, TICKS_TO_CHECK / 2);
    engine.world_mut().spawn(Wave);
    pass(&mut engine, TICKS_TO_CHECK / 2 + 1_000);
    engine.world_mut().insert_resource(IsOpen(true));
    pass(&mut engine, 0);
    assert_eq!(engine.world().resource::<WaveCount>().0, 1);
}

#[test]
fn what_a_tick_phase_misses_of_removals_a_frame_phase_and_an_observer_see() {
    #[derive(Component)]
    struct Shield;
    /// Read by ticks, read by frames, observed.
    #[derive(Resource, Default)]
    struct Removals([usize; 3]);
    fn read<const N: usize>(mut shields: RemovedComponents<Shield>, mut seen: ResMut<Removals>) {
        seen.0[N] += shields.read().count();
    }
    let mut engine = Engine::new();
    engine.world_mut().init_resource::<Removals>();
    engine
        .world_mut()
        .add_observer(|_: On<Remove<Shield>>, mut seen: ResMut<Removals>| seen.0[2] += 1);
    engine.add_systems(phase::Physics, read::<0>).add_systems(phase::Update, read::<1>);
    for ticks_of_frames in [&[0, 1][..], &[0, 0, 1]] {
        let shield = engine.world_mut().spawn(Shield).id();
        engine.world_mut().despawn(shield);
        ticks_of_frames.iter().for_each(|&ticks| _ = engine.run_frame(TICK * ticks).unwrap());
    }
    assert_eq!(engine.world().resource::<Removals>().0, [1, 2, 2]);
}

fn allocate_much(arena: Arena<phase::Update>) {
    for n in 0..1_000u32 {
        arena.alloc_slice_from_iter(0..n % 50);
    }
}

#[test]
fn settled_frames_make_no_heap_call() {
    let mut engine = engine_with_ticks();
    engine.add_systems(phase::Update, allocate_much);
    let mut settled = Vec::with_capacity(8);
    for frame in 0..10 {
        let report = engine.run_frame(TICK).unwrap();
        if frame >= 2 {
            settled.push(report.heap.heap_calls);
        }
    }
    assert_eq!(settled, [0; 8]);
}

#[test]
fn per_object_mode_makes_a_heap_call_for_each_allocation() {
    let mut engine = engine_with_ticks();
    engine.add_systems(phase::Update, allocate_much);
    engine.run_frame(TICK).unwrap();
    engine.set_mode(ArenaMode::PerObject);
    engine.run_frame(TICK).unwrap();
    let report = engine.run_frame(TICK).unwrap();
    let update = report.phase("update").unwrap();
    assert_eq!(update.stats.alloc_count, 1_000);
    assert_eq!(update.heap.heap_calls, 1_000);
    assert_eq!(update.stats.block_count, 0);
    engine.set_mode(ArenaMode::Bump);
    engine.run_frame(TICK).unwrap();
    let report = engine.run_frame(TICK).unwrap();
    assert_eq!((report.heap.heap_calls, report.phases[0].stats.block_count), (0, 1));
}

/// It asked whoever added a phase twice to rename it.
#[test]
fn a_phase_added_twice_and_one_whose_name_is_taken_are_told_apart() {
    struct Audio;
    impl Phase for Audio {
        const NAME: &'static str = "update";
        const LIFETIME: Lifetime = Lifetime::Frame;
    }
    let add = |add: fn(&mut Engine, ArenaConfig)| {
        let adds = || add(&mut Engine::new(), ArenaConfig::default());
        *catch_unwind(adds).unwrap_err().downcast::<String>().unwrap()
    };
    let twice =
        add(|engine, config| _ = engine.try_add_phase::<phase::Update, phase::Render>(config));
    assert_eq!(twice, "the engine has this phase `update` already; add a phase once");
    let same_name = add(|engine, config| _ = engine.try_add_phase::<Audio, phase::Render>(config));
    assert_eq!(same_name, "the engine has another phase `update` already; rename yours");
}

/// All named a line of this crate.
#[test]
fn what_is_set_up_wrongly_panics_in_the_name_of_its_caller() {
    struct Audio;
    impl Phase for Audio {
        const NAME: &'static str = "update";
        const LIFETIME: Lifetime = Lifetime::Frame;
    }
    let good = EngineConfig::default();
    let three_in_flight = ArenaConfig { frames_in_flight: 3, ..good.update };
    let works: [&dyn Fn(); 9] = [
        &|| _ = Engine::new().add_systems(Audio, || {}),
        &|| _ = Engine::new().try_add_phase::<Audio, phase::Render>(good.update),
        &|| _ = Engine::new().try_add_phase::<phase::Update, Audio>(good.update),
        &|| _ = Engine::try_with_config(EngineConfig { tick: Duration::ZERO, ..good }),
        &|| _ = Engine::try_with_config(EngineConfig { threads: 0, ..good }),
        &|| _ = Engine::try_with_config(EngineConfig { render: three_in_flight, ..good }),
        &|| _ = PhaseArena::<Audio>::try_new(three_in_flight),
        &|| _ = TickClock::new(TICK, 0),
        &|| _ = Workers::try_new(0),
    ];
    for (number, work) in works.iter().enumerate() {
        assert_eq!(panic_file(work).as_deref(), Some(file!()), "work {number}");
    }
}
