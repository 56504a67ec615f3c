//! A batch has no place in an order, so its values need keys.

use bevy_ecs::prelude::*;
use frame_arena::ecs::{FrameWriter, phase};

#[derive(Component)]
struct Body(u32);

fn collect(bodies: Query<&Body>, found: FrameWriter<u32, phase::Update>) {
    bodies.par_iter().for_each_init(|| found.local(), |found, body| found.push(body.0));
}

fn main() {
    bevy_ecs::system::assert_is_system(collect);
}
