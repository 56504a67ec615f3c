//! Items as they come, and the questions that they raise.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use super::{Capture, Message, Plot, PlotFormat, Span, Zone};
use crate::error::ViewerError;
use crate::pool::{MemoryEvent, Pool};
use crate::reader::Reader;
use crate::wire::{self, ITEM_BYTES, Question, item};

/// Where a zone's name is to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    /// At this address of the program.
    Location(u64),
    /// Told with the zone: the number of its text.
    Copied(usize),
}

/// A zone that has ended.
#[derive(Debug)]
struct RawZone {
    place: Place,
    thread: u32,
    depth: usize,
    start: i64,
    end: i64,
}

/// Names, by the program's addresses.
#[derive(Debug, Default)]
struct Names {
    texts: HashMap<u64, String>,
    threads: HashMap<u64, String>,
    plots: HashMap<u64, String>,
    frames: HashMap<u64, String>,
    /// The address of each location's name, or its function's if it has none.
    locations: HashMap<u64, u64>,
    /// Name and file.
    copied: Vec<(String, String)>,
}

/// Takes items, and what they name by address.
#[derive(Debug)]
pub(crate) struct Recorder {
    capture: Capture,
    ns_per_tick: f64,
    time_base: i64,
    names: Names,
    asked: HashSet<Question>,
    questions: VecDeque<Question>,
    answers_missing: usize,
    /// Locations are answered in the order in which they were asked, without their address.
    asked_locations: VecDeque<u64>,
    thread: u32,
    thread_time: i64,
    serial_time: i64,
    open: HashMap<u32, Vec<(Place, i64)>>,
    zones: Vec<RawZone>,
    frames: HashMap<u64, Vec<(i64, Option<i64>)>>,
    plots: HashMap<u64, Plot>,
    pools: HashMap<u64, Pool>,
    pool: u64,
    text: Option<String>,
    copied: Option<usize>,
    has_ended: bool,
}

impl Recorder {
    /// From the program's account of itself.
    pub(crate) fn new(welcome: &mut Reader<'_>) -> Result<Self, ViewerError> {
        let ns_per_tick = welcome.f64()?;
        let time_base = welcome.i64()?;
        welcome.bytes(4 * 8)?; // End of its start, resolution, epoch, age of the program.
        let pid = welcome.u64()?;
        welcome.bytes(8)?; // Sampling period.
        let is_on_demand = welcome.u8()? & wire::ON_DEMAND_FLAG != 0;
        Ok(Self {
            capture: Capture { pid, is_on_demand, ..Capture::default() },
            ns_per_tick,
            time_base,
            names: Names::default(),
            asked: HashSet::new(),
            questions: VecDeque::new(),
            answers_missing: 0,
            asked_locations: VecDeque::new(),
            thread: 0,
            thread_time: 0,
            serial_time: 0,
            open: HashMap::new(),
            zones: Vec::new(),
            frames: HashMap::new(),
            plots: HashMap::new(),
            pools: HashMap::new(),
            pool: 0,
            text: None,
            copied: None,
            has_ended: false,
        })
    }

    pub(crate) fn is_on_demand(&self) -> bool {
        self.capture.is_on_demand
    }

    pub(crate) fn frame_mark_count(&self) -> usize {
        self.capture.frame_marks.len()
    }

    /// Whether the program has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Whether all that came up so far is named.
    pub(crate) fn is_answered(&self) -> bool {
        self.answers_missing == 0
    }

    pub(crate) fn take_questions(&mut self) -> VecDeque<Question> {
        self.answers_missing += self.questions.len();
        core::mem::take(&mut self.questions)
    }

