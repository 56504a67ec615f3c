//! What was allocated where: by type, by call site, and as a map of the memory.
#![forbid(unsafe_code)]

use core::fmt;
use core::panic::Location;

use hashbrown::HashMap;

use super::map::FixedHash;

/// The place of a call.
pub(crate) type Caller = &'static Location<'static>;

/// Who asks for memory: known where the call is compiled, passed on to the cold path only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) type_name: &'static str,
    pub(crate) caller: Caller,
    pub(crate) len: usize,
}

impl Origin {
    /// `len` values of `T`, asked for by the caller.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn of<T>(len: usize) -> Self {
        Self::by::<T>(Location::caller(), len)
    }

    /// `len` values of `T`, asked for by `caller`.
    #[inline(always)]
    pub(crate) fn by<T>(caller: Caller, len: usize) -> Self {
        Self { type_name: core::any::type_name::<T>(), caller, len }
    }

    /// Memory for a collection of another crate, which tells its layout only.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn unknown(bytes: usize) -> Self {
        Self { type_name: "(foreign collection)", caller: Location::caller(), len: bytes }
    }
}

/// One line of a trace: what one call site allocated of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct TraceEntry {
    /// The type, as the compiler writes it.
    pub type_name: &'static str,
    /// Source file of the call.
    pub file: &'static str,
    /// Its line.
    pub line: u32,
    /// Allocations, growth that moved included.
    pub call_count: u64,
    /// Elements in them: 1 for a value, the length for a slice, and for a vector or a map those that
    /// it was to have room for, though it may take more.
    pub element_count: u64,
    /// Bytes, padding included; what was given back stays in the sum.
    pub bytes: u64,
}

/// One allocation in the memory of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct MemorySpan {
    /// Bytes of this frame that lie before it, over all blocks.
    pub offset_bytes: usize,
    /// Its length, padding included.
    pub bytes: usize,
    /// The type, as the compiler writes it.
    pub type_name: &'static str,
}

/// What a traced frame allocated, by type and call site, the most bytes first; and where it lay.
///
/// ```
/// use frame_arena::{ArenaConfig, ArenaMode, FrameArena};
///
/// let config = ArenaConfig { mode: ArenaMode::Traced, ..ArenaConfig::default() };
/// let arena = FrameArena::with_config(config);
/// for _ in 0..3 {
///     arena.alloc_slice_copy(&[0u32; 100]);
/// }
/// arena.alloc(1.0f64);
/// let trace = arena.trace();
/// assert_eq!((trace.entries[0].type_name, trace.entries[0].call_count), ("u32", 3));
/// assert_eq!(trace.spans[3].offset_bytes, 1_200); // The last of four lies behind three.
/// println!("{trace}");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct FrameTrace {
    /// One for each type and call site.
    pub entries: Vec<TraceEntry>,
    /// The frame's allocations in the order of their offsets, each as long as it is now. What a
    /// vector grew out of stays listed where it was.
    pub spans: Vec<MemorySpan>,
}

impl FrameTrace {
    /// The entries of each type added up, the most bytes first; file and line are those of the
    /// call site with the most bytes.
    #[must_use]
    pub fn by_type(&self) -> Vec<TraceEntry> {
        let mut sums: Vec<TraceEntry> = Vec::new();
        for entry in &self.entries {
            match sums.iter_mut().find(|sum| sum.type_name == entry.type_name) {
                Some(sum) => sum.add(entry),
                None => sums.push(*entry),
            }
        }
        sort(&mut sums);
        sums
    }

    /// Adds what another thread's arena traced.
    pub(crate) fn merge(&mut self, other: Self) {
        for entry in other.entries {
            let is_same = |sum: &&mut TraceEntry| {
                (sum.type_name, sum.file, sum.line) == (entry.type_name, entry.file, entry.line)
            };
            match self.entries.iter_mut().find(is_same) {
                Some(sum) => sum.add(&entry),
                None => self.entries.push(entry),
            }
        }
        sort(&mut self.entries);
        let base = self.spans.last().map_or(0, |span| span.offset_bytes + span.bytes);
        let moved =
            |span: MemorySpan| MemorySpan { offset_bytes: base + span.offset_bytes, ..span };
        self.spans.extend(other.spans.into_iter().map(moved));
    }
}

