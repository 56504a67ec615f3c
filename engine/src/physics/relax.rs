//! Pushing overlapping bodies apart.

use core::array;

use super::config::PhysicsConfig;
use super::contact::{Contact, StripContacts};
use super::disc::{Disc, LANES, part, part_four};
use super::grid::Grid;
use super::motion::{Motion, held_inside};
use super::strip::Strip;
use super::walls::near_walls;
use crate::arena::{Part, PartedVec};
use crate::ecs::Workers;
use crate::{AllocError, FrameArena, SliceHandle, ThreadArenas};

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
/// Contacts that are not the arenas' present ones count as none, and so do the bodies of such a grid.
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
    let body_count = arenas.get(grid.entries).unwrap_or(&[]).len();
    let mut discs = PartedVec::try_new(body_count, arena)?;
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
        let discs = part.take().fill_from(bodies.map(|((position, radius), &velocity)| Disc {
            motion: Motion { position, velocity },
            radius,
        }));
        walled.near_walls = near_walls(discs, &walled.strip, grid, config.half_extents_m, arenas);
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

/// Parts the bodies of each contact. The first of `discs` has the place `first`.
///
/// A body's next contact waits for the one before. So the list is cut into four lanes whose contacts
/// are solved side by side: mostly of bodies that lie far apart, and then as if one after the other.
fn part_all(
    contacts: &[Contact],
    discs: &mut [Disc],
    first: usize,
    restitution: f32,
    is_forward: bool,
) {
    let lane_len = contacts.len() / LANES;
    let lanes: [_; LANES] = array::from_fn(|lane| &contacts[lane * lane_len..][..lane_len]);
    for n in 0..lane_len {
        let n = if is_forward { n } else { lane_len - 1 - n };
        let four = lanes.map(|lane| lane[n]);
        let places = four.map(|contact| places_of(contact, first));
        if are_apart(&places, discs.len()) {
            part_four(discs, places, four, restitution);
        } else {
            part_each(&four, discs, first, restitution);
        }
    }
    part_each(&contacts[lane_len * LANES..], discs, first, restitution);
}

/// The same, one after the other.
fn part_each(contacts: &[Contact], discs: &mut [Disc], first: usize, restitution: f32) {
    for &contact in contacts {
        if let Ok([a, b]) = discs.get_disjoint_mut(places_of(contact, first)) {
            part(a, b, contact, restitution);
        }
    }
}

#[inline(always)]
fn places_of(contact: Contact, first: usize) -> [usize; 2] {
    [contact.a, contact.b].map(|place| (place as usize).wrapping_sub(first))
}

/// Whether four contacts are of eight bodies, in order, out of `len`. Said compare by compare, for
/// then the compiler sees that no place needs a check of its own.
#[inline(always)]
fn are_apart([[a0, b0], [a1, b1], [a2, b2], [a3, b3]]: &[[usize; 2]; LANES], len: usize) -> bool {
    a0 < b0 && b0 < a1 && a1 < b1 && b1 < a2 && a2 < b2 && b2 < a3 && a3 < b3 && *b3 < len
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
    use glam::Vec2;

    use super::*;
    use crate::physics::collider::CollisionObject;
    use crate::physics::disc::MAX_PARTING_SPEED;
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
        let mut motions = vec![Motion::default(); objects.len()];
        let entries = arenas.get(grid.entries).unwrap();
        entries.iter().zip(discs).for_each(|(e, disc)| motions[e.object as usize] = disc.motion);
        motions
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
    fn a_grid_of_the_last_tick_has_no_bodies() {
        let (mut arenas, workers) = (ThreadArenas::new(), Workers::serial());
        let objects = scene::uniform(1, 50, 0.2, 0.4);
        let grid = sort_into_grid(&objects, Vec2::splat(8.0), &arenas, &workers).unwrap();
        arenas.begin_frame();
        let settled = relax(&grid, &[], &PhysicsConfig::default(), &arenas, &workers).unwrap();
        assert!(settled.is_empty());
    }

    #[test]
    fn contacts_that_share_a_body_are_not_solved_side_by_side() {
        let mut random = scene::Random(3);
        let mut apart_count = 0;
        for _ in 0..100_000 {
            let mut places = [[0; 2]; LANES];
            let mut low = 0.0;
            for place in places.as_flattened_mut() {
                *place = random.between(low, low + 4.0) as usize;
                low = *place as f32;
            }
            let all = places.as_flattened();
            let is_apart = (0..all.len()).all(|n| !all[..n].contains(&all[n])) && all[7] < 16;
            assert_eq!(are_apart(&places, 16), is_apart, "{places:?}");
            apart_count += u32::from(is_apart);
        }
        assert!(apart_count > 1_000);
    }
}
