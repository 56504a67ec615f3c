//! A contact list for each touching body: a small slice of its own.

use super::grid::Record;
use super::pairs::Contact;
use crate::{AllocError, FrameArena, FrameVec, SliceHandle};

/// What one body knows of another that it touches. 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Touch {
    /// The other body, as a place among the grid's records.
    pub other: u32,
    /// This body's part of the correction, 0 to 1; the other's is the rest. The lighter one gives
    /// way more; mass counts as the square of the radius.
    pub share: f32,
    /// Distance at which the two only just touch, in metres.
    pub reach: f32,
    /// How far they overlapped when the tick began, in metres.
    pub depth: f32,
}

/// All that one body touches: for relaxation, and for whatever a game does on contact (damage,
/// sparks, sound).
#[derive(Clone, Copy, Debug)]
pub struct ContactList {
    /// The body, as a place among the grid's records.
    pub record: u32,
    /// At least one; in the order of the contacts.
    pub touches: SliceHandle<Touch>,
}

/// What [`list_contacts`] made.
#[derive(Clone, Copy, Debug)]
pub struct ListedContacts {
    /// One list for each touching body, in the order of the records.
    pub lists: SliceHandle<ContactList>,
    /// Touching bodies for whose list the arena had no room: they overlap on.
    pub refused_count: u64,
}

/// The end of a chain.
const NO_SIDE: u32 = u32::MAX;

/// The first of a body's sides of contacts, and their number.
#[derive(Clone, Copy)]
struct Chain {
    first: u32,
    len: u32,
}

/// Side `2c` of contact `c` is its `a`'s, side `2c + 1` its `b`'s; each names the next side of the
/// same body.
struct Sides<'a> {
    contacts: &'a [Contact],
    records: &'a [Record],
    chains: &'a [Chain],
    next: &'a [u32],
}

impl<'a> Sides<'a> {
    /// Chains up each body's sides, from the last contact to the first, so that the chains run the
    /// other way.
    fn chained(
        contacts: &'a [Contact],
        records: &'a [Record],
        arena: &'a FrameArena,
    ) -> Result<Self, AllocError> {
        let none = Chain { first: NO_SIDE, len: 0 };
        let chains = arena.try_alloc_slice_fill_with(records.len(), |_| none)?;
        let next = arena.try_alloc_slice_fill_with(contacts.len() * 2, |_| NO_SIDE)?;
        for (contact, next) in (0..contacts.len() as u32).zip(next.chunks_exact_mut(2)).rev() {
            let Contact { a, b } = contacts[contact as usize];
            for (side, body) in [a, b].into_iter().enumerate() {
                let chain = &mut chains[body as usize];
                next[side] = chain.first;
                *chain = Chain { first: contact * 2 + side as u32, len: chain.len + 1 };
            }
        }
        Ok(Self { contacts, records, chains, next })
    }

    fn of(&self, body: usize) -> Touches<'_> {
        let chain = self.chains[body];
        Touches { sides: self, side: chain.first, left: chain.len as usize }
    }

    #[inline]
    fn touch(&self, side: u32) -> Touch {
        let Contact { a, b } = self.contacts[side as usize / 2];
        let (this, other) = if side.is_multiple_of(2) { (a, b) } else { (b, a) };
        let (one, two) = (&self.records[this as usize], &self.records[other as usize]);
        let (mass, other_mass) = (one.radius * one.radius, two.radius * two.radius);
        let reach = one.radius + two.radius;
        Touch {
            other,
            share: other_mass / (mass + other_mass),
            reach,
            depth: reach - one.position.distance(two.position),
        }
    }
}

/// Walks one body's sides.
struct Touches<'a> {
    sides: &'a Sides<'a>,
    side: u32,
    left: usize,
}

