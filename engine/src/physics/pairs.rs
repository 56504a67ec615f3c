//! Pairs of circles that overlap.

use super::grid::{Grid, Level, Record};
use crate::{AllocError, FrameArena, FrameVec, SliceHandle};

/// Most bodies that one body is tested against in a run of neighbouring cells. Circles that
/// overlap little never come near it; a heap of bodies in one point does, and would cost the square
/// of its number.
pub const MAX_RUN: usize = 128;

/// Most contacts that one body finds in its own half of the neighbourhood: with those that find
/// it, twice as many on average. Circles of one size that overlap little find 3.
pub const MAX_FOUND: usize = 32;

/// Most tests for each body of the world that giants may make together.
pub const GIANT_TESTS_PER_BODY: usize = 64;

/// Two circles that overlap, as places among the grid's records; each pair stands once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Contact {
    /// The body that found the other. Contacts are sorted by it, but for those of giants.
    pub a: u32,
    /// The body that was found.
    pub b: u32,
}

/// What [`find_contacts`] found.
#[derive(Clone, Copy, Debug)]
pub struct FoundContacts {
    /// Each pair once.
    pub contacts: SliceHandle<Contact>,
    /// Contacts found for which the arena had no room.
    pub refused_count: u64,
    /// Pairs not tested because too many bodies lie in one place.
    pub untested_count: u64,
}

/// Contacts that wait for their way into the arena.
const BUFFER_LEN: usize = 1024;

/// Collects contacts without a branch for each: always write, advance by the hit.
///
/// The writes go to a small buffer that stays in the first-level cache and is emptied in runs, so
/// nothing is reserved for pairs that do not touch.
struct Collector<'a> {
    buffer: [Contact; BUFFER_LEN],
    len: usize,
    found: FrameVec<'a, Contact>,
    refused_count: u64,
    untested_count: u64,
}

impl<'a> Collector<'a> {
    fn with_capacity_in(capacity: usize, arena: &'a FrameArena) -> Result<Self, AllocError> {
        Ok(Self {
            buffer: [Contact::default(); BUFFER_LEN],
            len: 0,
            found: FrameVec::try_with_capacity_in(capacity, arena)?,
            refused_count: 0,
            untested_count: 0,
        })
    }

    /// Makes room for `count` tests.
    #[inline]
    fn make_room(&mut self, count: usize) {
        if self.len + count > BUFFER_LEN {
            self.empty_buffer();
        }
    }

    #[inline(never)]
    fn empty_buffer(&mut self) {
        if self.found.try_extend_from_slice(&self.buffer[..self.len]).is_err() {
            self.refused_count += self.len as u64;
        }
        self.len = 0;
    }

    /// Tests `me` against the records from `first` on.
    #[inline]
    fn test_run(&mut self, place: u32, me: Record, first: usize, run: &[Record]) {
        let mut len = self.len;
        for (other, b) in run.iter().zip(first as u32..) {
            // The remainder is never needed; it spares the bounds check.
            self.buffer[len % BUFFER_LEN] = Contact { a: place, b };
            len += usize::from(overlap(me, *other));
        }
        self.len = len;
    }

    /// Tests `me` against the rest of its own cell, the next one, and three above.
    #[inline]
    fn test_half_neighbourhood(
        &mut self,
        place: usize,
        records: &[Record],
        runs: [(usize, usize); 2],
    ) {
        self.make_room(2 * MAX_RUN);
        let before = self.len;
        for (first, end) in runs {
            let tested_end = end.min(first + MAX_RUN);
            self.untested_count += (end - tested_end) as u64;
            self.test_run(place as u32, records[place], first, &records[first..tested_end]);
        }
        self.len = self.len.min(before + MAX_FOUND);
    }

