//! How a tick's bodies are laid out: which cells there are, and in which each body lies.

use core::array;
use core::ops::Range;

use glam::Vec2;

use super::collider::CollisionObject;
use super::extent::{Extent, is_wide};
use super::grid::GIANT_RADII;
use super::level::Level;
use super::strip::{Bands, Strip};
use super::survey::{Survey, extents_by_size};
use crate::arena::Part;
use crate::ecs::Workers;
use crate::{AllocError, FrameArena};

/// How the world is laid out in this tick.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    pub(super) level: Level,
    pub(super) giants: Option<Level>,
    /// Metres; larger bodies are giants.
    giant_radius: f32,
    pub(super) bands: Bands,
}

/// A body's place in the grid.
#[derive(Clone, Copy, Default)]
pub(super) struct Placed {
    pub(super) cell: u32,
    /// Giants have that behind the last.
    pub(super) band: u32,
}

impl Layout {
    /// Where a body of usual size in this cell and row goes.
    #[inline(always)]
    fn in_band(&self, (cell, row): (u32, u32)) -> Placed {
        Placed { cell, band: self.bands.of(row) as u32 }
    }

    /// Where a body goes.
    #[inline(always)]
    fn place(&self, object: &CollisionObject) -> Placed {
        let position = object.motion.position;
        match &self.giants {
            Some(giants) if object.radius > self.giant_radius => {
                Placed { cell: giants.cell_and_row(position).0, band: self.bands.count as u32 }
            }
            _ => self.in_band(self.level.cell_and_row(position)),
        }
    }

    /// Where four bodies go, none of which is a giant, in a level that is not folded, with half of the
    /// instructions.
    #[inline(always)]
    fn place_four(&self, objects: &[CollisionObject; 4]) -> [Placed; 4] {
        let [a, b, c, d] = objects.each_ref().map(|object| object.motion.position);
        let [a, b] = self.level.two_cells_and_rows([a, b]);
        let [c, d] = self.level.two_cells_and_rows([c, d]);
        [a, b, c, d].map(|place| self.in_band(place))
    }

    /// Where at most four bodies go. Not into the loop over all, most of which has no use for it.
    #[inline(never)]
    fn place_some(&self, objects: &[CollisionObject]) -> [Placed; 4] {
        let place = |object| self.place(object);
        array::from_fn(|n| objects.get(n).map_or(Placed::default(), place))
    }

    /// Where all bodies go. Fills `part`, whose last four may have places of nobody.
    pub(super) fn place_all<'p>(
        &self,
        objects: &[CollisionObject],
        part: Part<'p, [Placed; 4]>,
    ) -> &'p [Placed] {
        let placed = if self.giants.is_some() || self.level.is_folded {
            part.fill_from(objects.chunks(4).map(|some| self.place_some(some)))
        } else {
            let (fours, rest) = objects.as_chunks();
            let rest = (!rest.is_empty()).then(|| self.place_some(rest));
            part.fill_from(fours.iter().map(|four| self.place_four(four)).chain(rest))
        };
        &placed.as_flattened()[..objects.len()]
    }

    /// Calls `each` with the strips, from the lowest to that of the giants, and their bands. `counts`
    /// are the bodies of each band.
    pub(super) fn cut_into_strips(
        &self,
        counts: &[u32],
        mut each: impl FnMut(Strip, Range<usize>),
    ) {
        let Self { level, bands, .. } = self;
        let mut first = 0;
        let mut places_of = |bands: &Range<usize>| {
            let end = first + counts[bands.clone()].iter().sum::<u32>();
            (core::mem::replace(&mut first, end), end)
        };
        for (first_band, end_band) in bands.cut(&counts[..bands.count], level.rows) {
            let own_bands = first_band..end_band;
            let first_row = bands.first_row(first_band, level.rows);
            let end_row = bands.first_row(end_band, level.rows);
            let is_top = end_row == level.rows;
            let end_cell = if is_top { level.end_cell() } else { level.row_cell(end_row) };
            let (first, end) = places_of(&own_bands);
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
            each(strip, own_bands);
        }
        if let Some(giants) = &self.giants {
            let own_bands = bands.count..bands.count + 1;
            let (first, end) = places_of(&own_bands);
            let strip = Strip {
                first_row: 0,
                end_row: giants.rows as u32,
                first_cell: level.end_cell() as u32,
                end_cell: giants.end_cell() as u32,
                last_row_cell: giants.row_cell(giants.rows - 1) as u32,
                first,
                end,
                is_giants: true,
            };
            each(strip, own_bands);
        }
    }

    pub(super) fn cell_count(&self) -> usize {
        self.giants.unwrap_or(self.level).end_cell()
    }
}

/// Lays the world out for bodies, of which `survey` tells.
pub(super) fn lay_out(
    objects: &[CollisionObject],
    survey: Survey,
    half_extents_m: Vec2,
    arena: &FrameArena,
    workers: &Workers,
) -> Result<Layout, AllocError> {
    let mean_radius = (survey.radius_sum_m / objects.len().max(1) as f64) as f32;
    let giant_radius = mean_radius * GIANT_RADII;
    let [usual, giants] = if survey.extent.max_radius > giant_radius {
        extents_by_size(objects, giant_radius, arena, workers)?
    } else {
        [survey.extent, Extent::EMPTY]
    };
    let is_wide = is_wide(objects);
    let level = Level::new(usual, half_extents_m, 0, is_wide);
    let giants =
        (giants.count > 0).then(|| Level::new(giants, half_extents_m, level.end_cell(), is_wide));
    Ok(Layout { level, giants, giant_radius, bands: Bands::new(level.rows) })
}
