//! `FrameVec` beyond what the arena's model asks.

use std::cell::Cell;
use std::ops::{Bound, RangeBounds};

use frame_arena::{FrameString, FrameVec, VecIntoIter, frame_format, frame_vec};

use crate::support::panic_text;
use crate::{arenas, poor_arenas};

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
