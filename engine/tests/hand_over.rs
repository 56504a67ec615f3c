//! `FrameWriter` and `FrameReader`, from outside.
#![cfg(feature = "ecs")]

use std::cell::RefCell;
use std::time::Duration;

use bevy_ecs::prelude::*;
use bevy_ecs::resource::IsResource;
use bevy_ecs::schedule::{ApplyDeferred, ScheduleBuildSettings, SingleThreadedExecutor};
use bevy_ecs::system::{RunSystemOnce, SystemState};
use frame_arena::ecs::{
    Engine, EngineConfig, Executor, FrameReader, FrameWriter, HandOverError, Lifetime, Phase,
    PhaseArena, Workers, begin_frame, install, install_with_config, order_hand_over, phase,
};
use frame_arena::{ArenaConfig, Budget, SliceHandle, heap};

#[global_allocator]
static HEAP: heap::Counting = heap::Counting::system();

const TICK: Duration = Duration::from_nanos(16_666_667);

type Writer<'w, 's, T> = FrameWriter<'w, 's, T, phase::Update>;
type Reader<'w, 's, T> = FrameReader<'w, 's, T, phase::Update>;

/// Not `Copy`, not `Clone`: it moves.
#[derive(Debug, PartialEq)]
struct Hit(u64);

/// What the reading systems have seen.
#[derive(Resource, Default)]
struct Seen(Vec<Result<Vec<u64>, HandOverError>>);

fn values(hits: Result<&[Hit], HandOverError>) -> Result<Vec<u64>, HandOverError> {
    hits.map(|hits| hits.iter().map(|hit| hit.0).collect())
}

fn see(hits: Reader<Hit>, mut seen: ResMut<Seen>) {
    seen.0.push(values(hits.read()));
}

fn see_last(hits: Reader<Hit>, mut seen: ResMut<Seen>) {
    seen.0.push(values(hits.read_last()));
}

fn write<const FROM: u64>(mut hits: Writer<Hit>) {
    hits.extend((FROM..FROM + 3).map(Hit));
}

fn executors() -> Vec<Executor> {
    vec![
        Executor::Serial,
        #[cfg(feature = "multi_threaded")]
        Executor::Parallel,
    ]
}

fn engine(executor: Executor, config: ArenaConfig) -> Engine {
    let config = EngineConfig { executor, threads: 3, update: config, ..EngineConfig::default() };
    let mut engine = Engine::try_with_config(config).unwrap();
    engine.world_mut().init_resource::<Seen>();
    engine
}

fn in_flight() -> ArenaConfig {
    ArenaConfig { frames_in_flight: 2, ..ArenaConfig::default() }
}

fn seen(engine: &Engine) -> &[Result<Vec<u64>, HandOverError>] {
    &engine.world().resource::<Seen>().0
}

#[test]
fn values_come_by_system_as_added_and_then_by_push() {
    for executor in executors() {
        let mut engine = engine(executor, ArenaConfig::default());
        // The reader first: the engine orders it behind the writers.
        engine.add_systems(phase::Update, (see, write::<20>, write::<10>, see));
        engine.add_systems(phase::Update, write::<0>);
        for frame in 0..50 {
            engine.run_frame(TICK).unwrap();
            let expected = Ok(vec![20, 21, 22, 10, 11, 12, 0, 1, 2]);
            assert_eq!(seen(&engine)[frame * 2..], [expected.clone(), expected], "{executor:?}");
        }
    }
}

#[test]
fn order_given_by_hand_does_not_change_the_order_of_values() {
    let mut engine = engine(Executor::Serial, ArenaConfig::default());
    engine.add_systems(phase::Update, (write::<0>.after(write::<10>), write::<10>, see));
    engine.run_frame(TICK).unwrap();
    assert_eq!(seen(&engine)[0], Ok(vec![0, 1, 2, 10, 11, 12]));
}

#[derive(Component)]
struct Body(u64);

fn spawn_bodies(engine: &mut Engine, keys: impl Iterator<Item = u64>) {
    // In many tables, so in many batches.
    #[derive(Component)]
    struct Tag<const N: usize>;
    for (key, n) in keys.zip(0..) {
        let mut body = engine.world_mut().spawn(Body(key));
        match n % 4 {
            0 => drop(body.insert(Tag::<0>)),
            1 => drop(body.insert(Tag::<1>)),
            2 => drop(body.insert((Tag::<0>, Tag::<1>))),
            _ => {}
        }
    }
}

fn write_in_batches(bodies: Query<&Body>, hits: Writer<Hit>) {
    bodies.par_iter().for_each_init(
        || hits.local(),
        |hits, body| {
            if body.0.is_multiple_of(3) {
                hits.push_keyed(body.0, Hit(body.0));
            }
        },
    );
}

