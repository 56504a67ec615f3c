//! What a body is made of.

use bevy_ecs::bundle::Bundle;
use bevy_ecs::component::Component;
use glam::Vec2;

/// Centre of a body, in metres from the middle of the world; y points up.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq)]
pub struct Position(pub Vec2);

/// Where a body was one tick ago, in metres: what is drawn lies between the two.
///
/// Set it with [`Position`] where a body is put somewhere else, or it is seen to fly there.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq)]
pub struct LastPosition(pub Vec2);

/// Velocity of a body, in metres per second.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq)]
pub struct Velocity(pub Vec2);

/// Radius of a body, in metres. A body of radius 0 moves and touches nothing.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq)]
pub struct Radius(pub f32);

/// Whether a body takes part. A dead one stays an entity, to be filled again in place.
///
/// Every system looks at this one byte first, so a dead body costs a fraction of a nanosecond. Change
/// it before a tick or after it, not between its systems: see [`install`](super::install).
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alive(pub bool);

/// A body's own number, which never changes and which no other body has.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BodyIndex(pub u32);

/// All that physics needs of an entity; one that lacks a part is no body, and is left as it is.
///
/// Bodies are worked on in the world's own order: the order of spawning, as long as they all have
/// the same components and none is despawned. Recycle with [`Alive`], and equal runs give equal
/// bits.
///
/// ```
/// use bevy_ecs::world::World;
/// use frame_arena::physics::{Alive, Body, Position};
/// use glam::Vec2;
///
/// let mut world = World::new();
/// let ball = world.spawn(Body::new(0, Vec2::new(1.0, 2.0), Vec2::ZERO, 0.1)).id();
/// *world.get_mut::<Alive>(ball).unwrap() = Alive(false);
/// assert_eq!(world.get::<Position>(ball), Some(&Position(Vec2::new(1.0, 2.0))));
/// ```
#[derive(Bundle, Clone, Copy, Debug)]
pub struct Body {
    /// Where it is.
    pub position: Position,
    /// Where it was.
    pub last_position: LastPosition,
    /// Where it goes.
    pub velocity: Velocity,
    /// How large it is.
    pub radius: Radius,
    /// Whether it takes part.
    pub alive: Alive,
    /// Its own number.
    pub index: BodyIndex,
}

impl Body {
    /// A living body: metres, metres per second, metres.
    #[must_use]
    pub fn new(index: u32, position: Vec2, velocity: Vec2, radius: f32) -> Self {
        Self {
            position: Position(position),
            last_position: LastPosition(position),
            velocity: Velocity(velocity),
            radius: Radius(radius),
            alive: Alive(true),
            index: BodyIndex(index),
        }
    }

    /// A dead body, to be filled later.
    #[must_use]
    pub fn dead(index: u32) -> Self {
        Self { alive: Alive(false), ..Self::new(index, Vec2::ZERO, Vec2::ZERO, 0.0) }
    }
}

/// Bodies that are looked at together when searching for living ones.
pub(super) const SKIP_LEN: usize = 64;

/// Which bodies of a group live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    None,
    Some,
    All,
}

impl Life {
    /// Two folds without a branch, which compile to vector code.
    #[inline]
    pub(super) fn of(group: &[Alive]) -> Self {
        let any = group.iter().fold(false, |any, alive| any | alive.0);
        let all = group.iter().fold(true, |all, alive| all & alive.0);
        match (any, all) {
            (false, _) => Self::None,
            (true, false) => Self::Some,
            (true, true) => Self::All,
        }
    }

    /// Calls `each` for the living of the group's bodies. Where all live, no branch asks each.
    #[inline(always)]
    pub(super) fn each_of<T>(
        self,
        bodies: impl Iterator<Item = T>,
        is_alive: impl Fn(&T) -> bool,
        each: impl FnMut(T),
    ) {
        match self {
            Self::None => {}
            Self::Some => bodies.filter(is_alive).for_each(each),
            Self::All => bodies.for_each(each),
        }
    }
}

/// Places of the living in a run of bodies; whole groups of dead ones are passed over at once.
#[inline]
pub(crate) fn living(alive: &[Alive]) -> impl Iterator<Item = usize> + '_ {
    let groups = alive.chunks(SKIP_LEN).zip((0..).step_by(SKIP_LEN));
    groups.filter(|(group, _)| Life::of(group) != Life::None).flat_map(|(group, start)| {
        group.iter().zip(start..).filter(|(alive, _)| alive.0).map(|(_, place)| place)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_living_body_is_found_in_order() {
        for len in [0, 1, 63, 64, 65, 400] {
            let lives = |n| n % 7 == 3 && !(64..192).contains(&n) || (256..320).contains(&n);
            let alive: Vec<Alive> = (0..len).map(|n| Alive(lives(n))).collect();
            let found: Vec<usize> = living(&alive).collect();
            let wanted: Vec<usize> = (0..len).filter(|&n| alive[n].0).collect();
            assert_eq!(found, wanted);
            let mut each = Vec::new();
            for (group, start) in alive.chunks(SKIP_LEN).zip((0..).step_by(SKIP_LEN)) {
                let bodies = group.iter().zip(start..);
                Life::of(group).each_of(bodies, |(alive, _)| alive.0, |(_, n)| each.push(n));
            }
            assert_eq!(each, wanted);
        }
    }
}
