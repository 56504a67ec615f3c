//! `FrameVec` beyond what the arena's model asks.

use std::cell::Cell;
use std::ops::{Bound, RangeBounds};

use frame_arena::{FrameArena, FrameString, FrameVec, VecIntoIter, frame_format, frame_vec};

use crate::support::{DropLog, Noted, panic_text};
use crate::{arenas, numbers, poor_arenas};

/// Takes no bytes, and more alignment than a byte's.
#[repr(align(64))]
struct Token;

thread_local! {
    static DROP_COUNT: Cell<u32> = const { Cell::new(0) };
}

impl Drop for Token {
    fn drop(&mut self) {
        assert!(std::ptr::from_ref(self).addr().is_multiple_of(64));
        DROP_COUNT.set(DROP_COUNT.get() + 1);
    }
}

#[test]
fn elements_without_bytes_leave_at_both_ends_each_once() {
    for arena in arenas() {
        DROP_COUNT.set(0);
        let mut tokens = FrameVec::from_iter_in((0..7).map(|_| Token), &arena).into_iter();
        assert!(tokens.next().is_some() && tokens.next_back().is_some());
        assert_eq!((tokens.len(), tokens.as_slice().len()), (5, 5));
        assert_eq!(tokens.by_ref().rev().take(10).count(), 5);
        assert!(tokens.next_back().is_none());
        let mut others = FrameVec::from_iter_in((0..3).map(|_| Token), &arena).into_iter();
        drop(others.next());
        drop(others);
        assert_eq!(DROP_COUNT.get(), 10);
    }
}

