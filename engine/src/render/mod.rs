//! What there is to draw: visible bodies with trails and labels, as one array of instances in the
//! arena of [`phase::Render`](crate::ecs::phase::Render). Draws nothing itself.
//!
//! 1. [`record_trails`], in the physics phase, notes where bodies are before a tick moves them.
//! 2. [`gather_visible`] makes a [`RenderObject`] of each living body in the [`View`], with as many
//!    points of its trail as its speed and age say: a small slice each.
//! 3. [`sort_by_layer`] turns them into [`Instance`]s, lowest layer first.
//! 4. [`write_labels`] writes the texts of bodies with a [`Label`].
//!
//! The result is in [`DrawList`]. When the arena's budget refuses, there is less to see, and
//! [`DrawList::shortfall`] tells.
//!
//! ```
//! use frame_arena::ecs::{Engine, PhaseArena, phase};
//! use frame_arena::physics::{self, Body, PhysicsConfig};
//! use frame_arena::render::{self, Dot, DrawList, Label, Tint, View};
//! use glam::Vec2;
//!
//! let mut engine = Engine::new();
//! physics::install(&mut engine, PhysicsConfig::default());
//! render::install(&mut engine, View::default());
//! let body = Body::new(7, Vec2::ZERO, Vec2::ZERO, 0.2);
//! engine.world_mut().spawn((body, Dot::new(Tint([255, 160, 0, 255]))));
//! engine.world_mut().spawn((Body::new(8, Vec2::Y, Vec2::ZERO, 0.2), Label::Number));
//! engine.run_frame(engine.tick_duration())?;
//!
//! let world = engine.world();
//! let (list, arena) = (world.resource::<DrawList>(), world.resource::<PhaseArena<phase::Render>>());
//! let instances = arena.threads().get(list.instances.unwrap()).unwrap();
//! assert_eq!((instances.len(), instances[0].size), (1, 0.4));
//! let labels = arena.threads().get(list.labels.unwrap()).unwrap();
//! assert_eq!(arena.threads().get(labels[0].text), Ok("#8"));
//! # Ok::<(), frame_arena::ecs::FrameError>(())
//! ```

mod draw_list;
mod look;
mod systems;
mod trail;

pub use draw_list::{
    DrawList, Instance, PlacedLabel, RenderObject, RenderShortfall, body_instance, sort_instances,
    trail_instance,
};
pub use look::{Dot, Label, Layer, Scale, Tint, TrailConfig, View};
pub use systems::{gather_visible, install, record_trails, sort_by_layer, write_labels};
pub use trail::{TRAIL_LEN, Trail};