fn write_by_workers(workers: Res<Workers>, hits: Writer<Hit>) {
    workers.for_each(40, |job| {
        let mut hits = hits.local();
        (0..job as u64).for_each(|n| hits.push_keyed(job as u64, Hit(job as u64 * 100 + n)));
    });
}

#[test]
fn batches_of_a_query_are_read_by_key() {
    let expected: Vec<u64> = (0..5_000).filter(|n| n % 3 == 0).collect();
    for executor in executors() {
        let mut engine = engine(executor, ArenaConfig::default());
        spawn_bodies(&mut engine, (0..5_000).map(|n| n * 7 % 5_000));
        engine.add_systems(phase::Update, (write_in_batches, see));
        for frame in 0..20 {
            engine.run_frame(TICK).unwrap();
            assert_eq!(seen(&engine)[frame], Ok(expected.clone()), "{executor:?}");
        }
    }
}

#[test]
fn jobs_of_workers_are_read_by_job_and_push() {
    let expected: Vec<u64> = (0..40).flat_map(|job| (0..job).map(move |n| job * 100 + n)).collect();
    for executor in executors() {
        let mut engine = engine(executor, ArenaConfig::default());
        engine.add_systems(phase::Update, (write_by_workers, see));
        for threads in [1, 2, 5, 3] {
            engine.world_mut().insert_resource(Workers::try_new(threads).unwrap());
            (0..20).for_each(|_| drop(engine.run_frame(TICK).unwrap()));
        }
        assert!(seen(&engine).iter().all(|seen| *seen == Ok(expected.clone())), "{executor:?}");
    }
}

#[test]
fn values_with_a_key_come_behind_those_without_and_ties_by_system() {
    fn keyed<const BASE: u64>(mut hits: Writer<Hit>) {
        for (key, value) in [(5, 0), (2, 1), (5, 2), (u64::MAX, 3), (0, 4)] {
            hits.push_keyed(key, Hit(BASE + value));
        }
        hits.push(Hit(BASE + 9));
    }
    let mut engine = engine(Executor::Serial, ArenaConfig::default());
    engine.add_systems(phase::Update, (keyed::<10>, keyed::<0>, see));
    engine.run_frame(TICK).unwrap();
    let by_key = [14, 4, 11, 1, 10, 12, 0, 2, 13, 3];
    assert_eq!(seen(&engine)[0], Ok([&[19, 9], &by_key[..]].concat()));
}

/// As the bits of bevy's entities do along a table.
#[test]
fn falling_keys_are_read_by_key_and_ties_by_push() {
    fn write_falling(mut hits: Writer<Hit>) {
        [9, 7, 7, 5].into_iter().zip(0..).for_each(|(key, n)| hits.push_keyed(key, Hit(n)));
    }
    fn write_entities(bodies: Query<(Entity, &Body)>, hits: Writer<Hit>) {
        bodies.par_iter().for_each_init(
            || hits.local(),
            |hits, (entity, body)| hits.push_keyed(entity.to_bits(), Hit(body.0)),
        );
    }
    let mut engine = engine(Executor::Serial, ArenaConfig::default());
    let bodies = engine.world_mut().spawn_batch((4..5_000).map(Body)).collect::<Vec<_>>();
    assert!(bodies.is_sorted_by(|a, b| a.to_bits() > b.to_bits()), "what the test is about");
    engine.add_systems(phase::Update, (write_falling, write_entities, see));
    engine.run_frame(TICK).unwrap();
    let expected = [3, 1, 2, 0].into_iter().chain((4..5_000).rev()).collect();
    assert_eq!(seen(&engine)[0], Ok(expected));
}

/// Against `sort_by_key`, for pieces that follow each other and for pieces that do not.
#[test]
fn any_keys_are_read_as_a_stable_sort_puts_them() {
    #[derive(Resource)]
    struct Batches(Vec<Vec<u64>>);
    fn write_all(batches: Res<Batches>, workers: Res<Workers>, hits: Writer<Hit>) {
        workers.for_each(batches.0.len(), |n| {
            let mut hits = hits.local();
            batches.0[n].iter().for_each(|key| hits.push_keyed(*key, Hit(*key)));
        });
    }
    let mut engine = engine(Executor::Serial, ArenaConfig::default());
    engine.add_systems(phase::Update, (write_all, see));
    let mut random = 1u64;
    let mut draw = move || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        random >> 33
    };
    for case in 0..200 {
        let mut keys: Vec<u64> = (0..draw() % 400).map(|_| draw() << (case % 34)).collect();
        keys.sort_unstable();
        keys.dedup();
        let expected = keys.clone();
        match case % 4 {
            0 => (1..keys.len()).for_each(|n| keys.swap(n, draw() as usize % (n + 1))),
            1 => keys.reverse(),
            _ => {}
        }
        let mut batches: Vec<_> =
            keys.chunks(1 + draw() as usize % 50).map(<[u64]>::to_vec).collect();
        if case % 4 == 2 {
            batches.iter_mut().for_each(|batch| batch.reverse());
        }
        engine.world_mut().insert_resource(Batches(batches));
        engine.run_frame(TICK).unwrap();
        assert_eq!(seen(&engine)[case], Ok(expected), "case {case}");
    }
}

