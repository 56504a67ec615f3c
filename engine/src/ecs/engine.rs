//! The frame driver.

use core::any::TypeId;
use core::fmt;
use core::ops::Range;
use core::time::Duration;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Instant;

use bevy_ecs::error::FallbackErrorHandler;
use bevy_ecs::schedule::{InternedSystemSet, IntoScheduleConfigs};
use bevy_ecs::system::ScheduleSystem;
use bevy_ecs::world::World;

use super::clock::{FrameTime, TickClock};
use super::config::{EngineConfig, EngineError, Executor};
use super::failure::{FrameError, FrameRecord, Recorder, SystemFailure};
use super::heap_share::{HeapMeter, since};
use super::phase::{Lifetime, Phase, Physics, Render, Update};
use super::report::{FrameReport, MAX_PHASES, PhaseReport};
use super::slot::PhaseSlot;
use super::workers::Workers;
use crate::arena::keep_first;
use crate::heap::HeapCounts;
use crate::profile;
use crate::{AllocError, ArenaConfig, ArenaMode};

/// A world, its phases, and the loop that runs them.
///
/// One [`run_frame`](Self::run_frame):
///
/// 1. The arenas of frame phases begin anew.
/// 2. Update runs.
/// 3. For each tick that is due, the arenas of tick phases begin anew, and physics runs.
/// 4. Render runs. It can read what update and the last tick published.
/// 5. Change trackers are cleared, and the figures are reported.
///
/// The record of removed components is kept over two clearings, as bevy does. So a system of a tick
/// phase misses in its `RemovedComponents` what was removed before two frames ended without a tick,
/// which are common where frames are shorter than ticks: read them in a frame phase, or let an
/// observer of [`Remove`](bevy_ecs::lifecycle::Remove) note what the next tick is to know.
///
/// Systems run one after the other on the calling thread, with [`Workers`] to share
/// the work inside them, or several at once: see [`Executor`]. A system that panics or returns an
/// error is reported, the others run, and the next frame begins clean.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use frame_arena::SliceHandle;
/// use frame_arena::ecs::{Arena, Engine, phase};
///
/// #[derive(Resource, Default)]
/// struct Contacts(Option<SliceHandle<u32>>);
///
/// fn collide(arena: Arena<phase::Physics>, mut contacts: ResMut<Contacts>) {
///     contacts.0 = Some(arena.publish_slice_copy(&[3, 5]));
/// }
///
/// fn draw(physics: Arena<phase::Physics>, contacts: Res<Contacts>) -> Result {
///     let Some(contacts) = contacts.0 else { return Ok(()) }; // No tick yet.
///     let contacts = physics.get(contacts)?;
///     assert_eq!(contacts, [3, 5]);
///     Ok(())
/// }
///
/// let mut engine = Engine::new();
/// engine.world_mut().init_resource::<Contacts>();
/// engine.add_systems(phase::Physics, collide).add_systems(phase::Render, draw);
/// let report = engine.run_frame(engine.tick_duration())?;
/// assert_eq!((report.frame, report.tick_count), (0, 1));
/// # Ok::<(), frame_arena::ecs::FrameError>(())
/// ```
pub struct Engine {
    world: World,
    phases: Vec<PhaseSlot>,
    clock: TickClock,
    executor: Executor,
    threads: usize,
    recorder: Recorder,
    frame: u64,
}

