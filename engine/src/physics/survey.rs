//! What is known of bodies before they are laid out.

use super::collider::CollisionObject;
use super::extent::Extent;
use crate::ecs::Workers;
use crate::{AllocError, FrameArena};

/// Most runs of bodies that are looked at by a job each, and least bodies of one.
const MAX_RUNS: usize = 32;
const MIN_RUN_BODIES: usize = 1_024;

/// How many bodies there are, how large, and how far they reach. By default of none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Survey {
    pub(super) extent: Extent,
    pub(super) radius_sum_m: f64,
}

impl Default for Survey {
    fn default() -> Self {
        Self { extent: Extent::EMPTY, radius_sum_m: 0.0 }
    }
}

impl Survey {
    pub(super) fn of(objects: &[CollisionObject]) -> Self {
        // Four of each, so that nothing waits for the one before.
        let mut lanes = [Self::default(); 4];
        let (fours, rest) = objects.as_chunks::<4>();
        for four in fours {
            lanes.iter_mut().zip(four).for_each(|(lane, object)| lane.add(object));
        }
        rest.iter().for_each(|object| lanes[0].add(object));
        lanes.into_iter().fold(Self::default(), Self::joined)
    }

    #[inline(always)]
    fn add(&mut self, object: &CollisionObject) {
        self.extent = self.extent.joined(Extent::of(object));
        self.radius_sum_m += f64::from(object.radius);
    }

    pub(super) fn joined(self, other: Self) -> Self {
        Self {
            extent: self.extent.joined(other.extent),
            radius_sum_m: self.radius_sum_m + other.radius_sum_m,
        }
    }
}

/// Runs of bodies for a job each.
pub(super) fn runs(
    objects: &[CollisionObject],
) -> impl ExactSizeIterator<Item = &[CollisionObject]> {
    objects.chunks(objects.len().div_ceil(MAX_RUNS).max(MIN_RUN_BODIES))
}

/// The extents of the bodies up to a radius, and of those above.
pub(super) fn extents_by_size(
    objects: &[CollisionObject],
    most_radius_m: f32,
    arena: &FrameArena,
    workers: &Workers,
) -> Result<[Extent; 2], AllocError> {
    let jobs = runs(objects).map(|objects| (objects, [Extent::EMPTY; 2]));
    let jobs = arena.try_alloc_slice_from_iter(jobs)?;
    workers.for_each_mut(jobs, |_, (objects, extents)| {
        for object in *objects {
            let extent = &mut extents[usize::from(object.radius > most_radius_m)];
            *extent = extent.joined(Extent::of(object));
        }
    });
    let joined = |[low, high]: [Extent; 2], (_, extents): &(_, [Extent; 2])| {
        [low.joined(extents[0]), high.joined(extents[1])]
    };
    Ok(jobs.iter().fold([Extent::EMPTY; 2], joined))
}
