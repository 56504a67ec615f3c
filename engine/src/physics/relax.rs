//! Pushing overlapping bodies apart.

use glam::Vec2;

use super::config::PhysicsConfig;
use super::grid::Grid;
use super::motion::{Motion, held_inside};
use super::pairs::{Contact, StripContacts};
use super::strip::Strip;
use crate::arena::{Part, PartedVec};
use crate::ecs::Workers;
use crate::{AllocError, FrameArena, FrameVec, SliceHandle, ThreadArenas};

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

/// What an earlier round solved as well as this is left alone: part of the reach, and m/s. Rounding
/// leaves some of each.
const SOLVED: (f32, f32) = (0.001, 0.001);

/// Masses of bodies so small or large that their squares would be no numbers, in m^2.
const MASS_RANGE: (f32, f32) = (1e-30, 1e30);

/// A body as relaxation moves it. 24 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Disc {
    /// Where it is and where it goes.
    pub motion: Motion,
    /// Metres.
    pub radius: f32,
    /// The square of the radius: discs are of one material.
    pub mass: f32,
}

impl Disc {
    /// A disc whose mass is the square of its radius.
    #[must_use]
    #[inline]
    pub fn new(motion: Motion, radius: f32) -> Self {
        Self { motion, radius, mass: (radius * radius).clamp(MASS_RANGE.0, MASS_RANGE.1) }
    }
}

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
/// `contact` decides on the way out of bodies in one point.
///
/// The push is a distance constraint of position based dynamics (Müller et al., 2007) for one pair;
/// the bounce is an impulse along the normal. Both keep momentum, and the lighter body gives way
/// more. With a restitution of up to 1 no energy comes up, but for that of parting (at most 0.5 m/s)
/// where two overlap by more than [`ALLOWED_OVERLAP`] of their reach.
///
/// ```
/// use frame_arena::physics::{Contact, Disc, Motion, parted};
/// use glam::Vec2;
///
/// let a = Motion { position: Vec2::ZERO, velocity: Vec2::new(3.0, 0.0) };
/// let b = Motion { position: Vec2::new(1.0, 0.0), velocity: Vec2::ZERO };
/// let discs = [a, b].map(|motion| Disc::new(motion, 1.0));
/// let [a, b] = parted(discs, Contact { a: 0, b: 1 }, 1.0).map(|disc| disc.motion);
/// assert!((b.position.x - a.position.x - 1.9).abs() < 1e-6); // 95% of the reach.
/// assert!(a.velocity.x < 0.0 && b.velocity.x > 3.0);
/// ```
#[must_use]
#[inline]
pub fn parted(mut discs: [Disc; 2], contact: Contact, restitution: f32) -> [Disc; 2] {
    let [a, b] = &mut discs;
    part(a, b, contact, restitution);
    discs
}

#[inline(always)]
fn part(a: &mut Disc, b: &mut Disc, contact: Contact, restitution: f32) {
    let way = a.motion.position - b.motion.position;
    let closing = b.motion.velocity - a.motion.velocity;
    let kept = (a.radius + b.radius) * (1.0 - ALLOWED_OVERLAP);
    // What an earlier round solved needs no root. Where they are apart, `way` is as long as `kept`.
    let solved = kept * (1.0 - SOLVED.0);
    if way.length_squared() >= solved * solved && closing.dot(way) <= kept * SOLVED.1 {
        return;
    }
    let (normal, distance) = normal_and_distance(way, contact.b);
    let share = b.mass / (a.mass + b.mass);
    let overlap = (kept - distance).max(0.0);
    // What an earlier push parted bounces all the same: it did touch in this tick.
    let parting = (overlap * PART_PER_SEC).min(MAX_PARTING_SPEED);
    let approach = (closing.dot(normal) + parting).max(0.0);
    let bounce = if approach > RESTING_SPEED { 1.0 + restitution } else { 1.0 };
    let (push, pull) = (normal * overlap, normal * (approach * bounce));
    a.motion.position += push * share;
    b.motion.position -= push * (1.0 - share);
    a.motion.velocity += pull * share;
    b.motion.velocity -= pull * (1.0 - share);
}

/// Relaxes all touching bodies and gives all of them, in the order of the grid.
///
/// Gauss and Seidel's manner: pair after pair, each from what the last one left, so that a pile
/// carries itself after few rounds. A round takes, on all threads,
///
/// 1. in each strip the walls and the contacts inside it,
/// 2. the contacts between two strips,
///
/// and then those of giants, one after the other. Every other round goes backwards, so that no
/// direction is favoured. The order is that of the grid, hence the same in equal runs.
///
/// Contacts that are not the arenas' present ones count as none.
///
/// # Errors
/// If the arena refuses.
pub fn relax(
    grid: &Grid,
    contacts: &[StripContacts],
    config: &PhysicsConfig,
    arenas: &ThreadArenas,
    workers: &Workers,
) -> Result<SliceHandle<Disc>, AllocError> {
    let arena = arenas.local();
    let mut discs = PartedVec::try_new(grid.entries.len(), arena)?;
    let near_walls = start(grid, discs.parts(), config, arenas, workers)?;
    let mut discs = discs.into_vec();
    let solver = Solver { strips: near_walls, contacts, config, arenas, arena, workers };
    for round in 0..config.relaxation_iterations {
        let is_forward = round % 2 == 0;
        solver.relax_strips(&mut discs, is_forward)?;
        solver.relax_seams(&mut discs, grid, is_forward)?;
        solver.relax_giants(&mut discs, is_forward);
    }
    Ok(discs.publish())
}