#[test]
fn a_key_of_two_batches_is_an_error_that_names_it() {
    fn collide(workers: Res<Workers>, hits: Writer<Hit>) {
        workers.for_each(2, |_| hits.local().push_keyed(7, Hit(7)));
    }
    fn collide_out_of_order(workers: Res<Workers>, hits: Writer<Hit>) {
        workers.for_each(2, |job| {
            let mut hits = hits.local();
            for key in [9 + job as u64, 7, 8 - job as u64] {
                hits.push_keyed(key, Hit(key));
            }
        });
    }
    fn collide_falling(workers: Res<Workers>, hits: Writer<Hit>) {
        workers.for_each(2, |job| {
            let mut hits = hits.local();
            for key in [9 - job as u64 * 2, 8 - job as u64 * 2, 7 - job as u64 * 2] {
                hits.push_keyed(key, Hit(key));
            }
        });
    }
    for n in 0..3 {
        let mut engine = engine(Executor::Serial, ArenaConfig::default());
        match n {
            0 => engine.add_systems(phase::Update, (collide, see)),
            1 => engine.add_systems(phase::Update, (collide_falling, see)),
            _ => engine.add_systems(phase::Update, (collide_out_of_order, see)),
        };
        engine.run_frame(TICK).unwrap();
        let error = seen(&engine)[0].clone().unwrap_err();
        assert!(matches!(error, HandOverError::SameKey { key: 7, .. }), "{error}");
        assert!(error.to_string().contains("give each value a key of its own"), "{error}");
    }
}

/// Without the engine's order.
fn schedule_of<M>(
    systems: impl IntoScheduleConfigs<bevy_ecs::system::ScheduleSystem, M>,
) -> (World, Schedule) {
    let mut world = World::new();
    install(&mut world).unwrap();
    world.init_resource::<Seen>();
    let mut schedule = Schedule::default();
    schedule.set_executor(SingleThreadedExecutor::new()).add_systems(systems);
    (world, schedule)
}

fn failures(world: &mut World, schedule: &mut Schedule) -> Vec<String> {
    thread_local!(static FAILED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) });
    world.insert_resource(bevy_ecs::error::FallbackErrorHandler(|error, _| {
        FAILED.with_borrow_mut(|failed| failed.push(error.to_string()));
    }));
    begin_frame(world);
    schedule.run(world);
    FAILED.take()
}

#[test]
fn a_reader_without_a_sync_point_behind_the_writer_gets_an_error_with_the_remedy() {
    let (mut world, mut schedule) = schedule_of((write::<0>, see).chain_ignore_deferred());
    for _ in 0..3 {
        assert_eq!(failures(&mut world, &mut schedule), [""; 0]);
    }
    for seen in &world.resource::<Seen>().0 {
        let error = seen.clone().unwrap_err();
        let HandOverError::NotApplied { item, phase, writer } = &error else { panic!("{error}") };
        assert!(item.ends_with("Hit") && writer.contains("write"), "{error}");
        assert_eq!(*phase, "update");
        assert!(error.to_string().contains("order_hand_over"), "{error}");
    }
}

#[test]
fn a_writer_behind_a_reader_fails_and_says_the_remedy() {
    let (mut world, mut schedule) = schedule_of((see, write::<0>).chain());
    for _ in 0..2 {
        let failed = failures(&mut world, &mut schedule);
        assert_eq!(failed.len(), 1);
        assert!(failed[0].contains("was read in this frame or tick already"), "{}", failed[0]);
        assert!(failed[0].contains("order_hand_over"), "{}", failed[0]);
    }
    assert_eq!(world.resource::<Seen>().0, [Ok(vec![]), Ok(vec![])]);
}

#[test]
fn a_second_step_that_writes_behind_the_firsts_read_is_told_of_tick_phases() {
    let mut engine = engine(Executor::Serial, ArenaConfig::default());
    engine.add_systems(phase::Physics, (write::<0>, see));
    engine.run_frame(TICK).unwrap();
    let error = engine.run_frame(TICK * 2).unwrap_err().to_string();
    assert!(error.contains("in each fixed step goes to a tick phase"), "{error}");
}