impl Iterator for Touches<'_> {
    type Item = Touch;

    #[inline]
    fn next(&mut self) -> Option<Touch> {
        if self.side == NO_SIDE {
            return None;
        }
        let touch = self.sides.touch(self.side);
        self.side = self.sides.next[self.side as usize];
        self.left -= 1;
        Some(touch)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Touches<'_> {}

/// Makes the contact list of each touching body, one small slice each.
///
/// # Errors
/// If the arena refuses the tables. Later refusals cost lists, which are counted.
pub fn list_contacts(
    contacts: &[Contact],
    records: &[Record],
    arena: &FrameArena,
) -> Result<ListedContacts, AllocError> {
    let sides = Sides::chained(contacts, records, arena)?;
    let touching_count = sides.chains.iter().filter(|chain| chain.len > 0).count();
    let mut lists = FrameVec::try_with_capacity_in(touching_count, arena)?;
    let mut refused_count = 0;
    let touching = (0..records.len()).filter(|&body| sides.chains[body].len > 0);
    for body in touching {
        match arena.try_publish_slice_from_iter(sides.of(body)) {
            Ok(touches) => lists.push(ContactList { record: body as u32, touches }),
            Err(_) => refused_count += 1,
        }
    }
    Ok(ListedContacts { lists: lists.publish(), refused_count })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use glam::Vec2;

    use super::*;
    use crate::physics::grid::sort_into_grid;
    use crate::physics::pairs::find_contacts;
    use crate::physics::scene;
    use crate::{ArenaConfig, Budget};

    #[test]
    fn each_contact_stands_in_both_lists_and_nothing_else_does() {
        let arena = FrameArena::new();
        let objects = scene::uniform(3, 900, 0.1, 0.3);
        let grid = sort_into_grid(&objects, Vec2::splat(8.0), &arena).unwrap();
        let contacts = find_contacts(&grid, &arena).unwrap().contacts;
        let contacts = arena.get(contacts).unwrap();
        let listed = list_contacts(contacts, arena.get(grid.records).unwrap(), &arena).unwrap();
        assert_eq!(listed.refused_count, 0);
        let mut sides = BTreeSet::new();
        for list in arena.get(listed.lists).unwrap() {
            let touches = arena.get(list.touches).unwrap();
            assert!(!touches.is_empty());
            for touch in touches {
                assert!(touch.depth > -1e-6 && touch.share > 0.0 && touch.share < 1.0);
                assert!(sides.insert((list.record, touch.other)), "listed twice");
            }
        }
        let both = contacts.iter().flat_map(|&Contact { a, b }| [(a, b), (b, a)]);
        assert_eq!(sides, both.collect());
    }

    #[test]
    fn shares_balance_the_masses() {
        let arena = FrameArena::new();
        let record = |x, radius| Record { position: Vec2::new(x, 0.0), radius, object: 0 };
        let records = [record(0.0, 1.0), record(1.5, 2.0), record(4.0, 1.0)];
        let contacts = [Contact { a: 0, b: 1 }, Contact { a: 1, b: 2 }];
        let listed = list_contacts(&contacts, &records, &arena).unwrap();
        let lists = arena.get(listed.lists).unwrap();
        let share =
            |list: usize, touch: usize| arena.get(lists[list].touches).unwrap()[touch].share;
        // Mass 1 against 4.
        assert_eq!((share(0, 0), share(1, 0)), (0.8, 0.2));
        assert_eq!((share(1, 1), share(2, 0)), (0.2, 0.8));
    }

    #[test]
    fn lists_that_do_not_fit_are_counted() {
        let arena = FrameArena::with_config(ArenaConfig {
            budget: Budget::Refuse(150_000),
            ..ArenaConfig::named("small")
        });
        let objects: Vec<_> =
            (0..2_000).map(|n| Vec2::new(n as f32 * 0.1, 0.0)).map(record_at).collect();
        let contacts: Vec<Contact> = (0..1_999).map(|a| Contact { a, b: a + 1 }).collect();
        let listed = list_contacts(&contacts, &objects, &arena).unwrap();
        let list_count = arena.get(listed.lists).unwrap().len() as u64;
        assert!(listed.refused_count > 0 && list_count > 0);
        assert_eq!(list_count + listed.refused_count, 2_000);
    }

    fn record_at(position: Vec2) -> Record {
        Record { position, radius: 0.06, object: 0 }
    }
}
