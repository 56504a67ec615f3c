//! Keeps a window from drawing faster than anyone can see, without busy waiting.

use std::time::{Duration, Instant};

/// Frames per second where the display sets no rate and nobody asked for one.
const FALLBACK_FPS: u32 = 60;
/// A display that lets frames pass faster than this does not wait for its refresh.
const UNPACED_FRAME: Duration = Duration::from_micros(3_300);
/// Frames in a row that must be so fast before the pacer believes it.
const UNPACED_FRAMES: u32 = 20;

/// Tells how long to sleep before the next frame.
#[derive(Debug)]
pub struct Pacer {
    shortest: Option<Duration>,
    last: Option<Instant>,
    fast_frames: u32,
}

impl Pacer {
    /// At most `fps_cap` frames per second; with `None` the display's own rate, and 60 where it sets none.
    #[must_use]
    pub fn new(fps_cap: Option<u32>) -> Self {
        Self {
            shortest: fps_cap.map(|fps| Duration::from_secs(1) / fps.max(1)),
            last: None,
            fast_frames: 0,
        }
    }

    /// Time to sleep at the end of a frame that ends `now`.
    pub fn pause_at(&mut self, now: Instant) -> Duration {
        let Some(last) = self.last else {
            self.last = Some(now);
            return Duration::ZERO;
        };
        let taken = now.saturating_duration_since(last);
        if self.shortest.is_none() {
            self.fast_frames = if taken < UNPACED_FRAME { self.fast_frames + 1 } else { 0 };
            if self.fast_frames >= UNPACED_FRAMES {
                self.shortest = Some(Duration::from_secs(1) / FALLBACK_FPS);
            }
        }
        let pause = self.shortest.unwrap_or_default().saturating_sub(taken);
        // The frame ends when the sleep does; a late frame does not make the next ones hurry.
        self.last = Some(now + pause);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::Pacer;
    use std::time::{Duration, Instant};

    #[test]
    fn a_cap_fills_the_frame_up() {
        let mut pacer = Pacer::new(Some(100));
        let start = Instant::now();
        assert_eq!(pacer.pause_at(start), Duration::ZERO);
        assert_eq!(pacer.pause_at(start + Duration::from_millis(4)), Duration::from_millis(6));
        assert_eq!(pacer.pause_at(start + Duration::from_millis(40)), Duration::ZERO);
        assert_eq!(pacer.pause_at(start + Duration::from_millis(41)), Duration::from_millis(9));
    }

    #[test]
    fn a_display_with_a_rate_is_left_alone() {
        let mut pacer = Pacer::new(None);
        let start = Instant::now();
        assert!(
            (0..200).all(|frame| {
                pacer.pause_at(start + Duration::from_millis(7) * frame).is_zero()
            })
        );
    }

    #[test]
    fn a_display_without_a_rate_gets_sixty() {
        let mut pacer = Pacer::new(None);
        let mut now = Instant::now();
        let pauses: Vec<Duration> = (0..60)
            .map(|_| {
                now += Duration::from_millis(1);
                let pause = pacer.pause_at(now);
                now += pause;
                pause
            })
            .collect();
        assert!(pauses[..15].iter().all(Duration::is_zero));
        assert!(pauses[30..].iter().all(|pause| pause.as_millis() == 15));
    }
}
