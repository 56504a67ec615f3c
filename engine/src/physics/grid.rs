//! Bodies sorted into the cells of a uniform grid, by counting sort.
//!
//! The sorted grid is Green's ("Particle Simulation using CUDA", 2008, its second method), with a
//! counting sort (Knuth, TAOCP 3, 5.2) in place of the radix sort. A cell is as wide as the largest
//! circle, so that circles which overlap lie in the same or in neighbouring cells (Ericson,
//! Real-Time Collision Detection, 7.1). A few bodies far larger than the rest would make the cells
//! too wide for all: they get a second level of their own (after Ericson's hierarchical grid, 7.2).

use glam::Vec2;

use super::collider::{CollisionObject, filled};
use crate::{AllocError, FrameArena, SliceHandle};

/// Bodies of more than this many mean radii go to the second level: at most a quarter of all.
pub const GIANT_RADII: f32 = 4.0;

/// Most cells per body of a level. Cells grow wider rather than more, so that a wide world with
/// few or tiny bodies takes no more memory than a full one.
pub const MAX_CELLS_PER_BODY: usize = 4;

/// Cells are this much wider than the widest circle, so that the rounding of cell coordinates
/// cannot put circles that overlap two cells apart, up to some 50,000 cells in a row.
const CELL_MARGIN: f32 = 1.01;

/// A body as the search for pairs reads it. 16 bytes, sorted by cell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Record {
    /// Centre, in metres.
    pub position: Vec2,
    /// Metres.
    pub radius: f32,
    /// Place of the body among the tick's collision objects.
    pub object: u32,
}

/// The tick's bodies in cell order, as handles into the physics arena.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    /// Bodies in the order of their cells; giants last.
    pub records: SliceHandle<Record>,
    /// For each collision object, its place among `records`.
    pub places: SliceHandle<u32>,
    /// For each cell, the place of its first record; then the number of records.
    pub(crate) starts: SliceHandle<u32>,
    /// The usual bodies.
    pub(crate) level: Level,
    /// Those much larger than the usual.
    pub(crate) giants: Option<Level>,
}

/// A rectangle of square cells, with a rim of empty ones so that neighbours need no tests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Level {
    origin: Vec2,
    cells_per_metre: f32,
    columns: usize,
    rows: usize,
    first_cell: usize,
    /// Metres; no body of this level is larger.
    pub(crate) max_radius: f32,
}

/// What a level is laid out for.
#[derive(Clone, Copy, Debug)]
struct Extent {
    low: Vec2,
    high: Vec2,
    max_radius: f32,
    count: usize,
}

impl Extent {
    const EMPTY: Self =
        Self { low: Vec2::INFINITY, high: Vec2::NEG_INFINITY, max_radius: 0.0, count: 0 };

    fn grown(self, object: &CollisionObject) -> Self {
        Self {
            low: self.low.min(object.motion.position),
            high: self.high.max(object.motion.position),
            max_radius: self.max_radius.max(object.radius),
            count: self.count + 1,
        }
    }
}

impl Level {
    /// Cells for the bodies in `extent`, or for those of them within the walls: bodies outside
    /// count to the cells at the edge, which brings none of them further apart.
    fn new(extent: Extent, half_extents_m: Vec2, first_cell: usize) -> Self {
        let low = extent.low.clamp(-half_extents_m, half_extents_m);
        let high = extent.high.clamp(-half_extents_m, half_extents_m);
        let size = (high - low).max(Vec2::ZERO); // Under 0 where nobody is.
        let max_cells = extent.count.max(1) * MAX_CELLS_PER_BODY;
        let most = max_cells as f32;
        let least_cell_m = (size.x * size.y / most).sqrt().max(size.max_element() / most);
        let cell_m = (2.0 * extent.max_radius * CELL_MARGIN).max(least_cell_m);
        // Casts from float saturate, and a world of infinite size has one cell.
        let columns = ((size.x / cell_m) as usize + 1).min(max_cells);
        let rows = ((size.y / cell_m) as usize + 1).min(max_cells / columns + 1);
        Self {
            origin: low,
            cells_per_metre: 1.0 / cell_m,
            columns,
            rows,
            first_cell,
            max_radius: extent.max_radius,
        }
    }

    /// Cells from one to the one above it.
    #[inline]
    pub(crate) fn stride(&self) -> usize {
        self.columns + 2
    }

    /// The first cell after this level's.
    pub(crate) fn end_cell(&self) -> usize {
        self.first_cell + self.stride() * (self.rows + 1) + 1
    }

    /// The level's cells, row by row, without the rim.
    pub(crate) fn cells(&self) -> impl Iterator<Item = usize> + use<> {
        let (first, stride, columns) = (self.first_cell + 1, self.stride(), self.columns);
        (0..self.rows).flat_map(move |row| {
            let start = first + row * stride;
            start..start + columns
        })
    }

