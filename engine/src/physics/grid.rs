//! Bodies sorted into the cells of a uniform grid, by counting sort.
//!
//! The sorted grid is Green's ("Particle Simulation using CUDA", 2008, its second method), with a
//! counting sort (Knuth, TAOCP 3, 5.2) in place of the radix sort. A cell is as high as the largest
//! circle, so that circles which overlap lie in the same or in neighbouring rows (Ericson,
//! Real-Time Collision Detection, 7.1), and as wide or, in a dense world, a quarter as wide: the
//! bodies near another in its row are one run, whose ends are found the nearer. A few bodies far
//! larger than the rest would make the cells too wide for all: they get a second level of their own
//! (after Ericson's hierarchical grid, 7.2). So would a few far away: the plane is then folded, like
//! a map, on a rectangle of cells that has its bodies' number. What is near stays near, and what else
//! comes to lie there is told apart by the test of the circles, as in a hashed grid (7.1.3), whose
//! neighbours would lie anywhere.

use glam::Vec2;

use super::circles::Circles;
use super::level::Level;
use super::routes::Routes;
use super::strip::Strip;
use crate::{SliceHandle, ThreadArenas};

/// Bodies of more than this many mean radii go to the second level: at most a quarter of all.
pub const GIANT_RADII: f32 = 4.0;

/// A body in the order of the cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its place among the collision objects.
    pub object: u32,
    pub(crate) cell: u32,
}

/// The tick's bodies in cell order, as handles into the physics arena.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    /// Bodies in the order of their cells, row by row, giants last. Contacts name bodies by their
    /// place in this order.
    pub entries: SliceHandle<Entry>,
    /// The same bodies' coordinates and radii: see [`Circles`].
    pub(crate) circles: [SliceHandle<f32>; 3],
    /// For each of them, its velocity.
    pub(crate) velocities: SliceHandle<Vec2>,
    /// How each collision object came to its place, and comes back.
    pub(crate) routes: Routes,
    /// For each cell, the place of its first body; then the number of bodies.
    pub(crate) starts: SliceHandle<u32>,
    /// What one job works on.
    pub(crate) strips: SliceHandle<Strip>,
    /// The usual bodies.
    pub(crate) level: Level,
    /// Those much larger than the usual.
    pub(crate) giants: Option<Level>,
}

impl Grid {
    /// The sorted circles, none if the grid is not the arenas' present one.
    pub(crate) fn circles<'a>(&self, arenas: &'a ThreadArenas) -> Circles<'a> {
        let [xs, ys, radii] = self.circles.map(|list| arenas.get(list).unwrap_or(&[]));
        Circles::new(xs, ys, radii)
    }
}
