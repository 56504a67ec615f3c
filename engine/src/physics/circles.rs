//! Circles as the search for pairs reads them.

use core::ops::Range;

use glam::{Vec2, Vec4};

/// Circles that are tested together.
pub(crate) const BLOCK: usize = 4;

/// The sorted circles, each coordinate in an array of its own, so that one instruction works on a
/// block of circles. Behind the last stand [`BLOCK`] that touch nothing, so that there is a whole
/// block behind each circle.
#[derive(Clone, Copy)]
pub(crate) struct Circles<'a> {
    xs: &'a [f32],
    ys: &'a [f32],
    radii: &'a [f32],
}

/// A circle that others are tested against.
#[derive(Clone, Copy)]
pub(super) struct Probe {
    x: Vec4,
    y: Vec4,
    radius: Vec4,
}

impl Probe {
    #[inline(always)]
    pub(super) fn new((centre, radius): (Vec2, f32)) -> Self {
        let [x, y, radius] = [centre.x, centre.y, radius].map(Vec4::splat);
        Self { x, y, radius }
    }
}

impl<'a> Circles<'a> {
    /// Those of three arrays of one length.
    pub(super) fn new(xs: &'a [f32], ys: &'a [f32], radii: &'a [f32]) -> Self {
        Self { xs, ys, radii }
    }

    /// The same, in a form that shows the compiler that the arrays are of one length.
    #[inline(always)]
    pub(super) fn of_one_length(&self) -> Self {
        let len = self.xs.len().min(self.ys.len()).min(self.radii.len());
        Self { xs: &self.xs[..len], ys: &self.ys[..len], radii: &self.radii[..len] }
    }

    /// Centre and radius of one circle.
    #[inline(always)]
    pub(super) fn at(&self, place: usize) -> (Vec2, f32) {
        (Vec2::new(self.xs[place], self.ys[place]), self.radii[place])
    }

    /// The same of some circles, one after the other.
    pub(super) fn in_order(&self, places: Range<usize>) -> impl Iterator<Item = (Vec2, f32)> {
        let centres = self.xs[places.clone()].iter().zip(&self.ys[places.clone()]);
        let centres = centres.map(|(&x, &y)| Vec2::new(x, y));
        centres.zip(self.radii[places].iter().copied())
    }

    /// Which of the block of circles from `first` on overlap the probe: the bit of each is set.
    /// Circles that share only a point of their rims do not overlap.
    #[inline(always)]
    pub(super) fn overlaps(&self, probe: &Probe, first: usize) -> u32 {
        let block = |list: &[f32]| Vec4::from_slice(&list[first..first + BLOCK]);
        let x = block(self.xs) - probe.x;
        let y = block(self.ys) - probe.y;
        let reach = block(self.radii) + probe.radius;
        (x * x + y * y).cmplt(reach * reach).bitmask()
    }
}