/// A strip and the places of its bodies near walls.
struct WalledStrip<'a> {
    strip: Strip,
    near_walls: &'a [u32],
}

/// Makes the discs of all bodies and looks which of them are near walls.
fn start<'a>(
    grid: &Grid,
    mut discs: Part<'_, Disc>,
    config: &PhysicsConfig,
    arenas: &'a ThreadArenas,
    workers: &Workers,
) -> Result<&'a [WalledStrip<'a>], AllocError> {
    let circles = grid.circles(arenas);
    let velocities = arenas.get(grid.velocities).unwrap_or(&[]);
    let strips = arenas.get(grid.strips).unwrap_or(&[]);
    let jobs = strips
        .iter()
        .map(|&strip| (WalledStrip { strip, near_walls: &[] }, discs.split(strip.len())));
    let jobs = arenas.local().try_alloc_slice_from_iter(jobs)?;
    workers.for_each_mut(jobs, |_, (walled, part)| {
        let places = walled.strip.places();
        let bodies = circles.in_order(places.clone()).zip(&velocities[places]);
        let discs = part.take().fill_from(bodies.map(|((position, radius), &velocity)| {
            Disc::new(Motion { position, velocity }, radius)
        }));
        let mut near = FrameVec::new_in(arenas.local());
        for (disc, n) in discs.iter().zip(0u32..) {
            // Whoever is pushed further than this in one tick meets the wall in `write_back`.
            let room = config.half_extents_m - disc.radius * 2.0;
            // What the arena refuses meets it there too.
            if disc.motion.position.abs().cmpgt(room).any() && near.try_push(n).is_err() {
                break;
            }
        }
        walled.near_walls = near.into_slice();
    });
    let strips = jobs
        .iter()
        .map(|(walled, _)| WalledStrip { strip: walled.strip, near_walls: walled.near_walls });
    Ok(arenas.local().try_alloc_slice_from_iter(strips)?)
}

/// Calls `each` for all items, from the last to the first if not `is_forward`.
#[inline]
fn in_order<T: Copy>(items: &[T], is_forward: bool, mut each: impl FnMut(T)) {
    if is_forward {
        items.iter().for_each(|&item| each(item));
    } else {
        items.iter().rev().for_each(|&item| each(item));
    }
}

/// Contacts that are solved side by side. A body's next contact waits for the one before; these lie
/// far apart, so that a core can work on them at once.
const LANES: usize = 4;

/// Parts the bodies of each contact. The first of `discs` has the place `first`.
fn part_all(
    contacts: &[Contact],
    discs: &mut [Disc],
    first: usize,
    restitution: f32,
    is_forward: bool,
) {
    let mut part = |contact: Contact| {
        let places = [contact.a as usize - first, contact.b as usize - first];
        if let Ok([a, b]) = discs.get_disjoint_mut(places) {
            part(a, b, contact, restitution);
        }
    };
    let lane_len = contacts.len() / LANES;
    let (lanes, rest) = contacts.split_at(lane_len * LANES);
    for n in 0..lane_len {
        let n = if is_forward { n } else { lane_len - 1 - n };
        for lane in 0..LANES {
            part(lanes[lane * lane_len + n]);
        }
    }
    rest.iter().for_each(|&contact| part(contact));
}

struct Solver<'a> {
    strips: &'a [WalledStrip<'a>],
    contacts: &'a [StripContacts],
    config: &'a PhysicsConfig,
    arenas: &'a ThreadArenas,
    arena: &'a FrameArena,
    workers: &'a Workers,
}

