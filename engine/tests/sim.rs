//! Physics and render as a whole, run by the engine.
#![cfg(feature = "sim")]

use std::time::Duration;

use bevy_ecs::component::Component;
use bevy_ecs::prelude::{Changed, EntityWorldMut, Query, ResMut, Resource};
use frame_arena::ecs::{Engine, EngineConfig, FrameReport, PhaseArena, phase};
use frame_arena::physics::{
    self, Alive, Attractor, Body, BodyIndex, LastPosition, PhysicsConfig, PhysicsFigures, Position,
    Radius, TickData, Velocity, checksum, world_checksum,
};
use frame_arena::render::{
    self, Dot, DrawList, Instance, Label, Layer, Tint, Trail, TrailConfig, View,
};
use frame_arena::{ArenaConfig, ArenaMode, Budget, heap};
use glam::Vec2;

#[global_allocator]
static HEAP: heap::Counting = heap::Counting::system();

/// Numbers from 0 to 1 from a seed: SplitMix64.
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) >> 40) as f32 / (1 << 24) as f32
    }

    fn within(&mut self, most: Vec2) -> Vec2 {
        (Vec2::new(self.unit(), self.unit()) * 2.0 - 1.0) * most
    }
}

const WALLS: Vec2 = Vec2::new(16.0, 9.0);

fn engine_with(config: PhysicsConfig, budgets: Budget, mode: ArenaMode) -> Engine {
    threaded_engine(config, budgets, mode, 1)
}

fn threaded_engine(
    config: PhysicsConfig,
    budgets: Budget,
    mode: ArenaMode,
    threads: usize,
) -> Engine {
    // Room for what a scene comes to: while it gathers it would rightly grow its arena.
    let arena =
        ArenaConfig { capacity_bytes: 4 << 20, budget: budgets, mode, ..ArenaConfig::default() };
    let config_of_engine =
        EngineConfig { physics: arena, render: arena, threads, ..Default::default() };
    let mut engine = Engine::try_with_config(config_of_engine).unwrap();
    physics::install(&mut engine, config);
    render::install(&mut engine, View::default());
    engine
}

/// Bodies that cover about 60% of the world, one in ten dead, one in a hundred labelled.
fn fill(engine: &mut Engine, seed: u64, count: u32) {
    let mut random = Random(seed);
    let radius = (0.6 * 4.0 * WALLS.x * WALLS.y / (count as f32 * core::f32::consts::PI)).sqrt();
    for index in 0..count {
        let (position, velocity) = (random.within(WALLS), random.within(Vec2::splat(4.0)));
        let body = Body {
            alive: Alive(index % 10 != 9),
            ..Body::new(index, position, velocity, radius * (0.5 + random.unit() * 0.5))
        };
        let dot =
            Dot { layer: Layer((index % 5) as u8), ..Dot::new(Tint([200, index as u8, 90, 255])) };
        let mut entity = engine.world_mut().spawn((body, dot));
        if index % 100 == 0 {
            entity.insert(Label::Speed);
        }
    }
}

fn galaxy() -> PhysicsConfig {
    PhysicsConfig {
        gravity: Vec2::ZERO,
        attractors: vec![Attractor { position: Vec2::ZERO, strength: 30.0, softening_m: 2.0 }],
        ..PhysicsConfig::default()
    }
}

fn run(engine: &mut Engine, frames: u32) -> FrameReport {
    let elapsed = engine.tick_duration();
    let reports = (0..frames).map(|_| engine.run_frame(elapsed).unwrap());
    reports.last().expect("at least one frame")
}

fn checksum_after(config: PhysicsConfig, seed: u64, frames: u32, mode: ArenaMode) -> u64 {
    let mut engine = engine_with(config, Budget::Unlimited, mode);
    fill(&mut engine, seed, 1_500);
    run(&mut engine, frames);
    world_checksum(engine.world_mut())
}

#[test]
fn settled_frames_make_no_heap_call() {
    // Free of gravity: a scene that still falls would rightly grow its arenas.
    let mut engine = engine_with(galaxy(), Budget::Unlimited, ArenaMode::Bump);
    fill(&mut engine, 1, 2_000);
    run(&mut engine, 120);
    let elapsed = engine.tick_duration();
    for _ in 0..60 {
        heap::assert_no_heap_calls(|| engine.run_frame(elapsed).unwrap());
    }
    assert!(engine.world().resource::<PhysicsFigures>().contact_count > 500);
}

