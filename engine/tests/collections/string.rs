//! `FrameString`: its bytes stay text.

use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use frame_arena::{FrameMap, FrameString, frame_format, frame_vec};

use crate::support::panic_text;
use crate::{arenas, numbers, poor_arenas};

/// Characters of one to four bytes.
const WHOLE: &str = "aü€🦀";

#[test]
fn text_is_cut_between_characters_only() {
    for arena in arenas() {
        for cut in 0..=WHOLE.len() + 1 {
            let mut text = FrameString::new_in(&arena);
            text.push_str(WHOLE);
            let is_cut = catch_unwind(AssertUnwindSafe(|| text.truncate(cut))).is_ok();
            let wanted = if is_cut { cut.min(WHOLE.len()) } else { WHOLE.len() };
            assert_eq!(is_cut, cut > WHOLE.len() || WHOLE.is_char_boundary(cut), "{cut}");
            assert_eq!(str::from_utf8(text.as_bytes()), Ok(&WHOLE[..wanted]));
        }
    }
}

#[test]
fn text_that_is_refused_is_not_cut() {
    for arena in poor_arenas(80) {
        let mut text = FrameString::new_in(&arena);
        while WHOLE.chars().all(|character| text.try_push(character).is_ok()) {}
        let bytes = text.as_bytes();
        assert!(!bytes.is_empty() && WHOLE.repeat(9).starts_with(str::from_utf8(bytes).unwrap()));
    }
}

/// The first claim took all of the room, and its padding had none.
#[test]
fn a_short_text_fits_what_an_odd_budget_leaves() {
    for budget_bytes in 8..80 {
        for arena in poor_arenas(budget_bytes) {
            let label = arena.try_alloc_fmt(format_args!("{budget_bytes} B"));
            assert_eq!(label.map(|label| &*label), Ok(&*format!("{budget_bytes} B")));
        }
        for arena in poor_arenas(budget_bytes) {
            let mut text = FrameString::new_in(&arena);
            assert_eq!(text.try_push_str("3 of 8"), Ok(()), "{budget_bytes} B");
        }
    }
}

#[test]
fn text_is_inserted_between_characters_and_taken_from_the_end_by_whole_ones() {
    for arena in arenas() {
        for at in 0..=WHOLE.len() + 1 {
            let mut text = FrameString::new_in(&arena);
            text.push_str(WHOLE);
            let mut wanted = String::from(WHOLE);
            let is_in = catch_unwind(AssertUnwindSafe(|| text.insert_str(at, "ß!"))).is_ok();
            assert_eq!(is_in, WHOLE.is_char_boundary(at), "{at}");
            if is_in {
                wanted.insert_str(at, "ß!");
            }
            while let Some(last) = wanted.pop() {
                assert_eq!(text.pop(), Some(last));
                assert_eq!(str::from_utf8(text.as_bytes()), Ok(&*wanted));
            }
            assert_eq!(text.pop(), None);
        }
    }
}

#[test]
fn whole_characters_are_removed_and_whatever_else_panics() {
    for arena in arenas() {
        for at in 0..=WHOLE.len() + 1 {
            let mut text = frame_format!(in &arena, "{WHOLE}");
            let removed = catch_unwind(AssertUnwindSafe(|| text.remove(at))).ok();
            let mut wanted = String::from(WHOLE);
            let is_there = at < WHOLE.len() && WHOLE.is_char_boundary(at);
            assert_eq!(removed, is_there.then(|| wanted.remove(at)), "{at}");
            assert_eq!(str::from_utf8(text.as_bytes()), Ok(&*wanted));
        }
    }
}

#[test]
fn text_is_extended_by_characters_and_texts_until_one_is_refused() {
    for arena in poor_arenas(16) {
        let mut text = FrameString::new_in(&arena);
        text += "a";
        text.extend("ü€".chars());
        text.extend(["🦀", "", "!"]);
        assert_eq!(text, "aü€🦀!");
        assert!(panic_text(|| text.extend("12345678".chars())).unwrap().contains("over budget"));
        assert!(panic_text(|| text += "6").unwrap().contains("over budget"));
        assert_eq!(text, "aü€🦀!12345");
    }
}

