//! `DynArena`: values of many types as one trait.

use frame_arena::{ArenaMode, Budget, DynArena, heap};

use crate::support::{DropLog, Noted, panic_text};
use crate::{MODES, any_value, assert_drops, config, numbers};

trait Piece {
    fn text(&self) -> String;
    fn grow(&mut self);
}

impl Piece for u8 {
    fn text(&self) -> String {
        self.to_string()
    }

    fn grow(&mut self) {
        *self += 1;
    }
}

impl Piece for String {
    fn text(&self) -> String {
        self.clone()
    }

    fn grow(&mut self) {
        self.push('+');
    }
}

#[repr(align(64))]
struct Wide(Vec<u64>);

impl Piece for Wide {
    fn text(&self) -> String {
        format!("{:?}", self.0)
    }

    fn grow(&mut self) {
        assert_eq!((&raw const *self).addr() % 64, 0);
        self.0.push(0);
    }
}

impl Piece for Noted {
    fn text(&self) -> String {
        self.number.to_string()
    }

    fn grow(&mut self) {
        self.number += 1;
    }
}

fn pieces() -> impl Iterator<Item = DynArena<dyn Piece>> {
    MODES.map(|mode| DynArena::with_config(config(256, mode, Budget::Unlimited))).into_iter()
}

fn texts(pieces: &mut DynArena<dyn Piece>) -> Vec<String> {
    pieces.iter_mut().map(|piece| piece.text()).collect()
}

#[test]
fn values_of_many_types_are_visited_in_order() {
    for mut pieces in pieces() {
        for _ in 0..3 {
            *pieces.alloc(7u8, |piece| piece) += 1;
            pieces.alloc(String::from("orc"), |piece| piece).push('s');
            pieces.alloc(Wide(vec![1]), |piece| piece);
            pieces.iter_mut().for_each(|piece| piece.grow());
            assert_eq!(texts(&mut pieces), ["9", "orcs+", "[1, 0]"]);
            assert_eq!((pieces.len(), pieces.iter_mut().len()), (3, 3));
            pieces.reset();
            assert!(pieces.is_empty() && texts(&mut pieces).is_empty());
        }
    }
}

#[test]
fn reset_and_drop_drop_each_value_once_newest_first() {
    for mut pieces in pieces() {
        let log = DropLog::default();
        for number in 0..100 {
            pieces.alloc(log.value(number), |piece| piece);
            pieces.alloc(number as u8, |piece| piece);
        }
        pieces.reset();
        assert!(log.take().into_iter().eq((0..100).rev()));
        pieces.alloc(log.value(1), |piece| piece);
        drop(pieces);
        assert_eq!(log.take(), [1]);
    }
}

#[test]
fn drops_that_panic_skip_nothing() {
    for mut pieces in pieces() {
        let log = DropLog::default();
        pieces.alloc(log.value(0), |piece| piece);
        pieces.alloc(log.panicking_value(1), |piece| piece);
        pieces.alloc(log.panicking_value(2), |piece| piece);
        assert_eq!(panic_text(|| pieces.reset()).as_deref(), Some("drop of 2"));
        assert_eq!((log.take(), pieces.len()), (vec![2, 1, 0], 0));
    }
}

#[test]
fn a_refused_value_comes_back() {
    for mode in MODES {
        let pieces: DynArena<dyn Piece> =
            DynArena::with_config(config(64, mode, Budget::Refuse(8)));
        let refused = pieces.try_alloc(String::from("orc"), |piece| piece).unwrap_err();
        assert_eq!((refused.into_value().as_str(), pieces.len()), ("orc", 0));
    }
}

#[test]
fn a_view_may_be_a_part_of_the_value() {
    struct Orc {
        base: u32,
        _name: String,
    }
    let mut bases = DynArena::<u32>::new();
    bases.alloc(Orc { base: 1, _name: String::from("orc") }, |orc| &mut orc.base);
    bases.alloc(5, |base| base);
    bases.iter_mut().for_each(|base| *base += 1);
    assert!(bases.iter_mut().map(|base| *base).eq([2, 6]));
}

#[test]
fn a_view_that_panics_harms_nobody() {
    let mut bases = DynArena::<u32>::new();
    bases.alloc(1, |base| base);
    bases.alloc(2, |_| panic!("no view"));
    let text = panic_text(|| bases.iter_mut().for_each(|base| *base += 1));
    assert_eq!((text.as_deref(), bases.len()), (Some("no view"), 2));
    bases.reset();
}

#[test]
fn no_heap_call_from_the_second_equal_frame_on() {
    let mut pieces: DynArena<dyn Piece> =
        DynArena::with_config(config(256, ArenaMode::Bump, Budget::Unlimited));
    let frame = |pieces: &mut DynArena<dyn Piece>| {
        for number in 0..100 {
            pieces.alloc(number, |piece| piece);
            pieces.alloc(Wide(Vec::new()), |piece| piece);
        }
        pieces.reset();
    };
    frame(&mut pieces);
    heap::assert_no_heap_calls(|| (0..10).for_each(|_| frame(&mut pieces)));
    assert_eq!(pieces.stats().block_count, 1);
}

/// In each mode, under budgets that come and go; each fifth value that notes its drop panics then.
#[test]
fn random_programs_do_what_a_vec_does() {
    for seed in 0..300 {
        let log = DropLog::default();
        let unlimited = config(64, MODES[seed as usize % 3], Budget::Unlimited);
        let mut pieces = DynArena::<dyn Piece>::with_config(unlimited);
        let mut model: Vec<String> = Vec::new();
        let mut to_drop: Vec<u32> = Vec::new();
        for number in numbers(seed).take(100).map(|number| number as u32) {
            let value = number / 32;
            let used_bytes = pieces.stats().used_bytes;
            let stored = match number % 32 {
                0 | 1 => {
                    let text = panic_text(|| match number % 32 {
                        0 => pieces.reset(),
                        _ => pieces.set_mode(MODES[value as usize % 3]),
                    });
                    let first = to_drop.iter().rev().find(|value| value.is_multiple_of(5));
                    assert_eq!(text, first.map(|value| format!("drop of {value}")), "seed {seed}");
                    assert!(log.take().into_iter().eq(to_drop.drain(..).rev()), "seed {seed}");
                    assert_eq!(pieces.stats().used_bytes, 0);
                    model.clear();
                    continue;
                }
                2 => {
                    pieces.set_budget(Budget::Refuse(value as usize % 4_096));
                    continue;
                }
                3 => {
                    pieces.set_budget(Budget::Unlimited);
                    continue;
                }
                4..10 => {
                    pieces.try_alloc(value as u8, |piece| piece).map(|piece| piece.text()).ok()
                }
                10..16 => {
                    let wide = Wide(vec![value.into()]);
                    pieces.try_alloc(wide, |piece| piece).map(|piece| piece.text()).ok()
                }
                _ => match pieces.try_alloc(any_value(&log, value), |piece| piece) {
                    Ok(piece) => {
                        to_drop.push(value);
                        Some(piece.text())
                    }
                    Err(refused) => {
                        assert_drops(&log, value, refused);
                        None
                    }
                },
            };
            match stored {
                Some(text) => model.push(text),
                None => assert_eq!(pieces.stats().used_bytes, used_bytes),
            }
            assert_eq!((&texts(&mut pieces), pieces.len()), (&model, model.len()));
            assert_eq!(log.take(), []);
        }
        _ = panic_text(|| drop(pieces));
        assert!(log.take().into_iter().eq(to_drop.into_iter().rev()), "seed {seed}");
    }
}
