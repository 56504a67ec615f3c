//! A rectangle of cells, and where in it each position lies.

use core::ops::Range;

use glam::{DVec2, Vec2, Vec2Swizzles, Vec4};

use super::extent::Extent;

/// Most cells per body of a level, so that a wide world with few or tiny bodies takes no more memory
/// than a full one. Cells grow wider rather than more; in a wider world yet it is folded.
pub const MAX_CELLS_PER_BODY: usize = 2;

/// A world that would make cells more than this much wider than its bodies need is folded instead:
/// where its bodies crowd, a cell of this width holds nine times what it should.
const MAX_WIDENING: f32 = 3.0;

/// Columns to the height of a cell, where cells as wide as high would hold two bodies or more: a
/// search tests a quarter fewer bodies then, and takes a tenth less time.
const DENSE_REACH: usize = 4;

/// Cells are this much wider than the widest circle, so that the rounding of cell coordinates
/// cannot put circles that overlap two cells apart.
const CELL_MARGIN: f32 = 1.01;

/// Most cells as wide as high along a side, so that the margin is more than rounding takes: of two
/// coordinates under 40,000, each rounded twice, under 0.0096.
const MAX_CELLS_ALONG: f32 = 40_000.0;

/// Added to it, a number under it leaves no fraction: its bits are those of the whole number. A cast
/// takes four times the instructions.
const TWO_TO_23: f32 = 8_388_608.0;

/// The same for 64 bits.
const TWO_TO_52: f64 = 4_503_599_627_370_496.0;

/// Added to a number and taken away again, it leaves the nearest whole one, of either sign.
const WHOLE_OF_64: DVec2 = DVec2::splat(1.5 * TWO_TO_52);

/// Cells from the world's middle beyond which coordinates that differ are of no bodies that overlap:
/// next numbers of 32 bits are four cells apart.
const FAR_CELLS: f64 = 67_108_864.0;

/// Odd, about 2^64 by the golden ratio: spreads a product's upper bits (Knuth, TAOCP 3, 6.4).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// Least height of a cell, in metres, that has an inverse.
const LEAST_CELL_M: f32 = 4.0 * f32::MIN_POSITIVE;

/// Cells that `nearest` can tell apart.
const MAX_CELLS_IN_A_ROW: u32 = 1 << 23;

/// A rectangle of cells, with a rim of empty ones so that neighbours need no tests.
///
/// Its rows lie along x, or along y if it is turned: across the way in which bodies spread most, so
/// that there are many rows of few bodies, to be cut into strips. Of a pile on a wide floor, rows
/// along the floor would be few, and hold thousands each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Level {
    /// The middle of the first cell.
    origin: Vec2,
    cells_per_metre: Vec2,
    /// Columns that are as wide as a row is high: bodies that overlap are not further apart.
    pub(crate) reach: usize,
    pub(super) last_column: f32,
    last_row: f32,
    columns: usize,
    pub(crate) rows: usize,
    first_cell: usize,
    /// Whether rows lie along y. Then all of the above is turned too.
    is_turned: bool,
    /// Whether the plane is folded on the rectangle, again and again.
    pub(super) is_folded: bool,
    /// Metres; no body of this level is larger.
    pub(crate) max_radius: f32,
}

/// The whole number nearest to `x`, from 0 to `most`; 0 for what is no number.
#[inline(always)]
fn nearest(x: f32, most: f32) -> u32 {
    let x = if x > 0.0 { x } else { 0.0 };
    let x = if x < most { x } else { most };
    (x + TWO_TO_23).to_bits() & (MAX_CELLS_IN_A_ROW - 1)
}

/// The whole numbers nearest to a column and a row.
#[inline(always)]
fn whole(cell: DVec2) -> (u32, u32) {
    let [column, row] = (cell + TWO_TO_52).to_array().map(|number| number.to_bits() as u32);
    (column, row)
}

/// Side of the least cells of which so many, at least two, cover a rectangle: of each side as many as
/// go into it, and one more. In 64 bits, where no square is too large or too small.
fn least_cell_m(size: Vec2, most: usize) -> f32 {
    let DVec2 { x, y } = size.as_dvec2();
    let others = (most - 1) as f64;
    ((x + y + ((x + y) * (x + y) + 4.0 * others * x * y).sqrt()) / (2.0 * others)) as f32
}