impl Engine {
    /// An engine with the default configuration.
    ///
    /// # Panics
    /// If the system refuses the phases' first blocks, 3 MiB together.
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        match Self::try_with_config(EngineConfig::default()) {
            Ok(engine) => engine,
            Err(error) => panic!("{error}"),
        }
    }

    /// An engine as configured.
    ///
    /// # Errors
    /// If the system refuses a phase's first block, memory for the figures of its `history_frames`
    /// frames, or a thread. Where bevy's task pool is made and is refused one, bevy panics; the panic's
    /// message is printed, and the error holds it.
    ///
    /// # Panics
    /// If the tick or the number of ticks is zero, if `threads` is 0 or over 4097, or if a phase's
    /// `frames_in_flight` is neither 1 nor 2.
    #[track_caller]
    pub fn try_with_config(config: EngineConfig) -> Result<Self, EngineError> {
        profile::start();
        let mut world = World::new();
        let recorder = Recorder::new(config.executor.is_parallel());
        world.insert_resource(recorder.handler());
        world.insert_resource(config.start_threads()?);
        let mut engine = Self {
            world,
            phases: Vec::with_capacity(MAX_PHASES),
            clock: TickClock::new(config.tick, config.max_ticks_per_frame),
            executor: config.executor,
            threads: config.threads,
            recorder,
            frame: 0,
        };
        engine.push_phase::<Update>(config.update)?;
        engine.push_phase::<Physics>(config.physics)?;
        engine.push_phase::<Render>(config.render)?;
        Ok(engine)
    }

    /// Adds a phase of your own, which runs just before phase `Before`: once a frame, or in each
    /// tick, as its lifetime says.
    ///
    /// ```
    /// use frame_arena::ArenaConfig;
    /// use frame_arena::ecs::{Engine, Lifetime, Phase, phase};
    ///
    /// struct Audio;
    /// impl Phase for Audio {
    ///     const NAME: &'static str = "audio";
    ///     const LIFETIME: Lifetime = Lifetime::Frame;
    /// }
    ///
    /// let mut engine = Engine::new();
    /// engine.try_add_phase::<Audio, phase::Render>(ArenaConfig::default()).unwrap();
    /// engine.add_systems(Audio, || {});
    /// let report = engine.run_frame(engine.tick_duration()).unwrap();
    /// assert_eq!(report.phases[2].name, "audio");
    /// ```
    ///
    /// # Errors
    /// If the system refuses the phase's first block, or memory for the figures of `history_frames`
    /// frames.
    ///
    /// # Panics
    /// If the engine has the phase already, or one of its name, or has [`MAX_PHASES`], or has no
    /// phase `Before`; if `frames_in_flight` is neither 1 nor 2.
    #[track_caller]
    pub fn try_add_phase<P: Phase, Before: Phase>(
        &mut self,
        config: ArenaConfig,
    ) -> Result<&mut Self, AllocError> {
        let place = self.place_of::<Before>();
        self.push_phase::<P>(config)?;
        self.phases[place..].rotate_right(1);
        Ok(self)
    }

    #[track_caller]
    fn push_phase<P: Phase>(&mut self, config: ArenaConfig) -> Result<(), AllocError> {
        let count = self.phases.len();
        assert!(count < MAX_PHASES, "an engine has at most {MAX_PHASES} phases: `{}`", P::NAME);
        let id = TypeId::of::<P>();
        let is_new = self.phases.iter().all(|slot| slot.phase != id);
        assert!(is_new, "the engine has this phase `{}` already; add a phase once", P::NAME);
        let is_free = self.phases.iter().all(|slot| slot.name != P::NAME);
        assert!(is_free, "the engine has another phase `{}` already; rename yours", P::NAME);
        self.phases.push(PhaseSlot::try_new::<P>(&mut self.world, config, self.executor)?);
        Ok(())
    }

    #[track_caller]
    fn place_of<P: Phase>(&self) -> usize {
        let id = TypeId::of::<P>();
        match self.phases.iter().position(|slot| slot.phase == id) {
            Some(place) => place,
            None => panic!("the engine has no phase `{}`; add it with try_add_phase", P::NAME),
        }
    }

    /// Adds systems to a phase. Order them with `.chain()`, `.before` and `.after`, and by
    /// [`configure_sets`](Self::configure_sets).
    ///
    /// # Panics
    /// If the engine has no such phase.
    #[track_caller]
    pub fn add_systems<P: Phase, M>(
        &mut self,
        _phase: P,
        systems: impl IntoScheduleConfigs<ScheduleSystem, M>,
    ) -> &mut Self {
        let place = self.place_of::<P>();
        self.phases[place].add_systems(systems);
        self
    }

    /// Configures system sets of a phase: their order, their conditions, the sets that they are in.
    /// Another phase's sets of the same name are others.
    ///
    /// ```
    /// use bevy_ecs::prelude::*;
    /// use frame_arena::ecs::{Engine, phase};
    ///
    /// #[derive(SystemSet, Clone, PartialEq, Eq, Hash, Debug)]
    /// enum GameSystems {
    ///     Input,
    ///     Rules,
    /// }
    ///
    /// #[derive(Resource, Default)]
    /// struct Jumps(u32);
    ///
    /// let mut engine = Engine::new();
    /// engine.world_mut().init_resource::<Jumps>();
    /// engine.configure_sets(phase::Update, (GameSystems::Input, GameSystems::Rules).chain());
    /// engine.add_systems(
    ///     phase::Update,
    ///     (
    ///         (|jumps: Res<Jumps>| assert_eq!(jumps.0, 1)).in_set(GameSystems::Rules),
    ///         (|mut jumps: ResMut<Jumps>| jumps.0 += 1).in_set(GameSystems::Input),
    ///     ),
    /// );
    /// engine.run_frame(engine.tick_duration())?;
    /// # Ok::<(), frame_arena::ecs::FrameError>(())
    /// ```
    ///
    /// # Panics
    /// If the engine has no such phase.
    #[track_caller]
    pub fn configure_sets<P: Phase, M>(
        &mut self,
        _phase: P,
        sets: impl IntoScheduleConfigs<InternedSystemSet, M>,
    ) -> &mut Self {
        let place = self.place_of::<P>();
        self.phases[place].schedule.configure_sets(sets);
        self
    }

    /// Runs one frame in which `elapsed` has passed since the last. Once it is shown, tell the
    /// profiler with [`profile::frame_mark`].
    ///
    /// # Errors
    /// If systems panicked or returned errors: which, and the frame's figures all the same.
    ///
    /// What somebody took out of the world, a [`PhaseArena`](super::PhaseArena), [`Workers`] or the
    /// handler of errors, is put back with a logged warning; an arena as first configured, with the
    /// mode of [`set_mode`](Self::set_mode), so a budget set since is lost.
    ///
    /// What fails outside a frame, such as a command that [`World::flush`] applies, is logged as an
    /// error and fails no frame. So is, with [`Executor::Serial`], what fails in a schedule that a
    /// system runs on bevy's task pool, where schedules run with feature `multi_threaded`: give it
    /// bevy's [`SingleThreadedExecutor`](bevy_ecs::schedule::SingleThreadedExecutor).
    ///
    /// # Panics
    /// If a phase's schedule cannot be built: its systems run before each other, or one of them takes
    /// the same thing twice.
    pub fn run_frame(&mut self, elapsed: Duration) -> Result<FrameReport, FrameError> {
        let started = Instant::now();
        let record = self.recorder.begin_frame();
        self.put_back_error_handler();
        self.put_back_workers();
        let heap = HeapMeter::start(&self.world);
        let dropped_before = self.clock.dropped();
        let tick_count = self.clock.advance(elapsed);
        self.world.insert_resource(FrameTime {
            frame: self.frame,
            elapsed,
            tick_count,
            tick: self.clock.tick(),
            overstep: self.clock.overstep(),
        });
        let mut failures = Vec::new(); // Takes no memory unless a system fails.
        let phases = self.run_phases(tick_count, &record, &mut failures);
        let executor_heap =
            phases.iter().fold(HeapCounts::default(), |sum, phase| sum + phase.executor_heap);
        let report = FrameReport {
            frame: self.frame,
            tick_count,
            dropped: self.clock.dropped() - dropped_before,
            duration: started.elapsed(),
            heap: since(heap.all(&self.world), executor_heap),
            executor_heap,
            phases,
        };
        // Without it the records of removed components grow for ever.
        self.world.clear_trackers();
        self.frame += 1;
        if failures.is_empty() {
            Ok(report)
        } else {
            Err(FrameError { failures, report: Box::new(report) })
        }
    }

    /// Bevy's own handler, which is called where there is none, would throw what fails out of
    /// `run_frame`.
    fn put_back_error_handler(&mut self) {
        if !self.world.contains_resource::<FallbackErrorHandler>() {
            log::warn!("the handler of errors was missing from the world; it was put back");
            self.world.insert_resource(self.recorder.handler());
        }
    }

    /// As for the arenas, for what else systems need.
    fn put_back_workers(&mut self) {
        if !self.world.contains_resource::<Workers>() {
            let threads = self.threads;
            log::warn!("`Workers` was missing from the world; {threads} threads were started anew");
            match Workers::try_new(threads) {
                Ok(workers) => self.world.insert_resource(workers),
                Err(error) => log::error!("{error}"),
            }
        }
    }

    fn run_phases(
        &mut self,
        tick_count: u32,
        record: &FrameRecord,
        failures: &mut Vec<SystemFailure>,
    ) -> arrayvec::ArrayVec<PhaseReport, MAX_PHASES> {
        for slot in &mut self.phases {
            // A tick phase's too if it is missing: in a frame without a tick others may ask for it.
            if slot.lifetime == Lifetime::Frame || slot.is_missing(&self.world) {
                failures.extend(slot.begin(&mut self.world));
            }
        }
        let mut reports: arrayvec::ArrayVec<_, MAX_PHASES> =
            self.phases.iter().map(|slot| PhaseReport::empty(slot.name, slot.lifetime)).collect();
        let mut rest = 0;
        while rest < self.phases.len() {
            let lifetime = self.phases[rest].lifetime;
            let is_same = |slot: &&PhaseSlot| slot.lifetime == lifetime;
            let end = rest + self.phases[rest..].iter().take_while(is_same).count();
            let run = rest..end;
            match lifetime {
                Lifetime::Frame => self.run_once(run, &mut reports, record, failures),
                Lifetime::Tick => {
                    // In a frame without a tick too: writers are numbered when their systems are
                    // initialized, and the order of values must not depend on the first tick's time.
                    for slot in &mut self.phases[run.clone()] {
                        // An error is told where the schedule runs.
                        slot.schedule.initialize(&mut self.world).ok();
                    }
                    for _ in 0..tick_count {
                        profile::frame!("tick");
                        let slots = self.phases[run.clone()].iter_mut();
                        for (slot, report) in slots.zip(&mut reports[run.clone()]) {
                            slot.count(&mut self.world, report);
                            failures.extend(slot.begin(&mut self.world));
                        }
                        self.run_once(run.clone(), &mut reports, record, failures);
                    }
                }
            }
            rest = end;
        }
        for (slot, report) in self.phases.iter_mut().zip(&mut reports) {
            // Later phases may allocate in an earlier one's arena.
            let stats = slot.count(&mut self.world, report);
            report.take_state(stats);
            slot.plot(&self.world, report);
        }
        reports
    }

    /// Runs each phase of `run` once, in order, and adds to its report.
    fn run_once(
        &mut self,
        run: Range<usize>,
        reports: &mut [PhaseReport],
        record: &FrameRecord,
        failures: &mut Vec<SystemFailure>,
    ) {
        for (n, report) in run.clone().zip(&mut reports[run]) {
            self.put_back_error_handler(); // An earlier phase may have despawned all.
            self.check_change_ticks();
            let slot = &mut self.phases[n];
            slot.run(&mut self.world, self.executor, report);
            failures.append(&mut slot.take_failures());
            failures.append(&mut record.take(slot.name));
        }
    }

    /// Keeps the last runs of systems that wait for long within what change ticks can tell apart.
    /// Every schedule asks the world for that when it runs, but the world tells its own schedules
    /// only, and once: so it is asked just before.
    fn check_change_ticks(&mut self) {
        if let Some(check) = self.world.check_change_ticks() {
            self.phases.iter_mut().for_each(|slot| slot.schedule.check_change_ticks(check));
        }
    }

    /// The world, to look at.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The world, to spawn and insert into.
    #[must_use]
    pub fn world_mut(&mut self) -> &mut World {
        &mut self.world
    }

    /// Changes where all phases' allocations come from; the present frame's objects are forgotten.
    ///
    /// # Panics
    /// At its very end, if a value of `alloc_drop` panicked when dropped.
    pub fn set_mode(&mut self, mode: ArenaMode) {
        let mut panicked = None;
        for slot in &mut self.phases {
            let set_mode = || slot.set_mode(&mut self.world, mode);
            if let Err(payload) = catch_unwind(AssertUnwindSafe(set_mode)) {
                keep_first(&mut panicked, payload);
            }
        }
        if let Some(payload) = panicked {
            resume_unwind(payload);
        }
    }

    /// Length of a physics tick.
    #[must_use]
    pub fn tick_duration(&self) -> Duration {
        self.clock.tick()
    }

    /// The clock that says how many ticks are due.
    #[must_use]
    pub fn clock(&self) -> &TickClock {
        &self.clock
    }

    /// Frames run so far.
    #[must_use]
    pub fn frame_count(&self) -> u64 {
        self.frame
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.phases.iter().map(|slot| slot.name).collect::<Vec<_>>();
        f.debug_struct("Engine")
            .field("phases", &names)
            .field("clock", &self.clock)
            .field("frame", &self.frame)
            .finish_non_exhaustive()
    }
}
