//! Budgets: exact, with the reason in the error and the value back, and warnings once a frame.

use std::fmt::{self, Write};
use std::thread;

use frame_arena::{
    AllocError, ArenaConfig, ArenaMode, Budget, FrameArena, FrameString, FrameVec, ThreadArenas,
    TypedArena, frame_box,
};

use crate::panic_file::panic_file;
use crate::support::{Align1024, AnyArena, GRANULE_BYTES, Item, MODES, config, panic_text};
use crate::warnings;

/// Every way to have an arena with `budget`: alone and in a set, in a block and per object.
fn arenas(budget: Budget) -> impl Iterator<Item = AnyArena> {
    let ways = MODES.map(|mode| [false, true].map(|is_set| (is_set, mode)));
    ways.into_iter()
        .flatten()
        .map(move |(is_set, mode)| AnyArena::new(is_set, config(500, mode, budget)))
}

fn fill<const WORDS: usize>(arena: &FrameArena) -> usize {
    let stores = || arena.try_alloc([1u64; WORDS]).is_ok();
    std::iter::repeat_with(stores).take_while(|is_stored| *is_stored).count()
}

#[test]
fn a_budget_is_exact_to_the_byte() {
    for budget_bytes in [0, 7, 8, 100, 4_096, 10_001, GRANULE_BYTES + 8, 5 * GRANULE_BYTES + 24] {
        for mut owner in arenas(Budget::Refuse(budget_bytes)) {
            for _frame in 0..3 {
                assert_eq!(fill::<3>(owner.arena()), budget_bytes / 24);
                assert_eq!(fill::<1>(owner.arena()), budget_bytes % 24 / 8);
                assert_eq!(owner.arena().stats().used_bytes, budget_bytes & !7);
                owner.reset();
            }
        }
    }
}

#[test]
fn a_vector_may_grow_to_its_budgets_last_byte() {
    for budget_bytes in [100, 4_096, GRANULE_BYTES] {
        let config = config(budget_bytes, ArenaMode::Bump, Budget::Refuse(budget_bytes));
        let arena = FrameArena::with_config(config);
        let mut bytes = FrameVec::new_in(&arena);
        let count = (0..).take_while(|_| bytes.try_push(1u8).is_ok()).count();
        assert!(count >= budget_bytes & !7, "{count} of {budget_bytes} B");
    }
}

/// It counted bytes that are less than the 8 of the smallest object.
#[test]
fn what_room_is_told_can_be_had() {
    for budget_bytes in 0..40 {
        for owner in arenas(Budget::Refuse(budget_bytes)) {
            let arena = owner.arena();
            let _ = arena.try_alloc(1u8);
            assert!(arena.try_alloc_slice_fill_with(arena.room_bytes(), |_| 0u8).is_ok());
            assert_eq!(arena.room_bytes(), 0);
        }
    }
}

#[test]
fn padding_for_alignment_counts() {
    #[repr(align(64))]
    struct Aligned;
    let config = config(4_096, ArenaMode::Bump, Budget::Refuse(64));
    let arena = FrameArena::with_config(config);
    while arena.room_bytes() > 0 {
        arena.alloc(0u8);
    }
    let at_the_end = arena.try_alloc(Aligned).is_ok();
    assert_eq!(arena.stats().used_bytes, 64);
    assert_eq!(at_the_end, arena.alloc_slice_uninit::<u8>(0).as_ptr().addr().is_multiple_of(64));
}

#[test]
fn a_refusal_says_what_was_asked_and_used() {
    for owner in arenas(Budget::Refuse(100)) {
        let arena = owner.arena();
        arena.alloc([0u64; 10]);
        let refused = arena.try_alloc([7u8; 23]).unwrap_err();
        let expected = AllocError::OverBudget {
            arena: "test",
            requested_bytes: 23,
            padding_bytes: 1,
            used_bytes: 80,
            budget_bytes: 100,
        };
        assert_eq!(refused.error(), expected);
        assert_eq!(
            refused.to_string(),
            "test arena over budget: 23 B requested, 80 of 100 B used; raise budget_bytes"
        );
        assert_eq!(refused.into_value(), [7; 23]);
    }
}