/// A position as a level sees it.
#[inline(always)]
fn turned(position: Vec2, is_turned: bool) -> Vec2 {
    if is_turned { position.yx() } else { position }
}

impl Level {
    /// Cells for the bodies in `extent`, or for those of them within the walls: bodies outside count to
    /// the cells at the edge, or are folded in, and neither brings any two of them further apart.
    pub(super) fn new(
        extent: Extent,
        half_extents_m: Vec2,
        first_cell: usize,
        is_turned: bool,
    ) -> Self {
        let low = extent.low().clamp(-half_extents_m, half_extents_m);
        let high = extent.high().clamp(-half_extents_m, half_extents_m);
        let [low, high] = [low, high].map(|corner| turned(corner, is_turned));
        let size = (high - low).max(Vec2::ZERO); // Under 0 where nobody is.
        let max_cells = extent.count.max(1) * MAX_CELLS_PER_BODY;
        let max_cells = max_cells.min(MAX_CELLS_IN_A_ROW as usize / 2);
        let longest = size.max_element() / (max_cells as f32).min(MAX_CELLS_ALONG);
        let least_cell_m = least_cell_m(size, max_cells).max(longest);
        let needed_m = (2.0 * extent.max_radius * CELL_MARGIN).max(LEAST_CELL_M);
        let is_folded = least_cell_m > needed_m * MAX_WIDENING;
        let cell_m = if is_folded { needed_m } else { needed_m.max(least_cell_m) };
        // Casts from float saturate.
        let [columns, rows] =
            [size.x, size.y].map(|side_m| ((side_m / cell_m) as usize).saturating_add(1));
        let (columns, rows) = if is_folded {
            // As square as may be: then no side is folded more often than it must.
            let columns = columns.min(max_cells / rows.min(max_cells.isqrt()));
            (columns, rows.min(max_cells / columns))
        } else {
            let columns = columns.min(max_cells);
            (columns, rows.min(max_cells / columns + 1))
        };
        let is_dense = !is_folded && columns * rows * DENSE_REACH <= max_cells;
        let reach = if is_dense { DENSE_REACH } else { 1 };
        let columns = columns * reach;
        let cell_m = Vec2::new(cell_m / reach as f32, cell_m);
        Self {
            origin: low + cell_m * 0.5,
            cells_per_metre: 1.0 / cell_m,
            reach,
            last_column: (columns - 1) as f32,
            last_row: (rows - 1) as f32,
            columns,
            rows,
            first_cell,
            is_turned,
            is_folded,
            max_radius: extent.max_radius,
        }
    }

    /// Cells from one to the one above it.
    #[inline]
    pub(crate) fn stride(&self) -> usize {
        self.columns + 2 * self.reach
    }

    /// The first cell after this level's.
    pub(crate) fn end_cell(&self) -> usize {
        self.first_cell + self.stride() * (self.rows + 1) + 1
    }

    /// First cell of a row's rim; of the row behind the last, that of the rim above.
    #[inline]
    pub(super) fn row_cell(&self, row: usize) -> usize {
        self.first_cell + row * self.stride()
    }

    /// First cell of a row behind its rim.
    #[inline]
    pub(super) fn first_in_row(&self, row: usize) -> usize {
        self.row_cell(row) + self.reach
    }

    #[inline(always)]
    fn column_and_row(&self, position: Vec2) -> (u32, u32) {
        if self.is_folded {
            return whole(self.folded(self.unfolded(position)));
        }
        let cell = (turned(position, self.is_turned) - self.origin) * self.cells_per_metre;
        (nearest(cell.x, self.last_column), nearest(cell.y, self.last_row))
    }

    /// Column and row if there were cells everywhere, from the one around the world's origin. In 64
    /// bits, so that rounding takes less than the margin however far away that is.
    #[inline(always)]
    fn unfolded(&self, position: Vec2) -> DVec2 {
        turned(position, self.is_turned).as_dvec2() * self.cells_per_metre.as_dvec2()
    }

    /// Last column and row.
    fn last(&self) -> Vec2 {
        Vec2::new(self.last_column, self.last_row)
    }

    /// Folds the plane on the rectangle: there and back along each side, as often as it takes.
    #[inline(always)]
    fn folded(&self, cell: DVec2) -> DVec2 {
        let last = self.last().as_dvec2();
        let period = 2.0 * last;
        let turns = (cell * (1.0 / period) + WHOLE_OF_64) - WHOLE_OF_64;
        let folded = (cell - turns * period).abs();
        // Where there is one cell, nothing is less.
        let folded = DVec2::select(folded.cmplt(last), folded, last);
        if cell.abs().max_element() < FAR_CELLS { folded } else { self.scattered(cell, folded) }
    }

