//! Pushing overlapping bodies apart.

use glam::Vec2;

use super::collider::CollisionObject;
use super::config::PhysicsConfig;
use super::grid::Record;
use super::motion::{Motion, held_inside};
use super::touch::{ContactList, Touch};
use crate::{AllocError, FrameArena, SliceHandle};

/// Ways out for bodies in one point.
const WAYS_OUT: [Vec2; 4] =
    [Vec2::new(1.0, 0.0), Vec2::new(0.6, 0.8), Vec2::new(0.0, 1.0), Vec2::new(-0.8, 0.6)];

/// Approach slower than this, in m/s, bounces nothing back: gravity alone gives a resting body some
/// 0.2 m/s in a tick, and piles would simmer.
pub const RESTING_SPEED: f32 = 0.5;

/// Part of the reach that two bodies may overlap and are not pushed apart. What rests stays in
/// contact so; pushed to the very rim, it would fall and be caught again in each tick.
pub const ALLOWED_OVERLAP: f32 = 0.05;

/// Speed at which bodies part per metre of overlap, in 1/s: a fifth of it in a 60th of a second
/// (Baumgarte's stabilization). It is what carries piles.
const PART_PER_SEC: f32 = 12.0;

/// Most speed that parting adds, in m/s: bodies put into one place do not explode.
const MAX_PARTING_SPEED: f32 = 0.5;

/// From `b` to `a`, and how far apart they are. Bodies in one point part along a direction that
/// depends on their places only.
#[inline]
fn normal_and_distance(way: Vec2, places: u32) -> (Vec2, f32) {
    let squared = way.length_squared();
    if squared > f32::MIN_POSITIVE {
        let distance = squared.sqrt();
        return (way / distance, distance);
    }
    (WAYS_OUT[places as usize % WAYS_OUT.len()], 0.0)
}

/// Two bodies after their contact: pushed out of each other, and bounced off if they approach.
///
/// The push is a distance constraint of position based dynamics (Müller et al., 2007) for one pair;
/// the bounce is an impulse along the normal. Both keep momentum, and the lighter body gives way
/// more. With a restitution of up to 1 no energy comes up, but for that of parting (at most 0.5 m/s)
/// where two overlap by more than [`ALLOWED_OVERLAP`] of their reach.
///
/// ```
/// use frame_arena::physics::{Motion, Touch, parted};
/// use glam::Vec2;
///
/// let a = Motion { position: Vec2::ZERO, velocity: Vec2::new(3.0, 0.0) };
/// let b = Motion { position: Vec2::new(1.0, 0.0), velocity: Vec2::ZERO };
/// let touch = Touch { other: 1, share: 0.5, reach: 2.0, depth: 1.0 };
/// let (a, b) = parted(a, b, &touch, 1.0);
/// assert!((b.position.x - a.position.x - 1.9).abs() < 1e-6); // 95% of the reach.
/// assert!(a.velocity.x < 0.0 && b.velocity.x > 3.0);
/// ```
#[must_use]
#[inline]
pub fn parted(mut a: Motion, mut b: Motion, touch: &Touch, restitution: f32) -> (Motion, Motion) {
    let way = a.position - b.position;
    let kept = touch.reach * (1.0 - ALLOWED_OVERLAP);
    // What an earlier round solved needs no root.
    if way.length_squared() >= kept * kept && (b.velocity - a.velocity).dot(way) <= 0.0 {
        return (a, b);
    }
    let (normal, distance) = normal_and_distance(way, touch.other);
    let overlap = (kept - distance).max(0.0);
    a.position += normal * (overlap * touch.share);
    b.position -= normal * (overlap * (1.0 - touch.share));
    // What an earlier push parted bounces all the same: it did touch in this tick.
    let parting = (overlap * PART_PER_SEC).min(MAX_PARTING_SPEED);
    let approach = ((b.velocity - a.velocity).dot(normal) + parting).max(0.0);
    let bounce = if approach > RESTING_SPEED { 1.0 + restitution } else { 1.0 };
    a.velocity += normal * (approach * bounce * touch.share);
    b.velocity -= normal * (approach * bounce * (1.0 - touch.share));
    (a, b)
}

