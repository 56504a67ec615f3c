//! The particles of an effect in an engine: what runs with a window and without.

mod particle;
mod systems;

pub use systems::Emission;

use std::time::Duration;

use frame_arena::ecs::{
    Engine, EngineConfig, EngineError, Executor, FrameError, FrameReport, Phase, PhaseArena, phase,
};
use frame_arena::physics::{
    self, Attractor, BodyIndex, PhysicsConfig, PhysicsFigures, PointerForce,
};
use frame_arena::profile::{self, ProfileLevel};
use frame_arena::render::{self, DrawList, Instance, Label, TrailConfig, View};
use frame_arena::{AnyHandle, ArenaConfig, ArenaMode, Budget, FrameTrace, HandleTarget};
use glam::Vec2;

use crate::cli::Cli;
use crate::effect::{Effect, Spawner};
use crate::model::{self, AllocatorKind, ExecutorKind, PHASE_COUNT, Pointer};
use particle::{Particle, Slot};
use systems::{Playing, UpdateShortfall};

/// Reach of the mouse, in metres.
const POINTER_RADIUS_M: f32 = 3.0;
/// Acceleration next to the mouse, in m/s^2.
const POINTER_STRENGTH: f32 = 40.0;
/// Particles that carry a label with their speed.
pub const LABEL_COUNT: u32 = 6;

/// Room in each phase's arena beside the particles': tables, labels, the grid's edges.
const ROOM_BYTES: usize = 256 << 10;
/// Most bytes that a particle takes in the update phase.
const UPDATE_BYTES_PER_PARTICLE: usize = 8;
/// Most bytes that a particle takes in a tick of physics.
const PHYSICS_BYTES_PER_PARTICLE: usize = 550;
/// Most bytes that a particle takes in the render phase.
const RENDER_BYTES_PER_PARTICLE: usize = 200;

/// What a simulation is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimulationSettings {
    /// Seed of the random numbers.
    pub seed: u64,
    /// Particles, all made before the first frame.
    pub particle_count: u32,
    /// Where transient objects are put.
    pub allocator: AllocatorKind,
    /// Most bytes that a phase may use in a frame (physics: in a tick); none if `None`.
    pub budget_bytes: Option<usize>,
    /// Threads that share the work. They do not change the particles.
    pub threads: usize,
    /// Who runs the systems.
    pub executor: ExecutorKind,
    /// What a profiler is told of them.
    pub profile: ProfileLevel,
}

/// What one phase allocated in one frame.
#[derive(Debug, Clone)]
pub struct PhaseTrace {
    /// Name of the phase.
    pub phase: &'static str,
    /// By type and call site.
    pub trace: FrameTrace,
}

/// An engine with particles in it. Equal settings, effect and frame times give equal particles, bit by bit, wherever
/// transient objects are put.
#[derive(Debug)]
pub struct Simulation {
    engine: Engine,
    settings: SimulationSettings,
}

impl Simulation {
    /// Makes the engine, reserves the phases' arenas, and spawns the particles of `effect`.
    ///
    /// # Errors
    /// If the system refuses the memory for the arenas, or a thread.
    pub fn new(effect: &Effect, settings: SimulationSettings) -> Result<Self, EngineError> {
        let mut engine = Engine::try_with_config(engine_config(settings))?;
        physics::install(&mut engine, physics_config(effect));
        systems::install(&mut engine);
        render::install(&mut engine, view_of(effect));
        let world = engine.world_mut();
        let labelled = LABEL_COUNT.min(settings.particle_count);
        world.spawn_batch((0..labelled).map(|index| (Particle::dead(index), Label::Speed)));
        world.spawn_batch((labelled..settings.particle_count).map(Particle::dead));
        let mut simulation = Self { engine, settings };
        simulation.show(effect);
        Ok(simulation)
    }

    /// Begins `effect` anew, with every particle as it could be in the middle of a long run.
    pub fn show(&mut self, effect: &Effect) {
        let effect = &effect.fitted(self.settings.particle_count);
        let mut spawner = Spawner::new(effect, self.settings.seed);
        let world = self.engine.world_mut();
        let mut particles = world.query::<(&BodyIndex, Slot)>();
        let mut slots = particles.iter_mut(world).collect::<Vec<_>>();
        slots.sort_unstable_by_key(|(index, _)| **index);
        for (_, slot) in &mut slots {
            slot.fill(effect, &spawner.warm(effect));
        }
        world.insert_resource(Emission::new(effect, self.settings.particle_count));
        self.play(effect, spawner);
    }

