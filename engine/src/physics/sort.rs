//! Sorting bodies into the cells of a grid, in two steps, both on all threads.
//!
//! 1. Bodies are dealt out to strips of rows, so many by each job.
//! 2. Each strip sorts its bodies by cell.
//!
//! Both steps move data that stays in a core's own caches, which one counting sort of all bodies
//! does not, and between them it goes from core to core in runs. The order is that of one stable
//! sort, whatever the deals and the threads.

use glam::Vec2;

use super::circles::BLOCK;
use super::collider::CollisionObject;
use super::deal::{Dealt, deal_out};
use super::grid::{Entry, Grid};
use super::layout::lay_out;
use super::routes::RouteVecs;
use super::strip::Strip;
use super::survey::{Survey, runs};
use crate::arena::{Part, PartedVec, fill_side_by_side};
use crate::ecs::Workers;
use crate::{AllocError, FrameArena, FrameVec, ThreadArenas};

/// Sorts bodies by cell. Stable: within a cell they keep their order.
///
/// Takes 34 bytes a body, 36 more while it works, and at most 8 bytes a body for cells; with their rim
/// that comes to 24 where they lie in one column. A world without walls has infinite half extents.
///
/// # Errors
/// If the arena refuses.
pub fn sort_into_grid(
    objects: &[CollisionObject],
    half_extents_m: Vec2,
    arenas: &ThreadArenas,
    workers: &Workers,
) -> Result<Grid, AllocError> {
    let jobs = runs(objects).map(|objects| (objects, Survey::default()));
    let jobs = arenas.local().try_alloc_slice_from_iter(jobs)?;
    workers.for_each_mut(jobs, |_, (objects, survey)| *survey = Survey::of(objects));
    let mut deals = FrameVec::try_with_capacity_in(jobs.len(), arenas.local())?;
    deals.extend(jobs.iter().map(|(_, survey)| *survey));
    sort_deals_into_grid(objects, &deals, half_extents_m, arenas, workers)
}

/// The same, where each job deals out the bodies of one of the surveys.
pub(super) fn sort_deals_into_grid(
    objects: &[CollisionObject],
    deals: &[Survey],
    half_extents_m: Vec2,
    arenas: &ThreadArenas,
    workers: &Workers,
) -> Result<Grid, AllocError> {
    let arena = arenas.local();
    let survey = deals.iter().copied().fold(Survey::default(), Survey::joined);
    let layout = lay_out(objects, survey, half_extents_m, arena, workers)?;
    // What stays comes first, so that the rest is given back.
    let mut starts = PartedVec::try_new(layout.cell_count() + 1, arena)?;
    let mut sorted = SortedVecs::try_new(objects.len(), arena)?;
    let most_strips = layout.bands.most_strips(objects.len());
    let mut strips = FrameVec::try_with_capacity_in(most_strips, arena)?;
    let mut routes = RouteVecs::try_new(objects.len(), deals.len(), most_strips, arena)?;

    let dealt = deal_out(objects, deals, &layout, &mut strips, &mut routes, arena, workers)?;
    sort_strips(&dealt, &strips, &mut starts, &mut sorted, &mut routes, arenas, workers)?;
    drop(dealt);
    Ok(Grid {
        entries: sorted.entries.into_vec().publish(),
        circles: sorted.coordinates.map(|list| list.into_vec().publish()),
        velocities: sorted.velocities.into_vec().publish(),
        starts: starts.into_vec().publish(),
        strips: strips.publish(),
        routes: routes.publish(),
        level: layout.level,
        giants: layout.giants,
    })
}

/// The sorted bodies while they are being written.
struct SortedVecs<'a> {
    entries: PartedVec<'a, Entry>,
    velocities: PartedVec<'a, Vec2>,
    /// X, y and radius.
    coordinates: [PartedVec<'a, f32>; 3],
}

/// Some of them.
struct SortedParts<'p> {
    entries: Part<'p, Entry>,
    velocities: Part<'p, Vec2>,
    coordinates: [Part<'p, f32>; 3],
}

impl<'a> SortedVecs<'a> {
    fn try_new(len: usize, arena: &'a FrameArena) -> Result<Self, AllocError> {
        let padded = || PartedVec::try_new(len + BLOCK, arena);
        Ok(Self {
            entries: PartedVec::try_new(len, arena)?,
            velocities: PartedVec::try_new(len, arena)?,
            coordinates: [padded()?, padded()?, padded()?],
        })
    }