    /// Finds the pairs within one level.
    fn scan_level(&mut self, level: &Level, records: &[Record], starts: &[u32]) {
        let start = |cell: usize| starts[cell] as usize;
        for cell in level.cells() {
            let own = start(cell)..start(cell + 1);
            if own.is_empty() {
                continue;
            }
            let right_end = start(cell + 2);
            let above = cell + level.stride();
            let above = (start(above - 1), start(above + 2));
            for place in own {
                self.test_half_neighbourhood(place, records, [(place + 1, right_end), above]);
            }
        }
    }

    /// Finds the pairs of a giant and a body of the usual size.
    fn scan_giants(
        &mut self,
        usual: &Level,
        giants: &[Record],
        records: &[Record],
        starts: &[u32],
    ) {
        let first_giant = records.len() - giants.len();
        let mut tests_left = records.len() * GIANT_TESTS_PER_BODY;
        for (giant, place) in giants.iter().zip(first_giant as u32..) {
            for (first, last) in usual.rows_around(giant.position, giant.radius + usual.max_radius)
            {
                let (first, end) = (starts[first] as usize, starts[last + 1] as usize);
                let tested_end = end.min(first + tests_left);
                tests_left -= tested_end - first;
                self.untested_count += (end - tested_end) as u64;
                for start in (first..tested_end).step_by(MAX_RUN) {
                    self.make_room(MAX_RUN);
                    let run = &records[start..tested_end.min(start + MAX_RUN)];
                    self.test_run(place, *giant, start, run);
                }
            }
        }
    }
}

/// Whether two circles share more than a point of their rims.
#[inline(always)]
fn overlap(a: Record, b: Record) -> bool {
    let reach = a.radius + b.radius;
    (a.position - b.position).length_squared() < reach * reach
}

/// Finds each pair of circles that overlap, once.
///
/// Each body looks at half of its neighbourhood: the bodies behind it in its own cell and the next,
/// one run of records, and three cells above, another. Tests per body are bounded
/// ([`MAX_RUN`], [`MAX_FOUND`], [`GIANT_TESTS_PER_BODY`]); what that leaves out is counted.
///
/// # Errors
/// If the arena refuses the first reservation, one contact a body. Later refusals cost contacts,
/// which are counted. A grid that is not this arena's present one has no contacts.
pub fn find_contacts(grid: &Grid, arena: &FrameArena) -> Result<FoundContacts, AllocError> {
    let parts = (arena.get(grid.records), arena.get(grid.starts));
    let (records, starts) = match parts {
        (Ok(records), Ok(starts)) => (records, starts),
        _ => (&[][..], &[][..]),
    };
    let mut collector = Collector::with_capacity_in(records.len(), arena)?;
    if !records.is_empty() {
        collector.scan_level(&grid.level, records, starts);
        if let Some(level) = &grid.giants {
            let first = starts[grid.level.end_cell()] as usize;
            collector.scan_level(level, records, starts);
            collector.scan_giants(&grid.level, &records[first..], records, starts);
        }
        collector.empty_buffer();
    }
    Ok(FoundContacts {
        contacts: collector.found.publish(),
        refused_count: collector.refused_count,
        untested_count: collector.untested_count,
    })
}

#[cfg(test)]
mod tests {
    use glam::Vec2;

    use super::*;
    use crate::physics::collider::CollisionObject;
    use crate::physics::grid::sort_into_grid;
    use crate::physics::scene;

    /// Pairs of collision objects, smaller number first, sorted.
    fn found(objects: &[CollisionObject], walls: Vec2) -> Vec<(u32, u32)> {
        let arena = FrameArena::new();
        let grid = sort_into_grid(objects, walls, &arena).unwrap();
        let found = find_contacts(&grid, &arena).unwrap();
        assert_eq!((found.refused_count, found.untested_count), (0, 0));
        let records = arena.get(grid.records).unwrap();
        let object = |place: u32| records[place as usize].object;
        let contacts = arena.get(found.contacts).unwrap();
        let mut pairs: Vec<(u32, u32)> = contacts
            .iter()
            .map(|contact| (object(contact.a), object(contact.b)))
            .map(|(a, b)| (a.min(b), a.max(b)))
            .collect();
        pairs.sort_unstable();
        pairs
    }

