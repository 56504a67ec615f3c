//! Advice on sizes, and a warning where nobody resets.

use std::mem::MaybeUninit;
use std::sync::Barrier;
use std::thread;

use frame_arena::{
    AllocError, ArenaConfig, ArenaMode, Budget, FixedArena, FrameArena, FrameMap, FrameVec,
    ThreadArenas,
};

use crate::support::{AnyArena, GRANULE_BYTES, MODES, config};
use crate::warnings;

#[test]
fn an_arena_that_nobody_resets_warns_once() {
    for is_set in [false, true] {
        warnings::collect();
        let arena = AnyArena::new(is_set, config(4_096, MODES[0], Budget::Unlimited));
        for _ in 0..100_000 {
            arena.arena().alloc([0u64; 16]);
        }
        let logged = warnings::take();
        assert_eq!(logged.len(), 1, "{logged:?}");
        assert!(logged[0].starts_with("test arena grew 7 times since its last reset"));
        assert!(logged[0].contains("call reset (or begin_frame)"), "{logged:?}");
    }
}

#[test]
fn an_arena_that_is_reset_does_not_warn() {
    warnings::collect();
    let mut arena = FrameArena::with_config(config(4_096, MODES[0], Budget::Unlimited));
    for _ in 0..500 {
        (0..400).for_each(|_| _ = arena.alloc([0u64; 16]));
        arena.reset();
    }
    assert_eq!(warnings::take(), Vec::<String>::new());
}

#[test]
fn pressure_tells_how_many_frames_grew_and_what_to_set() {
    for is_set in [false, true] {
        let mut arena = AnyArena::new(is_set, config(4_096, MODES[0], Budget::Unlimited));
        arena.arena().alloc([0u8; 100_000]);
        for _ in 0..9 {
            arena.reset();
            arena.arena().alloc([0u8; 1_000]);
        }
        arena.reset();
        let pressure = arena.pressure();
        assert_eq!((pressure.frame_count, pressure.grown_frame_count), (10, 1));
        let advised = pressure.advised_capacity_bytes();
        let mut advised = AnyArena::new(is_set, config(advised, MODES[0], Budget::Unlimited));
        advised.arena().alloc([0u8; 100_000]);
        assert_eq!(advised.stats().block_count, 1);
    }
}

/// It read: at most 3 KiB of 0 KiB, and per object of the bytes of the frame under way.
#[test]
fn pressure_names_no_reservation_where_there_is_none() {
    let text = "the last 1 frame used at most 3 KiB";
    for is_set in [false, true] {
        let per_object = config(4_096, ArenaMode::PerObject, Budget::Unlimited);
        let mut arena = AnyArena::new(is_set, per_object);
        arena.arena().alloc([0u8; 3_000]);
        arena.reset();
        assert!(arena.pressure().to_string().ends_with(text), "{}", arena.pressure());
        arena.arena().alloc([0u8; 1_000]);
        assert!(arena.pressure().to_string().ends_with(text), "{}", arena.pressure());
        assert_eq!(arena.pressure().reserved_bytes, 0);
    }
    let mut buffer = [MaybeUninit::uninit(); 4_096];
    let mut arena = FixedArena::new(&mut buffer);
    arena.alloc([0u8; 3_000]);
    arena.reset();
    assert!(arena.pressure().to_string().ends_with(text), "{}", arena.pressure());
}

/// It said that the capacity was enough.
#[test]
fn pressure_tells_how_many_frames_were_refused_memory_and_what_would_do() {
    let fixed = |is_set, mode, capacity_bytes| {
        let config = config(capacity_bytes, mode, Budget::Unlimited);
        AnyArena::new(is_set, ArenaConfig { can_grow: false, ..config })
    };
    let frame = |arena: &FrameArena| {
        arena.alloc([0u8; 3_000]);
        arena.try_alloc([0u8; 7_000]).is_ok()
    };
    for &(is_set, mode) in MODES.map(|mode| [(false, mode), (true, mode)]).as_flattened() {
        let mut small = fixed(is_set, mode, 8_000);
        assert!(!frame(small.arena()));
        small.reset();
        (0..9).for_each(|_| small.reset());
        let pressure = small.pressure();
        assert_eq!((pressure.refused_frame_count, pressure.most_refused_bytes), (1, 10_000));
        let text = "test arena: raise its capacity to 13 KiB or more: \
                    1 frame of the last 10 was refused memory";
        assert_eq!(pressure.to_string(), text);
        assert!(frame(fixed(is_set, mode, pressure.advised_capacity_bytes()).arena()));
    }
}

