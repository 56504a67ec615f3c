//! Traced mode: what was allocated, by whom, and where.

use std::cell::Cell;
use std::fmt::{self, Write};
use std::hash::{Hash, Hasher};
use std::panic::Location;

use frame_arena::{
    ArenaConfig, ArenaMode, FrameArena, FrameMap, FrameString, FrameTrace, FrameVec, ThreadArenas,
    TraceEntry,
};

use crate::support::panic_text;

fn traced() -> FrameArena {
    let config =
        ArenaConfig { mode: ArenaMode::Traced, capacity_bytes: 4_096, ..ArenaConfig::default() };
    FrameArena::with_config(config)
}

fn entry<'a>(trace: &'a FrameTrace, type_name: &str) -> &'a TraceEntry {
    let mut found = trace.entries.iter().filter(|entry| entry.type_name == type_name);
    let entry = found.next().unwrap_or_else(|| panic!("{type_name} in\n{trace}"));
    assert!(found.next().is_none(), "one line for {type_name} in\n{trace}");
    entry
}

#[track_caller]
fn line() -> u32 {
    Location::caller().line()
}

#[test]
fn values_and_slices_are_noted_with_type_place_and_elements() {
    let arena = traced();
    let value_line = line() + 1;
    (0..5u64).for_each(|n| _ = arena.alloc(n));
    arena.alloc_slice_from_iter(0..7u32);
    let trace = arena.trace();
    let values = entry(&trace, "u64");
    assert_eq!((values.call_count, values.element_count, values.bytes), (5, 5, 40));
    assert_eq!((values.file, values.line), (file!(), value_line));
    let slice = entry(&trace, "u32");
    assert_eq!((slice.call_count, slice.element_count, slice.bytes), (1, 7, 32));
}

#[test]
fn values_without_bytes_and_values_to_drop_are_noted_too() {
    let arena = traced();
    arena.alloc(());
    arena.alloc_drop(String::from("x"));
    let trace = arena.trace();
    assert_eq!(entry(&trace, "()").call_count, 1);
    assert_eq!(entry(&trace, "alloc::string::String").call_count, 1);
    assert_eq!(arena.stats().alloc_count, 2);
}

/// The count overflowed, which in a debug build is a panic.
#[test]
fn no_number_of_elements_without_bytes_is_too_much_for_the_count() {
    let arena = traced();
    (0..3).for_each(|_| _ = arena.alloc_slice_uninit::<()>(usize::MAX));
    let trace = arena.trace();
    assert_eq!(entry(&trace, "()").element_count, u64::MAX);
    arena.alloc(());
    assert_eq!(arena.trace().by_type()[0].element_count, u64::MAX);
}

#[test]
fn a_growing_vector_is_one_line_of_its_own_type_at_the_push() {
    let arena = traced();
    let mut vec = FrameVec::new_in(&arena);
    let push_line = line() + 1;
    (0..100u16).for_each(|n| vec.push(n));
    let trace = arena.trace();
    let line = entry(&trace, "u16");
    assert_eq!((line.file, line.line), (file!(), push_line));
    // Grown in place to 128 elements: one allocation.
    assert_eq!((line.call_count, line.bytes), (1, 256));
    assert_eq!(line.element_count, 65); // For which it grew from 64 to 128.
    assert_eq!(trace.spans.len(), 1);
    assert_eq!(trace.spans[0].bytes, 256);
}

#[test]
fn a_map_is_noted_as_its_pairs() {
    let arena = traced();
    let mut map = FrameMap::new_in(&arena);
    map.insert(1u32, 2u64);
    assert!(entry(&arena.trace(), "(u32, u64)").bytes > 0);
}

/// Lines of this crate stood for what maps took, and for vectors from iterators of unknown length.
/// The next allocation passed for the map's.
#[test]
fn a_map_whose_key_panics_while_it_makes_room_gives_its_name_to_nothing_else() {
    thread_local!(static IS_PANICKING: Cell<bool> = const { Cell::new(false) });
    #[derive(PartialEq, Eq)]
    struct Key(u32);
    impl Hash for Key {
        fn hash<H: Hasher>(&self, state: &mut H) {
            assert!(!IS_PANICKING.get(), "this key has no hash");
            state.write_u32(self.0);
        }
    }
    let arena = traced();
    let mut map = FrameMap::from_iter_in((0..28).map(|key| (Key(key), ())), &arena);
    (0..20).for_each(|key| _ = map.remove(&Key(key)));
    let mut key = 28;
    while map.len() < map.capacity() {
        map.insert(Key(key), ());
        map.remove(&Key(key - 8));
        key += 1;
    }
    IS_PANICKING.set(true); // It is full of what was removed, and sorts its keys anew in place.
    assert_eq!(panic_text(|| map.reserve(1)).as_deref(), Some("this key has no hash"));
    arena.alloc(1.5f32);
    assert_eq!(entry(&arena.trace(), "f32").call_count, 1);
}