#[test]
fn a_system_that_takes_the_world_writes_once_its_state_is_applied() {
    fn write<const IS_APPLIED: bool>(
        world: &mut World,
        hits: &mut SystemState<Writer<'static, 'static, Hit>>,
    ) {
        hits.get_mut(world).unwrap().push(Hit(7));
        if IS_APPLIED {
            hits.apply(world);
        }
    }
    let mut engine = engine(Executor::Serial, ArenaConfig::default());
    engine.add_systems(phase::Update, (write::<true>, see).chain());
    engine.run_frame(TICK).unwrap();
    assert_eq!(seen(&engine), [Ok(vec![7])]);
    let mut engine = self::engine(Executor::Serial, ArenaConfig::default());
    engine.add_systems(phase::Update, (write::<false>, see).chain());
    engine.run_frame(TICK).unwrap();
    let error = seen(&engine)[0].as_ref().unwrap_err().to_string();
    assert!(error.contains("after a `SystemState` that writes, call its `apply`"), "{error}");
}

#[test]
fn order_hand_over_orders_whatever_else_is_said_of_them() {
    let mut world = World::new();
    install(&mut world).unwrap();
    world.init_resource::<Seen>();
    let mut schedule = Schedule::default();
    order_hand_over(&mut schedule)
        .add_systems((see, write::<0>))
        .add_systems((|| (), see.before(write::<0>)).chain_weak())
        .add_systems((write::<10>, see).chain_weak());
    schedule.set_executor(SingleThreadedExecutor::new());
    let failed = failures(&mut world, &mut schedule);
    // The user's order holds, and is wrong.
    assert_eq!(failed.len(), 1);
    assert!(failed[0].contains("read in this frame"), "{}", failed[0]);
}

#[test]
fn where_sync_points_are_off_they_stay_off_and_the_reader_is_told() {
    fn spawn(mut commands: Commands) {
        commands.spawn_empty();
    }
    fn nobody(entities: Query<(), Without<IsResource>>) {
        assert!(entities.is_empty());
    }
    let off = ScheduleBuildSettings { auto_insert_apply_deferred: false, ..Default::default() };
    for is_by_hand in [false, true] {
        let (mut world, _) = schedule_of(|| ());
        let mut schedule = Schedule::default();
        schedule.set_executor(SingleThreadedExecutor::new()).set_build_settings(off.clone());
        order_hand_over(&mut schedule);
        match is_by_hand {
            true => schedule.add_systems((write::<0>, ApplyDeferred, see).chain()),
            false => schedule.add_systems(((write::<0>, see), (spawn, nobody).chain())),
        };
        assert_eq!(failures(&mut world, &mut schedule), [""; 0]);
        match world.resource::<Seen>().0[0].clone().map_err(|error| error.to_string()) {
            Ok(values) => assert!(is_by_hand && values == [0, 1, 2]),
            Err(error) => assert!(!is_by_hand && error.contains("add an `ApplyDeferred` between")),
        }
    }
}

/// In heap calls, for time is no matter of tests. Searching once for each pair of writer and reader
/// takes three quarters of those of order by hand, and many times as long.
#[test]
fn many_writers_and_readers_are_ordered_with_less_work_than_by_hand() {
    #[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
    struct Readers;
    fn nothing() {}
    let calls_of = |is_by_hand: bool| {
        let mut engine = engine(Executor::Serial, ArenaConfig::default());
        for _ in 0..160 {
            let reader = if is_by_hand { nothing.in_set(Readers) } else { see.in_set(Readers) };
            let writer =
                if is_by_hand { nothing.before(Readers) } else { write::<0>.into_configs() };
            engine.add_systems(phase::Update, (reader, writer, nothing.before(Readers)));
            engine.add_systems(phase::Update, (nothing.after(Readers), nothing.after(Readers)));
        }
        let before = heap::thread_counts().heap_calls;
        engine.run_frame(TICK).unwrap();
        heap::thread_counts().heap_calls - before
    };
    let (by_hand, by_parameters) = (calls_of(true), calls_of(false));
    assert!(by_parameters < by_hand / 2, "{by_parameters} and by hand {by_hand}");
}

#[test]
fn a_weak_chain_keeps_writers_before_readers() {
    for executor in executors() {
        let mut engine = engine(executor, ArenaConfig::default());
        engine.add_systems(phase::Update, (write::<0>, write::<5>, see, see).chain_weak());
        for _ in 0..30 {
            engine.run_frame(TICK).unwrap();
        }
        assert!(seen(&engine).iter().all(|seen| *seen == Ok(vec![0, 1, 2, 5, 6, 7])));
    }
}

