//! Sorting bodies into the cells of a grid, in two steps, both on all threads.
//!
//! 1. Each chunk of bodies is sorted by row: a counting sort in memory of its own.
//! 2. Each strip of rows takes its bodies out of all chunks, in order, and sorts them by cell.
//!
//! Both steps move data that stays in a core's own caches, which one counting sort of all bodies
//! does not. The order is that of one stable sort, whatever the chunks and the threads.

use core::sync::atomic::{AtomicU32, Ordering};

use glam::Vec2;

use super::circles::BLOCK;
use super::collider::CollisionObject;
use super::grid::{Entry, Grid};
use super::layout::{Layout, Placed, chunk_len, lay_out};
use super::strip::Strip;
use crate::arena::{Part, PartedVec};
use crate::ecs::Workers;
use crate::{AllocError, FrameArena, FrameVec, ThreadArenas};

/// Sorts bodies by cell. Stable: within a cell they keep their order.
///
/// Takes 40 bytes a body, and at most 8 bytes a body for cells; with their rim that comes to 24 where
/// they lie in one column. A world without walls has infinite half extents.
///
/// # Errors
/// If the arena refuses.
pub fn sort_into_grid(
    objects: &[CollisionObject],
    half_extents_m: Vec2,
    arenas: &ThreadArenas,
    workers: &Workers,
) -> Result<Grid, AllocError> {
    let arena = arenas.local();
    let layout = lay_out(objects, half_extents_m, arena, workers)?;
    let mut entries = PartedVec::try_new(objects.len(), arena)?;
    let chunks = sort_by_row(objects, &layout, &mut entries, arenas, workers)?;
    let strips = cut_into_strips(chunks, &layout, arena)?;
    let places = arena.try_publish_slice_from_iter(objects.iter().map(|_| AtomicU32::new(0)))?;

    let mut starts = PartedVec::try_new(layout.cell_count() + 1, arena)?;
    let mut sorted = SortedVecs::try_new(objects.len(), arena)?;
    {
        let (mut starts, mut rest) = (starts.parts(), sorted.parts());
        // Each cell's end is the start of the next.
        starts.split(1).fill(0);
        let jobs = strips.iter().map(|(strip, bands)| StripSort {
            strip: *strip,
            bands: *bands,
            ends: starts.split(strip.cell_count()),
            sorted: rest.split(strip.len()),
        });
        let jobs = arena.try_alloc_slice_from_iter(jobs)?;
        let places = arena.get(places).unwrap_or(&[]);
        workers.for_each_mut(jobs, |_, job| job.run(objects, chunks, places));
        rest.coordinates.into_iter().for_each(|padding| _ = padding.fill(f32::NAN));
    }
    Ok(Grid {
        entries: sorted.entries.into_vec().publish(),
        circles: sorted.coordinates.map(|list| list.into_vec().publish()),
        velocities: sorted.velocities.into_vec().publish(),
        starts: starts.into_vec().publish(),
        strips: arena.try_publish_slice_from_iter(strips.iter().map(|(strip, _)| *strip))?,
        places,
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

/// The first step for one chunk.
struct Chunk<'a> {
    objects: &'a [CollisionObject],
    first_object: u32,
    part: Part<'a, Entry>,
    /// The chunk's entries, sorted by band.
    sorted: &'a [Entry],
    refused: Option<AllocError>,
    /// For each band, where it ends among `sorted`, and one 0 before.
    band_ends: &'a mut [u32],
}

impl<'a> Chunk<'a> {
    fn sort(&mut self, layout: &Layout, arena: &FrameArena) -> Result<(), AllocError> {
        let counts = &mut self.band_ends[1..];
        // Given back on return: the next chunk finds the same memory, still in the caches.
        let mut placed = PartedVec::try_new(self.objects.len().div_ceil(4), arena)?;
        let placed = layout.place_all(self.objects, placed.parts());
        for placed in placed {
            counts[placed.band as usize] += 1;
        }
        let mut sum = 0;
        for count in &mut *counts {
            sum += core::mem::replace(count, sum);
        }
        let sorted = self.part.take().fill(Entry::default());
        for (&Placed { cell, band }, object) in placed.iter().zip(self.first_object..) {
            let end = &mut counts[band as usize];
            sorted[*end as usize] = Entry { cell, object };
            *end += 1;
        }
        self.sorted = sorted;
        Ok(())
    }

    /// The chunk's bodies in some bands.
    fn entries(&self, (first, end): (usize, usize)) -> &'a [Entry] {
        &self.sorted[self.band_ends[first] as usize..self.band_ends[end] as usize]
    }
}

fn sort_by_row<'p>(
    objects: &'p [CollisionObject],
    layout: &Layout,
    entries: &'p mut PartedVec<'_, Entry>,
    arenas: &'p ThreadArenas,
    workers: &Workers,
) -> Result<&'p [Chunk<'p>], AllocError> {
    let arena = arenas.local();
    let chunk_len = chunk_len(objects);
    let counter_count = layout.bands.count + 2;
    let chunks = objects.chunks(chunk_len);
    let counters = arena.try_alloc_slice_fill_with(chunks.len() * counter_count, |_| 0)?;
    let mut entries = entries.parts();
    let jobs = chunks.zip(counters.chunks_exact_mut(counter_count)).enumerate();
    let jobs = jobs.map(|(n, (objects, band_ends))| Chunk {
        objects,
        first_object: (n * chunk_len) as u32,
        part: entries.split(objects.len()),
        sorted: &[],
        refused: None,
        band_ends,
    });
    let jobs = arena.try_alloc_slice_from_iter(jobs)?;
    workers.for_each_mut(jobs, |_, job| job.refused = job.sort(layout, arenas.local()).err());
    match jobs.iter().find_map(|job| job.refused) {
        Some(error) => Err(error),
        None => Ok(jobs),
    }
}

