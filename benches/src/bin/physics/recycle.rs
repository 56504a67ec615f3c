//! Bodies that come and go: 2,000 die and 2,000 are born among 100,000.

use std::time::Duration;

use bevy_ecs::prelude::*;
use bevy_ecs::world::CommandQueue;
use frame_arena::heap;
use frame_arena::physics::{Alive, Body, Position, Radius, Velocity};
use frame_arena_benches::arms::Targets;
use frame_arena_benches::random::Random;
use glam::Vec2;

use crate::COUNT;
use crate::rounds::timed;

const CHURN: usize = 2_000;
const ROUNDS: usize = 60;

type Slot = (&'static mut Position, &'static mut Velocity, &'static mut Radius, &'static mut Alive);

/// Bodies and, over the rounds, which of them die next.
struct Churned {
    world: World,
    /// As systems keep them.
    lives: QueryState<&'static mut Alive>,
    bodies: QueryState<Slot>,
    entities: Vec<Entity>,
    random: Random,
    least: Duration,
    heap_calls: u64,
}

impl Churned {
    fn new() -> Self {
        let mut world = World::new();
        let bodies = (0..COUNT).map(|n| Body::new(n, Vec2::ZERO, Vec2::ZERO, 0.1));
        let entities = world.spawn_batch(bodies).collect();
        Self {
            lives: world.query(),
            bodies: world.query(),
            world,
            entities,
            random: Random::new(1),
            least: Duration::MAX,
            heap_calls: u64::MAX,
        }
    }

    /// Places among `entities`, no two the same.
    fn dying(&mut self) -> Vec<usize> {
        let first = self.random.below(COUNT as usize);
        // 7919 is a prime, so that the places are apart.
        (0..CHURN).map(|n| (first + n * 7_919) % COUNT as usize).collect()
    }

    /// Runs one round of an arm.
    fn round(&mut self, run: fn(&mut Self, &[usize]), counts: bool) {
        let dying = self.dying();
        let before = heap::thread_counts();
        let (took, ()) = timed(|| run(self, &dying));
        let calls = (heap::thread_counts() - before).heap_calls;
        self.world.clear_trackers();
        if counts {
            self.least = self.least.min(took);
            self.heap_calls = self.heap_calls.min(calls);
        }
    }
}

fn newborn(n: usize) -> Body {
    Body::new(n as u32, Vec2::ONE, Vec2::ONE, 0.2)
}

/// Slots of the dead are filled again.
fn recycled(churned: &mut Churned, dying: &[usize]) {
    let Churned { world, lives, bodies, entities, .. } = churned;
    let mut lives = lives.query_mut(&mut *world);
    for &place in dying {
        if let Ok(mut alive) = lives.get_mut(entities[place]) {
            alive.0 = false;
        }
    }
    let mut bodies = bodies.query_mut(world);
    for &place in dying {
        if let Ok((mut position, mut velocity, mut radius, mut alive)) =
            bodies.get_mut(entities[place])
        {
            let body = newborn(place);
            (*position, *velocity, *radius) = (body.position, body.velocity, body.radius);
            alive.0 = true;
        }
    }
}

/// Entities end and begin at once.
fn respawned(churned: &mut Churned, dying: &[usize]) {
    let Churned { world, entities, .. } = churned;
    for &place in dying {
        world.despawn(entities[place]);
    }
    let born = world.spawn_batch(dying.iter().map(|&place| newborn(place)));
    for (&place, entity) in dying.iter().zip(born) {
        entities[place] = entity;
    }
}

/// Entities end and begin by commands.
fn commanded(churned: &mut Churned, dying: &[usize]) {
    let Churned { world, entities, .. } = churned;
    let mut queue = CommandQueue::default();
    let mut commands = Commands::new(&mut queue, world);
    for &place in dying {
        commands.entity(entities[place]).despawn();
        entities[place] = commands.spawn(newborn(place)).id();
    }
    queue.apply(world);
}

type Arm = (&'static str, fn(&mut Churned, &[usize]));

const ARMS: [Arm; 3] = [
    ("slots filled again in place", recycled),
    ("`World::despawn` and `spawn_batch`", respawned),
    ("commands", commanded),
];

/// Prints the table.
pub fn table(_count: u32, targets: &mut Targets) {
    println!("## {CHURN} die and {CHURN} are born among {COUNT}\n");
    println!("| | ms | heap calls |");
    println!("|---|---|---|");
    let mut churned = [(); ARMS.len()].map(|()| Churned::new());
    for round in 0..ROUNDS {
        for (churned, (_, run)) in churned.iter_mut().zip(ARMS) {
            churned.round(run, round > 2);
        }
    }
    for (churned, (name, _)) in churned.iter().zip(ARMS) {
        println!("| {name} | {:.3} | {} |", churned.least.as_secs_f64() * 1e3, churned.heap_calls);
    }
    let (ms, calls) = (churned[0].least.as_secs_f64() * 1e3, churned[0].heap_calls);
    println!(
        "| target | 0.35, {} | 0, {} |\n",
        targets.check(ms, 0.35),
        targets.check(calls as f64, 0.0)
    );
}
