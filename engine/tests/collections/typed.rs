//! `TypedArena`: order, drops, growth, refusal.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use frame_arena::{ArenaConfig, ArenaMode, Budget, TypedArena, heap};

use crate::support::{DropLog, Noted, panic_text};
use crate::{MODES, any_value, assert_drops, config, numbers};

fn typed_arenas<T>() -> impl Iterator<Item = TypedArena<T>> {
    MODES.map(|mode| TypedArena::with_config(config(256, mode, Budget::Unlimited))).into_iter()
}

#[test]
fn values_are_visited_in_the_order_in_which_they_came() {
    for mut values in typed_arenas() {
        for frame in 0..3 {
            for number in 0..1_000u64 {
                assert_eq!(*values.alloc(number * frame), number * frame);
            }
            assert_eq!((values.len(), values.iter_mut().len()), (1_000, 1_000));
            assert!(values.iter().copied().eq((0..1_000).map(|number| number * frame)));
            values.reset();
            assert_eq!((values.len(), values.iter().count()), (0, 0));
        }
    }
}

#[test]
fn values_stay_where_they_are_while_the_arena_grows() {
    for values in typed_arenas() {
        let kept: Vec<&mut String> = (0..500).map(|n| values.alloc(n.to_string())).collect();
        for (number, text) in kept.iter().enumerate() {
            assert_eq!(**text, number.to_string());
        }
    }
}

#[test]
fn a_settled_frame_lies_in_one_run() {
    let mut values = TypedArena::with_config(config(256, ArenaMode::Bump, Budget::Unlimited));
    for _ in 0..2 {
        (0..1_000u64).for_each(|number| *values.alloc(number) += 1);
        values.reset();
    }
    (0..1_000u64).for_each(|number| *values.alloc(number) += 1);
    assert_eq!((values.stats().alloc_count, values.stats().block_count), (1_000, 1));
    let addresses: Vec<usize> = values.iter().map(|value| (&raw const *value).addr()).collect();
    assert!(addresses.windows(2).all(|pair| pair[1] == pair[0] + 8));
}

#[test]
fn no_heap_call_from_the_second_equal_frame_on() {
    let mut values = TypedArena::with_config(config(256, ArenaMode::Bump, Budget::Unlimited));
    let frame = |values: &mut TypedArena<[u64; 3]>| {
        (0..1_000).for_each(|number| values.alloc([number; 3])[0] += 1);
        assert_eq!(values.iter_mut().map(|value| value[0] - value[2]).sum::<u64>(), 1_000);
        values.reset();
    };
    frame(&mut values);
    heap::assert_no_heap_calls(|| (0..10).for_each(|_| frame(&mut values)));
    assert_eq!(values.stats().resizes, 1);
}

#[test]
fn reset_drops_each_value_once_newest_first() {
    for mut values in typed_arenas() {
        let log = DropLog::default();
        for number in 0..100 {
            values.alloc(log.value(number));
        }
        assert_eq!(log.take(), []);
        values.reset();
        assert!(log.take().into_iter().eq((0..100).rev()));
        values.reset();
        drop(values);
        assert_eq!(log.take(), []);
    }
}

#[test]
fn dropping_the_arena_and_switching_its_mode_drop_the_values() {
    for mut values in typed_arenas() {
        let log = DropLog::default();
        values.alloc(log.value(1));
        values.set_mode(ArenaMode::PerObject);
        assert_eq!((log.take(), values.len()), (vec![1], 0));
        values.alloc(log.value(2));
        values.set_mode(ArenaMode::Bump);
        assert_eq!(log.take(), [2]);
        values.alloc(log.value(3));
        drop(values);
        assert_eq!(log.take(), [3]);
    }
}

/// Stores 0 to 9, of which 7, 3 and 0 panic when dropped.
fn fill(values: &TypedArena<Noted>, log: &DropLog) {
    for number in 0..10 {
        let is_panicking = [7, 3, 0].contains(&number);
        values.alloc(if is_panicking { log.panicking_value(number) } else { log.value(number) });
    }
}

#[test]
fn drops_that_panic_skip_nothing_and_the_first_panic_comes_last() {
    for mut values in typed_arenas() {
        let log = DropLog::default();
        fill(&values, &log);
        assert_eq!(panic_text(|| values.reset()).as_deref(), Some("drop of 7"));
        assert!(log.take().into_iter().eq((0..10).rev()));
        assert_eq!((values.len(), values.stats().used_bytes), (0, 0));
        values.alloc(log.value(20));
        values.reset();
        assert_eq!(log.take(), [20]);
        fill(&values, &log);
        assert_eq!(panic_text(|| drop(values)).as_deref(), Some("drop of 7"));
        assert!(log.take().into_iter().eq((0..10).rev()));
    }
}