    /// The same where a coordinate is so far away that only equal ones need lie together: in any column
    /// or row. Folded, numbers so coarse would heap up in some.
    #[cold]
    #[inline(never)]
    fn scattered(&self, cell: DVec2, folded: DVec2) -> DVec2 {
        let scattered = |cell: f64, folded: f64, last: f32| {
            let part = cell.to_bits().wrapping_mul(SPREAD) >> 32;
            let any = (part * (last as u64 + 1)) >> 32;
            if cell.abs() < FAR_CELLS { folded } else { any as f64 }
        };
        DVec2::new(
            scattered(cell.x, folded.x, self.last_column),
            scattered(cell.y, folded.y, self.last_row),
        )
    }

    /// The cell and the row of a position.
    #[inline(always)]
    pub(super) fn cell_and_row(&self, position: Vec2) -> (u32, u32) {
        let (column, row) = self.column_and_row(position);
        // There are so few cells that 32 bits do, which multiply faster.
        (self.first_in_row(0) as u32 + row * self.stride() as u32 + column, row)
    }

    /// The same of two positions side by side, to the bit; not in a folded level.
    #[inline(always)]
    pub(super) fn two_cells_and_rows(&self, positions: [Vec2; 2]) -> [(u32, u32); 2] {
        let both = |way: Vec2| Vec4::from((way, way));
        let origin = both(turned(self.origin, self.is_turned));
        let last = both(turned(Vec2::new(self.last_column, self.last_row), self.is_turned));
        let per_metre = both(turned(self.cells_per_metre, self.is_turned));
        let scaled = (Vec4::from((positions[0], positions[1])) - origin) * per_metre;
        let scaled = Vec4::select(scaled.cmpgt(Vec4::ZERO), scaled, Vec4::ZERO).min(last);
        let [x, y, other_x, other_y] = (scaled + TWO_TO_23).to_array().map(f32::to_bits);
        let stride = self.stride() as u32;
        let (of_x, of_y) = if self.is_turned { (stride, 1) } else { (1, stride) };
        // The bits of 2^23 go once for all.
        let first = (self.first_in_row(0) as u32)
            .wrapping_sub(TWO_TO_23.to_bits().wrapping_mul(stride + 1));
        [[x, y], [other_x, other_y]].map(|[x, y]| {
            let cell = x.wrapping_mul(of_x).wrapping_add(y.wrapping_mul(of_y)).wrapping_add(first);
            (cell, if self.is_turned { x } else { y } & (MAX_CELLS_IN_A_ROW - 1))
        })
    }

    /// Runs of neighbouring cells in some rows, as (first, last), that cover a square around
    /// `position`.
    pub(crate) fn rows_around(
        &self,
        position: Vec2,
        reach_m: f32,
        rows: Range<usize>,
    ) -> impl Iterator<Item = (usize, usize)> + use<> {
        let corners = [position - reach_m, position + reach_m];
        let [(left, right), (bottom, top)] = self.columns_and_rows_between(corners);
        let level = *self;
        (rows.start.max(bottom as usize)..rows.end.min(top as usize + 1)).map(move |row| {
            let start = level.first_in_row(row);
            (start + left as usize, start + right as usize)
        })
    }

