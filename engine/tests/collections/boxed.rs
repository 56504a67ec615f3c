//! `FrameBox`: owners in a frame.

use std::fmt::{Debug, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};

use frame_arena::{FrameArena, FrameBox, FrameVec, ThreadArenas, frame_box};

use crate::support::{DropLog, panic_text};
use crate::{MODES, arenas, config, numbers, poor_arenas};

#[test]
fn a_box_drops_its_value_at_the_end_of_its_scope() {
    for arena in arenas() {
        let log = DropLog::default();
        {
            let boxed = FrameBox::new_in(log.value(1), &arena);
            assert_eq!((boxed.number, log.take().len()), (1, 0));
        }
        assert_eq!(log.take(), [1]);
        assert_eq!(arena.stats().used_bytes, 0);
    }
}

#[test]
fn a_box_that_is_not_last_leaves_its_memory_until_reset() {
    let mut arena = FrameArena::new();
    let first = FrameBox::new_in(1u64, &arena);
    let second = FrameBox::new_in(2u64, &arena);
    drop(first);
    assert_eq!(arena.stats().used_bytes, 16);
    drop(second);
    assert_eq!(arena.stats().used_bytes, 8);
    arena.reset();
    assert_eq!(arena.stats().used_bytes, 0);
}

#[test]
fn a_refused_value_comes_back() {
    for arena in poor_arenas(16) {
        let value = [String::from("kept"), String::from("too")];
        let refused = FrameBox::try_new_in(value, &arena).unwrap_err();
        assert_eq!(refused.into_value()[0], "kept");
        let text = panic_text(|| drop(FrameBox::new_in([0u64; 4], &arena))).unwrap();
        assert!(text.starts_with("test arena over budget: 32 B requested, 0 of 16 B"), "{text}");
    }
}

#[test]
fn into_inner_moves_the_value_out_undropped() {
    for arena in arenas() {
        let log = DropLog::default();
        let value = FrameBox::into_inner(FrameBox::new_in(log.value(1), &arena));
        assert_eq!((log.take().len(), arena.stats().used_bytes), (0, 0));
        drop(value);
        assert_eq!(log.take(), [1]);
    }
}

#[test]
fn a_leaked_value_lives_for_the_frame() {
    for arena in arenas() {
        let number: &mut u64 = FrameBox::leak(FrameBox::new_in(7, &arena));
        let others = arena.alloc_slice_fill_with(100, |i| i);
        *number += 1;
        assert_eq!((*number, others[99]), (8, 99));
    }
}

#[test]
fn values_without_bytes_are_boxed_in_any_mode() {
    struct Marker(DropLog);
    #[derive(PartialEq, Debug)]
    #[repr(align(64))]
    struct Aligned;
    for arena in arenas() {
        let units: Vec<_> = (0..10).map(|_| FrameBox::new_in((), &arena)).collect();
        drop(units);
        assert_eq!(FrameBox::into_inner(FrameBox::new_in(Aligned, &arena)), Aligned);
        let empty: FrameBox<[u8]> = frame_box!(in &arena; [] => [u8]);
        assert!(empty.is_empty());
        let log = DropLog::default();
        drop(FrameBox::new_in(Marker(log.clone()), &arena).0.value(1));
        assert_eq!(log.take(), [1]);
    }
}

#[test]
fn over_aligned_values_are_aligned() {
    #[repr(align(256))]
    struct Line([u8; 256]);
    for arena in arenas() {
        arena.alloc(1u8);
        let line = FrameBox::new_in(Line([3; 256]), &arena);
        assert_eq!((&raw const *line).addr() % 256, 0);
        assert_eq!(line.0, [3; 256]);
    }
}

#[test]
fn a_trait_object_is_dropped_as_what_it_is() {
    trait Named {
        fn number(&self) -> u32;
    }
    impl Named for crate::support::Noted {
        fn number(&self) -> u32 {
            self.number
        }
    }
    for arena in arenas() {
        let log = DropLog::default();
        let boxed: FrameBox<dyn Named> = frame_box!(in &arena; log.value(5) => dyn Named);
        assert_eq!(boxed.number(), 5);
        drop(boxed);
        assert_eq!((log.take(), arena.stats().used_bytes), (vec![5], 0));
    }
}