    /// Takes a changed file of the effect that is shown; the particles stay.
    pub fn retouch(&mut self, effect: &Effect) {
        let effect = &effect.fitted(self.settings.particle_count);
        let full_per_sec = effect.emission_per_sec(self.particle_cap());
        self.engine.world_mut().resource_mut::<Emission>().full_per_sec = full_per_sec;
        self.play(effect, Spawner::new(effect, self.settings.seed));
    }

    /// Puts the rules of `effect` into the world.
    fn play(&mut self, effect: &Effect, spawner: Spawner) {
        let world = self.engine.world_mut();
        let pointer = world.resource::<PhysicsConfig>().pointer;
        world.insert_resource(PhysicsConfig { pointer, ..physics_config(effect) });
        world.insert_resource(view_of(effect));
        world.insert_resource(trails_of(effect));
        world.insert_resource(Playing { effect: effect.clone(), spawner });
    }

    /// Runs one frame in which `elapsed` has passed.
    ///
    /// # Errors
    /// If systems failed: which, and the frame's figures all the same.
    pub fn run_frame(&mut self, elapsed: Duration) -> Result<FrameReport, FrameError> {
        self.engine.run_frame(elapsed)
    }

    /// Length of a tick of physics.
    #[must_use]
    pub fn tick_duration(&self) -> Duration {
        self.engine.tick_duration()
    }

    /// Where transient objects are put.
    #[must_use]
    pub fn allocator(&self) -> AllocatorKind {
        self.settings.allocator
    }

    /// Puts transient objects elsewhere from the next frame on. The particles do not notice.
    pub fn set_allocator(&mut self, allocator: AllocatorKind) {
        self.settings.allocator = allocator;
        self.engine.set_mode(mode_of(allocator));
    }

    /// Emission, to look at.
    #[must_use]
    pub fn emission(&self) -> Emission {
        *self.engine.world().resource::<Emission>()
    }

    /// Sets emission as a factor of the one that keeps the number of particles.
    pub fn set_emission(&mut self, factor: f32) {
        self.engine.world_mut().resource_mut::<Emission>().factor = factor;
    }

    /// Downward pull in m/s^2.
    #[must_use]
    pub fn gravity(&self) -> f32 {
        -self.engine.world().resource::<PhysicsConfig>().gravity.y
    }

    /// Sets the downward pull in m/s^2.
    pub fn set_gravity(&mut self, m_per_sec2: f32) {
        self.engine.world_mut().resource_mut::<PhysicsConfig>().gravity.y = -m_per_sec2;
    }

    /// Lets the mouse pull or push, or let go.
    pub fn set_pointer(&mut self, pointer: Option<Pointer>) {
        let force = pointer.map(|pointer| PointerForce {
            position: Vec2::from_array(pointer.position_m),
            strength: if pointer.is_repelling { -POINTER_STRENGTH } else { POINTER_STRENGTH },
            radius_m: POINTER_RADIUS_M,
        });
        self.engine.world_mut().resource_mut::<PhysicsConfig>().pointer = force;
    }

    /// Particles, living and dead.
    #[must_use]
    pub fn particle_cap(&self) -> usize {
        self.settings.particle_count as usize
    }

    /// The discs to draw, lowest layer first. Empty before the first frame.
    #[must_use]
    pub fn instances(&self) -> &[Instance] {
        self.drawn(self.engine.world().resource::<DrawList>().instances).unwrap_or(&[])
    }

