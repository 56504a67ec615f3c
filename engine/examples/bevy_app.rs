//! Arenas in a `bevy_app` loop without a window: real schedules, a fixed step, and values that cross
//! from one frame's `Update` to the next frame's fixed steps.
//!
//! `Update` orders jumps. The fixed loop of the same frame is over by then, so the next frame takes
//! the orders up, once, before its steps; it may have none, or several. The steps move the bodies
//! and hand over who has landed, and `PostUpdate` writes that down: each landing once.

use std::time::Duration;

use bevy_app::prelude::*;
use bevy_ecs::prelude::*;
use bevy_time::{Fixed, Time, TimePlugin, TimeUpdateStrategy};
use frame_arena::ArenaConfig;
use frame_arena::ecs::{
    Arena, EngineConfig, FrameArenaPlugin, FrameReader, FrameWriter, PhaseArena, phase,
};

const FRAME_COUNT: usize = 120;
const FRAME: Duration = Duration::from_millis(12);
const STEP_HZ: f64 = 60.0;
const GRAVITY: f32 = 9.81;

#[derive(Component, Default)]
struct Body {
    height_m: f32,
    speed_m_per_s: f32,
}

/// An order of `Update`, for the next frame.
struct Jump {
    body: Entity,
    speed_m_per_s: f32,
}

/// Orders taken up, until a step has carried them out.
#[derive(Resource, Default)]
struct Pending(Vec<Jump>);

/// A body that has reached the ground in this frame's steps.
struct Landing(Entity);

#[derive(Resource, Default)]
struct Counts {
    frames: usize,
    steps: usize,
    ordered: usize,
    jumped: usize,
    landed: usize,
}

fn main() {
    let arenas = EngineConfig {
        update: ArenaConfig { frames_in_flight: 2, ..ArenaConfig::default() },
        ..EngineConfig::default()
    };
    let mut app = App::new();
    app.add_plugins((TimePlugin, FrameArenaPlugin { config: arenas, ..Default::default() }))
        .insert_resource(TimeUpdateStrategy::ManualDuration(FRAME))
        .insert_resource(Time::<Fixed>::from_hz(STEP_HZ))
        .init_resource::<Pending>()
        .init_resource::<Counts>()
        .add_systems(Startup, spawn_bodies)
        .add_systems(
            RunFixedMainLoop,
            take_orders_up.in_set(RunFixedMainLoopSystems::BeforeFixedMainLoop),
        )
        .add_systems(FixedUpdate, (jump, fall, land).chain())
        .add_systems(Update, order_jumps)
        .add_systems(PostUpdate, note_landings);
    for _ in 0..FRAME_COUNT {
        app.update();
    }

    let Counts { frames, steps, ordered, jumped, landed } = app.world().resource();
    println!("{frames} frames, {steps} steps");
    println!("{ordered} jumps ordered, {jumped} begun, {landed} landings seen");
    let update = app.world_mut().resource_mut::<PhaseArena<phase::Update>>().stats();
    println!("update arena: {} blocks for two frames in flight", update.block_count);
}

fn spawn_bodies(mut commands: Commands) {
    commands.spawn_batch((0..50).map(|_| Body::default()));
}

/// Each body in its turn.
fn order_jumps(
    bodies: Query<Entity, With<Body>>,
    mut counts: ResMut<Counts>,
    mut jumps: FrameWriter<Jump, phase::Update>,
) {
    let turn = counts.frames % 25;
    for body in bodies.iter().skip(turn).step_by(25) {
        jumps.push(Jump { body, speed_m_per_s: 1.0 + turn as f32 * 0.02 });
        counts.ordered += 1;
    }
    counts.frames += 1;
}

/// `read_last`: this frame's update is yet to come.
fn take_orders_up(jumps: FrameReader<Jump, phase::Update>, mut pending: ResMut<Pending>) -> Result {
    let orders = jumps.read_last()?.iter();
    pending.0.extend(orders.map(|&Jump { body, speed_m_per_s }| Jump { body, speed_m_per_s }));
    Ok(())
}

fn jump(mut bodies: Query<&mut Body>, mut pending: ResMut<Pending>, mut counts: ResMut<Counts>) {
    for jump in pending.0.drain(..) {
        if let Ok(mut body) = bodies.get_mut(jump.body) {
            body.speed_m_per_s = jump.speed_m_per_s;
            counts.jumped += 1;
        }
    }
    counts.steps += 1;
}

fn fall(time: Res<Time>, mut bodies: Query<&mut Body>) {
    for mut body in &mut bodies {
        if body.height_m > 0.0 || body.speed_m_per_s > 0.0 {
            body.speed_m_per_s -= GRAVITY * time.delta_secs();
            body.height_m += body.speed_m_per_s * time.delta_secs();
        }
    }
}

/// To a frame phase: what goes to a tick phase is the last step's only, and read again in frames
/// without a step.
fn land(mut bodies: Query<(Entity, &mut Body)>, mut landings: FrameWriter<Landing, phase::Update>) {
    for (entity, mut body) in &mut bodies {
        if body.height_m < 0.0 {
            *body = Body::default();
            landings.push(Landing(entity));
        }
    }
}

/// Of all steps of the frame; none in a frame without one.
fn note_landings(
    landings: FrameReader<Landing, phase::Update>,
    arena: Arena<phase::Render>,
    mut counts: ResMut<Counts>,
) -> Result {
    let landings = landings.read()?;
    let labels = landings.iter().map(|Landing(body)| arena.publish_str(&body.to_string()));
    counts.landed += arena.alloc_slice_from_iter(labels).len();
    Ok(())
}