#[test]
fn equal_runs_have_equal_bits_from_blocks_and_from_the_heap() {
    let sum = checksum_after(galaxy(), 7, 60, ArenaMode::Bump);
    assert_eq!(sum, checksum_after(galaxy(), 7, 60, ArenaMode::Bump));
    assert_eq!(sum, checksum_after(galaxy(), 7, 60, ArenaMode::PerObject));
}

/// Bodies die and are born in place, by a number that depends on the frame only; sizes differ by
/// four, and some bodies are giants.
fn churn(engine: &mut Engine, frame: u32) {
    let mut random = Random(u64::from(frame) << 20);
    let mut bodies =
        engine
            .world_mut()
            .query::<(&mut Position, &mut Velocity, &mut Radius, &mut Alive, &BodyIndex)>();
    for (mut position, mut velocity, mut radius, mut alive, index) in
        bodies.iter_mut(engine.world_mut())
    {
        if (index.0 + frame).is_multiple_of(50) {
            position.0 = random.within(WALLS);
            velocity.0 = random.within(Vec2::splat(4.0));
            radius.0 = 0.05 + 0.15 * random.unit();
            radius.0 *= if index.0.is_multiple_of(400) { 7.0 } else { 1.0 };
            alive.0 = true;
        } else if (index.0 + frame).is_multiple_of(50 + 7) {
            alive.0 = false;
        }
    }
}

#[test]
fn equal_runs_have_equal_bits_on_any_number_of_threads() {
    let sums_of = |threads, mode, config: &PhysicsConfig| {
        let mut engine = threaded_engine(config.clone(), Budget::Unlimited, mode, threads);
        fill(&mut engine, 7, 8_000);
        let mut sums = [0; 8];
        for frame in 0..160 {
            churn(&mut engine, frame);
            run(&mut engine, 1);
            if frame % 20 == 19 {
                sums[frame as usize / 20] = world_checksum(engine.world_mut());
            }
        }
        let figures = engine.world().resource::<PhysicsFigures>();
        assert!(figures.contact_count > 2_000, "{figures:?}");
        sums
    };
    for config in [galaxy(), PhysicsConfig::default()] {
        let serial = sums_of(1, ArenaMode::Bump, &config);
        for threads in [2, 3, 4] {
            assert_eq!(sums_of(threads, ArenaMode::Bump, &config), serial, "{threads} threads");
        }
        assert_eq!(sums_of(2, ArenaMode::PerObject, &config), serial);
    }
}

#[derive(Component, Clone, Copy)]
struct A;
#[derive(Component, Clone, Copy)]
struct B;
#[derive(Component, Clone, Copy)]
struct C;

/// Puts an entity into one of 32 tables.
fn insert_others(entity: &mut EntityWorldMut<'_>, others: u32) {
    (0..5).filter(|bit| others >> bit & 1 == 1).for_each(|bit| {
        match bit {
            0 => entity.insert(A),
            1 => entity.insert(B),
            2 => entity.insert(C),
            3 => entity.insert(Label::Number),
            _ => entity.insert(Layer(0)),
        };
    });
}

/// Bevy finds tables in the order of a hash table over their numbers, which other components move.
#[test]
fn equal_worlds_have_equal_bits_whatever_else_is_in_them() {
    let checksum = |others: u32| {
        let mut engine = engine_with(galaxy(), Budget::Unlimited, ArenaMode::Bump);
        // Each in an archetype of its own: no body is in one of these.
        for other in 0..others {
            insert_others(&mut engine.world_mut().spawn_empty(), other);
        }
        fill(&mut engine, 7, 500);
        run(&mut engine, 30);
        world_checksum(engine.world_mut())
    };
    let alone = checksum(0);
    assert!((1..32).all(|others| checksum(others) == alone));
}

