//! Circles that collide: a tick of physics whose transient data lives in the arena of
//! [`phase::Physics`](crate::ecs::phase::Physics).
//!
//! A tick is seven systems in a row:
//!
//! 1. [`integrate_motion`]: forces and free motion.
//! 2. [`gather_objects`]: one slice of all bodies that can collide.
//! 3. [`sort_bodies`]: the same in the order of a grid's cells.
//! 4. [`find_pairs`]: each pair that overlaps, once.
//! 5. [`list_touches`]: for each touching body a small slice of what it touches.
//! 6. [`relax_contacts`]: overlaps are pushed apart, approaches bounce.
//! 7. [`write_back`]: the result, held inside the walls, goes to the components.
//!
//! From system to system go handles, in [`TickData`]. When the arena's budget refuses a step, its
//! bodies collide less in that tick, and [`PhysicsFigures`] tells. As long as nothing is refused,
//! results have the same bits on any number of threads; what a budget refuses depends on their turns.
//! Bodies come table by table of bevy's, the one whose first body has the lowest number first, and in
//! a table as they lie there: what else is in the world does not change their bits.
//!
//! ```
//! use frame_arena::ecs::Engine;
//! use frame_arena::physics::{self, Body, PhysicsConfig, PhysicsFigures};
//! use glam::Vec2;
//!
//! let mut engine = Engine::new();
//! physics::install(&mut engine, PhysicsConfig::default());
//! for n in 0..10 {
//!     let position = Vec2::new(n as f32 * 0.3, 0.0);
//!     engine.world_mut().spawn(Body::new(n, position, Vec2::ZERO, 0.2));
//! }
//! engine.run_frame(engine.tick_duration())?;
//! let figures = engine.world().resource::<PhysicsFigures>();
//! assert_eq!((figures.contact_count, figures.touching_count), (9, 10));
//! # Ok::<(), frame_arena::ecs::FrameError>(())
//! ```

mod body;
mod checksum;
mod chunks;
mod circles;
mod collector;
mod collider;
mod config;
mod contact;
mod deal;
mod disc;
mod extent;
mod giants;
mod grid;
mod lanes;
mod layout;
mod level;
mod motion;
mod pairs;
mod relax;
mod routes;
#[cfg(test)]
pub(crate) mod scene;
mod sort;
mod strip;
mod survey;
mod systems;
mod tick;
mod touch;
mod walls;

pub(crate) use body::living;
pub use body::{Alive, Body, BodyIndex, LastPosition, Position, Radius, Velocity};
pub use checksum::checksum;
pub(crate) use chunks::{CHUNK_BODIES, chunk_ranges};
pub use collector::MAX_RUN;
pub use collider::CollisionObject;
pub use config::{Attractor, PhysicsConfig, PointerForce};
pub use contact::{Contact, FoundContacts, StripContacts};
pub use disc::{ALLOWED_OVERLAP, Disc, RESTING_SPEED, parted};
pub use giants::GIANT_TESTS_PER_BODY;
pub use grid::{Entry, GIANT_RADII, Grid};
pub use level::MAX_CELLS_PER_BODY;
pub use motion::{Motion, held_inside, integrated};
pub use pairs::{MAX_FOUND, find_contacts};
pub use relax::relax;
pub use sort::sort_into_grid;
pub(crate) use systems::dense;
pub use systems::{
    find_pairs, gather_objects, install, integrate_motion, list_touches, relax_contacts,
    sort_bodies, world_checksum, write_back,
};
pub use tick::{PhysicsFigures, PhysicsShortfall, TickData};
pub use touch::{ContactList, ListedContacts, Touch, list_contacts};
