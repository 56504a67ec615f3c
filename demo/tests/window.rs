//! The demo in a real window, on a display without a screen.
//!
//! Needs Xvfb and xdotool. Where they are missing the tests say so and are skipped; on the
//! project's own build (`CI=true`) they fail.

mod display;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use display::{Display, display};
use image::RgbaImage;
use serde_json::Value;
use tempfile::TempDir;

/// The demo in a window, and its events.
struct Demo<'d> {
    process: Child,
    events: BufReader<ChildStdout>,
    display: &'d Display,
}

impl<'d> Demo<'d> {
    fn start(display: &'d Display, args: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_particle-demo"))
            .args(["--events", "--particles", "1500"])
            .args(args)
            .env("DISPLAY", &display.name)
            .env_remove("WAYLAND_DISPLAY")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the demo starts");
        let events = BufReader::new(process.stdout.take().expect("piped"));
        Self { process, events, display }
    }

    /// Reads events until one with this name; its text if the demo ends before.
    fn wait_for(&mut self, event: &str) -> Value {
        let mut line = String::new();
        loop {
            line.clear();
            if self.events.read_line(&mut line).expect("readable") == 0 {
                let mut stderr = String::new();
                let pipe = self.process.stderr.as_mut().expect("piped");
                let _partial = pipe.read_to_string(&mut stderr);
                panic!("the demo ended without {event}: {stderr}");
            }
            let value: Value = serde_json::from_str(&line).expect("events are JSON lines");
            if value["event"] == event {
                return value;
            }
        }
    }

    /// Waits for its end: the exit code, and what it printed as errors.
    fn end(&mut self) -> (Option<i32>, String) {
        let code = self.process.wait().expect("it was started").code();
        let mut stderr = String::new();
        let pipe = self.process.stderr.as_mut().expect("piped");
        pipe.read_to_string(&mut stderr).expect("text");
        (code, stderr)
    }

    fn press(&self, key: &str) {
        self.xdotool(&["search", "--sync", "--name", ".*", "windowfocus", "key", key]);
    }

    /// Presses and lets go of the left mouse button at a pixel of the display, whose corner is the window's.
    fn click(&self, [x, y]: [&str; 2]) {
        self.xdotool(&["search", "--sync", "--name", ".*", "windowfocus", "mousemove", x, y]);
        self.xdotool(&["click", "1"]);
    }

    fn xdotool(&self, args: &[&str]) {
        let mut command = Command::new("xdotool");
        let output = command.args(args).env("DISPLAY", &self.display.name).output();
        assert!(output.expect("xdotool starts").status.success(), "xdotool {args:?}");
    }
}

impl Drop for Demo<'_> {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// Pixels of a part of the picture that are clearly lighter than the background.
fn lit(picture: &RgbaImage, x: std::ops::Range<u32>, y: std::ops::Range<u32>) -> usize {
    let is_lit = |&(x, y): &(u32, u32)| picture.get_pixel(x, y).0[..3].iter().any(|&c| c > 60);
    y.flat_map(|y| x.clone().map(move |x| (x, y))).filter(is_lit).count()
}

#[test]
fn a_screenshot_shows_particles_and_dashboard() {
    let Some(display) = display() else { return };
    let folder = tempfile::tempdir().unwrap();
    for (name, extra) in [("instanced.png", None), ("quads.png", Some("--no-instancing"))] {
        let path = folder.path().join(name);
        let mut args = vec!["--frames", "30", "--screenshot", path.to_str().unwrap()];
        args.extend(extra);
        let mut demo = Demo::start(&display, &args);
        let opened = demo.wait_for("window_open");
        assert_eq!(opened["is_instanced"], extra.is_none());
        assert_eq!(demo.wait_for("screenshot_written")["frame"], 30);
        assert_eq!(demo.wait_for("closed")["frames"], 30);
        let picture = image::open(&path).unwrap().to_rgba8();
        assert_eq!(picture.dimensions(), (1280, 720));
        // Captions stand at the top and bottom of the world; the particles between.
        assert!(lit(&picture, 0..880, 80..660) > 500, "{name}: no particles");
        assert!(lit(&picture, 900..1280, 0..720) > 5_000, "{name}: no dashboard");
    }
}

#[test]
fn a_picture_that_cannot_be_written_when_it_is_due_fails_the_run() {
    let Some(display) = display() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gone/p.png");
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    let path = path.to_str().unwrap();
    let mut demo =
        Demo::start(&display, &["--fps-cap", "20", "--frames", "40", "--screenshot", path]);
    demo.wait_for("window_open");
    std::fs::remove_dir(folder.path().join("gone")).unwrap();
    let error = demo.wait_for("screenshot_failed")["error"].as_str().unwrap().to_owned();
    assert!(error.starts_with(&format!("{path}: not written: ")), "{error}");
    assert_eq!(demo.wait_for("closed")["frames"], 40);
    assert_eq!(demo.end(), (Some(1), format!("{error}\n")));
}

#[test]
fn a_window_closed_before_its_picture_fails_the_run() {
    let Some(display) = display() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.png");
    let path = path.to_str().unwrap();
    let mut demo = Demo::start(&display, &["--fps-cap", "20", "--screenshot", path]);
    demo.wait_for("window_open");
    demo.press("Escape");
    let error = demo.wait_for("screenshot_failed")["error"].as_str().unwrap().to_owned();
    assert_eq!(error, format!("{path}: no picture: the window closed before frame 240"));
    assert_eq!(demo.end(), (Some(1), format!("{error}\n")));
}

