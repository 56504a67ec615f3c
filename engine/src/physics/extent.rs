//! How far bodies reach.

use glam::{Vec2, Vec4, Vec4Swizzles};

use super::collider::CollisionObject;

/// What a level is laid out for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    /// The least x and y, and the opposites of the greatest, so that all four are least of something.
    pub(super) corners: Vec4,
    pub(super) max_radius: f32,
    pub(super) count: usize,
}

impl Extent {
    pub(super) const EMPTY: Self = Self { corners: Vec4::INFINITY, max_radius: 0.0, count: 0 };

    #[inline]
    pub(super) fn of(object: &CollisionObject) -> Self {
        let position = object.motion.position;
        Self { corners: Vec4::from((position, -position)), max_radius: object.radius, count: 1 }
    }

    #[inline]
    pub(super) fn joined(self, other: Self) -> Self {
        Self {
            // One compare each, unlike `min`, which minds what is no number.
            corners: Vec4::select(other.corners.cmplt(self.corners), other.corners, self.corners),
            max_radius: if self.max_radius < other.max_radius {
                other.max_radius
            } else {
                self.max_radius
            },
            count: self.count + other.count,
        }
    }

    pub(super) fn low(self) -> Vec2 {
        self.corners.xy()
    }

    pub(super) fn high(self) -> Vec2 {
        -self.corners.zw()
    }
}

/// Bodies that [`is_wide`] looks at, about.
const SAMPLE_BODIES: usize = 1_024;

/// Whether bodies spread more along x than along y, by the variance of a sample.
pub(super) fn is_wide(objects: &[CollisionObject]) -> bool {
    let sample = || objects.iter().step_by(objects.len() / SAMPLE_BODIES + 1);
    let count = sample().count().max(1) as f32;
    let mean = sample().map(|object| object.motion.position).sum::<Vec2>() / count;
    let squares = |object: &CollisionObject| {
        let way = object.motion.position - mean;
        way * way
    };
    let spread: Vec2 = sample().map(squares).sum();
    spread.x > spread.y
}
