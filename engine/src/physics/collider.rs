//! Bodies that can collide, gathered into one slice.

use super::body::BodyIndex;
use super::motion::Motion;

/// A living body with a radius, as the tick found it. 24 bytes.
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
    radius > 0.0 && radius.is_finite()
}
