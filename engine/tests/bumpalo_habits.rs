//! What users of bumpalo rely on, kept here; and where this crate differs, what it does instead.
//!
//! The differences stand as a table in ARCHITECTURE.md, "From bumpalo".

use std::alloc::Layout;
use std::cell::Cell;
use std::fmt::Write;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::from_ref;
use std::sync::Arc;
use std::thread;

use allocator_api2::alloc::Allocator;
use frame_arena::heap::{Counting, assert_no_heap_calls};
use frame_arena::{
    AllocError, ArenaConfig, Budget, FrameArena, FrameBox, FrameMap, FrameString, FrameVec,
    TypedArena, frame_box, frame_format, frame_vec,
};

#[global_allocator]
static HEAP: Counting = Counting::system();

fn address<T: ?Sized>(value: &T) -> usize {
    from_ref(value).addr()
}

fn refusing(budget_bytes: usize) -> FrameArena {
    FrameArena::with_config(ArenaConfig {
        budget: Budget::Refuse(budget_bytes),
        ..ArenaConfig::named("test")
    })
}

// ---- single values ----

#[test]
fn values_of_many_types_lie_side_by_side_intact() {
    let arena = FrameArena::new();
    let byte = arena.alloc(1u8);
    let wide = arena.alloc(u128::MAX);
    let text = arena.alloc_str("orc");
    let pair = arena.alloc((2.5f32, 'x'));
    let list = arena.alloc_slice_copy(&[7u16; 5]);
    let none = arena.alloc(None::<&str>);
    assert_eq!((*byte, *wide, *pair, *none), (1, u128::MAX, (2.5, 'x'), None));
    assert_eq!((&*text, &*list), ("orc", &[7u16; 5][..]));
}

#[test]
fn a_write_through_one_reference_changes_no_other_value() {
    let arena = FrameArena::new();
    let mut values: Vec<&mut u32> = (0..1_000).map(|n| arena.alloc(n)).collect();
    for value in values.iter_mut().step_by(2) {
        **value += 1_000_000;
    }
    for (n, value) in (0..).zip(values) {
        assert_eq!(*value, if n % 2 == 0 { n + 1_000_000 } else { n });
    }
}

#[test]
fn two_values_can_be_swapped_through_their_references() {
    let arena = FrameArena::new();
    let (left, right) = (arena.alloc([1; 4]), arena.alloc([2; 4]));
    std::mem::swap(left, right);
    assert_eq!((left, right), (&mut [2; 4], &mut [1; 4]));
}

#[test]
fn every_type_keeps_its_alignment_after_a_byte() {
    let arena = FrameArena::new();
    for _ in 0..100 {
        arena.alloc(1u8);
        assert!(from_ref(arena.alloc(1u16)).is_aligned());
        arena.alloc_slice_copy(&[1u8; 3]);
        assert!(from_ref(arena.alloc(1u128)).is_aligned());
        arena.alloc_str("a");
        assert!(from_ref(arena.alloc(1.0f64)).is_aligned());
    }
}

#[repr(align(64))]
struct Line(u8);

#[repr(align(4096))]
struct Page(u8);

#[repr(align(65536))]
struct Huge(u8);

#[test]
fn large_alignments_are_kept_in_a_small_block() {
    let arena = FrameArena::with_capacity(64);
    for n in 0..5 {
        let (line, page) = (arena.alloc(Line(n)), arena.alloc_with(|| Page(n)));
        let huge = arena.alloc_with(|| Huge(n));
        assert_eq!((line.0, page.0, huge.0), (n, n, n));
        assert_eq!((address(line) % 64, address(page) % 4096, address(huge) % 65536), (0, 0, 0));
    }
}

#[test]
fn small_values_start_at_multiples_of_eight() {
    let arena = FrameArena::new();
    let [first, second] = [1u8, 2].map(|n| address(arena.alloc(n)));
    assert_eq!((first % 8, second - first), (0, 8));
    assert_eq!(arena.stats().used_bytes, 16);
}

#[test]
fn bytes_in_a_slice_are_packed() {
    let arena = FrameArena::new();
    assert_eq!(size_of_val(arena.alloc_slice_copy(&[1u8; 64])), 64);
    assert_eq!(arena.stats().used_bytes, 64);
}

