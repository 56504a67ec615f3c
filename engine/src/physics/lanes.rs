//! One number or four side by side, so that a formula stands once for both.

use core::ops::{Add, BitAnd, Div, Mul, Sub};

use glam::{BVec4A, Vec4};

/// A number, or four that one instruction works on. Each lane gives the same bits as a number alone.
pub(super) trait Lanes:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    type Mask: Mask;
    /// What `of` says of each lane.
    fn each(of: impl Fn(usize) -> f32) -> Self;
    fn sqrt(self) -> Self;
    fn at_least(self, bound: f32) -> Self;
    fn at_most(self, bound: f32) -> Self;
    fn is_above(self, other: Self) -> Self::Mask;
    fn is_at_most(self, other: Self) -> Self::Mask;
    /// This where the mask is set, `other` elsewhere.
    fn or(self, other: Self, mask: Self::Mask) -> Self;

    #[inline(always)]
    fn all(value: f32) -> Self {
        Self::each(|_| value)
    }
}

/// What a comparison says of each lane.
pub(super) trait Mask: Copy + BitAnd<Output = Self> {
    fn all(self) -> bool;
}

impl Mask for bool {
    #[inline(always)]
    fn all(self) -> bool {
        self
    }
}

impl Mask for BVec4A {
    #[inline(always)]
    fn all(self) -> bool {
        Self::all(self)
    }
}

impl Lanes for f32 {
    type Mask = bool;

    #[inline(always)]
    fn each(of: impl Fn(usize) -> f32) -> Self {
        of(0)
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
    fn is_at_most(self, other: Self) -> bool {
        self <= other
    }

    #[inline(always)]
    fn is_above(self, other: Self) -> bool {
        self > other
    }

    #[inline(always)]
    fn or(self, other: Self, mask: bool) -> Self {
        if mask { self } else { other }
    }
}

impl Lanes for Vec4 {
    type Mask = BVec4A;

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
    fn is_at_most(self, other: Self) -> BVec4A {
        self.cmple(other)
    }

    #[inline(always)]
    fn is_above(self, other: Self) -> BVec4A {
        self.cmpgt(other)
    }

    #[inline(always)]
    fn or(self, other: Self, mask: BVec4A) -> Self {
        Self::select(mask, self, other)
    }
}