impl Solver<'_> {
    fn get(&self, contacts: SliceHandle<Contact>) -> &[Contact] {
        self.arenas.get(contacts).unwrap_or(&[])
    }

    /// What is inside each strip.
    fn relax_strips(&self, mut discs: &mut [Disc], is_forward: bool) -> Result<(), AllocError> {
        let jobs = self.strips.iter().zip(self.contacts).map(|(strip, contacts)| {
            let own = discs.split_off_mut(..strip.strip.len()).unwrap_or_default();
            (strip, self.get(contacts.inner), own)
        });
        let jobs = self.arena.try_alloc_slice_from_iter(jobs)?;
        self.workers.for_each_mut(jobs, |_, (strip, contacts, discs)| {
            in_order(strip.near_walls, is_forward, |n| {
                let disc = &mut discs[n as usize];
                disc.motion = held_inside(disc.motion, disc.radius, self.config);
            });
            let first = strip.strip.first as usize;
            part_all(contacts, discs, first, self.config.restitution, is_forward);
        });
        Ok(())
    }

    /// What is between each strip and the one above. Bodies of a strip's last row go with those of
    /// the next strip but for its last row, so that no body is in two jobs.
    fn relax_seams(
        &self,
        mut discs: &mut [Disc],
        grid: &Grid,
        is_forward: bool,
    ) -> Result<(), AllocError> {
        let starts = self.arenas.get(grid.starts).unwrap_or(&[]);
        let mut first = 0;
        let jobs = self.strips.iter().zip(self.contacts).enumerate();
        let jobs = jobs.map(|(n, (strip, contacts))| {
            let last_row = starts[strip.strip.last_row_cell as usize] as usize;
            let _other_rows = discs.split_off_mut(..last_row - first);
            let end = match self.strips.get(n + 1) {
                Some(above) if !above.strip.is_giants => {
                    starts[above.strip.last_row_cell as usize] as usize
                }
                _ => strip.strip.end as usize,
            };
            first = end;
            let own = discs.split_off_mut(..end - last_row).unwrap_or_default();
            (self.get(contacts.upward), last_row, own)
        });
        let jobs = self.arena.try_alloc_slice_from_iter(jobs)?;
        self.workers.for_each_mut(jobs, |_, (contacts, first, discs)| {
            part_all(contacts, discs, *first, self.config.restitution, is_forward);
        });
        Ok(())
    }

    /// Giants, which reach over many strips.
    fn relax_giants(&self, discs: &mut [Disc], is_forward: bool) {
        in_order(self.contacts, is_forward, |strip| {
            part_all(self.get(strip.giant), discs, 0, self.config.restitution, is_forward);
        });
    }
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::Ordering;

    use super::*;
    use crate::physics::collider::CollisionObject;
    use crate::physics::motion::integrated;
    use crate::physics::pairs::find_contacts;
    use crate::physics::scene;
    use crate::physics::sort::sort_into_grid;

    fn step(objects: &[CollisionObject], rounds: u32, restitution: f32) -> Vec<Motion> {
        let (arenas, workers) = (ThreadArenas::new(), Workers::serial());
        let grid = sort_into_grid(objects, Vec2::splat(8.0), &arenas, &workers).unwrap();
        let found = find_contacts(&grid, &arenas, &workers).unwrap();
        let contacts = arenas.get(found.strips).unwrap();
        let config = PhysicsConfig {
            relaxation_iterations: rounds,
            restitution,
            half_extents_m: Vec2::INFINITY,
            ..PhysicsConfig::default()
        };
        let settled = relax(&grid, contacts, &config, &arenas, &workers).unwrap();
        let discs = arenas.get(settled).unwrap();
        let places = arenas.get(grid.places).unwrap();
        places.iter().map(|place| discs[place.load(Ordering::Relaxed) as usize].motion).collect()
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
            let part = (within(0.5) + 0.5).clamp(0.1, 0.9);
            let position = Vec2::new(within(3.0), within(3.0));
            let reach = position.length() * 1.04;
            let (radius, other_radius) = (reach * part, reach * (1.0 - part));
            let (mass, other_mass) = (radius * radius, other_radius * other_radius);
            let a = Motion { position, velocity: Vec2::new(within(9.0), within(9.0)) };
            let b = Motion { position: Vec2::ZERO, velocity: Vec2::new(within(9.0), 0.0) };
            let energy = |a: Motion, b: Motion| {
                mass * a.velocity.length_squared() + other_mass * b.velocity.length_squared()
            };
            let discs = [Disc::new(a, radius), Disc::new(b, other_radius)];
            let contact = Contact { a: 0, b: 1 };
            let [one, other] = parted(discs, contact, n as f32 / 1_000.0).map(|disc| disc.motion);
            assert!(energy(one, other) <= energy(a, b) * (1.0 + 1e-5));
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

    #[test]
    fn masses_balance_the_ways() {
        let disc = |x, radius| {
            let motion = Motion { position: Vec2::new(x, 0.0), velocity: Vec2::ZERO };
            Disc::new(motion, radius)
        };
        let discs = [disc(0.0, 1.0), disc(1.85, 2.0)];
        let [a, b] = parted(discs, Contact { a: 0, b: 1 }, 0.0).map(|disc| disc.motion.position.x);
        // Mass 1 against 4: a metre of overlap, 95% of the reach of 3 being kept.
        assert!((a + 0.8).abs() < 1e-6 && (b - 2.05).abs() < 1e-6, "{a} {b}");
    }

    #[test]
    fn bodies_of_any_finite_size_stay_numbers() {
        for (radius, other) in [(1e-38, 1e-38), (1e-30, 1e30), (1e25, 1e25), (1.0, 1e-20)] {
            let disc = |x: f32, radius| {
                let position = Vec2::new(x, 0.0);
                Disc::new(Motion { position, velocity: Vec2::new(-x, 1.0) }, radius)
            };
            for way in [0.0, 1e-30, radius] {
                let discs = [disc(way, radius), disc(0.0, other)];
                let parted = parted(discs, Contact { a: 0, b: 1 }, 1.0);
                assert!(
                    parted.iter().all(|disc| disc.motion.is_finite()),
                    "{radius} {other} {way}"
                );
            }
        }
    }
}
