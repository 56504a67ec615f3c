//! Two bodies, or four times two, after their contact.

use glam::{Mat4, Vec2, Vec4};

use super::contact::Contact;
use super::lanes::Lanes;
use super::motion::Motion;

/// Contacts that are solved side by side.
pub(super) const LANES: usize = 4;

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
pub(super) const MAX_PARTING_SPEED: f32 = 0.5;

/// What an earlier round solved as well as this is left alone: part of the reach, and m/s. Rounding
/// leaves some of each.
const SOLVED: (f32, f32) = (0.001, 0.001);

/// Masses of bodies so small or large that their squares would be no numbers, in m^2.
const MASS_RANGE: (f32, f32) = (1e-30, 1e30);

/// A body as relaxation moves it. 20 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Disc {
    /// Where it is and where it goes.
    pub motion: Motion,
    /// Metres. Discs are of one material: the square of the radius is the mass.
    pub radius: f32,
}

/// One body of a contact, or of each of four contacts.
struct Side<T> {
    x: T,
    y: T,
    velocity_x: T,
    velocity_y: T,
    radius: T,
}

impl<T: Lanes> Side<T> {
    #[inline(always)]
    fn mass(&self) -> T {
        (self.radius * self.radius).at_least(MASS_RANGE.0).at_most(MASS_RANGE.1)
    }
}

impl Side<f32> {
    #[inline(always)]
    fn of(disc: &Disc) -> Self {
        let Motion { position, velocity } = disc.motion;
        let (velocity_x, velocity_y) = velocity.into();
        Self { x: position.x, y: position.y, velocity_x, velocity_y, radius: disc.radius }
    }

    #[inline(always)]
    fn motion(self) -> Motion {
        Motion {
            position: Vec2::new(self.x, self.y),
            velocity: Vec2::new(self.velocity_x, self.velocity_y),
        }
    }
}

impl Side<Vec4> {
    #[inline(always)]
    fn of_four(discs: &[Disc], places: [usize; LANES]) -> Self {
        let rows = places.map(|place| {
            let Motion { position, velocity } = discs[place].motion;
            Vec4::new(position.x, position.y, velocity.x, velocity.y)
        });
        let columns = Mat4::from_cols(rows[0], rows[1], rows[2], rows[3]).transpose();
        Self {
            x: columns.x_axis,
            y: columns.y_axis,
            velocity_x: columns.z_axis,
            velocity_y: columns.w_axis,
            radius: Vec4::each(|lane| discs[places[lane]].radius),
        }
    }

    #[inline(always)]
    fn write_to(self, discs: &mut [Disc], places: [usize; LANES]) {
        let columns = Mat4::from_cols(self.x, self.y, self.velocity_x, self.velocity_y);
        let rows = columns.transpose();
        let rows = [rows.x_axis, rows.y_axis, rows.z_axis, rows.w_axis];
        for (place, row) in places.into_iter().zip(rows) {
            let [x, y, velocity_x, velocity_y] = row.to_array();
            discs[place].motion =
                Motion { position: Vec2::new(x, y), velocity: Vec2::new(velocity_x, velocity_y) };
        }
    }
}

/// Pushes two bodies out of each other and makes them bounce if they approach; `false` if there was
/// nothing to do. `way_out` decides on the way out of bodies in one point.
#[inline(always)]
fn solve<T: Lanes>(
    a: &mut Side<T>,
    b: &mut Side<T>,
    restitution: f32,
    way_out: impl Fn(usize) -> Vec2,
) -> bool {
    let (way_x, way_y) = (a.x - b.x, a.y - b.y);
    let (closing_x, closing_y) = (b.velocity_x - a.velocity_x, b.velocity_y - a.velocity_y);
    let squared = way_x * way_x + way_y * way_y;
    let kept = (a.radius + b.radius) * T::all(1.0 - ALLOWED_OVERLAP);
    // What an earlier round solved needs no root. Where they are apart, `way` is as long as `kept`.
    let solved = kept * T::all(1.0 - SOLVED.0);
    let closing = closing_x * way_x + closing_y * way_y;
    let is_solved =
        (solved * solved).is_at_most(squared) * closing.is_at_most(kept * T::all(SOLVED.1));
    if is_solved.is_set() {
        return false;
    }
    let mut distance = squared.sqrt();
    let (mut normal_x, mut normal_y) = (way_x / distance, way_y / distance);
    let has_normal = squared.is_above(T::all(f32::MIN_POSITIVE));
    if !has_normal.is_set() {
        distance = distance.or(T::all(0.0), has_normal);
        normal_x = normal_x.or(T::each(|lane| way_out(lane).x), has_normal);
        normal_y = normal_y.or(T::each(|lane| way_out(lane).y), has_normal);
    }
    let (mass, other_mass) = (a.mass(), b.mass());
    let share = other_mass / (mass + other_mass);
    let other_share = share - T::all(1.0); // The other way.
    let overlap = (kept - distance).at_least(0.0);
    // What an earlier push parted bounces all the same: it did touch in this tick.
    let parting = (overlap * T::all(PART_PER_SEC)).at_most(MAX_PARTING_SPEED);
    let closing = closing_x * normal_x + closing_y * normal_y;
    let approach = (closing + parting).at_least(0.0);
    let bounces = approach.is_above(T::all(RESTING_SPEED));
    let speed = approach * T::all(1.0 + restitution).or(T::all(1.0), bounces);
    let (push_x, push_y) = (normal_x * overlap, normal_y * overlap);
    let (pull_x, pull_y) = (normal_x * speed, normal_y * speed);
    let moved = |old: T, way: T, share: T| old.or(old + way * share, is_solved);
    a.x = moved(a.x, push_x, share);
    a.y = moved(a.y, push_y, share);
    b.x = moved(b.x, push_x, other_share);
    b.y = moved(b.y, push_y, other_share);
    a.velocity_x = moved(a.velocity_x, pull_x, share);
    a.velocity_y = moved(a.velocity_y, pull_y, share);
    b.velocity_x = moved(b.velocity_x, pull_x, other_share);
    b.velocity_y = moved(b.velocity_y, pull_y, other_share);
    true
}