/// Systems that need what was lost know new tables later, and so in another order, than the others.
#[test]
fn bodies_of_tables_that_come_while_the_config_is_lost_keep_their_results() {
    let empty_space = PhysicsConfig { gravity: Vec2::ZERO, ..PhysicsConfig::default() };
    let mut engine = engine_with(empty_space.clone(), Budget::Unlimited, ArenaMode::Bump);
    let bodies: Vec<_> = (0..32)
        .map(|table| {
            let start = Vec2::new(table as f32 - 15.5, 0.0);
            let mut body = engine.world_mut().spawn(Body::new(table, start, Vec2::ZERO, 0.2));
            insert_others(&mut body, table);
            let body = body.id();
            if table % 2 == 0 {
                engine.world_mut().remove_resource::<PhysicsConfig>();
                engine.run_frame(engine.tick_duration()).unwrap_err();
                physics::install(&mut engine, empty_space.clone());
            } else {
                run(&mut engine, 1);
            }
            (body, start)
        })
        .collect();
    let position = |body| engine.world().get::<Position>(body).unwrap().0;
    assert_eq!(bodies.iter().find(|&&(body, start)| position(body) != start), None);
}

#[test]
fn settled_frames_make_no_heap_call_on_two_threads() {
    let mut engine = threaded_engine(galaxy(), Budget::Unlimited, ArenaMode::Bump, 2);
    fill(&mut engine, 1, 8_000);
    run(&mut engine, 120);
    let report = run(&mut engine, 60);
    assert_eq!(report.heap.heap_calls, 0);
    let elapsed = engine.tick_duration();
    for _ in 0..60 {
        let report = heap::assert_no_heap_calls(|| engine.run_frame(elapsed).unwrap());
        assert_eq!(report.heap.heap_calls, 0);
        assert_eq!(report.phase("physics").unwrap().stats.block_count, 1);
    }
}

#[test]
fn another_seed_or_one_frame_more_has_other_bits() {
    let sum = checksum_after(galaxy(), 7, 60, ArenaMode::Bump);
    assert_ne!(sum, checksum_after(galaxy(), 8, 60, ArenaMode::Bump));
    assert_ne!(sum, checksum_after(galaxy(), 7, 61, ArenaMode::Bump));
}

#[test]
fn one_ulp_at_the_start_changes_the_end() {
    let mut sums = [0.0f32, 1.0].map(|nudge| {
        let mut engine = engine_with(galaxy(), Budget::Unlimited, ArenaMode::Bump);
        fill(&mut engine, 7, 1_500);
        let mut positions = engine.world_mut().query::<(&mut Position, &BodyIndex)>();
        for (mut position, index) in positions.iter_mut(engine.world_mut()) {
            if index.0 == 700 && nudge > 0.0 {
                position.0.x = position.0.x.next_up();
            }
        }
        run(&mut engine, 60);
        world_checksum(engine.world_mut())
    });
    sums.sort_unstable();
    assert_ne!(sums[0], sums[1]);
}

#[test]
fn walls_hold_every_body() {
    let mut engine = engine_with(PhysicsConfig::default(), Budget::Unlimited, ArenaMode::Bump);
    fill(&mut engine, 3, 1_500);
    let world = engine.world_mut();
    world.spawn(Body::new(9_000, Vec2::splat(1e6), Vec2::splat(1e6), 0.3));
    world.spawn(Body::new(9_001, Vec2::splat(-1e30), Vec2::ZERO, 0.3));
    world.spawn(Body::new(9_002, Vec2::ZERO, Vec2::ZERO, 100.0));
    let mut bodies = world.query::<(&Position, &Radius, &Alive)>();
    for _ in 0..60 {
        run(&mut engine, 1);
        for (position, radius, alive) in bodies.iter(engine.world()) {
            let room = (WALLS - radius.0).max(Vec2::ZERO);
            assert!(!alive.0 || position.0.abs().cmple(room).all(), "{position:?} {radius:?}");
        }
    }
}

#[test]
fn resting_bodies_neither_explode_nor_sink_together() {
    let mut engine = engine_with(PhysicsConfig::default(), Budget::Unlimited, ArenaMode::Bump);
    fill(&mut engine, 5, 1_500);
    run(&mut engine, 900);
    let mut bodies = engine.world_mut().query::<(&Position, &Velocity, &Alive)>();
    let bodies: Vec<_> =
        bodies.iter(engine.world()).filter(|(.., alive)| alive.0).map(|b| (b.0.0, b.1.0)).collect();
    let mean_speed = bodies.iter().map(|b| b.1.length()).sum::<f32>() / bodies.len() as f32;
    let mean_height = bodies.iter().map(|b| b.0.y + WALLS.y).sum::<f32>() / bodies.len() as f32;
    assert!(mean_speed < 1.0, "{mean_speed} m/s");
    // Some 30% of the area is filled: at rest, the middle of the pile is 2 to 4 metres up.
    assert!((1.5..5.0).contains(&mean_height), "{mean_height} m");
}