    /// Takes the items of a block.
    pub(crate) fn record(&mut self, block: &mut Reader<'_>) -> Result<(), ViewerError> {
        while !block.0.is_empty() {
            let kind = block.u8()?;
            let bytes = ITEM_BYTES.get(usize::from(kind)).copied().ok_or_else(|| {
                ViewerError::Garbled { what: format!("an item of the unknown kind {kind}") }
            })?;
            if kind >= item::STRING_DATA {
                self.record_text(kind, block)?;
            } else if (item::STRING_16..=item::SECOND_STRING_8).contains(&kind) {
                self.record_lone_text(kind, block)?;
            } else {
                self.record_item(kind, &mut Reader(block.bytes(usize::from(bytes))?))?;
            }
        }
        Ok(())
    }

    /// A text that the next item needs.
    fn record_lone_text(&mut self, kind: u8, block: &mut Reader<'_>) -> Result<(), ViewerError> {
        let bytes = match kind {
            item::STRING_8 | item::SECOND_STRING_8 => usize::from(block.u8()?),
            _ => usize::from(block.u16()?) + (1 << 8),
        };
        let text = block.text(bytes)?;
        if matches!(kind, item::STRING_8 | item::STRING_16) {
            self.text = Some(text);
        }
        Ok(())
    }

    /// A text with its address: the answer to a question, or told with a zone.
    fn record_text(&mut self, kind: u8, block: &mut Reader<'_>) -> Result<(), ViewerError> {
        let address = block.u64()?;
        let is_long = matches!(kind, item::FRAME_IMAGE | item::SYMBOL_CODE | item::SOURCE_CODE);
        let bytes = if is_long { block.u32()? as usize } else { usize::from(block.u16()?) };
        let names = match kind {
            item::STRING_DATA => &mut self.names.texts,
            item::THREAD_NAME => &mut self.names.threads,
            item::PLOT_NAME => &mut self.names.plots,
            item::FRAME_NAME => &mut self.names.frames,
            item::LOCATION_PAYLOAD => {
                let payload = block.bytes(bytes)?;
                self.copied = Some(self.names.copied.len());
                let (name, file) = (text_in_payload(payload, 2), text_in_payload(payload, 1));
                self.names.copied.push((name, file));
                return Ok(());
            }
            _ => return block.bytes(bytes).map(drop),
        };
        names.insert(address, block.text(bytes)?);
        self.answers_missing -= 1;
        Ok(())
    }

    fn record_item(&mut self, kind: u8, data: &mut Reader<'_>) -> Result<(), ViewerError> {
        match kind {
            item::THREAD_CONTEXT => {
                self.thread = data.u32()?;
                self.thread_time = 0;
            }
            item::ZONE_BEGIN_16 | item::ZONE_BEGIN_32 | item::ZONE_BEGIN => {
                let start = self.zone_time(kind - item::ZONE_BEGIN, data)?;
                let location = data.u64()?;
                self.ask(Question::Location(location));
                self.begin_zone(Place::Location(location), start);
            }
            item::ZONE_BEGIN_COPIED => {
                let start = self.add_thread_time(data.i64()?);
                let copied = self.copied.take().ok_or_else(|| garbled("a zone without a name"))?;
                self.begin_zone(Place::Copied(copied), start);
            }
            item::ZONE_END_16 | item::ZONE_END_32 | item::ZONE_END => {
                let end = self.zone_time(kind - item::ZONE_END, data)?;
                self.end_zone(end);
            }
            item::FRAME_MARK | item::FRAME_START | item::FRAME_END => {
                let (time, name) = (data.i64()?, data.u64()?);
                self.mark_frame(kind, time, name);
            }
            item::PLOT_INT | item::PLOT_FLOAT | item::PLOT_DOUBLE => {
                let (name, time) = (data.u64()?, data.i64()?);
                let value = match kind {
                    item::PLOT_INT => data.i64()? as f64,
                    item::PLOT_FLOAT => f64::from(data.f32()?),
                    _ => data.f64()?,
                };
                let time = self.add_thread_time(time);
                let point = (self.ns(time), value);
                self.plots.entry(name).or_default().points.push(point);
                self.ask(Question::Plot(name));
            }
            item::PLOT_CONFIG => {
                let (name, format) = (data.u64()?, data.u8()?);
                self.plots.entry(name).or_default().format = match format {
                    1 => PlotFormat::Memory,
                    2 => PlotFormat::Percentage,
                    _ => PlotFormat::Number,
                };
                self.ask(Question::Plot(name));
            }
            item::MESSAGE | item::MESSAGE_COLOR => self.record_message(kind, data)?,
            item::MEM_POOL => self.pool = data.u64()?,
            item::MEM_ALLOC_NAMED | item::MEM_FREE_NAMED | item::MEM_DISCARD => {
                self.record_memory(kind, data)?;
            }
            item::SOURCE_LOCATION => {
                let (name, function) = (data.u64()?, data.u64()?);
                let location = self.asked_locations.pop_front();
                let location = location.ok_or_else(|| garbled("an answer to no question"))?;
                let name = if name == 0 { function } else { name };
                self.names.locations.insert(location, name);
                self.answers_missing -= 1;
                self.ask(Question::Text(name));
            }
            item::TERMINATE => self.has_ended = true,
            _ => {}
        }
        Ok(())
    }

