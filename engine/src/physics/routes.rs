//! The way of each body through the sort, and back.

use core::slice;

use super::chunks::ChunkStart;
use super::disc::Disc;
use super::grid::Grid;
use super::motion::Motion;
use super::strip::MAX_STRIPS;
use crate::arena::PartedVec;
use crate::ecs::Workers;
use crate::{AllocError, FrameArena, FrameVec, SliceHandle, ThreadArenas};

/// Where bodies went when they were dealt out to strips, and from there into cells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Routes {
    /// For each collision object, its strip.
    strips: SliceHandle<u16>,
    /// For each deal, and in it for each strip, the first body dealt out.
    firsts: SliceHandle<u32>,
    /// For each body dealt out, its place in the order of the cells.
    pub(super) places: SliceHandle<u32>,
}

/// The same while it is being made.
pub(super) struct RouteVecs<'a> {
    pub(super) strips: PartedVec<'a, u16>,
    pub(super) firsts: FrameVec<'a, u32>,
    pub(super) places: PartedVec<'a, u32>,
}

impl<'a> RouteVecs<'a> {
    /// For so many objects, in so many deals.
    pub(super) fn try_new(
        len: usize,
        deal_count: usize,
        most_strips: usize,
        arena: &'a FrameArena,
    ) -> Result<Self, AllocError> {
        Ok(Self {
            strips: PartedVec::try_new(len, arena)?,
            firsts: FrameVec::try_with_capacity_in(deal_count * most_strips, arena)?,
            places: PartedVec::try_new(len, arena)?,
        })
    }

    pub(super) fn publish(self) -> Routes {
        Routes {
            strips: self.strips.into_vec().publish(),
            firsts: self.firsts.publish(),
            places: self.places.into_vec().publish(),
        }
    }
}

/// Sends bodies back to where the strips had them from: gives the motion of each body dealt out.
///
/// On its way back a body is moved within its strip here, and by [`Returning`] from one run of bodies
/// to another: both stay in a core's own caches, which one move from anywhere to anywhere does not.
///
/// # Errors
/// If the arena refuses.
pub(super) fn send_back(
    discs: &[Disc],
    grid: &Grid,
    arenas: &ThreadArenas,
    workers: &Workers,
) -> Result<SliceHandle<Motion>, AllocError> {
    let arena = arenas.local();
    let places = arenas.get(grid.routes.places).unwrap_or(&[]);
    let strips = arenas.get(grid.strips).unwrap_or(&[]);
    let mut motions = PartedVec::try_new(places.len(), arena)?;
    let mut rest = motions.parts();
    let jobs = strips.iter().map(|strip| {
        (strip.first, &discs[strip.places()], &places[strip.places()], rest.split(strip.len()))
    });
    let jobs = arena.try_alloc_slice_from_iter(jobs)?;
    workers.for_each_mut(jobs, |_, (first, discs, places, part)| {
        let motion_at = |&place: &u32| discs[(place - *first) as usize].motion;
        part.take().fill_from(places.iter().map(motion_at));
    });
    Ok(motions.into_vec().publish())
}

/// All that was sent back. By default nothing.
#[derive(Clone, Copy, Default)]
pub(super) struct SentBack<'a> {
    motions: &'a [Motion],
    strips: &'a [u16],
    firsts: &'a [u32],
    strip_count: usize,
}

impl<'a> SentBack<'a> {
    /// What [`send_back`] made; `None` if any of it is not the arenas' present one.
    pub(super) fn of(
        motions: SliceHandle<Motion>,
        grid: &Grid,
        arenas: &'a ThreadArenas,
    ) -> Option<Self> {
        Some(Self {
            motions: arenas.get(motions).ok()?,
            strips: arenas.get(grid.routes.strips).ok()?,
            firsts: arenas.get(grid.routes.firsts).ok()?,
            strip_count: grid.strips.len(),
        })
    }