#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
enum Drawing {
    All,
    Some,
}

#[test]
fn what_a_condition_reads_is_written_before() {
    fn any_hits(hits: Reader<Hit>) -> bool {
        !hits.read().unwrap().is_empty()
    }
    fn draw<const N: u64>(mut seen: ResMut<Seen>) {
        seen.0.push(Ok(vec![N]));
    }
    for executor in executors() {
        let mut engine = engine(executor, ArenaConfig::default());
        engine.add_systems(phase::Update, draw::<0>.run_if(any_hits));
        // Of the tuple, and among other conditions.
        engine
            .add_systems(phase::Update, (draw::<1>, draw::<2>).run_if(any_hits.and_then(|| true)));
        engine.add_systems(phase::Update, (draw::<3>.run_if(not(any_hits)), write::<0>));
        for frame in 0..20 {
            engine.run_frame(TICK).unwrap();
            let mut drawn: Vec<_> = seen(&engine)[frame * 3..].to_vec();
            drawn.sort_by_key(|values| values.clone().unwrap());
            assert_eq!(drawn, [0, 1, 2].map(|n| Ok(vec![n])), "{executor:?}");
        }
    }
}

#[test]
fn what_a_sets_condition_reads_is_written_before() {
    let (mut world, _) = schedule_of(|| ());
    let mut schedule = Schedule::default();
    order_hand_over(&mut schedule)
        .configure_sets(Drawing::All.run_if(|hits: Reader<Hit>| hits.read().unwrap().len() == 3))
        .configure_sets(Drawing::Some.in_set(Drawing::All))
        .add_systems((|mut seen: ResMut<Seen>| seen.0.push(Ok(vec![]))).in_set(Drawing::Some))
        .add_systems(write::<0>);
    for _ in 0..3 {
        assert_eq!(failures(&mut world, &mut schedule), [""; 0]);
    }
    assert_eq!(world.resource::<Seen>().0.len(), 3);
}

#[test]
fn a_system_that_reads_what_it_writes_is_told_to_part() {
    fn write_and_see(mut hits: Writer<Hit>, own: Reader<Hit>, mut seen: ResMut<Seen>) {
        hits.push(Hit(1));
        seen.0.push(values(own.read()));
    }
    let mut engine = engine(Executor::Serial, ArenaConfig::default());
    engine.add_systems(phase::Update, write_and_see);
    engine.run_frame(TICK).unwrap();
    let error = seen(&engine)[0].clone().unwrap_err();
    assert!(error.to_string().ends_with("if the system reads itself, read in another"), "{error}");
}

#[test]
fn a_system_that_reads_the_whole_world_is_neither_writer_nor_reader() {
    fn look(_: Query<EntityRef>) {}
    fn late(mut hits: Writer<Hit>, _order: Res<Seen>) {
        hits.push(Hit(1));
    }
    let mut engine = engine(Executor::Serial, ArenaConfig::default());
    engine.add_systems(phase::Update, (see, look, late));
    engine.run_frame(TICK).unwrap();
    assert_eq!(seen(&engine), [Ok(vec![1])]);
}

#[test]
fn all_is_forgotten_with_the_frame_and_a_stored_handle_is_refused() {
    #[derive(Resource, Default)]
    struct Kept(Option<SliceHandle<Hit>>, u32);
    fn write_once(mut hits: Writer<Hit>, mut done: Local<bool>) {
        if !*done {
            hits.extend((0..3).map(Hit));
        }
        *done = true;
    }
    fn keep(hits: Reader<Hit>, arena: Res<PhaseArena<phase::Update>>, mut kept: ResMut<Kept>) {
        let Kept(handle, stale_count) = &mut *kept;
        *handle = handle.or(hits.read_handle().unwrap());
        *stale_count += u32::from(arena.threads().get(handle.unwrap()).is_err());
    }
    let mut engine = engine(Executor::Serial, ArenaConfig::default());
    engine.world_mut().init_resource::<Kept>();
    engine.add_systems(phase::Update, (write_once, see, keep));
    (0..3).for_each(|_| drop(engine.run_frame(TICK).unwrap()));
    assert_eq!(seen(&engine), [Ok(vec![0, 1, 2]), Ok(vec![]), Ok(vec![])]);
    assert_eq!(engine.world().resource::<Kept>().1, 2);
}