/// "64 B requested, 0 of 64 B used".
#[test]
fn a_refusal_for_the_padding_speaks_of_it() {
    for owner in arenas(Budget::Refuse(1_032)) {
        let arena = owner.arena();
        arena.alloc(1u8);
        let aligned = arena.try_alloc(Align1024::from_seed(1));
        if arena.config().mode == ArenaMode::PerObject {
            assert!(aligned.is_ok(), "each has memory of its own");
        } else {
            let text = aligned.unwrap_err().to_string();
            assert!(text.contains(" 1024 B requested and "), "{text}");
            assert!(text.contains(" B of padding, 8 of 1032 B used"), "{text}");
        }
    }
    for owner in arenas(Budget::Refuse(20)) {
        owner.arena().alloc([1u64; 2]);
        let text = owner.arena().try_alloc(1u32).unwrap_err().to_string();
        assert!(text.contains(" 4 B requested and 4 B of padding, 16 of 20 B used"), "{text}");
    }
}

/// A block was taken first, where its place decided.
#[test]
fn a_refusal_for_the_padding_takes_no_block() {
    for odd_bytes in 0..64 {
        let config = config(3_900, ArenaMode::Bump, Budget::Refuse(3_800 + 1_024 + odd_bytes * 8));
        let arena = FrameArena::with_config(config);
        _ = arena.alloc_slice_uninit::<u8>(3_800);
        let before = arena.stats();
        assert!(arena.try_alloc(Align1024::from_seed(1)).is_err());
        assert_eq!(arena.stats(), before);
    }
}

/// It counted as free what lay in two places, too little in each.
#[test]
fn a_refusal_at_the_end_of_a_sets_block_has_figures_that_add_up() {
    let config = config(3 * GRANULE_BYTES, ArenaMode::Bump, Budget::Unlimited);
    let set = ThreadArenas::with_config(ArenaConfig { can_grow: false, ..config });
    let take = |bytes| set.local().try_alloc_slice_uninit::<u8>(bytes).map(drop);
    take(GRANULE_BYTES - 8_192).unwrap();
    thread::scope(|scope| _ = scope.spawn(|| take(2 * GRANULE_BYTES - 8_192).unwrap()));
    match take(14_000).unwrap_err() {
        AllocError::Full { requested_bytes, used_bytes, capacity_bytes, .. } => {
            assert!(used_bytes + requested_bytes > capacity_bytes, "{used_bytes} B used");
        }
        other => panic!("{other}"),
    }
}

#[test]
fn after_a_refusal_the_arena_is_as_it_was() {
    for owner in arenas(Budget::Refuse(400)) {
        let arena = owner.arena();
        arena.alloc([0u64; 10]);
        let before = arena.stats();
        assert!(arena.try_alloc([0u64; 50]).is_err());
        assert!(arena.try_alloc_with(|| [0u64; 50]).is_err());
        assert!(arena.try_alloc_slice_copy(&[0u64; 50]).is_err());
        assert!(arena.try_alloc_slice_clone(&[0u64; 50]).is_err());
        assert!(arena.try_alloc_slice_fill_with(50, |n| n).is_err());
        assert!(arena.try_alloc_slice_uninit::<u64>(50).is_err());
        assert!(arena.try_alloc_str(&"x".repeat(401)).is_err());
        assert!(arena.try_alloc_drop([0u64; 50]).is_err());
        assert!(arena.try_publish([0u64; 50]).is_err());
        assert!(arena.try_publish_slice_copy(&[0u64; 50]).is_err());
        assert!(arena.try_publish_str(&"x".repeat(401)).is_err());
        assert_eq!(arena.stats(), before);
        assert_eq!(fill::<1>(arena), 40);
    }
}

#[test]
fn a_refused_closure_and_iterator_come_back_unused() {
    for owner in arenas(Budget::Refuse(8)) {
        let arena = owner.arena();
        let refused = arena.try_alloc_with(|| [5u64; 2]).err().unwrap();
        assert_eq!((refused.into_value())(), [5; 2]);
        let refused = arena.try_alloc_slice_from_iter([1u64, 2]).err().unwrap();
        assert!(refused.into_value().eq([1, 2]));
    }
}