#[test]
fn later_values_lie_at_higher_addresses() {
    let arena = FrameArena::new();
    let addresses: Vec<usize> = (0..100u64).map(|n| address(arena.alloc(n))).collect();
    assert!(addresses.windows(2).all(|pair| pair[1] == pair[0] + 8));
}

#[test]
fn values_without_bytes_take_no_memory() {
    #[derive(Debug, PartialEq)]
    struct Marker;
    let arena = refusing(0);
    for _ in 0..100_000 {
        assert_eq!(*arena.alloc(Marker), Marker);
        arena.alloc([0u64; 0]);
    }
    assert_eq!(arena.stats().used_bytes, 0);
}

#[test]
fn a_slice_of_values_without_bytes_has_its_length() {
    let arena = refusing(0);
    assert_eq!(arena.alloc_slice_fill_with(1_000_000, |_| ()).len(), 1_000_000);
    assert_eq!(arena.alloc_slice_copy::<u32>(&[]), [0u32; 0]);
}

#[test]
fn a_value_without_bytes_keeps_its_alignment() {
    #[repr(align(1024))]
    struct Corner;
    let arena = FrameArena::new();
    arena.alloc(1u8);
    assert_eq!(address(arena.alloc(Corner)) % 1024, 0);
}

// ---- closures ----

#[test]
fn a_closure_finds_the_place_of_its_value_taken() {
    let arena = FrameArena::new();
    let outer = arena.alloc_with(|| (1u64, &*arena.alloc(2u64)));
    assert_eq!((outer.0, *outer.1), (1, 2));
    assert!(address(outer) < address(outer.1));
}

#[test]
fn closures_nest_to_any_depth() {
    fn chain(arena: &FrameArena, depth: u32) -> &(u32, Option<u32>) {
        arena.alloc_with(|| (depth, (depth > 0).then(|| chain(arena, depth - 1).0)))
    }
    let arena = FrameArena::with_capacity(64);
    assert_eq!(*chain(&arena, 500), (500, Some(499)));
    assert_eq!(arena.stats().alloc_count, 501);
}

#[test]
fn a_refused_closure_does_not_run_and_comes_back() {
    let arena = refusing(8);
    let has_run = Cell::new(false);
    let make = || {
        has_run.set(true);
        [1u64; 2]
    };
    let make = arena.try_alloc_with(make).unwrap_err().into_value();
    assert!(!has_run.get());
    assert_eq!(make(), [1; 2]);
}

#[test]
fn a_refused_value_comes_back() {
    let refused = refusing(8).try_alloc([3u64; 2]).unwrap_err().into_value();
    assert_eq!(refused, [3; 2]);
}

#[test]
fn a_closure_that_panics_leaves_the_arena_in_order() {
    let arena = FrameArena::new();
    let before = arena.alloc(1u32);
    let result = catch_unwind(AssertUnwindSafe(|| _ = arena.alloc_with::<u32>(|| panic!("no"))));
    assert!(result.is_err());
    let after = arena.alloc(2u32);
    assert_eq!((*before, *after), (1, 2));
}

#[test]
fn a_fallible_value_is_made_first_and_an_error_takes_no_memory() {
    let arena = FrameArena::new();
    let parse = |text: &str| text.parse::<u64>().map(|number| &*arena.alloc(number));
    assert!(parse("nine").is_err());
    assert_eq!(arena.stats().used_bytes, 0);
    assert_eq!(parse("9"), Ok(&9));
    assert_eq!(arena.stats().used_bytes, size_of::<u64>());
}

// ---- slices ----

#[test]
fn a_copied_slice_is_apart_from_its_source() {
    let arena = FrameArena::new();
    let source = [1, 2, 3];
    let copy = arena.alloc_slice_copy(&source);
    copy[0] = 9;
    assert_eq!((source, &*copy), ([1, 2, 3], &[9, 2, 3][..]));
}

#[derive(Debug, PartialEq)]
struct Counted<'c>(&'c Cell<u32>);

impl Clone for Counted<'_> {
    fn clone(&self) -> Self {
        self.0.set(self.0.get() + 1);
        Self(self.0)
    }
}

#[test]
fn a_cloned_slice_clones_each_element_once() {
    let (arena, count) = (FrameArena::new(), Cell::new(0));
    let source = [Counted(&count), Counted(&count), Counted(&count)];
    assert_eq!(arena.alloc_slice_clone(&source), source);
    assert_eq!(count.get(), 3);
}