#[test]
fn what_is_left_of_an_iterator_by_value_can_be_seen_and_changed() {
    for arena in arenas() {
        let mut names =
            frame_vec![in &arena; String::from("orc"), "wolf".into(), "elf".into()].into_iter();
        assert_eq!(names.next_back().as_deref(), Some("elf"));
        names.as_mut_slice()[1].push('s');
        assert_eq!(format!("{names:?}"), r#"VecIntoIter(["orc", "wolfs"])"#);
        assert!(names.eq(["orc", "wolfs"]));
    }
}

#[test]
fn a_clone_of_an_iterator_by_value_is_in_the_arena_or_panics_with_the_reason() {
    for arena in poor_arenas(70) {
        let numbers: VecIntoIter<u64> = frame_vec![in &arena; 1, 2, 3, 4].into_iter();
        assert!(numbers.clone().rev().eq([4, 3, 2, 1]));
        assert!(numbers.clone().eq([1, 2, 3, 4]));
        arena.alloc([0u64; 2]);
        let text = panic_text(|| drop(numbers.clone())).unwrap();
        assert!(text.starts_with("test arena over budget: 32 B requested"), "{text}");
    }
}

#[test]
fn what_cannot_be_inserted_comes_back_and_the_vector_is_as_it_was() {
    for arena in poor_arenas(16) {
        let mut names = frame_vec![in &arena; 1u64];
        names.try_insert(0, 2).unwrap();
        assert_eq!(names.try_insert(1, 3).unwrap_err().into_value(), 3);
        let text = panic_text(|| names.insert(3, 4)).unwrap();
        assert_eq!(text, "insertion index 3 is over the length 2");
        assert_eq!((&names[..], arena.stats().used_bytes), (&[2, 1][..], 16));
    }
}

/// A range that answers otherwise when it is asked again.
struct Fickle(Cell<bool>);

impl RangeBounds<usize> for Fickle {
    fn start_bound(&self) -> Bound<&usize> {
        if self.0.replace(true) { Bound::Included(&1_000) } else { Bound::Included(&1) }
    }

    fn end_bound(&self) -> Bound<&usize> {
        if self.0.replace(true) { Bound::Excluded(&2) } else { Bound::Excluded(&2_000) }
    }
}

#[test]
fn a_range_is_asked_once_what_to_drain() {
    for arena in arenas() {
        let mut names = frame_vec![in &arena; String::from("a"), "b".into(), "c".into()];
        assert!(names.drain(Fickle(Cell::new(false))).eq(["b"]));
        assert_eq!(names.drain(1..).next_back().as_deref(), Some("c"));
        let reversed = (Bound::Excluded(0), Bound::Excluded(0));
        assert!(panic_text(|| drop(names.drain(reversed))).is_some());
        assert!(panic_text(|| drop(names.drain(..2))).is_some());
        assert!(names.iter().eq(["a"]));
    }
}

#[test]
fn a_length_that_is_refused_changes_nothing() {
    for arena in poor_arenas(32) {
        let mut heights = frame_vec![in &arena; 1u64, 2];
        assert_eq!(
            (heights.try_resize(4, 3).is_ok(), heights.try_resize(5, 0).is_ok()),
            (true, false)
        );
        assert!(heights.try_resize(usize::MAX, 0).is_err());
        assert_eq!(heights, [1, 2, 3, 3]);
        heights.resize(1, 0);
        assert_eq!(heights, [1]);
    }
}

#[test]
fn elements_move_from_vector_to_vector_each_once() {
    for (arena, other) in arenas().zip(arenas().map(|_| FrameArena::new())) {
        let log = DropLog::default();
        let mut all = FrameVec::from_iter_in((0..4).map(|n| log.value(n)), &arena);
        let mut more = FrameVec::from_iter_in((4..6).map(|n| log.value(n)), &other);
        let (all_room, more_room) = (all.capacity(), more.capacity());
        all.append(&mut more);
        assert_eq!((all.len(), more.len(), more.capacity()), (6, 0, more_room));
        let rest = all.split_off(1);
        assert!(rest.iter().map(|value| value.number).eq(1..6) && all.capacity() >= all_room);
        assert_eq!((all.split_off(1).len(), all.split_off(0).len()), (0, 1));
        assert_eq!((log.take(), all.len()), (vec![0], 0));
        assert_eq!(panic_text(|| drop(all.split_off(1))).unwrap(), SPLIT_TEXT);
        drop(rest);
        assert_eq!(log.take(), [1, 2, 3, 4, 5]);
    }
}

const SPLIT_TEXT: &str = "split_off index 1 is over the length 0";

#[test]
fn what_cannot_be_moved_stays_where_it_was() {
    for (arena, rich) in poor_arenas(48).zip(arenas()) {
        let mut few = frame_vec![in &arena; 1u64, 2, 3];
        let mut many = frame_vec![in &rich; 4u64, 5, 6, 7];
        assert!(few.try_append(&mut many).is_err());
        assert!(panic_text(|| few.append(&mut many)).unwrap().contains("over budget"));
        few.reserve_exact(3);
        assert_eq!((few.capacity(), few.try_split_off(2).is_err()), (6, true));
        assert!(panic_text(|| few.reserve_exact(4)).unwrap().contains("over budget"));
        assert!(few.try_reserve_exact(usize::MAX).is_err());
        assert_eq!((&*few, &*many), (&[1, 2, 3][..], &[4, 5, 6, 7][..]));
    }
}

#[test]
fn elements_without_bytes_are_moved_and_dropped_each_once() {
    for arena in arenas() {
        DROP_COUNT.set(0);
        let mut tokens = FrameVec::from_iter_in((0..7).map(|_| Token), &arena);
        let mut rest = tokens.split_off(2);
        assert_eq!((tokens.len(), rest.len(), DROP_COUNT.get()), (2, 5, 0));
        tokens.append(&mut rest);
        let mut count = 0;
        tokens.retain_mut(|_| {
            count += 1;
            count % 2 == 0
        });
        assert_eq!((tokens.len(), rest.len(), DROP_COUNT.get()), (3, 0, 4));
        drop(tokens);
        assert_eq!((DROP_COUNT.get(), arena.stats().used_bytes), (7, 0));
    }
}

#[test]
fn a_panic_while_choosing_what_to_keep_neither_loses_nor_doubles() {
    for arena in arenas() {
        let log = DropLog::default();
        let mut values = FrameVec::from_iter_in((0..6).map(|n| log.value(n)), &arena);
        let keep = |value: &mut Noted| {
            assert_ne!(value.number, 3, "cannot choose");
            value.number += 10;
            value.number != 11
        };
        assert!(panic_text(|| values.retain_mut(keep)).is_some());
        assert_eq!(log.take(), [11]);
        assert!(values.iter().map(|value| value.number).eq([10, 12, 3, 4, 5]));
        drop(values);
        assert_eq!(log.take(), [10, 12, 3, 4, 5]);
    }
}

/// A node of a tree, with which the derive asks that its fields can be cloned.
#[derive(Clone)]
struct Node<'a> {
    name: FrameString<'a>,
    children: FrameVec<'a, Node<'a>>,
}