    fn parts(&mut self) -> SortedParts<'_> {
        SortedParts {
            entries: self.entries.parts(),
            velocities: self.velocities.parts(),
            coordinates: self.coordinates.each_mut().map(PartedVec::parts),
        }
    }
}

impl SortedParts<'_> {
    fn split(&mut self, len: usize) -> Self {
        Self {
            entries: self.entries.split(len),
            velocities: self.velocities.split(len),
            coordinates: self.coordinates.each_mut().map(|part| part.split(len)),
        }
    }
}

/// The second step for one strip.
struct StripSort<'a> {
    strip: Strip,
    /// The strip's bodies.
    dealt: &'a [Dealt],
    ends: Part<'a, u32>,
    sorted: SortedParts<'a>,
    /// For each of the bodies, its place.
    places: Part<'a, u32>,
    refused: Option<AllocError>,
}

impl StripSort<'_> {
    fn run(&mut self, arena: &FrameArena) -> Result<(), AllocError> {
        let Strip { first, first_cell, .. } = self.strip;
        let ends = self.ends.take().fill(0);
        for body in self.dealt {
            ends[(body.entry.cell - first_cell) as usize] += 1;
        }
        let mut sum = first;
        for count in &mut *ends {
            sum += core::mem::replace(count, sum);
        }
        // Given back on return: the next strip finds the same memory, still in the caches.
        let mut order = PartedVec::try_new(self.dealt.len(), arena)?;
        let order = order.parts().fill(0);
        self.places.take().fill_from(self.dealt.iter().zip(0u32..).map(|(body, number)| {
            let end = &mut ends[(body.entry.cell - first_cell) as usize];
            let place = *end;
            order[(place - first) as usize] = number;
            *end += 1;
            place
        }));
        // The bodies themselves move once, from anywhere in the strip to one after the other.
        let SortedParts { entries, velocities, coordinates: [xs, ys, radii] } = &mut self.sorted;
        fill_side_by_side(
            (xs.take(), ys.take(), radii.take(), velocities.take(), entries.take()),
            order.iter().map(|&number| {
                let Dealt { motion, radius, entry } = self.dealt[number as usize];
                (motion.position.x, motion.position.y, radius, motion.velocity, entry)
            }),
        );
        Ok(())
    }
}

