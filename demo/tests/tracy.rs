//! What a viewer sees of the demo, over the wire. Needs feature `tracy`.

mod display;

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use display::display;
use frame_arena_viewer::{Capture, PlotFormat, Pool, Port, Viewer, free_port};
use serde_json::Value;

/// Far more than a run takes.
const PATIENCE: Duration = Duration::from_secs(120);

const PHASES: [&str; 3] = ["update", "physics", "render"];

/// A running demo, ended with the test whatever happens.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        // It has ended already, unless the test fails.
        let _gone = self.0.kill();
        let _status = self.0.wait();
    }
}

struct Run {
    capture: Capture,
    report: Value,
}

impl Run {
    fn phase(&self, name: &str) -> &Value {
        let phases = self.report["phases"].as_array().unwrap();
        phases.iter().find(|phase| phase["name"] == name).unwrap()
    }

    fn pool(&self, name: &str) -> &Pool {
        let pools = &self.capture.pools;
        pools.get(name).unwrap_or_else(|| panic!("no pool `{name}` in {:?}", pools.keys()))
    }

    fn points(&self, plot: &str) -> &[(i64, f64)] {
        let plots = &self.capture.plots;
        let found = plots.get(plot);
        &found.unwrap_or_else(|| panic!("no plot `{plot}` in {:?}", plots.keys())).points
    }
}

fn demo(port: &Port, args: &[&str]) -> Demo {
    let mut command = Command::new(env!("CARGO_BIN_EXE_particle-demo"));
    command.args(["--headless", "--wait-for-profiler"]).args(args);
    command.env("TRACY_PORT", port.to_string()).stdout(Stdio::null()).stderr(Stdio::null());
    Demo(command.spawn().expect("the demo starts"))
}

/// Runs the demo under a viewer, to its end.
fn run(args: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("report.json");
    let port = free_port().unwrap();
    let with_report = [args, &["--report", path.to_str().unwrap()]].concat();
    let mut demo = demo(&port, &with_report);
    let viewer = Viewer::connect(port.number(), Instant::now() + PATIENCE).unwrap();
    let capture = viewer.capture().unwrap();
    assert!(demo.0.wait().unwrap().success());
    let report = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    Run { capture, report }
}

fn assert_no_fault(capture: &Capture) {
    assert!(capture.faults.is_empty(), "{:?}", capture.faults);
    for (name, pool) in &capture.pools {
        assert!(pool.is_balanced(), "{name}: {} pieces are still out", pool.live.len());
        assert_eq!(pool.unknown_free_count, 0, "{name}");
    }
}

#[test]
fn frames_zones_and_ticks_are_as_many_as_were_run() {
    let run = run(&["--frames", "300", "--particles", "2000"]);
    let (capture, ticks) = (&run.capture, run.report["ticks"].as_u64().unwrap() as usize);
    let zones = |name: &str| capture.zones_named(name).count();
    assert_eq!(capture.frame_marks.len(), 300);
    assert_eq!((zones("update"), zones("physics"), zones("render")), (300, ticks, 300));
    assert_eq!(capture.frames["tick"].len(), ticks);
    assert_eq!((zones("update reset"), zones("render reset")), (300, 300));
    assert_eq!(zones("physics reset"), ticks);
    for phase in PHASES {
        assert!(zones(&format!("{phase} growth")) >= 1, "{phase}");
    }
    assert_no_fault(capture);
}

#[test]
fn a_windows_frames_are_marked_after_they_are_shown() {
    let Some(display) = display() else { return };
    let port = free_port().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_particle-demo"));
    command.args(["--frames", "30", "--particles", "500", "--wait-for-profiler"]);
    command.env("DISPLAY", &display.name).env("TRACY_PORT", port.to_string());
    let mut demo = Demo(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let viewer = Viewer::connect(port.number(), Instant::now() + PATIENCE).unwrap();
    let capture = viewer.capture().unwrap();
    assert!(demo.0.wait().unwrap().success());
    assert_eq!(capture.frame_marks.len(), 30);
    let draws: Vec<_> = capture.zones_named("draw").collect();
    let updates: Vec<_> = capture.zones_named("update").collect();
    assert_eq!((draws.len(), updates.len()), (30, 30));
    for (frame, &mark) in capture.frame_marks.iter().enumerate() {
        assert!(draws[frame].span.end_ns <= mark, "frame {frame} is drawn when it is marked");
        let next = updates.get(frame + 1);
        assert!(next.is_none_or(|next| mark <= next.span.start_ns), "and the next has not begun");
    }
    assert_no_fault(&capture);
}

#[test]
fn each_system_is_a_zone_in_its_phase() {
    let run = run(&["--frames", "20", "--particles", "200"]);
    let at_depth = |name: &'static str, depth: usize| {
        run.capture.zones_named(name).filter(move |zone| zone.depth == depth)
    };
    for (system, phase) in [
        ("emit_particles", "update"),
        ("integrate_motion", "physics"),
        ("find_pairs", "physics"),
        ("gather_visible", "render"),
    ] {
        assert_eq!(at_depth(system, 1).count(), 20, "{system}");
        for (inner, outer) in at_depth(system, 1).zip(at_depth(phase, 0)) {
            assert_eq!(inner.thread, outer.thread);
            assert!(outer.span.start_ns <= inner.span.start_ns, "{system}");
            assert!(inner.span.end_ns <= outer.span.end_ns, "{system}");
        }
    }
}

