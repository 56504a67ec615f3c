//! What a particle is made of.

use bevy_ecs::bundle::Bundle;
use bevy_ecs::component::Component;
use bevy_ecs::query::QueryData;
use frame_arena::physics::{Alive, Body, LastPosition, Position, Radius, Velocity};
use frame_arena::render::{Dot, Layer, Scale, Tint, Trail};
use glam::Vec2;

use crate::effect::{Effect, Spawn};

/// How old a particle is, and how old it gets.
#[derive(Component, Clone, Copy, Debug, PartialEq)]
pub struct Age {
    /// Since its birth.
    pub age_secs: f32,
    /// At which it dies; infinite if never.
    pub lifetime_secs: f32,
}

/// All components of a particle. Every particle has all of them from before the first frame on, so that birth and death
/// move nothing.
#[derive(Bundle)]
pub struct Particle {
    body: Body,
    dot: Dot,
    age: Age,
}

impl Particle {
    /// A slot for particles, empty as yet.
    pub fn dead(index: u32) -> Self {
        Self {
            body: Body::dead(index),
            dot: Dot::new(Tint([0; 4])),
            age: Age { age_secs: 0.0, lifetime_secs: 0.0 },
        }
    }
}

/// What changes when a slot is filled.
#[derive(QueryData)]
#[query_data(mutable)]
pub struct Slot {
    position: &'static mut Position,
    last_position: &'static mut LastPosition,
    velocity: &'static mut Velocity,
    radius: &'static mut Radius,
    alive: &'static mut Alive,
    age: &'static mut Age,
    layer: &'static mut Layer,
    scale: &'static mut Scale,
    trail: &'static mut Trail,
}

impl SlotItem<'_, '_> {
    /// Fills the slot with a newborn particle.
    pub fn fill(&mut self, effect: &Effect, spawn: &Spawn) {
        self.position.0 = Vec2::from_array(spawn.position_m);
        self.last_position.0 = self.position.0;
        self.velocity.0 = Vec2::from_array(spawn.velocity_m_per_sec);
        self.radius.0 = spawn.radius_m;
        self.alive.0 = true;
        *self.age = Age { age_secs: spawn.age_secs, lifetime_secs: spawn.lifetime_secs };
        self.layer.0 = spawn.layer;
        self.scale.0 =
            effect.layers.get(usize::from(spawn.layer)).map_or(1.0, |layer| layer.size_factor);
        self.trail.clear();
    }
}