fn sort_strips(
    dealt: &[Dealt],
    strips: &[Strip],
    starts: &mut PartedVec<'_, u32>,
    sorted: &mut SortedVecs<'_>,
    routes: &mut RouteVecs<'_>,
    arenas: &ThreadArenas,
    workers: &Workers,
) -> Result<(), AllocError> {
    let (mut starts, mut rest, mut places) =
        (starts.parts(), sorted.parts(), routes.places.parts());
    // Each cell's end is the start of the next.
    starts.split(1).fill(0);
    let mut jobs = FrameVec::try_with_capacity_in(strips.len(), arenas.local())?;
    jobs.extend(strips.iter().map(|strip| StripSort {
        strip: *strip,
        dealt: &dealt[strip.places()],
        ends: starts.split(strip.cell_count()),
        sorted: rest.split(strip.len()),
        places: places.split(strip.len()),
        refused: None,
    }));
    workers.for_each_mut(&mut jobs, |_, job| job.refused = job.run(arenas.local()).err());
    rest.coordinates.into_iter().for_each(|padding| _ = padding.fill(f32::NAN));
    jobs.iter().find_map(|job| job.refused).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::super::level::MAX_CELLS_PER_BODY;
    use super::*;
    use crate::physics::scene;

    fn checked(objects: &[CollisionObject], half_extents_m: Vec2) -> (usize, Grid) {
        let arena = ThreadArenas::new();
        let grid = sort_into_grid(objects, half_extents_m, &arena, &Workers::serial()).unwrap();
        let (entries, circles) = (arena.get(grid.entries).unwrap(), grid.circles(&arena));
        let velocities = arena.get(grid.velocities).unwrap();
        let starts = arena.get(grid.starts).unwrap();
        let mut is_there = vec![false; objects.len()];
        for (place, entry) in entries.iter().enumerate() {
            let object = entry.object as usize;
            assert!(!core::mem::replace(&mut is_there[object], true));
            let CollisionObject { motion, radius, .. } = objects[object];
            assert_eq!(circles.at(place), (motion.position, radius));
            assert_eq!(velocities[place], motion.velocity);
            let cell = entry.cell as usize;
            assert!((starts[cell]..starts[cell + 1]).contains(&(place as u32)));
        }
        assert!(is_there.into_iter().all(|is_there| is_there));
        assert!(starts.is_sorted());
        assert_eq!(starts[starts.len() - 1] as usize, objects.len());
        assert!(entries.is_sorted_by_key(|entry| (entry.cell, entry.object)), "stable");
        (starts.len(), grid)
    }

    #[test]
    fn every_body_has_one_place() {
        checked(&scene::uniform(1, 1_000, 0.05, 0.2), Vec2::splat(8.0));
    }

    #[test]
    fn an_empty_world_and_one_body_are_sorted() {
        checked(&[], Vec2::splat(8.0));
        checked(&scene::uniform(2, 1, 0.05, 0.05), Vec2::splat(8.0));
    }

    #[test]
    fn a_vast_world_of_tiny_bodies_has_few_cells() {
        let mut objects = scene::uniform(3, 500, 1e-6, 1e-6);
        for object in &mut objects {
            object.motion.position *= 1e6;
        }
        let (cell_count, _) = checked(&objects, Vec2::INFINITY);
        assert!(cell_count <= 500 * 3 * MAX_CELLS_PER_BODY, "{cell_count}");
    }

    #[test]
    fn a_world_of_extreme_coordinates_is_sorted() {
        let mut objects = scene::uniform(4, 100, 0.1, 0.1);
        objects[0].motion.position = Vec2::splat(f32::MAX);
        objects[1].motion.position = Vec2::splat(f32::MIN);
        checked(&objects, Vec2::INFINITY);
        checked(&objects, Vec2::splat(8.0));
        checked(&objects, Vec2::ZERO);
    }

    #[test]
    fn a_giant_does_not_widen_the_cells_of_the_others() {
        let mut objects = scene::uniform(5, 400, 0.05, 0.05);
        objects[7].radius = 5.0;
        let (_, grid) = checked(&objects, Vec2::splat(8.0));
        assert_eq!(grid.level.max_radius, 0.05);
        assert_eq!(grid.giants.unwrap().max_radius, 5.0);
    }

    #[test]
    fn a_pile_on_a_wide_floor_is_cut_along_the_floor() {
        let mut objects = scene::uniform(7, 20_000, 0.02, 0.02);
        objects.iter_mut().for_each(|object| object.motion.position.y *= 0.01);
        let arena = ThreadArenas::new();
        let grid = sort_into_grid(&objects, Vec2::splat(8.0), &arena, &Workers::serial()).unwrap();
        let strips = arena.get(grid.strips).unwrap();
        assert!(strips.iter().all(|strip| strip.len() < 2_000), "{strips:?}");
    }

    #[test]
    fn what_the_way_took_is_given_back() {
        let objects = scene::uniform(8, 20_000, 0.02, 0.02);
        let mut arenas = ThreadArenas::new();
        let walls = Vec2::splat(8.0);
        let grid = sort_into_grid(&objects, walls, &arenas, &Workers::serial()).unwrap();
        let cells_bytes = grid.starts.len() * size_of::<u32>();
        let a_body_bytes = (arenas.stats().used_bytes - cells_bytes) / objects.len();
        assert!((34..38).contains(&a_body_bytes), "{a_body_bytes} B a body");
    }

    #[test]
    fn the_order_is_the_same_on_any_number_of_threads() {
        let mut objects = scene::uniform(6, 20_000, 0.02, 0.06);
        for giant in (0..20_000).step_by(500) {
            objects[giant].radius = 0.5;
        }
        let sorted = |thread_count| {
            let (arena, workers) = (ThreadArenas::new(), Workers::try_new(thread_count).unwrap());
            let grid = sort_into_grid(&objects, Vec2::splat(8.0), &arena, &workers).unwrap();
            assert!(grid.strips.len() > 8);
            arena.get(grid.entries).unwrap().to_vec()
        };
        let serial = sorted(1);
        assert!([2, 3, 4].into_iter().all(|threads| sorted(threads) == serial));
    }
}