#[test]
fn bodies_that_are_no_numbers_are_taken_out_and_counted() {
    let mut engine = engine_with(PhysicsConfig::default(), Budget::Unlimited, ArenaMode::Bump);
    fill(&mut engine, 3, 200);
    let world = engine.world_mut();
    let bad = [
        Body::new(1_000, Vec2::NAN, Vec2::ZERO, 0.1),
        Body::new(1_001, Vec2::ZERO, Vec2::INFINITY, 0.1),
        Body::new(1_002, Vec2::ZERO, Vec2::ZERO, f32::NAN),
        Body::new(1_003, Vec2::splat(1e30), Vec2::splat(1e30), 0.1),
    ];
    let bad = bad.map(|body| world.spawn(body).id());
    run(&mut engine, 5);
    let shortfall = engine.world().resource::<PhysicsFigures>().shortfall;
    assert_eq!(shortfall.bodies_reset, 3); // The last is finite, and the wall holds it.
    for (entity, is_alive) in bad.into_iter().zip([false, false, false, true]) {
        assert_eq!(engine.world().get::<Alive>(entity), Some(&Alive(is_alive)));
        assert!(engine.world().get::<Position>(entity).unwrap().0.is_finite());
    }
}

#[test]
fn an_empty_world_and_a_single_body_run() {
    for count in [0, 1, 2] {
        let mut engine = engine_with(galaxy(), Budget::Unlimited, ArenaMode::Bump);
        fill(&mut engine, 1, count);
        run(&mut engine, 3);
        assert_eq!(engine.world().resource::<PhysicsFigures>().body_count, u64::from(count));
    }
}

#[test]
fn a_budget_costs_collisions_and_pictures_but_no_panic() {
    let mut last = 0;
    for budget in [0, 1_000, 30_000, 100_000, 200_000, 300_000] {
        let mut engine = engine_with(galaxy(), Budget::Refuse(budget), ArenaMode::Bump);
        fill(&mut engine, 1, 2_000);
        run(&mut engine, 30);
        let world = engine.world();
        let figures = *world.resource::<PhysicsFigures>();
        let list = *world.resource::<DrawList>();
        let physics = figures.shortfall;
        let missed = physics.steps_refused + physics.contacts_refused + physics.lists_refused;
        let render = list.shortfall;
        let unseen = render.lists_refused + render.trails_refused + render.labels_refused;
        assert!(missed > 0 || budget == 300_000, "{budget} B: {physics:?}");
        assert!(unseen > 0 || budget >= 200_000, "{budget} B: {render:?}");
        assert_eq!(figures.body_count, 1_800);
        last = figures.touching_count;
    }
    assert!(last > 0);
}

#[test]
fn contact_lists_can_be_read_in_the_render_phase_also_without_a_tick() {
    let mut engine = engine_with(galaxy(), Budget::Unlimited, ArenaMode::Bump);
    fill(&mut engine, 1, 500);
    run(&mut engine, 2);
    assert_eq!(engine.run_frame(Duration::ZERO).unwrap().tick_count, 0);
    let world = engine.world();
    let arena = world.resource::<PhaseArena<phase::Physics>>().threads();
    let lists = world.resource::<TickData>().each_list(arena);
    let sides: usize = lists.map(|list| arena.get(list.touches).unwrap().len()).sum();
    let figures = world.resource::<PhysicsFigures>();
    assert_eq!(sides as u64, figures.contact_count * 2);
    assert!(sides > 0);
}

#[test]
fn a_touch_is_as_deep_as_the_ticks_motion_made_it() {
    let config = PhysicsConfig { gravity: Vec2::ZERO, drag_per_sec: 0.0, ..Default::default() };
    let mut engine = engine_with(config, Budget::Unlimited, ArenaMode::Bump);
    for (n, x) in [(0, -0.2), (1, 0.2)] {
        let velocity = Vec2::new(x * -15.0, 0.0); // Each 0.05 m in the tick.
        engine.world_mut().spawn(Body::new(n, Vec2::new(x, 0.0), velocity, 0.2));
    }
    run(&mut engine, 1);
    let world = engine.world();
    let arena = world.resource::<PhaseArena<phase::Physics>>().threads();
    let list = world.resource::<TickData>().each_list(arena).next().unwrap();
    let [touch] = arena.get(list.touches).unwrap() else { panic!("{list:?}") };
    assert!((touch.depth - 0.1).abs() < 1e-5, "{touch:?}");
}

