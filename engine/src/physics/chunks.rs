//! Bodies of the world in chunks, for jobs.

use core::ops::Range;

use bevy_ecs::change_detection::ContiguousMut;

use super::body::{Alive, BodyIndex, Position, Radius, SKIP_LEN, Velocity};
use crate::{AllocError, FrameArena, FrameVec};

/// Bodies in a chunk; whole groups of those that are passed over together.
pub(crate) const CHUNK_BODIES: usize = 2_048;

/// Bodies to be moved.
pub(super) struct MovedChunk<'w> {
    pub(super) positions: &'w mut [Position],
    pub(super) velocities: &'w mut [Velocity],
    pub(super) radii: &'w [Radius],
}

impl MovedChunk<'_> {
    /// The same in groups of [`SKIP_LEN`].
    pub(super) fn groups(&mut self) -> impl Iterator<Item = MovedChunk<'_>> {
        let moved = self.positions.chunks_mut(SKIP_LEN).zip(self.velocities.chunks_mut(SKIP_LEN));
        moved.zip(self.radii.chunks(SKIP_LEN)).map(|((positions, velocities), radii)| MovedChunk {
            positions,
            velocities,
            radii,
        })
    }
}

/// Bodies to be looked at.
#[derive(Clone, Copy)]
pub(super) struct SeenChunk<'w> {
    pub(super) positions: &'w [Position],
    pub(super) velocities: &'w [Velocity],
    pub(super) radii: &'w [Radius],
    pub(super) alive: &'w [Alive],
    pub(super) indices: &'w [BodyIndex],
}

/// Cuts a run of bodies that are moved, and marks them all as changed.
pub(super) fn moved_chunks<'w>(
    positions: ContiguousMut<'w, Position>,
    velocities: ContiguousMut<'w, Velocity>,
    radii: &'w [Radius],
) -> impl Iterator<Item = MovedChunk<'w>> {
    let (positions, _) = ContiguousMut::split(positions);
    let (velocities, _) = ContiguousMut::split(velocities);
    let moved = positions.chunks_mut(CHUNK_BODIES).zip(velocities.chunks_mut(CHUNK_BODIES));
    moved.zip(radii.chunks(CHUNK_BODIES)).map(|((positions, velocities), radii)| MovedChunk {
        positions,
        velocities,
        radii,
    })
}

/// What says which bodies of a run live, in the same chunks, to be looked at: no change is marked.
pub(super) fn alive_chunks(alive: ContiguousMut<'_, Alive>) -> impl Iterator<Item = &[Alive]> {
    chunks_of(ContiguousMut::bypass_change_detection_split(alive).0)
}

/// The same, to be looked at.
pub(super) fn chunks_of<T>(run: &[T]) -> impl Iterator<Item = &[T]> {
    run.chunks(CHUNK_BODIES)
}

/// Cuts a run of bodies that are looked at.
fn seen_chunks<'w>(run: SeenChunk<'w>) -> impl Iterator<Item = SeenChunk<'w>> {
    chunk_ranges(run.positions.len()).map(move |range| SeenChunk {
        positions: &run.positions[range.clone()],
        velocities: &run.velocities[range.clone()],
        radii: &run.radii[range.clone()],
        alive: &run.alive[range.clone()],
        indices: &run.indices[range],
    })
}

/// Bodies that lie in one piece, and which of all chunks their first is.
pub(super) struct SeenRun<'w> {
    bodies: SeenChunk<'w>,
    first_chunk: usize,
}

impl<'w> SeenRun<'w> {
    /// The runs by the numbers of their first bodies: bevy's own order is that of a hash table, and
    /// differs from program to program.
    pub(super) fn in_order<'a, I: Iterator<Item = SeenChunk<'w>>>(
        runs: impl Fn() -> I,
        arena: &'a FrameArena,
    ) -> Result<FrameVec<'a, Self>, AllocError> {
        let mut in_order = FrameVec::try_with_capacity_in(runs().count(), arena)?;
        let mut first_chunk = 0;
        for bodies in runs() {
            in_order.push(Self { bodies, first_chunk });
            first_chunk += chunk_ranges(bodies.indices.len()).len();
        }
        in_order.sort_unstable_by_key(|run| (run.bodies.indices.first(), run.first_chunk));
        Ok(in_order)
    }

    /// The run's chunks, each with its place among all, which are counted in bevy's order.
    pub(super) fn chunks(&self) -> impl Iterator<Item = (usize, SeenChunk<'w>)> {
        (self.first_chunk..).zip(seen_chunks(self.bodies))
    }
}

/// The place of a chunk's first body among the collision objects.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ChunkStart {
    /// Address of the chunk's numbers: which chunk it is.
    address: usize,
    first: u32,
}

impl ChunkStart {
    pub(super) fn new(indices: &[BodyIndex], first: u32) -> Self {
        Self { address: indices.as_ptr().addr(), first }
    }

    /// The first of the chunk with these numbers, which is mostly chunk `n`: a system that was left
    /// out in some frames came to know tables at other times, and has them in another order.
    pub(super) fn find(starts: &[Self], n: usize, indices: &[BodyIndex]) -> Option<usize> {
        let is_it = |start: &&Self| start.address == indices.as_ptr().addr();
        let start = starts.get(n).filter(is_it).or_else(|| starts.iter().find(is_it))?;
        Some(start.first as usize)
    }
}

/// Where the chunks of a run of `len` bodies lie.
pub(crate) fn chunk_ranges(len: usize) -> impl ExactSizeIterator<Item = Range<usize>> {
    (0..len).step_by(CHUNK_BODIES).map(move |start| start..len.min(start + CHUNK_BODIES))
}