    /// First and last column, first and last row of a rectangle, from its lower left corner to its
    /// upper right one.
    // Not into the search for pairs, which it would slow by a fifth.
    #[inline(never)]
    pub(super) fn columns_and_rows_between(&self, corners: [Vec2; 2]) -> [(u32, u32); 2] {
        let [(left, bottom), (right, top)] = corners.map(|corner| self.column_and_row(corner));
        if !self.is_folded {
            return [(left, right), (bottom, top)];
        }
        let [from, to] = corners.map(|corner| self.unfolded(corner));
        let between = |one: u32, other: u32, cells: [f64; 2], last: f32| {
            let (least, most) = (one.min(other), one.max(other));
            let is_far = cells[0].abs().max(cells[1].abs()) >= FAR_CELLS;
            if is_far && cells[0] != cells[1] {
                return (0, last as u32);
            }
            let turns = cells.map(|cell| (cell / f64::from(last)).floor());
            match turns[1] - turns[0] {
                0.0 => (least, most),
                // An even turn is at the first cell, an odd one at the last.
                1.0 if turns[1] % 2.0 == 0.0 => (0, most),
                1.0 => (least, last as u32),
                _ => (0, last as u32),
            }
        };
        let Vec2 { x: last_column, y: last_row } = self.last();
        [
            between(left, right, [from.x, to.x], last_column),
            between(bottom, top, [from.y, to.y], last_row),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::physics::scene;

    #[test]
    fn two_positions_lie_where_each_lies() {
        let objects = scene::uniform(8, 4_000, 0.1, 0.2);
        let mut positions: Vec<Vec2> =
            objects.iter().map(|object| object.motion.position).collect();
        let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, -0.0, 1e-40];
        positions.extend(odd.map(|x| Vec2::new(x, 1.0)));
        positions.extend(odd.map(|y| Vec2::new(-2.0, y)));
        let extent = objects.iter().map(Extent::of).fold(Extent::EMPTY, Extent::joined);
        for (walls, is_turned) in [(8.0, false), (8.0, true), (3.0, false), (3.0, true)] {
            let level = Level::new(extent, Vec2::new(walls, 8.0), 5, is_turned);
            assert!(!level.is_folded);
            for (&one, &other) in positions.iter().zip(positions.iter().rev()) {
                let each = [one, other].map(|position| level.cell_and_row(position));
                assert_eq!(level.two_cells_and_rows([one, other]), each, "{one} {other}");
            }
        }
    }

    /// Levels that are folded, of few cells and many, square and long.
    fn folded_levels() -> impl Iterator<Item = Level> {
        let sizes = [(0.001, 1_000.0), (50.0, 50.0), (1e9, 0.0), (1e30, 1e30), (f32::MAX, 3.0)];
        let sides = sizes.into_iter().flat_map(|(x, y)| [Vec2::new(x, y), Vec2::new(y, x)]);
        sides.zip([1, 2, 3, 40, 5_000].into_iter().cycle()).map(|(side, count)| {
            let corners = Vec4::from((-side, -side));
            let extent = Extent { corners, max_radius: 0.05, count };
            let level = Level::new(extent, Vec2::INFINITY, 0, count == 2);
            assert!(level.is_folded, "{side} {count}");
            assert!((level.last_column as usize + 1) * level.rows <= 2 * count);
            level
        })
    }

    /// A place in a world of any size.
    fn anywhere(random: &mut scene::Random) -> Vec2 {
        let scale = 10_f32.powf(random.between(-2.0, 12.0));
        Vec2::new(random.between(-scale, scale), random.between(-scale, scale))
    }

    #[test]
    fn what_overlaps_lies_in_neighbouring_cells_wherever_it_is() {
        let mut random = scene::Random(5);
        for level in folded_levels() {
            for _ in 0..20_000 {
                let one = anywhere(&mut random);
                let way = Vec2::new(random.between(-0.1, 0.1), random.between(-0.1, 0.1));
                let other = one + way;
                if (other - one).abs().max_element() >= 0.1 {
                    continue; // Rounding took them apart.
                }
                let [a, b] = [one, other].map(|position| level.column_and_row(position));
                let distance = a.0.abs_diff(b.0).max(a.1.abs_diff(b.1));
                assert!(distance <= 1, "{one} in {a:?}, {other} in {b:?} of {level:?}");
            }
        }
    }

    #[test]
    fn a_rectangle_covers_what_lies_in_it_however_it_is_folded() {
        let mut random = scene::Random(6);
        for level in folded_levels() {
            for _ in 0..20_000 {
                let middle = anywhere(&mut random);
                let reach_m = 10_f32.powf(random.between(-2.0, 2.0));
                let way = Vec2::new(random.between(-1.0, 1.0), random.between(-1.0, 1.0));
                let corners = [middle - reach_m, middle + reach_m];
                let inside = (middle + way * reach_m).clamp(corners[0], corners[1]);
                let (column, row) = level.column_and_row(inside);
                let [(left, right), (bottom, top)] = level.columns_and_rows_between(corners);
                assert!((left..=right).contains(&column), "{middle} {reach_m} {level:?}");
                assert!((bottom..=top).contains(&row), "{middle} {reach_m} {level:?}");
            }
        }
    }
}