#[test]
fn twenty_thousand_particles_make_ten_thousand_allocations_a_frame() {
    let mut engine = engine_with(galaxy(), Budget::Unlimited, ArenaMode::Bump);
    fill(&mut engine, 1, 20_000);
    let report = run(&mut engine, 30);
    let alloc_count: u64 = report.phases.iter().map(|phase| phase.stats.alloc_count).sum();
    assert!(alloc_count >= 10_000, "{alloc_count}");
}

#[test]
fn the_draw_list_is_that_of_brute_force() {
    let empty_space = PhysicsConfig { gravity: Vec2::ZERO, ..PhysicsConfig::default() };
    let mut engine = engine_with(empty_space, Budget::Unlimited, ArenaMode::Bump);
    fill(&mut engine, 2, 1_500);
    let view = View { centre: Vec2::new(5.0, 2.0), half_extents_m: Vec2::new(4.0, 3.0) };
    engine.world_mut().insert_resource(view);
    run(&mut engine, 40);
    // Frames without a tick, at the last tick's end and on the way to the next.
    for quarter in 0..4 {
        let elapsed = if quarter == 0 { Duration::ZERO } else { engine.tick_duration() / 4 };
        assert_eq!(engine.run_frame(elapsed).unwrap().tick_count, 0);
        let overstep = engine.clock().overstep();
        assert!((overstep - quarter as f32 / 4.0).abs() < 1e-6);
        let wanted = brute_force(&mut engine, view, overstep);
        let world = engine.world();
        let arena = world.resource::<PhaseArena<phase::Render>>().threads();
        let instances = arena.get(world.resource::<DrawList>().instances.unwrap()).unwrap();
        let mut found: Vec<_> = instances.iter().map(key).collect();
        found.sort_unstable();
        assert!(found.len() > 300);
        assert_eq!(found, wanted, "{overstep}");
    }
}

#[test]
fn a_body_is_drawn_between_its_last_two_ticks() {
    let empty_space =
        PhysicsConfig { gravity: Vec2::ZERO, drag_per_sec: 0.0, ..PhysicsConfig::default() };
    let mut engine = engine_with(empty_space, Budget::Unlimited, ArenaMode::Bump);
    let body = Body::new(0, Vec2::ZERO, Vec2::new(6.0, 0.0), 0.1);
    engine.world_mut().spawn((body, Dot::new(Tint([255; 4]))));
    let tick = engine.tick_duration();
    let metres_per_tick = 6.0 * tick.as_secs_f32();
    for (elapsed, ticks_seen) in [(tick, 0.0), (tick / 2, 0.5), (tick, 1.5), (tick * 2, 3.5)] {
        engine.run_frame(elapsed).unwrap();
        let world = engine.world();
        let arena = world.resource::<PhaseArena<phase::Render>>().threads();
        let instances = arena.get(world.resource::<DrawList>().instances.unwrap()).unwrap();
        let x = instances.last().unwrap().x;
        assert!((x - ticks_seen * metres_per_tick).abs() < 1e-4, "{x} after {ticks_seen} ticks");
    }
}

fn key(instance: &Instance) -> [u8; 16] {
    bytemuck::cast(*instance)
}

/// The instances of each living body in the view, from the components, in no order.
fn brute_force(engine: &mut Engine, view: View, overstep: f32) -> Vec<[u8; 16]> {
    let config = TrailConfig::default();
    let mut bodies =
        engine
            .world_mut()
            .query::<((&LastPosition, &Position), &Velocity, &Radius, &Alive, &Tint, &Trail)>();
    let mut keys = Vec::new();
    for ((last, position), velocity, radius, alive, tint, trail) in bodies.iter(engine.world()) {
        let position = last.0.lerp(position.0, overstep);
        let way = (position - view.centre).abs() - radius.0;
        if !alive.0 || way.x > view.half_extents_m.x || way.y > view.half_extents_m.y {
            continue;
        }
        let Vec2 { x, y } = position;
        keys.push(key(&Instance { x, y, size: radius.0 * 2.0, rgba: tint.0 }));
        let points: Vec<Vec2> = trail.newest_first().collect();
        let drawn = (1.0 + velocity.0.length() * config.points_per_m_per_sec) as usize;
        let drawn = drawn.min(points.len());
        for (age, point) in points[..drawn].iter().enumerate() {
            let left = (drawn - age) as f32 / (drawn + 1) as f32;
            let [r, g, b, a] = tint.0;
            let rgba = [r, g, b, (f32::from(a) * left * 0.5) as u8];
            let size = radius.0 * 2.0 * left;
            keys.push(key(&Instance { x: point.x, y: point.y, size, rgba }));
        }
    }
    keys.sort_unstable();
    keys
}

