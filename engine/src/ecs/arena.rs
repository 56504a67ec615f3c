//! A phase's arenas in the world, and the parameter through which systems reach them.

use core::marker::PhantomData;
use core::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bevy_ecs::change_detection::Res;
use bevy_ecs::resource::Resource;
use bevy_ecs::system::SystemParam;
use bevy_ecs::world::World;

use super::config::arena_thread_count;
use super::failure::{SystemFailure, panic_message};
use super::phase::Phase;
use crate::{
    AllocError, AnyHandle, ArenaConfig, ArenaMode, ArenaStats, Budget, FrameArena, FrameTrace,
    FrameUsage, HandleTarget, StaleHandle, ThreadArenas,
};

/// The arenas of phase `P`, one for each thread, as a resource.
///
/// Systems read it through [`Arena`]; whoever runs the frame calls
/// [`begin_frame`](Self::begin_frame), which needs it exclusively, so the scheduler keeps every
/// reader out.
///
/// [`Engine`](super::Engine) and [`begin_frame`](super::begin_frame) put it back if it is missing, with
/// a logged warning and as first configured: a budget or mode set here since is lost.
#[derive(Resource, Debug)]
pub struct PhaseArena<P: Phase> {
    arenas: ThreadArenas,
    phase: PhantomData<fn() -> P>,
}

impl<P: Phase> PhaseArena<P> {
    /// Arenas as configured, under the phase's name, with the first block taken now.
    ///
    /// # Errors
    /// If the system refuses the block, or memory for the figures of `history_frames` frames.
    ///
    /// # Panics
    /// If `frames_in_flight` is neither 1 nor 2.
    #[track_caller]
    pub fn try_new(config: ArenaConfig) -> Result<Self, AllocError> {
        Self::try_for_threads(config, 0)
    }

    /// As [`try_new`](Self::try_new), with arenas for `thread_count` threads made now and kept, so
    /// that these threads make no heap call when they come.
    ///
    /// # Errors
    /// As of [`try_new`](Self::try_new), and if `thread_count` is over 65,536.
    ///
    /// # Panics
    /// As [`try_new`](Self::try_new).
    #[track_caller]
    pub fn try_for_threads(config: ArenaConfig, thread_count: usize) -> Result<Self, AllocError> {
        let config = ArenaConfig { name: P::NAME, ..config };
        let arenas = ThreadArenas::try_for_threads(config, thread_count)?;
        Ok(Self { arenas, phase: PhantomData })
    }

    /// The arenas.
    #[must_use]
    pub fn threads(&self) -> &ThreadArenas {
        &self.arenas
    }

    /// Forgets what the phase allocated and begins a frame (or tick).
    ///
    /// # Panics
    /// At its very end, if a value of `alloc_drop` panicked when dropped.
    pub fn begin_frame(&mut self) {
        self.arenas.begin_frame();
    }

    /// Whether somebody took the arena of `P` out of `world`.
    pub(super) fn is_missing_in(world: &World) -> bool {
        !world.contains_resource::<Self>()
    }

    /// Begins the arena of `P` in `world` anew, or puts it back as in `config` if somebody took it
    /// out. A value that panics when dropped is a failure like a system's.
    pub(super) fn begin_in(world: &mut World, config: ArenaConfig) -> Option<SystemFailure> {
        if let Some(mut arena) = world.get_resource_mut::<Self>() {
            let begun = catch_unwind(AssertUnwindSafe(|| arena.begin_frame()));
            return begun.err().map(|payload| SystemFailure {
                phase: P::NAME,
                system: String::from("drop of an `alloc_drop` value"),
                message: panic_message(payload.as_ref()),
            });
        }
        log::warn!(
            "the {} phase's arena was missing from the world; a new one was put in its place, as \
             first configured, so set again what budget or mode was set since. Despawning all \
             entities despawns resources too: use `Without<IsResource>`",
            P::NAME
        );
        match Self::try_for_threads(config, arena_thread_count(world)) {
            Ok(arena) => world.insert_resource(arena),
            Err(error) => log::error!("{error}"),
        }
        None
    }

    /// Changes where allocations of the arena of `P` in `world` come from, if nobody took it out.
    pub(super) fn set_mode_in(world: &mut World, mode: ArenaMode) {
        if let Some(mut arena) = world.get_resource_mut::<Self>() {
            arena.set_mode(mode);
        }
    }

