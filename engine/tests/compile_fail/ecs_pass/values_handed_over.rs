//! The allowed neighbours: values that are not `Copy`, pushed in order, by batches, by workers.

use bevy_ecs::prelude::*;
use frame_arena::ecs::{Engine, FrameReader, FrameWriter, Workers, phase};

#[derive(Component)]
struct Body(u32);

struct Found(u32);

fn collect(
    bodies: Query<&Body>,
    workers: Res<Workers>,
    mut found: FrameWriter<Found, phase::Update>,
) {
    found.push(Found(7));
    bodies.par_iter().for_each_init(
        || found.local(),
        |found, body| found.push_keyed(body.0.into(), Found(body.0)),
    );
    workers.for_each(3, |job| found.local().push_keyed(1_000 + job as u64, Found(0)));
}

fn count(found: FrameReader<Found, phase::Update>) -> Result {
    let found = found.read()?;
    assert_eq!((found.len(), found[0].0, found[100].0), (104, 7, 99));
    Ok(())
}

fn main() {
    let mut engine = Engine::new();
    engine.world_mut().spawn_batch((0..100).rev().map(Body));
    engine.add_systems(phase::Update, (collect, count));
    engine.run_frame(engine.tick_duration()).unwrap();
}
