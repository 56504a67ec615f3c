//! A value with drop, which would be forgotten with the frame.

use bevy_ecs::prelude::*;
use frame_arena::ecs::{FrameWriter, phase};

fn name(mut names: FrameWriter<String, phase::Update>) {
    names.push(String::from("orc"));
}

fn main() {
    World::new().register_system(name);
}