#[test]
fn a_clone_is_in_the_same_arena_and_of_its_own() {
    for arena in arenas() {
        let name = |name| frame_format!(in &arena, "{name}");
        let leaf = Node { name: name("leaf"), children: frame_vec![in &arena] };
        let mut tree = Node { name: name("root"), children: frame_vec![in &arena; leaf] };
        let copy = tree.clone();
        tree.children[0].name.push_str(" of another name");
        assert!(std::ptr::eq(copy.children.arena(), &arena));
        assert_eq!((&*copy.name, &*copy.children[0].name), ("root", "leaf"));
    }
}

#[test]
fn a_clone_that_is_refused_panics_with_the_reason() {
    for arena in poor_arenas(40) {
        let numbers = frame_vec![in &arena; 1u64, 2, 3];
        let text = panic_text(|| drop(numbers.clone())).unwrap();
        assert!(text.starts_with("test arena over budget: 24 B requested"), "{text}");
    }
}

/// As `Vec`, with refusals that change nothing, whatever the budget.
#[test]
fn behaves_like_the_standard_vector_until_refused_and_after() {
    for (seed, arena) in [1, 2, 3].into_iter().zip(poor_arenas(3_000)) {
        let log = DropLog::default();
        let make = |n: u64| log.value(n as u32 % 10);
        let mut vec = FrameVec::new_in(&arena);
        let mut other = FrameVec::new_in(&arena);
        let (mut model, mut other_model) = (Vec::new(), Vec::<u32>::new());
        let mut numbers = numbers(seed);
        for number in numbers.by_ref().take(3_000) {
            let at = if model.is_empty() { 0 } else { number as usize / 16 % model.len() };
            let few = number as usize / 64 % 5;
            let items = || (number..).take(few);
            match number % 12 {
                0 => {
                    if vec.try_push(make(number)).is_ok() {
                        model.push(number as u32 % 10);
                    }
                }
                1 => {
                    if vec.try_insert(at, make(number)).is_ok() {
                        model.insert(at, number as u32 % 10);
                    }
                }
                2 | 3 => match vec.try_extend(items().map(make)) {
                    Ok(()) => model.extend(items().map(|n| n as u32 % 10)),
                    Err(refused) => {
                        assert!(vec.len() >= model.len());
                        let appended = vec.len() - model.len();
                        model.extend(items().map(|n| n as u32 % 10).take(appended));
                        assert_eq!(
                            refused.into_value().number,
                            (number + appended as u64) as u32 % 10
                        );
                    }
                },
                4 => {
                    if !model.is_empty() {
                        assert_eq!(vec.remove(at).number, model.remove(at));
                    }
                }
                5 => {
                    if !model.is_empty() {
                        assert_eq!(vec.swap_remove(at).number, model.swap_remove(at));
                    }
                }
                6 => {
                    let end = (at + few).min(model.len());
                    let left = vec.drain(at..end).map(|value| value.number).collect::<Vec<_>>();
                    assert_eq!(left, model.drain(at..end).collect::<Vec<_>>());
                }
                7 => {
                    let is_kept = |n: u32| n % 10 != few as u32;
                    vec.retain_mut(|value| is_kept(value.number));
                    model.retain_mut(|n| is_kept(*n));
                }
                8 => {
                    if let Ok(rest) = vec.try_split_off(at) {
                        other = rest;
                        other_model = model.split_off(at);
                    }
                }
                9 | 10 => {
                    if vec.try_append(&mut other).is_ok() {
                        model.append(&mut other_model);
                    }
                }
                _ => {
                    vec.dedup_by_key(|value| value.number);
                    model.dedup();
                }
            }
            assert!(vec.iter().map(|value| value.number).eq(model.iter().copied()));
            assert!(other.iter().map(|value| value.number).eq(other_model.iter().copied()));
            assert!(vec.capacity() >= vec.len() && arena.stats().used_bytes <= 3_000);
        }
        log.take();
        drop((vec, other));
        assert_eq!(log.take().len(), model.len() + other_model.len(), "{seed}");
    }
}