#[test]
fn the_plain_calls_panic_with_the_same_text() {
    let text = Some("test arena over budget: 16 B requested, 0 of 8 B used; raise budget_bytes");
    for owner in arenas(Budget::Refuse(8)) {
        let arena = owner.arena();
        let words = [1u64, 2];
        assert_eq!(panic_text(|| _ = arena.alloc(words)).as_deref(), text);
        assert_eq!(panic_text(|| _ = arena.alloc_with(|| words)).as_deref(), text);
        assert_eq!(panic_text(|| _ = arena.alloc_slice_copy(&words)).as_deref(), text);
        assert_eq!(panic_text(|| _ = arena.publish(words)).as_deref(), text);
        let makes_room = || _ = FrameVec::<u64>::with_capacity_in(2, arena);
        assert_eq!(panic_text(makes_room).as_deref(), text);
    }
}

/// Half of them named a line of this crate.
#[test]
fn the_plain_calls_panic_in_the_name_of_their_caller() {
    let arena = FrameArena::fixed(0);
    let typed = TypedArena::with_config(config(0, ArenaMode::Bump, Budget::Refuse(0)));
    let rich = FrameArena::new();
    let works: [&dyn Fn(); 31] = [
        &|| _ = arena.alloc(1u64),
        &|| _ = arena.alloc_drop(1u64),
        &|| _ = arena.alloc_slice_copy(&[1u64]),
        &|| _ = arena.alloc_slice_clone(&[1u64]),
        &|| _ = arena.alloc_slice_fill_with(1, |n| n),
        &|| _ = arena.alloc_str("text"),
        &|| _ = arena.alloc_fmt(format_args!("{}", 1)),
        &|| _ = arena.publish(1u64),
        &|| _ = arena.publish_str("text"),
        &|| FrameVec::new_in(&arena).push(1u64),
        &|| FrameVec::new_in(&arena).extend([1u64]),
        &|| FrameVec::new_in(&arena).insert(0, 1u64),
        &|| FrameVec::new_in(&arena).insert(1, ()),
        &|| FrameVec::<()>::new_in(&arena).swap_remove(0),
        &|| FrameVec::<()>::new_in(&arena).remove(0),
        &|| drop(FrameVec::<()>::new_in(&arena).drain(1..)),
        &|| FrameVec::new_in(&arena).resize(1, 1u64),
        &|| FrameVec::<u64>::new_in(&arena).reserve_exact(1),
        &|| _ = FrameVec::<u64>::new_in(&arena).split_off(1),
        &|| FrameVec::new_in(&arena).append(&mut FrameVec::from_iter_in([1u64], &rich)),
        &|| FrameString::new_in(&arena).insert_str(0, "text"),
        &|| FrameString::new_in(&arena).insert_str(1, ""),
        &|| FrameString::new_in(&arena).push_str("text"),
        &|| FrameString::new_in(&arena).reserve(1),
        &|| FrameString::new_in(&arena).extend(["text"]),
        &|| FrameString::new_in(&arena).extend(['t']),
        &|| {
            let mut text = FrameString::new_in(&arena);
            text += "text";
        },
        &|| _ = FrameString::new_in(&arena).remove(0),
        &|| _ = frame_box!(in &arena; 1u64),
        &|| _ = typed.alloc(1u64),
        &|| _ = FrameArena::with_capacity(usize::MAX / 8),
    ];
    for (number, work) in works.iter().enumerate() {
        assert_eq!(panic_file(work).as_deref(), Some(file!()), "work {number}");
    }
}