#[test]
fn each_phase_has_plots_with_a_point_a_frame_and_the_reports_values() {
    let run = run(&["--frames", "300", "--particles", "2000"]);
    for phase in PHASES {
        for (plot, format, figure) in [
            ("used", PlotFormat::Memory, "used_bytes"),
            ("reserved", PlotFormat::Memory, "reserved_bytes"),
            ("high-water mark", PlotFormat::Memory, "high_water_bytes"),
            ("heap calls", PlotFormat::Number, "heap_calls_settled"),
            ("allocations", PlotFormat::Number, ""),
            ("budget share", PlotFormat::Percentage, ""),
        ] {
            let name = format!("{phase} {plot}");
            let points = run.points(&name);
            assert_eq!(points.len(), 300, "{name}");
            assert!(points.is_sorted_by_key(|(time, _)| *time), "{name}");
            assert_eq!(run.capture.plots[&name].format, format, "{name}");
            if let Some(figure) = run.phase(phase)[figure].as_f64() {
                assert_eq!(points[299].1, figure, "{name}");
            }
        }
        let settled = &run.points(&format!("{phase} allocations"))[60..];
        let mean = settled.iter().map(|(_, value)| value).sum::<f64>() / 240.0;
        let reported = run.phase(phase)["allocs_per_frame"].as_f64().unwrap();
        assert!((mean - reported).abs() < 1e-6, "{phase}: {mean} and {reported}");
    }
}

#[test]
fn blocks_are_told_and_one_a_phase_is_held_once_settled() {
    let run = run(&["--frames", "90", "--particles", "2000"]);
    for phase in PHASES {
        let pool = run.pool(&format!("arena: {phase} blocks"));
        assert_eq!(pool.alloc_count, 1, "the demo gives its arenas their capacity");
        let reserved = run.phase(phase)["reserved_bytes"].as_u64().unwrap();
        // The system's page is the unit of the one, the allocator's footer is not in the other.
        assert!((reserved - 4_096..=reserved).contains(&pool.most_bytes), "{phase}");
        assert!(!run.capture.pools.contains_key(&format!("arena: {phase}")), "nobody asked");
    }
    assert_no_fault(&run.capture);
}

#[test]
fn objects_are_told_on_request_and_discarded_at_each_reset() {
    let run = run(&["--frames", "40", "--particles", "300", "--profile-objects"]);
    for phase in PHASES {
        let pool = run.pool(&format!("arena: {phase}"));
        assert!(pool.discard_count >= 40, "{phase}: {}", pool.discard_count);
        let reserved = run.phase(phase)["reserved_bytes"].as_u64().unwrap();
        assert!((1..=reserved).contains(&pool.most_bytes), "{phase}: {}", pool.most_bytes);
        let told = run.points(&format!("{phase} allocations"));
        let counted: f64 = told.iter().map(|(_, value)| value).sum();
        assert!(
            pool.alloc_count as f64 >= counted * 0.9,
            "{phase}: {} of {counted}",
            pool.alloc_count
        );
    }
    assert_no_fault(&run.capture);
}

#[test]
fn objects_on_the_heap_are_told_too() {
    let args = ["--frames", "20", "--particles", "300", "--profile-objects", "--allocator", "heap"];
    let run = run(&args);
    for phase in PHASES {
        assert!(run.pool(&format!("arena: {phase}")).alloc_count > 20, "{phase}");
    }
    assert_no_fault(&run.capture);
}

#[test]
fn objects_of_several_threads_are_told_and_the_threads_are_named() {
    let args = ["--frames", "20", "--particles", "3000", "--profile-objects", "--threads", "3"];
    let run = run(&args);
    let names: Vec<&String> = run.capture.threads.values().collect();
    assert!(names.iter().any(|name| *name == "Main thread"), "{names:?}");
    assert_no_fault(&run.capture);
    assert_eq!(run.report["threads"], 3);
}

#[test]
fn a_viewer_that_leaves_does_not_stop_the_demo() {
    let port = free_port().unwrap();
    let mut demo = demo(&port, &["--frames", "60", "--particles", "200"]);
    let viewer = Viewer::connect(port.number(), Instant::now() + PATIENCE).unwrap();
    let capture = viewer.capture_frames(1).unwrap();
    assert!(!capture.frame_marks.is_empty());
    assert!(demo.0.wait().unwrap().success());
}

/// The kernel's table of sockets, with addresses as hexadecimal numbers.
#[cfg(target_os = "linux")]
#[test]
fn the_client_listens_on_this_machine_only() {
    const LISTENING: &str = "0A";
    const LOOPBACK: &str = "0100007F";
    let port = free_port().unwrap();
    let _demo = demo(&port, &["--frames", "1"]);
    let hexadecimal = format!(":{:04X}", port.number());
    let deadline = Instant::now() + PATIENCE;
    let address = loop {
        let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let of_port = |line: &&str| {
            let mut words = line.split_whitespace().skip(1);
            let local = words.next().unwrap_or_default();
            local.ends_with(&hexadecimal) && words.nth(1) == Some(LISTENING)
        };
        if let Some(line) = sockets.lines().find(of_port) {
            break line.split_whitespace().nth(1).unwrap().to_owned();
        }
        assert!(Instant::now() < deadline, "nobody listens on port {port}");
        std::thread::yield_now();
    };
    assert!(address.starts_with(LOOPBACK), "{address}");
    let on_ipv6 = std::fs::read_to_string("/proc/net/tcp6").unwrap_or_default();
    assert!(!on_ipv6.contains(&format!("{hexadecimal} ")), "{on_ipv6}");
}
