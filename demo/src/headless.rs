//! A run without a window, measured.

use std::collections::TryReserveError;
use std::time::Duration;

use frame_arena::ecs::{EngineError, FrameError, FrameReport};
use frame_arena::heap::HeapCounts;
use frame_arena::profile;

use crate::effect::Effect;
use crate::model::PHASE_COUNT;
use crate::report::{FrameMs, PhaseReport, Report, SETTLED_AFTER_FRAMES, TypeReport};
use crate::simulation::{PhaseTrace, Simulation, SimulationSettings};

/// Frames that run traced after the timed ones.
const TRACED_FRAMES: u32 = 10;

/// Why there is no report.
#[derive(Debug)]
pub enum RunError {
    /// The engine could not be made.
    Engine(EngineError),
    /// Systems failed in a frame.
    Frame(FrameError),
    /// The system refused the memory for the figures of so many frames.
    TooManyFrames {
        /// The frames asked for.
        frame_count: u64,
        /// What the system says.
        source: TryReserveError,
    },
}

impl std::fmt::Display for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Engine(error) => write!(f, "{error}"),
            Self::Frame(error) => write!(f, "{error}"),
            Self::TooManyFrames { frame_count, source } => {
                write!(f, "no room for the times of {frame_count} frames: {source}; lower --frames")
            }
        }
    }
}

impl std::error::Error for RunError {}

impl From<EngineError> for RunError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<FrameError> for RunError {
    fn from(error: FrameError) -> Self {
        Self::Frame(error)
    }
}

/// Runs `frame_count` frames of one tick each, as fast as they go, and reports what they took.
///
/// # Errors
/// If the system refuses the arenas' memory, a thread, or 32 bytes a frame for the figures; or if a system fails.
pub fn run(
    effect: &Effect,
    settings: SimulationSettings,
    frame_count: u64,
) -> Result<Report, RunError> {
    let mut figures = Figures::try_with_room_for(frame_count)
        .map_err(|source| RunError::TooManyFrames { frame_count, source })?;
    let mut simulation = Simulation::new(effect, settings)?;
    let tick = simulation.tick_duration();
    for _ in 0..frame_count {
        figures.add(&simulation.run_frame(tick)?);
        profile::frame_mark();
    }
    let checksum = simulation.checksum();
    let mut report = figures.report(effect, settings, checksum, simulation.refused_counts());
    report.types = type_reports(&simulation.trace_frames(TRACED_FRAMES)?);
    Ok(report)
}

/// The types that traced frames allocated, by phase, the most bytes first.
fn type_reports(traces: &[PhaseTrace]) -> Vec<TypeReport> {
    let mut sums: Vec<TypeReport> = Vec::new();
    for PhaseTrace { phase, trace } in traces {
        for entry in trace.by_type() {
            let is_same =
                |sum: &TypeReport| sum.phase == *phase && sum.type_name == entry.type_name;
            let place = sums.iter().position(is_same).unwrap_or_else(|| {
                sums.push(TypeReport::empty(phase, entry.type_name));
                sums.len() - 1
            });
            sums[place].count_per_frame += entry.call_count as f64;
            sums[place].objects_per_frame += entry.element_count as f64;
            sums[place].bytes_per_frame += entry.bytes as f64;
        }
    }
    for sum in &mut sums {
        sum.count_per_frame /= f64::from(TRACED_FRAMES);
        sum.objects_per_frame /= f64::from(TRACED_FRAMES);
        sum.bytes_per_frame /= f64::from(TRACED_FRAMES);
    }
    sums
}

/// What is kept of each frame. Its memory is taken before the first one.
struct Figures {
    frame_ms: Vec<f64>,
    ticks: u64,
    dropped: Duration,
    settled: HeapCounts,
    executor_settled: HeapCounts,
    settled_frames: u64,
    phases: [PhaseFigures; PHASE_COUNT],
    last: Option<FrameReport>,
}

#[derive(Default)]
struct PhaseFigures {
    ms: Vec<f64>,
    settled_allocs: u64,
    settled_heap_calls: u64,
}

