//! The fixed parts into which a tick's work is cut, whatever the number of threads.

/// A run of whole rows of a grid's level: what one job works on.
///
/// Strips of the usual bodies follow each other upwards; the giants, if there are any, are the last
/// strip. How a level is cut depends on its bodies only, so that results do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Strip {
    pub(crate) first_row: u32,
    pub(crate) end_row: u32,
    /// The rows' cells, with those of the rim; the uppermost strip has the rim above it too.
    pub(crate) first_cell: u32,
    pub(crate) end_cell: u32,
    /// First cell of the last row, whose bodies look into the strip above.
    pub(crate) last_row_cell: u32,
    /// Places of the first record and behind the last.
    pub(crate) first: u32,
    pub(crate) end: u32,
    pub(crate) is_giants: bool,
}

impl Strip {
    pub(crate) fn len(&self) -> usize {
        (self.end - self.first) as usize
    }

    pub(crate) fn places(&self) -> core::ops::Range<usize> {
        self.first as usize..self.end as usize
    }

    pub(crate) fn cell_count(&self) -> usize {
        (self.end_cell - self.first_cell) as usize
    }
}

/// Rows of a level that are counted together, so that a tall world needs no more counters than a
/// wide one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bands {
    /// Rows in a band, as a power of two.
    shift: u32,
    pub(crate) count: usize,
}

/// Most bands.
const MAX_BANDS: usize = 512;

/// Most strips, that of the giants included.
pub(crate) const MAX_STRIPS: usize = MAX_BANDS + 1;

/// Least rows of a strip. With two, what a strip and its upper neighbour share (the last row of the
/// one, the first of the other) is apart from what the neighbour shares with the next.
const MIN_ROWS: usize = 2;

/// Bodies of a strip, at least and at most: enough to be worth handing out, few enough to stay in a
/// core's second-level cache.
const STRIP_BODIES: core::ops::RangeInclusive<usize> = 1_024..=8_192;

/// Strips of a world that needs neither the least nor the most: enough for 16 threads to even out.
const USUAL_STRIPS: usize = 32;

impl Bands {
    pub(crate) fn new(rows: usize) -> Self {
        let mut shift = 0;
        while (rows - 1) >> shift >= MAX_BANDS {
            shift += 1;
        }
        Self { shift, count: ((rows - 1) >> shift) + 1 }
    }

    #[inline]
    pub(crate) fn of(&self, row: u32) -> usize {
        (row >> self.shift) as usize
    }

    /// First row of a band; of that behind the last, `rows`.
    pub(crate) fn first_row(&self, band: usize, rows: usize) -> usize {
        (band << self.shift).min(rows)
    }

    /// Most strips of so many bodies, that of the giants included.
    pub(crate) fn most_strips(&self, body_count: usize) -> usize {
        self.count.min(body_count / STRIP_BODIES.start() + 1) + 1
    }

    /// Cuts the bands into strips of about equally many bodies, as ranges of bands.
    pub(crate) fn cut(
        &self,
        body_counts: &[u32],
        rows: usize,
    ) -> impl Iterator<Item = (usize, usize)> {
        let sum: usize = body_counts.iter().map(|&count| count as usize).sum();
        let wanted = (sum / USUAL_STRIPS).clamp(*STRIP_BODIES.start(), *STRIP_BODIES.end());
        let bands = *self;
        let mut first = 0;
        core::iter::from_fn(move || {
            let start = first;
            let mut count = 0;
            while first < bands.count {
                count += body_counts[first] as usize;
                first += 1;
                let at = bands.first_row(first, rows);
                let is_high = at - bands.first_row(start, rows) >= MIN_ROWS;
                if count >= wanted && is_high && rows - at >= MIN_ROWS {
                    break;
                }
            }
            (start < first).then_some((start, first))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strips(counts: &[u32], rows: usize) -> Vec<(usize, usize)> {
        let bands = Bands::new(rows);
        assert_eq!(bands.count, counts.len());
        bands.cut(counts, rows).collect()
    }

    #[test]
    fn strips_cover_all_bands_and_have_two_rows() {
        for rows in 1..40 {
            let counts: Vec<u32> = (0..rows as u32).map(|row| row * 397 % 2_000).collect();
            let strips = strips(&counts, rows);
            let most = Bands::new(rows).most_strips(counts.iter().sum::<u32>() as usize);
            assert!(strips.len() < most, "{} of at most {most}", strips.len());
            assert_eq!((strips[0].0, strips[strips.len() - 1].1), (0, rows));
            assert!(strips.is_sorted_by(|a, b| a.1 == b.0));
            assert!(strips.len() == 1 || strips.iter().all(|strip| strip.1 - strip.0 >= 2));
        }
    }

    #[test]
    fn a_dense_floor_is_cut_finer_than_the_air() {
        let mut counts = [10; 100];
        counts[..20].fill(2_000);
        let strips = strips(&counts, 100);
        assert_eq!(strips[0], (0, 2));
        assert!(strips.len() > 8 && strips[strips.len() - 1].0 <= 20, "{strips:?}");
    }

    #[test]
    fn a_tall_world_has_few_bands() {
        let bands = Bands::new(1_000_000);
        assert!(bands.count <= MAX_BANDS && bands.of(999_999) == bands.count - 1);
        assert_eq!(bands.first_row(bands.count, 1_000_000), 1_000_000);
    }
}
