//! What a viewer sees of the app.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use frame_arena_viewer::{Viewer, free_port};

#[test]
fn one_capture_has_bevys_zones_and_the_arenas() {
    let port = free_port().unwrap();
    let mut app = Command::new(env!("CARGO_BIN_EXE_bevy-tracy"));
    app.env("TRACY_PORT", port.to_string()).env("NO_COLOR", "1").stdout(Stdio::null());
    let mut app = app.spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    let capture = Viewer::connect(port.number(), deadline).unwrap().capture().unwrap();
    assert!(app.wait().unwrap().success());

    assert!(capture.faults.is_empty(), "{:?}", capture.faults);
    assert_eq!(capture.frame_marks.len(), 300);
    let zones_with = |words: [&str; 2]| {
        let has_both = |name: &str| words.iter().all(|word| name.contains(word));
        capture.zones.iter().filter(|zone| has_both(&zone.name)).count()
    };
    assert_eq!(zones_with(["schedule", "BeginFrameArenas"]), 300);
    assert_eq!(zones_with(["system", "begin_frame"]), 300);
    assert_eq!(zones_with(["system", "bevy_tracy::label"]), 300);
    let ticks = zones_with(["system", "bevy_tracy::collide"]);
    assert!((220..230).contains(&ticks), "{ticks}");
    assert_eq!(zones_with(["update reset", ""]), 300);
    assert_eq!(capture.plots["update used"].points.len(), 300);
    assert!(capture.pools["arena: physics blocks"].is_balanced());
}
