//! The systems of the render phase, and the one that records trails. They fetch and write.

use bevy_ecs::change_detection::{Res, ResMut};
use bevy_ecs::schedule::IntoScheduleConfigs;
use bevy_ecs::system::{Local, Query};

use super::draw_list::{DrawList, PlacedLabel, RenderObject, sort_instances};
use super::look::{Label, Layer, Scale, Tint, TrailConfig, View};
use super::trail::Trail;
use crate::ecs::{Arena, Engine, phase};
use crate::physics::{Alive, BodyIndex, Position, Radius, Velocity, dense, living};
use crate::{AllocError, FrameArena, FrameString, FrameVec, SliceHandle, StrHandle};

/// Adds the systems of the render phase, in order, [`record_trails`] to the update phase, and the
/// resources that they need.
pub fn install(engine: &mut Engine, view: View) {
    let world = engine.world_mut();
    world.insert_resource(view);
    world.init_resource::<TrailConfig>();
    world.init_resource::<DrawList>();
    engine.add_systems(phase::Update, record_trails);
    let render = (gather_visible, sort_by_layer, write_labels);
    engine.add_systems(phase::Render, render.chain());
}

/// Notes where the living bodies are, every few frames.
pub fn record_trails(
    config: Res<TrailConfig>,
    mut frame: Local<u32>,
    mut bodies: Query<(&mut Trail, &Position, &Alive)>,
) {
    *frame = frame.wrapping_add(1);
    if config.record_every_frames == 0 || !frame.is_multiple_of(config.record_every_frames) {
        return;
    }
    for (mut trails, positions, alive) in dense(bodies.contiguous_iter_mut()) {
        let trails = trails.bypass_change_detection();
        for place in living(alive) {
            trails[place].record(positions[place].0);
        }
    }
}

type Drawn = (
    &'static Position,
    &'static Velocity,
    &'static Radius,
    &'static Alive,
    &'static Tint,
    &'static Layer,
    &'static Scale,
    Option<&'static Trail>,
);

/// Makes a render object, with its trail, of each living body in the view.
pub fn gather_visible(
    arena: Arena<phase::Render>,
    view: Res<View>,
    trails: Res<TrailConfig>,
    mut list: ResMut<DrawList>,
    bodies: Query<Drawn>,
) {
    *list = DrawList { shortfall: list.shortfall, ..DrawList::default() };
    let gathered = visible_objects(&bodies, &view, &trails, arena.local());
    let gathered = gathered.map(|(objects, trails_refused)| {
        list.shortfall.trails_refused += trails_refused;
        objects
    });
    list.objects = list.shortfall.note(gathered);
}

/// The visible bodies, and how many of them have to do without a trail.
fn visible_objects(
    bodies: &Query<Drawn>,
    view: &View,
    config: &TrailConfig,
    arena: &FrameArena,
) -> Result<(SliceHandle<RenderObject>, u64), AllocError> {
    let mut objects = FrameVec::try_with_capacity_in(count_visible(bodies, view), arena)?;
    let mut trails_refused = 0;
    for (positions, velocities, radii, alive, tints, layers, scales, trails) in
        dense(bodies.contiguous_iter())
    {
        let radius = |at: usize| radii[at].0 * scales[at].0;
        let visible = living(alive).filter(|&at| view.shows(positions[at].0, radius(at)));
        for at in visible {
            let trail = trails.map(|trails| &trails[at]);
            let trail = drawn_trail(trail, velocities[at].0.length(), config, arena);
            trails_refused += u64::from(trail.is_err());
            objects.push(RenderObject {
                position: positions[at].0,
                radius: radius(at),
                tint: tints[at].0,
                layer: layers[at].0,
                trail: trail.unwrap_or(None),
            });
        }
    }
    Ok((objects.publish(), trails_refused))
}

/// Bodies that will be drawn: so many objects need room, before the first trail stands behind them.
fn count_visible(bodies: &Query<Drawn>, view: &View) -> usize {
    let runs = dense(bodies.contiguous_iter());
    runs.map(|(positions, _, radii, alive, _, _, scales, _)| {
        let radius = |at: usize| radii[at].0 * scales[at].0;
        living(alive).filter(|&at| view.shows(positions[at].0, radius(at))).count()
    })
    .sum()
}

/// The newest points of a trail, as many as the body's speed and age say.
#[inline]
fn drawn_trail(
    trail: Option<&Trail>,
    speed: f32,
    config: &TrailConfig,
    arena: &FrameArena,
) -> Result<Option<SliceHandle<glam::Vec2>>, AllocError> {
    let Some(trail) = trail else { return Ok(None) };
    let len = config.drawn_len(trail.len(), speed);
    if len == 0 {
        return Ok(None);
    }
    Ok(Some(arena.try_publish_slice_from_iter(trail.newest_first().take(len))?))
}

/// Sorts the visible bodies and their trails into instances.
pub fn sort_by_layer(arena: Arena<phase::Render>, mut list: ResMut<DrawList>) {
    let Some(objects) = list.objects.and_then(|objects| arena.get(objects).ok()) else { return };
    let sorted = sort_instances(objects, arena.local());
    list.instances = list.shortfall.note(sorted);
}

type Labelled = (
    &'static Label,
    &'static BodyIndex,
    &'static Position,
    &'static Velocity,
    &'static Radius,
    &'static Alive,
);

/// Writes the labels of the bodies in the view.
pub fn write_labels(
    arena: Arena<phase::Render>,
    view: Res<View>,
    mut list: ResMut<DrawList>,
    bodies: Query<Labelled>,
) {
    let shown = || {
        let shown = bodies.iter().filter(|(.., alive)| alive.0);
        shown.filter(|(_, _, position, _, radius, _)| view.shows(position.0, radius.0))
    };
    let labels = FrameVec::try_with_capacity_in(shown().count(), arena.local());
    let Some(mut labels) = list.shortfall.note(labels) else { return };
    for (label, index, position, velocity, radius, _) in shown() {
        match label_text(*label, *index, velocity.0.length(), arena.local()) {
            Ok(text) => labels.push(PlacedLabel { position: position.0, radius: radius.0, text }),
            Err(_) => list.shortfall.labels_refused += 1,
        }
    }
    list.labels = Some(labels.publish());
}

/// A label's text, `speed` in metres per second.
fn label_text(
    label: Label,
    BodyIndex(index): BodyIndex,
    speed: f32,
    arena: &FrameArena,
) -> Result<StrHandle, AllocError> {
    let text = match label {
        Label::Number => FrameString::try_from_fmt_in(format_args!("#{index}"), arena)?,
        Label::Speed => {
            FrameString::try_from_fmt_in(format_args!("#{index} {speed:.1} m/s"), arena)?
        }
    };
    Ok(text.publish())
}
