//! Bodies of the world in chunks, for jobs.

use core::ops::Range;

use bevy_ecs::change_detection::ContiguousMut;

use super::body::{Alive, BodyIndex, Position, Radius, SKIP_LEN, Velocity};
use super::collider::CollisionObject;
use super::motion::Motion;
use super::survey::Survey;
use crate::{AllocError, FrameArena, FrameVec, SliceHandle};

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

impl SeenChunk<'_> {
    /// A body as a collision object.
    pub(super) fn object(&self, place: usize) -> CollisionObject {
        object_of(
            (&self.positions[place], &self.velocities[place]),
            (&self.radii[place], &self.indices[place]),
        )
    }

    /// All bodies as collision objects.
    pub(super) fn all_objects(&self) -> impl Iterator<Item = CollisionObject> {
        let motions = self.positions.iter().zip(self.velocities);
        motions
            .zip(self.radii.iter().zip(self.indices))
            .map(|(motion, rest)| object_of(motion, rest))
    }
}

#[inline(always)]
fn object_of(
    (position, velocity): (&Position, &Velocity),
    (radius, &body): (&Radius, &BodyIndex),
) -> CollisionObject {
    let motion = Motion { position: position.0, velocity: velocity.0 };
    CollisionObject { motion, radius: radius.0, body }
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

/// Where a chunk's bodies are among the collision objects.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ChunkStart {
    /// Address of the chunk's numbers: which chunk it is.
    pub(super) address: usize,
    /// Which job deals them out in the sort.
    pub(super) deal: u32,
    /// The first body of that deal, and how many of it are other chunks'.
    pub(super) first: u32,
    pub(super) skipped: u32,
}

impl ChunkStart {
    /// The first of the chunk with these numbers, which is mostly chunk `n`: a system that was left
    /// out in some frames came to know tables at other times, and has them in another order.
    pub(super) fn find(starts: &[Self], n: usize, indices: &[BodyIndex]) -> Option<Self> {
        let is_it = |start: &&Self| start.address == indices.as_ptr().addr();
        starts.get(n).filter(is_it).or_else(|| starts.iter().find(is_it)).copied()
    }
}

/// Least objects that a job of the sort deals out, but the last: so that many small tables need few
/// jobs.
const MIN_DEAL_OBJECTS: u32 = 1_024;

/// The objects that each job of the sort deals out: those of whole chunks.
pub(super) struct Deals<'a> {
    surveys: FrameVec<'a, Survey>,
    /// Objects of the last deal, and of those before.
    last: u32,
    before: u32,
}

impl<'a> Deals<'a> {
    /// None yet, of at most so many chunks.
    pub(super) fn try_new(chunk_count: usize, arena: &'a FrameArena) -> Result<Self, AllocError> {
        let surveys = FrameVec::try_with_capacity_in(chunk_count, arena)?;
        Ok(Self { surveys, last: 0, before: 0 })
    }

    /// Adds a chunk of which `len` bodies are objects; tells where they are.
    pub(super) fn add(&mut self, indices: &[BodyIndex], len: u32) -> ChunkStart {
        if self.surveys.is_empty() || self.last >= MIN_DEAL_OBJECTS {
            self.surveys.push(Survey::default());
            self.before += core::mem::take(&mut self.last);
        }
        let start = ChunkStart {
            address: indices.as_ptr().addr(),
            deal: self.surveys.len() as u32 - 1,
            first: self.before,
            skipped: self.last,
        };
        self.last += len;
        start
    }

    /// Adds what is known of a chunk's objects.
    pub(super) fn survey(&mut self, chunk: ChunkStart, survey: Survey) {
        let sum = &mut self.surveys[chunk.deal as usize];
        *sum = sum.joined(survey);
    }

    /// Objects of all deals.
    pub(super) fn object_count(&self) -> u32 {
        self.before + self.last
    }

    /// What is known of each.
    pub(super) fn publish(self) -> SliceHandle<Survey> {
        self.surveys.publish()
    }
}

/// Where the chunks of a run of `len` bodies lie.
pub(crate) fn chunk_ranges(len: usize) -> impl ExactSizeIterator<Item = Range<usize>> {
    (0..len).step_by(CHUNK_BODIES).map(move |start| start..len.min(start + CHUNK_BODIES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_chunks_are_dealt_out_together() {
        let arena = FrameArena::new();
        let mut deals = Deals::try_new(7, &arena).unwrap();
        let starts = [0, 1_000, 24, 2_048, 5, 0, 6].map(|len| deals.add(&[], len));
        let starts = starts.map(|start| (start.deal, start.first, start.skipped));
        let small = [(2, 3_072, 0), (2, 3_072, 5), (2, 3_072, 5)];
        assert_eq!(starts[..4], [(0, 0, 0), (0, 0, 0), (0, 0, 1_000), (1, 1_024, 0)]);
        assert_eq!(starts[4..], small);
        assert_eq!((deals.surveys.len(), deals.object_count()), (3, 3_083));
    }
}
