//! The systems of a tick. They fetch and write; the rules are elsewhere.

use bevy_ecs::change_detection::{Res, ResMut};
use bevy_ecs::schedule::IntoScheduleConfigs;
use bevy_ecs::system::Query;
use bevy_ecs::world::World;

use super::body::{Alive, BodyIndex, Position, Radius, Velocity, living, living_mut};
use super::checksum::checksum;
use super::collider::{CollisionObject, collides};
use super::config::PhysicsConfig;
use super::grid::sort_into_grid;
use super::motion::{Motion, held_inside, integrated};
use super::pairs::find_contacts;
use super::relax::relax;
use super::tick::{PhysicsFigures, TickData};
use super::touch::list_contacts;
use crate::ecs::{Arena, Engine, phase};
use crate::{AllocError, FrameVec, SliceHandle};

/// Adds the systems of a tick to [`phase::Physics`], in order, and the resources that they need.
///
/// The tick's length becomes the engine's, whatever `config` says.
pub fn install(engine: &mut Engine, config: PhysicsConfig) {
    let tick_secs = engine.tick_duration().as_secs_f32();
    let world = engine.world_mut();
    world.insert_resource(PhysicsConfig { tick_secs, ..config });
    world.init_resource::<TickData>();
    world.init_resource::<PhysicsFigures>();
    let tick = (
        integrate_motion,
        gather_objects,
        sort_bodies,
        find_pairs,
        list_touches,
        relax_contacts,
        write_back,
    );
    engine.add_systems(phase::Physics, tick.chain());
}

/// Lets forces act and moves each living body. One that is not finite is taken out and counted.
pub fn integrate_motion(
    config: Res<PhysicsConfig>,
    mut tick: ResMut<TickData>,
    mut figures: ResMut<PhysicsFigures>,
    mut bodies: Query<(&mut Position, &mut Velocity, &Radius, &mut Alive)>,
) {
    crate::zone!("integrate_motion");
    *tick = TickData::default();
    let mut body_count = 0;
    let mut reset_count = 0;
    for (mut positions, mut velocities, radii, mut alive) in dense(bodies.contiguous_iter_mut()) {
        let (positions, velocities) = (&mut *positions, &mut *velocities);
        // Whether a body lives is looked at here and seldom changed.
        for (alive, place) in living_mut(alive.bypass_change_detection()) {
            let body = Motion { position: positions[place].0, velocity: velocities[place].0 };
            let moved = integrated(body, &config);
            let is_sound = moved.is_finite() && radii[place].0.is_finite();
            let Motion { position, velocity } = if is_sound { moved } else { Motion::default() };
            (positions[place].0, velocities[place].0) = (position, velocity);
            alive.0 = is_sound;
            body_count += u64::from(is_sound);
            reset_count += u64::from(!is_sound);
        }
    }
    *figures = PhysicsFigures { body_count, shortfall: figures.shortfall, ..Default::default() };
    figures.shortfall.bodies_reset += reset_count;
}

/// Gathers the living bodies that have a radius.
pub fn gather_objects(
    arena: Arena<phase::Physics>,
    mut tick: ResMut<TickData>,
    mut figures: ResMut<PhysicsFigures>,
    bodies: Query<(&Position, &Velocity, &Radius, &Alive, &BodyIndex)>,
) {
    crate::zone!("gather_objects");
    let gather = || -> Result<SliceHandle<CollisionObject>, AllocError> {
        let mut objects =
            FrameVec::try_with_capacity_in(figures.body_count as usize, arena.local())?;
        for (positions, velocities, radii, alive, indices) in dense(bodies.contiguous_iter()) {
            let colliding = living(alive).filter(|&place| collides(radii[place].0));
            let gathered = colliding.map(|place| CollisionObject {
                motion: Motion { position: positions[place].0, velocity: velocities[place].0 },
                radius: radii[place].0,
                body: indices[place],
            });
            objects.try_extend(gathered)?;
        }
        Ok(objects.publish())
    };
    let gathered = gather();
    tick.objects = figures.shortfall.note(gathered);
}

/// Sorts the collision objects into a grid.
pub fn sort_bodies(
    arena: Arena<phase::Physics>,
    config: Res<PhysicsConfig>,
    mut tick: ResMut<TickData>,
    mut figures: ResMut<PhysicsFigures>,
) {
    crate::zone!("sort_bodies");
    let Some(objects) = tick.objects.and_then(|objects| arena.get(objects).ok()) else {
        return;
    };
    let sorted = sort_into_grid(objects, config.half_extents_m, arena.local());
    tick.grid = figures.shortfall.note(sorted);
}

