//! The systems of the render phase, and the one that records trails. They fetch and write.

use bevy_ecs::change_detection::{ContiguousMut, Res, ResMut};
use bevy_ecs::component::Component;
use bevy_ecs::schedule::IntoScheduleConfigs;
use bevy_ecs::system::{Local, Query};
use glam::Vec2;

use super::draw_list::{DrawList, PlacedLabel, RenderObject, sort_instances};
use super::look::{Label, Layer, Scale, Tint, TrailConfig, View};
use super::trail::Trail;
use crate::arena::PartedVec;
use crate::ecs::{Arena, Engine, FrameTime, Workers, phase};
use crate::physics::{
    Alive, BodyIndex, CHUNK_BODIES, LastPosition, Position, Radius, Velocity, chunk_ranges, dense,
    integrate_motion, living,
};
use crate::{AllocError, FrameArena, FrameString, FrameVec, SliceHandle, StrHandle};

/// Adds the systems of the render phase, in order, [`record_trails`] to the physics phase, and the
/// resources that they need. Called again, it changes the view, and puts back what resources are
/// missing.
pub fn install(engine: &mut Engine, view: View) {
    let world = engine.world_mut();
    world.insert_resource(view);
    world.init_resource::<TrailConfig>();
    world.init_resource::<DrawList>();
    if world.component_id::<Installed>().is_some() {
        return; // Again: the systems are there.
    }
    world.register_component::<Installed>();
    engine.add_systems(phase::Physics, record_trails.before(integrate_motion));
    let render = (gather_visible, sort_by_layer, write_labels);
    engine.add_systems(phase::Render, render.chain());
}

/// Known to a world whose engine has the systems. No entity has it, for resources can be despawned.
#[derive(Component)]
struct Installed;

/// Notes where the last tick left the living bodies, every few ticks: so a trail is as long at any
/// frame rate, and begins where a body that is drawn between two ticks comes from.
pub fn record_trails(
    config: Res<TrailConfig>,
    workers: Res<Workers>,
    mut tick: Local<u32>,
    mut bodies: Query<(&mut Trail, &Position, &Alive)>,
) {
    *tick = tick.wrapping_add(1);
    if config.record_every_ticks == 0 || !tick.is_multiple_of(config.record_every_ticks) {
        return;
    }
    let chunks = dense(bodies.contiguous_iter_mut()).flat_map(|(trails, positions, alive)| {
        let (trails, _) = ContiguousMut::bypass_change_detection_split(trails);
        let ranges = chunk_ranges(alive.len());
        let seen = ranges.map(|range| (&positions[range.clone()], &alive[range]));
        trails.chunks_mut(CHUNK_BODIES).zip(seen)
    });
    workers.for_each_of(
        chunks,
        |(trails, (positions, alive))| {
            living(alive).for_each(|place| trails[place].record(positions[place].0));
        },
        |_| (),
    );
}

type Drawn = (
    &'static LastPosition,
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
    workers: Res<Workers>,
    time: Option<Res<FrameTime>>,
    view: Res<View>,
    trails: Res<TrailConfig>,
    mut list: ResMut<DrawList>,
    bodies: Query<Drawn>,
) {
    *list = DrawList { shortfall: list.shortfall, ..DrawList::default() };
    let overstep = time.map_or(1.0, |time| time.overstep);
    let eye = Eye { view: *view, trails: *trails, overstep };
    let gathered = visible_objects(&bodies, &eye, &arena, &workers);
    let gathered = gathered.map(|(objects, trails_refused)| {
        list.shortfall.trails_refused += trails_refused;
        objects
    });
    list.objects = list.shortfall.note(gathered);
}

/// How bodies are looked at in a frame.
struct Eye {
    view: View,
    trails: TrailConfig,
    overstep: f32,
}

/// Bodies in one piece of the world's tables.
#[derive(Clone, Copy)]
struct DrawnChunk<'w> {
    last_positions: &'w [LastPosition],
    positions: &'w [Position],
    velocities: &'w [Velocity],
    radii: &'w [Radius],
    alive: &'w [Alive],
    tints: &'w [Tint],
    layers: &'w [Layer],
    scales: &'w [Scale],
    trails: Option<&'w [Trail]>,
}

impl<'w> DrawnChunk<'w> {
    fn all_of(bodies: &'w Query<Drawn>) -> impl Iterator<Item = Self> {
        dense(bodies.contiguous_iter()).flat_map(|run| {
            let (
                last_positions,
                positions,
                velocities,
                radii,
                alive,
                tints,
                layers,
                scales,
                trails,
            ) = run;
            chunk_ranges(positions.len()).map(move |range| Self {
                last_positions: &last_positions[range.clone()],
                positions: &positions[range.clone()],
                velocities: &velocities[range.clone()],
                radii: &radii[range.clone()],
                alive: &alive[range.clone()],
                tints: &tints[range.clone()],
                layers: &layers[range.clone()],
                scales: &scales[range.clone()],
                trails: trails.map(|trails| &trails[range.clone()]),
            })
        })
    }

