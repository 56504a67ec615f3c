//! What the systems of a tick hand to each other, and the figures of physics.

use bevy_ecs::resource::Resource;

use super::collider::CollisionObject;
use super::grid::Grid;
use super::motion::Motion;
use super::pairs::Contact;
use super::touch::ContactList;
use crate::{AllocError, SliceHandle};

/// The transient data of the last tick, as handles into the arena of `phase::Physics`.
///
/// They can be resolved until the next tick begins, also by systems of other phases. `None` where
/// the tick did not get so far, for lack of memory; before the first tick, all are.
#[derive(Resource, Clone, Copy, Debug, Default)]
pub struct TickData {
    /// Bodies that can collide, as the tick found them.
    pub objects: Option<SliceHandle<CollisionObject>>,
    /// The same in the order of the grid's cells.
    pub grid: Option<Grid>,
    /// Pairs that overlap.
    pub contacts: Option<SliceHandle<Contact>>,
    /// For each touching body, what it touches.
    pub lists: Option<SliceHandle<ContactList>>,
    /// Motion after the collisions, in the order of `objects`.
    pub settled: Option<SliceHandle<Motion>>,
}

/// Counts of the last tick, and what went short since the start.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PhysicsFigures {
    /// Bodies alive in the last tick.
    pub body_count: u64,
    /// Pairs that overlapped in the last tick.
    pub contact_count: u64,
    /// Bodies with a contact list in the last tick.
    pub touching_count: u64,
    /// What was left out since the start.
    pub shortfall: PhysicsShortfall,
}

/// What physics left out, since the start. All zero in a healthy game.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PhysicsShortfall {
    /// Steps of a tick that the arena refused: in that tick, bodies passed through each other.
    pub steps_refused: u64,
    /// Contacts found and not stored.
    pub contacts_refused: u64,
    /// Contact lists not made.
    pub lists_refused: u64,
    /// Pairs not tested because too many bodies lay in one place.
    pub pairs_untested: u64,
    /// Bodies taken out because their position, velocity or radius was not finite.
    pub bodies_reset: u64,
}

impl PhysicsShortfall {
    /// The result, or `None` and a count more.
    pub(crate) fn note<T>(&mut self, result: Result<T, AllocError>) -> Option<T> {
        self.steps_refused += u64::from(result.is_err());
        result.ok()
    }
}
