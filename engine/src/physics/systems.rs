//! The systems of a tick. They fetch and write; the rules are elsewhere.

use core::iter;

use bevy_ecs::change_detection::{ContiguousMut, Res, ResMut};
use bevy_ecs::component::Component;
use bevy_ecs::query::With;
use bevy_ecs::schedule::IntoScheduleConfigs;
use bevy_ecs::system::Query;
use bevy_ecs::world::World;

use super::body::{
    Alive, BodyIndex, LastPosition, Life, Position, Radius, SKIP_LEN, Velocity, living,
};
use super::checksum::checksum;
use super::chunks::{
    CHUNK_BODIES, ChunkStart, Deals, MovedChunk, SeenChunk, SeenRun, alive_chunks, chunks_of,
    moved_chunks,
};
use super::collider::{CollisionObject, collides};
use super::config::PhysicsConfig;
use super::motion::{Motion, held_inside, integrated};
use super::pairs::find_contacts;
use super::relax::relax;
use super::routes::{Returning, SentBack, send_back};
use super::sort::sort_deals_into_grid;
use super::survey::Survey;
use super::tick::{PhysicsFigures, TickData};
use super::touch::list_contacts;
use crate::arena::{Part, PartedVec};
use crate::ecs::{Arena, Engine, Workers, phase};
use crate::{AllocError, FrameArena, FrameVec, SliceHandle};

