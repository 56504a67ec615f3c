//! A thread's arena in a closure that other threads run.

use bevy_ecs::prelude::*;
use frame_arena::ecs::{Arena, phase};

#[derive(Component)]
struct Body(u32);

fn collide(arena: Arena<phase::Physics>, bodies: Query<&Body>) {
    let local = arena.local();
    bodies.par_iter().for_each(|body| {
        local.alloc(body.0);
    });
}

fn main() {
    bevy_ecs::system::assert_is_system(collide);
}