    /// The time of a zone's begin or end, told in 8, 4 or 2 bytes.
    fn zone_time(&mut self, form: u8, data: &mut Reader<'_>) -> Result<i64, ViewerError> {
        let difference = match form {
            0 => match data.i64()? {
                backwards @ ..0 => backwards,
                forwards => forwards + wire::OFFSET_64,
            },
            1 => i64::from(data.u32()?) + wire::OFFSET_32,
            _ => i64::from(data.u16()?),
        };
        Ok(self.add_thread_time(difference))
    }

    fn add_thread_time(&mut self, difference: i64) -> i64 {
        self.thread_time += difference;
        self.thread_time
    }

    fn begin_zone(&mut self, place: Place, start: i64) {
        self.open.entry(self.thread).or_default().push((place, start));
        self.ask(Question::Thread(u64::from(self.thread)));
    }

    fn end_zone(&mut self, end: i64) {
        let thread = self.thread;
        let open = self.open.entry(thread).or_default();
        match open.pop() {
            Some((place, start)) => {
                let depth = open.len();
                self.zones.push(RawZone { place, thread, depth, start, end });
            }
            None => self.capture.faults.push(format!("thread {thread} ended a zone too many")),
        }
    }

    fn mark_frame(&mut self, kind: u8, time: i64, name: u64) {
        if name == 0 {
            let time_ns = self.ns(time);
            self.capture.frame_marks.push(time_ns);
            return;
        }
        self.ask(Question::Frame(name));
        let spans = self.frames.entry(name).or_default();
        match (kind, spans.last_mut()) {
            (item::FRAME_END, Some((_, end @ None))) => *end = Some(time),
            (item::FRAME_END, _) if self.capture.is_on_demand => {} // It began unseen.
            (item::FRAME_END, _) => {
                self.capture.faults.push(String::from("a frame ended that had not begun"));
            }
            (_, Some((_, None))) => {
                self.capture.faults.push(String::from("a frame began inside itself"));
            }
            _ => spans.push((time, None)),
        }
    }

    fn record_message(&mut self, kind: u8, data: &mut Reader<'_>) -> Result<(), ViewerError> {
        let time = data.i64()?;
        if kind == item::MESSAGE_COLOR {
            data.bytes(3)?;
        }
        let (source, severity) = {
            let both = data.u8()?;
            (both & 0xF, both >> 4)
        };
        let text = self.text.take().ok_or_else(|| garbled("a message without its text"))?;
        if source != wire::FROM_PROGRAM {
            return Ok(());
        }
        let (time_ns, thread) = (self.ns(time), self.thread);
        self.ask(Question::Thread(u64::from(thread)));
        self.capture.messages.push(Message { time_ns, thread, severity, text });
        Ok(())
    }

