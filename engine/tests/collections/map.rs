//! `FrameMap` against the standard map, and what happens when memory is refused.

use std::collections::HashMap;
use std::hash::RandomState;

use frame_arena::{Budget, FrameArena, FrameMap};

use crate::support::{DropLog, config, panic_text};
use crate::{MODES, arenas, numbers, poor_arenas};

#[test]
fn behaves_like_the_standard_map() {
    for arena in arenas() {
        let mut map = FrameMap::new_in(&arena);
        let mut model = HashMap::new();
        for number in numbers(7).take(5_000) {
            let key = number % 300;
            match number / 300 % 5 {
                0 | 1 => assert_eq!(map.insert(key, number), model.insert(key, number)),
                2 => assert_eq!(map.remove(&key), model.remove(&key)),
                3 => *map.entry(key).or_insert(0) += *model.entry(key).or_insert(0) + 1,
                _ => assert_eq!(map.get(&key), model.get(&key)),
            }
            if let (Some(value), Some(expected)) = (map.get(&key), model.get_mut(&key)) {
                *expected = *value;
            }
            assert_eq!(
                (map.len(), map.contains_key(&key)),
                (model.len(), model.contains_key(&key))
            );
        }
        let mut entries: Vec<_> = map.into_iter().collect();
        let mut expected: Vec<_> = model.into_iter().collect();
        entries.sort_unstable();
        expected.sort_unstable();
        assert_eq!(entries, expected);
    }
}

#[test]
fn equal_maps_iterate_in_the_same_order() {
    let [first, second] = [FrameArena::new(), FrameArena::new()];
    let entries = || numbers(3).map(|n| (n, n)).take(1_000);
    let first = FrameMap::from_iter_in(entries(), &first);
    let second = FrameMap::from_iter_in(entries(), &second);
    assert!(first.iter().eq(second.iter()));
}

#[test]
fn a_refused_insert_gives_key_and_value_back() {
    for arena in poor_arenas(256) {
        let mut map = FrameMap::new_in(&arena);
        let mut stored = 0u64;
        let (key, value) = loop {
            match map.try_insert(stored, String::from("value")) {
                Ok(_) => stored += 1,
                Err(refused) => break refused.into_value(),
            }
        };
        assert_eq!((key, value.as_str()), (stored, "value"));
        assert!(stored > 0);
        assert_eq!(map.len() as u64, stored);
        assert!((0..stored).all(|key| map[&key] == "value"));
    }
}

#[test]
fn a_full_map_still_takes_new_values_for_its_keys() {
    for arena in poor_arenas(256) {
        let mut map = FrameMap::new_in(&arena);
        while map.try_insert(map.len(), 0).is_ok() {}
        assert_eq!(map.len(), map.capacity());
        assert_eq!(map.insert(0, 7), Some(0));
        *map.entry(1).or_insert(0) += 5;
        assert_eq!((map[&0], map[&1]), (7, 5));
        assert_eq!(map.try_entry(map.len()).map(drop).unwrap_err().into_value(), map.len());
        // A place that a removed key left is used without asking for memory.
        assert_eq!(map.remove(&0), Some(7));
        if map.len() < map.capacity() {
            assert_eq!(map.insert(1_000, 1), None);
        }
    }
}

#[test]
fn plain_calls_panic_with_the_reason() {
    let budget = Budget::Refuse(64);
    for mode in MODES {
        let arena = FrameArena::with_config(config(4_096, mode, budget));
        let calls: [&dyn Fn(); 4] = [
            &|| drop(FrameMap::<u64, u64>::with_capacity_in(100, &arena)),
            &|| assert_eq!(FrameMap::new_in(&arena).insert(1u64, 1u64), None),
            &|| drop(FrameMap::<u64, u64>::new_in(&arena).entry(1).or_insert(1).to_string()),
            &|| drop(FrameMap::from_iter_in([(1u64, 1u64)], &arena)),
        ];
        for call in calls {
            let text = panic_text(call).unwrap();
            assert!(text.starts_with("test arena over budget: "), "{text}");
        }
    }
}

#[test]
fn a_hopeless_capacity_is_an_error() {
    for arena in arenas() {
        for capacity in [usize::MAX, usize::MAX / 64] {
            let refused = FrameMap::<u64, u64>::try_with_capacity_in(capacity, &arena);
            assert!(refused.is_err());
        }
        assert_eq!(arena.stats().used_bytes, 0);
    }
}