/// Relaxes all touching bodies and gives the motion of all, in the order of the collision objects.
///
/// Gauss and Seidel's manner: pair after pair, each from what the last one left, so that a pile
/// carries itself after few rounds. Every other round goes backwards, so that no direction is
/// favoured. The order is that of the grid, hence the same in equal runs. Walls take part.
///
/// Lists that are not this arena's present ones count as empty.
///
/// # Errors
/// If the arena refuses.
pub fn relax(
    objects: &[CollisionObject],
    grid: (&[Record], &[u32]),
    lists: &[ContactList],
    config: &PhysicsConfig,
    arena: &FrameArena,
) -> Result<SliceHandle<Motion>, AllocError> {
    let (records, places) = grid;
    let unsolved = records.iter().map(|record| objects[record.object as usize].motion);
    let state = arena.try_alloc_slice_from_iter(unsolved)?;
    for round in 0..config.relaxation_iterations {
        let relax = |list: &ContactList| relax_list(list, records, state, config, arena);
        if round % 2 == 0 {
            lists.iter().for_each(relax);
        } else {
            lists.iter().rev().for_each(relax);
        }
    }
    Ok(arena.try_publish_slice_from_iter(places.iter().map(|&place| state[place as usize]))?)
}

/// Holds one body inside the walls and parts it from those that it touches and that come after it.
#[inline]
fn relax_list(
    list: &ContactList,
    records: &[Record],
    state: &mut [Motion],
    config: &PhysicsConfig,
    arena: &FrameArena,
) {
    let record = list.record;
    let radius = records[record as usize].radius;
    let mut this = held_inside(state[record as usize], radius, config);
    for touch in arena.get(list.touches).unwrap_or(&[]) {
        if touch.other > record {
            let other = &mut state[touch.other as usize];
            (this, *other) = parted(this, *other, touch, config.restitution);
        }
    }
    state[record as usize] = this;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::physics::grid::sort_into_grid;
    use crate::physics::motion::integrated;
    use crate::physics::pairs::find_contacts;
    use crate::physics::scene;
    use crate::physics::touch::list_contacts;

    fn step(objects: &[CollisionObject], rounds: u32, restitution: f32) -> Vec<Motion> {
        let arena = FrameArena::new();
        let grid = sort_into_grid(objects, Vec2::splat(8.0), &arena).unwrap();
        let found = find_contacts(&grid, &arena).unwrap();
        let records = arena.get(grid.records).unwrap();
        let contacts = arena.get(found.contacts).unwrap();
        let listed = list_contacts(contacts, records, &arena).unwrap();
        let (places, lists) = (arena.get(grid.places).unwrap(), arena.get(listed.lists).unwrap());
        let config = PhysicsConfig {
            relaxation_iterations: rounds,
            restitution,
            half_extents_m: Vec2::INFINITY,
            ..PhysicsConfig::default()
        };
        let solved = relax(objects, (records, places), lists, &config, &arena);
        arena.get(solved.unwrap()).unwrap().to_vec()
    }

    fn moved(objects: &[CollisionObject], motions: &[Motion]) -> Vec<CollisionObject> {
        let zipped = objects.iter().zip(motions);
        zipped.map(|(object, &motion)| CollisionObject { motion, ..*object }).collect()
    }

    fn mass(object: &CollisionObject) -> f64 {
        f64::from(object.radius * object.radius)
    }

    fn energy(objects: &[CollisionObject]) -> f64 {
        let of_one = |o: &CollisionObject| mass(o) * f64::from(o.motion.velocity.length_squared());
        objects.iter().map(of_one).sum()
    }

    fn momentum_and_middle(objects: &[CollisionObject]) -> [f64; 4] {
        let mut sum = [0.0; 4];
        for object in objects {
            let Motion { position, velocity } = object.motion;
            let parts = [velocity.x, velocity.y, position.x, position.y];
            for (sum, part) in sum.iter_mut().zip(parts) {
                *sum += mass(object) * f64::from(part);
            }
        }
        sum
    }

    fn overlap_sum(objects: &[CollisionObject]) -> f32 {
        let mut sum = 0.0;
        for (n, one) in objects.iter().enumerate() {
            for other in &objects[n + 1..] {
                let distance = one.motion.position.distance(other.motion.position);
                sum += ((one.radius + other.radius) * 0.94 - distance).max(0.0);
            }
        }
        sum
    }

    #[test]
    fn two_equal_bodies_that_meet_swap_velocities() {
        let mut objects =
            [scene::object(0, Vec2::ZERO, 1.0), scene::object(1, Vec2::new(1.95, 0.0), 1.0)];
        objects[0].motion.velocity = Vec2::new(3.0, 0.5);
        let solved = step(&objects, 1, 1.0);
        assert_eq!(solved[0].velocity, Vec2::new(0.0, 0.5));
        assert_eq!(solved[1].velocity, Vec2::new(3.0, 0.0));
    }

    #[test]
    fn two_equal_bodies_that_overlap_part_evenly() {
        let objects =
            [scene::object(0, Vec2::ZERO, 1.0), scene::object(1, Vec2::new(1.0, 0.0), 1.0)];
        let solved = step(&objects, 2, 1.0);
        assert!((solved[0].position.x + 0.45).abs() < 1e-6);
        assert!((solved[1].position.x - 1.45).abs() < 1e-6);
        assert_eq!(solved[1].velocity.x, -solved[0].velocity.x);
        assert!(solved[1].velocity.x <= MAX_PARTING_SPEED);
    }

    #[test]
    fn momentum_and_centre_of_mass_stay() {
        for seed in 0..10 {
            let objects = scene::uniform(seed, 800, 0.1, 0.4);
            let before = momentum_and_middle(&objects);
            let after = momentum_and_middle(&moved(&objects, &step(&objects, 3, 0.7)));
            for (before, after) in before.into_iter().zip(after) {
                assert!((before - after).abs() < 1e-4, "{before} became {after}");
            }
        }
    }

    #[test]
    fn a_bounce_brings_up_no_energy() {
        let mut random = scene::Random(9);
        let mut within = |most: f32| random.between(-most, most);
        for n in 0..1_000 {
            let share = (within(0.5) + 0.5).clamp(0.01, 0.99);
            let (mass, other_mass) = (1.0 - share, share);
            let position = Vec2::new(within(3.0), within(3.0));
            let touch = Touch { other: 1, share, reach: position.length() * 1.04, depth: 0.0 };
            let a = Motion { position, velocity: Vec2::new(within(9.0), within(9.0)) };
            let b = Motion { position: Vec2::ZERO, velocity: Vec2::new(within(9.0), 0.0) };
            let energy = |a: Motion, b: Motion| {
                mass * a.velocity.length_squared() + other_mass * b.velocity.length_squared()
            };
            let after = parted(a, b, &touch, n as f32 / 1_000.0);
            assert!(energy(after.0, after.1) <= energy(a, b) * (1.0 + 1e-5));
        }
    }

    #[test]
    fn a_gas_of_inelastic_bodies_cools_down() {
        let config = PhysicsConfig {
            gravity: Vec2::ZERO,
            half_extents_m: Vec2::splat(8.0),
            ..PhysicsConfig::default()
        };
        let mut objects = scene::uniform(2, 800, 0.1, 0.2);
        let before = energy(&objects);
        for _ in 0..300 {
            objects = moved(&objects, &step(&objects, 2, config.restitution));
            for object in &mut objects {
                let motion = integrated(object.motion, &config);
                object.motion = held_inside(motion, object.radius, &config);
            }
        }
        assert!(energy(&objects) < before * 0.2, "{} of {before}", energy(&objects));
    }

    #[test]
    fn overlaps_shrink() {
        let mut objects = scene::uniform(4, 600, 0.2, 0.3);
        let before = overlap_sum(&objects);
        for _ in 0..60 {
            objects = moved(&objects, &step(&objects, 2, 0.0));
        }
        assert!(overlap_sum(&objects) < before / 20.0);
    }

    #[test]
    fn bodies_in_one_point_part() {
        let mut objects: Vec<_> = (0..40).map(|n| scene::object(n, Vec2::ONE, 0.2)).collect();
        let before = overlap_sum(&objects);
        for _ in 0..100 {
            objects = moved(&objects, &step(&objects, 2, 0.0));
        }
        assert!(objects.iter().all(|object| object.motion.is_finite()));
        assert!(overlap_sum(&objects) < before / 10.0);
    }
}