    /// What comes back to the collision objects of a chunk, in their order.
    pub(super) fn returning_to(&self, chunk: ChunkStart) -> Returning<'a> {
        let mut next = [0; MAX_STRIPS];
        let firsts = self.firsts.chunks_exact(self.strip_count.max(1)).nth(chunk.deal as usize);
        next.iter_mut().zip(firsts.unwrap_or_default()).for_each(|(next, &first)| *next = first);
        let strips = self.strips.get(chunk.first as usize..).unwrap_or_default().iter();
        let mut returning = Returning { strips, motions: self.motions, next };
        // Those of chunks before it that the same job dealt out.
        returning.by_ref().take(chunk.skipped as usize).for_each(drop);
        returning
    }
}

/// The motions that come back to a chunk.
pub(super) struct Returning<'a> {
    /// The strip of each object.
    strips: slice::Iter<'a, u16>,
    motions: &'a [Motion],
    /// For each strip, which of the motions is the next.
    next: [u32; MAX_STRIPS],
}

impl Iterator for Returning<'_> {
    type Item = Motion;

    #[inline]
    fn next(&mut self) -> Option<Motion> {
        let next = self.next.get_mut(usize::from(*self.strips.next()?))?;
        let motion = self.motions.get(*next as usize)?;
        *next += 1;
        Some(*motion)
    }
}

#[cfg(test)]
mod tests {
    use glam::Vec2;

    use super::*;
    use crate::physics::scene;
    use crate::physics::sort::{sort_deals_into_grid, sort_into_grid};
    use crate::physics::survey::Survey;

    /// Sorts bodies and sends them back, to chunks of which each deal has up to two.
    fn check_round_trip(deal_lens: &[u32], giant_step: usize, threads: usize) {
        let (arenas, workers) = (ThreadArenas::new(), Workers::try_new(threads).unwrap());
        let mut objects = scene::uniform(3, deal_lens.iter().sum(), 0.02, 0.04);
        let giants = objects.chunks_exact_mut(giant_step).map(|objects| &mut objects[0]);
        giants.for_each(|giant| giant.radius = 0.5);
        let mut rest = &objects[..];
        let of_deal = |&len: &u32| Survey::of(rest.split_off(..len as usize).unwrap());
        let deals: Vec<Survey> = deal_lens.iter().map(of_deal).collect();
        let walls = Vec2::splat(8.0);
        let grid = sort_deals_into_grid(&objects, &deals, walls, &arenas, &workers).unwrap();
        assert_eq!(grid.giants.is_some(), giant_step <= objects.len());
        let entries = arenas.get(grid.entries).unwrap();
        let discs: Vec<Disc> = entries
            .iter()
            .map(|entry| Disc { motion: objects[entry.object as usize].motion, radius: 0.0 })
            .collect();
        let motions = send_back(&discs, &grid, &arenas, &workers).unwrap();
        let sent_back = SentBack::of(motions, &grid, &arenas).unwrap();
        let mut first = 0;
        for (&len, deal) in deal_lens.iter().zip(0..) {
            for (skipped, end) in [(0, len / 3), (len / 3, len)] {
                let chunk = ChunkStart { address: 0, deal, first: first as u32, skipped };
                let mut returning = sent_back.returning_to(chunk);
                let own = &objects[first + skipped as usize..first + end as usize];
                assert!(own.iter().all(|object| returning.next() == Some(object.motion)));
            }
            first += len as usize;
        }
    }

    #[test]
    fn each_body_comes_back_to_where_it_came_from() {
        for threads in [1, 3] {
            check_round_trip(&[2_048; 8], usize::MAX, threads);
            check_round_trip(&[1, 0, 5_000, 0, 0, 7, 2_048, 3], 400, threads);
            check_round_trip(&[1], usize::MAX, threads);
        }
    }

    #[test]
    fn nothing_comes_back_to_chunks_that_were_not_there() {
        let (arenas, workers) = (ThreadArenas::new(), Workers::serial());
        let objects = scene::uniform(3, 50, 0.02, 0.04);
        let walls = Vec2::splat(8.0);
        let grid = sort_into_grid(&objects, walls, &arenas, &workers).unwrap();
        let motions = send_back(&[Disc::default(); 50], &grid, &arenas, &workers).unwrap();
        let sent_back = SentBack::of(motions, &grid, &arenas).unwrap();
        let none = ChunkStart::default();
        assert_eq!(sent_back.returning_to(ChunkStart { deal: 7, first: 50, ..none }).next(), None);
        assert_eq!(SentBack::default().returning_to(none).next(), None);
    }
}
