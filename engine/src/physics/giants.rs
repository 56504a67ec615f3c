//! Pairs of which one body is far larger than the rest.

use core::ops::Range;

use super::circles::Probe;
use super::collector::{Collector, MAX_RUN};
use super::level::Level;
use super::pairs::StripSearch;

/// Most tests for each body of the world that giants may make together.
pub const GIANT_TESTS_PER_BODY: usize = 64;

/// The bodies far larger than the rest.
pub(super) struct Giants<'a> {
    pub(super) places: Range<usize>,
    pub(super) level: Option<&'a Level>,
}

impl StripSearch<'_> {
    /// Finds the pairs of a giant and a body of the strip: the giants look for what they touch, or, if
    /// they would look at too much, they are looked for.
    // Not into the search of the others, which it would slow.
    #[inline(never)]
    pub(super) fn scan_giants(&self, giants: &Giants<'_>, found: &mut Collector<'_>) {
        let work = self.scan_from_giants(giants, found);
        if work > self.most_tests() && self.had_better_look(giants, work) {
            found.clear();
            self.scan_for_giants(giants, found);
        }
    }

    /// Most tests that giants may make in the strip.
    fn most_tests(&self) -> usize {
        self.strip.len() * GIANT_TESTS_PER_BODY
    }

    /// Runs of the strip's bodies among which are those that a giant touches.
    fn runs_around(&self, giant: usize) -> impl Iterator<Item = (usize, usize)> {
        let rows = self.strip.first_row as usize..self.strip.end_row as usize;
        self.runs_in(self.level, giant, rows)
    }

    /// Runs of giants among which are those that a body of the strip touches.
    fn giants_around(
        &self,
        giants: &Giants<'_>,
        place: usize,
    ) -> impl Iterator<Item = (usize, usize)> {
        let runs = giants.level.map(|level| self.runs_in(level, place, 0..level.rows));
        runs.into_iter().flatten()
    }

    fn runs_in(
        &self,
        level: &Level,
        place: usize,
        rows: Range<usize>,
    ) -> impl Iterator<Item = (usize, usize)> {
        let (centre, radius) = self.circles.at(place);
        let cells = level.rows_around(centre, radius + level.max_radius, rows);
        cells.map(|(first, last)| (self.start(first), self.start(last + 1)))
    }

    /// Whether the strip's bodies had better look for giants, which would look at so many bodies and
    /// rows: for they are heaped up, or the plane is folded to less than they cover.
    #[cold]
    fn had_better_look(&self, giants: &Giants<'_>, work_of_giants: usize) -> bool {
        let mut work = 0;
        let mut runs = self.strip.places().flat_map(|place| self.giants_around(giants, place));
        work_of_giants >= 2 * self.most_tests()
            || runs.all(|(first, end)| {
                work += end - first + 1;
                work < work_of_giants
            })
    }

    /// Each giant looks for what it touches. Gives the number of bodies and rows that they looked at;
    /// ends at twice as many as they may.
    fn scan_from_giants(&self, giants: &Giants<'_>, found: &mut Collector<'_>) -> usize {
        let (mut tests_left, mut work) = (self.most_tests(), 0);
        for place in giants.places.clone() {
            let probe = Probe::new(self.circles.at(place));
            for run in self.runs_around(place) {
                self.test_some((place, &probe), run, &mut tests_left, found);
                work += run.1 - run.0 + 1;
            }
            if work >= 2 * self.most_tests() {
                break;
            }
        }
        work
    }

    /// Each body looks for giants that it touches.
    #[inline(never)]
    fn scan_for_giants(&self, giants: &Giants<'_>, found: &mut Collector<'_>) {
        let mut tests_left = self.most_tests();
        for place in self.strip.places() {
            let probe = Probe::new(self.circles.at(place));
            for run in self.giants_around(giants, place) {
                self.test_some((place, &probe), run, &mut tests_left, found);
            }
        }
        found.turn_round();
    }

    /// Tests a circle against a run of any length, as long as tests are left.
    #[inline(always)]
    fn test_some(
        &self,
        probe: (usize, &Probe),
        (first, end): (usize, usize),
        tests_left: &mut usize,
        found: &mut Collector<'_>,
    ) {
        let tested_end = end.min(first + *tests_left);
        *tests_left -= tested_end - first;
        found.untested_count += (end - tested_end) as u64;
        for start in (first..tested_end).step_by(MAX_RUN) {
            let run = (start, tested_end.min(start + MAX_RUN));
            found.make_room(1);
            found.test_run(probe, &self.circles, run);
        }
    }
}