#[test]
fn a_slice_is_filled_from_its_indices() {
    let arena = FrameArena::new();
    assert_eq!(arena.alloc_slice_fill_with(5, |n| 5 - n), [5, 4, 3, 2, 1]);
}

#[test]
fn a_slice_is_filled_with_one_value_or_the_default() {
    let arena = FrameArena::new();
    assert_eq!(arena.alloc_slice_fill_with(4, |_| 'x'), ['x'; 4]);
    assert_eq!(arena.alloc_slice_fill_with(4, |_| <(i32, bool)>::default()), [(0, false); 4]);
}

#[test]
fn a_slice_is_filled_from_an_iterator_in_order() {
    let arena = FrameArena::new();
    let halves = arena.alloc_slice_from_iter([8, 6, 4].iter().map(|n| n / 2));
    assert_eq!(halves, [4, 3, 2]);
}

#[test]
fn an_iterator_may_allocate_from_the_same_arena() {
    let arena = FrameArena::with_capacity(64);
    let rows = arena.alloc_slice_from_iter(
        (0..100usize).map(|row| &*arena.alloc_slice_fill_with(row, |_| row)),
    );
    for (row, elements) in rows.iter().enumerate() {
        assert_eq!(*elements, vec![row; row]);
    }
}

struct Lying {
    promised: usize,
    given: std::ops::Range<usize>,
}

impl Iterator for Lying {
    type Item = usize;
    fn next(&mut self) -> Option<usize> {
        self.given.next()
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.promised, Some(self.promised))
    }
}

impl ExactSizeIterator for Lying {}

#[test]
fn a_short_iterator_gives_a_shorter_slice() {
    let arena = FrameArena::new();
    assert_eq!(arena.alloc_slice_from_iter(Lying { promised: 10, given: 0..3 }), [0, 1, 2]);
    assert_eq!(arena.stats().used_bytes, 3 * size_of::<usize>());
}

#[test]
fn a_long_iterator_is_stopped_at_its_promised_length() {
    let arena = FrameArena::new();
    assert_eq!(arena.alloc_slice_from_iter(Lying { promised: 2, given: 0..9 }), [0, 1]);
}

#[test]
fn a_fallible_fill_is_a_vector_that_gives_its_memory_back() {
    fn numbers<'a>(text: &str, arena: &'a FrameArena) -> Option<&'a mut [u32]> {
        let mut numbers = FrameVec::new_in(arena);
        for word in text.split(' ') {
            numbers.push(word.parse().ok()?);
        }
        Some(numbers.into_slice())
    }
    let arena = FrameArena::new();
    assert_eq!(numbers("1 2 x", &arena), None);
    assert_eq!(arena.stats().used_bytes, 0);
    assert_eq!(numbers("1 2 3", &arena).unwrap(), [1, 2, 3]);
}

#[test]
fn memory_by_layout_comes_through_the_allocator_trait() {
    let arena = FrameArena::new();
    let layout = Layout::from_size_align(100, 128).unwrap();
    let memory = (&arena).allocate(layout).unwrap();
    assert_eq!((memory.len(), memory.cast::<u8>().addr().get() % 128), (100, 0));
}

#[test]
fn room_for_a_slice_can_be_taken_first_and_written_later() {
    let arena = FrameArena::new();
    let slots: &mut [MaybeUninit<u32>] = arena.alloc_slice_uninit(3);
    let after = arena.alloc(9u32);
    assert_eq!((slots.write_copy_of_slice(&[1, 2, 3]), after), (&mut [1, 2, 3][..], &mut 9));
}

// ---- text ----

#[test]
fn text_is_copied_and_can_be_changed_in_place() {
    let arena = FrameArena::new();
    let text = arena.alloc_str("größer");
    text.make_ascii_uppercase();
    assert_eq!((&*text, &*arena.alloc_str("")), ("GRößER", ""));
}

#[test]
fn formatted_text_outlives_what_it_was_made_of() {
    let arena = FrameArena::new();
    let label = {
        let name = String::from("orc");
        arena.alloc_fmt(format_args!("{name:>5} {:03}", 7))
    };
    assert_eq!(label, "  orc 007");
}