/// A strip and its bands, as first and end.
type BandedStrip = (Strip, (usize, usize));

/// The strips, from the lowest to that of the giants.
fn cut_into_strips<'a>(
    chunks: &[Chunk<'_>],
    layout: &Layout,
    arena: &'a FrameArena,
) -> Result<&'a [BandedStrip], AllocError> {
    let Layout { level, bands, .. } = layout;
    let count_of = |first: usize, end: usize| -> u32 {
        chunks.iter().map(|chunk| chunk.band_ends[end] - chunk.band_ends[first]).sum()
    };
    let counts = arena.try_alloc_slice_fill_with(bands.count, |band| count_of(band, band + 1))?;
    let mut strips = FrameVec::try_with_capacity_in(bands.count + 1, arena)?;
    let mut first = 0;
    for (first_band, end_band) in bands.cut(counts, level.rows) {
        let first_row = bands.first_row(first_band, level.rows);
        let end_row = bands.first_row(end_band, level.rows);
        let is_top = end_row == level.rows;
        let end_cell = if is_top { level.end_cell() } else { level.row_cell(end_row) };
        let end = first + count_of(first_band, end_band);
        let strip = Strip {
            first_row: first_row as u32,
            end_row: end_row as u32,
            first_cell: level.row_cell(first_row) as u32,
            end_cell: end_cell as u32,
            last_row_cell: level.row_cell(end_row - 1) as u32,
            first,
            end,
            is_giants: false,
        };
        strips.try_push((strip, (first_band, end_band)))?;
        first = end;
    }
    if let Some(giants) = &layout.giants {
        let strip = Strip {
            first_row: 0,
            end_row: giants.rows as u32,
            first_cell: level.end_cell() as u32,
            end_cell: giants.end_cell() as u32,
            last_row_cell: giants.row_cell(giants.rows - 1) as u32,
            first,
            end: first + count_of(bands.count, bands.count + 1),
            is_giants: true,
        };
        strips.try_push((strip, (bands.count, bands.count + 1)))?;
    }
    Ok(strips.into_slice())
}

/// The second step for one strip.
struct StripSort<'a> {
    strip: Strip,
    bands: (usize, usize),
    ends: Part<'a, u32>,
    sorted: SortedParts<'a>,
}

impl StripSort<'_> {
    fn run(&mut self, objects: &[CollisionObject], chunks: &[Chunk<'_>], places: &[AtomicU32]) {
        let Strip { first, first_cell, .. } = self.strip;
        let ends = self.ends.take().fill(0);
        for chunk in chunks {
            for entry in chunk.entries(self.bands) {
                ends[(entry.cell - first_cell) as usize] += 1;
            }
        }
        let mut sum = first;
        for count in &mut *ends {
            sum += core::mem::replace(count, sum);
        }
        let SortedParts { entries, velocities, coordinates } = &mut self.sorted;
        let sorted = entries.take().fill(Entry::default());
        for chunk in chunks {
            for entry in chunk.entries(self.bands) {
                let end = &mut ends[(entry.cell - first_cell) as usize];
                sorted[(*end - first) as usize] = *entry;
                *end += 1;
            }
        }
        // The bodies themselves move once, from anywhere to one after the other.
        let velocities = velocities.take().fill(Vec2::ZERO).iter_mut();
        let [xs, ys, radii] = coordinates.each_mut().map(|part| part.take().fill(0.0).iter_mut());
        let slots = xs.zip(ys).zip(radii.zip(velocities));
        for (n, (entry, ((x, y), (radius, velocity)))) in sorted.iter().zip(slots).enumerate() {
            let object = &objects[entry.object as usize];
            (*x, *y) = object.motion.position.into();
            (*radius, *velocity) = (object.radius, object.motion.velocity);
            places[entry.object as usize].store(first + n as u32, Ordering::Relaxed);
        }
    }
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
        let places = arena.get(grid.places).unwrap();
        let starts = arena.get(grid.starts).unwrap();
        for (object, place) in places.iter().enumerate() {
            let place = place.load(Ordering::Relaxed);
            let entry = entries[place as usize];
            assert_eq!(entry.object as usize, object);
            let CollisionObject { motion, radius, .. } = objects[object];
            assert_eq!(circles.at(place as usize), (motion.position, radius));
            assert_eq!(velocities[place as usize], motion.velocity);
            let cell = entry.cell as usize;
            assert!((starts[cell]..starts[cell + 1]).contains(&place));
        }
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