    fn brute_force(objects: &[CollisionObject]) -> Vec<(u32, u32)> {
        let mut pairs = Vec::new();
        for (a, one) in objects.iter().enumerate() {
            for (b, other) in objects.iter().enumerate().skip(a + 1) {
                let reach = one.radius + other.radius;
                let way = one.motion.position - other.motion.position;
                if way.length_squared() < reach * reach {
                    pairs.push((a as u32, b as u32));
                }
            }
        }
        pairs
    }

    #[track_caller]
    fn assert_same_pairs(objects: &[CollisionObject], walls: Vec2) {
        let wanted = brute_force(objects);
        assert_eq!(found(objects, walls), wanted, "{} pairs by brute force", wanted.len());
    }

    #[test]
    fn pairs_of_equal_circles_are_those_of_brute_force() {
        for seed in 0..20 {
            let objects = scene::uniform(seed, 700, 0.25, 0.25);
            assert!(brute_force(&objects).len() > 300);
            assert_same_pairs(&objects, Vec2::splat(8.0));
        }
    }

    #[test]
    fn pairs_of_unequal_circles_are_those_of_brute_force() {
        for seed in 0..20 {
            assert_same_pairs(&scene::uniform(seed, 700, 0.1, 0.4), Vec2::splat(8.0));
        }
    }

    #[test]
    fn pairs_with_giants_are_those_of_brute_force() {
        for seed in 0..20 {
            let mut objects = scene::uniform(seed, 700, 0.02, 0.08);
            for giant in 0..seed as usize {
                objects[giant * 31].radius = 1.0 + giant as f32 * 0.2;
            }
            assert_same_pairs(&objects, Vec2::splat(8.0));
        }
    }

    #[test]
    fn pairs_outside_the_walls_are_found_too() {
        for walls in [Vec2::ZERO, Vec2::new(1.0, 7.0), Vec2::INFINITY] {
            assert_same_pairs(&scene::uniform(5, 100, 0.25, 0.5), walls);
        }
    }

    #[test]
    fn circles_that_touch_at_the_cell_edge_are_found() {
        let line = |n: u32| Vec2::new(n as f32 * 0.0999, 0.0);
        let objects: Vec<_> = (0..5_000).map(|n| scene::object(n, line(n), 0.05)).collect();
        assert_eq!(found(&objects, Vec2::INFINITY).len(), 4_999);
    }

    #[test]
    fn nobody_touches_nobody() {
        assert_same_pairs(&[], Vec2::splat(8.0));
        assert_same_pairs(&scene::uniform(1, 1, 0.5, 0.5), Vec2::splat(8.0));
    }

    #[test]
    fn a_heap_in_one_point_costs_no_square() {
        let objects: Vec<_> = (0..20_000).map(|n| scene::object(n, Vec2::ONE, 0.1)).collect();
        let arena = FrameArena::new();
        let grid = sort_into_grid(&objects, Vec2::splat(8.0), &arena).unwrap();
        let found = find_contacts(&grid, &arena).unwrap();
        assert!(arena.get(found.contacts).unwrap().len() <= 20_000 * MAX_FOUND);
        assert!(found.untested_count > 0);
    }

    #[test]
    fn a_heap_of_giants_costs_no_square() {
        let mut objects: Vec<_> = (0..4_000).map(|n| scene::object(n, Vec2::ONE, 0.01)).collect();
        for giant in &mut objects[..300] {
            giant.radius = 3.0;
        }
        let arena = FrameArena::new();
        let grid = sort_into_grid(&objects, Vec2::splat(8.0), &arena).unwrap();
        let found = find_contacts(&grid, &arena).unwrap();
        let most = 4_000 * (MAX_FOUND + GIANT_TESTS_PER_BODY);
        assert!(arena.get(found.contacts).unwrap().len() <= most);
        assert!(found.untested_count > 0);
    }
}
