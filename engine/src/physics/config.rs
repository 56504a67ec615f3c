//! The rules of the world, to be changed at any time.

use bevy_ecs::resource::Resource;
use glam::Vec2;

/// The world's size, forces, and how collisions are solved.
///
/// ```
/// use frame_arena::physics::{Attractor, PhysicsConfig};
/// use glam::Vec2;
///
/// let galaxy = PhysicsConfig {
///     gravity: Vec2::ZERO,
///     attractors: vec![Attractor { position: Vec2::ZERO, strength: 40.0, softening_m: 0.5 }],
///     ..PhysicsConfig::default()
/// };
/// let pull = galaxy.acceleration_at(Vec2::new(2.0, 0.0));
/// assert!(pull.x < 0.0 && pull.y == 0.0);
/// ```
#[derive(Resource, Clone, Debug, PartialEq)]
pub struct PhysicsConfig {
    /// Length of a tick in seconds: the same as the engine's. Default a 60th.
    pub tick_secs: f32,
    /// Distance of the walls from the middle, in metres. Default 16 x 9. Infinite: no walls. What flies
    /// far away costs the rest no contacts, but for lattices of rare steps, of which
    /// [`pairs_untested`](super::PhysicsShortfall::pairs_untested) tells.
    pub half_extents_m: Vec2,
    /// Acceleration everywhere, in m/s^2. Default (0, -9.81).
    pub gravity: Vec2,
    /// Part of the velocity that is lost per second, for small values. Default 0.05.
    pub drag_per_sec: f32,
    /// Part of the approach speed that a bounce gives back, 0 to 1. Default 0.5.
    pub restitution: f32,
    /// Rounds in which overlaps are pushed apart. More carry higher piles. Default 3; 0: no
    /// collisions but with walls.
    pub relaxation_iterations: u32,
    /// What pulls bodies.
    pub attractors: Vec<Attractor>,
    /// What the player's pointer does.
    pub pointer: Option<PointerForce>,
}

/// A point that pulls with strength / distance^2, softened near it (Plummer's softening).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attractor {
    /// Where, in metres.
    pub position: Vec2,
    /// Pull in m^3/s^2; negative pushes.
    pub strength: f32,
    /// Distance in metres under which the pull grows no more; keep it over 0.
    pub softening_m: f32,
}

/// A pull towards the pointer that fades to nothing at its radius.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PointerForce {
    /// Where, in metres.
    pub position: Vec2,
    /// Acceleration at the pointer in m/s^2; negative pushes away.
    pub strength: f32,
    /// Reach in metres.
    pub radius_m: f32,
}

impl Default for PhysicsConfig {
    fn default() -> Self {
        Self {
            tick_secs: 1.0 / 60.0,
            half_extents_m: Vec2::new(16.0, 9.0),
            gravity: Vec2::new(0.0, -9.81),
            drag_per_sec: 0.05,
            restitution: 0.5,
            relaxation_iterations: 3,
            attractors: Vec::new(),
            pointer: None,
        }
    }
}

impl PhysicsConfig {
    /// All that accelerates a body at `position`, in m/s^2.
    #[must_use]
    #[inline]
    pub fn acceleration_at(&self, position: Vec2) -> Vec2 {
        let mut sum = self.gravity;
        for attractor in &self.attractors {
            sum += attractor.pull_at(position);
        }
        if let Some(pointer) = &self.pointer {
            sum += pointer.pull_at(position);
        }
        sum
    }
}

impl Attractor {
    /// Acceleration at `position`, in m/s^2.
    #[must_use]
    #[inline]
    pub fn pull_at(&self, position: Vec2) -> Vec2 {
        let way = self.position - position;
        let softened = way.length_squared() + self.softening_m * self.softening_m;
        if softened <= 0.0 {
            return Vec2::ZERO;
        }
        way * (self.strength / (softened * softened.sqrt()))
    }
}

impl PointerForce {
    /// Acceleration at `position`, in m/s^2.
    #[must_use]
    #[inline]
    pub fn pull_at(&self, position: Vec2) -> Vec2 {
        let way = self.position - position;
        let distance = way.length();
        if distance >= self.radius_m || distance <= 0.0 {
            return Vec2::ZERO;
        }
        way * (self.strength * (1.0 - distance / self.radius_m) / distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pulls_are_finite_at_their_own_centre() {
        let attractor = Attractor { position: Vec2::ONE, strength: 9.0, softening_m: 0.0 };
        let pointer = PointerForce { position: Vec2::ONE, strength: -9.0, radius_m: 0.0 };
        assert_eq!(attractor.pull_at(Vec2::ONE), Vec2::ZERO);
        assert_eq!(pointer.pull_at(Vec2::ONE), Vec2::ZERO);
    }

    #[test]
    fn a_pointer_reaches_as_far_as_its_radius() {
        let pointer = PointerForce { position: Vec2::ZERO, strength: -4.0, radius_m: 2.0 };
        assert_eq!(pointer.pull_at(Vec2::new(1.0, 0.0)), Vec2::new(2.0, 0.0));
        assert_eq!(pointer.pull_at(Vec2::new(2.0, 0.0)), Vec2::ZERO);
    }
}