/// Adds the systems of a tick to [`phase::Physics`], in order, and the resources that they need.
///
/// The tick's length becomes the engine's, whatever `config` says. Called again, it changes the
/// config, and puts back what resources are missing.
///
/// Systems of yours may stand between these. What they must not change from [`gather_objects`] to
/// [`write_back`] is which bodies collide ([`Alive`], [`Radius`], spawning and despawning) and which
/// components a body has, a disabling one included: results go back in the order in which bodies were
/// gathered, so that others would get them. Positions and velocities that change there are written
/// over, but for those of bodies of radius 0, and in a tick that lacks the memory.
///
/// Each tick marks `Position`, `LastPosition` and `Velocity` of all bodies as changed, of those at rest
/// and the dead too; `Alive` of those only that it takes out.
///
/// A component that disables entities is to be stored in tables, as bevy's own is; with one in a sparse
/// set the systems panic.
pub fn install(engine: &mut Engine, config: PhysicsConfig) {
    let tick_secs = engine.tick_duration().as_secs_f32();
    let world = engine.world_mut();
    world.insert_resource(PhysicsConfig { tick_secs, ..config });
    world.init_resource::<TickData>();
    world.init_resource::<PhysicsFigures>();
    if world.component_id::<Installed>().is_some() {
        return; // Again: the systems are there.
    }
    world.register_component::<Installed>();
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

/// Known to a world whose engine has the systems. No entity has it, for resources can be despawned.
#[derive(Component)]
struct Installed;

/// What a body has beside that which each system takes: all must see the same entities.
type IsBody = (With<LastPosition>, With<BodyIndex>);

/// Lets forces act and moves each living body. One that is not finite is taken out and counted.
pub fn integrate_motion(
    config: Res<PhysicsConfig>,
    workers: Res<Workers>,
    mut tick: ResMut<TickData>,
    mut figures: ResMut<PhysicsFigures>,
    mut bodies: Query<Moving, IsBody>,
) {
    *tick = TickData::default();
    let mut living_count = 0;
    let mut not_finite_count = 0;
    let runs = dense(bodies.contiguous_iter_mut());
    let chunks = runs.flat_map(|(positions, last_positions, velocities, radii, alive)| {
        let (last_positions, _) = ContiguousMut::split(last_positions);
        let last_positions = last_positions.chunks_mut(CHUNK_BODIES);
        let moved = moved_chunks(positions, velocities, radii).zip(last_positions);
        moved.zip(alive_chunks(alive)).map(|(moved, alive)| (moved, alive, (0, 0)))
    });
    workers.for_each_of(
        chunks,
        |((chunk, last_positions), alive, counts)| {
            *counts = integrate_chunk(chunk, last_positions, alive, &config);
        },
        |(_, _, (living, not_finite))| {
            living_count += living;
            not_finite_count += not_finite;
        },
    );
    if not_finite_count > 0 {
        take_out_not_finite(&mut bodies);
    }
    *figures = PhysicsFigures {
        body_count: living_count - not_finite_count,
        shortfall: figures.shortfall,
        ..Default::default()
    };
    figures.shortfall.bodies_reset += not_finite_count;
}

/// What integration moves, and takes out.
type Moving = (
    &'static mut Position,
    &'static mut LastPosition,
    &'static mut Velocity,
    &'static Radius,
    &'static mut Alive,
);

/// What integration moves of one body.
type BodyParts<'w> =
    (((&'w mut Position, &'w mut LastPosition), (&'w mut Velocity, &'w Radius)), &'w Alive);

/// Moves the living bodies of a chunk; gives how many live, and how many of them are not finite now.
fn integrate_chunk(
    chunk: &mut MovedChunk<'_>,
    last_positions: &mut [LastPosition],
    alive: &[Alive],
    config: &PhysicsConfig,
) -> (u64, u64) {
    let (mut living_count, mut not_finite_count) = (0, 0);
    let groups = chunk.groups().zip(last_positions.chunks_mut(SKIP_LEN));
    for ((group, last_positions), alive) in groups.zip(alive.chunks(SKIP_LEN)) {
        let life = Life::of(alive);
        let places = group.positions.iter_mut().zip(last_positions);
        let bodies = places.zip(group.velocities.iter_mut().zip(group.radii)).zip(alive);
        let integrate = |(((position, last), (velocity, radius)), _): BodyParts<'_>| {
            let body = Motion { position: position.0, velocity: velocity.0 };
            let moved = integrated(body, config);
            last.0 = body.position;
            living_count += 1;
            not_finite_count += u64::from(!is_finite(moved, *radius));
            (position.0, velocity.0) = (moved.position, moved.velocity);
        };
        life.each_of(bodies, |(_, alive)| alive.0, integrate);
    }
    (living_count, not_finite_count)
}

fn is_finite(motion: Motion, radius: Radius) -> bool {
    motion.is_finite() & radius.0.is_finite()
}

/// Takes out the living bodies that are not finite. Body by body, so that only those count as changed.
#[cold]
fn take_out_not_finite(bodies: &mut Query<Moving, IsBody>) {
    for (mut position, _, mut velocity, radius, mut alive) in bodies {
        let motion = Motion { position: position.0, velocity: velocity.0 };
        if alive.0 && !is_finite(motion, *radius) {
            (position.0, velocity.0) = Default::default();
            alive.0 = false;
        }
    }
}

/// Gathers the living bodies that have a radius. Until [`write_back`] they must stay the same.
pub fn gather_objects(
    arena: Arena<phase::Physics>,
    workers: Res<Workers>,
    mut tick: ResMut<TickData>,
    mut figures: ResMut<PhysicsFigures>,
    bodies: Query<Gathering, IsBody>,
) {
    let gathered = gather(&bodies, arena.local(), &workers);
    let Some(gathered) = figures.shortfall.note(gathered) else { return };
    tick.objects = Some(gathered.objects);
    tick.chunk_starts = Some(gathered.chunk_starts);
    tick.deals = Some(gathered.deals);
}

type Gathering =
    (&'static Position, &'static Velocity, &'static Radius, &'static Alive, &'static BodyIndex);

struct Gathered {
    objects: SliceHandle<CollisionObject>,
    /// For each chunk, in bevy's order.
    chunk_starts: SliceHandle<ChunkStart>,
    /// What is known of the objects that each job of the sort deals out: those of whole chunks.
    deals: SliceHandle<Survey>,
}

/// The collision objects, and which of them are each chunk's.
fn gather(
    bodies: &Query<Gathering, IsBody>,
    arena: &FrameArena,
    workers: &Workers,
) -> Result<Gathered, AllocError> {
    let runs = || {
        dense(bodies.contiguous_iter()).map(|(positions, velocities, radii, alive, indices)| {
            SeenChunk { positions, velocities, radii, alive, indices }
        })
    };
    let runs = SeenRun::in_order(runs, arena)?;
    let chunks = || runs.iter().flat_map(SeenRun::chunks);
    let chunk_count = chunks().count();
    let mut lens = FrameVec::try_with_capacity_in(chunk_count, arena)?;
    let mut starts = FrameVec::try_with_capacity_in(chunk_count, arena)?;
    starts.extend(iter::repeat_n(ChunkStart::default(), chunk_count));
    let mut deals = Deals::try_new(chunk_count, arena)?;
    workers.for_each_of(
        chunks().map(|(place, chunk)| (place, chunk, 0)),
        |(_, chunk, len)| *len = colliding_count(chunk.alive, chunk.radii),
        |(place, chunk, len)| {
            starts[place] = deals.add(chunk.indices, len);
            lens.push(len);
        },
    );
    let mut objects = PartedVec::try_new(deals.object_count() as usize, arena)?;
    let mut rest = objects.parts();
    let parts = chunks().zip(&lens).map(|((place, chunk), &len)| {
        (starts[place], chunk, rest.split(len as usize), Survey::default())
    });
    workers.for_each_of(
        parts,
        |(_, chunk, part, survey)| *survey = Survey::of(gather_chunk(chunk, part.take())),
        |(start, _, _, survey)| deals.survey(start, survey),
    );
    Ok(Gathered {
        objects: objects.into_vec().publish(),
        chunk_starts: starts.publish(),
        deals: deals.publish(),
    })
}

/// Makes the collision objects of a chunk, which fill `part`.
fn gather_chunk<'p>(
    chunk: &SeenChunk<'_>,
    part: Part<'p, CollisionObject>,
) -> &'p [CollisionObject] {
    if part.len() == chunk.alive.len() {
        return part.fill_from(chunk.all_objects()); // No branch asks each.
    }
    let colliding = living(chunk.alive).filter(|&place| collides(chunk.radii[place].0));
    part.fill_from(colliding.map(|place| chunk.object(place)))
}