#[test]
fn a_string_grows_and_becomes_a_plain_reference() {
    let arena = FrameArena::new();
    let mut text = FrameString::new_in(&arena);
    for n in 0..100 {
        text.push_str(if n % 2 == 0 { "ab" } else { "ü" });
    }
    let text: &str = text.into_str();
    assert_eq!((text.len(), text.chars().count()), (200, 150));
    assert_eq!(frame_format!(in &arena, "{}-{}", &text[..4], 1), "abü-1");
}

#[test]
fn text_is_written_through_the_standard_trait() {
    let arena = FrameArena::new();
    let mut text = FrameString::new_in(&arena);
    write!(text, "{}, ", 1).unwrap();
    writeln!(text, "{:?}", [2, 3]).unwrap();
    assert_eq!(text, "1, [2, 3]\n");
}

// ---- blocks ----

#[test]
fn growth_leaves_earlier_values_where_they_are() {
    let arena = FrameArena::with_capacity(64);
    let values: Vec<&[usize; 4]> = (0..10_000).map(|n| &*arena.alloc([n; 4])).collect();
    assert!(arena.stats().block_count > 1);
    assert!((0..).zip(values).all(|(n, value)| *value == [n; 4]));
}

#[test]
fn an_allocation_may_be_larger_than_the_block() {
    let arena = FrameArena::with_capacity(64);
    let small = arena.alloc(1u8);
    let large = arena.alloc_slice_fill_with(3_000_000, |n| n as u8);
    assert_eq!((*small, large[2_999_999]), (1, 2_999_999u32 as u8));
}

#[test]
fn very_many_allocations_add_up() {
    let arena = FrameArena::with_capacity(64);
    let values: Vec<&u64> = (0..1_000_000).map(|n| &*arena.alloc(n)).collect();
    assert_eq!(values.into_iter().sum::<u64>(), 499_999_500_000);
    assert_eq!(arena.stats().alloc_count, 1_000_000);
}

#[test]
fn an_arena_takes_no_memory_before_its_first_use() {
    let arena = assert_no_heap_calls(FrameArena::new);
    assert_eq!((arena.stats().reserved_bytes, arena.room_bytes()), (0, 0));
}

#[test]
fn the_capacity_asked_for_is_there_without_a_heap_call() {
    for capacity_bytes in [1, 100, 4_096, 1_000_000] {
        let arena = FrameArena::try_with_capacity(capacity_bytes).unwrap();
        assert!(arena.room_bytes() >= capacity_bytes);
        assert_no_heap_calls(|| _ = arena.alloc_slice_uninit::<u8>(capacity_bytes));
        assert_eq!(arena.stats().block_count, 1);
    }
}

#[test]
fn the_room_left_shrinks_by_what_is_used() {
    let arena = FrameArena::with_capacity(1_000);
    let before = arena.room_bytes();
    arena.alloc([1u64; 4]);
    assert_eq!(arena.room_bytes(), before - 32);
    arena.alloc_slice_fill_with(before - 32, |_| 0u8);
    assert!(arena.room_bytes() < 8);
}

#[test]
fn used_and_reserved_bytes_are_two_figures() {
    let arena = FrameArena::with_capacity(10_000);
    arena.alloc([0u32; 5]);
    let stats = arena.stats();
    assert_eq!(stats.used_bytes, 24);
    assert!(stats.reserved_bytes >= 10_000);
}

// ---- reset ----

#[test]
fn reset_gives_the_same_memory_again_without_a_heap_call() {
    let mut arena = FrameArena::new();
    let first = address(arena.alloc([1u64; 100]));
    for _ in 0..10 {
        assert_no_heap_calls(|| {
            arena.reset();
            assert_eq!(address(arena.alloc([2u64; 100])), first);
        });
    }
}

#[test]
fn reset_after_growth_leaves_one_block_for_the_whole_frame() {
    let mut arena = FrameArena::with_capacity(64);
    let frame = |arena: &FrameArena| (0..5_000u64).for_each(|n| _ = arena.alloc(n));
    frame(&arena);
    arena.reset();
    assert_eq!(arena.stats().block_count, 1);
    assert_no_heap_calls(|| frame(&arena));
}

