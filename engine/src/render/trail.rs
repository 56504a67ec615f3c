//! Where a body was lately.

use bevy_ecs::component::Component;
use glam::Vec2;

/// Most points of a trail.
pub const TRAIL_LEN: usize = 12;

/// A ring of past positions, newest over oldest, inline in the component.
///
/// ```
/// use frame_arena::render::Trail;
/// use glam::Vec2;
///
/// let mut trail = Trail::default();
/// for x in 0..20 {
///     trail.record(Vec2::new(x as f32, 0.0));
/// }
/// let newest: Vec<f32> = trail.newest_first().take(3).map(|point| point.x).collect();
/// assert_eq!(newest, [19.0, 18.0, 17.0]);
/// ```
#[derive(Component, Clone, Copy, Debug, Default, PartialEq)]
pub struct Trail {
    points: [Vec2; TRAIL_LEN],
    /// Where the next point goes.
    next: u8,
    len: u8,
}

impl Trail {
    /// Notes where the body is, over the oldest point if all are taken.
    #[inline]
    pub fn record(&mut self, position: Vec2) {
        self.points[usize::from(self.next) % TRAIL_LEN] = position;
        self.next = (self.next + 1) % TRAIL_LEN as u8;
        self.len = (self.len + 1).min(TRAIL_LEN as u8);
    }

    /// Forgets all points: for a body that begins anew elsewhere.
    #[inline]
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// Points noted, up to [`TRAIL_LEN`].
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Whether none is noted.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The points, newest first.
    #[inline]
    pub fn newest_first(&self) -> impl ExactSizeIterator<Item = Vec2> + '_ {
        let newest = usize::from(self.next) + TRAIL_LEN - 1;
        (0..self.len()).map(move |age| self.points[(newest - age) % TRAIL_LEN])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trail_keeps_the_newest_points() {
        let mut trail = Trail::default();
        for x in 0..30 {
            let kept: Vec<f32> = trail.newest_first().map(|point| point.x).collect();
            let wanted: Vec<f32> = (0..x).rev().take(TRAIL_LEN).map(|x| x as f32).collect();
            assert_eq!(kept, wanted);
            trail.record(Vec2::new(x as f32, 0.0));
        }
        trail.clear();
        assert!(trail.is_empty() && trail.newest_first().len() == 0);
    }
}
