//! What a viewer sees of arenas that grow, shrink, move and end. Needs feature `tracy`.
//!
//! Each program runs in a process of its own, which is this test program again: a profiler's client
//! is one for a process. Programs are tests that are ignored unless asked for by name.

mod churn;
mod programs;

#[cfg(not(feature = "tracy-always"))]
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use frame_arena_viewer::{Capture, MemoryEvent, Port, Viewer, free_port};

/// Far more than a program takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running program, ended with the test whatever happens.
struct Program {
    child: Child,
    port: Port,
}

impl Program {
    fn start(name: &str) -> Self {
        let port = free_port().unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", &format!("programs::{name}"), "--ignored", "--nocapture"]);
        command.env("TRACY_PORT", port.to_string()).stdout(Stdio::piped());
        Self { child: command.spawn().unwrap(), port }
    }

    /// Waits for a line that ends so; the test framework writes before it on the same line.
    #[cfg(not(feature = "tracy-always"))]
    fn wait_for_line(&mut self, end: &str) {
        let lines = BufReader::new(self.child.stdout.as_mut().unwrap()).lines();
        assert!(lines.map_while(Result::ok).any(|line| line.ends_with(end)), "no line `{end}`");
    }

    fn viewer(&self) -> Viewer {
        Viewer::connect(self.port.number(), Instant::now() + PATIENCE).unwrap()
    }

