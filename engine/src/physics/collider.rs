//! Bodies that can collide, gathered into one slice.

use super::body::BodyIndex;
use super::motion::Motion;
use crate::{AllocError, FrameArena, FrameVec};

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

/// `len` copies of `value`, to be overwritten in any order and published.
pub(crate) fn filled<T: Copy>(
    len: usize,
    value: T,
    arena: &FrameArena,
) -> Result<FrameVec<'_, T>, AllocError> {
    let mut vec = FrameVec::try_with_capacity_in(len, arena)?;
    let run = [value; 64];
    for start in (0..len).step_by(run.len()) {
        vec.try_extend_from_slice(&run[..run.len().min(len - start)])?;
    }
    Ok(vec)
}
