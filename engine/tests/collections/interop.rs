//! Other crates' collections over `&FrameArena`.

use std::hash::BuildHasherDefault;
use std::hash::DefaultHasher;

use allocator_api2::boxed::Box;
use allocator_api2::vec::Vec;
use hashbrown::{HashMap, HashSet};

use crate::support::DropLog;
use crate::{arenas, poor_arenas};

type Fixed = BuildHasherDefault<DefaultHasher>;

#[test]
fn hashbrowns_map_and_set_live_in_a_frame() {
    for arena in arenas() {
        let mut map = HashMap::with_hasher_in(Fixed::default(), &arena);
        let mut set = HashSet::with_hasher_in(Fixed::default(), &arena);
        for number in 0..1_000u64 {
            map.insert(number, number * 2);
            set.insert(number % 10);
        }
        assert!((0..1_000).all(|number| map[&number] == number * 2));
        assert_eq!((map.len(), set.len()), (1_000, 10));
        assert!(arena.stats().used_bytes > 1_000 * 16);
    }
}

#[test]
fn allocator_api2s_vec_grows_moves_and_shrinks() {
    for arena in arenas() {
        let mut first = Vec::new_in(&arena);
        let mut second = Vec::new_in(&arena);
        for number in 0..500u32 {
            first.push(number);
            second.push(number.to_string());
        }
        first.truncate(10);
        first.shrink_to_fit();
        assert!(first.iter().copied().eq(0..10));
        assert!(second.iter().enumerate().all(|(number, text)| *text == number.to_string()));
    }
}

#[test]
fn allocator_api2s_box_drops_its_value() {
    for arena in arenas() {
        let log = DropLog::default();
        let boxed = Box::new_in(log.value(1), &arena);
        assert_eq!(boxed.number, 1);
        drop(boxed);
        assert_eq!((log.take(), arena.stats().used_bytes), (vec![1], 0));
    }
}

#[test]
fn their_try_calls_give_an_error_where_memory_is_refused() {
    for arena in poor_arenas(64) {
        assert!(Vec::<u64, _>::new_in(&arena).try_reserve(100).is_err());
        assert!(Box::try_new_in([0u64; 100], &arena).is_err());
        let mut map: HashMap<u64, u64, Fixed, _> =
            HashMap::with_hasher_in(Fixed::default(), &arena);
        assert!(map.try_reserve(100).is_err());
        assert_eq!(arena.stats().used_bytes, 0);
    }
}

#[test]
fn their_box_of_a_value_without_size_takes_and_gives_back_nothing() {
    for arena in arenas() {
        drop(Box::new_in((), &arena));
        assert_eq!(Box::into_inner(Box::new_in((), &arena)), ());
        assert_eq!(arena.stats().used_bytes, 0);
    }
}

#[test]
fn bumpalos_own_collections_live_in_the_bump_beside_an_arena() {
    for mut arena in arenas() {
        let mut numbers = bumpalo::collections::Vec::new_in(arena.bump());
        numbers.extend(0..1_000u32);
        let text = bumpalo::format!(in arena.bump(), "{} numbers", numbers.len());
        assert_eq!((numbers[999], text.as_str()), (999, "1000 numbers"));
        assert_eq!(arena.stats().used_bytes, 0);
        assert!(arena.bump_stats().used_bytes >= 4_000);
        drop((numbers, text));
        arena.reset();
        assert_eq!(arena.bump_stats().used_bytes, 0);
    }
}