#[test]
fn last_frames_values_are_read_if_two_frames_are_in_flight() {
    fn write_frame(mut hits: Writer<Hit>, mut frame: Local<u64>) {
        *frame += 1;
        // Frame 3 writes nothing.
        let count = if *frame == 3 { 0 } else { *frame };
        hits.extend((0..count).map(|n| Hit(*frame * 10 + n)));
        hits.push_keyed(0, Hit(*frame));
    }
    for executor in executors() {
        let mut engine = engine(executor, in_flight());
        engine.add_systems(phase::Update, (see_last.before(write_frame), write_frame, see));
        (0..4).for_each(|_| drop(engine.run_frame(TICK).unwrap()));
        let expected: [&[u64]; 8] =
            [&[], &[10, 1], &[10, 1], &[20, 21, 2], &[20, 21, 2], &[3], &[3], &[40, 41, 42, 43, 4]];
        let expected = expected.map(|values| Ok(values.to_vec()));
        assert_eq!(seen(&engine), expected, "{executor:?}");
    }
}

#[test]
fn the_last_frame_of_an_arena_that_keeps_one_is_an_error_with_the_remedy() {
    let mut engine = engine(Executor::Serial, ArenaConfig::default());
    engine.add_systems(phase::Update, (see_last, write::<0>));
    engine.run_frame(TICK).unwrap();
    let error = seen(&engine)[0].clone().unwrap_err();
    assert_eq!(error, HandOverError::NotKept { phase: "update" });
    assert!(error.to_string().contains("frames_in_flight: 2"));
}

#[test]
fn a_tick_phases_values_are_read_in_frames_without_a_tick() {
    fn contact(mut contacts: FrameWriter<Hit, phase::Physics>, mut tick: Local<u64>) {
        *tick += 1;
        contacts.push(Hit(*tick));
    }
    fn see_contacts(contacts: FrameReader<Hit, phase::Physics>, mut seen: ResMut<Seen>) {
        seen.0.push(values(contacts.read()));
    }
    for executor in executors() {
        let mut engine = engine(executor, ArenaConfig::default());
        engine.add_systems(phase::Physics, contact).add_systems(phase::Render, see_contacts);
        for elapsed in [TICK, Duration::ZERO, TICK * 3, Duration::ZERO] {
            engine.run_frame(elapsed).unwrap();
        }
        assert_eq!(seen(&engine), [1, 1, 4, 4].map(|tick| Ok(vec![tick])), "{executor:?}");
    }
}

#[test]
fn a_frame_phases_values_from_several_ticks_keep_the_ticks_order() {
    fn sound(mut sounds: FrameWriter<Hit, phase::Render>, mut tick: Local<u64>) {
        *tick += 1;
        sounds.push_keyed(*tick % 2, Hit(*tick));
        sounds.push(Hit(*tick));
    }
    fn hear(sounds: FrameReader<Hit, phase::Render>, mut seen: ResMut<Seen>) {
        seen.0.push(values(sounds.read()));
    }
    let mut engine = engine(Executor::Serial, ArenaConfig::default());
    engine.add_systems(phase::Physics, sound).add_systems(phase::Render, hear);
    engine.run_frame(TICK * 4).unwrap();
    assert_eq!(seen(&engine), [Ok(vec![1, 2, 3, 4, 2, 4, 1, 3])]);
}

#[test]
fn the_order_of_phases_systems_does_not_depend_on_the_first_tick() {
    fn sound<const N: u64>(mut sounds: FrameWriter<Hit, phase::Render>) {
        sounds.push(Hit(N));
    }
    fn hear(sounds: FrameReader<Hit, phase::Render>, mut seen: ResMut<Seen>) {
        seen.0.push(values(sounds.read()));
    }
    for first_ticks in [0, 1] {
        let mut engine = engine(Executor::Serial, ArenaConfig::default());
        engine.add_systems(phase::Physics, sound::<1>);
        engine.add_systems(phase::Render, (sound::<2>, hear));
        engine.run_frame(TICK * first_ticks).unwrap();
        engine.run_frame(TICK).unwrap();
        assert_eq!(seen(&engine)[1], Ok(vec![1, 2]), "{first_ticks} ticks in the first frame");
    }
}

#[test]
fn what_a_panicking_system_wrote_never_reaches_a_later_frame() {
    fn write_and_panic(mut hits: Writer<Hit>, mut runs: Local<u64>) {
        *runs += 1;
        hits.push(Hit(*runs));
        assert!(!runs.is_multiple_of(2), "out of mana");
    }
    // The engine catches it, and what was written before counts.
    let mut engine = engine(Executor::Serial, ArenaConfig::default());
    engine.add_systems(phase::Update, (write_and_panic, see));
    (0..3).for_each(|_| drop(engine.run_frame(TICK)));
    assert_eq!(seen(&engine), [Ok(vec![1]), Ok(vec![2]), Ok(vec![3])]);
    // Without, bevy applies the buffer in the next run of the schedule: by then it is stale.
    let (mut world, mut schedule) = schedule_of((write_and_panic, see).chain());
    for _ in 0..6 {
        begin_frame(&mut world);
        let run = std::panic::AssertUnwindSafe(|| schedule.run(&mut world));
        drop(std::panic::catch_unwind(run));
    }
    let seen = &world.resource::<Seen>().0;
    assert!(seen.len() >= 2, "{seen:?}");
    for seen in seen {
        let values = seen.clone().unwrap();
        assert!(values.iter().all(|run| !run.is_multiple_of(2)), "{values:?}");
    }
}

