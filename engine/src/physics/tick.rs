//! What the systems of a tick hand to each other, and the figures of physics.

use bevy_ecs::resource::Resource;

use super::chunks::ChunkStart;
use super::collider::CollisionObject;
use super::contact::{Contact, StripContacts};
use super::disc::Disc;
use super::grid::Grid;
use super::motion::Motion;
use super::survey::Survey;
use super::touch::ContactList;
use crate::{AllocError, SliceHandle, ThreadArenas};

/// The transient data of the last tick, as handles into the arena of `phase::Physics`.
///
/// They can be resolved until the next tick begins, also by systems of other phases. `None` where
/// the tick did not get so far, for lack of memory; before the first tick, all are.
#[derive(Resource, Clone, Copy, Debug, Default)]
pub struct TickData {
    /// Bodies that can collide, as the tick's free motion left them.
    pub objects: Option<SliceHandle<CollisionObject>>,
    /// The same in the order of the grid's cells.
    pub grid: Option<Grid>,
    /// Pairs that overlap, strip by strip; see [`each_contact`](Self::each_contact).
    pub contacts: Option<SliceHandle<StripContacts>>,
    /// For each touching body what it touches, strip by strip; see
    /// [`each_list`](Self::each_list).
    pub lists: Option<SliceHandle<SliceHandle<ContactList>>>,
    /// Bodies after the collisions, in the order of the grid.
    pub settled: Option<SliceHandle<Disc>>,
    /// For each chunk of bodies, in bevy's order, where it is among `objects`.
    pub(super) chunk_starts: Option<SliceHandle<ChunkStart>>,
    /// What is known of those of `objects` that each job of the sort deals out.
    pub(super) deals: Option<SliceHandle<Survey>>,
    /// The motions of `settled`, in the order in which the sort dealt bodies out.
    pub(super) sent_back: Option<SliceHandle<Motion>>,
}

impl TickData {
    /// Each pair of bodies that overlapped, once; `arenas` are those of `phase::Physics`.
    pub fn each_contact<'a>(
        &self,
        arenas: &'a ThreadArenas,
    ) -> impl Iterator<Item = &'a Contact> + use<'a> {
        let strips = self.contacts.and_then(|strips| arenas.get(strips).ok()).unwrap_or(&[]);
        let lists = strips.iter().flat_map(|strip| [strip.inner, strip.upward, strip.giant]);
        lists.flat_map(|list| arenas.get(list).unwrap_or(&[]))
    }

    /// The contact list of each touching body, in the order of the grid; `arenas` are those of
    /// `phase::Physics`.
    ///
    /// ```
    /// use bevy_ecs::prelude::*;
    /// use frame_arena::ecs::{Arena, Engine, phase};
    /// use frame_arena::physics::{self, Body, PhysicsConfig, TickData};
    /// use glam::Vec2;
    ///
    /// fn spark(physics: Arena<phase::Physics>, tick: Res<TickData>) {
    ///     for list in tick.each_list(physics.threads()) {
    ///         let touches = physics.get(list.touches).unwrap();
    ///         assert!(touches.iter().all(|touch| touch.depth > 0.09));
    ///     }
    ///     assert_eq!(tick.each_list(physics.threads()).count(), 2);
    /// }
    ///
    /// let mut engine = Engine::new();
    /// physics::install(&mut engine, PhysicsConfig::default());
    /// engine.add_systems(phase::Render, spark);
    /// for (n, x) in [(0, 0.0), (1, 0.3), (2, 5.0)] {
    ///     engine.world_mut().spawn(Body::new(n, Vec2::new(x, 0.0), Vec2::ZERO, 0.2));
    /// }
    /// engine.run_frame(engine.tick_duration())?;
    /// # Ok::<(), frame_arena::ecs::FrameError>(())
    /// ```
    pub fn each_list<'a>(
        &self,
        arenas: &'a ThreadArenas,
    ) -> impl Iterator<Item = &'a ContactList> + use<'a> {
        let strips = self.lists.and_then(|strips| arenas.get(strips).ok()).unwrap_or(&[]);
        strips.iter().flat_map(|&lists| arenas.get(lists).unwrap_or(&[]))
    }
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
    /// Pairs not tested, and contacts found and left out, because too many bodies lay in one place. A
    /// world far wider than its bodies need is folded: there, places that are a multiple of some length
    /// apart, as in a lattice, may count as one.
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
