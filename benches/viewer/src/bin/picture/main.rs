//! Draws what to look for in the profiler, from two captures of the demo.
//!
//! ```sh
//! cargo build --release -p particle-demo --features tracy
//! cargo run --release -p frame-arena-viewer --bin picture -- target/release/particle-demo > assets/tracy.svg
//! ```
//!
//! Zones, frames and plots are those of a run with blocks told, whose times are true; the pools are
//! those of a run with each object told, which is slower.

mod svg;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use frame_arena_viewer::{Capture, MemoryEvent, Span, Viewer, free_port};
use svg::{Area, Svg};

const PHASES: [(&str, &str); 3] =
    [("update", "#5aa9f7"), ("physics", "#f2b35e"), ("render", "#79cf8b")];
const FRAMES: usize = 240;
/// Frames whose zones and objects are drawn: those of the settled ones that took least, so that no
/// pause of the machine is among them.
const SHOWN: usize = 3;
const SETTLED_FROM: usize = 60;
const PATIENCE: Duration = Duration::from_secs(120);

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 560.0;
const LEFT: f64 = 150.0;
const RIGHT: f64 = 940.0;

fn main() -> ExitCode {
    let Some(demo) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: DEMO_WITH_TRACY > PICTURE.svg");
        return ExitCode::FAILURE;
    };
    match draw(&demo) {
        Ok(picture) => {
            println!("{picture}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn draw(demo: &Path) -> Result<String, Box<dyn Error>> {
    let blocks = capture(demo, &["--particles", "20000"])?;
    let objects = capture(demo, &["--particles", "2000", "--profile-objects"])?;
    let mut svg = Svg::new(WIDTH, HEIGHT);
    draw_zones(&mut svg, &blocks);
    draw_plots(&mut svg, &blocks);
    draw_pools(&mut svg, &objects);
    Ok(svg.finish())
}

fn capture(demo: &Path, args: &[&str]) -> Result<Capture, Box<dyn Error>> {
    let port = free_port()?;
    let mut child = Command::new(demo)
        .args(["--headless", "--wait-for-profiler", "--effect", "firework"])
        .args(["--frames", &FRAMES.to_string()])
        .args(args)
        .env("TRACY_PORT", port.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let viewer = Viewer::connect(port.number(), Instant::now() + PATIENCE);
    let capture = viewer.and_then(Viewer::capture);
    if capture.is_err() {
        child.kill()?;
    }
    child.wait()?;
    Ok(capture?)
}

/// The first of the frames shown.
fn first_shown(capture: &Capture) -> usize {
    let time = |frame: &usize| time_of(capture, *frame, SHOWN);
    let firsts = SETTLED_FROM..capture.frame_marks.len() - SHOWN;
    firsts.min_by_key(|frame| time(frame).end_ns - time(frame).start_ns).unwrap_or(SETTLED_FROM)
}

/// From the mark before a frame to that of the last of `count`.
fn time_of(capture: &Capture, frame: usize, count: usize) -> Span {
    let marks = &capture.frame_marks;
    Span { start_ns: marks[frame - 1], end_ns: marks[frame - 1 + count] }
}

/// The time of the frames shown.
fn shown(capture: &Capture) -> Span {
    time_of(capture, first_shown(capture), SHOWN)
}

fn color_of(zone: &str) -> &'static str {
    let is_of = |phase: &&(&str, &str)| zone.starts_with(phase.0);
    PHASES.iter().find(is_of).map_or("#6b7684", |phase| phase.1)
}

/// Frames, ticks, and the main thread's zones.
fn draw_zones(svg: &mut Svg, capture: &Capture) {
    let time = shown(capture);
    let at = |ns: i64| {
        let part = (ns - time.start_ns) as f64 / (time.end_ns - time.start_ns) as f64;
        LEFT + part * (RIGHT - LEFT)
    };
    let is_shown = |span: &Span| span.start_ns >= time.start_ns && span.end_ns <= time.end_ns;
    for (label, y) in [("1  Frame", 38.0), ("2  tick", 62.0), ("3  phases", 94.0)] {
        svg.text(12.0, y, label, "#e6ebf0", 13.0);
    }
    svg.text(12.0, 116.0, "4  systems", "#e6ebf0", 13.0);
    let first = first_shown(capture);
    for frame in first..first + SHOWN {
        let Span { start_ns, end_ns } = time_of(capture, frame, 1);
        let label = format!("{frame} ({:.1} ms)", (end_ns - start_ns) as f64 / 1e6);
        svg.bar(at(start_ns), at(end_ns), 24.0, 18.0, "#3a434f", &label);
    }
    for tick in capture.frames["tick"].iter().filter(|tick| is_shown(tick)) {
        svg.bar(at(tick.start_ns), at(tick.end_ns), 48.0, 18.0, "#4b3f2c", "tick");
    }
    let mut phase = ("", 0);
    let mut zones: Vec<_> = capture.zones.iter().filter(|zone| is_shown(&zone.span)).collect();
    zones.sort_by_key(|zone| (zone.span.start_ns, zone.depth));
    for zone in zones.iter().filter(|zone| zone.depth < 2) {
        if zone.depth == 0 {
            phase = (&zone.name, 0);
        }
        let color = color_of(phase.0);
        let y = if zone.depth == 0 { 80.0 } else { 102.0 };
        svg.bar(at(zone.span.start_ns), at(zone.span.end_ns), y, 20.0, color, &zone.name);
    }
    // Resets are too short for their names: one is pointed at.
    let reset = zones.iter().find(|zone| zone.name == "physics reset");
    if let Some(reset) = reset {
        svg.pointer(at(reset.span.start_ns), 124.0, "5  physics reset");
    }
}

/// Used bytes of each phase, over all frames.
fn draw_plots(svg: &mut Svg, capture: &Capture) {
    for (number, (phase, color)) in PHASES.into_iter().enumerate() {
        let top = 172.0 + 62.0 * number as f64;
        let points = &capture.plots[&format!("{phase} used")].points;
        let most = points.iter().map(|point| point.1).fold(1.0, f64::max);
        let step = (RIGHT - LEFT) / points.len() as f64;
        let mut area = Area::new(LEFT, top + 50.0);
        for (frame, (_, bytes)) in points.iter().enumerate() {
            area.step(LEFT + step * frame as f64, top + 50.0 - 46.0 * bytes / most);
        }
        svg.area(area.end(RIGHT), color);
        svg.text(12.0, top + 22.0, &format!("6  {phase} used"), "#e6ebf0", 13.0);
        svg.text(30.0, top + 40.0, &format!("up to {}", kib(most)), "#93a0ae", 12.0);
    }
}

/// Bytes that are out in each phase's pool of objects, in the frames shown.
fn draw_pools(svg: &mut Svg, capture: &Capture) {
    let time = shown(capture);
    let width = RIGHT - LEFT;
    for (number, (phase, color)) in PHASES.into_iter().enumerate() {
        let top = 366.0 + 62.0 * number as f64;
        let levels = levels(&capture.pools[&format!("arena: {phase}")].events);
        let is_shown = |level: &&(i64, u64)| (time.start_ns..time.end_ns).contains(&level.0);
        let most = levels.iter().filter(is_shown).map(|level| level.1).max().unwrap_or(1).max(1);
        // Some thousand events to a pixel: its highest level, and the one that it ends with.
        let mut pixels = vec![None; width as usize + 1];
        for (ns, bytes) in levels.iter().filter(is_shown) {
            let part = (ns - time.start_ns) as f64 / (time.end_ns - time.start_ns) as f64;
            let pixel: &mut Option<(u64, u64)> = &mut pixels[(part * width) as usize];
            let highest = pixel.map_or(0, |(highest, _)| highest);
            *pixel = Some((highest.max(*bytes), *bytes));
        }
        let mut area = Area::new(LEFT, top + 50.0);
        let mut last = 0;
        for (x, pixel) in pixels.into_iter().enumerate() {
            let (highest, end) = pixel.unwrap_or((last, last));
            area.step(LEFT + x as f64, top + 50.0 - 46.0 * highest as f64 / most as f64);
            last = end;
        }
        svg.area(area.end(RIGHT), color);
        svg.text(12.0, top + 22.0, &format!("7  arena: {phase}"), "#e6ebf0", 13.0);
        svg.text(30.0, top + 40.0, &format!("up to {}", kib(most as f64)), "#93a0ae", 12.0);
    }
}

/// Time, and the bytes that are out from then on.
fn levels(events: &[MemoryEvent]) -> Vec<(i64, u64)> {
    let mut live = std::collections::HashMap::new();
    let mut bytes_out = 0;
    let level = |event: &MemoryEvent| match *event {
        MemoryEvent::Alloc { time_ns, address, bytes } => {
            live.insert(address, bytes);
            bytes_out += bytes;
            (time_ns, bytes_out)
        }
        MemoryEvent::Free { time_ns, address } => {
            bytes_out -= live.remove(&address).unwrap_or(0);
            (time_ns, bytes_out)
        }
        MemoryEvent::Discard { time_ns } => {
            live.clear();
            bytes_out = 0;
            (time_ns, 0)
        }
    };
    events.iter().map(level).collect()
}

fn kib(bytes: f64) -> String {
    format!("{:.0} KiB", bytes / 1024.0)
}
