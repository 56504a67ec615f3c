//! State changes as JSON lines, so that another program can wait for them.

use crate::model::AllocatorKind;
use serde::Serialize;
use std::io::Write;
use std::path::Path;

/// A state change. As JSON: `{"event":"effect_loaded","name":"galaxy"}`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event<'a> {
    /// The first frame is on the display.
    WindowOpen {
        /// Width in pixels.
        width_px: u32,
        /// Height in pixels.
        height_px: u32,
        /// Whether particles are drawn by instancing.
        is_instanced: bool,
    },
    /// There is no window; the run goes on headless unless a screenshot was asked for.
    WindowMissing {
        /// Why.
        reason: &'a str,
    },
    /// An effect is shown, at the start, by choice, or after its file changed.
    EffectLoaded {
        /// Its name.
        name: &'a str,
    },
    /// A file was put into the folder, or a refused one mended: its effect can be chosen.
    EffectAdded {
        /// Its name.
        name: &'a str,
    },
    /// An effect file is refused.
    EffectFailed {
        /// File, line, column and what was expected.
        error: &'a str,
    },
    /// Transient objects are put elsewhere.
    AllocatorSwitched {
        /// Where.
        allocator: AllocatorKind,
    },
    /// Time was stopped or goes on.
    Paused {
        /// Whether it stands still now.
        is_paused: bool,
    },
    /// Emission was changed.
    EmissionSet {
        /// The new factor.
        factor: f32,
    },
    /// Gravity was changed.
    GravitySet {
        /// The new downward pull.
        m_per_sec2: f32,
    },
    /// A picture was written.
    ScreenshotWritten {
        /// Where.
        path: &'a Path,
        /// Number of the frame, from 1.
        frame: u64,
    },
    /// A picture was not written.
    ScreenshotFailed {
        /// Why.
        error: &'a str,
    },
    /// The report was written.
    ReportWritten {
        /// Where.
        path: &'a Path,
    },
    /// The run is over.
    Closed {
        /// Frames that were run.
        frames: u64,
    },
}

/// Prints events if it was asked to; otherwise does nothing.
#[derive(Debug, Clone, Copy)]
pub struct Events {
    is_on: bool,
}

impl Events {
    /// A printer that prints only if `is_on`.
    #[must_use]
    pub fn new(is_on: bool) -> Self {
        Self { is_on }
    }

    /// Prints one line and flushes it. Nobody reading (a closed pipe) is no failure: the run goes on unwatched.
    pub fn emit(self, event: Event<'_>) {
        if !self.is_on {
            return;
        }
        if let Ok(mut line) = serde_json::to_vec(&event) {
            line.push(b'\n');
            let mut out = std::io::stdout().lock();
            let _unwatched = out.write_all(&line).and_then(|()| out.flush());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Event;
    use crate::model::AllocatorKind;

    #[test]
    fn an_event_is_one_flat_object() {
        let json = serde_json::to_string(&Event::EffectLoaded { name: "galaxy" }).unwrap();
        assert_eq!(json, r#"{"event":"effect_loaded","name":"galaxy"}"#);
        let json =
            serde_json::to_string(&Event::AllocatorSwitched { allocator: AllocatorKind::Heap })
                .unwrap();
        assert_eq!(json, r#"{"event":"allocator_switched","allocator":"heap"}"#);
    }

    #[test]
    fn text_with_line_ends_stays_on_one_line() {
        let json = serde_json::to_string(&Event::EffectFailed { error: "a\nb" }).unwrap();
        assert!(!json.contains('\n'));
    }
}