#[test]
fn trait_objects_can_be_made_of_trait_objects() {
    trait Shown: Display {}
    impl Shown for i32 {}
    let arena = FrameArena::new();
    let shown = frame_box!(in &arena; 7 => dyn Shown);
    let printed: FrameBox<dyn Display> = frame_box!(shown => dyn Display);
    assert_eq!(printed.to_string(), "7");
}

#[test]
fn a_trait_object_may_borrow_from_the_frame() {
    let arena = FrameArena::new();
    let name = &*arena.alloc_str("orc");
    let mut lines: FrameVec<FrameBox<dyn Fn() -> usize + '_>> = FrameVec::new_in(&arena);
    lines.push(frame_box!(in &arena; || name.len() => dyn Fn() -> usize));
    let extra = 10;
    lines.push(frame_box!(in &arena; move || extra + name.len() => dyn Fn() -> usize));
    assert_eq!(lines.iter().map(|line| line()).sum::<usize>(), 16);
}

#[test]
fn a_slice_box_drops_each_element() {
    for arena in arenas() {
        let log = DropLog::default();
        let boxed = frame_box!(in &arena; [1, 2, 3].map(|n| log.value(n)) => [_]);
        let three: &FrameBox<[crate::support::Noted]> = &boxed;
        assert_eq!(three.len(), 3);
        drop(boxed);
        assert_eq!((log.take(), arena.stats().used_bytes), (vec![1, 2, 3], 0));
    }
}

#[test]
fn a_refused_trait_object_is_no_abort() {
    for arena in poor_arenas(8) {
        let make = || frame_box!(in &arena; [1u64; 2] => dyn Debug);
        let text = panic_text(|| drop(make())).unwrap();
        assert!(text.starts_with("test arena over budget"), "{text}");
    }
}

#[test]
fn a_drop_that_panics_gives_the_memory_back_all_the_same() {
    for arena in arenas() {
        let log = DropLog::default();
        let boxed = FrameBox::new_in(log.panicking_value(1), &arena);
        assert_eq!(panic_text(|| drop(boxed)).as_deref(), Some("drop of 1"));
        assert_eq!((log.take(), arena.stats().used_bytes), (vec![1], 0));
    }
}

#[test]
fn a_drop_may_use_the_arena_that_it_lies_in() {
    struct Noisy<'a>(&'a FrameArena);
    impl Drop for Noisy<'_> {
        fn drop(&mut self) {
            assert_eq!(self.0.alloc_str("last words"), "last words");
        }
    }
    for arena in arenas() {
        drop(FrameBox::new_in(Noisy(&arena), &arena));
        let kept = arena.alloc_slice_fill_with(10, |i| i);
        drop(FrameBox::new_in(Noisy(&arena), &arena));
        assert_eq!(kept, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
}

#[test]
fn a_tree_of_boxes_is_dropped_whole() {
    struct Node<'a> {
        _value: crate::support::Noted,
        _children: FrameVec<'a, FrameBox<'a, Node<'a>>>,
    }
    fn tree<'a>(depth: u32, log: &DropLog, arena: &'a FrameArena) -> FrameBox<'a, Node<'a>> {
        let children = (0..depth).map(|_| tree(depth - 1, log, arena));
        let _children = FrameVec::from_iter_in(children, arena);
        FrameBox::new_in(Node { _value: log.value(depth), _children }, arena)
    }
    for arena in arenas() {
        let log = DropLog::default();
        drop(tree(4, &log, &arena));
        assert_eq!(log.take().len(), 1 + 4 + 12 + 24 + 24);
    }
}

#[test]
fn a_box_is_compared_printed_and_iterated_as_its_value() {
    let arena = FrameArena::new();
    let [small, large] = [1, 2].map(|n| FrameBox::new_in(n, &arena));
    assert!(small < large && small != large);
    assert_eq!(format!("{small} {large:?}"), "1 2");
    let mut steps: FrameBox<dyn Iterator<Item = i32>> =
        frame_box!(in &arena; (0..4).rev() => dyn Iterator<Item = i32>);
    assert_eq!(steps.next(), Some(3));
    assert_eq!(steps.collect::<Vec<_>>(), [2, 1, 0]);
}