    #[inline]
    fn column_and_row(&self, position: Vec2) -> (usize, usize) {
        let cell = (position - self.origin) * self.cells_per_metre;
        // Negative saturates to 0, and NaN is 0.
        ((cell.x as usize).min(self.columns - 1), (cell.y as usize).min(self.rows - 1))
    }

    #[inline]
    fn cell_of(&self, position: Vec2) -> usize {
        let (column, row) = self.column_and_row(position);
        self.first_cell + 1 + row * self.stride() + column
    }

    /// Runs of neighbouring cells, as (first, last), that cover a square around `position`.
    pub(crate) fn rows_around(
        &self,
        position: Vec2,
        reach_m: f32,
    ) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (left, bottom) = self.column_and_row(position - reach_m);
        let (right, top) = self.column_and_row(position + reach_m);
        let (first, stride) = (self.first_cell + 1, self.stride());
        (bottom..=top).map(move |row| (first + row * stride + left, first + row * stride + right))
    }
}

/// Sorts bodies by cell. Stable: within a cell they keep their order.
///
/// Takes 24 bytes a body and at most 16 bytes a body for cells. A world without walls has infinite
/// half extents.
///
/// # Errors
/// If the arena refuses.
pub fn sort_into_grid(
    objects: &[CollisionObject],
    half_extents_m: Vec2,
    arena: &FrameArena,
) -> Result<Grid, AllocError> {
    let giant_radius = giant_radius(objects);
    let is_giant = |object: &CollisionObject| object.radius > giant_radius;
    let mut extents = [Extent::EMPTY; 2];
    for object in objects {
        let extent = &mut extents[usize::from(is_giant(object))];
        *extent = extent.grown(object);
    }
    let level = Level::new(extents[0], half_extents_m, 0);
    let giants =
        (extents[1].count > 0).then(|| Level::new(extents[1], half_extents_m, level.end_cell()));
    let cell_count = giants.unwrap_or(level).end_cell();
    let level_of = |object: &CollisionObject| match &giants {
        Some(giants) if is_giant(object) => *giants,
        _ => level,
    };
    // Published first, filled before: counts stand two places on, so that they become starts.
    let mut starts = filled(cell_count + 2, 0u32, arena)?;
    let cells = arena.try_alloc_slice_from_iter(
        objects.iter().map(|object| level_of(object).cell_of(object.motion.position) as u32),
    )?;
    for &cell in &*cells {
        starts[cell as usize + 2] += 1;
    }
    add_up(&mut starts);
    let mut records = filled(objects.len(), Record::default(), arena)?;
    let places = place_records(objects, cells, &mut starts, &mut records, arena)?;
    Ok(Grid { records: records.publish(), places, starts: starts.publish(), level, giants })
}

/// Puts each body's record behind those already in its cell and gives the places.
fn place_records(
    objects: &[CollisionObject],
    cells: &[u32],
    starts: &mut [u32],
    records: &mut [Record],
    arena: &FrameArena,
) -> Result<SliceHandle<u32>, AllocError> {
    let placed = objects.iter().zip(cells).enumerate().map(|(object, (body, &cell))| {
        let start = &mut starts[cell as usize + 1];
        let place = *start;
        *start += 1;
        records[place as usize] =
            Record { position: body.motion.position, radius: body.radius, object: object as u32 };
        place
    });
    // `enumerate` over `zip` of slices knows its length.
    Ok(arena.try_publish_slice_from_iter(placed)?)
}

/// Replaces each count by the sum of those up to and including it.
fn add_up(counts: &mut [u32]) {
    let mut sum = 0;
    for count in counts {
        sum += *count;
        *count = sum;
    }
}

/// Radius over which a body counts as a giant, in metres.
fn giant_radius(objects: &[CollisionObject]) -> f32 {
    let sum: f64 = objects.iter().map(|object| f64::from(object.radius)).sum();
    let mean = sum / objects.len().max(1) as f64;
    mean as f32 * GIANT_RADII
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::physics::scene;

    fn checked(objects: &[CollisionObject], half_extents_m: Vec2) -> (usize, Grid) {
        let arena = FrameArena::new();
        let grid = sort_into_grid(objects, half_extents_m, &arena).unwrap();
        let records = arena.get(grid.records).unwrap();
        let places = arena.get(grid.places).unwrap();
        let starts = arena.get(grid.starts).unwrap();
        for (object, &place) in places.iter().enumerate() {
            assert_eq!(records[place as usize].object as usize, object);
            assert_eq!(records[place as usize].position, objects[object].motion.position);
        }
        assert!(starts.is_sorted());
        assert_eq!(starts[starts.len() - 2] as usize, objects.len());
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
}
