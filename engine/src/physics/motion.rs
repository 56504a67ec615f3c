//! Motion of one body through one tick.

use glam::{Vec2, Vec4};

use super::config::PhysicsConfig;
use super::disc::RESTING_SPEED;

/// Where a body is and where it goes: metres, metres per second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Motion {
    /// Centre, in metres.
    pub position: Vec2,
    /// Metres per second.
    pub velocity: Vec2,
}

impl Motion {
    /// Whether all four numbers are finite.
    #[must_use]
    #[inline]
    pub fn is_finite(self) -> bool {
        Vec4::from((self.position, self.velocity)).is_finite()
    }
}

/// One tick of free motion: forces, drag, then the way (semi-implicit Euler).
///
/// Drag divides the velocity by `1 + drag * tick`, which is stable for any drag and, unlike `exp`, the same on
/// every machine.
#[must_use]
#[inline]
pub fn integrated(body: Motion, config: &PhysicsConfig) -> Motion {
    let pushed = body.velocity + config.acceleration_at(body.position) * config.tick_secs;
    let velocity = pushed * (1.0 / (1.0 + config.drag_per_sec * config.tick_secs));
    Motion { position: body.position + velocity * config.tick_secs, velocity }
}

/// Puts a body inside the walls and turns a velocity that leads outwards.
///
/// A world narrower than the body holds it in the middle.
#[must_use]
#[inline]
pub fn held_inside(body: Motion, radius: f32, config: &PhysicsConfig) -> Motion {
    let room = config.half_extents_m - radius;
    if body.position.abs().cmplt(room).all() {
        return body;
    }
    let room = room.max(Vec2::ZERO);
    let position = body.position.clamp(-room, room);
    let leads_out = (body.velocity * body.position).cmpgt(Vec2::ZERO);
    // A body that an earlier round put at the wall still stands on it.
    let is_turned = body.position.abs().cmpge(room) & leads_out;
    let bounces = body.velocity.abs().cmpgt(Vec2::splat(RESTING_SPEED));
    let turned = Vec2::select(bounces, body.velocity * -config.restitution, Vec2::ZERO);
    Motion { position, velocity: Vec2::select(is_turned, turned, body.velocity) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALLS: Vec2 = Vec2::new(4.0, 2.0);

    fn held(body: Motion, radius: f32, half_extents_m: Vec2) -> Motion {
        held_inside(body, radius, &PhysicsConfig { half_extents_m, ..PhysicsConfig::default() })
    }

    fn motion(x: f32, y: f32, vx: f32, vy: f32) -> Motion {
        Motion { position: Vec2::new(x, y), velocity: Vec2::new(vx, vy) }
    }

    #[test]
    fn a_wall_turns_only_what_leads_into_it() {
        let inward = held(motion(5.0, 0.0, -1.0, 3.0), 0.5, WALLS);
        assert_eq!(inward, motion(3.5, 0.0, -1.0, 3.0));
        let outward = held(motion(5.0, 0.0, 2.0, 3.0), 0.5, WALLS);
        assert_eq!(outward, motion(3.5, 0.0, -1.0, 3.0));
    }

    #[test]
    fn a_body_larger_than_the_world_rests_in_the_middle() {
        let middle = held(motion(1.0, 1.0, 0.0, 0.0), 9.0, WALLS);
        assert_eq!(middle.position, Vec2::ZERO);
    }

    #[test]
    fn infinite_walls_hold_nothing() {
        let far = motion(1e30, -1e30, 5.0, 0.0);
        assert_eq!(held(far, 1.0, Vec2::INFINITY), far);
    }

    #[test]
    fn free_fall_gains_the_speed_of_gravity() {
        let config = PhysicsConfig { drag_per_sec: 0.0, ..PhysicsConfig::default() };
        let mut body = Motion::default();
        for _ in 0..60 {
            body = integrated(body, &config);
        }
        assert!((body.velocity.y + 9.81).abs() < 1e-3);
        assert!((body.position.y + 4.905).abs() < 0.1);
    }

    #[test]
    fn any_drag_only_slows() {
        let config =
            PhysicsConfig { drag_per_sec: 1e9, gravity: Vec2::ZERO, ..PhysicsConfig::default() };
        let body = integrated(motion(0.0, 0.0, 100.0, 0.0), &config);
        assert!((0.0..1e-3).contains(&body.velocity.x));
    }
}
