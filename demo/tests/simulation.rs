//! The simulation by itself.

use std::path::Path;

use frame_arena::profile::ProfileLevel;
use particle_demo::effect::Effect;
use particle_demo::model::{AllocatorKind, ExecutorKind};
use particle_demo::simulation::{Simulation, SimulationSettings};

fn effect(name: &str) -> Effect {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/effects");
    Effect::load(&assets.join(name)).unwrap()
}

fn simulation(effect: &Effect) -> Simulation {
    let settings = SimulationSettings {
        seed: 3,
        particle_count: 1_000,
        allocator: AllocatorKind::Arena,
        budget_bytes: None,
        threads: 1,
        executor: ExecutorKind::Serial,
        profile: ProfileLevel::Blocks,
    };
    Simulation::new(effect, settings).unwrap()
}

fn run(simulation: &mut Simulation, frame_count: usize) {
    let tick = simulation.tick_duration();
    for _ in 0..frame_count {
        simulation.run_frame(tick).unwrap();
    }
}

#[test]
fn switching_the_allocator_while_running_changes_no_particle() {
    let effect = effect("firework.ron");
    let mut steady = simulation(&effect);
    let mut switched = simulation(&effect);
    run(&mut steady, 60);
    for allocator in [AllocatorKind::Heap, AllocatorKind::Arena, AllocatorKind::Heap] {
        switched.set_allocator(allocator);
        run(&mut switched, 20);
    }
    assert_eq!(steady.checksum(), switched.checksum());
}

#[test]
fn the_draw_list_shows_the_living_and_is_empty_before_the_first_frame() {
    let effect = effect("galaxy.ron");
    let mut simulation = simulation(&effect);
    assert!(simulation.instances().is_empty());
    run(&mut simulation, 1);
    let living = simulation.emission().living_count;
    assert!(living > 900, "{living}");
    assert!(simulation.instances().len() >= living);
}

#[test]
fn labels_say_which_particle_and_how_fast() {
    let effect = effect("galaxy.ron");
    let mut simulation = simulation(&effect);
    run(&mut simulation, 1);
    let mut room = [particle_demo::model::Label { position_m: [0.0; 2], text: "" }; 6];
    let labels = simulation.labels(&mut room);
    assert!(!labels.is_empty());
    assert!(labels.iter().all(|label| label.text.starts_with('#') && label.text.ends_with(" m/s")));
}

#[test]
fn without_emission_the_particles_die_out() {
    let effect = effect("fountain.ron");
    let mut simulation = simulation(&effect);
    simulation.set_emission(0.0);
    run(&mut simulation, 60 * 5);
    assert_eq!(simulation.emission().living_count, 0);
    assert!(simulation.instances().is_empty());
}

#[test]
fn paused_frames_move_nothing_and_still_draw() {
    let effect = effect("galaxy.ron");
    let mut simulation = simulation(&effect);
    run(&mut simulation, 2);
    let before = simulation.checksum();
    simulation.run_frame(std::time::Duration::ZERO).unwrap();
    assert_eq!(simulation.checksum(), before);
    assert!(!simulation.instances().is_empty());
}

/// Equal positions, noted in one paused frame after the other, made each trail a point below its particle.
#[test]
fn paused_frames_keep_the_trails() {
    let mut simulation = simulation(&effect("firework.ron"));
    run(&mut simulation, 60);
    let before = simulation.instances().to_vec();
    for _ in 0..20 {
        simulation.run_frame(std::time::Duration::ZERO).unwrap();
    }
    assert!(simulation.instances() == before);
}

#[test]
fn a_new_effect_starts_with_all_particles() {
    let mut simulation = simulation(&effect("galaxy.ron"));
    run(&mut simulation, 30);
    simulation.show(&effect("fountain.ron"));
    run(&mut simulation, 1);
    assert!(simulation.emission().living_count > 950);
}
