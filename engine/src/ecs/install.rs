//! The arenas in somebody else's loop.

use core::any::TypeId;

use bevy_ecs::resource::Resource;
use bevy_ecs::world::World;

use super::arena::PhaseArena;
use super::config::{EngineConfig, EngineError, arena_thread_count};
use super::failure::SystemFailure;
use super::phase::{Lifetime, Phase, Physics, Render, Update};
use super::report::PhaseReport;
use super::workers::Workers;
use crate::profile::{self, PhaseProfile};
use crate::{AllocError, ArenaConfig, ArenaStats, Budget};

/// Puts the arenas of update, physics and render, and [`Workers`](super::Workers) of one thread,
/// into a world that has a loop of its own.
///
/// The loop then keeps to this:
///
/// 1. At the start of each frame, before any system that uses an [`Arena`](super::Arena), a
///    [`FrameWriter`](super::FrameWriter) or a [`FrameReader`](super::FrameReader), it calls
///    [`begin_frame`]: what frame phases made is forgotten.
/// 2. At the start of each fixed step it calls [`begin_tick`]: what tick phases made is forgotten.
/// 3. It orders writers before readers: [`order_hand_over`](super::order_hand_over) on each
///    schedule, before systems are added.
/// 4. At the end of each frame it calls [`World::clear_trackers`], as every loop around a bevy
///    world must but `bevy_app`'s, which does; else the records of removed components grow for
///    ever.
///
/// Both begins are systems too. They take the world for themselves, so no reference into what they
/// forget can be left, and a handle from before is refused.
///
/// Resources are entities in bevy: a query for `EntityMut` beside the parameters of this crate
/// takes `Without<IsResource>`, and so should whoever despawns all entities. An arena that is gone
/// alone is put back at the next begin, and a warning logged; if all is gone, the begins log an
/// error, and systems that need an arena fail.
///
/// With feature `tracy` each [`begin_frame`] adds a point to each phase's plots: the figures since
/// the one before, of a tick phase summed over the ticks. A plot of heap calls, and zones of phases
/// and systems, need an [`Engine`](super::Engine), which alone knows where they begin and end. The
/// frame mark, [`profile::frame_mark`], and frames of ticks, [`profile::frame!`], are the loop's.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use frame_arena::ecs::{self, Arena, phase};
///
/// fn label(arena: Arena<phase::Update>) {
///     assert_eq!(arena.alloc_fmt(format_args!("wave {}", 3)), "wave 3");
/// }
///
/// let mut world = World::new();
/// ecs::install(&mut world)?;
/// let mut frame = Schedule::default();
/// frame.add_systems((ecs::begin_frame, label).chain());
/// for _ in 0..3 {
///     frame.run(&mut world);
///     world.clear_trackers();
/// }
/// # Ok::<(), ecs::EngineError>(())
/// ```
///
/// # Errors
/// If the system refuses a phase's first block.
pub fn install(world: &mut World) -> Result<(), EngineError> {
    install_with_config(world, EngineConfig::default())
}

/// As [`install`]; `config` says how large the arenas are, how many of their frames are in flight,
/// and how many threads the workers have. What it says of ticks and executor is the loop's own
/// matter, as bevy's task pool is.
///
/// # Errors
/// If the system refuses a phase's first block, memory for the figures of its `history_frames` frames,
/// or a thread. Some phases may be installed then: call it again with less.
///
/// # Panics
/// If `threads` is 0 or over 4097, if a phase's `frames_in_flight` is neither 1 nor 2, or if the
/// world has a phase of one's own by the name of one of these.
#[track_caller]
pub fn install_with_config(world: &mut World, config: EngineConfig) -> Result<(), EngineError> {
    world.insert_resource(Workers::try_new(config.threads)?);
    install_phase::<Update>(world, config.update)?;
    install_phase::<Physics>(world, config.physics)?;
    install_phase::<Render>(world, config.render)?;
    Ok(())
}

/// Adds a phase of your own to a world that has a loop of its own: its arena begins anew with
/// those of the same lifetime. A phase that the world has already gets a new arena.
///
/// # Errors
/// If the system refuses the phase's first block, or memory for the figures of `history_frames` frames.
///
/// # Panics
/// If the world has another phase of the same name, or `frames_in_flight` is neither 1 nor 2.
#[track_caller]
pub fn install_phase<P: Phase>(world: &mut World, config: ArenaConfig) -> Result<(), AllocError> {
    let id = TypeId::of::<P>();
    if let Some(InstalledPhases(installed)) = world.get_resource() {
        let is_free =
            installed.iter().all(|other| other.phase == id || other.config.name != P::NAME);
        assert!(is_free, "the world has another phase `{}` already; rename yours", P::NAME);
    }
    profile::start();
    let threads = arena_thread_count(world);
    world.insert_resource(PhaseArena::<P>::try_for_threads(config, threads)?);
    let phase = InstalledPhase {
        phase: id,
        lifetime: P::LIFETIME,
        config: ArenaConfig { name: P::NAME, ..config },
        profile: PhaseProfile::new(P::NAME),
        report: PhaseReport::empty(P::NAME, P::LIFETIME),
        counted: ArenaStats::default(),
        is_missing: PhaseArena::<P>::is_missing_in,
        begin: PhaseArena::<P>::begin_in,
        stats: PhaseArena::<P>::stats_in,
        budget: PhaseArena::<P>::budget_in,
    };
    let mut installed = world.get_resource_or_init::<InstalledPhases>();
    installed.0.retain(|other| other.phase != id);
    installed.0.push(phase);
    Ok(())
}

