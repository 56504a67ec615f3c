//! `frame_vec!` and `frame_format!`.

use frame_arena::{FrameArena, FrameVec, frame_format, frame_vec};

use crate::support::{DropLog, panic_text};
use crate::{arenas, poor_arenas};

#[test]
fn a_list_of_elements_takes_just_its_room() {
    for arena in arenas() {
        let numbers = frame_vec![in &arena; 1u64, 2, 3];
        assert_eq!((numbers.as_slice(), numbers.capacity()), ([1, 2, 3].as_slice(), 3));
        assert_eq!(arena.stats().used_bytes, 24);
    }
}

#[test]
fn a_repeated_element_is_cloned() {
    for arena in arenas() {
        let names = frame_vec![in &arena; String::from("orc"); 3];
        assert_eq!(
            (names.as_slice(), names.capacity()),
            (["orc", "orc", "orc"].map(String::from).as_slice(), 3)
        );
        let none = frame_vec![in &arena; String::new(); 0];
        assert!(none.is_empty());
    }
}

#[test]
fn an_empty_list_allocates_nothing() {
    let arena = FrameArena::new();
    let nothing: FrameVec<u8> = frame_vec![in &arena];
    assert_eq!((nothing.len(), arena.stats().alloc_count), (0, 0));
}

#[test]
fn elements_that_did_not_fit_are_dropped_once() {
    for arena in poor_arenas(8) {
        let log = DropLog::default();
        let make = || frame_vec![in &arena; log.value(1), log.value(2)];
        let text = panic_text(|| drop(make())).unwrap();
        assert!(text.starts_with("test arena over budget"), "{text}");
        assert_eq!(log.take(), [1, 2]);
    }
}

#[test]
fn elements_may_come_from_the_same_arena() {
    for arena in arenas() {
        let values = frame_vec![in &arena; arena.alloc(1), arena.alloc(2)];
        let sum = frame_vec![in &arena; *values[0] + *values[1]; 2];
        assert_eq!(sum, [3, 3]);
    }
}

#[test]
fn formatted_text_grows_on() {
    for arena in arenas() {
        let name = "orc";
        let mut line = frame_format!(in &arena, "{name}: {:>4}", 7);
        line.push_str("!");
        assert_eq!(line, "orc:    7!");
        assert_eq!(frame_format!(in &arena, "plain"), "plain");
    }
}

#[test]
fn refused_text_panics_with_the_reason() {
    for arena in poor_arenas(8) {
        let text = panic_text(|| drop(frame_format!(in &arena, "{:>40}", 1))).unwrap();
        assert!(text.starts_with("test arena over budget"), "{text}");
    }
}