    fn end(mut self) {
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended already, unless the test fails.
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Runs a program under a viewer, to its end.
fn capture(program: &str) -> Capture {
    let program = Program::start(program);
    let capture = program.viewer().capture().unwrap();
    program.end();
    capture
}

fn assert_balanced(capture: &Capture) {
    assert!(capture.faults.is_empty(), "{:?}", capture.faults);
    assert!(!capture.pools.is_empty());
    for (name, pool) in &capture.pools {
        assert!(pool.is_balanced(), "{name}: {} pieces are still out", pool.live.len());
        assert_eq!(pool.unknown_free_count, 0, "{name}");
    }
}

fn texts(capture: &Capture) -> Vec<&str> {
    capture.messages.iter().map(|message| message.text.as_str()).collect()
}

/// Sizes of what was given out, and 0 for what came back.
fn sizes(events: &[MemoryEvent]) -> Vec<u64> {
    let size = |event: &MemoryEvent| match *event {
        MemoryEvent::Alloc { bytes, .. } => bytes,
        MemoryEvent::Free { .. } | MemoryEvent::Discard { .. } => 0,
    };
    events.iter().map(size).collect()
}

#[test]
fn each_object_is_told_growth_as_a_free_and_an_alloc() {
    let capture = capture("one_frame");
    let pool = &capture.pools["arena: level"];
    // A value; a vector that grows where it is, then behind another value, and is dropped; the end.
    assert_eq!(sizes(&pool.events), [8, 4, 0, 8, 8, 16, 0, 0, 0, 0]);
    assert_eq!((pool.alloc_count, pool.free_count), (5, 3));
    assert_eq!((pool.discarded_count, pool.discard_count), (2, 2));
    assert_balanced(&capture);
}

#[test]
fn growth_shrinking_budgets_and_missed_resets_are_told_with_their_values() {
    let capture = capture("troubles");
    let texts = texts(&capture);
    for expected in [
        "level arena grew to 12288 B in 2 block(s)",
        "level arena resized from 12288 B in 2 block(s) to 12288 B in one",
        "level arena resized from 12288 B in 1 block(s) to 4096 B in one",
        "warned arena over budget: 24 of 16 B used in this frame; raise budget_bytes or allocate less",
        "refused arena over budget: 8 B requested, 16 of 16 B used; raise budget_bytes",
        "crowd arena over budget: its threads took more than 16 B in this frame; raise budget_bytes or allocate less",
    ] {
        assert_eq!(
            texts.iter().filter(|text| **text == expected).count(),
            1,
            "{expected} in {texts:#?}"
        );
    }
    let missed = texts.iter().filter(|text| text.starts_with("forgotten arena grew 7 times"));
    assert_eq!(missed.count(), 1, "{texts:#?}");
    assert_balanced(&capture);
}

#[test]
fn resets_and_growth_are_zones_of_their_arena() {
    let capture = capture("troubles");
    let count = |name: &str| capture.zones_named(name).count();
    assert_eq!((count("level reset"), count("crowd reset")), (4, 1));
    assert_eq!(count("level growth"), 4, "the first block, another, the merged one, a smaller one");
}

#[test]
fn pools_stay_balanced_whatever_arenas_do() {
    assert_balanced(&capture("churn_of_arenas"));
}

#[test]
fn pools_stay_balanced_over_threads() {
    assert_balanced(&capture("churn_over_threads"));
}

#[test]
fn pools_stay_balanced_where_arenas_move_between_threads() {
    let capture = capture("packets");
    assert_balanced(&capture);
    assert!(capture.pools.contains_key("arena: scene (3)"), "three arenas of one name");
}

#[test]
fn each_frame_in_flight_has_a_pool_of_its_own() {
    let capture = capture("two_frames_in_flight");
    assert_balanced(&capture);
    for (pool, count) in [("arena: level", 3), ("arena: level (2)", 3)] {
        assert_eq!(capture.pools[pool].alloc_count, count, "{pool}");
    }
    // The last frame's object is out until its memory is used again.
    assert_eq!(sizes(&capture.pools["arena: level"].events)[..4], [0, 8, 0, 8]);
}

#[test]
fn a_pools_name_is_used_again_by_the_next_arena() {
    let capture = capture("one_arena_after_the_other");
    assert_balanced(&capture);
    let pools: Vec<&String> = capture.pools.keys().collect();
    assert_eq!(pools, ["arena: level", "arena: level blocks"]);
}

#[test]
fn what_a_game_tells_arrives() {
    let capture = capture("a_game");
    assert_eq!(capture.frame_marks.len(), 3);
    assert_eq!(capture.zones_named("think").count(), 3);
    let named: Vec<_> = capture.zones_named("a name made at run time").collect();
    assert_eq!(named.len(), 3);
    // Where the game opens it, and not a line of this library.
    assert!(named[0].file.as_ref().is_some_and(|file| file.ends_with("programs.rs")), "{named:?}");
    assert_eq!(capture.frames["level load"].len(), 3);
    let points: Vec<f64> = capture.plots["enemies"].points.iter().map(|point| point.1).collect();
    assert_eq!(points, [0.0, 3.0, 6.0]);
    assert_eq!(texts(&capture), ["frame 0", "frame 1", "frame 2"]);
    let thread = capture.zones_named("load").next().unwrap().thread;
    assert_eq!(capture.threads[&thread], "loader");
    assert!(capture.faults.is_empty());
}

/// The client ended the program: it counts the bytes of a name in 16 bits.
#[test]
fn texts_of_any_length_arrive_cut_between_letters() {
    let capture = capture("long_texts");
    let lengths = |texts: &[&str]| texts.iter().map(|text| text.len()).collect::<Vec<_>>();
    assert_eq!(lengths(&texts(&capture)), [0, 65_534, 65_533]);
    let names: Vec<&str> = capture.zones.iter().map(|zone| zone.name.as_str()).collect();
    assert_eq!(lengths(&names[..3]), [0, 4_096, 4_095]);
    assert!(capture.pools.keys().all(|pool| pool.starts_with("arena: \u{e9}")));
    let named = |zone: &str| &capture.threads[&capture.zones_named(zone).next().unwrap().thread];
    assert_eq!(named("after").len(), 254);
    let cut_inside = |text: &&str| text.contains(char::REPLACEMENT_CHARACTER);
    assert_eq!(texts(&capture).into_iter().chain(names).find(cut_inside), None);
    assert!(!named("after").contains(char::REPLACEMENT_CHARACTER));
    assert_balanced(&capture);
}

#[test]
fn a_loop_that_is_not_the_engines_has_a_point_a_frame_on_each_plot_but_heap_calls() {
    let capture = capture("an_installed_loop");
    let values = |plot: &str| -> Vec<f64> {
        let plot = capture.plots.get(plot);
        let plot = plot.unwrap_or_else(|| panic!("no such plot in {:?}", capture.plots.keys()));
        plot.points.iter().map(|point| point.1).collect()
    };
    // What was made before the first frame, then in frames of 0, 1, 2 and 0 ticks.
    assert_eq!(values("update allocations"), [1.0, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!(values("update used"), [8.0; 5]);
    assert_eq!(values("physics allocations"), [0.0, 0.0, 1.0, 2.0, 0.0]);
    assert_eq!(values("physics used"), [0.0, 0.0, 16.0, 32.0, 0.0]);
    assert_eq!(values("physics high-water mark"), [0.0, 0.0, 16.0, 16.0, 16.0]);
    // The last tick's objects are held in the frame without one; the budget is the one set last.
    assert_eq!(values("physics budget share"), [0.0, 0.0, 25.0, 25.0, 25.0]);
    assert!(values("audio reserved").iter().all(|bytes| *bytes >= 1_000.0));
    assert_eq!(values("render used"), [0.0; 5]);
    assert_eq!(capture.plots.len(), 4 * 5, "{:?}", capture.plots.keys());
    assert_balanced(&capture);
}

#[test]
#[cfg(feature = "bevy_app")]
fn an_app_whose_frames_somebody_else_marks_marks_none() {
    let capture = capture("two_apps");
    assert_eq!(capture.frame_marks.len(), 8);
    assert_eq!(capture.plots["update used"].points.len(), 16, "the arenas of both are told of");
}

#[test]
fn workers_are_named() {
    let capture = capture("workers_at_work");
    let names: Vec<&String> = capture.threads.values().collect();
    assert!(names.iter().any(|name| *name == "worker 1"), "{names:?}");
}

// A viewer that comes late, or again, is for clients that say nothing without one.
#[cfg(not(feature = "tracy-always"))]
mod late {
    use super::*;

    #[test]
    fn a_viewer_that_comes_later_is_told_of_the_blocks_held() {
        let mut program = Program::start("blocks_before_the_viewer");
        program.wait_for_line("made");
        let capture = program.viewer().capture().unwrap();
        let pool = &capture.pools["arena: level blocks"];
        assert!(capture.faults.is_empty(), "{:?}", capture.faults);
        assert_eq!(pool.alloc_count, 3, "{:#?}", pool.events);
        assert!(pool.is_balanced());
        program.end();
    }

    #[test]
    fn a_second_viewer_is_told_all_anew() {
        let program = Program::start("two_viewers");
        let first = program.viewer().capture_frames(3).unwrap();
        let second = program.viewer().capture().unwrap();
        program.end();
        assert!(first.faults.is_empty(), "{:?}", first.faults);
        assert!(second.faults.is_empty(), "{:?}", second.faults);
        assert_eq!(first.pools["arena: level blocks"].live.len(), 1);
        assert!(second.pools["arena: level blocks"].is_balanced());
        assert!(second.pools["arena: level"].is_balanced());
    }
}