#[test]
fn labels_tell_number_and_speed_of_bodies_in_view() {
    let config = PhysicsConfig { drag_per_sec: 0.0, ..galaxy() };
    let config = PhysicsConfig { attractors: Vec::new(), ..config };
    let mut engine = engine_with(config, Budget::Unlimited, ArenaMode::Bump);
    let world = engine.world_mut();
    world.spawn((Body::new(17, Vec2::ZERO, Vec2::new(0.0, 2.4), 0.1), Label::Speed));
    world.spawn((Body::new(18, Vec2::ONE, Vec2::ZERO, 0.1), Label::Number));
    world.spawn((Body::dead(19), Label::Number));
    engine.world_mut().resource_mut::<View>().centre = Vec2::new(0.5, 0.5);
    run(&mut engine, 1);
    let world = engine.world();
    let arena = world.resource::<PhaseArena<phase::Render>>().threads();
    let labels = arena.get(world.resource::<DrawList>().labels.unwrap()).unwrap();
    let mut texts: Vec<&str> = labels.iter().map(|label| arena.get(label.text).unwrap()).collect();
    texts.sort_unstable();
    assert_eq!(texts, ["#17 2.4 m/s", "#18"]);
}

#[test]
fn a_trail_is_the_same_at_any_frame_rate() {
    let trail_at = |ticks_per_frame: u32| {
        let mut engine = engine_with(galaxy(), Budget::Unlimited, ArenaMode::Bump);
        let body = Body::new(0, Vec2::new(2.0, 0.0), Vec2::Y, 0.1);
        let body = engine.world_mut().spawn((body, Dot::new(Tint([255; 4])))).id();
        let frame = engine.tick_duration() * ticks_per_frame;
        (0..12 / ticks_per_frame).for_each(|_| drop(engine.run_frame(frame).unwrap()));
        *engine.world().get::<Trail>(body).unwrap()
    };
    assert_eq!(trail_at(1).len(), 6);
    assert_eq!(trail_at(2), trail_at(1));
    assert_eq!(trail_at(3), trail_at(1));
}

/// It is drawn behind the body, which stands between where the last tick and the one before left it.
#[test]
fn the_newest_point_of_a_trail_is_where_the_last_tick_began() {
    let mut engine = engine_with(galaxy(), Budget::Unlimited, ArenaMode::Bump);
    engine.world_mut().resource_mut::<TrailConfig>().record_every_ticks = 1;
    let body = Body::new(0, Vec2::new(2.0, 0.0), Vec2::Y, 0.1);
    let body = engine.world_mut().spawn((body, Dot::new(Tint([255; 4])))).id();
    for ticks in [1, 2, 3] {
        engine.run_frame(engine.tick_duration() * ticks).unwrap();
        let newest = engine.world().get::<Trail>(body).unwrap().newest_first().next();
        assert_eq!(newest, engine.world().get::<LastPosition>(body).map(|last| last.0));
    }
}

#[test]
fn a_second_install_changes_the_config_and_adds_no_systems() {
    let falling = |installs: usize| {
        let mut engine = Engine::new();
        (0..installs).for_each(|_| physics::install(&mut engine, PhysicsConfig::default()));
        let body = Body::new(0, Vec2::ZERO, Vec2::ZERO, 0.1);
        let ball = engine.world_mut().spawn(body).id();
        engine.run_frame(engine.tick_duration()).unwrap();
        engine.world().get::<Velocity>(ball).unwrap().0
    };
    assert_eq!(falling(2), falling(1));
}