    /// Radius of the drawn disc.
    fn radius(&self, place: usize) -> f32 {
        self.radii[place].0 * self.scales[place].0
    }

    /// Where it is shown: between the last two ticks.
    fn position(&self, place: usize, eye: &Eye) -> Vec2 {
        self.last_positions[place].0.lerp(self.positions[place].0, eye.overstep)
    }

    /// Places of the bodies that are shown.
    fn visible(&self, eye: &Eye) -> impl Iterator<Item = usize> {
        let is_shown = |place| eye.view.shows(self.position(place, eye), self.radius(place));
        living(self.alive).filter(move |&place| is_shown(place))
    }

    /// A body with its trail; whether it has to do without one is noted in `trails_refused`.
    fn object(
        &self,
        place: usize,
        eye: &Eye,
        arena: &FrameArena,
        trails_refused: &mut u64,
    ) -> RenderObject {
        let trail = self.trails.map(|trails| &trails[place]);
        let trail = drawn_trail(trail, self.velocities[place].0.length(), &eye.trails, arena);
        *trails_refused += u64::from(trail.is_err());
        RenderObject {
            position: self.position(place, eye),
            radius: self.radius(place),
            tint: self.tints[place].0,
            layer: self.layers[place].0,
            trail: trail.unwrap_or(None),
        }
    }
}

/// The visible bodies, and how many of them have to do without a trail. Counted first: the objects
/// are one slice, before the first trail stands behind them.
fn visible_objects(
    bodies: &Query<Drawn>,
    eye: &Eye,
    arena: &Arena<phase::Render>,
    workers: &Workers,
) -> Result<(SliceHandle<RenderObject>, u64), AllocError> {
    let chunk_count = DrawnChunk::all_of(bodies).count();
    let mut counts = FrameVec::try_with_capacity_in(chunk_count, arena.local())?;
    workers.for_each_of(
        DrawnChunk::all_of(bodies).map(|chunk| (chunk, 0)),
        |(chunk, count)| *count = chunk.visible(eye).count(),
        |(_, count)| counts.push(count),
    );
    let mut objects = PartedVec::try_new(counts.iter().sum(), arena.local())?;
    let mut rest = objects.parts();
    let mut trails_refused = 0;
    let parts = counts.iter().map(|&count| rest.split(count));
    workers.for_each_of(
        DrawnChunk::all_of(bodies).zip(parts).map(|(chunk, part)| (chunk, part, 0)),
        |(chunk, part, refused)| {
            let arena = arena.local();
            let visible = chunk.visible(eye);
            part.take().fill_from(visible.map(|place| chunk.object(place, eye, arena, refused)));
        },
        |(.., refused)| trails_refused += refused,
    );
    Ok((objects.into_vec().publish(), trails_refused))
}

/// The newest points of a trail, as many as the body's speed and age say.
#[inline]
fn drawn_trail(
    trail: Option<&Trail>,
    speed: f32,
    config: &TrailConfig,
    arena: &FrameArena,
) -> Result<Option<SliceHandle<Vec2>>, AllocError> {
    let Some(trail) = trail else { return Ok(None) };
    let len = config.drawn_len(trail.len(), speed);
    if len == 0 {
        return Ok(None);
    }
    Ok(Some(arena.try_publish_slice_from_iter(trail.newest_first().take(len))?))
}

/// Sorts the visible bodies and their trails into instances.
pub fn sort_by_layer(
    arena: Arena<phase::Render>,
    workers: Res<Workers>,
    mut list: ResMut<DrawList>,
) {
    let Some(objects) = list.objects.and_then(|objects| arena.get(objects).ok()) else { return };
    let sorted = sort_instances(objects, arena.threads(), &workers);
    list.instances = list.shortfall.note(sorted);
}

type Labelled = (
    &'static Label,
    &'static BodyIndex,
    &'static LastPosition,
    &'static Position,
    &'static Velocity,
    &'static Radius,
    &'static Alive,
);

/// Writes the labels of the bodies in the view.
pub fn write_labels(
    arena: Arena<phase::Render>,
    time: Option<Res<FrameTime>>,
    view: Res<View>,
    mut list: ResMut<DrawList>,
    bodies: Query<Labelled>,
) {
    let overstep = time.map_or(1.0, |time| time.overstep);
    let shown = || {
        let living = bodies.iter().filter(|(.., alive)| alive.0);
        let placed = living.map(|(label, index, last, position, velocity, radius, _)| {
            (*label, *index, last.0.lerp(position.0, overstep), velocity.0, radius.0)
        });
        placed.filter(|&(.., position, _, radius)| view.shows(position, radius))
    };
    let labels = FrameVec::try_with_capacity_in(shown().count(), arena.local());
    let Some(mut labels) = list.shortfall.note(labels) else { return };
    for (label, index, position, velocity, radius) in shown() {
        match label_text(label, index, velocity.length(), arena.local()) {
            Ok(text) => labels.push(PlacedLabel { position, radius, text }),
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