#[test]
fn reset_of_an_arena_never_used_is_harmless() {
    let mut arena = FrameArena::new();
    assert_no_heap_calls(|| arena.reset());
    arena.reset();
    assert_eq!(*arena.alloc(1), 1);
}

// ---- refusals ----

#[test]
fn try_forms_answer_impossible_sizes_with_an_error() {
    let arena = FrameArena::with_capacity(64);
    let huge = usize::MAX / 2;
    assert!(matches!(arena.try_alloc_slice_uninit::<u64>(huge), Err(AllocError::TooLarge { .. })));
    assert!(arena.try_alloc_slice_uninit::<u8>(huge).is_err());
    assert!(arena.try_alloc_slice_fill_with(huge, |_| 1u64).is_err());
    assert!(FrameArena::try_with_capacity(huge).is_err());
    assert!(FrameVec::<u64>::try_with_capacity_in(huge, &arena).is_err());
    assert!(FrameVec::<u8>::new_in(&arena).try_reserve(huge).is_err());
    assert!(FrameString::try_with_capacity_in(huge, &arena).is_err());
}

#[test]
fn every_try_form_answers_a_full_arena_with_an_error() {
    let arena = refusing(8);
    assert!(arena.try_alloc([1u8; 9]).is_err());
    assert!(arena.try_alloc_with(|| [1u8; 9]).is_err());
    assert!(arena.try_alloc_drop(String::new()).is_err());
    assert!(arena.try_alloc_slice_copy(&[1u8; 9]).is_err());
    assert!(arena.try_alloc_slice_clone(&[Some(1u64); 9]).is_err());
    assert!(arena.try_alloc_slice_from_iter([1u8; 9]).is_err());
    assert!(arena.try_alloc_str("123456789").is_err());
    assert!(arena.try_alloc_fmt(format_args!("{:9}", 1)).is_err());
    assert_eq!(arena.try_alloc(1u64).ok(), Some(&mut 1));
}

#[test]
#[should_panic(expected = "test arena over budget: 16 B requested, 0 of 8 B used")]
fn plain_forms_panic_with_the_reason() {
    refusing(8).alloc([1u64; 2]);
}

#[test]
fn a_limit_counts_what_is_handed_out_and_not_blocks() {
    let arena = refusing(100);
    let count = (0..).take_while(|_| arena.try_alloc(1u64).is_ok()).count();
    assert_eq!(count, 12);
}

#[test]
fn a_limit_set_later_holds_inside_the_present_block() {
    let mut arena = FrameArena::with_capacity(4_096);
    arena.alloc(1u64);
    arena.set_budget(Budget::Refuse(16));
    assert!(arena.try_alloc(1u64).is_ok());
    assert!(arena.try_alloc(1u64).is_err());
    arena.set_budget(Budget::Unlimited);
    assert!(arena.try_alloc(1u64).is_ok());
}

#[test]
fn a_limit_is_told_apart_from_a_system_without_memory() {
    let limited = refusing(8).try_alloc([1u64; 2]).unwrap_err();
    assert!(matches!(limited.error(), AllocError::OverBudget { budget_bytes: 8, .. }));
    let refused = FrameArena::new().try_alloc_slice_uninit::<u8>(isize::MAX as usize).unwrap_err();
    assert!(!matches!(refused, AllocError::OverBudget { .. }));
}

#[test]
fn a_full_arena_serves_smaller_wishes_and_all_again_after_reset() {
    let mut arena = refusing(24);
    for _ in 0..3 {
        arena.alloc([1u64; 2]);
        assert!(arena.try_alloc([1u64; 2]).is_err());
        assert!(arena.try_alloc(1u64).is_ok());
        arena.reset();
    }
}

// ---- values that refer to each other ----

#[test]
fn values_may_refer_to_each_other_in_a_circle() {
    struct Room<'a> {
        number: u32,
        next: Cell<Option<&'a Room<'a>>>,
    }
    let arena = FrameArena::new();
    let [first, second] =
        [1, 2].map(|number| &*arena.alloc(Room { number, next: Cell::new(None) }));
    first.next.set(Some(second));
    second.next.set(Some(first));
    let round = first.next.get().and_then(|room| room.next.get());
    assert_eq!(round.map(|room| room.number), Some(1));
}

