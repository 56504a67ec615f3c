//! Pairs of circles that overlap.

use core::ops::Range;

use super::circles::{Circles, Probe};
use super::collector::Collector;
use super::contact::{FoundContacts, StripContacts};
use super::giants::Giants;
use super::grid::{Entry, Grid};
use super::level::Level;
use super::strip::Strip;
use crate::ecs::Workers;
use crate::{AllocError, FrameArena, FrameVec, ThreadArenas};

/// Most contacts that one body finds in a run of neighbouring cells; it looks at two runs, half of
/// its neighbourhood. Circles of one size that overlap little find 3 in both.
pub const MAX_FOUND: usize = 16;

/// The search in one strip.
pub(super) struct StripSearch<'a> {
    pub(super) circles: Circles<'a>,
    entries: &'a [Entry],
    starts: &'a [u32],
    pub(super) strip: Strip,
    pub(super) level: &'a Level,
}

impl StripSearch<'_> {
    pub(super) fn start(&self, cell: usize) -> usize {
        self.starts[cell] as usize
    }

    /// Tests each body of a range against `runs` of others.
    #[inline(always)]
    fn scan<const RUNS: usize>(
        &self,
        places: Range<usize>,
        found: &mut Collector<'_>,
        runs: impl Fn(usize, usize) -> [(usize, usize); RUNS],
    ) {
        let circles = self.circles.of_one_length();
        for (entry, place) in self.entries[places.clone()].iter().zip(places) {
            found.make_room(RUNS);
            let probe = Probe::new(circles.at(place));
            for run in runs(place, entry.cell as usize) {
                let before = found.len;
                found.test_run((place, &probe), &circles, run);
                found.keep(before + MAX_FOUND);
            }
        }
    }

    /// Finds the pairs of bodies of the strip's level.
    fn scan_level(&self, inner: &mut Collector<'_>, upward: &mut Collector<'_>) {
        let Range { start, end } = self.strip.places();
        let last_row = self.start(self.strip.last_row_cell as usize);
        // For each cell what the search asks of it, in slices of one length: one check does for all.
        let (stride, reach) = (self.level.stride(), self.level.reach);
        let len = self.starts.len() - (stride + reach + 1);
        let starts_at = |distance: usize| &self.starts[distance..][..len];
        let beside_ends = starts_at(reach + 1);
        let (above_starts, above_ends) = (starts_at(stride - reach), starts_at(stride + reach + 1));
        // The rest of a body's own cell and the next ones; the cells above that are near enough.
        let beside = |place, cell: usize| (place + 1, beside_ends[cell] as usize);
        let above = |cell: usize| (above_starts[cell] as usize, above_ends[cell] as usize);
        self.scan(start..last_row, inner, |place, cell| [beside(place, cell), above(cell)]);
        self.scan(last_row..end, inner, |place, cell| [beside(place, cell)]);
        self.scan(last_row..end, upward, |_, cell| [above(cell)]);
    }

    fn run(&self, giants: &Giants<'_>, arena: &FrameArena) -> Result<FoundInStrip, AllocError> {
        let mut upward = Collector::with_capacity_in(0, arena)?;
        let mut giant = Collector::with_capacity_in(0, arena)?;
        // The last, so that it can grow where it is.
        let mut inner = Collector::with_capacity_in(self.strip.len(), arena)?;
        self.scan_level(&mut inner, &mut upward);
        if !self.strip.is_giants {
            self.scan_giants(giants, &mut giant);
        }
        let collectors = [&mut inner, &mut upward, &mut giant];
        let (mut refused_count, mut untested_count) = (0, 0);
        for collector in collectors {
            collector.empty_buffer();
            refused_count += collector.refused_count;
            untested_count += collector.untested_count;
        }
        let contacts = StripContacts {
            inner: inner.publish(),
            upward: upward.publish(),
            giant: giant.publish(),
        };
        Ok(FoundInStrip { contacts, refused_count, untested_count })
    }
}

struct FoundInStrip {
    contacts: StripContacts,
    refused_count: u64,
    untested_count: u64,
}

