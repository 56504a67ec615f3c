//! Dealing bodies out to strips of rows: the first step of the sort.

use core::iter;
use core::ops::Range;

use super::collider::CollisionObject;
use super::grid::Entry;
use super::layout::{Layout, Placed};
use super::motion::Motion;
use super::routes::RouteVecs;
use super::strip::Strip;
use super::survey::Survey;
use crate::arena::{Part, PartWriter, PartedVec};
use crate::ecs::Workers;
use crate::{AllocError, FrameArena, FrameVec};

/// A body on its way to its cell. 28 bytes.
#[derive(Clone, Copy)]
pub(super) struct Dealt {
    pub(super) motion: Motion,
    pub(super) radius: f32,
    pub(super) entry: Entry,
}

/// A run of bodies that one job deals out.
struct Deal<'a> {
    objects: &'a [CollisionObject],
    first_object: u32,
    placing: Part<'a, [Placed; 4]>,
    placed: &'a [Placed],
    /// For each band, the deal's bodies in it.
    counts: &'a mut [u32],
}

impl<'a> Deal<'a> {
    /// One for each survey, not yet placed.
    fn all(
        mut objects: &'a [CollisionObject],
        surveys: &[Survey],
        counters: impl Iterator<Item = &'a mut [u32]>,
        mut placing: Part<'a, [Placed; 4]>,
    ) -> impl Iterator<Item = Self> {
        let mut first_object = 0;
        surveys.iter().zip(counters).map(move |(survey, counts)| {
            let own = objects.split_off(..survey.extent.count).unwrap_or_default();
            let placing = placing.split(own.len().div_ceil(4));
            let deal = Self { objects: own, first_object, placing, placed: &[], counts };
            first_object += own.len() as u32;
            deal
        })
    }

    fn place(&mut self, layout: &Layout) {
        self.placed = layout.place_all(self.objects, self.placing.take());
        for placed in self.placed {
            self.counts[placed.band as usize] += 1;
        }
    }

    /// The deal's bodies in some bands.
    fn count_in(&self, bands: &Range<usize>) -> u32 {
        self.counts[bands.clone()].iter().sum()
    }
}

/// A deal and where it goes.
struct Dealing<'a, 'p> {
    deal: &'a Deal<'a>,
    /// For each body, its strip.
    strips: Part<'p, u16>,
    /// For each strip, where the deal's bodies go.
    piles: &'a mut [PartWriter<'p, Dealt>],
}

impl Dealing<'_, '_> {
    fn run(&mut self, strip_of: &[u16]) {
        let Deal { objects, first_object, placed, .. } = *self.deal;
        let piles = &mut *self.piles;
        let bodies = placed.iter().zip(objects).zip(first_object..);
        self.strips.take().fill_from(bodies.map(|((&Placed { cell, band }, body), object)| {
            let strip = strip_of[band as usize];
            let &CollisionObject { motion, radius, .. } = body;
            piles[strip as usize].push(Dealt { motion, radius, entry: Entry { cell, object } });
            strip
        }));
        PartWriter::finish_all(piles);
    }
}

/// Cuts the level into `strips` and deals all bodies out to them: gives those of one strip after the
/// other, and in each those of one deal after the other, in their old order.
///
/// Each job deals out the bodies of one of `surveys`.
pub(super) fn deal_out<'a>(
    objects: &[CollisionObject],
    surveys: &[Survey],
    layout: &Layout,
    strips: &mut FrameVec<'_, Strip>,
    routes: &mut RouteVecs<'_>,
    arena: &'a FrameArena,
    workers: &Workers,
) -> Result<FrameVec<'a, Dealt>, AllocError> {
    // The first, so that all others are given back.
    let mut dealt = PartedVec::try_new(objects.len(), arena)?;
    let band_count = layout.bands.count + 1; // With that of the giants.
    let mut counters = zeros(surveys.len() * band_count, arena)?;
    let fours = surveys.iter().map(|survey| survey.extent.count.div_ceil(4)).sum();
    let mut placed = PartedVec::try_new(fours, arena)?;
    let mut deals = FrameVec::try_with_capacity_in(surveys.len(), arena)?;
    let counts = counters.chunks_exact_mut(band_count);
    deals.extend(Deal::all(objects, surveys, counts, placed.parts()));
    workers.for_each_mut(&mut deals, |_, deal| deal.place(layout));

    let mut strip_of = zeros(band_count, arena)?;
    let mut bands = FrameVec::try_with_capacity_in(band_count, arena)?;
    layout.cut_into_strips(&sum_of_counts(&deals, band_count, arena)?, |strip, bands_of_strip| {
        strip_of[bands_of_strip.clone()].fill(strips.len() as u16);
        bands.push(bands_of_strip);
        strips.push(strip);
    });
    {
        let firsts = &mut routes.firsts;
        let mut piles = pile_up(&deals, &bands, dealt.parts(), firsts, arena)?;
        let mut routed = routes.strips.parts();
        let mut jobs = FrameVec::try_with_capacity_in(deals.len(), arena)?;
        let own_piles = piles.chunks_exact_mut(bands.len());
        jobs.extend(deals.iter().zip(own_piles).map(|(deal, piles)| Dealing {
            deal,
            strips: routed.split(deal.objects.len()),
            piles,
        }));
        let strip_of = &*strip_of;
        workers.for_each_mut(&mut jobs, |_, job| job.run(strip_of));
    }
    Ok(dealt.into_vec())
}

/// For each band, the bodies of all deals.
fn sum_of_counts<'a>(
    deals: &[Deal<'_>],
    band_count: usize,
    arena: &'a FrameArena,
) -> Result<FrameVec<'a, u32>, AllocError> {
    let mut sums = zeros(band_count, arena)?;
    for deal in deals {
        sums.iter_mut().zip(&*deal.counts).for_each(|(sum, count)| *sum += count);
    }
    Ok(sums)
}

/// For each deal a pile of each strip, whose bands are `bands`, and the first place of each pile.
fn pile_up<'a, 'p>(
    deals: &[Deal<'_>],
    bands: &[Range<usize>],
    mut dealt: Part<'p, Dealt>,
    firsts: &mut FrameVec<'_, u32>,
    arena: &'a FrameArena,
) -> Result<FrameVec<'a, PartWriter<'p, Dealt>>, AllocError> {
    let count = deals.len() * bands.len();
    let mut piles = FrameVec::try_with_capacity_in(count, arena)?;
    piles.extend(iter::repeat_with(|| dealt.split(0).into_writer()).take(count));
    firsts.extend(iter::repeat_n(0, count));
    let mut first = 0;
    for (strip, bands_of_strip) in bands.iter().enumerate() {
        for (deal, n) in deals.iter().zip((strip..).step_by(bands.len())) {
            let len = deal.count_in(bands_of_strip);
            piles[n] = dealt.split(len as usize).into_writer();
            firsts[n] = first;
            first += len;
        }
    }
    Ok(piles)
}

/// So many zeros, to be counted up.
fn zeros<T: Copy + Default>(len: usize, arena: &FrameArena) -> Result<FrameVec<'_, T>, AllocError> {
    let mut zeros = FrameVec::try_with_capacity_in(len, arena)?;
    zeros.extend(iter::repeat_n(T::default(), len));
    Ok(zeros)
}