#[test]
fn room_for_text_is_made_beforehand_or_refused() {
    for arena in poor_arenas(100) {
        let mut text = FrameString::new_in(&arena);
        text.reserve(0);
        assert_eq!((text.capacity(), arena.stats().used_bytes), (0, 0));
        text.reserve(10);
        assert!(text.capacity() >= 10 && text.try_reserve(97).is_err());
        text.reserve(96);
        let place = text.as_ptr();
        text.extend(std::iter::repeat_n('x', 96));
        assert_eq!((place, arena.stats().used_bytes), (text.as_ptr(), 96));
        assert!(text.try_reserve(usize::MAX).is_err());
    }
}

#[test]
fn text_is_a_key_as_a_str_is() {
    for arena in arenas() {
        let mut names =
            frame_vec![in &arena; frame_format!(in &arena, "orc"), frame_format!(in &arena, "elf")];
        names.sort();
        assert!(names.iter().eq(["elf", "orc"]));
        let counts = FrameMap::from_iter_in(names.drain(..).zip(1..), &arena);
        assert_eq!((counts["elf"], counts["orc"], counts.get("door")), (1, 2, None));
    }
}

const PIECES: [&str; 6] = ["", "a", "ü", "€🦀", "plain text, longer than others", "🦀🦀🦀🦀🦀"];

/// As `String`, with refusals that change nothing, whatever the budget.
#[test]
fn behaves_like_the_standard_string_until_refused_and_after() {
    for (seed, mut arena) in [1, 2, 3].into_iter().zip(poor_arenas(300)) {
        let mut numbers = numbers(seed);
        for _ in 0..100 {
            let mut text = FrameString::new_in(&arena);
            let mut model = String::new();
            for number in numbers.by_ref().take(60) {
                let piece = PIECES[number as usize / 16 % PIECES.len()];
                let mut cuts: Vec<usize> = model.char_indices().map(|(at, _)| at).collect();
                cuts.push(model.len());
                let at = cuts[number as usize / 128 % cuts.len()];
                let used_bytes = arena.stats().used_bytes;
                let mut wanted = model.clone();
                let done = match number % 13 {
                    0 | 1 => {
                        wanted.push_str(piece);
                        text.try_push_str(piece).is_ok()
                    }
                    2 => {
                        let character = piece.chars().next_back().unwrap_or('ß');
                        wanted.push(character);
                        text.try_push(character).is_ok()
                    }
                    3 | 4 => {
                        wanted.insert_str(at, piece);
                        text.try_insert_str(at, piece).is_ok()
                    }
                    5 => {
                        wanted += piece;
                        panic_text(|| text += piece).is_none()
                    }
                    6 => text.try_reserve(number as usize / 16 % 100).is_ok(),
                    7 => catch_unwind(AssertUnwindSafe(|| text.clone()))
                        .map(|copy| text = copy)
                        .is_ok(),
                    // What was appended before a refusal stays.
                    8 | 9 => {
                        let line = format!("{number} {piece}");
                        if number % 13 == 8 {
                            _ = write!(text, "{number} {piece}");
                        } else {
                            _ = panic_text(|| text.extend(line.chars()));
                        }
                        wanted.push_str(&line[..text.len() - model.len()]);
                        true
                    }
                    10 => {
                        assert_eq!(text.pop(), wanted.pop());
                        true
                    }
                    11 => {
                        if at < model.len() {
                            assert_eq!(text.remove(at), wanted.remove(at));
                        }
                        true
                    }
                    _ => {
                        text.truncate(at);
                        wanted.truncate(at);
                        true
                    }
                };
                if done {
                    model = wanted;
                } else {
                    assert_eq!(arena.stats().used_bytes, used_bytes);
                }
                assert_eq!(str::from_utf8(text.as_bytes()), Ok(&*model));
                assert!(text.capacity() >= text.len() && arena.stats().used_bytes <= 300);
            }
            assert_eq!(*text.into_str(), *model);
            arena.reset();
        }
    }
}
