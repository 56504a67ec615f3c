//! A whole tick of physics, on one thread and on two, and where its time goes.

use std::time::{Duration, Instant};

use bevy_ecs::prelude::*;
use frame_arena::ArenaConfig;
use frame_arena::ecs::{Engine, EngineConfig, phase};
use frame_arena::physics::{
    Body, PhysicsConfig, PhysicsFigures, Position, TickData, Velocity, find_pairs, gather_objects,
    integrate_motion, list_touches, relax_contacts, sort_bodies, write_back,
};
use frame_arena_benches::arms::Targets;
use glam::Vec2;

use crate::plain::Plain;
use crate::rounds::{Arm, fastest};
use crate::scene::{Scene, pile, scattered, with_one_far};

const ROUNDS: usize = 15;

/// Moments between the systems of a tick.
#[derive(Resource, Default)]
struct Marks(Vec<Instant>);

fn mark(mut marks: ResMut<Marks>) {
    marks.0.push(Instant::now());
}

const SYSTEMS: [&str; 7] = ["integrate", "gather", "sort", "pairs", "lists", "relax", "write back"];

fn config_of(scene: &Scene) -> PhysicsConfig {
    PhysicsConfig {
        half_extents_m: scene.half_extents_m,
        gravity: Vec2::ZERO,
        ..PhysicsConfig::default()
    }
}

/// An engine with bodies.
pub struct World {
    engine: Engine,
    scene: Scene,
    /// Whether each tick goes on from the last.
    is_live: bool,
    /// Fastest time of each system, in milliseconds.
    least_ms: [f64; SYSTEMS.len()],
}

impl World {
    /// An engine whose bodies move on from a scene: after two seconds of it.
    pub fn live(scene: &Scene, threads: usize) -> Self {
        let mut world = Self { is_live: true, ..Self::new(scene, threads) };
        (0..120).for_each(|_| _ = world.step());
        world.least_ms = [f64::MAX; SYSTEMS.len()];
        world
    }

    /// An engine with that many threads, and bodies that are as in a scene before each tick.
    pub fn new(scene: &Scene, threads: usize) -> Self {
        let physics = ArenaConfig {
            capacity_bytes: (1 << 20) + scene.objects.len() * 300,
            pretouch: true,
            ..ArenaConfig::default()
        };
        let config = EngineConfig { physics, threads, ..EngineConfig::default() };
        let mut engine = Engine::try_with_config(config).expect("memory and threads");
        let world = engine.world_mut();
        world.insert_resource(config_of(scene));
        world.init_resource::<TickData>();
        world.init_resource::<PhysicsFigures>();
        world.init_resource::<Marks>();
        let objects = scene.objects.iter();
        world.spawn_batch(
            objects
                .map(|object| Body {
                    index: object.body,
                    ..Body::new(0, object.motion.position, object.motion.velocity, object.radius)
                })
                .collect::<Vec<_>>(),
        );
        // The systems that `physics::install` adds.
        engine.add_systems(
            phase::Physics,
            (
                (mark, integrate_motion, mark, gather_objects, mark, sort_bodies, mark).chain(),
                (find_pairs, mark, list_touches, mark, relax_contacts, mark, write_back, mark)
                    .chain(),
            )
                .chain(),
        );
        Self { engine, scene: scene.clone(), is_live: false, least_ms: [f64::MAX; SYSTEMS.len()] }
    }

    /// Puts the bodies in place, unless they move on, and runs a tick, which is timed.
    pub fn step(&mut self) -> Duration {
        let world = self.engine.world_mut();
        world.resource_mut::<Marks>().0.clear();
        if !self.is_live {
            let mut bodies = world.query::<(&mut Position, &mut Velocity)>();
            let bodies = bodies.iter_mut(world).zip(&self.scene.objects);
            for ((mut position, mut velocity), object) in bodies {
                position.0 = object.motion.position;
                velocity.0 = object.motion.velocity;
            }
        }
        let elapsed = self.engine.tick_duration();
        let report = self.engine.run_frame(elapsed).expect("no system fails");
        let marks = &self.engine.world().resource::<Marks>().0;
        for (least, marks) in self.least_ms.iter_mut().zip(marks.windows(2)) {
            *least = least.min((marks[1] - marks[0]).as_secs_f64() * 1e3);
        }
        let physics = report.phase("physics").expect("the engine has it");
        assert_eq!(report.tick_count, 1);
        physics.duration
    }

