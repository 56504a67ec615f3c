//! The figures of the last frames, for the charts. No heap call after it is made.

use crate::model::{PHASE_COUNT, PhaseFigures};

/// Frames that are kept.
pub const FRAME_COUNT: usize = 240;

/// What is kept of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sample {
    /// Objects per phase.
    pub alloc_counts: [f32; PHASE_COUNT],
    /// Memory per phase, KiB.
    pub used_kib: [f32; PHASE_COUNT],
    /// Time from the frame before to this one.
    pub frame_ms: f32,
}

/// A ring of the last [`FRAME_COUNT`] frames.
#[derive(Debug, Clone)]
pub struct History {
    samples: [Sample; FRAME_COUNT],
    next: usize,
    count: usize,
}

impl Default for History {
    fn default() -> Self {
        Self { samples: [Sample::default(); FRAME_COUNT], next: 0, count: 0 }
    }
}

impl History {
    /// Adds a frame and forgets the oldest if the ring is full.
    pub fn push(&mut self, phases: &[PhaseFigures; PHASE_COUNT], frame_ms: f32) {
        self.samples[self.next] = Sample {
            alloc_counts: phases.map(|phase| phase.alloc_count as f32),
            used_kib: phases.map(|phase| phase.used_bytes as f32 / 1024.0),
            frame_ms,
        };
        self.next = (self.next + 1) % FRAME_COUNT;
        self.count = (self.count + 1).min(FRAME_COUNT);
    }

    /// Frames that are held.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The frames, oldest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Sample> {
        let first = (self.next + FRAME_COUNT - self.count) % FRAME_COUNT;
        (0..self.count).map(move |age| &self.samples[(first + age) % FRAME_COUNT])
    }

    /// The largest value of `of` over the frames; 0 without any.
    #[must_use]
    pub fn max(&self, of: impl Fn(&Sample) -> f32) -> f32 {
        self.iter().map(of).fold(0.0, f32::max)
    }

    /// Mean frame time of the last `frames` frames, in milliseconds; 0 without any.
    #[must_use]
    pub fn mean_frame_ms(&self, frames: usize) -> f32 {
        let taken = self.count.min(frames);
        if taken == 0 {
            return 0.0;
        }
        self.iter().skip(self.count - taken).map(|sample| sample.frame_ms).sum::<f32>()
            / taken as f32
    }
}

#[cfg(test)]
mod tests {
    use super::{FRAME_COUNT, History};
    use crate::model::{PHASE_COUNT, PhaseFigures};

    #[test]
    fn the_oldest_frames_are_forgotten() {
        let mut history = History::default();
        (0..FRAME_COUNT + 10)
            .for_each(|frame| history.push(&[PhaseFigures::default(); PHASE_COUNT], frame as f32));
        assert_eq!(history.iter().len(), FRAME_COUNT);
        assert_eq!(history.iter().next().unwrap().frame_ms, 10.0);
        assert_eq!(history.max(|sample| sample.frame_ms), (FRAME_COUNT + 9) as f32);
    }

    #[test]
    fn the_mean_is_of_the_newest_frames() {
        let mut history = History::default();
        assert_eq!(history.mean_frame_ms(2), 0.0);
        for ms in [9.0, 1.0, 3.0] {
            history.push(&[PhaseFigures::default(); PHASE_COUNT], ms);
        }
        assert_eq!(history.mean_frame_ms(2), 2.0);
    }
}