#[test]
fn a_box_taken_apart_drops_nothing() {
    struct Undroppable;
    impl Drop for Undroppable {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    for arena in arenas() {
        let (_value, place) = FrameBox::into_raw(FrameBox::new_in((Undroppable, 1u64), &arena));
        assert!(std::ptr::eq(place, &arena));
        assert_eq!(arena.stats().used_bytes, 8);
    }
}

#[test]
fn boxes_in_a_set_keep_its_budget_right() {
    for mode in MODES {
        let budget = frame_arena::Budget::Refuse(64 << 10);
        let set = ThreadArenas::with_config(config(4_096, mode, budget));
        for round in 0..1_000 {
            let boxed = FrameBox::try_new_in([round; 100], set.local()).unwrap();
            assert_eq!(boxed[99], round);
        }
    }
}

#[test]
fn a_panic_between_boxes_drops_those_that_are_there() {
    for arena in arenas() {
        let log = DropLog::default();
        let result = catch_unwind(AssertUnwindSafe(|| {
            let _first = FrameBox::new_in(log.value(1), &arena);
            let _second = FrameBox::new_in(log.value(2), &arena);
            panic!("in between");
        }));
        assert!(result.is_err());
        assert_eq!((log.take(), arena.stats().used_bytes), (vec![2, 1], 0));
    }
}

/// Boxes of many sizes, dropped, opened and leaked in any order while a vector grows between them.
#[test]
fn random_boxes_keep_their_values_under_a_budget_that_refuses() {
    #[repr(align(32))]
    struct Line<'a>(u64, FrameVec<'a, u64>);
    for (seed, mut arena) in [1, 2, 3].into_iter().zip(poor_arenas(1_000)) {
        let mut numbers = numbers(seed);
        for _ in 0..100 {
            let log = DropLog::default();
            let (mut noted, mut made) = (Vec::new(), 0);
            let mut lines: Vec<FrameBox<Line>> = Vec::new();
            let mut leaked: Vec<(&mut u64, u64)> = Vec::new();
            for number in numbers.by_ref().take(60) {
                let value = number / 16;
                let used_bytes = arena.stats().used_bytes;
                let is_refused = match number % 16 {
                    0..4 => {
                        made += 1;
                        let new = FrameBox::try_new_in(log.value(value as u32), &arena);
                        new.map(|boxed| noted.push((boxed, value as u32))).is_err()
                    }
                    4..7 => {
                        let line = Line(value, FrameVec::new_in(&arena));
                        FrameBox::try_new_in(line, &arena).map(|boxed| lines.push(boxed)).is_err()
                    }
                    7 => FrameBox::try_new_in(value, &arena)
                        .map(|boxed| leaked.push((FrameBox::leak(boxed), value)))
                        .is_err(),
                    8 | 9 if !noted.is_empty() => {
                        let (boxed, value) = noted.swap_remove(value as usize % noted.len());
                        assert_eq!(FrameBox::into_inner(boxed).number, value);
                        false
                    }
                    10 if !noted.is_empty() => {
                        drop(noted.swap_remove(value as usize % noted.len()));
                        false
                    }
                    11 | 12 if !lines.is_empty() => {
                        drop(lines.swap_remove(value as usize % lines.len()));
                        false
                    }
                    _ => lines.last_mut().is_some_and(|line| {
                        let more = std::iter::repeat_n(line.0, value as usize % 9);
                        line.1.try_extend(more).is_err() && line.1.is_empty()
                    }),
                };
                if is_refused {
                    assert_eq!(arena.stats().used_bytes, used_bytes);
                }
                assert!(noted.iter().all(|(boxed, value)| boxed.number == *value));
                assert!(lines.iter().all(|line| (&raw const **line).addr() % 32 == 0));
                assert!(lines.iter().all(|line| line.1.iter().all(|value| *value == line.0)));
                assert!(leaked.iter().all(|(place, value)| **place == *value));
                assert!(arena.stats().used_bytes <= 1_000);
            }
            drop((noted, lines, leaked));
            assert_eq!(log.take().len(), made);
            arena.reset();
        }
    }
}