/// Begins the arenas of all installed frame phases anew; a system, or called with the world. The
/// profiler is told of the frame that ends with it.
///
/// A value of `alloc_drop` that panics when dropped is logged.
pub fn begin_frame(world: &mut World) {
    begin_all(world, Lifetime::Frame);
}

/// Begins the arenas of all installed tick phases anew; a system, or called with the world.
///
/// A value of `alloc_drop` that panics when dropped is logged.
pub fn begin_tick(world: &mut World) {
    begin_all(world, Lifetime::Tick);
}

/// Whether [`install`] was called with `world`, and succeeded; a phase of one's own alone does not
/// say so.
#[cfg(feature = "bevy_app")]
pub(super) fn is_installed(world: &World) -> bool {
    let ours = [TypeId::of::<Update>(), TypeId::of::<Physics>(), TypeId::of::<Render>()];
    world.get_resource().is_some_and(|InstalledPhases(phases)| {
        ours.iter().all(|our| phases.iter().any(|phase| phase.phase == *our))
    })
}

/// The phases of a world that has a loop of its own.
#[derive(Resource, Default)]
struct InstalledPhases(Vec<InstalledPhase>);

#[derive(Clone, Copy)]
struct InstalledPhase {
    phase: TypeId,
    lifetime: Lifetime,
    config: ArenaConfig,
    profile: PhaseProfile,
    /// What the profiler will be told of this frame.
    report: PhaseReport,
    /// What `report`, and those before it, have of the arena since it began.
    counted: ArenaStats,
    /// What `PhaseArena<P>` does, with `P` forgotten.
    is_missing: fn(&World) -> bool,
    begin: fn(&mut World, ArenaConfig) -> Option<SystemFailure>,
    stats: fn(&mut World) -> ArenaStats,
    budget: fn(&World) -> Budget,
}

fn begin_all(world: &mut World, lifetime: Lifetime) {
    if !world.contains_resource::<InstalledPhases>() {
        log::error!(
            "no phase is installed in this world, so none begins: call `install`; despawning all \
             entities despawns resources too: use `Without<IsResource>`"
        );
    }
    let nth = |world: &World, n| world.get_resource::<InstalledPhases>()?.0.get(n).copied();
    let mut n = 0;
    while let Some(mut phase) = nth(world, n) {
        if profile::IS_BUILT_IN {
            phase.tell(world, lifetime);
            if let Some(mut installed) = world.get_resource_mut::<InstalledPhases>() {
                installed.0[n] = phase;
            }
        }
        // One that is missing too: a frame may have no tick.
        if phase.lifetime == lifetime || (phase.is_missing)(world) {
            begin(phase, world);
        }
        n += 1;
    }
}

impl InstalledPhase {
    /// Counts what the phase allocated, before arenas of `lifetime` begin; where a frame ends, the
    /// profiler is told.
    fn tell(&mut self, world: &mut World, lifetime: Lifetime) {
        let is_end_of_frame = lifetime == Lifetime::Frame;
        if !is_end_of_frame && self.lifetime != lifetime {
            return;
        }
        let stats = (self.stats)(world);
        // The last tick's objects stay: the next frame must not count them again.
        self.report.add_since(&mut self.counted, stats);
        if is_end_of_frame {
            self.report.take_state(stats);
            self.profile.plot(|| self.report.point((self.budget)(world)));
            self.report = PhaseReport::empty(self.report.name, self.lifetime);
        }
    }
}

fn begin(InstalledPhase { config, begin, .. }: InstalledPhase, world: &mut World) {
    if let Some(SystemFailure { phase, system, message }) = begin(world, config) {
        log::error!("{system} failed when the {phase} phase began: {message}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_frame_without_a_tick_allocates_in_a_tick_phases_arena_is_told_too() {
        let mut world = World::new();
        install_phase::<Physics>(&mut world, ArenaConfig::default()).unwrap();
        let allocate = |world: &World, count| {
            let arenas = world.resource::<PhaseArena<Physics>>().threads();
            (0..count).for_each(|n| _ = arenas.local().alloc(n));
        };
        let mut phase = world.resource::<InstalledPhases>().0[0];
        begin_tick(&mut world);
        allocate(&world, 3);
        phase.tell(&mut world, Lifetime::Frame);
        allocate(&world, 5);
        phase.tell(&mut world, Lifetime::Tick);
        assert_eq!(phase.report.stats.alloc_count, 5);
    }
}
