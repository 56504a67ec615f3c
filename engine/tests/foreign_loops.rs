//! The arenas in loops that are not the engine's: plain schedules, and `bevy_app`'s.
#![cfg(feature = "ecs")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use bevy_ecs::prelude::*;
use bevy_ecs::resource::IsResource;
use bevy_ecs::schedule::SingleThreadedExecutor;
use bevy_ecs::system::RunSystemOnce;
use frame_arena::ecs::{
    Arena, EngineConfig, FrameReader, FrameWriter, Lifetime, Phase, PhaseArena, Workers,
    begin_frame, begin_tick, install_phase, install_with_config, order_hand_over, phase,
};
use frame_arena::{ArenaConfig, Budget, Handle, StaleHandle};

/// Handles that a system has published, and what became of them.
#[derive(Resource, Default)]
struct Published(Vec<Handle<u64>>);

fn publish<P: Phase>(arena: Arena<P>, mut published: ResMut<Published>) {
    let value = published.0.len() as u64;
    published.0.push(arena.publish(value));
}

fn state_of<P: Phase>(world: &World) -> Vec<Result<u64, StaleHandle>> {
    let arenas = world.resource::<PhaseArena<P>>().threads();
    world.resource::<Published>().0.iter().map(|handle| arenas.get(*handle).copied()).collect()
}

fn world_with(config: EngineConfig) -> World {
    let mut world = World::new();
    install_with_config(&mut world, config).unwrap();
    world.init_resource::<Published>();
    world
}

fn schedule() -> Schedule {
    let mut schedule = Schedule::default();
    schedule.set_executor(SingleThreadedExecutor::new());
    order_hand_over(&mut schedule);
    schedule
}

#[test]
fn install_puts_arenas_and_workers_into_the_world() {
    let mut world = world_with(EngineConfig { threads: 3, ..EngineConfig::default() });
    assert_eq!(world.resource::<Workers>().thread_count(), 3);
    assert!(world.resource_mut::<PhaseArena<phase::Physics>>().stats().reserved_bytes >= 1 << 20);
    assert_eq!(world.resource::<PhaseArena<phase::Render>>().threads().config().name, "render");
}

#[test]
fn begin_frame_forgets_frame_phases_and_begin_tick_tick_phases() {
    let mut world = world_with(EngineConfig::default());
    let mut update = schedule();
    update.add_systems(publish::<phase::Update>);
    update.run(&mut world);
    begin_tick(&mut world);
    assert_eq!(state_of::<phase::Update>(&world), [Ok(0)]);
    begin_frame(&mut world);
    assert!(state_of::<phase::Update>(&world)[0].is_err());

    world.resource_mut::<Published>().0.clear();
    let mut physics = schedule();
    physics.add_systems(publish::<phase::Physics>);
    physics.run(&mut world);
    begin_frame(&mut world);
    assert_eq!(state_of::<phase::Physics>(&world), [Ok(0)]);
    begin_tick(&mut world);
    assert!(state_of::<phase::Physics>(&world)[0].is_err());
}

struct Audio;

impl Phase for Audio {
    const NAME: &'static str = "audio";
    const LIFETIME: Lifetime = Lifetime::Tick;
}

#[test]
fn an_installed_phase_of_ones_own_begins_with_those_of_its_lifetime() {
    let mut world = world_with(EngineConfig::default());
    install_phase::<Audio>(&mut world, ArenaConfig::default()).unwrap();
    let mut mix = schedule();
    mix.add_systems(publish::<Audio>);
    mix.run(&mut world);
    begin_frame(&mut world);
    assert_eq!(state_of::<Audio>(&world), [Ok(0)]);
    begin_tick(&mut world);
    assert!(state_of::<Audio>(&world)[0].is_err());
}

#[test]
fn a_system_in_a_world_without_arenas_is_told_to_install() {
    fn write(_: FrameWriter<u32, phase::Update>) {}
    fn read(_: FrameReader<u32, phase::Update>) {}
    let world = &mut World::new();
    let errors = [
        world.run_system_once(|_: Arena<phase::Update>| ()).unwrap_err().to_string(),
        world.run_system_once(write).unwrap_err().to_string(),
        world.run_system_once(read).unwrap_err().to_string(),
    ];
    for (error, param) in errors.iter().zip(["Arena", "FrameWriter", "FrameReader"]) {
        assert!(error.contains(&format!("`{param}<")), "{error}");
        let text = "the world has no arena of the update phase; call `ecs::install`";
        assert!(error.contains(text), "{error}");
    }
    world.init_resource::<Published>();
    let audio = world.run_system_once(publish::<Audio>).unwrap_err().to_string();
    assert!(audio.contains("for a phase of your own `install_phase`"), "{audio}");
}