#[test]
fn an_arena_dropped_by_a_panic_keeps_that_panic() {
    for values in typed_arenas() {
        let log = DropLog::default();
        fill(&values, &log);
        let text = panic_text(|| {
            let _values = values;
            panic!("the reason");
        });
        assert_eq!((text.as_deref(), log.take().len()), (Some("the reason"), 10));
    }
}

#[test]
fn a_value_made_from_others_comes_after_them() {
    for mut values in typed_arenas() {
        let sum = values.alloc_with(|| {
            let pair = (values.alloc(1), values.alloc_with(|| *values.alloc(2) + 1));
            *pair.0 + *pair.1
        });
        assert_eq!(*sum, 4);
        assert!(values.iter().eq(&[1, 2, 3, 4]));
    }
}

#[test]
fn a_maker_that_panics_leaves_nothing_unfinished() {
    for mut values in typed_arenas() {
        let log = DropLog::default();
        let result = catch_unwind(AssertUnwindSafe(|| {
            values.alloc_with(|| {
                values.alloc(log.value(1));
                panic!("half-way");
            });
        }));
        assert!(result.is_err());
        values.alloc(log.value(2));
        assert!(values.iter().map(|value| value.number).eq([1, 2]));
        values.reset();
        assert_eq!(log.take(), [2, 1]);
    }
}

#[test]
fn a_refused_value_comes_back_and_the_others_stay() {
    for mode in MODES {
        let mut values = TypedArena::with_config(config(64, mode, Budget::Refuse(400)));
        let mut stored = 0;
        let refused = loop {
            match values.try_alloc(stored.to_string()) {
                Ok(_) => stored += 1,
                Err(refused) => break refused,
            }
        };
        assert!(stored > 0);
        assert_eq!(refused.into_value(), stored.to_string());
        let text = panic_text(|| drop(values.alloc(String::new()).clone())).unwrap();
        assert!(text.starts_with("test arena over budget"), "{text}");
        assert!(values.iter().cloned().eq((0..stored).map(|n| n.to_string())));
        values.reset();
        assert!(values.try_alloc(String::from("again")).is_ok());
    }
}

#[test]
fn a_capacity_holds_that_many_values_in_one_block() {
    #[repr(align(64))]
    struct Line;
    fn fill<T>(make: impl Fn() -> T) {
        let values = TypedArena::with_capacity(1_000);
        for _ in 0..1_000 {
            values.alloc(make());
        }
        let stats = values.stats();
        assert_eq!((stats.block_count, stats.alloc_count), (1, 1_000));
    }
    fill(|| 1u8);
    fill(|| [1u64; 5]);
    fill(String::new);
    fill(|| Line);
    assert!(TypedArena::<u64>::try_with_capacity(usize::MAX).is_err());
}

#[test]
fn odd_sizes_and_alignments_keep_their_values() {
    #[repr(align(128))]
    struct Wide([u8; 3]);
    struct Unit(DropLog);
    impl Drop for Unit {
        fn drop(&mut self) {
            drop(self.0.value(0));
        }
    }
    for mut values in typed_arenas::<u8>() {
        (0..200).for_each(|n| *values.alloc(n) ^= 0);
        assert!(values.iter().copied().eq(0..200));
    }
    for mut values in typed_arenas::<[u8; 11]>() {
        (0..200).for_each(|n| values.alloc([n; 11])[0] = 0);
        assert!(values.iter().map(|value| value[10]).eq(0..200));
    }
    for mut values in typed_arenas() {
        (0..200).for_each(|n| values.alloc(Wide([n; 3])).0[1] = 7);
        assert!(values.iter().all(|value| (&raw const *value).addr() % 128 == 0));
        assert!(values.iter().map(|value| value.0).eq((0..200).map(|n| [n, 7, n])));
    }
    let log = DropLog::default();
    for mut values in typed_arenas() {
        (0..5).for_each(|_| drop(values.alloc(Unit(log.clone())).0.value(1)));
        assert_eq!((values.iter().count(), log.take().len()), (5, 5));
        values.reset();
        assert_eq!(log.take(), [0; 5]);
    }
}

#[test]
fn values_without_bytes_are_counted_and_dropped() {
    thread_local!(static DROPPED: Cell<u32> = const { Cell::new(0) });
    struct Unit;
    impl Drop for Unit {
        fn drop(&mut self) {
            DROPPED.set(DROPPED.get() + 1);
        }
    }
    #[repr(align(32))]
    struct AlignedUnit;
    for mut values in typed_arenas() {
        DROPPED.set(0);
        (0..1_000).for_each(|_| {
            values.alloc(Unit);
        });
        assert_eq!((values.len(), values.iter_mut().count(), DROPPED.get()), (1_000, 1_000, 0));
        values.reset();
        assert_eq!(DROPPED.get(), 1_000);
    }
    for mut values in typed_arenas() {
        (0..10).for_each(|_| {
            values.alloc(AlignedUnit);
        });
        assert!(values.iter().all(|value| (&raw const *value).addr() % 32 == 0));
        assert_eq!(values.iter().count(), 10);
    }
}