    fn record_memory(&mut self, kind: u8, data: &mut Reader<'_>) -> Result<(), ViewerError> {
        self.serial_time += data.i64()?;
        let (time_ns, thread) = (self.ns(self.serial_time), data.u32()?);
        let address = data.u64()?;
        let (pool, event) = match kind {
            item::MEM_ALLOC_NAMED => {
                let bytes = data.u48()?;
                (self.pool, MemoryEvent::Alloc { time_ns, address, bytes })
            }
            item::MEM_FREE_NAMED => (self.pool, MemoryEvent::Free { time_ns, address }),
            _ => (address, MemoryEvent::Discard { time_ns }), // It tells the pool's name here.
        };
        self.ask(Question::Thread(u64::from(thread)));
        self.ask(Question::Text(pool));
        let is_on_demand = self.capture.is_on_demand;
        if let Err(fault) = self.pools.entry(pool).or_default().note(event, is_on_demand) {
            self.capture.faults.push(format!("pool {pool:#x}: {fault}"));
        }
        Ok(())
    }

    /// Asks, once, for what an address names.
    fn ask(&mut self, question: Question) {
        if self.asked.insert(question) {
            if let Question::Location(location) = question {
                self.asked_locations.push_back(location);
            }
            self.questions.push_back(question);
        }
    }

    fn ns(&self, ticks: i64) -> i64 {
        ((ticks - self.time_base) as f64 * self.ns_per_tick) as i64
    }

    /// All that was told, named.
    pub(crate) fn finish(mut self) -> Capture {
        let zones = self.zones.iter().map(|zone| Zone {
            name: self.names.of_zone(zone.place),
            file: self.names.file_of_zone(zone.place),
            thread: zone.thread,
            depth: zone.depth,
            span: Span { start_ns: self.ns(zone.start), end_ns: self.ns(zone.end) },
        });
        self.capture.zones = zones.collect();
        let span = |&(start, end): &(i64, Option<i64>)| {
            Some(Span { start_ns: self.ns(start), end_ns: self.ns(end?) })
        };
        self.capture.frames = self
            .frames
            .iter()
            .map(|(name, spans)| {
                (name_of(&self.names.frames, *name), spans.iter().filter_map(span).collect())
            })
            .collect();
        self.capture.plots = named(&self.names.plots, self.plots);
        self.capture.pools = named(&self.names.texts, self.pools);
        let threads = self.names.threads;
        self.capture.threads = threads.into_iter().map(|(id, name)| (id as u32, name)).collect();
        self.capture
    }
}

impl Names {
    fn of_zone(&self, place: Place) -> String {
        match place {
            Place::Copied(number) => self.copied[number].0.clone(),
            Place::Location(location) => {
                let text = self.locations.get(&location).copied().unwrap_or(location);
                name_of(&self.texts, text)
            }
        }
    }

    fn file_of_zone(&self, place: Place) -> Option<String> {
        match place {
            Place::Copied(number) => Some(self.copied[number].1.clone()),
            Place::Location(_) => None,
        }
    }
}

fn name_of(names: &HashMap<u64, String>, address: u64) -> String {
    names.get(&address).cloned().unwrap_or_else(|| format!("{address:#x}"))
}

fn named<T>(names: &HashMap<u64, String>, things: HashMap<u64, T>) -> BTreeMap<String, T> {
    things.into_iter().map(|(address, thing)| (name_of(names, address), thing)).collect()
}

/// Colour and line in four bytes each, function and file with a zero byte each, then the name; the
/// texts are numbered in this order.
fn text_in_payload(payload: &[u8], number: usize) -> String {
    let text = payload.get(8..).and_then(|texts| texts.split(|&byte| byte == 0).nth(number));
    String::from_utf8_lossy(text.unwrap_or_default()).into_owned()
}

fn garbled(what: &str) -> ViewerError {
    ViewerError::Garbled { what: what.to_owned() }
}