/// A phase by the name of another.
struct Namesake<const N: usize>;

impl<const N: usize> Phase for Namesake<N> {
    const NAME: &'static str = ["audio", "update", "physics", "render"][N];
    const LIFETIME: Lifetime = Lifetime::Frame;
}

#[test]
fn another_phase_of_the_same_name_is_refused_and_the_first_goes_on() {
    fn refusal<const N: usize>(world: &mut World) -> String {
        let install = || install_phase::<Namesake<N>>(world, ArenaConfig::default());
        let payload = catch_unwind(AssertUnwindSafe(install)).unwrap_err();
        assert!(!world.contains_resource::<PhaseArena<Namesake<N>>>());
        *payload.downcast::<String>().unwrap()
    }
    let mut world = world_with(EngineConfig::default());
    install_phase::<Audio>(&mut world, ArenaConfig::default()).unwrap();
    let refusals = [refusal::<0>, refusal::<1>, refusal::<2>, refusal::<3>];
    for (name, refusal) in ["audio", "update", "physics", "render"].into_iter().zip(refusals) {
        let text = format!("the world has another phase `{name}` already; rename yours");
        assert_eq!(refusal(&mut world), text);
    }
    let mut mix = schedule();
    mix.add_systems(publish::<Audio>);
    mix.run(&mut world);
    begin_tick(&mut world);
    assert!(state_of::<Audio>(&world)[0].is_err());
}

#[test]
fn a_phase_installed_again_is_configured_anew_and_begins_once() {
    let mut world = world_with(EngineConfig::default());
    for budget_bytes in [500, 1_000] {
        let budget = Budget::Refuse(budget_bytes);
        let config = ArenaConfig { budget, history_frames: 8, ..ArenaConfig::default() };
        install_phase::<Audio>(&mut world, config).unwrap();
    }
    (0..3).for_each(|_| begin_tick(&mut world));
    let arena = world.resource::<PhaseArena<Audio>>();
    assert_eq!(arena.threads().config().budget, Budget::Refuse(1_000));
    assert_eq!(arena.history().count(), 3);
}

#[test]
fn an_arena_that_somebody_took_out_is_put_back_as_it_was_configured() {
    let update = ArenaConfig { budget: Budget::Refuse(1_000), ..ArenaConfig::default() };
    let mut world = world_with(EngineConfig { update, ..EngineConfig::default() });
    world.remove_resource::<PhaseArena<phase::Update>>().unwrap();
    begin_frame(&mut world);
    let config = *world.resource::<PhaseArena<phase::Update>>().threads().config();
    assert_eq!((config.name, config.budget), ("update", Budget::Refuse(1_000)));

    // As first configured: what was set since goes with the arena.
    world.resource_mut::<PhaseArena<phase::Update>>().set_budget(Budget::Refuse(9_000));
    world.remove_resource::<PhaseArena<phase::Update>>().unwrap();
    begin_frame(&mut world);
    let arena = world.resource::<PhaseArena<phase::Update>>();
    assert_eq!(arena.threads().config().budget, Budget::Refuse(1_000));
}

#[test]
fn an_arena_of_a_tick_phase_is_put_back_in_a_frame_without_a_tick() {
    let mut world = world_with(EngineConfig::default());
    begin_tick(&mut world);
    world.remove_resource::<PhaseArena<phase::Physics>>().unwrap();
    begin_frame(&mut world);
    world.run_system_once(publish::<phase::Physics>).unwrap();
    assert_eq!(state_of::<phase::Physics>(&world), [Ok(0)]);
}

#[test]
fn every_entity_may_be_changed_beside_an_arena() {
    fn change(
        mut entities: Query<EntityMut, Without<IsResource>>,
        arena: Arena<phase::Update>,
        mut seen: FrameWriter<Entity, phase::Update>,
    ) {
        for mut entity in &mut entities {
            entity.get_mut::<Name>().unwrap().set(arena.alloc_str("orc").to_owned());
            seen.push(entity.id());
        }
    }
    fn count(seen: FrameReader<Entity, phase::Update>) -> Result {
        assert_eq!(seen.read()?.len(), 3);
        Ok(())
    }
    let mut world = world_with(EngineConfig::default());
    world.spawn_batch((0..3).map(|_| Name::new("nobody")));
    let mut schedule = schedule();
    schedule.add_systems((change, count));
    schedule.run(&mut world);
}

#[cfg(feature = "bevy_app")]
mod bevy_app {
    use super::*;

    use std::time::Duration;

    use ::bevy_app::MainScheduleOrder;
    use ::bevy_app::prelude::*;
    use bevy_ecs::message::MessageUpdateSystems;
    use bevy_ecs::schedule::{LogLevel, ScheduleBuildSettings, ScheduleLabel};
    use bevy_time::{Fixed, Time, TimePlugin, TimeUpdateStrategy};
    use frame_arena::ecs::{FrameArenaPlugin, FrameArenaSystems};