#[test]
fn keys_switch_allocator_and_effect_pause_and_close() {
    let Some(display) = display() else { return };
    let mut demo = Demo::start(&display, &[]);
    demo.wait_for("window_open");
    demo.press("a");
    assert_eq!(demo.wait_for("allocator_switched")["allocator"], "heap");
    demo.press("a");
    assert_eq!(demo.wait_for("allocator_switched")["allocator"], "arena");
    demo.press("space");
    assert_eq!(demo.wait_for("paused")["is_paused"], true);
    demo.press("e");
    demo.wait_for("effect_loaded");
    demo.press("Escape");
    demo.wait_for("closed");
    assert!(demo.process.wait().unwrap().success());
}

/// In a slow frame a button or a key is down and up again before anybody looks.
#[test]
fn taps_shorter_than_a_frame_move_sliders() {
    const EMISSION: [&str; 2] = ["960", "225"];
    let Some(display) = display() else { return };
    let mut demo = Demo::start(&display, &["--fps-cap", "4", "--frames", "40"]);
    demo.wait_for("window_open");
    demo.click(EMISSION);
    assert!(demo.wait_for("emission_set")["factor"].as_f64().unwrap() < 0.9);
    demo.press("Right");
    demo.wait_for("gravity_set");
}

/// A folder of assets without effects, and what writes an effect of a name to a file there.
fn own_effects() -> (TempDir, impl Fn(&str, &str)) {
    let assets = tempfile::tempdir().unwrap();
    let folder = assets.path().join("effects");
    std::fs::create_dir(&folder).unwrap();
    let galaxy = include_str!("../../assets/effects/galaxy.ron");
    let write = move |file: &str, name: &str| {
        let effect = galaxy.replacen("\"galaxy\"", &format!("\"{name}\""), 1);
        std::fs::write(folder.join(file), effect).unwrap();
    };
    (assets, write)
}

/// A name too long for its button has arrows in the place of all three.
#[test]
fn an_effect_renamed_in_its_file_has_the_new_name_on_its_button() {
    const RIGHT_ARROW: [&str; 2] = ["1235", "182"];
    let Some(display) = display() else { return };
    let (assets, write) = own_effects();
    for (file, name) in [("1.ron", "one"), ("2.ron", "two"), ("3.ron", "three")] {
        write(file, name);
    }
    let assets = assets.path().to_str().unwrap();
    let mut demo = Demo::start(&display, &["--assets", assets]);
    demo.wait_for("window_open");
    write("1.ron", "one with a name that no button has room for");
    demo.wait_for("effect_loaded");
    demo.click(RIGHT_ARROW);
    assert_eq!(demo.wait_for("effect_loaded")["name"], "two");
    demo.press("Escape");
    demo.wait_for("closed");
}

/// It was told on stderr and as an event only.
#[test]
fn a_file_refused_at_the_start_is_told_in_the_window() {
    let Some(display) = display() else { return };
    let (assets, write) = own_effects();
    let path = assets.path().join("p.png");
    let [assets, picture] = [assets.path(), &path].map(|path| path.to_str().unwrap());
    let args = ["--frames", "20", "--assets", assets, "--screenshot", picture];
    let red_count = || {
        Demo::start(&display, &args).wait_for("closed");
        let is_red = |pixel: &image::Rgba<u8>| pixel[0] > 150 && pixel[1].max(pixel[2]) < 120;
        image::open(&path).unwrap().to_rgba8().pixels().filter(|&pixel| is_red(pixel)).count()
    };
    write("b.ron", "b");
    let without = red_count();
    write("c.ron", "\"");
    let with = red_count();
    assert!(with > without + 200, "{with} red pixels, {without} without the bad file");
}

/// A file was looked for at the start only.
#[test]
fn a_file_put_into_the_folder_or_mended_there_can_be_chosen() {
    let Some(display) = display() else { return };
    let (assets, write) = own_effects();
    write("b.ron", "b");
    write("c.ron", "\"");
    let mut demo = Demo::start(&display, &["--assets", assets.path().to_str().unwrap()]);
    demo.wait_for("window_open");
    write("c.ron", "mended");
    assert_eq!(demo.wait_for("effect_added")["name"], "mended");
    write("a.ron", "new");
    assert_eq!(demo.wait_for("effect_added")["name"], "new");
    demo.press("e"); // From b, which is the second now.
    assert_eq!(demo.wait_for("effect_loaded")["name"], "mended");
    write("a.ron", "changed unseen");
    demo.press("1");
    assert_eq!(demo.wait_for("effect_loaded")["name"], "changed unseen");
    demo.press("Escape");
    demo.wait_for("closed");
}

/// Nine names have no room beside each other: there are arrows to the effect before and the one behind.
#[test]
fn many_effects_are_reached_by_arrows() {
    const ARROWS: [[&str; 2]; 2] = [["937", "182"], ["1235", "182"]];
    let Some(display) = display() else { return };
    let (assets, write) = own_effects();
    for n in 1..=9 {
        write(&format!("{n}.ron"), &format!("spiral number {n}"));
    }
    let mut demo = Demo::start(&display, &["--assets", assets.path().to_str().unwrap()]);
    demo.wait_for("window_open");
    for (arrow, number) in [(0, 9), (0, 8), (1, 9), (1, 1)] {
        demo.click(ARROWS[arrow]);
        assert_eq!(demo.wait_for("effect_loaded")["name"], format!("spiral number {number}"));
    }
    demo.press("Escape");
    demo.wait_for("closed");
}