#[test]
fn what_did_not_fit_of_an_iterator_comes_back() {
    for arena in poor_arenas(256) {
        let mut map = FrameMap::new_in(&arena);
        let refused = map.try_extend((0..1_000u64).map(|n| (n, n))).unwrap_err();
        assert_eq!(refused.into_value().0, map.len() as u64);
    }
}

#[test]
fn keys_and_values_are_dropped_once() {
    for arena in arenas() {
        let log = DropLog::default();
        let mut map = FrameMap::new_in(&arena);
        for number in 0..8 {
            map.insert(number, log.value(number));
        }
        map.insert(3, log.value(30));
        assert_eq!(log.take(), [3]);
        drop(map.remove(&4));
        assert_eq!(log.take(), [4]);
        map.retain(|number, _| number % 2 == 1);
        assert_eq!(sorted(log.take()), [0, 2, 6]);
        drop(map.drain().next());
        assert_eq!(sorted(log.take()), [1, 5, 7, 30]);
        assert!(map.is_empty() && map.capacity() >= 8);
        map.insert(9, log.value(9));
        drop(map);
        assert_eq!(log.take(), [9]);
    }
}

#[test]
fn keys_or_values_leave_by_value_and_the_others_are_dropped_once() {
    for arena in arenas() {
        let log = DropLog::default();
        let entries = || (0..6).map(|n| (n, log.value(n)));
        let map = FrameMap::from_iter_in(entries(), &arena);
        let order: Vec<u32> = map.keys().copied().collect();
        assert!(map.into_keys().eq(order));
        assert_eq!(sorted(log.take()), [0, 1, 2, 3, 4, 5]);
        let mut values = FrameMap::from_iter_in(entries(), &arena).into_values();
        let first = values.next().unwrap();
        drop(values);
        assert_eq!((log.take().len(), arena.stats().used_bytes), (5, 0));
        drop(first);
        assert_eq!(log.take().len(), 1);
        let tokens = FrameMap::from_iter_in([((), ())], &arena);
        assert_eq!(tokens.into_keys().count(), 1);
    }
}

fn sorted(mut numbers: Vec<u32>) -> Vec<u32> {
    numbers.sort_unstable();
    numbers
}

#[test]
fn the_last_maps_memory_is_used_again() {
    for arena in arenas() {
        let map: FrameMap<u64, u64> = FrameMap::with_capacity_in(100, &arena);
        assert!(arena.stats().used_bytes > 0);
        drop(map);
        assert_eq!(arena.stats().used_bytes, 0);
    }
}