    /// Figures of the arena of `P` in `world`; none if somebody took it out.
    pub(super) fn stats_in(world: &mut World) -> ArenaStats {
        world.get_resource_mut::<Self>().map(|mut arena| arena.stats()).unwrap_or_default()
    }

    /// The budget that the arena of `P` in `world` has now.
    pub(super) fn budget_in(world: &World) -> Budget {
        world.get_resource::<Self>().map(|arena| arena.arenas.config().budget).unwrap_or_default()
    }

    /// Changes where allocations come from, and begins a frame.
    ///
    /// # Panics
    /// As [`begin_frame`](Self::begin_frame).
    pub fn set_mode(&mut self, mode: ArenaMode) {
        self.arenas.set_mode(mode);
    }

    /// Changes the phase's budget, and begins a frame.
    ///
    /// # Panics
    /// As [`begin_frame`](Self::begin_frame).
    pub fn set_budget(&mut self, budget: Budget) {
        self.arenas.set_budget(budget);
    }

    /// Figures of the frame so far, summed over all threads.
    #[must_use]
    pub fn stats(&mut self) -> ArenaStats {
        self.arenas.stats()
    }

    /// What the frame allocated so far, by type and call site; empty but in
    /// [`ArenaMode::Traced`].
    #[must_use]
    pub fn trace(&mut self) -> FrameTrace {
        self.arenas.trace()
    }

    /// Figures of past frames, oldest first; as many as `history_frames` says.
    pub fn history(&self) -> impl DoubleEndedIterator<Item = &FrameUsage> + '_ {
        self.arenas.history()
    }
}

/// The system parameter: this thread's arena of phase `P`.
///
/// Allocate from it directly; it derefs to [`FrameArena`]. In a hot loop fetch
/// [`local`](Self::local) once, which saves a thread-local load per call. In `par_iter`, pass the
/// parameter itself and fetch `local` in each batch: a `&FrameArena` is one thread's only, and
/// does not compile in another's closure.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use frame_arena::ecs::{Arena, Engine, phase};
///
/// fn list_targets(arena: Arena<phase::Update>) {
///     let targets = arena.alloc_slice_from_iter((0..3).map(|n| n * 10));
///     let label = arena.alloc_fmt(format_args!("{} targets", targets.len()));
///     assert_eq!(label, "3 targets");
/// }
///
/// let mut engine = Engine::new();
/// engine.add_systems(phase::Update, list_targets);
/// let report = engine.run_frame(engine.tick_duration()).unwrap();
/// assert_eq!(report.phase("update").unwrap().stats.alloc_count, 2);
/// ```
///
/// A system with it fails, with an error that says so, in a world that has no arena of `P`.
#[derive(SystemParam)]
pub struct Arena<'w, P: Phase> {
    #[system_param(validation_message = no_arena::<P>())]
    arenas: Res<'w, PhaseArena<P>>,
}

#[cold]
fn no_arena<P: Phase>() -> String {
    format!(
        "the world has no arena of the {} phase; call `ecs::install`, or for a phase of your own \
         `install_phase`, or with an `Engine` `try_add_phase`",
        P::NAME
    )
}

impl<'w, P: Phase> Arena<'w, P> {
    /// This thread's arena, for as long as the system runs.
    #[must_use]
    #[inline]
    pub fn local(&self) -> &'w FrameArena {
        self.threads().local()
    }

    /// All threads' arenas, for functions that work without an ECS.
    #[must_use]
    #[inline]
    pub fn threads(&self) -> &'w ThreadArenas {
        &Res::clone(&self.arenas).into_inner().arenas
    }

    /// The object that `handle` names, whichever thread published it in this phase.
    ///
    /// # Errors
    /// If the phase's arena began anew since the handle was made, or the handle is another
    /// arena's.
    #[inline]
    pub fn get<H: AnyHandle>(&self, handle: H) -> Result<&'w HandleTarget<H>, StaleHandle> {
        self.threads().get(handle)
    }
}

impl<P: Phase> Deref for Arena<'_, P> {
    type Target = FrameArena;

    #[inline]
    fn deref(&self) -> &FrameArena {
        self.local()
    }
}
