//! The demo without a window, from outside.

use std::path::Path;
use std::process::{Command, Output};

use particle_demo::report::SETTLED_AFTER_FRAMES;
use serde_json::Value;

fn demo(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_particle-demo"));
    command.args(args).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    command
}

fn output(args: &[&str]) -> Output {
    demo(args).output().expect("the demo starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the demo prints UTF-8")
}

/// The report of a headless run with these further arguments.
fn report(args: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let mut all = vec!["--headless", "--report", path.to_str().unwrap()];
    all.extend(args);
    let output = output(&all);
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap()
}

const SMALL: [&str; 6] = ["--frames", "90", "--particles", "2000", "--seed", "1"];

fn small(more: &[&str]) -> Value {
    report(&[&SMALL, more].concat())
}

fn phases(report: &Value) -> &Vec<Value> {
    report["phases"].as_array().unwrap()
}

#[test]
fn equal_runs_have_equal_checksums_in_arena_and_on_heap() {
    for effect in ["fountain", "firework", "galaxy"] {
        let once = small(&["--effect", effect]);
        let again = small(&["--effect", effect]);
        let heap = small(&["--effect", effect, "--allocator", "heap"]);
        assert_eq!(once["checksum"], again["checksum"], "{effect}");
        assert_eq!(once["checksum"], heap["checksum"], "{effect}");
    }
}

/// It once ended well, and the figures were nowhere.
#[cfg(target_os = "linux")]
#[test]
fn a_table_that_cannot_be_written_is_a_failure() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = demo(&[&["--headless"], &SMALL[..]].concat()).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(error.starts_with("stdout: the table was not written: "), "{error}");
    assert!(error.contains("--report FILE"), "{error}");
}

#[test]
fn another_seed_or_one_frame_more_gives_another_checksum() {
    let once = small(&[]);
    let seed = report(&["--frames", "90", "--particles", "2000", "--seed", "2"]);
    let longer = report(&["--frames", "91", "--particles", "2000", "--seed", "1"]);
    assert_ne!(once["checksum"], seed["checksum"]);
    assert_ne!(once["checksum"], longer["checksum"]);
}

#[test]
fn settled_phases_hold_one_block_each_and_make_no_heap_call() {
    for effect in ["fountain", "firework", "galaxy"] {
        let report = small(&["--effect", effect]);
        assert_eq!(report["heap_calls_settled"], 0, "{effect}");
        assert_eq!(report["heap_frees_settled"], 0, "{effect}");
        for phase in phases(&report) {
            assert_eq!(phase["block_count"], 1, "{effect}: {phase}");
            assert_eq!(phase["heap_calls_settled"], 0, "{effect}: {phase}");
        }
    }
}

#[test]
fn threads_change_neither_the_particles_nor_the_heap_calls() {
    let wanted = small(&["--effect", "galaxy"])["checksum"].clone();
    for threads in ["1", "2", "4"] {
        for allocator in ["arena", "heap"] {
            let args = ["--effect", "galaxy", "--threads", threads, "--allocator", allocator];
            let report = small(&args);
            assert_eq!(report["checksum"], wanted, "{threads} threads, {allocator}");
            assert_eq!(report["threads"].to_string(), threads);
            assert_eq!(report["heap_calls_executor_settled"], 0);
            if allocator == "arena" {
                assert_eq!(report["heap_calls_settled"], 0, "{threads} threads");
                assert!(phases(&report).iter().all(|phase| phase["block_count"] == 1));
            }
        }
    }
}

#[test]
fn the_parallel_executors_heap_calls_are_reported_apart() {
    let serial = small(&[]);
    let parallel = small(&["--executor", "parallel", "--threads", "2"]);
    assert_eq!(parallel["checksum"], serial["checksum"]);
    assert_eq!(parallel["heap_calls_settled"], 0);
    assert!(parallel["heap_calls_executor_settled"].as_u64().unwrap() > 0);
}

#[test]
fn on_the_heap_each_allocation_is_a_heap_call() {
    let report = small(&["--allocator", "heap"]);
    let settled_frames = (90 - SETTLED_AFTER_FRAMES) as f64;
    for phase in phases(&report) {
        let allocs = phase["allocs_per_frame"].as_f64().unwrap() * settled_frames;
        let calls = phase["heap_calls_settled"].as_f64().unwrap();
        assert!(calls >= allocs.floor(), "{phase}");
    }
}