/// It counted the vector twice: 440 B requested, 400 of 400 B used, and advice of twice as much.
#[test]
fn a_vector_that_may_not_grow_where_it_lies_is_refused_what_is_missing() {
    for mode in MODES {
        let config = config(400, mode, Budget::Unlimited);
        let mut arena = FrameArena::with_config(ArenaConfig { can_grow: false, ..config });
        let mut rows = FrameVec::new_in(&arena);
        let refused = (0..).find_map(|row| rows.try_push([row; 10]).err()).unwrap();
        assert_eq!(rows.len(), 10);
        let text = "test arena full: 40 B requested, 400 of 400 B used, ";
        assert!(refused.to_string().starts_with(text), "{mode:?}: {refused}");
        drop(rows);
        arena.reset();
        assert_eq!(arena.pressure().most_refused_bytes, 440);
    }
}

/// A set asked for the whole vector anew: 440 B requested, 0 of 400 B used.
#[test]
fn a_set_too_is_refused_what_its_vector_misses_and_a_budget_with_that_will_do() {
    let rows_in = |can_grow, mode, bytes| {
        let (capacity_bytes, budget) = match can_grow {
            true => (1 << 20, Budget::Refuse(bytes)),
            false => (bytes, Budget::Unlimited),
        };
        let config = config(capacity_bytes, mode, budget);
        let mut set = ThreadArenas::with_config(ArenaConfig { can_grow, ..config });
        let mut rows = FrameVec::new_in(set.local());
        let mut refused =
            (0..).find_map(|row| rows.try_reserve_exact(1).map(|()| rows.push([row; 10])).err());
        let len = rows.len();
        drop(rows);
        set.begin_frame();
        (len, refused.take().unwrap().to_string(), set.pressure().most_refused_bytes)
    };
    for (mode, can_grow) in MODES.map(|mode| [(mode, true), (mode, false)]).into_iter().flatten() {
        for len in [10, 11, 5_000, 5_001] {
            let (stored, text, refused_bytes) = rows_in(can_grow, mode, len * 40);
            let wanted = format!(": 40 B requested, {0} of {0} B used", len * 40);
            assert!(text.contains(&wanted), "{mode:?}: {text}");
            let most_refused_bytes = if can_grow { 0 } else { len * 40 + 40 };
            assert_eq!((stored, refused_bytes), (len, most_refused_bytes));
            assert_eq!(rows_in(can_grow, mode, len * 40 + 40).0, len + 1);
        }
    }
}

#[test]
fn a_sets_vector_before_a_neighbour_is_refused_all_that_its_move_takes() {
    let grow = |budget_bytes| {
        let budget = Budget::Refuse(budget_bytes);
        let set = ThreadArenas::with_config(config(1 << 20, MODES[0], budget));
        let mut ours = FrameVec::<u8>::with_capacity_in(GRANULE_BYTES - 8, set.local());
        thread::scope(|scope| _ = scope.spawn(|| _ = set.local().alloc(1u8)));
        ours.resize(GRANULE_BYTES - 8, 7);
        ours.try_reserve_exact(1_000)
    };
    match grow(2 * GRANULE_BYTES).unwrap_err() {
        AllocError::OverBudget { requested_bytes, padding_bytes, used_bytes, .. } => {
            assert_eq!((requested_bytes, padding_bytes), (GRANULE_BYTES + 992, 0));
            assert_eq!(grow(used_bytes + requested_bytes), Ok(()));
        }
        other => panic!("{other}"),
    }
}

/// What a collection asks for by the way, and can do without, is nobody's refusal.
#[test]
fn pressure_counts_no_refusal_of_more_than_was_needed() {
    for mode in MODES {
        let config = config(1_000, mode, Budget::Unlimited);
        let mut arena = FrameArena::with_config(ArenaConfig { can_grow: false, ..config });
        let mut numbers = FrameVec::with_capacity_in(70, &arena);
        numbers.extend(0..70u64);
        numbers.extend((0..9u64).filter(|n| n % 2 == 0));
        drop(numbers);
        let mut map = FrameMap::new_in(&arena);
        map.extend((0..500).map(|n| (n % 3, n)));
        drop(map);
        arena.reset();
        assert_eq!(arena.pressure().refused_frame_count, 0);
    }
}

/// Advised was what the threads used, less than what had been too little for their granules.
#[test]
fn the_capacity_advised_for_a_set_holds_its_threads_granules() {
    let first_frame = |capacity_bytes| {
        let mut set =
            ThreadArenas::with_config(config(capacity_bytes, MODES[0], Budget::Unlimited));
        let (threads, barrier) = (&set, &Barrier::new(8));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(move || {
                    threads.local().alloc([0u8; 1_000]);
                    barrier.wait(); // So that each is a thread of its own.
                });
            }
        });
        set.begin_frame();
        set.pressure()
    };
    let small = first_frame(4 * GRANULE_BYTES);
    assert_eq!((small.grown_frame_count, small.most_bytes), (1, 8_000));
    assert_eq!(first_frame(small.advised_capacity_bytes()).grown_frame_count, 0);
}
