//! Random scenes for tests.

use glam::Vec2;

use super::body::BodyIndex;
use super::collider::CollisionObject;
use super::motion::Motion;

/// Numbers from a seed: SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// From `low` up to `high`.
    pub(crate) fn between(&mut self, low: f32, high: f32) -> f32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        low + (high - low) * ((bits ^ (bits >> 31)) >> 40) as f32 / (1 << 24) as f32
    }
}

pub(crate) fn object(body: u32, position: Vec2, radius: f32) -> CollisionObject {
    let motion = Motion { position, velocity: Vec2::ZERO };
    CollisionObject { motion, radius, body: BodyIndex(body) }
}

/// Circles in a square of 16 metres, at speeds up to 4 m/s an axis.
pub(crate) fn uniform(seed: u64, count: u32, low: f32, high: f32) -> Vec<CollisionObject> {
    let mut random = Random(seed);
    let mut within = |most: f32| {
        let x = random.between(-most, most);
        Vec2::new(x, random.between(-most, most))
    };
    let mut objects: Vec<CollisionObject> = (0..count)
        .map(|body| {
            let mut object = object(body, within(8.0), low);
            object.motion.velocity = within(4.0);
            object
        })
        .collect();
    for object in &mut objects {
        object.radius = random.between(low, high);
    }
    objects
}
