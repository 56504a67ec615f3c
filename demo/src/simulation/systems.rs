//! The systems of the update phase: particles age, die, are born, and take their colour.

use bevy_ecs::change_detection::{ContiguousMut, Res, ResMut};
use bevy_ecs::entity::Entity;
use bevy_ecs::resource::Resource;
use bevy_ecs::schedule::IntoScheduleConfigs;
use bevy_ecs::system::Query;
use frame_arena::ecs::{Arena, Engine, FrameTime, Workers, phase};
use frame_arena::physics::{Alive, BodyIndex, Velocity};
use frame_arena::render::{Layer, Tint};
use frame_arena::{AllocError, FrameArena, FrameVec, SliceHandle};

use super::particle::{Age, Slot};
use crate::effect::{Effect, Layer as LayerLook, Spawner};

/// Colours of a ramp that are worked out each frame; more cannot be told apart.
const RAMP_STEPS: usize = 128;

/// The effect that is shown, and what feeds it.
#[derive(Resource)]
pub struct Playing {
    /// The effect.
    pub effect: Effect,
    /// Its emitters.
    pub spawner: Spawner,
}

/// How many particles are born, and how many live.
#[derive(Resource, Clone, Copy, Debug, PartialEq)]
pub struct Emission {
    /// Factor of the emission that keeps the number of particles.
    pub factor: f32,
    /// Particles per second at factor 1.
    pub full_per_sec: f32,
    /// Living particles after the last update.
    pub living_count: usize,
}

impl Emission {
    /// What keeps `particle_count` particles of `effect` alive.
    #[must_use]
    pub fn new(effect: &Effect, particle_count: u32) -> Self {
        let count = particle_count as usize;
        Self { factor: 1.0, full_per_sec: effect.emission_per_sec(count), living_count: count }
    }

    /// Particles born per second.
    #[must_use]
    pub fn per_sec(&self) -> f32 {
        self.factor * self.full_per_sec
    }
}

/// The slots that wait for a particle, as a list in the arena of the update phase.
#[derive(Resource, Default)]
pub struct EmptySlots(Option<SliceHandle<Entity>>);

/// What the update phase left out.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UpdateShortfall {
    /// Lists of empty slots and tables of colours that the arena refused, since the start.
    pub lists_refused: u64,
}

impl UpdateShortfall {
    /// The result, or `None` and a count more.
    fn note<T>(&mut self, result: Result<T, AllocError>) -> Option<T> {
        self.lists_refused += u64::from(result.is_err());
        result.ok()
    }
}

/// Adds the systems to the update phase, in order.
pub fn install(engine: &mut Engine) {
    engine.world_mut().init_resource::<EmptySlots>();
    engine.world_mut().init_resource::<UpdateShortfall>();
    let update = (age_particles, list_empty_slots, emit_particles, tint_particles);
    engine.add_systems(phase::Update, update.chain());
}

/// Particles that one job works on.
const CHUNK_PARTICLES: usize = 2_048;

/// Lets time pass for the living; the old die.
pub fn age_particles(
    time: Res<FrameTime>,
    workers: Res<Workers>,
    mut emission: ResMut<Emission>,
    mut particles: Query<(&mut Age, &mut Alive)>,
) {
    let passed_secs = time.ticked_secs();
    let chunks = particles.contiguous_iter_mut().into_iter().flatten().flat_map(|(ages, alive)| {
        let (ages, _) = ContiguousMut::split(ages);
        let (alive, _) = ContiguousMut::split(alive);
        ages.chunks_mut(CHUNK_PARTICLES).zip(alive.chunks_mut(CHUNK_PARTICLES))
    });
    emission.living_count = 0;
    workers.for_each_of(
        chunks.map(|(ages, alive)| (ages, alive, 0)),
        |(ages, alive, living_count)| *living_count = age_chunk(ages, alive, passed_secs),
        |(.., living_count)| emission.living_count += living_count,
    );
}

/// How many of the chunk's particles live on.
fn age_chunk(ages: &mut [Age], alive: &mut [Alive], passed_secs: f32) -> usize {
    let mut living_count = 0;
    for (age, alive) in ages.iter_mut().zip(alive) {
        if alive.0 {
            age.age_secs += passed_secs;
            alive.0 = age.age_secs < age.lifetime_secs;
            living_count += usize::from(alive.0);
        }
    }
    living_count
}