/// Bodies of a chunk that live and have a radius.
fn colliding_count(alive: &[Alive], radii: &[Radius]) -> u32 {
    let colliding = alive.iter().zip(radii).map(|(alive, radius)| alive.0 & collides(radius.0));
    colliding.map(u32::from).sum()
}

/// Sorts the collision objects into a grid.
pub fn sort_bodies(
    arena: Arena<phase::Physics>,
    workers: Res<Workers>,
    config: Res<PhysicsConfig>,
    mut tick: ResMut<TickData>,
    mut figures: ResMut<PhysicsFigures>,
) {
    let (Some(objects), Some(deals)) = (tick.objects, tick.deals) else { return };
    let (Ok(objects), Ok(deals)) = (arena.get(objects), arena.get(deals)) else {
        return;
    };
    let walls = config.half_extents_m;
    let sorted = sort_deals_into_grid(objects, deals, walls, arena.threads(), &workers);
    tick.grid = figures.shortfall.note(sorted);
}

/// Finds the pairs of bodies that overlap.
pub fn find_pairs(
    arena: Arena<phase::Physics>,
    workers: Res<Workers>,
    config: Res<PhysicsConfig>,
    mut tick: ResMut<TickData>,
    mut figures: ResMut<PhysicsFigures>,
) {
    if config.relaxation_iterations == 0 {
        return;
    }
    let Some(grid) = &tick.grid else { return };
    let found = find_contacts(grid, arena.threads(), &workers);
    let Some(found) = figures.shortfall.note(found) else {
        return;
    };
    figures.contact_count = found.count;
    figures.shortfall.contacts_refused += found.refused_count;
    figures.shortfall.pairs_untested += found.untested_count;
    tick.contacts = Some(found.strips);
}

/// Makes each touching body's contact list.
pub fn list_touches(
    arena: Arena<phase::Physics>,
    workers: Res<Workers>,
    mut tick: ResMut<TickData>,
    mut figures: ResMut<PhysicsFigures>,
) {
    let (Some(grid), Some(contacts)) = (tick.grid, tick.contacts) else {
        return;
    };
    let Ok(contacts) = arena.get(contacts) else { return };
    let listed = list_contacts(contacts, &grid, arena.threads(), &workers);
    let Some(listed) = figures.shortfall.note(listed) else {
        return;
    };
    figures.touching_count = listed.count;
    figures.shortfall.lists_refused += listed.refused_count;
    tick.lists = Some(listed.strips);
}

