//! What was read, in a resource, which lives longer than the frame.

use bevy_ecs::prelude::*;
use frame_arena::ecs::{FrameReader, phase};

#[derive(Resource)]
struct Kept(&'static [u32]);

fn keep(found: FrameReader<u32, phase::Update>, mut kept: ResMut<Kept>) -> Result {
    kept.0 = found.read()?;
    Ok(())
}

fn main() {
    bevy_ecs::system::assert_is_system(keep);
}