#[test]
fn a_refused_push_panics_or_gives_its_value_back_but_never_aborts() {
    for owner in arenas(Budget::Refuse(80)) {
        let arena = owner.arena();
        let mut numbers = FrameVec::with_capacity_in(10, arena);
        numbers.extend(0..10u64);
        assert_eq!(numbers.try_push(10).unwrap_err().into_value(), 10);
        assert!(panic_text(|| numbers.push(10)).unwrap().contains("over budget"));
        assert!(numbers.try_extend_from_slice(&[1, 2]).is_err());
        assert!(numbers.iter().copied().eq(0..10));
        drop(numbers);
        let mut text = FrameString::with_capacity_in(80, arena);
        text.push_str(&"x".repeat(80));
        assert!(text.try_push('y').is_err());
        assert_eq!(text.len(), 80);
    }
}

/// `write!` said that all was well.
#[test]
fn text_with_a_hole_in_it_is_no_success_though_a_display_ignores_the_refusal() {
    struct Careless;
    impl fmt::Display for Careless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let _ = f.write_str("a text too long for its budget");
            Ok(())
        }
    }
    let arena = FrameArena::fixed(16);
    let mut text = FrameString::new_in(&arena);
    assert!(write!(text, "{Careless}").is_err());
    assert!(arena.try_alloc_fmt(format_args!("{Careless}")).is_err());
}

#[test]
fn extending_stops_at_the_element_that_does_not_fit() {
    let arena = FrameArena::with_config(config(4_096, ArenaMode::Bump, Budget::Refuse(80)));
    let mut numbers = FrameVec::new_in(&arena);
    let refused = numbers.try_extend(0..100u64).unwrap_err();
    assert_eq!(refused.into_value(), 10);
    assert!(numbers.iter().copied().eq(0..10));
}

#[test]
fn a_raised_budget_holds_from_the_next_allocation_on() {
    let mut arena = FrameArena::with_config(config(64, ArenaMode::Bump, Budget::Refuse(80)));
    assert_eq!(fill::<1>(&arena), 10);
    arena.set_budget(Budget::Refuse(8_000));
    assert_eq!(fill::<1>(&arena), 990);
    arena.set_budget(Budget::Refuse(80));
    assert_eq!(fill::<1>(&arena), 0);
}

#[test]
fn four_threads_refuse_at_most_three_granules_early() {
    let budget_bytes = 20 * GRANULE_BYTES + 1_000;
    let config = config(1 << 20, ArenaMode::Bump, Budget::Refuse(budget_bytes));
    let mut set = ThreadArenas::with_config(config);
    for _frame in 0..3 {
        set.begin_frame();
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| _ = set.local().alloc(1u8));
            }
        });
        let used_bytes = 3 * 8 + 48 * fill::<6>(set.local());
        assert!(used_bytes <= budget_bytes);
        assert!(used_bytes > budget_bytes - 3 * GRANULE_BYTES - 48);
    }
}

/// Bytes of a frame in which four threads take what they get, 48 bytes at a time.
fn filled_by_four(set: &mut ThreadArenas) -> usize {
    set.begin_frame();
    let shared = &*set;
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| fill::<6>(shared.local()));
        }
    });
    set.stats().used_bytes
}

#[test]
fn four_threads_at_once_never_exceed_the_budget() {
    let budget_bytes = 20 * GRANULE_BYTES + 1_000;
    for mode in MODES {
        let config = config(4_096, mode, Budget::Refuse(budget_bytes));
        let mut set = ThreadArenas::with_config(config);
        for _frame in 0..10 {
            let used_bytes = filled_by_four(&mut set);
            // Each ends when it cannot have 48 bytes more.
            let range = budget_bytes - 4 * 48..=budget_bytes;
            assert!(range.contains(&used_bytes), "{used_bytes} B");
        }
    }
}

#[test]
fn memory_given_back_per_object_is_in_the_budget_again() {
    for owner in arenas(Budget::Refuse(1_000)) {
        if owner.arena().config().mode == ArenaMode::PerObject {
            for _ in 0..100 {
                let mut numbers = FrameVec::with_capacity_in(60, owner.arena());
                numbers.extend(0..100u64);
            }
            assert_eq!(fill::<1>(owner.arena()), 125);
        }
    }
}

