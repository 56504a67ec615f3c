//! The arenas in `bevy_app`'s loop.

use bevy_app::{App, First, FixedFirst, FixedMainScheduleOrder, Last, MainScheduleOrder, Plugin};
use bevy_ecs::schedule::{
    IntoScheduleConfigs, Schedule, ScheduleLabel, SingleThreadedExecutor, SystemSet,
};
use bevy_ecs::system::ScheduleSystem;
use bevy_ecs::world::World;

use super::config::EngineConfig;
use super::hand_over::order_hand_over;
use super::install::{begin_frame, begin_tick, install_with_config, is_installed};
use crate::profile;

/// Puts the arenas of update, physics and render into a bevy app.
///
/// Each turn of bevy's main loop is then this:
///
/// 1. [`FrameArenaSystems::Begin`], just before `First`: what frame phases made is forgotten. In the
///    first turn that is what `Startup` made, which runs before: what it wrote is not read in
///    `Update`, and a handle that it published is stale there. With two
///    [`frames_in_flight`](crate::ArenaConfig::frames_in_flight) both can be read as the last
///    frame's; what is to outlive `Startup` otherwise belongs in a resource.
/// 2. `RunFixedMainLoop`: for each fixed step, [`FrameArenaSystems::Begin`], just before
///    `FixedFirst`: what tick phases made is forgotten; then the step runs.
/// 3. `Update` and all that follows.
/// 4. `Last`, [`FrameArenaSystems::End`]: the profiler's frame mark, if
///    [`marks_frames`](Self::marks_frames). From here to the next frame's begin the frame's memory can
///    still be read. The points on its plots follow then.
///
/// In all schedules that `bevy_app` runs when the plugin is built, systems with a
/// [`FrameWriter`](super::FrameWriter) run before those with a [`FrameReader`](super::FrameReader) of
/// the same type and phase. In others, such as a state's `OnEnter` or your own, call
/// [`order_hand_over`](super::order_hand_over). Systems may be added before the plugin or after it, but
/// what was said before by `_ignore_deferred` is forgotten.
///
/// **From `Update` to a fixed step.** The fixed loop runs before `Update`, so a step sees what the
/// last frame's update wrote: [`read_last`](super::FrameReader::read_last), with two
/// [`frames_in_flight`](crate::ArenaConfig::frames_in_flight). A frame may have no step, or several:
/// take the values up once a frame, in `RunFixedMainLoopSystems::BeforeFixedMainLoop`, and let the
/// steps work on those; `examples/bevy_app.rs` does.
///
/// ```
/// use bevy_app::{App, Update};
/// use bevy_ecs::prelude::*;
/// use frame_arena::ecs::{Arena, FrameArenaPlugin, phase};
///
/// fn label(arena: Arena<phase::Update>) {
///     assert_eq!(arena.alloc_fmt(format_args!("wave {}", 3)), "wave 3");
/// }
///
/// let mut app = App::new();
/// app.add_plugins(FrameArenaPlugin::default()).add_systems(Update, label);
/// app.update();
/// ```
///
/// **Beside bevy's own tracing.** Bevy's feature `trace_tracy` reaches the same Tracy client: its zones
/// of schedules and systems, and the arenas' pools, plots and messages, stand in one capture. An app
/// that renders has its frames marked by bevy then; take [`marks_frames`](Self::marks_frames) away.
/// `examples/bevy_tracy` has both. What bevy turns on in the client comes with it: samples, and the
/// program's code, for a viewer on this machine.
///
/// # Panics
/// When built, where [`install_with_config`] gives an error or panics: at 0 threads, for one. To have
/// the error, call that function with the app's world first; once it has succeeded, the plugin takes
/// what is there. Phases of your own come by
/// [`install_phase`](super::install_phase), before the plugin or after it.
///
/// Also when built, if the app does not run `First` and `FixedFirst`, as [`App::empty`] and a
/// [`SubApp`](bevy_app::SubApp) do not: [`install_with_config`] puts arenas into their worlds.
#[derive(Clone, Copy, Debug)]
pub struct FrameArenaPlugin {
    /// The arenas, and how many threads [`Workers`](super::Workers) has. What it says of ticks and
    /// executor is the app's own matter.
    pub config: EngineConfig,
    /// Whether the profiler is told where a frame ends. `false` is for an app in which somebody else
    /// tells it, as bevy's renderer does with `trace_tracy`: with both, each frame would be two.
    pub marks_frames: bool,
}

impl Default for FrameArenaPlugin {
    fn default() -> Self {
        Self { config: EngineConfig::default(), marks_frames: true }
    }
}

/// When a frame, or a fixed step, begins and ends for the arenas.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameArenaSystems {
    /// In schedules of its own just before `First` and `FixedFirst`: what runs in these, or later,
    /// needs no order after it, and has none before it.
    Begin,
    /// In `Last`. Order those systems before it that belong to the frame's time.
    End,
}

/// What is forgotten in a schedule: before `First` what a frame made, before `FixedFirst` what a tick
/// made. In schedules of their own, for a system that takes the whole world has no order beside
/// others but what somebody gives it. The names are those that bevy's tracing shows.
#[derive(ScheduleLabel, Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum FrameArenaBegin {
    BeginFrameArenas,
    BeginTickArenas,
}

impl FrameArenaBegin {
    fn schedule<M>(self, begin: impl IntoScheduleConfigs<ScheduleSystem, M>) -> Schedule {
        let begin = begin.in_set(FrameArenaSystems::Begin);
        let mut schedule = Schedule::new(self);
        schedule.set_executor(SingleThreadedExecutor::new()).add_systems(begin);
        schedule
    }
}

impl Plugin for FrameArenaPlugin {
    fn build(&self, app: &mut App) {
        assert!(
            runs_bevys_schedules(app.world()),
            "the app does not run bevy's schedules `First` and `FixedFirst`, before which frames and \
             ticks begin, as a SubApp does not; call `ecs::install` with its world, and `begin_frame` \
             and `begin_tick` in its loop"
        );
        profile::start();
        if !is_installed(app.world())
            && let Err(error) = install_with_config(app.world_mut(), self.config)
        {
            panic!("{error}");
        }
        let main = app.world().resource::<MainScheduleOrder>();
        let mut schedules = [&*main.startup_labels, &*main.labels].concat();
        schedules.extend(&app.world().resource::<FixedMainScheduleOrder>().labels);
        for schedule in schedules {
            app.edit_schedule(schedule, |schedule| _ = order_hand_over(schedule));
        }
        let (frame, tick) = (FrameArenaBegin::BeginFrameArenas, FrameArenaBegin::BeginTickArenas);
        app.add_schedule(frame.schedule(begin_frame)).add_schedule(tick.schedule(begin_tick));
        let world = app.world_mut();
        world.resource_mut::<MainScheduleOrder>().insert_before(First, frame);
        world.resource_mut::<FixedMainScheduleOrder>().insert_before(FixedFirst, tick);
        if self.marks_frames {
            app.add_systems(Last, profile::frame_mark.in_set(FrameArenaSystems::End));
        }
    }
}

/// Whether there is a place for the beginnings.
fn runs_bevys_schedules(world: &World) -> bool {
    let main = world.get_resource::<MainScheduleOrder>();
    let fixed = world.get_resource::<FixedMainScheduleOrder>();
    main.is_some_and(|main| main.labels.contains(&First.intern()))
        && fixed.is_some_and(|fixed| fixed.labels.contains(&FixedFirst.intern()))
}
