//! Each example runs and says what it should, also to input that is wrong.
//!
//! A whole `cargo test` builds the examples first; after `cargo test --test examples` alone they may
//! be those of an earlier build.

use std::path::PathBuf;
use std::process::{Command, Output};

/// Runs the example that cargo built beside this test.
fn run(name: &str, args: &[&str]) -> Output {
    let mut path: PathBuf = std::env::current_exe().expect("a test knows its own path");
    path.pop(); // The test itself.
    path.pop(); // deps
    path.extend(["examples", name]);
    path.set_extension(std::env::consts::EXE_EXTENSION);
    assert!(
        path.exists(),
        "{} is not built; `cargo test -p frame-arena` builds it",
        path.display()
    );
    Command::new(path).args(args).output().expect("an example can be started")
}

/// What a run that ends well prints.
fn printed(name: &str, args: &[&str]) -> String {
    let output = run(name, args);
    assert!(output.status.success(), "{name}: {output:?}");
    assert!(output.stderr.is_empty(), "{name}: {output:?}");
    text(output.stdout)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("examples print UTF-8")
}

#[test]
fn game_loop_settles_without_heap_calls() {
    let text = printed("game_loop", &[]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[0].starts_with("120 frames: "), "{text}");
    assert!(lines[1].starts_with("tick arena: ") && lines[1].ends_with(", blocks 1"), "{text}");
    assert!(lines[2].starts_with("frame arena: ") && lines[2].ends_with(", blocks 1"), "{text}");
    assert_eq!(lines[3], "heap calls from frame 2 on: 0");
    assert_eq!(printed("game_loop", &[]), text, "the same on every run");
}

#[test]
fn expression_calculates_its_samples() {
    let expected = "1 + 2 * 3 = 7\n(1 + 2) * -3 = -9\n2.5 * (8 - 4) / 5 = 2\n1 - 2 - 3 = -4\n";
    assert_eq!(printed("expression", &[]), expected);
}

