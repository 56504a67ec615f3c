//! How a body looks, and through what one looks at it.

use bevy_ecs::bundle::Bundle;
use bevy_ecs::component::Component;
use bevy_ecs::resource::Resource;
use glam::Vec2;

use super::trail::{TRAIL_LEN, Trail};

/// Colour as red, green, blue and opacity.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tint(pub [u8; 4]);

/// Drawn in ascending order: layer 0 lies under all others.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Layer(pub u8);

/// Radius of the drawn disc as a multiple of the body's.
#[derive(Component, Clone, Copy, Debug, PartialEq)]
pub struct Scale(pub f32);

impl Default for Scale {
    fn default() -> Self {
        Self(1.0)
    }
}

/// All that a body needs beside [`Body`](crate::physics::Body) to be drawn.
#[derive(Bundle, Clone, Copy, Debug)]
pub struct Dot {
    /// Its colour.
    pub tint: Tint,
    /// What it lies over.
    pub layer: Layer,
    /// How large it looks.
    pub scale: Scale,
    /// Where it was.
    pub trail: Trail,
}

impl Dot {
    /// A dot on layer 0 that was nowhere yet.
    #[must_use]
    pub fn new(tint: Tint) -> Self {
        Self { tint, layer: Layer::default(), scale: Scale::default(), trail: Trail::default() }
    }
}

/// Asks for a text beside the body.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// The body's number, as `#17`.
    Number,
    /// Number and speed, as `#17 2.4 m/s`.
    Speed,
}

/// What can be seen: a rectangle of the world.
///
/// ```
/// use frame_arena::render::View;
/// use glam::Vec2;
///
/// let view = View { centre: Vec2::ZERO, half_extents_m: Vec2::new(4.0, 2.0) };
/// assert!(view.shows(Vec2::new(4.5, 0.0), 1.0));
/// assert!(!view.shows(Vec2::new(5.5, 0.0), 1.0));
/// ```
#[derive(Resource, Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Middle of the picture, in metres.
    pub centre: Vec2,
    /// Distance of its edges from the middle, in metres.
    pub half_extents_m: Vec2,
}

impl Default for View {
    /// 32 x 18 metres around the middle of the world: what the default walls enclose.
    fn default() -> Self {
        Self { centre: Vec2::ZERO, half_extents_m: Vec2::new(16.0, 9.0) }
    }
}

impl View {
    /// Whether the square around a circle reaches into the picture.
    #[must_use]
    #[inline]
    pub fn shows(&self, position: Vec2, radius: f32) -> bool {
        (position - self.centre).abs().cmple(self.half_extents_m + radius).all()
    }
}

/// Which points of a trail are drawn: more of them the faster the body.
#[derive(Resource, Clone, Copy, Debug, PartialEq)]
pub struct TrailConfig {
    /// Points of a body at rest. Default 1.
    pub least_points: f32,
    /// Points more for each metre per second. Default 1.5.
    pub points_per_m_per_sec: f32,
    /// Most points, whatever the speed. Default [`TRAIL_LEN`].
    pub most_points: usize,
    /// Ticks from one recorded point to the next; 0 records none. Default 2.
    pub record_every_ticks: u32,
}

impl Default for TrailConfig {
    fn default() -> Self {
        Self {
            least_points: 1.0,
            points_per_m_per_sec: 1.5,
            most_points: TRAIL_LEN,
            record_every_ticks: 2,
        }
    }
}

impl TrailConfig {
    /// Points to draw of a trail with `recorded` points. A young body has few.
    #[must_use]
    #[inline]
    pub fn drawn_len(&self, recorded: usize, speed: f32) -> usize {
        // A cast from float saturates, and NaN is 0.
        let wanted = (self.least_points + speed * self.points_per_m_per_sec) as usize;
        wanted.min(self.most_points).min(recorded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trails_grow_with_speed_up_to_what_is_recorded() {
        let config = TrailConfig::default();
        assert_eq!(config.drawn_len(12, 0.0), 1);
        assert_eq!(config.drawn_len(12, 2.0), 4);
        assert_eq!(config.drawn_len(12, 1e30), 12);
        assert_eq!(config.drawn_len(12, f32::NAN), 0);
        assert_eq!(config.drawn_len(0, 5.0), 0);
        assert_eq!(TrailConfig { most_points: 3, ..config }.drawn_len(12, 9.0), 3);
    }

    #[test]
    fn nothing_shows_at_a_position_that_is_no_number() {
        assert!(!View::default().shows(Vec2::NAN, 1.0));
    }
}
