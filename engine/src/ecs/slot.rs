//! One phase of an engine.

use core::any::TypeId;
use core::fmt;
use std::sync::Arc;
use std::time::Instant;

use bevy_ecs::schedule::{IntoScheduleConfigs, Schedule, ScheduleLabel};
use bevy_ecs::system::ScheduleSystem;
use bevy_ecs::world::World;

use super::arena::PhaseArena;
use super::config::{Executor, arena_thread_count};
use super::failure::SystemFailure;
use super::hand_over::order_hand_over;
use super::heap_share::{HeapMeter, since};
use super::phase::{Lifetime, Phase};
use super::report::PhaseReport;
use super::watched::{PhaseWatch, watch_systems};
use crate::profile::PhaseProfile;
use crate::{AllocError, ArenaConfig, ArenaMode, ArenaStats, Budget};

/// A phase that an engine runs, with its type forgotten.
pub(super) struct PhaseSlot {
    pub(super) phase: TypeId,
    pub(super) name: &'static str,
    pub(super) lifetime: Lifetime,
    pub(super) schedule: Schedule,
    config: ArenaConfig,
    watch: Arc<PhaseWatch>,
    profile: PhaseProfile,
    /// What reports have of the arena since it began.
    counted: ArenaStats,
    /// What `PhaseArena<P>` does, with `P` forgotten.
    is_missing: fn(&World) -> bool,
    begin: fn(&mut World, ArenaConfig) -> Option<SystemFailure>,
    set_mode: fn(&mut World, ArenaMode),
    stats: fn(&mut World) -> ArenaStats,
    budget: fn(&World) -> Budget,
}

/// Names the phase where bevy tells that its schedule cannot be built.
#[derive(ScheduleLabel, Clone, PartialEq, Eq, Hash)]
struct PhaseSchedule(&'static str);

impl fmt::Debug for PhaseSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "of the {} phase", self.0)
    }
}

impl PhaseSlot {
    /// A phase without systems; its arena goes into `world`.
    #[track_caller]
    pub(super) fn try_new<P: Phase>(
        world: &mut World,
        config: ArenaConfig,
        executor: Executor,
    ) -> Result<Self, AllocError> {
        let threads = arena_thread_count(world);
        world.insert_resource(PhaseArena::<P>::try_for_threads(config, threads)?);
        let mut schedule = Schedule::new(PhaseSchedule(P::NAME));
        executor.set_up(&mut schedule);
        order_hand_over(&mut schedule);
        Ok(Self {
            phase: TypeId::of::<P>(),
            name: P::NAME,
            lifetime: P::LIFETIME,
            schedule,
            config,
            watch: Arc::default(),
            profile: PhaseProfile::new(P::NAME).with_heap_calls(),
            counted: ArenaStats::default(),
            is_missing: PhaseArena::<P>::is_missing_in,
            begin: PhaseArena::<P>::begin_in,
            set_mode: PhaseArena::<P>::set_mode_in,
            stats: PhaseArena::<P>::stats_in,
            budget: PhaseArena::<P>::budget_in,
        })
    }

    #[track_caller]
    pub(super) fn add_systems<M>(&mut self, systems: impl IntoScheduleConfigs<ScheduleSystem, M>) {
        self.schedule.add_systems(systems);
        watch_systems(&mut self.schedule, self.name, &self.watch);
    }

    /// Whether somebody took the arena out of `world`.
    pub(super) fn is_missing(&self, world: &World) -> bool {
        (self.is_missing)(world)
    }

    /// Begins the arena anew.
    pub(super) fn begin(&mut self, world: &mut World) -> Option<SystemFailure> {
        self.counted = ArenaStats::default();
        (self.begin)(world, self.config)
    }

    /// Runs the systems once, and adds to `report`.
    pub(super) fn run(&mut self, world: &mut World, executor: Executor, report: &mut PhaseReport) {
        let _zone = self.profile.zone();
        let started = Instant::now();
        let heap = HeapMeter::start(world);
        self.schedule.run(world);
        let executors = heap.executors(world, executor);
        report.heap += since(heap.all(world), executors);
        report.executor_heap += executors;
        report.duration += started.elapsed();
        self.count(world, report);
    }

    /// Adds to `report` what was allocated since the last call, and gives the arena's figures.
    pub(super) fn count(&mut self, world: &mut World, report: &mut PhaseReport) -> ArenaStats {
        let stats = (self.stats)(world);
        report.add_since(&mut self.counted, stats);
        stats
    }

    /// Tells the profiler of the frame that ends.
    pub(super) fn plot(&self, world: &World, report: &PhaseReport) {
        self.profile.plot(|| report.point((self.budget)(world)));
    }

    /// Failures of systems since the last call.
    pub(super) fn take_failures(&self) -> Vec<SystemFailure> {
        self.watch.take_failures()
    }

    /// Changes where allocations come from, in the arenas to come too.
    pub(super) fn set_mode(&mut self, world: &mut World, mode: ArenaMode) {
        self.config.mode = mode;
        (self.set_mode)(world, mode);
    }
}