#[test]
fn a_handler_of_errors_that_takes_a_panic_leaves_what_was_pushed_before() {
    fn write_and_panic(mut hits: Writer<Hit>) {
        hits.push(Hit(1));
        panic!("out of mana");
    }
    let (mut world, mut schedule) = schedule_of((write_and_panic, write::<5>, see).chain());
    for _ in 0..3 {
        assert_eq!(failures(&mut world, &mut schedule), ["System panicked\n"]);
    }
    assert_eq!(world.resource::<Seen>().0, vec![Ok(vec![1, 5, 6, 7]); 3]);
}

#[test]
fn what_a_failing_system_had_pushed_is_read_and_the_system_reported() {
    fn panic_after_one(mut hits: Writer<Hit>) {
        hits.push(Hit(9));
        panic!("out of mana");
    }
    fn fail_after_one(mut hits: Writer<Hit>) -> Result {
        hits.push(Hit(8));
        Err("no mana")?
    }
    fn panic_in_a_batch(workers: Res<Workers>, hits: Writer<Hit>) {
        workers.for_each(100, |job| {
            let mut hits = hits.local();
            hits.push_keyed(job as u64, Hit(job as u64));
            assert!(job != 7, "out of mana in job 7");
            hits.push_keyed(job as u64, Hit(job as u64));
        });
    }
    for executor in executors() {
        let mut engine = engine(executor, ArenaConfig::default());
        let writers = (panic_after_one, fail_after_one, panic_in_a_batch);
        engine.add_systems(phase::Update, (writers, see));
        for frame in 0..20 {
            let failures = engine.run_frame(TICK).unwrap_err().failures;
            assert_eq!(failures.len(), 3, "{failures:?}");
            let values = seen(&engine)[frame].clone().unwrap();
            let (plain, keyed) = values.split_at(2);
            assert_eq!(plain, [9, 8], "{executor:?}");
            // Jobs that were not begun are left out; which, the threads say.
            assert!(keyed.is_sorted() && keyed.len() < 200, "{keyed:?}");
            assert_eq!(keyed.iter().filter(|job| **job == 7).count(), 1, "{keyed:?}");
        }
    }
}

#[test]
fn a_refused_push_gives_the_value_back_and_a_plain_one_panics_with_the_reason() {
    #[derive(Resource, Default)]
    struct Back(Vec<u64>);
    fn write_much(mut hits: Writer<Hit>, mut back: ResMut<Back>) {
        for n in 0..100 {
            let refused = if n % 2 == 0 {
                hits.try_push(Hit(n)).err()
            } else {
                hits.local().try_push_keyed(n, Hit(n)).err()
            };
            back.0.extend(refused.map(|refused| refused.into_value().0));
        }
    }
    fn write_too_much(mut hits: Writer<Hit>) {
        (0..100).for_each(|n| hits.push(Hit(n)));
    }
    let config = ArenaConfig { budget: Budget::Refuse(512), ..ArenaConfig::default() };
    let mut engine = engine(Executor::Serial, config);
    engine.world_mut().init_resource::<Back>();
    engine.add_systems(phase::Update, write_much);
    engine.run_frame(TICK).unwrap();
    let back = &engine.world().resource::<Back>().0;
    assert!(!back.is_empty() && back.is_sorted() && back.ends_with(&[98, 99]), "{back:?}");
    engine.add_systems(phase::Update, write_too_much.before(write_much));
    let failure = engine.run_frame(TICK).unwrap_err().failures.remove(0);
    let text = "panicked: update arena over budget: ";
    assert!(failure.message.starts_with(text), "{}", failure.message);
}

#[test]
fn a_join_that_the_budget_refuses_is_an_error_and_loses_nothing() {
    let config = ArenaConfig { budget: Budget::Refuse(3 * 8 * 4), ..ArenaConfig::default() };
    let mut engine = engine(Executor::Serial, config);
    engine.add_systems(phase::Update, (write::<0>, write::<10>, write::<20>, see, see));
    engine.run_frame(TICK).unwrap();
    for seen in seen(&engine) {
        let error = seen.clone().unwrap_err();
        assert!(matches!(error, HandOverError::Memory(_)), "{error}");
        assert!(error.to_string().starts_with("update arena over budget: 72 B requested"));
    }
}