/// Finds each pair of circles that overlap, once.
///
/// Each body looks at half of its neighbourhood: the bodies behind it in its own cell and the next
/// ones, one run of circles, and the cells above, another. Tests per body are bounded
/// ([`MAX_RUN`](super::MAX_RUN), [`MAX_FOUND`],
/// [`GIANT_TESTS_PER_BODY`](super::GIANT_TESTS_PER_BODY)); what that leaves out is counted.
///
/// # Errors
/// If the arena refuses a strip's first reservation, one contact a body. Later refusals cost
/// contacts, which are counted. A grid that is not the arenas' present one has no contacts.
pub fn find_contacts(
    grid: &Grid,
    arenas: &ThreadArenas,
    workers: &Workers,
) -> Result<FoundContacts, AllocError> {
    let circles = grid.circles(arenas);
    let entries = arenas.get(grid.entries).unwrap_or(&[]);
    let starts = arenas.get(grid.starts).unwrap_or(&[]);
    let strips = arenas.get(grid.strips).unwrap_or(&[]);
    let places = strips.iter().find(|strip| strip.is_giants).map_or(0..0, Strip::places);
    let giants = Giants { places, level: grid.giants.as_ref() };
    let usual = &grid.level;
    let jobs = strips.iter().map(|&strip| {
        let level = if strip.is_giants { grid.giants.as_ref().unwrap_or(usual) } else { usual };
        (StripSearch { circles, entries, starts, strip, level }, None)
    });
    let mut found = FrameVec::try_with_capacity_in(strips.len(), arenas.local())?;
    let jobs = arenas.local().try_alloc_slice_from_iter(jobs)?;
    workers.for_each_mut(jobs, |_, (search, result)| {
        *result = Some(search.run(&giants, arenas.local()));
    });
    let mut sum = (0, 0, 0);
    for strip in jobs.iter_mut().filter_map(|(_, result)| result.take()) {
        let FoundInStrip { contacts, refused_count, untested_count } = strip?;
        let StripContacts { inner, upward, giant } = contacts;
        sum.0 += (inner.len() + upward.len() + giant.len()) as u64;
        sum.1 += refused_count;
        sum.2 += untested_count;
        found.push(contacts);
    }
    let (count, refused_count, untested_count) = sum;
    Ok(FoundContacts { strips: found.publish(), count, refused_count, untested_count })
}

#[cfg(test)]
mod tests {
    use glam::{Vec2, Vec2Swizzles};

    use super::*;
    use crate::physics::collider::CollisionObject;
    use crate::physics::contact::Contact;
    use crate::physics::giants::GIANT_TESTS_PER_BODY;
    use crate::physics::scene;
    use crate::physics::sort::sort_into_grid;
    use crate::physics::tick::TickData;

    fn searched(objects: &[CollisionObject], walls: Vec2) -> (ThreadArenas, Grid, FoundContacts) {
        let (arena, workers) = (ThreadArenas::new(), Workers::serial());
        let grid = sort_into_grid(objects, walls, &arena, &workers).unwrap();
        let found = find_contacts(&grid, &arena, &workers).unwrap();
        (arena, grid, found)
    }

    /// Pairs of collision objects, smaller number first, sorted.
    fn found(objects: &[CollisionObject], walls: Vec2) -> Vec<(u32, u32)> {
        let (arena, grid, found) = searched(objects, walls);
        assert_eq!((found.refused_count, found.untested_count), (0, 0));
        let entries = arena.get(grid.entries).unwrap();
        let object = |place: u32| entries[place as usize].object;
        let contacts = each_contact(&found, &arena);
        assert_eq!(contacts.len() as u64, found.count);
        let mut pairs: Vec<(u32, u32)> = contacts
            .iter()
            .map(|contact| (object(contact.a), object(contact.b)))
            .map(|(a, b)| (a.min(b), a.max(b)))
            .collect();
        pairs.sort_unstable();
        pairs
    }

