//! One number or four side by side, so that a formula stands once for both.

use core::ops::{Add, Div, Mul, Sub};

use glam::Vec4;

/// A number, or four that one instruction works on. Each lane gives the same bits as a number alone,
/// but for results that are no numbers.
///
/// A mask is 1 in the lanes for which something holds, and 0 in the others: the type of glam's own
/// masks depends on its features.
pub(super) trait Lanes:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    /// What `of` says of each lane.
    fn each(of: impl Fn(usize) -> f32) -> Self;
    fn all(value: f32) -> Self;
    fn sqrt(self) -> Self;
    fn at_least(self, bound: f32) -> Self;
    fn at_most(self, bound: f32) -> Self;
    /// The mask of the lanes in which this is at most `other`.
    fn is_at_most(self, other: Self) -> Self;
    /// The mask of the lanes in which this is above `other`.
    fn is_above(self, other: Self) -> Self;
    /// This where `mask` is set, `other` elsewhere.
    fn or(self, other: Self, mask: Self) -> Self;
    /// Whether this mask is set in each lane.
    fn is_set(self) -> bool;
}

impl Lanes for f32 {
    #[inline(always)]
    fn each(of: impl Fn(usize) -> f32) -> Self {
        of(0)
    }

    #[inline(always)]
    fn all(value: f32) -> Self {
        value
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self::sqrt(self)
    }

    #[inline(always)]
    fn at_least(self, bound: f32) -> Self {
        if self > bound { self } else { bound }
    }

    #[inline(always)]
    fn at_most(self, bound: f32) -> Self {
        if self < bound { self } else { bound }
    }

    #[inline(always)]
    fn is_at_most(self, other: Self) -> Self {
        f32::from(self <= other)
    }

    #[inline(always)]
    fn is_above(self, other: Self) -> Self {
        f32::from(self > other)
    }

    #[inline(always)]
    fn or(self, other: Self, mask: Self) -> Self {
        if mask > 0.0 { self } else { other }
    }

    #[inline(always)]
    fn is_set(self) -> bool {
        self > 0.0
    }
}

impl Lanes for Vec4 {
    #[inline(always)]
    fn each(of: impl Fn(usize) -> f32) -> Self {
        Self::new(of(0), of(1), of(2), of(3))
    }

    #[inline(always)]
    fn all(value: f32) -> Self {
        Self::splat(value)
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        self.sqrt()
    }

    #[inline(always)]
    fn at_least(self, bound: f32) -> Self {
        self.max(Self::splat(bound))
    }

    #[inline(always)]
    fn at_most(self, bound: f32) -> Self {
        self.min(Self::splat(bound))
    }

    #[inline(always)]
    fn is_at_most(self, other: Self) -> Self {
        Self::select(self.cmple(other), Self::ONE, Self::ZERO)
    }

    #[inline(always)]
    fn is_above(self, other: Self) -> Self {
        Self::select(self.cmpgt(other), Self::ONE, Self::ZERO)
    }

    #[inline(always)]
    fn or(self, other: Self, mask: Self) -> Self {
        Self::select(mask.cmpgt(Self::ZERO), self, other)
    }

    #[inline(always)]
    fn is_set(self) -> bool {
        self.cmpgt(Self::ZERO).all()
    }
}
