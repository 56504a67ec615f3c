//! What was told, with names in the place of addresses.

mod recorder;

use std::collections::BTreeMap;

use crate::pool::Pool;

pub(crate) use recorder::Recorder;

/// All that a program told.
#[derive(Clone, Debug, Default)]
pub struct Capture {
    /// The process.
    pub pid: u64,
    /// Whether the program says nothing without a viewer.
    pub is_on_demand: bool,
    /// When each frame was shown.
    pub frame_marks: Vec<i64>,
    /// Frames of other kinds, by name.
    pub frames: BTreeMap<String, Vec<Span>>,
    /// Zones, in the order in which they ended.
    pub zones: Vec<Zone>,
    /// Plots by name.
    pub plots: BTreeMap<String, Plot>,
    /// Memory pools by name.
    pub pools: BTreeMap<String, Pool>,
    /// Lines of text, in the order of their threads' telling.
    pub messages: Vec<Message>,
    /// Threads by number.
    pub threads: BTreeMap<u32, String>,
    /// What the real viewer would call an instrumentation failure.
    pub faults: Vec<String>,
}

impl Capture {
    /// Zones of this name.
    pub fn zones_named(&self, name: &str) -> impl Iterator<Item = &Zone> {
        self.zones.iter().filter(move |zone| zone.name == name)
    }
}

/// A span of time, in the program's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its start.
    pub start_ns: i64,
    /// Its end.
    pub end_ns: i64,
}

/// A zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// Source file of one whose name was told with it; others tell theirs to a viewer that asks.
    pub file: Option<String>,
    /// The thread, by number.
    pub thread: u32,
    /// How many zones it lies in.
    pub depth: usize,
    /// When.
    pub span: Span,
}

/// How a plot's values are to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlotFormat {
    /// As numbers.
    #[default]
    Number,
    /// As bytes.
    Memory,
    /// As per cent.
    Percentage,
}

/// A plot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plot {
    /// How its values are to be written.
    pub format: PlotFormat,
    /// Time in nanoseconds, and value.
    pub points: Vec<(i64, f64)>,
}

/// A line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// When.
    pub time_ns: i64,
    /// The thread, by number.
    pub thread: u32,
    /// From 0, a trace, to 5, fatal; 3 is a warning.
    pub severity: u8,
    /// The text.
    pub text: String,
}