/// Lists the slots without a living particle: table by table, the one with the lowest number first, for bevy's own order
/// differs from program to program. If the arena refuses, nothing is born in this frame.
pub fn list_empty_slots(
    arena: Arena<phase::Update>,
    emission: Res<Emission>,
    mut empty: ResMut<EmptySlots>,
    mut shortfall: ResMut<UpdateShortfall>,
    particles: Query<(&BodyIndex, Entity, &Alive)>,
) {
    let list = || -> Result<SliceHandle<Entity>, AllocError> {
        let runs = || particles.contiguous_iter().into_iter().flatten();
        let mut in_order = FrameVec::try_with_capacity_in(runs().count(), arena.local())?;
        in_order.extend(runs());
        in_order.sort_unstable_by_key(|(indices, ..)| indices.first());
        let count = particles.iter().len() - emission.living_count;
        let mut slots = FrameVec::try_with_capacity_in(count, arena.local())?;
        for (_, run, alive) in in_order {
            let dead = run.iter().zip(alive).filter(|(_, alive)| !alive.0);
            slots.try_extend(dead.map(|(&slot, _)| slot))?;
        }
        Ok(slots.publish())
    };
    empty.0 = shortfall.note(list());
}

/// Fills empty slots with what the emitters give; what finds none is not born.
pub fn emit_particles(
    arena: Arena<phase::Update>,
    time: Res<FrameTime>,
    empty: Res<EmptySlots>,
    mut playing: ResMut<Playing>,
    mut emission: ResMut<Emission>,
    mut particles: Query<Slot>,
) {
    let Some(Ok(slots)) = empty.0.map(|slots| arena.get(slots)) else { return };
    let mut slots = slots.iter();
    let Playing { effect, spawner } = &mut *playing;
    let mut born_count = 0;
    let particle_cap = particles.iter().len();
    spawner.tick(effect, time.ticked_secs(), emission.per_sec(), particle_cap, |spawn| {
        if let Some(mut slot) = slots.next().and_then(|&slot| particles.get_mut(slot).ok()) {
            slot.fill(effect, &spawn);
            born_count += 1;
        }
    });
    emission.living_count += born_count;
}

/// Gives each particle its layer's colour for its age or speed. The colours are worked out once a
/// frame, into tables in the arena; if it refuses one, the layer keeps its colours.
pub fn tint_particles(
    arena: Arena<phase::Update>,
    workers: Res<Workers>,
    playing: Res<Playing>,
    mut shortfall: ResMut<UpdateShortfall>,
    mut particles: Query<(&Age, &Velocity, &Layer, &Alive, &mut Tint)>,
) {
    let looks = &playing.effect.layers;
    let tables = looks.iter().map(|look| shortfall.note(ramp_table(look, arena.local())));
    let tables = arena.try_alloc_slice_from_iter(tables).map_err(AllocError::from);
    let Some(tables) = shortfall.note(tables) else { return };
    let runs = particles.contiguous_iter_mut().into_iter().flatten();
    let chunks = runs.flat_map(|(ages, velocities, layers, alive, tints)| {
        let (tints, _) = ContiguousMut::split(tints);
        let ages = ages.chunks(CHUNK_PARTICLES).zip(velocities.chunks(CHUNK_PARTICLES));
        let looks = layers.chunks(CHUNK_PARTICLES).zip(alive.chunks(CHUNK_PARTICLES));
        tints.chunks_mut(CHUNK_PARTICLES).zip(ages.zip(looks))
    });
    workers.for_each_of(
        chunks,
        |(tints, ((ages, velocities), (layers, alive)))| {
            for place in (0..tints.len()).filter(|&place| alive[place].0) {
                let layer = usize::from(layers[place].0);
                let (Some(look), Some(Some(table))) = (looks.get(layer), tables.get(layer)) else {
                    continue;
                };
                let Age { age_secs, lifetime_secs } = ages[place];
                let speed = velocities[place].0.length();
                let step = look.ramp.place(age_secs, lifetime_secs, speed);
                tints[place].0 = table[(step * (RAMP_STEPS - 1) as f32 + 0.5) as usize];
            }
        },
        |_| (),
    );
}

/// A layer's colours from the start of its ramp to the end.
fn ramp_table<'a>(look: &LayerLook, arena: &'a FrameArena) -> Result<&'a [[u8; 4]], AllocError> {
    let colour = |step: usize| look.ramp.rgba_at(step as f32 / (RAMP_STEPS - 1) as f32);
    arena.try_alloc_slice_fill_with(RAMP_STEPS, colour).map(|table| &*table)
}
