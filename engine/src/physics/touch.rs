//! A contact list for each touching body: a small slice of its own.

use super::circles::Circles;
use super::contact::{Contact, StripContacts};
use super::grid::Grid;
use super::strip::Strip;
use crate::ecs::Workers;
use crate::{AllocError, FrameArena, FrameVec, SliceHandle, ThreadArenas};

/// What one body knows of another that it touches. 8 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Touch {
    /// The other body, as a place in the order of the grid.
    pub other: u32,
    /// How far they overlapped after the tick's free motion, before it parted them; in metres.
    pub depth: f32,
}

/// All that one body touches, for whatever a game does on contact (damage, sparks, sound).
#[derive(Clone, Copy, Debug)]
pub struct ContactList {
    /// The body, as a place in the order of the grid.
    pub record: u32,
    /// At least one.
    pub touches: SliceHandle<Touch>,
}

/// What [`list_contacts`] made.
#[derive(Clone, Copy, Debug)]
pub struct ListedContacts {
    /// For each strip, one list for each touching body, in the order of the grid.
    pub strips: SliceHandle<SliceHandle<ContactList>>,
    /// Lists.
    pub count: u64,
    /// Touching bodies for whose list the arena had no room. They part all the same.
    pub refused_count: u64,
}

/// The contacts that concern one strip.
struct StripTouches<'a> {
    circles: Circles<'a>,
    strip: Strip,
    /// Found in the strip below, in this one, and by giants in this one.
    lists: [&'a [Contact]; 4],
    /// For the strip of giants, all strips.
    all: &'a [StripContacts],
}

impl<'a> StripTouches<'a> {
    /// The contacts of the strip's bodies, in runs.
    fn contacts(&self, arenas: &'a ThreadArenas) -> impl Iterator<Item = &'a [Contact]> {
        let giants = self.all.iter().map(|strip| arenas.get(strip.giant).unwrap_or(&[]));
        self.lists.into_iter().chain(giants)
    }

    /// A place in the strip; for bodies outside that behind the last.
    fn side(&self, place: u32) -> usize {
        (place.wrapping_sub(self.strip.first) as usize).min(self.strip.len())
    }

    /// The touches of all bodies of the strip, body after body, and where those of each end.
    fn grouped<'m>(
        &self,
        arenas: &'a ThreadArenas,
        arena: &'m FrameArena,
    ) -> Result<(&'m [Touch], &'m [u32]), AllocError> {
        // One counter more, for places outside.
        let len = self.strip.len();
        let ends = arena.try_alloc_slice_fill_with(len + 1, |_| 0u32)?;
        for &Contact { a, b } in self.contacts(arenas).flatten() {
            ends[self.side(a)] += 1;
            ends[self.side(b)] += 1;
        }
        let mut sum = 0;
        for count in &mut *ends {
            sum += core::mem::replace(count, sum);
        }
        let touches = arena.try_alloc_slice_fill_with(sum as usize, |_| Touch::default())?;
        let circles = self.circles.of_one_length();
        for contacts in self.contacts(arenas) {
            for &Contact { a, b } in contacts {
                let (centre, radius) = circles.at(a as usize);
                let (other_centre, other_radius) = circles.at(b as usize);
                let depth = radius + other_radius - centre.distance(other_centre);
                for (side, other) in [(self.side(a), b), (self.side(b), a)] {
                    let end = &mut ends[side];
                    touches[*end as usize] = Touch { other, depth };
                    *end += 1;
                }
            }
        }
        Ok((touches, &ends[..len]))
    }

    fn list(&self, arenas: &'a ThreadArenas) -> Result<Listed, AllocError> {
        let arena = arenas.local();
        let (mut touches, ends) = self.grouped(arenas, arena)?;
        let touching = touching(ends, arena)?;
        let mut lists = FrameVec::try_with_capacity_in(touching.len(), arena)?;
        let mut refused_count = 0;
        for &(body, count) in touching {
            let own = touches.split_off(..count as usize).unwrap_or_default();
            match arena.try_publish_slice_copy(own) {
                Ok(touches) => lists.push(ContactList { record: self.strip.first + body, touches }),
                Err(_) => refused_count += 1,
            }
        }
        Ok(Listed { lists: lists.publish(), refused_count })
    }
}

/// The bodies that have touches and how many, from where those of each end. Without a branch for each:
/// always write, advance by the hit.
fn touching<'m>(ends: &[u32], arena: &'m FrameArena) -> Result<&'m [(u32, u32)], AllocError> {
    let touching = arena.try_alloc_slice_fill_with(ends.len(), |_| (0, 0))?;
    let (mut start, mut count) = (0, 0);
    for (&end, body) in ends.iter().zip(0u32..) {
        touching[count] = (body, end - start);
        count += usize::from(end > start);
        start = end;
    }
    Ok(&touching[..count])
}

struct Listed {
    lists: SliceHandle<ContactList>,
    refused_count: u64,
}