#[test]
fn a_budget_bounds_each_phase_and_what_it_refuses_is_counted() {
    let plain = small(&[]);
    assert_eq!(plain["budget_bytes"], Value::Null);
    let wide = small(&["--budget-kib", "8192"]);
    assert_eq!(wide["checksum"], plain["checksum"], "nothing is refused");
    assert!(phases(&wide).iter().all(|phase| phase["refused_count"] == 0));
    for more in [&[][..], &["--threads", "2"], &["--allocator", "heap"]] {
        let report = small(&[more, &["--budget-kib", "100"]].concat());
        assert_eq!(report["budget_bytes"], 100 << 10);
        for phase in phases(&report) {
            let high_water_bytes = phase["high_water_bytes"].as_u64().unwrap();
            assert!(high_water_bytes <= 100 << 10, "{more:?}: {phase}");
            let is_refused = phase["refused_count"].as_u64().unwrap() > 0;
            assert_eq!(is_refused, phase["name"] != "update", "{more:?}: {phase}");
        }
        if !more.contains(&"heap") {
            assert_eq!(report["heap_calls_settled"], 0, "{more:?}");
        }
    }
}

/// They were zeros, as if measured.
#[test]
fn figures_of_settled_frames_are_null_until_there_is_one() {
    for (frames, is_settled) in [(SETTLED_AFTER_FRAMES, false), (SETTLED_AFTER_FRAMES + 1, true)] {
        let frames = frames.to_string();
        let report = report(&["--frames", &frames, "--particles", "100", "--allocator", "heap"]);
        for name in ["heap_calls_settled", "heap_calls_executor_settled", "heap_frees_settled"] {
            assert_eq!(report[name].is_u64(), is_settled, "{name}");
            assert_eq!(report.get(name) == Some(&Value::Null), !is_settled, "{name}");
        }
        for phase in phases(&report) {
            assert_eq!(phase["allocs_per_frame"].is_f64(), is_settled, "{phase}");
            assert_eq!(phase["heap_calls_settled"].is_u64(), is_settled, "{phase}");
        }
    }
}

#[test]
fn twenty_thousand_particles_make_ten_thousand_allocations_a_frame() {
    for effect in ["fountain", "firework", "galaxy"] {
        let report = report(&["--frames", "64", "--particles", "20000", "--effect", effect]);
        let sum: f64 =
            phases(&report).iter().map(|phase| phase["allocs_per_frame"].as_f64().unwrap()).sum();
        assert!(sum >= 10_000.0, "{effect}: {sum}");
    }
}

#[test]
fn used_bytes_hold_what_a_phase_must_have_made() {
    let report = small(&["--effect", "galaxy"]);
    let used = |name: &str| {
        let phase = phases(&report).iter().find(|phase| phase["name"] == name).unwrap();
        phase["used_bytes"].as_u64().unwrap()
    };
    // Nearly all particles of the galaxy live and are in view: one record of 24 bytes or more for
    // each in physics, one instance of 16 bytes in render.
    assert!(used("physics") >= 1_500 * 24);
    assert!(used("render") >= 1_500 * 16);
}

#[test]
fn types_name_what_each_phase_allocates_and_add_up_to_its_figures() {
    let report = small(&["--effect", "galaxy"]);
    let types = report["types"].as_array().unwrap();
    for phase in phases(&report) {
        let sum: f64 = types
            .iter()
            .filter(|line| line["phase"] == phase["name"])
            .map(|line| line["count_per_frame"].as_f64().unwrap())
            .sum();
        let allocs = phase["allocs_per_frame"].as_f64().unwrap();
        // Other frames than the timed ones, of the same settled effect.
        assert!((sum - allocs).abs() <= allocs * 0.1 + 1.0, "{phase}: {sum} by type");
    }
    let names: Vec<&str> = types.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert!(names.iter().any(|name| name.ends_with("RenderObject")), "{names:?}");
    assert!(names.iter().any(|name| name.ends_with("CollisionObject")), "{names:?}");
}

#[test]
fn without_a_display_the_demo_says_so_in_one_line_and_runs_headless() {
    let output = output(&["--frames", "10", "--particles", "100"]);
    let stderr = text(&output.stderr);
    assert!(output.status.success());
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with("no window: ") && stderr.contains("--headless"), "{stderr}");
    let table = text(&output.stdout);
    assert!(table.contains("10 frames"), "{table}");
    assert!(table.contains("figures of settled frames begin after frame 60"), "{table}");
}

