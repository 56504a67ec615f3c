//! The parameter itself may go to other threads: each finds its own arena.

use bevy_ecs::prelude::*;
use frame_arena::ecs::{Arena, Engine, phase};

#[derive(Component)]
struct Body(u32);

fn collide(arena: Arena<phase::Physics>, bodies: Query<&Body>) {
    bodies.par_iter().for_each_init(
        || arena.local(),
        |local, body| {
            local.alloc(body.0);
        },
    );
}

fn main() {
    let mut engine = Engine::new();
    engine.world_mut().spawn_batch((0..100).map(Body));
    engine.add_systems(phase::Physics, collide);
    let report = engine.run_frame(engine.tick_duration()).unwrap();
    assert_eq!(report.phase("physics").unwrap().stats.alloc_count, 100);
}
