//! Places for labels, so that no text stands on another.

use macroquad::math::Rect;

/// Most places that can be noted as taken.
const TAKEN_MAX: usize = 16;

/// Which part of the view is free, and which places in it have a text. First come, first served.
#[derive(Debug, Clone, Copy)]
pub struct Places {
    free: Rect,
    taken: [Rect; TAKEN_MAX],
    taken_count: usize,
}

impl Places {
    /// All of `free`.
    #[must_use]
    pub fn new(free: Rect) -> Self {
        Self { free, taken: [Rect::default(); TAKEN_MAX], taken_count: 0 }
    }

    /// Keeps labels out of a place.
    pub fn keep(&mut self, place: Rect) {
        if let Some(slot) = self.taken.get_mut(self.taken_count) {
            *slot = place;
            self.taken_count += 1;
        }
    }

    /// Takes a place if all of it is free. None is after the last that can be noted.
    pub fn take(&mut self, place: Rect) -> bool {
        let taken = &self.taken[..self.taken_count];
        let is_free = self.taken_count < TAKEN_MAX
            && holds(self.free, place)
            && !taken.iter().any(|other| other.overlaps(&place));
        if is_free {
            self.keep(place);
        }
        is_free
    }
}

/// Whether all of `inner` lies in `outer`.
fn holds(outer: Rect, inner: Rect) -> bool {
    inner.x >= outer.x
        && inner.y >= outer.y
        && inner.right() <= outer.right()
        && inner.bottom() <= outer.bottom()
}

#[cfg(test)]
mod tests {
    use super::{Places, TAKEN_MAX};
    use crate::simulation::LABEL_COUNT;
    use macroquad::math::Rect;

    /// The upper left corner of a label of 40 x 10 in a view of 400 x 300.
    fn label(x: f32, y: f32) -> Rect {
        Rect::new(x, y, 40.0, 10.0)
    }

    fn places() -> Places {
        Places::new(Rect::new(0.0, 20.0, 400.0, 300.0))
    }

    #[test]
    fn the_first_of_labels_that_overlap_is_drawn() {
        let mut places = places();
        assert!(places.take(label(100.0, 100.0)));
        assert!(!places.take(label(130.0, 95.0)));
        assert!(places.take(label(130.0, 115.0)), "one that was not drawn is in nobody's way");
    }

    #[test]
    fn a_label_beyond_an_edge_is_not_drawn() {
        for (x, y) in [(-1.0, 100.0), (361.0, 100.0), (100.0, 19.0), (100.0, 311.0)] {
            assert!(!places().take(label(x, y)), "{x}, {y}");
        }
        assert!(places().take(label(0.0, 20.0)) && places().take(label(360.0, 310.0)));
    }

    #[test]
    fn notices_keep_labels_out() {
        let mut places = places();
        places.keep(Rect::new(50.0, 250.0, 300.0, 30.0));
        assert!(!places.take(label(320.0, 275.0)));
        assert!(places.take(label(320.0, 285.0)));
    }

    #[test]
    fn all_labels_and_both_notices_can_be_noted() {
        assert!(LABEL_COUNT as usize + 2 <= TAKEN_MAX);
    }

    #[test]
    fn more_labels_than_can_be_noted_are_not_drawn() {
        let mut places = places();
        let is_taken = |n: usize| places.take(label(0.0, 20.0 + 11.0 * n as f32));
        assert_eq!(
            (0..TAKEN_MAX + 3).map(is_taken).filter(|is_taken| *is_taken).count(),
            TAKEN_MAX
        );
    }
}