/// Finds the pairs of bodies that overlap.
pub fn find_pairs(
    arena: Arena<phase::Physics>,
    config: Res<PhysicsConfig>,
    mut tick: ResMut<TickData>,
    mut figures: ResMut<PhysicsFigures>,
) {
    crate::zone!("find_pairs");
    if config.relaxation_iterations == 0 {
        return;
    }
    let Some(grid) = &tick.grid else { return };
    let found = find_contacts(grid, arena.local());
    let Some(found) = figures.shortfall.note(found) else {
        return;
    };
    figures.contact_count = arena.get(found.contacts).map_or(0, |contacts| contacts.len() as u64);
    figures.shortfall.contacts_refused += found.refused_count;
    figures.shortfall.pairs_untested += found.untested_count;
    tick.contacts = Some(found.contacts);
}

/// Makes each touching body's contact list.
pub fn list_touches(
    arena: Arena<phase::Physics>,
    mut tick: ResMut<TickData>,
    mut figures: ResMut<PhysicsFigures>,
) {
    crate::zone!("list_touches");
    let (Some(grid), Some(contacts)) = (tick.grid, tick.contacts) else {
        return;
    };
    let (Ok(records), Ok(contacts)) = (arena.get(grid.records), arena.get(contacts)) else {
        return;
    };
    let listed = list_contacts(contacts, records, arena.local());
    let Some(listed) = figures.shortfall.note(listed) else {
        return;
    };
    figures.touching_count = arena.get(listed.lists).map_or(0, |lists| lists.len() as u64);
    figures.shortfall.lists_refused += listed.refused_count;
    tick.lists = Some(listed.lists);
}

/// Pushes overlapping bodies apart.
pub fn relax_contacts(
    arena: Arena<phase::Physics>,
    config: Res<PhysicsConfig>,
    mut tick: ResMut<TickData>,
    mut figures: ResMut<PhysicsFigures>,
) {
    crate::zone!("relax_contacts");
    let (Some(objects), Some(grid), Some(lists)) = (tick.objects, tick.grid, tick.lists) else {
        return;
    };
    let parts = (arena.get(objects), arena.get(grid.records), arena.get(grid.places));
    let ((Ok(objects), Ok(records), Ok(places)), Ok(lists)) = (parts, arena.get(lists)) else {
        return;
    };
    let settled = relax(objects, (records, places), lists, &config, arena.local());
    tick.settled = figures.shortfall.note(settled);
}

/// Writes the motion after the collisions to the bodies and holds all inside the walls.
pub fn write_back(
    arena: Arena<phase::Physics>,
    config: Res<PhysicsConfig>,
    tick: Res<TickData>,
    mut bodies: Query<(&mut Position, &mut Velocity, &Radius, &Alive)>,
) {
    crate::zone!("write_back");
    // The order of gathering; without a result, bodies keep the motion that they have.
    let settled = tick.settled.and_then(|settled| arena.get(settled).ok()).unwrap_or(&[]);
    let mut settled = settled.iter();
    for (mut positions, mut velocities, radii, alive) in dense(bodies.contiguous_iter_mut()) {
        let (positions, velocities) = (&mut *positions, &mut *velocities);
        for place in living(alive) {
            let radius = radii[place].0;
            let free = Motion { position: positions[place].0, velocity: velocities[place].0 };
            let solved = if collides(radius) { settled.next() } else { None };
            let motion = *solved.unwrap_or(&free);
            let held = held_inside(motion, radius.max(0.0), &config);
            (positions[place].0, velocities[place].0) = (held.position, held.velocity);
        }
    }
}

/// [`checksum`] of all bodies in the world, dead ones included. For the end of a run: the query is
/// built anew.
#[must_use]
pub fn world_checksum(world: &mut World) -> u64 {
    let mut bodies = world.query::<(&BodyIndex, &Position, &Velocity)>();
    checksum(bodies.iter(world).map(|(&index, position, velocity)| {
        (index, Motion { position: position.0, velocity: velocity.0 })
    }))
}

/// The runs of a query over components in tables, which always has some.
pub(crate) fn dense<I, E>(runs: Result<I, E>) -> impl Iterator<Item = I::Item>
where
    I: Iterator,
{
    runs.into_iter().flatten()
}
