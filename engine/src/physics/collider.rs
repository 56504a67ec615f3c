//! Bodies that can collide, gathered into one slice.

use super::body::BodyIndex;
use super::motion::Motion;

/// A living body with a radius, as the tick's free motion left it. 24 bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CollisionObject {
    /// Where it is and where it goes.
    pub motion: Motion,
    /// Metres, over 0 and finite.
    pub radius: f32,
    /// Whose body it is.
    pub body: BodyIndex,
}

/// Whether a body of this radius takes part in collisions.
#[inline]
pub(crate) fn collides(radius: f32) -> bool {
    // One branch: of numbers over 0, the bits of those that are finite come before infinity's.
    radius.to_bits().wrapping_sub(1) < f32::INFINITY.to_bits() - 1
}
