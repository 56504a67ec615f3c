//! The same pairs by broccoli and by rapier2d's broad phase.

use std::time::Duration;

use broccoli::Tree;
use broccoli::rect;
use rapier2d::prelude::*;

use crate::rounds::{Arm, timed};
use crate::scene::Scene;

/// The arms, each of which finds `count` pairs.
pub fn arms<'a>(scene: &'a Scene, count: u64) -> Vec<Arm<'a>> {
    let mut rapier = Rapier::new(scene);
    let mut pairs = Vec::new();
    let mut boxes = Vec::new();
    vec![
        Box::new(move || {
            let (took, found) = broccoli_pairs(scene, &mut boxes, &mut pairs);
            assert_eq!(found as u64, count, "broccoli finds other pairs");
            took
        }),
        Box::new(move || rapier.update()),
    ]
}

type Boxed = (broccoli::aabb::Rect<f32>, u32);

/// Builds the tree anew, as it must be for bodies that move, and tests the circles of each pair of
/// boxes.
fn broccoli_pairs(
    scene: &Scene,
    boxes: &mut Vec<Boxed>,
    pairs: &mut Vec<(u32, u32)>,
) -> (Duration, usize) {
    timed(|| {
        boxes.clear();
        pairs.clear();
        boxes.extend(scene.objects.iter().zip(0..).map(|(object, n)| {
            let (at, radius) = (object.motion.position, object.radius);
            (rect(at.x - radius, at.x + radius, at.y - radius, at.y + radius), n)
        }));
        Tree::new(boxes).find_colliding_pairs(|a, b| {
            let (a, b) = (*a.unpack_inner(), *b.unpack_inner());
            let (one, two) = (&scene.objects[a as usize], &scene.objects[b as usize]);
            let reach = one.radius + two.radius;
            let way = one.motion.position - two.motion.position;
            if way.length_squared() < reach * reach {
                pairs.push((a, b));
            }
        });
        pairs.len()
    })
}

/// A world of rapier's whose bodies all move in every step.
struct Rapier {
    bodies: RigidBodySet,
    colliders: ColliderSet,
    handles: Vec<ColliderHandle>,
    places: Vec<[Vector; 2]>,
    broad_phase: BroadPhaseBvh,
    parameters: IntegrationParameters,
    events: Vec<BroadPhasePairEvent>,
    step: usize,
}

impl Rapier {
    fn new(scene: &Scene) -> Self {
        let mut colliders = ColliderSet::new();
        let bodies = RigidBodySet::new();
        let tick_secs = 1.0 / 60.0;
        let mut places = Vec::new();
        let handles = scene.objects.iter().map(|object| {
            let at = object.motion.position;
            let then = at + object.motion.velocity * tick_secs;
            let [here, there] = [at, then].map(|at| Vector::new(at.x, at.y));
            places.push([here, there]);
            colliders.insert(ColliderBuilder::ball(object.radius).translation(here))
        });
        let handles = handles.collect();
        Self {
            bodies,
            colliders,
            handles,
            places,
            broad_phase: BroadPhaseBvh::new(),
            parameters: IntegrationParameters::default(),
            events: Vec::new(),
            step: 0,
        }
    }

    /// Moves all bodies a tick on, or back, and updates the broad phase, which is timed.
    fn update(&mut self) -> Duration {
        self.step += 1;
        for (handle, places) in self.handles.iter().zip(&self.places) {
            self.colliders[*handle].set_translation(places[self.step % 2]);
        }
        self.events.clear();
        timed(|| {
            self.broad_phase.update(
                &self.parameters,
                &self.colliders,
                &self.bodies,
                &self.handles,
                &[],
                &mut self.events,
            );
        })
        .0
    }
}