#[test]
fn expression_names_the_column_of_each_error() {
    let cases = [
        ("1 + $", "    ^ column 5: unexpected character '$'"),
        ("2 * (3 + 4", "          ^ column 11: ')' is missing for the '(' in column 5"),
        ("(1 2)", "   ^ column 4: ')' is missing for the '(' in column 1"),
        ("(1 + 2))", "       ^ column 8: '(' is missing for this ')'"),
        ("1 / (2 - 2)", "  ^ column 3: division by zero"),
        ("1 2", "  ^ column 3: an operator is missing"),
        ("3 *", "   ^ column 4: a number or '(' is missing"),
        ("", "^ column 1: a number or '(' is missing"),
        ("1..2 + 3", "^ column 1: this is no number"),
        ("é", "^ column 1: unexpected character 'é'"),
    ];
    for (expression, error) in cases {
        let output = run("expression", &[expression]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(text(output.stdout), format!("{expression}\n{error}\n"));
    }
}

#[test]
fn expression_goes_on_after_an_error() {
    let output = run("expression", &["1 / 0", "6 / 3"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(output.stdout).ends_with("\n6 / 3 = 2\n"));
}

#[test]
fn expression_survives_what_would_use_up_the_stack() {
    let long = vec!["1"; 30_000].join("-");
    assert!(printed("expression", &[&long]).ends_with(" = -29998\n"));
    for opening in ["(", "-", "-("] {
        let output = run("expression", &[&opening.repeat(30_000)]);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(output.stdout).ends_with("^ column 202: more than 200 levels\n"));
    }
}

#[test]
fn graph_finds_the_shortest_ways() {
    let text = printed("graph", &[]);
    assert!(text.starts_with("7 of 9 rooms can be reached from the gate, by steps:\n  0  gate\n"));
    assert!(text.contains("  2  gate - hall - tower\n"));
    assert!(text.contains("  4  gate - hall - kitchen - cellar - crypt\n"));
    assert!(!text.contains("attic"));
    assert!(text.ends_with("after the reset: 0 B used\n"));
}

#[test]
fn template_writes_hundreds_of_pieces_at_once() {
    let expected = "\
        orc 1 of the hill: 20 health, 0.0 gold\n\
        orc 2 of the wood: 27 health, 0.7 gold\n\
        orc 3 of the mire: 21 health, 1.4 gold\n\
        and 97 lines more\n\
        900 pieces, 4077 bytes, one write\n";
    assert_eq!(printed("template", &[]), expected);
}

#[test]
fn template_names_the_place_of_each_error() {
    let cases = [
        ("a {b", "byte 2: '{' without a '}'\n"),
        (
            "{name} {lives}",
            "byte 7: unknown name \"lives\"; there are name, place, health and gold\n",
        ),
    ];
    for (template, error) in cases {
        let output = run("template", &[template]);
        assert_eq!((output.status.code(), text(output.stderr).as_str()), (Some(1), error));
    }
}

#[test]
fn serialize_writes_json_with_its_escapes() {
    let phases = r#""phases":[{"name":"update","objects":120},{"name":"physics \"fixed\"","objects":400},{"name":"render\n","objects":250}]"#;
    let expected = [0, 1].map(|frame| {
        format!("{{\"frame\":{frame},\"used_bytes\":6160,\"block_count\":1,{phases}}}\n")
    });
    assert_eq!(printed("serialize", &[]), expected.concat());
}

#[test]
fn typed_runs_commands_in_order_and_drops_newest_first() {
    let text = printed("typed", &[]);
    let leaving = "  chief troll leaves\n  wolf leaves\n  chief orc leaves\n";
    assert!(text.starts_with("wave 1\n   chief orc   9\n        wolf   2\n chief troll  10\n"));
    assert!(text.contains(leaving), "{text}");
    assert!(text.ends_with("blocks: 1 and 1\n"));
}

#[test]
fn fixed_shows_less_and_says_so_when_its_memory_is_full() {
    let text = printed("fixed", &[]);
    let fits = "meadow: 1024 tiles, 24 of 24 props\n  frame 0: 10 of 10 quads, checksum 58439\n";
    assert!(text.starts_with(fits), "{text}");
    for less in [
        "city: 2048 tiles, 256 of 300 props\n  fewer props: fixed arena full: ",
        "  frame 0: 16 of 87 quads, checksum 29743\n  fewer quads: fixed arena full: ",
        "ocean is not loaded: fixed arena full: 65536 B requested, 0 of 4096 B used, ",
    ] {
        assert!(text.contains(less), "{text}");
    }
    assert!(text.ends_with("\n1 block, 0 requests for more\n"), "{text}");
    assert_eq!(printed("fixed", &[]), text, "the same on every run");
}

#[test]
fn rayon_finds_the_same_on_any_number_of_threads() {
    let text = printed("rayon", &[]);
    assert!(text.starts_with("frame  0: 2086 neighbours, body 1 has [986, 1971]\n"), "{text}");
    assert!(text.ends_with("1 block, 0 requests for more in 20 frames\n"), "{text}");
    assert_eq!(printed("rayon", &[]), text);
}

#[test]
fn render_thread_draws_every_frame_and_gives_every_arena_back() {
    let expected = "\
        120 frames drawn: 18528 objects, checksum 44b665fb\n\
        3 of 3 arenas are back\n\
        heap calls from frame 12 on: 0 to simulate and send, 0 to draw and give back\n";
    for _ in 0..10 {
        assert_eq!(printed("render_thread", &[]), expected, "whatever order threads run in");
    }
}

#[cfg(feature = "ecs")]
#[test]
fn own_schedule_settles_without_heap_calls() {
    let expected = "\
        20 lines, the last: stone 20 at 10.8 m/s\n\
        heap calls from frame 10 on: 0\n\
        physics arena: 1 block, 58 ticks begun\n";
    assert_eq!(printed("own_schedule", &[]), expected);
}

#[cfg(feature = "bevy_app")]
#[test]
fn bevy_app_carries_orders_from_update_to_the_next_frames_steps() {
    let expected = "\
        120 frames, 85 steps\n\
        240 jumps ordered, 238 begun, 198 landings seen\n\
        update arena: 2 blocks for two frames in flight\n";
    assert_eq!(printed("bevy_app", &[]), expected);
}
