//! The fixed step of physics.

use core::time::Duration;

use bevy_ecs::resource::Resource;

/// The present frame, as a resource that [`Engine`](super::Engine) sets before the first phase.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use frame_arena::ecs::{Engine, FrameTime, phase};
///
/// fn age(time: Res<FrameTime>) {
///     assert_eq!(time.tick_count, 1);
///     assert!((time.ticked_secs() - 1.0 / 60.0).abs() < 1e-6);
/// }
///
/// let mut engine = Engine::new();
/// engine.add_systems(phase::Update, age);
/// engine.run_frame(engine.tick_duration())?;
/// # Ok::<(), frame_arena::ecs::FrameError>(())
/// ```
#[derive(Resource, Clone, Copy, Debug, PartialEq)]
pub struct FrameTime {
    /// Number of the frame, from 0.
    pub frame: u64,
    /// Time since the last frame, as the caller of `run_frame` said.
    pub elapsed: Duration,
    /// Ticks that this frame runs.
    pub tick_count: u32,
    /// Length of a tick.
    pub tick: Duration,
    /// How far the frame is into the next tick, 0 to under 1.
    pub overstep: f32,
}

impl FrameTime {
    /// Time that passes in the simulation in this frame: its ticks, in seconds.
    #[must_use]
    pub fn ticked_secs(&self) -> f32 {
        self.tick.as_secs_f32() * self.tick_count as f32
    }
}

/// Turns frame times into a number of fixed ticks.
///
/// The accumulator of Glenn Fiedler, "Fix Your Timestep!" (2004): what a frame's time does not
/// fill up to a tick waits for the next frame; what exceeds the most ticks a frame may run is
/// dropped and reported, so that a slow frame does not make the next one slower.
///
/// ```
/// use std::time::Duration;
/// use frame_arena::ecs::TickClock;
///
/// let mut clock = TickClock::new(Duration::from_millis(10), 4);
/// assert_eq!(clock.advance(Duration::from_millis(25)), 2);
/// assert_eq!(clock.advance(Duration::from_millis(5)), 1);
/// assert_eq!(clock.advance(Duration::from_secs(1)), 4);
/// assert_eq!(clock.dropped(), Duration::from_millis(960));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TickClock {
    tick: Duration,
    max_ticks_per_frame: u32,
    waiting: Duration,
    dropped: Duration,
}

impl TickClock {
    /// A clock with ticks of `tick`, of which a frame runs at most `max_ticks_per_frame`.
    ///
    /// # Panics
    /// If either is zero: no time would ever pass.
    #[must_use]
    #[track_caller]
    pub fn new(tick: Duration, max_ticks_per_frame: u32) -> Self {
        assert!(!tick.is_zero(), "a tick of zero length never ends; set a tick duration");
        assert!(max_ticks_per_frame > 0, "max_ticks_per_frame is 0, so time would stand still");
        Self { tick, max_ticks_per_frame, waiting: Duration::ZERO, dropped: Duration::ZERO }
    }

    /// Lets `frame` pass and gives the number of ticks to run.
    pub fn advance(&mut self, frame: Duration) -> u32 {
        self.waiting = self.waiting.saturating_add(frame);
        let mut ticks = 0;
        while self.waiting >= self.tick && ticks < self.max_ticks_per_frame {
            self.waiting -= self.tick;
            ticks += 1;
        }
        if self.waiting >= self.tick {
            let rest = self.waiting.as_nanos() % self.tick.as_nanos();
            let rest = Duration::from_nanos_u128(rest); // Less than a tick, which is one.
            self.dropped = self.dropped.saturating_add(self.waiting - rest);
            self.waiting = rest;
        }
        ticks
    }

    /// How far the present moment is into the next tick: 0 at its start, under 1. For drawing
    /// between the last two ticks.
    #[must_use]
    pub fn overstep(&self) -> f32 {
        // A nanosecond short of a tick rounds to 1.
        (self.waiting.as_secs_f32() / self.tick.as_secs_f32()).min(1.0_f32.next_down())
    }

    /// Length of a tick.
    #[must_use]
    pub fn tick(&self) -> Duration {
        self.tick
    }

    /// Time dropped since the start because frames were too slow.
    #[must_use]
    pub fn dropped(&self) -> Duration {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_is_lost_over_many_uneven_frames() {
        let mut clock = TickClock::new(Duration::from_millis(7), 100);
        let ticks: u32 = (0..1_000).map(|n| clock.advance(Duration::from_millis(n % 13))).sum();
        let passed: u64 = (0..1_000).map(|n| n % 13).sum();
        assert_eq!(u64::from(ticks), passed / 7);
        assert_eq!(clock.dropped(), Duration::ZERO);
    }

    #[test]
    fn an_endless_frame_runs_the_most_ticks_and_drops_the_rest() {
        let mut clock = TickClock::new(Duration::from_millis(10), 3);
        assert_eq!(clock.advance(Duration::MAX), 3);
        assert!(clock.overstep() < 1.0);
        assert_eq!(clock.advance(Duration::from_millis(10)), 1);
    }

    #[test]
    fn the_start_of_a_tick_of_thirty_thousand_years_waits_for_its_end() {
        let tick = Duration::from_secs(1 << 40);
        let mut clock = TickClock::new(tick, 1);
        assert_eq!(clock.advance(tick * 2 + tick / 2), 1);
        assert_eq!(clock.dropped(), tick);
        assert_eq!(clock.advance(tick / 2), 1);
    }

    #[test]
    fn a_nanosecond_short_of_a_tick_the_overstep_is_under_1() {
        for tick in [1, 20, 1_000, 3_600_000].map(Duration::from_millis) {
            let mut clock = TickClock::new(tick, 4);
            assert_eq!(clock.advance(tick - Duration::from_nanos(1)), 0);
            assert!((0.999..1.0).contains(&clock.overstep()), "{tick:?}: {}", clock.overstep());
        }
    }
}
