//! The figures as a game would log them. Needs features `serde` and `ecs`.

use frame_arena::ecs::{Arena, Engine, phase};
use frame_arena::{ArenaMode, FrameArena};
use serde_json::json;

#[test]
fn a_frames_report_is_one_record_with_its_phases_by_name() {
    let mut engine = Engine::new();
    engine.add_systems(phase::Update, |arena: Arena<phase::Update>| _ = arena.alloc([0u64; 3]));
    let report = engine.run_frame(engine.tick_duration()).unwrap();
    let record = serde_json::to_value(&report).unwrap();
    assert_eq!(record["tick_count"], 1);
    assert_eq!(record["dropped"], json!({"secs": 0, "nanos": 0}));
    assert_eq!(record["heap"], json!({"heap_calls": 0, "frees": 0}));
    let update = &record["phases"][0];
    assert_eq!((&update["name"], &update["lifetime"]), (&json!("update"), &json!("Frame")));
    assert_eq!(update["stats"]["used_bytes"], 24);
    assert_eq!(record["phases"].as_array().unwrap().len(), 3);
}

#[test]
fn figures_of_an_arena_are_records_with_the_names_of_their_fields() {
    let mut arena = FrameArena::new();
    arena.set_mode(ArenaMode::Traced);
    arena.alloc(7u64);
    let stats = serde_json::to_value(arena.stats()).unwrap();
    assert_eq!((&stats["alloc_count"], &stats["used_bytes"]), (&json!(1), &json!(8)));
    let trace = serde_json::to_value(arena.trace()).unwrap();
    assert_eq!(trace["entries"][0]["type_name"], "u64");
    assert!(trace["entries"][0]["line"].as_u64().unwrap() > 0, "{trace}");
    let pressure = serde_json::to_value(arena.pressure()).unwrap();
    assert_eq!((&pressure["arena"], &pressure["frame_count"]), (&json!("frame"), &json!(1)));
}