impl TraceEntry {
    fn add(&mut self, other: &Self) {
        self.call_count += other.call_count;
        self.element_count = self.element_count.saturating_add(other.element_count);
        self.bytes += other.bytes;
    }
}

fn sort(entries: &mut [TraceEntry]) {
    entries.sort_by(|a, b| {
        let place = |entry: &TraceEntry| (entry.type_name, entry.file, entry.line);
        b.bytes.cmp(&a.bytes).then_with(|| place(a).cmp(&place(b)))
    });
}

/// A small table.
impl fmt::Display for FrameTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>10} {:>10} {:>12}  type at place", "calls", "elements", "bytes")?;
        for entry in &self.entries {
            let TraceEntry { type_name, file, line, call_count, element_count, bytes } = entry;
            writeln!(
                f,
                "{call_count:>10} {element_count:>10} {bytes:>12}  {type_name} at {file}:{line}"
            )?;
        }
        Ok(())
    }
}

/// Names a line of the trace.
type Site = (&'static str, Caller);

/// What is noted while a traced frame runs.
#[derive(Default)]
pub(crate) struct Tracer {
    sums: HashMap<Site, TraceEntry, FixedHash>,
    spans: Vec<NotedSpan>,
}

#[derive(Clone, Copy)]
struct NotedSpan {
    span: MemorySpan,
    site: Site,
    len: usize,
}

impl Tracer {
    pub(crate) fn note(&mut self, origin: Origin, offset_bytes: usize, bytes: usize) {
        let Origin { type_name, caller, len } = origin;
        let site = (type_name, caller);
        let sum = self.sums.entry(site).or_insert(TraceEntry {
            type_name,
            file: caller.file(),
            line: caller.line(),
            call_count: 0,
            element_count: 0,
            bytes: 0,
        });
        sum.call_count += 1;
        // Elements without bytes can be more than there are numbers for.
        sum.element_count = sum.element_count.saturating_add(len as u64);
        sum.bytes += bytes as u64;
        let span = MemorySpan { offset_bytes, bytes, type_name };
        self.spans.push(NotedSpan { span, site, len });
    }

    /// Another length of what lies at `offset_bytes`; what it grew is added to its line, and what
    /// it gave back stays there.
    pub(crate) fn note_resize(
        &mut self,
        origin: Option<Origin>,
        offset_bytes: usize,
        bytes: usize,
    ) {
        let is_it = |noted: &&mut NotedSpan| noted.span.offset_bytes == offset_bytes;
        let Some(noted) = self.spans.iter_mut().rev().find(is_it) else { return };
        let grown_bytes = bytes.saturating_sub(noted.span.bytes);
        let len = origin.map_or(noted.len, |origin| origin.len);
        if let Some(sum) = self.sums.get_mut(&noted.site) {
            sum.bytes += grown_bytes as u64;
            let more = len.saturating_sub(noted.len) as u64;
            sum.element_count = sum.element_count.saturating_add(more);
        }
        noted.span.bytes = bytes;
        noted.len = noted.len.max(len);
    }

    /// Forgets the frame and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.sums.clear();
        self.spans.clear();
    }

    pub(crate) fn trace(&self) -> FrameTrace {
        let mut entries: Vec<TraceEntry> = self.sums.values().copied().collect();
        sort(&mut entries);
        let noted = self.spans.iter().map(|noted| noted.span);
        let mut spans: Vec<MemorySpan> = noted.filter(|span| span.bytes > 0).collect();
        spans.sort_by_key(|span| span.offset_bytes);
        FrameTrace { entries, spans }
    }
}