    type Writer<'w, 's, P> = FrameWriter<'w, 's, u64, P>;
    type Reader<'w, 's, P> = FrameReader<'w, 's, u64, P>;

    #[derive(Resource, Default)]
    struct Log(Vec<(&'static str, Vec<u64>)>);

    /// A fixed step of 10 ms, and frames as long as `frame`.
    fn app(config: EngineConfig, frame: Duration) -> App {
        let mut app = App::new();
        app.add_plugins((TimePlugin, FrameArenaPlugin { config, ..Default::default() }))
            .insert_resource(Time::<Fixed>::from_duration(Duration::from_millis(10)))
            .insert_resource(TimeUpdateStrategy::ManualDuration(frame))
            .init_resource::<Log>()
            .init_resource::<Published>();
        app
    }

    fn log(app: &App) -> &[(&'static str, Vec<u64>)] {
        &app.world().resource::<Log>().0
    }

    #[test]
    fn a_frames_memory_lives_from_first_to_the_next_first() {
        let mut app = app(EngineConfig::default(), Duration::ZERO);
        app.add_systems(First, publish::<phase::Update>.after(FrameArenaSystems::Begin))
            .add_systems(Last, publish::<phase::Update>.after(FrameArenaSystems::End));
        app.update();
        assert_eq!(state_of::<phase::Update>(app.world()), [Ok(0), Ok(1)]);
        app.update();
        let state = state_of::<phase::Update>(app.world());
        assert!(state[0].is_err() && state[1].is_err());
        assert_eq!(state[2..], [Ok(2), Ok(3)]);
    }

    #[test]
    fn a_steps_memory_lives_to_the_next_step_and_over_frames_without_one() {
        // Time passes from the second frame on: steps in frames 3, 5, 7.
        let mut app = app(EngineConfig::default(), Duration::from_millis(5));
        app.add_systems(FixedUpdate, publish::<phase::Physics>);
        let mut alive = Vec::new();
        for _ in 0..7 {
            app.update();
            let state = state_of::<phase::Physics>(app.world());
            alive.push((state.len(), state.iter().filter(|state| state.is_ok()).count()));
        }
        assert_eq!(alive, [(0, 0), (0, 0), (1, 1), (1, 1), (2, 1), (2, 1), (3, 1)]);
    }

    #[test]
    fn systems_of_all_of_bevys_schedules_write_before_they_read() {
        fn write(mut values: Writer<phase::Update>) {
            values.push(7);
        }
        fn read(values: Reader<phase::Update>) -> Result {
            assert_eq!(values.read()?, [7]);
            Ok(())
        }
        let mut app = app(EngineConfig::default(), Duration::from_millis(10));
        app.add_systems(Update, (read, write)).add_systems(PostUpdate, read);
        (0..5).for_each(|_| app.update());
    }

    #[test]
    fn what_startup_made_is_forgotten_in_the_first_update_but_for_read_last() {
        fn write(mut values: Writer<phase::Update>) {
            values.push(7);
        }
        fn read(values: Reader<phase::Update>, mut log: ResMut<Log>) -> Result {
            log.0.push(("present", values.read()?.to_vec()));
            log.0.push(("last", values.read_last()?.to_vec()));
            Ok(())
        }
        let update = ArenaConfig { frames_in_flight: 2, ..ArenaConfig::default() };
        let config = EngineConfig { update, ..EngineConfig::default() };
        let mut app = app(config, Duration::ZERO);
        app.add_systems(Startup, (write, publish::<phase::Update>)).add_systems(Update, read);
        app.add_systems(Startup, publish::<phase::Render>).update();
        assert_eq!(log(&app), [("present", vec![]), ("last", vec![7])]);
        assert!(state_of::<phase::Render>(app.world()).iter().all(Result::is_err));
    }

    /// The fixed loop runs before `Update`.
    #[test]
    fn what_update_wrote_is_read_by_the_next_frames_steps() {
        fn write(mut values: Writer<phase::Update>, mut frame: Local<u64>) {
            *frame += 1;
            values.push(*frame);
        }
        fn step(values: Reader<phase::Update>, mut log: ResMut<Log>) -> Result {
            log.0.push(("step", values.read_last()?.to_vec()));
            Ok(())
        }
        fn update(values: Reader<phase::Update>, mut log: ResMut<Log>) -> Result {
            log.0.push(("update", values.read()?.to_vec()));
            Ok(())
        }
        let update_arena = ArenaConfig { frames_in_flight: 2, ..ArenaConfig::default() };
        let config = EngineConfig { update: update_arena, ..EngineConfig::default() };
        let mut app = app(config, Duration::from_millis(20));
        app.add_systems(FixedUpdate, step).add_systems(Update, (write, update));
        (0..3).for_each(|_| app.update());
        let step = |frame| ("step", vec![frame]);
        let update = |frame| ("update", vec![frame]);
        // No time has passed in the first frame.
        let expected = [update(1), step(1), step(1), update(2), step(2), step(2), update(3)];
        assert_eq!(log(&app), expected);
    }

    #[test]
    #[should_panic(expected = "was read in this frame or tick already")]
    fn a_step_that_reads_this_frames_update_fails_the_writer() {
        fn write(mut values: Writer<phase::Update>) {
            values.push(1);
        }
        fn step(values: Reader<phase::Update>) -> Result {
            assert_eq!(values.read()?, [0; 0]);
            Ok(())
        }
        let mut app = app(EngineConfig::default(), Duration::from_millis(10));
        app.add_systems(FixedUpdate, step).add_systems(Update, write);
        (0..3).for_each(|_| app.update());
    }

    #[test]
    fn an_app_that_refuses_systems_without_an_order_takes_the_plugin() {
        let mut app = app(EngineConfig::default(), Duration::from_millis(10));
        app.add_systems(First, publish::<phase::Update>.after(MessageUpdateSystems))
            .add_systems(FixedFirst, publish::<phase::Physics>);
        app.configure_schedules(ScheduleBuildSettings {
            ambiguity_detection: LogLevel::Error,
            ..ScheduleBuildSettings::default()
        });
        (0..3).for_each(|_| app.update());
        let state = state_of::<phase::Update>(app.world());
        assert_eq!(state.iter().filter(|state| state.is_ok()).count(), 1);
    }

    #[test]
    fn the_plugin_takes_what_is_installed() {
        let mut app = App::new();
        let update = ArenaConfig { budget: Budget::Refuse(77), ..ArenaConfig::default() };
        let config = EngineConfig { update, ..EngineConfig::default() };
        install_with_config(app.world_mut(), config).unwrap();
        install_phase::<Audio>(app.world_mut(), ArenaConfig::default()).unwrap();
        app.init_resource::<Published>()
            .add_plugins(FrameArenaPlugin::default())
            .add_systems(Update, publish::<Audio>);
        app.update();
        let arena = app.world().resource::<PhaseArena<phase::Update>>();
        assert_eq!(arena.threads().config().budget, Budget::Refuse(77));
        assert_eq!(state_of::<Audio>(app.world()), [Ok(0)]);
    }

    #[test]
    fn the_plugin_makes_up_for_an_install_that_was_refused() {
        let mut app = App::new();
        let physics = ArenaConfig { history_frames: usize::MAX, ..ArenaConfig::default() };
        let config = EngineConfig { physics, ..EngineConfig::default() };
        let error = install_with_config(app.world_mut(), config).unwrap_err().to_string();
        let count = usize::MAX.to_string();
        assert!(error.contains(&count) && error.ends_with("lower history_frames"), "{error}");
        app.init_resource::<Published>()
            .add_plugins(FrameArenaPlugin::default())
            .add_systems(Update, publish::<phase::Render>);
        app.update();
        assert_eq!(state_of::<phase::Render>(app.world()), [Ok(0)]);
    }

    #[test]
    fn a_phase_of_ones_own_before_the_plugin_leaves_the_others_to_it() {
        let mut app = App::new();
        install_phase::<Audio>(app.world_mut(), ArenaConfig::default()).unwrap();
        let config = EngineConfig { threads: 2, ..EngineConfig::default() };
        app.init_resource::<Published>()
            .add_plugins(FrameArenaPlugin { config, ..Default::default() })
            .add_systems(Update, (publish::<Audio>, publish::<phase::Update>).chain());
        app.update();
        assert_eq!(app.world().resource::<Workers>().thread_count(), 2);
        assert_eq!(state_of::<phase::Update>(app.world())[1], Ok(1));
    }

    #[test]
    fn an_app_without_bevys_schedules_is_told_to_install() {
        let without_first = |app: &mut App| {
            let mut order = app.world_mut().resource_mut::<MainScheduleOrder>();
            order.labels.retain(|label| *label != First.intern());
        };
        let mut apps = [App::empty(), App::new()];
        without_first(&mut apps[1]);
        for app in &mut apps {
            let add = || _ = app.add_plugins(FrameArenaPlugin::default());
            let payload = catch_unwind(AssertUnwindSafe(add)).unwrap_err();
            let text = payload.downcast_ref::<&str>().unwrap();
            assert!(text.contains("call `ecs::install` with its world"), "{text}");
        }
    }
}