#[test]
fn an_entry_reads_changes_and_removes() {
    let arena = FrameArena::new();
    let mut map = FrameMap::from_iter_in([("orc", 2)], &arena);
    let entry = map.entry("orc");
    assert_eq!((entry.key(), entry.value()), (&"orc", Some(&2)));
    assert_eq!(map.entry("elf").value(), None);
    assert_eq!(map.entry("elf").remove(), None);
    assert_eq!(*map.entry("elf").or_default(), 0);
    assert_eq!(*map.entry("orc").and_modify(|n| *n += 1).or_insert_with(|| unreachable!()), 3);
    assert_eq!(map.entry("orc").remove(), Some(("orc", 3)));
    assert_eq!(format!("{map:?}"), r#"{"elf": 0}"#);
    let entry = format!("{:?}", map.entry("elf"));
    assert_eq!(entry, r#"MapEntry { key: "elf", value: Some(0) }"#);
}

#[test]
fn an_entrys_value_may_come_from_the_same_arena() {
    for arena in arenas() {
        let mut map = FrameMap::new_in(&arena);
        for number in 0..100 {
            map.entry(number).or_insert_with(|| arena.alloc(number * 2));
        }
        assert!(map.iter().all(|(key, value)| **value == key * 2));
    }
}

#[test]
fn any_hasher_will_do() {
    let arena = FrameArena::new();
    let mut map = FrameMap::with_hasher_in(RandomState::new(), &arena);
    map.extend([("a", 1), ("b", 2), ("a", 3)]);
    assert_eq!((map["a"], map["b"], map.len()), (3, 2, 2));
}

#[test]
fn a_missing_key_panics_in_words() {
    let arena = FrameArena::new();
    let map: FrameMap<&str, i32> = FrameMap::new_in(&arena);
    let text = panic_text(|| drop(map["orc"].to_string())).unwrap();
    assert_eq!(text, "no entry for this key in the FrameMap");
}

#[test]
fn values_and_entries_are_visited_mutably() {
    let arena = FrameArena::new();
    let mut map = FrameMap::from_iter_in((0..10).map(|n| (n, n)), &arena);
    map.values_mut().for_each(|value| *value += 1);
    for (key, value) in &mut map {
        *value -= key;
    }
    assert!(map.values().all(|value| *value == 1));
    assert_eq!(map.keys().sum::<i32>(), 45);
}

/// As `HashMap`, with refusals that change nothing, whatever the budget.
#[test]
fn behaves_like_the_standard_map_until_refused_and_after() {
    for (seed, mut arena) in [1, 2, 3].into_iter().zip(poor_arenas(2_500)) {
        let log = DropLog::default();
        let mut numbers = numbers(seed);
        for _ in 0..100 {
            let (mut made, mut dropped) = (0, 0);
            let mut make = |number| {
                made += 1;
                log.value(number)
            };
            let mut map = FrameMap::new_in(&arena);
            let mut model = HashMap::new();
            for number in numbers.by_ref().take(120) {
                let (key, value) = (number / 32 % 60, number as u32 / 8);
                let few = number as usize / 2_048 % 5;
                let used_bytes = arena.stats().used_bytes;
                match number % 16 {
                    0..4 => match map.try_insert(key, make(value)) {
                        Ok(old) => assert_eq!(old.map(|old| old.number), model.insert(key, value)),
                        Err(refused) => {
                            let (refused_key, refused) = refused.into_value();
                            assert_eq!((refused_key, refused.number), (key, value));
                            assert!(!model.contains_key(&key));
                            assert_eq!(arena.stats().used_bytes, used_bytes);
                        }
                    },
                    4 | 5 => match map.try_entry(key) {
                        Ok(entry) => {
                            assert_eq!(
                                entry.value().map(|value| value.number),
                                model.get(&key).copied()
                            );
                            let entry = entry.and_modify(|value| value.number ^= 1);
                            entry.or_insert_with(|| make(value));
                            model.entry(key).and_modify(|value| *value ^= 1).or_insert(value);
                        }
                        Err(refused) => {
                            assert!(!model.contains_key(&refused.into_value()));
                            assert_eq!(arena.stats().used_bytes, used_bytes);
                        }
                    },
                    6 | 7 => {
                        let entries = (key..key + few as u64).map(|key| (key, value));
                        match map.try_extend(entries.clone().map(|(key, value)| (key, make(value))))
                        {
                            Ok(()) => model.extend(entries),
                            Err(refused) => {
                                let (refused, _) = refused.into_value();
                                assert!(!model.contains_key(&refused));
                                model.extend(entries.take_while(|(key, _)| *key != refused));
                            }
                        }
                    }
                    8 => assert_eq!(map.remove(&key).map(|value| value.number), model.remove(&key)),
                    9 => {
                        let removed = map.try_entry(key).ok().and_then(|entry| entry.remove());
                        let removed = removed.map(|(key, value)| (key, value.number));
                        assert_eq!(removed, model.remove_entry(&key));
                    }
                    10 => {
                        map.retain(|key, value| {
                            value.number ^= 2;
                            key % 8 != few as u64
                        });
                        model.retain(|key, value| {
                            *value ^= 2;
                            key % 8 != few as u64
                        });
                    }
                    11 if few == 0 => {
                        let taken = map.drain().take(value as usize % 60);
                        for (key, value) in taken {
                            assert_eq!(model.remove(&key), Some(value.number));
                        }
                        model.clear();
                    }
                    12 if few == 0 => {
                        let old = std::mem::replace(&mut map, FrameMap::new_in(&arena));
                        for (key, value) in old.into_iter().take(value as usize % 60) {
                            assert_eq!(model.remove(&key), Some(value.number));
                        }
                        model.clear();
                    }
                    13 => {
                        if map.try_reserve(value as usize % 60).is_err() {
                            assert_eq!(arena.stats().used_bytes, used_bytes);
                        }
                    }
                    14 => {
                        map.iter_mut().for_each(|(key, value)| value.number ^= *key as u32);
                        model.iter_mut().for_each(|(key, value)| *value ^= *key as u32);
                    }
                    _ => assert_eq!(
                        map.get(&key).map(|value| value.number),
                        model.get(&key).copied()
                    ),
                }
                assert!(map.iter().all(|(key, value)| model.get(key) == Some(&value.number)));
                assert_eq!((map.iter().len(), map.len()), (model.len(), model.len()));
                dropped += log.take().len();
            }
            assert!(map.capacity() >= map.len() && arena.stats().used_bytes <= 2_500);
            drop(map);
            assert_eq!(dropped + log.take().len(), made);
            arena.reset();
        }
    }
}