#[test]
fn values_may_refer_to_each_other_in_a_circle() {
    struct Person<'p> {
        name: String,
        friends: RefCell<Vec<&'p Person<'p>>>,
    }
    fn befriend<'p>(people: &'p TypedArena<Person<'p>>) {
        let [ann, bob] = ["ann", "bob"].map(|name| {
            let (name, friends) = (String::from(name), RefCell::default());
            &*people.alloc(Person { name, friends })
        });
        ann.friends.borrow_mut().push(bob);
        bob.friends.borrow_mut().extend([ann, bob]);
        assert_eq!(ann.friends.borrow()[0].friends.borrow()[0].name, "ann");
    }
    befriend(&TypedArena::new());
    let one_by_one = config(256, ArenaMode::PerObject, Budget::Unlimited);
    befriend(&TypedArena::with_config(one_by_one));
}

#[test]
fn an_arena_with_its_values_goes_to_another_thread() {
    let mut names = TypedArena::new();
    names.alloc(String::from("orc"));
    let names = std::thread::spawn(move || {
        names.iter_mut().for_each(|name| name.push('s'));
        names.alloc(String::from("wolf"));
        names
    });
    let mut names = names.join().unwrap();
    assert!(names.iter().eq(&["orcs", "wolf"]));
}

#[test]
fn an_arena_that_a_logger_uses_meanwhile_keeps_every_value() {
    // A budget that warns calls the log, which may store into the very same arena.
    struct StoringLog;
    impl log::Log for StoringLog {
        fn enabled(&self, _: &log::Metadata) -> bool {
            true
        }
        fn log(&self, _: &log::Record) {
            VALUES.with_borrow(|values| *values.alloc(1_000) += 1);
        }
        fn flush(&self) {}
    }
    thread_local!(static VALUES: RefCell<Rc<TypedArena<u64>>> = RefCell::default());
    let values = Rc::new(TypedArena::with_config(ArenaConfig {
        budget: Budget::Warn(200),
        ..ArenaConfig::named("warned")
    }));
    VALUES.set(Rc::clone(&values));
    log::set_logger(&StoringLog).unwrap();
    log::set_max_level(log::LevelFilter::Warn);
    let kept: Vec<&mut u64> = (0..50).map(|number| values.alloc(number)).collect();
    assert!(kept.iter().map(|value| **value).eq(0..50));
    drop(VALUES.take());
    let mut values: Vec<u64> = Rc::into_inner(values).unwrap().iter().copied().collect();
    values.sort_unstable();
    assert!(values.into_iter().eq((0..50).chain([1_001])));
}

/// In each mode, under budgets that come and go; each fifth value panics when dropped.
#[test]
fn random_programs_do_what_a_vec_does() {
    for seed in 0..300 {
        let log = DropLog::default();
        let unlimited = config(64, MODES[seed as usize % 3], Budget::Unlimited);
        let mut values = TypedArena::<Noted>::with_config(unlimited);
        let mut model: Vec<u32> = Vec::new();
        for number in numbers(seed).take(100).map(|number| number as u32) {
            let value = number / 32;
            let used_bytes = values.stats().used_bytes;
            match number % 32 {
                0 | 1 => {
                    let text = panic_text(|| match number % 32 {
                        0 => values.reset(),
                        _ => values.set_mode(MODES[value as usize % 3]),
                    });
                    let first = model.iter().rev().find(|number| number.is_multiple_of(5));
                    assert_eq!(
                        text,
                        first.map(|number| format!("drop of {number}")),
                        "seed {seed}"
                    );
                    assert!(log.take().into_iter().eq(model.drain(..).rev()), "seed {seed}");
                    assert_eq!(values.stats().used_bytes, 0);
                }
                2 => values.set_budget(Budget::Refuse(value as usize % 4_096)),
                3 => values.set_budget(Budget::Unlimited),
                4 => values.iter_mut().zip(&mut model).take(3).for_each(|(noted, expected)| {
                    noted.number += 5;
                    *expected += 5;
                }),
                _ => match values.try_alloc(any_value(&log, value)) {
                    Ok(noted) => model.push(noted.number),
                    Err(refused) => {
                        assert_eq!(values.stats().used_bytes, used_bytes);
                        assert_drops(&log, value, refused);
                    }
                },
            }
            assert!(values.iter().map(|noted| &noted.number).eq(&model), "seed {seed}");
            assert_eq!((values.len(), log.take()), (model.len(), vec![]));
        }
        _ = panic_text(|| drop(values));
        assert!(log.take().into_iter().eq(model.into_iter().rev()), "seed {seed}");
    }
}