    /// Writes the labels to the start of `labels` and gives that part.
    pub fn labels<'a>(&'a self, labels: &'a mut [model::Label<'a>]) -> &'a [model::Label<'a>] {
        let placed = self.drawn(self.engine.world().resource::<DrawList>().labels).unwrap_or(&[]);
        let mut count = 0;
        for (slot, label) in labels.iter_mut().zip(placed) {
            let right = label.position + Vec2::X * label.radius;
            let text = self.drawn(Some(label.text)).unwrap_or("");
            *slot = model::Label { position_m: right.to_array(), text };
            count += 1;
        }
        &labels[..count]
    }

    /// What a handle of the render phase names.
    fn drawn<H: AnyHandle>(&self, handle: Option<H>) -> Option<&HandleTarget<H>> {
        let arena = self.engine.world().get_resource::<PhaseArena<phase::Render>>()?;
        arena.threads().get(handle?).ok()
    }

    /// Most bytes that a phase may use in a frame; none if `None`.
    #[must_use]
    pub fn budget_bytes(&self) -> Option<usize> {
        self.settings.budget_bytes
    }

    /// What each phase left out since the start because its arena refused it: steps, lists, contacts, trails, labels.
    /// In the order in which the phases run.
    #[must_use]
    pub fn refused_counts(&self) -> [u64; PHASE_COUNT] {
        let world = self.engine.world();
        let physics = world.resource::<PhysicsFigures>().shortfall;
        let render = world.resource::<DrawList>().shortfall;
        [
            world.resource::<UpdateShortfall>().lists_refused,
            physics.steps_refused + physics.contacts_refused + physics.lists_refused,
            render.lists_refused + render.trails_refused + render.labels_refused,
        ]
    }

    /// Runs `frame_count` frames more and tells what they allocated, by phase. Traced frames are slow; where transient
    /// objects are put is as before afterwards.
    ///
    /// # Errors
    /// If systems fail.
    pub fn trace_frames(&mut self, frame_count: u32) -> Result<Vec<PhaseTrace>, FrameError> {
        let _not_the_games = profile::pause();
        self.engine.set_mode(ArenaMode::Traced);
        let mut traces = Vec::new();
        for _ in 0..frame_count {
            let traced = self.engine.run_frame(self.engine.tick_duration());
            if let Err(error) = traced {
                self.set_allocator(self.settings.allocator);
                return Err(error);
            }
            traces.push(self.phase_trace::<phase::Update>());
            traces.push(self.phase_trace::<phase::Physics>());
            traces.push(self.phase_trace::<phase::Render>());
        }
        self.set_allocator(self.settings.allocator);
        Ok(traces)
    }

    fn phase_trace<P: Phase>(&mut self) -> PhaseTrace {
        let arena = self.engine.world_mut().get_resource_mut::<PhaseArena<P>>();
        let trace = arena.map(|mut arena| arena.trace()).unwrap_or_default();
        PhaseTrace { phase: P::NAME, trace }
    }

    /// Hash of all positions and velocities.
    #[must_use]
    pub fn checksum(&mut self) -> u64 {
        physics::world_checksum(self.engine.world_mut())
    }
}

impl From<&Cli> for SimulationSettings {
    fn from(cli: &Cli) -> Self {
        Self {
            seed: cli.seed,
            particle_count: cli.particles,
            allocator: cli.allocator,
            budget_bytes: cli.budget_kib.map(|kib| (kib as usize).saturating_mul(1 << 10)),
            threads: usize::from(cli.threads),
            executor: cli.executor,
            profile: if cli.profile_objects { ProfileLevel::Objects } else { ProfileLevel::Blocks },
        }
    }
}

fn mode_of(allocator: AllocatorKind) -> ArenaMode {
    match allocator {
        AllocatorKind::Arena => ArenaMode::Bump,
        AllocatorKind::Heap => ArenaMode::PerObject,
    }
}

/// Arenas with room for all particles in their busiest frame, so that none has to grow in a game's midst; no more than a
/// budget lets them use.
fn engine_config(settings: SimulationSettings) -> EngineConfig {
    let most_bytes = settings.budget_bytes.unwrap_or(usize::MAX);
    let room =
        |bytes_per_particle| ROOM_BYTES + settings.particle_count as usize * bytes_per_particle;
    let arena = |bytes_per_particle: usize| ArenaConfig {
        capacity_bytes: room(bytes_per_particle).min(most_bytes),
        budget: settings.budget_bytes.map_or(Budget::Unlimited, Budget::Refuse),
        pretouch: true,
        mode: mode_of(settings.allocator),
        profile: settings.profile,
        ..ArenaConfig::default()
    };
    EngineConfig {
        threads: settings.threads,
        executor: match settings.executor {
            ExecutorKind::Serial => Executor::Serial,
            ExecutorKind::Parallel => Executor::Parallel,
        },
        update: arena(UPDATE_BYTES_PER_PARTICLE),
        physics: arena(PHYSICS_BYTES_PER_PARTICLE),
        render: arena(RENDER_BYTES_PER_PARTICLE),
        ..EngineConfig::default()
    }
}

fn physics_config(effect: &Effect) -> PhysicsConfig {
    let attractors = effect.attractors.iter().map(|attractor| Attractor {
        position: Vec2::from_array(attractor.position_m),
        strength: attractor.strength_m3_per_sec2,
        softening_m: attractor.softening_m,
    });
    PhysicsConfig {
        half_extents_m: Vec2::from_array(effect.half_extents_m),
        gravity: Vec2::new(0.0, -effect.gravity_m_per_sec2),
        drag_per_sec: effect.drag_per_sec,
        restitution: effect.restitution,
        attractors: attractors.collect(),
        ..PhysicsConfig::default()
    }
}

fn view_of(effect: &Effect) -> View {
    View { centre: Vec2::ZERO, half_extents_m: Vec2::from_array(effect.half_extents_m) }
}

fn trails_of(effect: &Effect) -> TrailConfig {
    let ticks = effect.trail_spacing_secs / PhysicsConfig::default().tick_secs;
    TrailConfig {
        most_points: usize::from(effect.trail_points_max),
        record_every_ticks: (ticks.round() as u32).max(1),
        ..TrailConfig::default()
    }
}