    fn each_contact(found: &FoundContacts, arenas: &ThreadArenas) -> Vec<Contact> {
        let tick = TickData { contacts: Some(found.strips), ..TickData::default() };
        tick.each_contact(arenas).copied().collect()
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
    fn pairs_in_a_dense_world_are_those_of_brute_force() {
        for seed in 0..20 {
            let mut objects = scene::uniform(seed, 700, 0.1, 0.6);
            let squeezed =
                [Vec2::ONE, Vec2::new(1.0, 0.3), Vec2::new(0.01, 1.0)][seed as usize % 3];
            for object in &mut objects {
                object.motion.position *= squeezed;
                object.radius *= squeezed.min_element().sqrt();
            }
            for giant in 0..seed as usize {
                objects[giant * 31].radius = 2.0;
            }
            let (_, grid, found) = searched(&objects, Vec2::splat(8.0));
            assert!(grid.level.reach > 1 && found.count > 700, "{} pairs", found.count);
            assert_same_pairs(&objects, Vec2::splat(8.0));
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
        let (_, _, found) = searched(&objects, Vec2::splat(8.0));
        assert!(found.count as usize <= 20_000 * MAX_FOUND);
        assert!(found.untested_count > 0);
    }

    #[test]
    fn contacts_beyond_the_most_of_a_body_are_counted_as_left_out() {
        let objects: Vec<_> = (0..100).map(|n| scene::object(n, Vec2::ONE, 0.1)).collect();
        let (_, _, found) = searched(&objects, Vec2::splat(8.0));
        assert!(found.untested_count > 0);
        assert_eq!(found.count + found.untested_count, 100 * 99 / 2);
    }

    #[test]
    fn a_heap_of_giants_costs_no_square() {
        let mut objects: Vec<_> = (0..4_000).map(|n| scene::object(n, Vec2::ONE, 0.01)).collect();
        for giant in &mut objects[..300] {
            giant.radius = 3.0;
        }
        let (_, _, found) = searched(&objects, Vec2::splat(8.0));
        let most = 4_000 * (MAX_FOUND + GIANT_TESTS_PER_BODY);
        assert!(found.count as usize <= most);
        assert!(found.untested_count > 0);
    }

    #[test]
    fn pairs_across_many_strips_are_those_of_brute_force() {
        for seed in 0..3 {
            let mut objects = scene::uniform(seed, 6_000, 0.04, 0.09);
            for giant in 0..seed as usize * 10 {
                objects[giant * 31].radius = 0.6 + giant as f32 * 0.05;
            }
            assert_same_pairs(&objects, Vec2::splat(8.0));
        }
    }

    #[test]
    fn pairs_in_a_long_row_are_all_found() {
        let line = |n: u32| Vec2::new(n as f32 * 0.0999, 0.0);
        let objects: Vec<_> = (0..200_000).map(|n| scene::object(n, line(n), 0.05)).collect();
        let wanted = objects.windows(2).map(|two| brute_force(two).len()).sum::<usize>();
        assert_eq!(found(&objects, Vec2::INFINITY).len(), wanted);
    }

    #[test]
    fn far_bodies_cost_no_pairs_of_the_others() {
        for far_m in [1e3, 1e6, 1e12, 1e38] {
            let mut objects = scene::uniform(9, 3_000, 0.08, 0.08);
            objects[5].motion.position = Vec2::splat(far_m);
            objects[6].motion.position = Vec2::new(-far_m, 1.0);
            assert!(brute_force(&objects).len() > 300);
            assert_same_pairs(&objects, Vec2::INFINITY);
        }
    }

    #[test]
    fn many_bodies_at_any_distance_cost_no_pairs_of_the_others() {
        let mut random = scene::Random(13);
        let mut objects = scene::uniform(9, 4_000, 0.08, 0.08);
        for object in &mut objects[..1_500] {
            let distance_m = 10_f32.powf(random.between(15.0, 38.0));
            let way = Vec2::new(random.between(-1.0, 1.0), random.between(-1.0, 1.0));
            object.motion.position = way * distance_m;
        }
        assert!(brute_force(&objects).len() > 300);
        assert_same_pairs(&objects, Vec2::INFINITY);
    }

    #[test]
    fn clusters_far_apart_keep_their_pairs() {
        let mut objects = scene::uniform(10, 4_000, 0.1, 0.2);
        for (n, object) in objects.iter_mut().enumerate() {
            object.motion.position += Vec2::new((n % 4) as f32, (n % 3) as f32) * 5_000.0;
            if n % 500 == 0 {
                object.radius = 0.9;
            }
        }
        assert!(brute_force(&objects).len() > 300);
        assert_same_pairs(&objects, Vec2::INFINITY);
    }

    #[test]
    fn many_giants_keep_their_pairs_where_the_plane_is_folded() {
        let mut objects = scene::uniform(11, 3_000, 0.05, 0.05);
        for (n, object) in objects.iter_mut().enumerate() {
            object.motion.position *= 1_000.0;
            if n % 15 == 0 {
                object.radius = 400.0; // More than the plane is folded to.
            }
        }
        assert!(brute_force(&objects).len() > 300);
        assert_same_pairs(&objects, Vec2::INFINITY);
        let (arena, grid, found) = searched(&objects, Vec2::INFINITY);
        let circles = grid.circles(&arena);
        for strip in arena.get(found.strips).unwrap() {
            let is_of_giant = |contact: &Contact| circles.at(contact.a as usize).1 > 1.0;
            assert!(arena.get(strip.giant).unwrap().iter().all(is_of_giant));
        }
    }

    #[test]
    fn a_narrow_sparse_world_has_rows_for_all_its_bodies() {
        for (width, turn) in [1.01, 1.5, 3.01].into_iter().zip([false, true, false]) {
            let mut random = scene::Random(12);
            let mut objects = scene::uniform(12, 4_000, 0.05, 0.05);
            for object in &mut objects {
                let at = Vec2::new(
                    random.between(0.0, 0.102 * width),
                    random.between(0.0, 790.0 / width),
                );
                object.motion.position = if turn { at.yx() } else { at };
            }
            assert!(brute_force(&objects).len() > 300);
            assert_same_pairs(&objects, Vec2::INFINITY);
        }
    }
}