    /// Pairs of the last tick.
    pub fn contact_count(&self) -> u64 {
        self.engine.world().resource::<PhysicsFigures>().contact_count
    }

    /// Bytes of the physics arena that the last tick used.
    pub fn used_bytes(&mut self) -> usize {
        let world = self.engine.world_mut();
        let mut arena = world.resource_mut::<frame_arena::ecs::PhaseArena<phase::Physics>>();
        arena.stats().used_bytes
    }
}

/// Prints the table.
pub fn table(count: u32, targets: &mut Targets) {
    println!("## A tick of {count} bodies, three rounds of relaxation, ms\n");
    println!(
        "| scene | pairs | 1 thread | 2 threads (first of a row) | plain loops | ns a pair | {} |",
        SYSTEMS.join(" | ")
    );
    println!("|---|---|---|---|---|---|{}", "---|".repeat(SYSTEMS.len()));
    let scattered_bodies = scattered(count, 1.0, 0.4);
    let mut gas = scattered_bodies.clone();
    gas.name = String::from("gas: those, two seconds on");
    let scenes = [
        gas,
        scattered_bodies,
        scattered(count, 1.0, 1.5),
        scattered(count, 4.0, 1.5),
        pile(count),
        with_one_far(count),
    ];
    let mut ns_per_pair = Vec::new();
    for (place, scene) in scenes.iter().enumerate() {
        let is_live = place == 0;
        let new = if is_live { World::live } else { World::new };
        let [mut one, mut two] = [1, 2].map(|threads| new(scene, threads));
        let new = if is_live { Plain::live } else { Plain::new };
        // Plain loops have a cell for each place within the walls.
        let mut plain = scene.half_extents_m.is_finite().then(|| new(scene, &config_of(scene)));
        let mut arms: Vec<Arm<'_>> = vec![Box::new(|| one.step()), Box::new(|| two.step())];
        if let Some(plain) = &mut plain {
            arms.push(Box::new(|| plain.step()));
        }
        let fastest = fastest(ROUNDS, &mut arms);
        let (one_ms, two_ms) = (fastest[0].ms, fastest[1].ms);
        let plain_ms = fastest.get(2).map_or(String::from("-"), |plain| format!("{:.2}", plain.ms));
        drop(arms);
        let pairs = one.contact_count();
        // What moves on comes apart by rounding.
        if let Some(plain) = plain.filter(|_| !is_live) {
            assert_eq!(plain.pair_count(), pairs);
        }
        ns_per_pair.push(one_ms * 1e6 / pairs as f64);
        let parts = one.least_ms.map(|ms| format!("{ms:.2}")).join(" | ");
        println!(
            "| {} | {pairs} | {one_ms:.2} | {two_ms:.2} ({:.2}) | {plain_ms} | {:.1} | {parts} |",
            scene.name, fastest[1].first_ms, ns_per_pair[place]
        );
        if is_live && count == crate::COUNT {
            println!(
                "| target | | 3.0, {} | 2.2, {} | | |{}",
                targets.check(one_ms, 3.0),
                targets.check(two_ms, 2.2),
                " |".repeat(SYSTEMS.len())
            );
        }
    }
    let ratio = ns_per_pair[4] / ns_per_pair[2];
    println!(
        "\nA pair in the pile costs {ratio:.2} times one of the scattered: {} (2)\n",
        targets.check(ratio, 2.0)
    );
}