fn way_out(contact: Contact) -> Vec2 {
    WAYS_OUT[contact.b as usize % WAYS_OUT.len()]
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
/// let discs = [a, b].map(|motion| Disc { motion, radius: 1.0 });
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
pub(super) fn part(a: &mut Disc, b: &mut Disc, contact: Contact, restitution: f32) {
    let (mut one, mut other) = (Side::of(a), Side::of(b));
    if solve(&mut one, &mut other, restitution, |_| way_out(contact)) {
        (a.motion, b.motion) = (one.motion(), other.motion());
    }
}

/// [`parted`] for four contacts between eight of `discs`: `places` are those of each contact.
#[inline(always)]
pub(super) fn part_four(
    discs: &mut [Disc],
    places: [[usize; 2]; LANES],
    contacts: [Contact; LANES],
    restitution: f32,
) {
    let [of_a, of_b] = [places.map(|[a, _]| a), places.map(|[_, b]| b)];
    let (mut a, mut b) = (Side::of_four(discs, of_a), Side::of_four(discs, of_b));
    if solve(&mut a, &mut b, restitution, |lane| way_out(contacts[lane])) {
        a.write_to(discs, of_a);
        b.write_to(discs, of_b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::physics::scene::Random;

    #[test]
    fn four_contacts_give_the_bits_of_one_after_the_other() {
        let mut random = Random(5);
        let mut within = |most: f32| random.between(-most, most);
        for round in 0..2_000 {
            let mut discs = [Disc::default(); 2 * LANES];
            for disc in &mut discs {
                disc.motion.position = Vec2::new(within(1.0), within(1.0));
                disc.motion.velocity = Vec2::new(within(2.0), within(2.0));
                disc.radius = 0.6 + within(0.5);
            }
            // Some lie in one point, some hold still, some are far apart.
            for lane in (0..LANES).filter(|lane| (round >> lane) & 1 == 1) {
                match round % 5 {
                    0 => discs[2 * lane].motion.position = discs[2 * lane + 1].motion.position,
                    1 => discs[2 * lane].motion = discs[2 * lane + 1].motion,
                    2 => {
                        discs[2 * lane].motion = Motion {
                            position: Vec2::new(9.0, -0.0),
                            velocity: Vec2::new(1.0, -0.0),
                        }
                    }
                    3 => {
                        let far =
                            |x| Motion { position: Vec2::new(x, 0.0), velocity: Vec2::new(x, 0.0) };
                        discs[2 * lane].motion = far(3e38);
                        discs[2 * lane + 1].motion = far(-3e38);
                    }
                    _ => discs[2 * lane].motion.position.x += 9.0,
                }
            }
            let places = [[0, 1], [2, 3], [4, 5], [6, 7]];
            let contacts =
                places.map(|[a, b]| Contact { a: a as u32 + round, b: b as u32 + round });
            let mut one_by_one = discs;
            for (pair, contact) in one_by_one.as_chunks_mut().0.iter_mut().zip(contacts) {
                *pair = parted(*pair, contact, 0.5);
            }
            part_four(&mut discs, places, contacts, 0.5);
            let bits = |discs: [Disc; 2 * LANES]| {
                discs.map(|Disc { motion: Motion { position, velocity }, .. }| {
                    [position, velocity].map(|vector| vector.to_array().map(f32::to_bits))
                })
            };
            assert_eq!(bits(discs), bits(one_by_one), "round {round}");
        }
    }

    #[test]
    fn a_bounce_brings_up_no_energy() {
        let mut random = Random(9);
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
            let discs = [Disc { motion: a, radius }, Disc { motion: b, radius: other_radius }];
            let contact = Contact { a: 0, b: 1 };
            let [one, other] = parted(discs, contact, n as f32 / 1_000.0).map(|disc| disc.motion);
            assert!(energy(one, other) <= energy(a, b) * (1.0 + 1e-5));
        }
    }

    #[test]
    fn masses_balance_the_ways() {
        let disc = |x, radius| {
            let motion = Motion { position: Vec2::new(x, 0.0), velocity: Vec2::ZERO };
            Disc { motion, radius }
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
                Disc { motion: Motion { position, velocity: Vec2::new(-x, 1.0) }, radius }
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
