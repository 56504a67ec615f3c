//! A reference into the frame in a resource, which lives longer.

use bevy_ecs::prelude::*;
use frame_arena::ecs::{Arena, phase};

#[derive(Resource)]
struct Kept(Option<&'static u32>);

fn keep(arena: Arena<phase::Update>, mut kept: ResMut<Kept>) {
    kept.0 = Some(arena.local().alloc(7));
}

fn main() {
    bevy_ecs::system::assert_is_system(keep);
}