/// It ran headless, without a picture, and ended well.
#[test]
fn a_screenshot_without_a_display_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shot.png");
    let path = path.to_str().unwrap();
    let output = output(&["--events", "--frames", "5", "--screenshot", path]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with(&format!("{path}: no picture without a window: ")), "{stderr}");
    assert!(text(&output.stdout).contains(r#""event":"screenshot_failed""#));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// All frames ran first, and the error named a file that nobody had asked for.
#[test]
fn what_cannot_be_written_is_an_error_before_the_run_with_its_path() {
    let path = "/no/such/folder/file";
    for args in [&["--headless", "--report", path][..], &["--screenshot", path]] {
        let output = output(&[args, &["--events", "--frames", "1"]].concat());
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr.starts_with(&format!("{path}: not written: ")), "{stderr}");
        assert!(!stderr.contains(".particle-demo-"), "{stderr}");
        assert_eq!(text(&output.stdout), "", "nothing has begun");
    }
}

#[test]
fn a_report_in_the_way_of_an_error_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    std::fs::write(&path, "the last good one").unwrap();
    let output = output(&["--headless", "--effect", "rain", "--report", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "the last good one");
    assert!(text(&output.stderr).contains("galaxy"), "the names that there are");
}

/// The file behind stdout was replaced: what stood there was lost, and so was the table.
#[cfg(target_os = "linux")]
#[test]
fn a_report_on_stdout_stands_behind_what_the_file_has() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    std::fs::write(&path, "older\n").unwrap();
    let log = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    let args = [&["--headless", "--report", "/dev/stdout"], &SMALL[..]].concat();
    assert!(demo(&args).stdout(log).status().unwrap().success());
    let log = std::fs::read_to_string(&path).unwrap();
    assert!(log.starts_with("older\n{\n  \"frames\": 90,"), "{log}");
    assert!(log.contains("}\nfountain: ") || log.contains("}\nfirework: "), "{log}");
}

fn write_effect(assets: &Path, name: &str, text: &str) {
    let folder = assets.join("effects");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), text).unwrap();
}

#[test]
fn a_bad_effect_is_named_with_file_line_and_column_and_the_others_run() {
    let folder = tempfile::tempdir().unwrap();
    let good = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/effects/fountain.ron");
    write_effect(folder.path(), "fountain.ron", &std::fs::read_to_string(good).unwrap());
    write_effect(folder.path(), "bad.ron", "(\n    name: \"bad\",\n    colour: 3,\n)");
    let assets = folder.path().to_str().unwrap();
    let args = ["--headless", "--frames", "2", "--particles", "50", "--assets", assets];
    let output = output(&args);
    let stderr = text(&output.stderr);
    assert!(output.status.success());
    assert!(stderr.contains("bad.ron:3:"), "{stderr}");
    assert!(text(&output.stdout).contains("fountain"));
}

#[test]
fn with_no_effect_at_all_the_exit_code_is_2() {
    let folder = tempfile::tempdir().unwrap();
    write_effect(folder.path(), "bad.ron", "(name: ");
    let output = output(&["--headless", "--assets", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn events_are_json_lines_on_stdout_and_nothing_else() {
    let args = ["--headless", "--events", "--frames", "3", "--particles", "50"];
    let stdout = text(&output(&args).stdout);
    let events: Vec<Value> =
        stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events[0]["event"], "effect_loaded");
    assert_eq!(events.last().unwrap()["event"], "closed");
    assert_eq!(events.last().unwrap()["frames"], 3);
}

#[cfg(not(feature = "tracy"))]
#[test]
fn what_needs_a_profiler_is_refused_without_one_and_says_how_to_have_it() {
    for option in ["--wait-for-profiler", "--profile-objects"] {
        let output = output(&["--headless", "--frames", "1", option]);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(stderr.contains(option) && stderr.contains("--features tracy"), "{stderr}");
    }
}

#[test]
fn one_particle_and_one_frame_are_enough() {
    let report = report(&["--frames", "1", "--particles", "1"]);
    assert_eq!((&report["frames"], &report["ticks"]), (&Value::from(1), &Value::from(1)));
}