#[test]
fn a_value_may_refer_to_itself() {
    struct Own<'a>(Cell<Option<&'a Own<'a>>>);
    let arena = FrameArena::new();
    let own = &*arena.alloc(Own(Cell::new(None)));
    own.0.set(Some(own));
    assert!(own.0.get().is_some_and(|inner| std::ptr::eq(inner, own)));
}

#[test]
fn a_long_list_needs_no_destructor() {
    struct Link<'a>(u64, Option<&'a Link<'a>>);
    let arena = FrameArena::new();
    let last = (0..100_000).fold(None, |below, n| Some(&*arena.alloc(Link(n, below))));
    let links = std::iter::successors(last, |link| link.1);
    assert_eq!(links.map(|link| link.0).sum::<u64>(), 4_999_950_000);
}

#[test]
fn values_may_refer_to_an_arena_that_lives_longer() {
    let outer = FrameArena::new();
    let name = outer.alloc_str("kept");
    let kept: &str = {
        let inner = FrameArena::new();
        let holder = inner.alloc([&*name; 2]);
        holder[1]
    };
    assert_eq!(kept, "kept");
}

// ---- threads and moves ----

#[test]
fn an_arena_moves_to_a_thread_and_back() {
    let mut arena = FrameArena::new();
    arena.alloc(1u64);
    let mut arena = thread::spawn(move || {
        arena.reset();
        assert_eq!(arena.alloc_slice_fill_with(100, |n| n)[99], 99);
        arena
    })
    .join()
    .unwrap();
    arena.reset();
    assert_eq!(*arena.alloc(2), 2);
}

#[test]
fn a_handle_finds_its_value_after_the_arena_moved() {
    let arena = FrameArena::new();
    let handle = arena.publish([1u32, 2, 3]);
    let before = address(arena.get(handle).unwrap());
    let moved = thread::spawn(move || Box::new(arena)).join().unwrap();
    assert_eq!(moved.get(handle), Ok(&[1, 2, 3]));
    assert_eq!(address(moved.get(handle).unwrap()), before);
}

// ---- drop ----

struct Noted<'n>(&'n Cell<u32>);

impl Noted<'_> {
    fn drop_count(&self) -> u32 {
        self.0.get()
    }
}

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn a_value_in_manually_drop_is_forgotten() {
    let drop_count = Cell::new(0);
    let mut arena = FrameArena::new();
    arena.alloc(ManuallyDrop::new(Noted(&drop_count)));
    arena.reset();
    drop(arena);
    assert_eq!(drop_count.get(), 0);
}

#[test]
fn a_value_in_manually_drop_can_be_taken_out_and_dropped() {
    let drop_count = Cell::new(0);
    let arena = FrameArena::new();
    let held = arena.alloc(Some(ManuallyDrop::new(Noted(&drop_count))));
    drop(held.take().map(ManuallyDrop::into_inner));
    assert_eq!(drop_count.get(), 1);
}

#[test]
fn a_value_of_alloc_drop_is_dropped_at_reset() {
    let shared = Arc::new(());
    let mut arena = FrameArena::new();
    let held = arena.alloc_drop(Arc::clone(&shared));
    assert_eq!(Arc::strong_count(held), 2);
    arena.reset();
    assert_eq!(Arc::strong_count(&shared), 1);
}

#[test]
fn a_box_drops_its_value_where_its_scope_ends() {
    let shared = Arc::new(());
    let arena = FrameArena::new();
    {
        let held = FrameBox::new_in(Arc::clone(&shared), &arena);
        assert_eq!(Arc::strong_count(&held), 2);
    }
    assert_eq!((Arc::strong_count(&shared), arena.stats().used_bytes), (1, 0));
}

#[test]
fn a_vector_drops_its_elements_with_itself() {
    let shared = Arc::new(());
    let arena = FrameArena::new();
    let elements = FrameVec::from_elem_in(Arc::clone(&shared), 10, &arena);
    assert_eq!((elements.len(), Arc::strong_count(&shared)), (10, 11));
    drop(elements);
    assert_eq!(Arc::strong_count(&shared), 1);
}

#[test]
fn a_box_gives_its_value_back_undropped() {
    let drop_count = Cell::new(0);
    let arena = FrameArena::new();
    let value = FrameBox::into_inner(FrameBox::new_in(Noted(&drop_count), &arena));
    assert_eq!((drop_count.get(), arena.stats().used_bytes), (0, 0));
    drop(value);
    assert_eq!(drop_count.get(), 1);
}