#[test]
fn a_warning_comes_once_in_each_frame_that_crosses() {
    warnings::collect();
    for mut owner in arenas(Budget::Warn(1_000)) {
        for frame in 0..4 {
            let arena = owner.arena();
            for _ in 0..125 {
                arena.alloc(1u64);
            }
            assert_eq!(warnings::take(), [""; 0], "as much as the budget is no crossing");
            if frame % 2 == 0 {
                for _ in 0..1_000 {
                    arena.alloc(2u64);
                }
                let warnings = warnings::take();
                assert_eq!(warnings.len(), 1);
                assert!(warnings[0].starts_with("test arena over budget: "), "{warnings:?}");
                assert!(warnings[0].contains(" 1000 B "), "{warnings:?}");
            }
            owner.reset();
        }
    }
}

/// It said that more was used than the budget has.
#[test]
fn a_sets_warning_is_of_what_its_threads_took() {
    warnings::collect();
    let budget = Budget::Warn(2 * GRANULE_BYTES);
    let mut set = ThreadArenas::with_config(config(1 << 20, ArenaMode::Bump, budget));
    for _ in 0..2 {
        thread::scope(|scope| _ = scope.spawn(|| _ = set.local().alloc(1u64)));
    }
    set.local().alloc(1u64);
    let text = "test arena over budget: its threads took more than 131072 B in this frame; \
                raise budget_bytes or allocate less";
    assert_eq!((warnings::take(), set.stats().used_bytes), (vec![text.to_string()], 24));
}

#[test]
fn a_vector_that_outgrows_a_warning_budget_warns() {
    warnings::collect();
    for owner in arenas(Budget::Warn(1_000)) {
        let mut numbers = FrameVec::new_in(owner.arena());
        numbers.extend((0..2_000u64).filter(|n| n % 2 == 0));
        assert_eq!(warnings::take().len(), 1);
    }
}

#[test]
fn a_warning_does_not_move_a_vector_that_has_room_behind_it() {
    warnings::collect();
    for can_grow in [true, false] {
        let config = config(4_096, ArenaMode::Bump, Budget::Warn(1_000));
        let arena = FrameArena::with_config(ArenaConfig { can_grow, ..config });
        let mut numbers = FrameVec::with_capacity_in(1, &arena);
        for n in 0..512u64 {
            numbers.try_reserve_exact(1).unwrap();
            numbers.push(n);
        }
        assert_eq!((arena.stats().abandoned_bytes, arena.stats().used_bytes), (0, 4_096));
        assert_eq!(warnings::take().len(), 1);
    }
}

#[test]
fn a_vector_too_long_for_its_block_does_not_warn_before_it_crosses() {
    warnings::collect();
    let arena = FrameArena::with_config(config(4_096, ArenaMode::Bump, Budget::Warn(1 << 20)));
    let mut numbers = FrameVec::new_in(&arena);
    numbers.extend((0..9_000u64).filter(|n| n % 3 == 0));
    assert_eq!(warnings::take(), [""; 0]);
}

/// Every way to have an arena that cannot grow.
fn fixed_sizes(capacity_bytes: usize, budget: Budget) -> impl Iterator<Item = AnyArena> {
    let ways = MODES.map(|mode| [false, true].map(|is_set| (is_set, mode)));
    ways.into_iter().flatten().map(move |(is_set, mode)| {
        let config = config(capacity_bytes, mode, budget);
        AnyArena::new(is_set, ArenaConfig { can_grow: false, ..config })
    })
}

#[test]
fn an_arena_that_cannot_grow_warns_over_its_budget_and_refuses_at_its_capacity() {
    warnings::collect();
    for (budget_bytes, capacity_bytes) in [(0, 80), (1_000, 2_000), (100_000, 200_000)] {
        for mut owner in fixed_sizes(capacity_bytes, Budget::Warn(budget_bytes)) {
            for _frame in 0..3 {
                let arena = owner.arena();
                (0..budget_bytes / 8).for_each(|_| _ = arena.alloc(1u64));
                assert_eq!(warnings::take(), [""; 0], "as much as the budget is no crossing");
                let refused = arena.try_alloc_slice_uninit::<u8>(capacity_bytes + 1).unwrap_err();
                assert!(matches!(refused, AllocError::Full { .. }), "{refused}");
                assert_eq!(warnings::take(), [""; 0], "nor is what was refused");
                assert_eq!(fill::<1>(arena), (capacity_bytes - budget_bytes) / 8);
                let warnings = warnings::take();
                assert_eq!(warnings.len(), 1, "{warnings:?}");
                assert!(warnings[0].contains(&format!(" {budget_bytes} B ")), "{warnings:?}");
                owner.reset();
            }
        }
    }
}