/// Pushes overlapping bodies apart.
pub fn relax_contacts(
    arena: Arena<phase::Physics>,
    workers: Res<Workers>,
    config: Res<PhysicsConfig>,
    mut tick: ResMut<TickData>,
    mut figures: ResMut<PhysicsFigures>,
) {
    let (Some(grid), Some(contacts)) = (tick.grid, tick.contacts) else {
        return;
    };
    let Ok(contacts) = arena.get(contacts) else { return };
    let settled = relax(&grid, contacts, &config, arena.threads(), &workers);
    tick.settled = figures.shortfall.note(settled);
    let Some(Ok(discs)) = tick.settled.map(|settled| arena.get(settled)) else { return };
    let sent_back = send_back(discs, &grid, arena.threads(), &workers);
    tick.sent_back = figures.shortfall.note(sent_back);
}

/// Writes the motion after the collisions to the bodies, which must be those that were gathered, and
/// holds all inside the walls.
pub fn write_back(
    arena: Arena<phase::Physics>,
    workers: Res<Workers>,
    config: Res<PhysicsConfig>,
    tick: Res<TickData>,
    mut bodies: Query<(&mut Position, &mut Velocity, &Radius, &Alive, &BodyIndex), IsBody>,
) {
    // Without a result, bodies keep the motion that they have.
    let sent_back = tick.sent_back.zip(tick.grid);
    let sent_back =
        sent_back.and_then(|(motions, grid)| SentBack::of(motions, &grid, arena.threads()));
    let sent_back = sent_back.unwrap_or_default();
    let chunk_starts = tick.chunk_starts.and_then(|starts| arena.get(starts).ok());
    let chunk_starts = chunk_starts.unwrap_or_default();
    let runs = dense(bodies.contiguous_iter_mut());
    let chunks = runs.flat_map(|(positions, velocities, radii, alive, indices)| {
        let looked_at = chunks_of(alive).zip(chunks_of(indices));
        moved_chunks(positions, velocities, radii).zip(looked_at)
    });
    workers.for_each_of(
        chunks.enumerate(),
        |(n, (chunk, (alive, indices)))| {
            let start = ChunkStart::find(chunk_starts, *n, indices);
            let returning = sent_back.returning_to(start.unwrap_or_default());
            write_chunk(chunk, alive, returning, &config);
        },
        |_| (),
    );
}

fn write_chunk(
    chunk: &mut MovedChunk<'_>,
    alive: &[Alive],
    mut returning: Returning<'_>,
    config: &PhysicsConfig,
) {
    for (group, alive) in chunk.groups().zip(alive.chunks(SKIP_LEN)) {
        let moved = group.positions.iter_mut().zip(group.velocities);
        let bodies = moved.zip(group.radii.iter().zip(alive));
        Life::of(alive).each_of(
            bodies,
            |(_, (_, alive))| alive.0,
            |((position, velocity), (radius, _))| {
                let mut motion = Motion { position: position.0, velocity: velocity.0 };
                let mut reach = 0.0;
                if collides(radius.0) {
                    reach = radius.0;
                    motion = returning.next().unwrap_or(motion);
                }
                let held = held_inside(motion, reach, config);
                (position.0, velocity.0) = (held.position, held.velocity);
            },
        );
    }
}

/// [`checksum`] of all bodies in the world, dead ones included, but none that is disabled: the bodies
/// that the systems see. For the end of a run: the query is built anew.
#[must_use]
pub fn world_checksum(world: &mut World) -> u64 {
    type HasParts = (With<LastPosition>, With<Radius>, With<Alive>);
    let mut bodies = world.query_filtered::<(&BodyIndex, &Position, &Velocity), HasParts>();
    checksum(bodies.iter(world).map(|(&index, position, velocity)| {
        (index, Motion { position: position.0, velocity: velocity.0 })
    }))
}

/// The runs of a query over components in tables.
///
/// # Panics
/// If queries leave entities out by a component that is not in tables: then there are no runs.
pub(crate) fn dense<I, E>(runs: Result<I, E>) -> I {
    runs.unwrap_or_else(|_| {
        panic!(
            "bodies cannot be read as tables, because a component that disables entities is a \
             sparse set; take `#[component(storage = \"Table\")]` for it"
        )
    })
}
