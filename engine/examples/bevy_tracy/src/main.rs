//! A bevy app in Tracy: the zones of bevy's schedules and systems, and the arenas' pools, plots and
//! messages, in one capture. Run it, and connect Tracy 0.14; it waits for that, runs 300 frames, and
//! ends.
//!
//! `cargo run --release --manifest-path engine/examples/bevy_tracy/Cargo.toml`
//!
//! In a game it is bevy's feature `trace_tracy`, `frame-arena`'s features `bevy_app` and `tracy`, and
//! the plugin; with bevy's renderer, which marks frames itself, `marks_frames: false`.

use std::time::Duration;

use bevy_app::{App, FixedUpdate, Update};
use bevy_ecs::prelude::*;
use bevy_log::LogPlugin;
use bevy_time::{TimePlugin, TimeUpdateStrategy};
use frame_arena::SliceHandle;
use frame_arena::ecs::{Arena, FrameArenaPlugin, phase};
use frame_arena::profile;

/// Frames that are run.
const FRAMES: u32 = 300;
/// Time from frame to frame, so that each run tells the same: three fixed steps in four frames.
const FRAME: Duration = Duration::from_micros(11_719);

/// Contacts of the last fixed step.
#[derive(Resource, Default)]
struct Contacts(Option<SliceHandle<u32>>);

fn collide(arena: Arena<phase::Physics>, mut contacts: ResMut<Contacts>) {
    contacts.0 = Some(arena.publish_slice_from_iter((0..140).map(|body| body * 7)));
}

fn label(
    update: Arena<phase::Update>,
    physics: Arena<phase::Physics>,
    contacts: Res<Contacts>,
) -> Result {
    let Some(contacts) = contacts.0 else { return Ok(()) };
    for body in physics.get(contacts)? {
        update.alloc_fmt(format_args!("body {body} touches"));
    }
    Ok(())
}

fn main() {
    let mut app = App::new();
    app.add_plugins((LogPlugin::default(), TimePlugin, FrameArenaPlugin::default()))
        .insert_resource(TimeUpdateStrategy::ManualDuration(FRAME))
        .init_resource::<Contacts>()
        .add_systems(FixedUpdate, collide)
        .add_systems(Update, label);
    app.finish();
    app.cleanup();
    println!("waiting for Tracy 0.14 to connect");
    profile::wait_for_viewer();
    (0..FRAMES).for_each(|_| app.update());
}
