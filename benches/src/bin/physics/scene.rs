//! Circles to collide.

use core::f32::consts::PI;

use frame_arena::physics::{BodyIndex, CollisionObject, Motion};
use frame_arena_benches::random::Random;
use glam::Vec2;

/// Radius of the smallest circles, in metres.
const RADIUS_M: f32 = 0.02;

/// Circles in a box.
#[derive(Clone)]
pub struct Scene {
    /// What it is, for tables.
    pub name: String,
    /// The circles.
    pub objects: Vec<CollisionObject>,
    /// Half of the box's sides, in metres.
    pub half_extents_m: Vec2,
}

fn within(random: &mut Random, most: f32) -> Vec2 {
    let mut unit = || random.unit() as f32 * 2.0 - 1.0;
    Vec2::new(unit(), unit()) * most
}

/// Circles anywhere in a square, with radii from 1 to `ratio`, evenly, so many that `pairs` of them
/// overlap for each circle, at speeds up to 1 m/s an axis.
pub fn scattered(count: u32, ratio: f32, pairs: f32) -> Scene {
    let mut random = Random::new(1);
    // Two circles anywhere overlap with the probability pi (r + s)^2 / area.
    let mean = (1.0 + ratio) / 2.0;
    let mean_square = (1.0 + ratio + ratio * ratio) / 3.0;
    let reach_square = (2.0 * mean_square + 2.0 * mean * mean) * RADIUS_M * RADIUS_M;
    let half_m = (count as f32 * PI * reach_square / (2.0 * pairs)).sqrt() / 2.0;
    let objects = (0..count).map(|body| CollisionObject {
        motion: Motion {
            position: within(&mut random, half_m),
            velocity: within(&mut random, 1.0),
        },
        radius: RADIUS_M * (1.0 + random.unit() as f32 * (ratio - 1.0)),
        body: BodyIndex(body),
    });
    let name = match ratio {
        1.0 => format!("{pairs} pairs, equal radii"),
        _ => format!("{pairs} pairs, radii 1:{ratio}"),
    };
    Scene { objects: objects.collect(), half_extents_m: Vec2::splat(half_m), name }
}

/// Scattered circles without walls, one of them 10 km away.
pub fn with_one_far(count: u32) -> Scene {
    let mut scene = scattered(count, 1.0, 0.4);
    scene.objects[0].motion.position = Vec2::splat(10_000.0);
    scene.half_extents_m = Vec2::INFINITY;
    scene.name += ", one 10 km away";
    scene
}

/// Equal circles at rest, packed as oranges are, each touching some six others; in no order.
pub fn pile(count: u32) -> Scene {
    let mut random = Random::new(1);
    let columns = (f64::from(count).sqrt() * 1.5) as u32;
    let (step, rise) = (RADIUS_M * 1.96, RADIUS_M * 1.96 * 0.866);
    let half_extents_m = Vec2::new((columns + 1) as f32 * step, columns as f32 * rise * 2.0) / 2.0;
    let place = |n: u32| {
        let (column, row) = (n % columns, n / columns);
        let x = (column as f32 + 0.5 * (row % 2) as f32 + 0.5) * step;
        Vec2::new(x, row as f32 * rise + RADIUS_M) - half_extents_m
    };
    let mut objects: Vec<CollisionObject> = (0..count)
        .map(|n| CollisionObject {
            motion: Motion {
                position: place(n) + within(&mut random, RADIUS_M * 0.01),
                velocity: Vec2::ZERO,
            },
            radius: RADIUS_M,
            body: BodyIndex(n),
        })
        .collect();
    for n in (1..objects.len()).rev() {
        objects.swap(n, random.below(n + 1));
    }
    Scene { objects, half_extents_m, name: String::from("dense pile") }
}