impl Figures {
    fn try_with_room_for(frame_count: u64) -> Result<Self, TryReserveError> {
        let room = usize::try_from(frame_count).unwrap_or(usize::MAX);
        let mut frame_ms = Vec::new();
        frame_ms.try_reserve_exact(room)?;
        let mut phases: [PhaseFigures; PHASE_COUNT] = Default::default();
        phases.iter_mut().try_for_each(|phase| phase.ms.try_reserve_exact(room))?;
        Ok(Self {
            frame_ms,
            ticks: 0,
            dropped: Duration::ZERO,
            settled: HeapCounts::default(),
            executor_settled: HeapCounts::default(),
            settled_frames: 0,
            phases,
            last: None,
        })
    }

    fn add(&mut self, report: &FrameReport) {
        self.frame_ms.push(millis(report.duration));
        self.ticks += u64::from(report.tick_count);
        self.dropped += report.dropped;
        let is_settled = report.frame >= SETTLED_AFTER_FRAMES;
        for (figures, phase) in self.phases.iter_mut().zip(&report.phases) {
            figures.ms.push(millis(phase.duration));
            if is_settled {
                figures.settled_allocs += phase.stats.alloc_count;
                figures.settled_heap_calls += phase.heap.heap_calls;
            }
        }
        if is_settled {
            self.settled_frames += 1;
            self.settled += report.heap;
            self.executor_settled += report.executor_heap;
        }
        self.last = Some(report.clone());
    }

    fn report(
        mut self,
        effect: &Effect,
        settings: SimulationSettings,
        checksum: u64,
        refused_counts: [u64; PHASE_COUNT],
    ) -> Report {
        // Nothing was counted where no frame had settled; a 0 would look measured.
        let settled_frames = (self.settled_frames > 0).then_some(self.settled_frames as f64);
        let if_settled = |count: u64| settled_frames.map(|_| count);
        let last = self.last.iter().flat_map(|report| &report.phases);
        let phases = self.phases.iter_mut().zip(last).zip(refused_counts);
        let phases = phases.map(|((figures, phase), refused_count)| PhaseReport {
            name: phase.name.to_owned(),
            ms_p50: FrameMs::from_times(&mut figures.ms).p50,
            allocs_per_frame: settled_frames.map(|frames| figures.settled_allocs as f64 / frames),
            used_bytes: phase.stats.used_bytes as u64,
            high_water_bytes: phase.stats.high_water_bytes as u64,
            reserved_bytes: phase.stats.reserved_bytes as u64,
            block_count: u64::from(phase.stats.block_count),
            heap_calls_settled: if_settled(figures.settled_heap_calls),
            refused_count,
        });
        Report {
            phases: phases.collect(),
            frames: self.frame_ms.len() as u64,
            ticks: self.ticks,
            dropped_secs: self.dropped.as_secs_f64(),
            seed: settings.seed,
            effect: effect.name.clone(),
            allocator: settings.allocator,
            budget_bytes: settings.budget_bytes.map(|bytes| bytes as u64),
            threads: settings.threads,
            particles: settings.particle_count as usize,
            checksum: format!("{checksum:016x}"),
            frame_ms: FrameMs::from_times(&mut self.frame_ms),
            heap_calls_settled: if_settled(self.settled.heap_calls),
            heap_calls_executor_settled: if_settled(self.executor_settled.heap_calls),
            heap_frees_settled: if_settled(self.settled.frees),
            types: Vec::new(),
        }
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::{Figures, RunError};

    /// The program was aborted.
    #[test]
    fn more_frames_than_there_is_memory_for_are_an_error() {
        let Err(source) = Figures::try_with_room_for(u64::MAX) else {
            panic!("there is no such memory");
        };
        let error = RunError::TooManyFrames { frame_count: u64::MAX, source }.to_string();
        assert!(error.contains("18446744073709551615 frames"), "{error}");
        assert!(error.ends_with("lower --frames"), "{error}");
    }

    #[test]
    fn the_room_is_taken_before_the_first_frame() {
        let figures = Figures::try_with_room_for(100).unwrap();
        assert!(figures.frame_ms.capacity() >= 100);
        assert!(figures.phases.iter().all(|phase| phase.ms.capacity() >= 100));
    }
}
