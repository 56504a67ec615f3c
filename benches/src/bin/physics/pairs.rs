//! Pairs of overlapping circles: from a slice of circles to the list of pairs.

use std::time::Duration;

use frame_arena::ThreadArenas;
use frame_arena::ecs::Workers;
use frame_arena::physics::{find_contacts, sort_into_grid};
use frame_arena_benches::arms::Targets;

use crate::rounds::{Arm, Fastest, fastest, timed};
use crate::scene::{Scene, pile, scattered};

const ROUNDS: usize = 15;

/// Sorts and searches once; gives the time and the number of pairs.
fn ours(scene: &Scene, arenas: &mut ThreadArenas, workers: &Workers) -> (Duration, u64) {
    arenas.begin_frame();
    let arenas = &*arenas;
    timed(|| {
        let grid = sort_into_grid(&scene.objects, scene.half_extents_m, arenas, workers)
            .expect("memory for the grid");
        find_contacts(&grid, arenas, workers).expect("memory for the pairs").count
    })
}

/// The sort alone.
fn sorted(scene: &Scene, arenas: &mut ThreadArenas, workers: &Workers) -> Duration {
    arenas.begin_frame();
    let arenas = &*arenas;
    timed(|| sort_into_grid(&scene.objects, scene.half_extents_m, arenas, workers)).0
}

/// Prints the table.
pub fn table(count: u32, targets: &mut Targets) {
    println!("## Pairs of overlapping circles, {count} circles, ns a circle\n");
    println!(
        "| scene | pairs a circle | ours | first of a row | of ours the sort | ours, 2 threads | broccoli | rapier2d's broad phase |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let scenes = [scattered(count, 1.0, 1.5), scattered(count, 4.0, 1.5), pile(count)];
    for (place, scene) in scenes.iter().enumerate() {
        row(scene, place < 2 && count == crate::COUNT, targets);
    }
    println!();
}

fn row(scene: &Scene, has_targets: bool, targets: &mut Targets) {
    let mut arenas = [(); 3].map(|()| ThreadArenas::new());
    let [one, two, three] = &mut arenas;
    let (serial, pair) = (Workers::serial(), Workers::try_new(2).expect("two threads"));
    let circles = scene.objects.len() as f64;
    let pairs = ours(scene, one, &serial).1;
    let mut arms: Vec<Arm<'_>> = vec![
        Box::new(|| ours(scene, one, &serial).0),
        Box::new(|| sorted(scene, two, &serial)),
        Box::new(|| ours(scene, three, &pair).0),
    ];
    #[cfg(feature = "peers")]
    arms.extend(crate::peers::arms(scene, pairs));
    let fastest = fastest(ROUNDS, &mut arms);
    let first_ns = fastest[0].first_ms * 1e6 / circles;
    let ns: Vec<f64> = fastest.iter().map(|Fastest { ms, .. }| ms * 1e6 / circles).collect();
    let peer = |place: usize| match ns.get(place) {
        Some(ns_per_circle) => format!("{ns_per_circle:.0} ({:.1}x)", ns_per_circle / ns[0]),
        None => String::from("not built"),
    };
    println!(
        "| {} | {:.2} | {:.1} | {first_ns:.1} | {:.1} | {:.1} | {} | {} |",
        scene.name,
        pairs as f64 / circles,
        ns[0],
        ns[1],
        ns[2],
        peer(3),
        peer(4)
    );
    if has_targets {
        println!(
            "| target | | 30, {} | | | | 5x{} | 12x{} |",
            targets.check(ns[0], 30.0),
            ns.get(3)
                .map_or(String::new(), |peer| format!(", {}", targets.check(5.0, peer / ns[0]))),
            ns.get(4)
                .map_or(String::new(), |peer| format!(", {}", targets.check(12.0, peer / ns[0])))
        );
    }
}