#[test]
fn whatever_a_collection_takes_is_noted_at_its_callers_place() {
    let arena = traced();
    let mut map = FrameMap::new_in(&arena);
    (0..50u8).for_each(|key| _ = map.insert(key, key));
    (50..99).for_each(|key| _ = map.entry(key).or_insert(key));
    (100..150).for_each(|key| _ = map.try_entry(key).unwrap().or_insert(key));
    map.extend([(200, 1)]);
    let mut text = FrameString::new_in(&arena);
    text.try_push('x').unwrap();
    FrameVec::from_iter_in((0..50u16).filter(|n| n % 2 == 0), &arena).insert(7, 7);
    for entry in arena.trace().entries {
        assert_eq!(entry.file, file!(), "{entry:?}");
    }
}

/// A line of this crate stood for the text, both where it began and where it moved to.
#[test]
fn text_that_is_written_is_noted_at_its_writers_place() {
    let arena = traced();
    let mut text = FrameString::new_in(&arena);
    let write_line = line() + 1;
    write!(text, "{}", 1).unwrap();
    text.clear();
    write!(&mut text, "{:100}", 2).unwrap();
    text.write_char('x').unwrap();
    let long = "long".repeat(100);
    let fmt_line = line() + 1;
    arena.alloc_fmt(format_args!("{}{}{long}", Allocating(&arena), 1));
    let lines: Vec<u32> = arena.trace().entries.iter().map(|entry| entry.line).collect();
    assert!(lines.contains(&write_line) && lines.contains(&fmt_line), "{lines:?}");
    for entry in arena.trace().entries {
        assert_eq!(entry.file, file!(), "{entry:?}");
    }
}

/// Shows itself by an allocation of its own, behind which the text cannot grow in place.
struct Allocating<'a>(&'a FrameArena);

impl fmt::Display for Allocating<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.alloc(1u8);
        f.write_str("text")
    }
}

#[test]
fn a_foreign_collection_is_noted_as_such() {
    let arena = traced();
    let mut vec = allocator_api2::vec::Vec::new_in(&arena);
    vec.push(1u8);
    assert_eq!(arena.trace().entries[0].type_name, "(foreign collection)");
}

#[test]
fn spans_cover_the_used_bytes_without_overlap_over_several_blocks() {
    let arena = traced();
    let mut vec = FrameVec::new_in(&arena);
    for n in 0..2_000u64 {
        arena.alloc(n as u8);
        vec.push(n);
    }
    let trace = arena.trace();
    let mut end = 0;
    for span in &trace.spans {
        assert!(span.offset_bytes >= end, "{span:?} overlaps what ends at {end}");
        end = span.offset_bytes + span.bytes;
    }
    assert_eq!(end, arena.stats().used_bytes);
    assert!(arena.stats().block_count > 1);
}

#[test]
fn what_is_given_back_leaves_the_map() {
    let arena = traced();
    arena.alloc(1u64);
    drop(FrameVec::from_iter_in(0..50u32, &arena));
    assert_eq!(arena.trace().spans.len(), 1);
    let slice = FrameVec::from_iter_in((0..50u32).filter(|n| n % 2 == 0), &arena).into_slice();
    assert_eq!(slice.len(), 25);
    let trace = arena.trace();
    assert_eq!(trace.spans.last().unwrap().bytes, 104);
    assert_eq!(trace.spans.iter().map(|span| span.bytes).sum::<usize>(), arena.stats().used_bytes);
}

#[test]
fn a_trace_ends_with_its_frame_and_with_its_mode() {
    let mut arena = traced();
    arena.alloc(1u64);
    arena.reset();
    assert_eq!(arena.trace(), FrameTrace::default());
    arena.set_mode(ArenaMode::Bump);
    arena.alloc(1u64);
    assert_eq!(arena.trace(), FrameTrace::default());
}

#[test]
fn figures_are_those_of_an_untraced_frame() {
    let work = |arena: &FrameArena| {
        let mut vec = FrameVec::new_in(arena);
        for n in 0..500u32 {
            vec.push(n);
            arena.alloc_fmt(format_args!("#{n}"));
        }
        arena.alloc_slice_copy(&vec[..]);
    };
    let plain = FrameArena::with_capacity(4_096);
    let noted = traced();
    work(&plain);
    work(&noted);
    assert_eq!(plain.stats(), noted.stats());
}

#[test]
fn by_type_adds_places_up_the_most_bytes_first() {
    let arena = traced();
    arena.alloc_slice_copy(&[0u8; 64]);
    arena.alloc(1u64);
    arena.alloc_slice_copy(&[0u8; 64]);
    let sums = arena.trace().by_type();
    assert_eq!((sums[0].type_name, sums[0].call_count, sums[0].bytes), ("u8", 2, 128));
    assert_eq!((sums[1].type_name, sums[1].bytes), ("u64", 8));
}

#[test]
fn a_sets_trace_holds_all_threads() {
    let config = ArenaConfig { mode: ArenaMode::Traced, ..ArenaConfig::default() };
    let mut set = ThreadArenas::with_config(config);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| _ = set.local().alloc(1u64));
        }
    });
    let trace = set.trace();
    assert_eq!(entry(&trace, "u64").call_count, 3);
    assert_eq!(trace.spans.len(), 3);
    set.begin_frame();
    assert_eq!(set.trace(), FrameTrace::default());
}