#[test]
fn a_leaked_box_lives_as_long_as_the_frame() {
    let arena = FrameArena::new();
    let leaked: &mut [u32; 3] = FrameBox::leak(FrameBox::new_in([1, 2, 3], &arena));
    leaked[0] = 9;
    assert_eq!((leaked, arena.stats().used_bytes), (&mut [9, 2, 3], 16));
}

#[test]
fn a_boxed_trait_object_is_called_and_dropped() {
    let drop_count = Cell::new(0);
    let arena = FrameArena::new();
    let noted = Noted(&drop_count);
    let call = frame_box!(in &arena; move || noted.drop_count() + 7 => dyn Fn() -> u32);
    assert_eq!(call(), 7);
    drop(call);
    assert_eq!(drop_count.get(), 1);
}

// ---- collections ----

#[test]
fn the_last_vector_grows_in_place() {
    let arena = FrameArena::new();
    let mut vec = FrameVec::new_in(&arena);
    vec.push(0u64);
    let start = vec.as_ptr();
    vec.extend(1..10_000);
    assert_eq!((vec.as_ptr(), arena.stats().abandoned_bytes), (start, 0));
}

#[test]
fn another_vector_moves_and_its_old_memory_is_counted() {
    let arena = FrameArena::new();
    let mut vec = frame_vec![in &arena; 1u64, 2, 3, 4];
    arena.alloc(9u64);
    vec.push(5);
    assert_eq!(vec, [1, 2, 3, 4, 5]);
    assert_eq!(arena.stats().abandoned_bytes, 32);
}

#[test]
fn the_last_vector_shrinks_in_place() {
    let arena = FrameArena::new();
    let mut vec = FrameVec::with_capacity_in(1_000, &arena);
    vec.extend([1u64, 2, 3]);
    let start = vec.as_ptr();
    let slice = vec.into_slice();
    assert_eq!((slice.as_ptr(), arena.stats().used_bytes), (start, 24));
}

#[test]
fn the_memory_of_the_last_vector_is_used_again() {
    let arena = FrameArena::new();
    let start = FrameVec::<u64>::with_capacity_in(100, &arena).as_ptr().addr();
    assert_eq!(arena.stats().used_bytes, 0);
    assert_eq!(address(arena.alloc(1u64)), start);
}

#[test]
fn a_refused_vector_keeps_its_elements_and_gives_the_value_back() {
    let arena = refusing(32);
    let mut vec = frame_vec![in &arena; 1u64, 2, 3, 4];
    assert_eq!(vec.try_push(5).unwrap_err().into_value(), 5);
    assert_eq!(vec, [1, 2, 3, 4]);
}

#[test]
fn a_vector_collects_an_iterator_of_any_length() {
    let arena = FrameArena::new();
    let odd = FrameVec::from_iter_in((0..1_000).filter(|n| n % 2 == 1), &arena);
    assert_eq!((odd.len(), odd[499]), (500, 999));
}

#[test]
fn vectors_may_hold_vectors_of_the_same_arena() {
    let arena = FrameArena::new();
    let mut rows = FrameVec::new_in(&arena);
    for row in 0..100 {
        rows.push(frame_vec![in &arena; row; row]);
    }
    for (row, elements) in rows.iter().enumerate() {
        assert_eq!(*elements, vec![row; row]);
    }
}

#[test]
fn collections_of_other_crates_live_in_the_arena() {
    let arena = FrameArena::with_capacity(64 << 10);
    let (left, sum) = assert_no_heap_calls(|| {
        let mut foreign = allocator_api2::vec::Vec::new_in(&arena);
        foreign.extend(0..100);
        let map: FrameMap<i32, i32> = FrameMap::from_iter_in(foreign.drain(10..).zip(0..), &arena);
        (foreign.len(), map.values().sum::<i32>())
    });
    assert_eq!((left, sum), (10, 4_005));
}

#[test]
fn a_typed_arena_iterates_over_its_values_in_order() {
    let mut arena = TypedArena::new();
    (0..10_000).for_each(|n| _ = arena.alloc(n.to_string()));
    assert_eq!(arena.len(), 10_000);
    assert!(arena.iter_mut().enumerate().all(|(n, text)| *text == n.to_string()));
}
