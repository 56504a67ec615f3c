//! A number that tells whether two runs are the same, bit by bit.

use xxhash_rust::xxh3::xxh3_64;

use super::body::BodyIndex;
use super::motion::Motion;

/// Hash of the bits of all bodies' positions and velocities. No heap call.
///
/// Each body's record, number and motion in little-endian bytes, is hashed by XXH3 (Collet, 64
/// bits), and the hashes are added up. So the order in which bodies come does not matter, only
/// which number belongs to which motion; nor does the machine's byte order. For telling runs
/// apart, not against people who want two runs to look the same.
///
/// ```
/// use frame_arena::physics::{BodyIndex, Motion, checksum};
/// use glam::Vec2;
///
/// let at = |x: f32| Motion { position: Vec2::new(x, 0.0), velocity: Vec2::ZERO };
/// let (a, b) = ((BodyIndex(0), at(1.0)), (BodyIndex(1), at(2.0)));
/// assert_eq!(checksum([a, b]), checksum([b, a]));
/// assert_ne!(checksum([a, b]), checksum([a, (b.0, at(2.0f32.next_up()))]));
/// ```
#[must_use]
pub fn checksum(bodies: impl IntoIterator<Item = (BodyIndex, Motion)>) -> u64 {
    let hash = |(index, motion)| xxh3_64(&bytes_of(index, motion));
    bodies.into_iter().map(hash).fold(0, u64::wrapping_add)
}

fn bytes_of(index: BodyIndex, Motion { position, velocity }: Motion) -> [u8; 20] {
    let words = [
        index.0,
        position.x.to_bits(),
        position.y.to_bits(),
        velocity.x.to_bits(),
        velocity.y.to_bits(),
    ];
    let mut bytes = [0; 20];
    for (chunk, word) in bytes.chunks_exact_mut(4).zip(words) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use glam::Vec2;

    use super::*;

    fn scene() -> Vec<(BodyIndex, Motion)> {
        let motion = |n: u32| Motion {
            position: Vec2::new(n as f32 * 0.7, 3.0),
            velocity: Vec2::new(-1.0, n as f32),
        };
        (0..100).map(|n| (BodyIndex(n), motion(n))).collect()
    }

    #[test]
    fn one_ulp_anywhere_changes_it() {
        let whole = checksum(scene());
        for body in [0, 42, 99] {
            let mut moved = scene();
            moved[body].1.position.y = moved[body].1.position.y.next_down();
            assert_ne!(checksum(moved), whole);
            let mut sped = scene();
            sped[body].1.velocity.x = sped[body].1.velocity.x.next_up();
            assert_ne!(checksum(sped), whole);
        }
    }

    #[test]
    fn bodies_that_swap_places_change_it() {
        let mut swapped = scene();
        (swapped[3].1, swapped[4].1) = (swapped[4].1, swapped[3].1);
        assert_ne!(checksum(swapped), checksum(scene()));
    }

    #[test]
    fn the_sign_of_zero_counts() {
        let at =
            |x: f32| (BodyIndex(0), Motion { position: Vec2::new(x, 0.0), ..Motion::default() });
        assert_ne!(checksum([at(0.0)]), checksum([at(-0.0)]));
    }
}