/// Makes the contact list of each touching body, one small slice each.
///
/// # Errors
/// If the arena refuses a strip's tables. Later refusals cost lists, which are counted.
///
/// # Panics
/// If a contact is of bodies that the grid has not.
pub fn list_contacts(
    contacts: &[StripContacts],
    grid: &Grid,
    arenas: &ThreadArenas,
    workers: &Workers,
) -> Result<ListedContacts, AllocError> {
    let arena = arenas.local();
    let strips = arenas.get(grid.strips).unwrap_or(&[]);
    let mut listed = FrameVec::try_with_capacity_in(strips.len(), arena)?;
    let circles = grid.circles(arenas);
    let get = |list: SliceHandle<Contact>| arenas.get(list).unwrap_or(&[]);
    let jobs = strips.iter().zip(contacts).enumerate().map(|(n, (&strip, found))| {
        let below = if n > 0 && !strip.is_giants { get(contacts[n - 1].upward) } else { &[] };
        let lists = [below, get(found.inner), get(found.upward), get(found.giant)];
        let all = if strip.is_giants { contacts } else { &[] };
        (StripTouches { circles, strip, lists, all }, None)
    });
    let jobs = arena.try_alloc_slice_from_iter(jobs)?;
    workers.for_each_mut(jobs, |_, (touches, listed)| *listed = Some(touches.list(arenas)));
    let (mut count, mut refused_count) = (0, 0);
    for strip in jobs.iter_mut().filter_map(|(_, listed)| listed.take()) {
        let strip = strip?;
        count += strip.lists.len() as u64;
        refused_count += strip.refused_count;
        listed.push(strip.lists);
    }
    Ok(ListedContacts { strips: listed.publish(), count, refused_count })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use glam::Vec2;

    use super::*;
    use crate::Budget;
    use crate::physics::collider::CollisionObject;
    use crate::physics::pairs::find_contacts;
    use crate::physics::scene;
    use crate::physics::sort::sort_into_grid;
    use crate::physics::tick::TickData;

    /// Grid and contacts of some bodies, with their lists.
    fn listed(
        objects: &[CollisionObject],
        arenas: &ThreadArenas,
    ) -> (Grid, TickData, ListedContacts) {
        let workers = Workers::serial();
        let grid = sort_into_grid(objects, Vec2::INFINITY, arenas, &workers).unwrap();
        let found = find_contacts(&grid, arenas, &workers).unwrap();
        let contacts = arenas.get(found.strips).unwrap();
        let listed = list_contacts(contacts, &grid, arenas, &workers).unwrap();
        let tick = TickData {
            contacts: Some(found.strips),
            lists: Some(listed.strips),
            ..TickData::default()
        };
        (grid, tick, listed)
    }

    #[track_caller]
    fn assert_listed_on_both_sides(objects: &[CollisionObject]) {
        let arenas = ThreadArenas::new();
        let (grid, tick, listed) = listed(objects, &arenas);
        let circles = grid.circles(&arenas);
        assert_eq!(listed.refused_count, 0);
        let mut sides = BTreeSet::new();
        for list in tick.each_list(&arenas) {
            let touches = arenas.get(list.touches).unwrap();
            assert!(!touches.is_empty());
            for touch in touches {
                let [one, other] = [list.record, touch.other].map(|at| circles.at(at as usize));
                assert_eq!(touch.depth, one.1 + other.1 - one.0.distance(other.0));
                assert!(touch.depth > -1e-6);
                assert!(sides.insert((list.record, touch.other)), "listed twice");
            }
        }
        let contacts = tick.each_contact(&arenas);
        let both: BTreeSet<_> = contacts.flat_map(|&Contact { a, b }| [(a, b), (b, a)]).collect();
        assert!(both.len() > 400);
        assert_eq!(sides, both);
    }

    #[test]
    fn each_contact_stands_in_both_lists_and_nothing_else_does() {
        assert_listed_on_both_sides(&scene::uniform(3, 900, 0.1, 0.3));
    }

    #[test]
    fn contacts_across_strips_and_of_giants_stand_in_both_lists() {
        let mut objects = scene::uniform(3, 6_000, 0.02, 0.06);
        for giant in (0..6_000).step_by(200) {
            objects[giant].radius = 0.7;
        }
        assert_listed_on_both_sides(&objects);
    }

    #[test]
    fn lists_that_do_not_fit_are_counted() {
        let at = |n: u32| scene::object(n, Vec2::new(n as f32 * 0.1, 0.0), 0.06);
        let objects: Vec<_> = (0..2_000).map(at).collect();
        let mut arenas = ThreadArenas::new();
        listed(&objects, &arenas);
        let budget_bytes = arenas.stats().used_bytes - 5_000;
        arenas.set_budget(Budget::Refuse(budget_bytes));
        let (_, tick, listed) = listed(&objects, &arenas);
        let list_count = tick.each_list(&arenas).count() as u64;
        assert!(listed.refused_count > 0 && list_count > 0);
        assert_eq!((list_count, list_count + listed.refused_count), (listed.count, 2_000));
    }
}