/// Despawns what the parameters share.
fn despawn_shared(world: &mut World) {
    let resources: Vec<Entity> =
        world.query_filtered::<Entity, With<IsResource>>().iter(world).collect();
    let is_ours = |entity: &Entity| {
        let names = world.inspect_entity(*entity).unwrap().map(|(_, info)| info.name().to_string());
        names.into_iter().any(|name| name.contains("ecs::hand_over"))
    };
    let ours: Vec<Entity> = resources.into_iter().filter(is_ours).collect();
    assert_eq!(ours.len(), 1);
    ours.into_iter().for_each(|entity| assert!(world.despawn(entity)));
}

#[test]
fn a_despawned_resource_does_not_part_writers_from_readers() {
    let mut engine = engine(Executor::Serial, ArenaConfig::default());
    engine.add_systems(phase::Update, (write::<0>, see));
    engine.run_frame(TICK).unwrap();
    despawn_shared(engine.world_mut());
    // bevy queues the removal once more when a resource's entity goes, and complains.
    drop(engine.run_frame(TICK));
    engine.add_systems(phase::Update, write::<10>);
    engine.run_frame(TICK).unwrap();
    assert_eq!(seen(&engine)[1..], [Ok(vec![0, 1, 2]), Ok(vec![0, 1, 2, 10, 11, 12])]);
}

#[test]
fn a_reader_added_while_the_resource_is_gone_reads_what_older_systems_write() {
    let mut engine = engine(Executor::Serial, ArenaConfig::default());
    engine.add_systems(phase::Update, (write::<0>, see));
    engine.run_frame(TICK).unwrap();
    despawn_shared(engine.world_mut());
    engine.add_systems(phase::Update, (write::<10>, see));
    drop(engine.run_frame(TICK)); // bevy complains, as above.
    engine.run_frame(TICK).unwrap();
    assert_eq!(seen(&engine)[1..], vec![Ok(vec![0, 1, 2, 10, 11, 12]); 4]);
}

#[test]
fn parameters_work_outside_a_schedule() {
    let mut world = World::new();
    install_with_config(
        &mut world,
        EngineConfig { update: in_flight(), ..EngineConfig::default() },
    )
    .unwrap();
    for n in 0..20u64 {
        begin_frame(&mut world);
        world.run_system_once(move |mut hits: Writer<Hit>| hits.push(Hit(n))).unwrap();
        let read = |hits: Reader<Hit>| (values(hits.read()), values(hits.read_last()));
        let (present, last) = world.run_system_once(read).unwrap();
        assert_eq!(present, Ok(vec![n]));
        assert_eq!(last, Ok(n.checked_sub(1).into_iter().collect()));
    }
}

#[test]
fn values_without_size_are_counted() {
    struct Tick;
    fn tick(mut ticks: Writer<Tick>) {
        ticks.extend((0..5).map(|_| Tick));
        (0..4).for_each(|n| ticks.push_keyed(n, Tick));
    }
    fn count(ticks: Reader<Tick>, mut seen: ResMut<Seen>) {
        seen.0.push(ticks.read().map(|ticks| vec![ticks.len() as u64]));
    }
    let mut engine = engine(Executor::Serial, ArenaConfig::default());
    engine.add_systems(phase::Update, (tick, count));
    engine.run_frame(TICK).unwrap();
    assert_eq!(seen(&engine), [Ok(vec![9])]);
}

struct Audio;

impl Phase for Audio {
    const NAME: &'static str = "audio";
    const LIFETIME: Lifetime = Lifetime::Frame;
}

#[test]
fn one_type_may_be_handed_over_in_several_phases_at_once() {
    fn write_both(mut hits: Writer<Hit>, mut sounds: FrameWriter<Hit, Audio>) {
        hits.push(Hit(1));
        sounds.push(Hit(2));
    }
    fn see_sounds(sounds: FrameReader<Hit, Audio>, hits: Reader<Hit>, mut seen: ResMut<Seen>) {
        seen.0.extend([values(sounds.read()), values(hits.read())]);
    }
    let mut engine = engine(Executor::Serial, ArenaConfig::default());
    engine.try_add_phase::<Audio, phase::Render>(ArenaConfig::default()).unwrap();
    engine.add_systems(phase::Update, write_both).add_systems(Audio, see_sounds);
    engine.run_frame(TICK).unwrap();
    assert_eq!(seen(&engine), [Ok(vec![2]), Ok(vec![1])]);
}