#[test]
fn an_install_after_resources_were_lost_puts_them_back_and_adds_no_systems() {
    let falling = |is_lost| {
        let mut engine = engine_with(PhysicsConfig::default(), Budget::Unlimited, ArenaMode::Bump);
        if is_lost {
            engine.world_mut().remove_resource::<TickData>();
            engine.world_mut().remove_resource::<PhysicsFigures>();
            engine.world_mut().remove_resource::<DrawList>();
            engine.world_mut().remove_resource::<TrailConfig>();
            physics::install(&mut engine, PhysicsConfig::default());
            render::install(&mut engine, View::default());
        }
        let body = Body::new(0, Vec2::ZERO, Vec2::ZERO, 0.1);
        let ball = engine.world_mut().spawn((body, Dot::new(Tint([1, 2, 3, 255])))).id();
        run(&mut engine, 2);
        let trail = engine.world().get::<Trail>(ball).unwrap().len();
        (engine.world().get::<Velocity>(ball).unwrap().0, trail)
    };
    assert_eq!(falling(true), falling(false));
}

/// Queries leave its entities out, and cannot be read as tables for it.
#[derive(Component)]
#[component(storage = "SparseSet")]
struct Hidden;

#[test]
fn bodies_that_cannot_be_read_as_tables_are_an_error_with_the_remedy() {
    let mut engine = engine_with(PhysicsConfig::default(), Budget::Unlimited, ArenaMode::Bump);
    engine.world_mut().register_disabling_component::<Hidden>();
    fill(&mut engine, 1, 10);
    let error = engine.run_frame(engine.tick_duration()).unwrap_err().to_string();
    assert!(error.contains(r#"take `#[component(storage = "Table")]`"#), "{error}");
}

#[test]
fn an_entity_with_some_parts_of_a_body_leaves_the_bodies_results_to_them() {
    let parts = (Position(Vec2::new(9.0, 5.0)), Velocity(Vec2::ZERO), Radius(0.5), Alive(true));
    for missing in ["both", "last position", "index"] {
        let config = PhysicsConfig { gravity: Vec2::ZERO, ..PhysicsConfig::default() };
        let mut engine = engine_with(config, Budget::Unlimited, ArenaMode::Bump);
        let mut some = engine.world_mut().spawn(parts);
        match missing {
            "last position" => _ = some.insert(BodyIndex(7)),
            "index" => _ = some.insert(LastPosition(parts.0.0)),
            _ => {}
        }
        let some = some.id();
        let nobody = checksum(core::iter::empty());
        assert_eq!(world_checksum(engine.world_mut()), nobody, "{missing} missing");
        let bodies = [0.0, 0.3].map(|x| Body::new(x as u32, Vec2::new(x, 0.0), Vec2::ZERO, 0.5));
        let bodies = bodies.map(|body| engine.world_mut().spawn(body).id());
        run(&mut engine, 60);
        let position = |entity| engine.world().get::<Position>(entity).unwrap().0;
        assert_eq!(position(some), parts.0.0, "{missing} missing");
        assert!(position(bodies[1]).x - position(bodies[0]).x > 0.9, "{missing} missing");
    }
}

#[test]
fn a_body_that_is_taken_out_counts_as_changed_and_no_other() {
    #[derive(Resource, Default)]
    struct Seen(Vec<(BodyIndex, bool)>);
    fn look(bodies: Query<(&BodyIndex, &Alive), Changed<Alive>>, mut seen: ResMut<Seen>) {
        seen.0 = bodies.iter().map(|(index, alive)| (*index, alive.0)).collect();
    }
    let mut engine = engine_with(galaxy(), Budget::Unlimited, ArenaMode::Bump);
    engine.world_mut().init_resource::<Seen>();
    engine.add_systems(phase::Render, look);
    fill(&mut engine, 3, 20);
    run(&mut engine, 1);
    assert_eq!(engine.world().resource::<Seen>().0.len(), 20);
    run(&mut engine, 1);
    assert_eq!(engine.world().resource::<Seen>().0, []);
    let mut bodies = engine.world_mut().query::<(&BodyIndex, &mut Velocity)>();
    for (index, mut velocity) in bodies.iter_mut(engine.world_mut()) {
        velocity.0.y = if index.0 == 4 { f32::NAN } else { 0.0 };
    }
    run(&mut engine, 1);
    assert_eq!(engine.world().resource::<Seen>().0, [(BodyIndex(4), false)]);
}