#[test]
fn four_threads_that_cross_a_warning_never_exceed_the_capacity() {
    let capacity_bytes = 20 * GRANULE_BYTES + 1_000;
    for mode in MODES {
        let config = config(capacity_bytes, mode, Budget::Warn(capacity_bytes / 2));
        let mut set = ThreadArenas::with_config(ArenaConfig { can_grow: false, ..config });
        for _frame in 0..10 {
            let used_bytes = filled_by_four(&mut set);
            let range = capacity_bytes - 4 * GRANULE_BYTES..=capacity_bytes;
            assert!(range.contains(&used_bytes), "{used_bytes} B");
        }
    }
}

#[test]
fn a_warning_beyond_the_capacity_of_what_cannot_grow_is_never_due() {
    warnings::collect();
    for budget_bytes in [4_096, 5_000, usize::MAX] {
        for owner in fixed_sizes(4_096, Budget::Warn(budget_bytes)) {
            assert_eq!(fill::<1>(owner.arena()), 512);
            assert_eq!(warnings::take(), [""; 0]);
        }
    }
}

#[test]
fn an_arena_that_cannot_grow_ends_at_its_capacity() {
    for capacity_bytes in [0, 100, 4_096, 200_000] {
        for mut owner in fixed_sizes(capacity_bytes, Budget::Unlimited) {
            for _frame in 0..3 {
                assert!(owner.arena().try_alloc_slice_uninit::<u8>(1 << 20).is_err());
                assert_eq!(fill::<1>(owner.arena()), capacity_bytes / 8);
                assert!(owner.arena().stats().block_count <= 1);
                owner.reset();
            }
        }
    }
}

#[test]
fn an_arena_that_cannot_grow_says_that_it_is_full() {
    for owner in fixed_sizes(100, Budget::Unlimited) {
        fill::<1>(owner.arena());
        let full = AllocError::Full {
            arena: "test",
            requested_bytes: 8,
            padding_bytes: 0,
            used_bytes: 96,
            capacity_bytes: 100,
        };
        assert_eq!(owner.arena().try_alloc(1u64).unwrap_err().error(), full);
        let text = "test arena full: 8 B requested, 96 of 100 B used, and it cannot grow; \
                    raise its capacity";
        assert_eq!(full.to_string(), text);
    }
}

#[test]
fn a_mode_that_changes_makes_no_room_in_an_arena_that_cannot_grow() {
    for mut owner in fixed_sizes(4_096, Budget::Unlimited) {
        for mode in [ArenaMode::PerObject, ArenaMode::Bump] {
            owner.set_mode(mode);
            assert!(owner.arena().try_alloc_slice_uninit::<u8>(1 << 20).is_err());
            assert!(owner.arena().try_alloc([0u8; 4_096]).is_ok());
        }
    }
}

#[test]
fn threads_of_a_set_that_cannot_grow_share_one_block() {
    let config = ArenaConfig { can_grow: false, capacity_bytes: 1 << 20, ..ArenaConfig::default() };
    let mut set = ThreadArenas::try_for_threads(config, 4).unwrap();
    for _frame in 0..3 {
        let threads = &set;
        let words: usize = thread::scope(|scope| {
            let fills = [(); 4].map(|()| scope.spawn(|| fill::<1>(threads.local())));
            fills.into_iter().map(|fill| fill.join().unwrap()).sum()
        });
        assert!(words * 8 <= 1 << 20 && words * 8 > (1 << 20) - 4 * GRANULE_BYTES, "{words}");
        assert_eq!(set.stats().block_count, 1);
        set.begin_frame();
    }
}
