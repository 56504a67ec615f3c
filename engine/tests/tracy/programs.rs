//! What the processes run that are watched.

use std::sync::mpsc::channel;
use std::thread;

use bevy_ecs::world::World;
use frame_arena::ecs::{self, Lifetime, Phase, PhaseArena, phase};
use frame_arena::profile::{self, ProfileLevel};
use frame_arena::{
    ArenaConfig, ArenaMode, Budget, FrameArena, FrameVec, Handle, PacketPool, ThreadArenas,
};

use super::churn::{Random, churn};

fn config(name: &'static str) -> ArenaConfig {
    ArenaConfig {
        capacity_bytes: 1_000,
        profile: ProfileLevel::Objects,
        ..ArenaConfig::named(name)
    }
}

fn begin() {
    profile::start();
    profile::wait_for_viewer();
}

#[test]
#[ignore = "run by the tests that watch it"]
fn one_frame() {
    begin();
    let mut arena = FrameArena::with_config(config("level"));
    arena.alloc(1u64);
    arena.alloc(()); // No memory, no event.
    let mut numbers: FrameVec<u32> = FrameVec::with_capacity_in(1, &arena);
    numbers.push(1);
    numbers.try_reserve_exact(1).unwrap();
    arena.alloc(2u64);
    numbers.try_reserve_exact(3).unwrap();
    drop(numbers);
    arena.reset();
}

#[test]
#[ignore = "run by the tests that watch it"]
fn troubles() {
    begin();
    let mut level =
        FrameArena::with_config(ArenaConfig { shrink_after_frames: 3, ..config("level") });
    level.alloc_slice_fill_with(7_000, |_| 0u8);
    for _frame in 0..4 {
        level.reset();
    }
    let mut warned =
        FrameArena::with_config(ArenaConfig { budget: Budget::Warn(16), ..config("warned") });
    (0..4).for_each(|n: u64| *warned.alloc(n) += 1);
    warned.set_budget(Budget::Unlimited);
    let refused =
        FrameArena::with_config(ArenaConfig { budget: Budget::Refuse(16), ..config("refused") });
    let fits = |n: u64| refused.try_alloc(n).is_ok();
    assert_eq!((0..5).filter(|n| fits(*n)).count(), 2);
    let mut crowd =
        ThreadArenas::with_config(ArenaConfig { budget: Budget::Warn(16), ..config("crowd") });
    crowd.local().alloc([0u64; 9]);
    crowd.begin_frame();
    let forgotten = FrameArena::with_config(config("forgotten"));
    for _frame in 0..10_000 {
        forgotten.alloc([0u64; 16]);
    }
}

#[test]
#[ignore = "run by the tests that watch it"]
fn churn_of_arenas() {
    begin();
    let mut random = Random(5);
    let mut arenas: Vec<FrameArena> = Vec::new();
    for frame in 0..400u32 {
        if frame.is_multiple_of(50) {
            arenas.clear();
            arenas.push(FrameArena::with_config(config("level")));
            arenas.push(FrameArena::with_config(ArenaConfig {
                frames_in_flight: 2,
                shrink_after_frames: 4,
                ..config("level")
            }));
            arenas.push(FrameArena::with_config(ArenaConfig {
                budget: Budget::Refuse(6_000),
                ..config("tight")
            }));
        }
        for arena in &mut arenas {
            churn(arena, &mut random);
            match random.under(12) {
                0 => arena.set_mode(ArenaMode::PerObject),
                1 => arena.set_mode(ArenaMode::Traced),
                2..=4 => arena.set_mode(ArenaMode::Bump),
                _ => arena.reset(),
            }
        }
        profile::frame_mark();
    }
}

#[test]
#[ignore = "run by the tests that watch it"]
fn churn_over_threads() {
    begin();
    for frames_in_flight in [1, 2] {
        let mut set = ThreadArenas::with_config(ArenaConfig {
            frames_in_flight,
            shrink_after_frames: 10,
            ..config("crowd")
        });
        for frame in 0..60u64 {
            match frame % 10 {
                3 => set.set_mode(ArenaMode::PerObject),
                6 => set.set_mode(ArenaMode::Bump),
                _ => set.begin_frame(),
            }
            let set = &set;
            thread::scope(|scope| {
                for n in 0..4 {
                    let mut random = Random(frame * 4 + n + 1);
                    scope.spawn(move || churn(set.local(), &mut random));
                }
            });
            profile::frame_mark();
        }
    }
}

#[test]
#[ignore = "run by the tests that watch it"]
fn packets() {
    begin();
    let pool = PacketPool::with_config(3, config("scene"));
    let (sender, receiver) = channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            for frame in 0..50u64 {
                let arena = pool.take();
                churn(&arena, &mut Random(frame + 1));
                let root: Handle<u64> = arena.publish(frame);
                sender.send(arena.into_packet(root).unwrap()).unwrap();
            }
            drop(sender);
        });
        scope.spawn(|| {
            for (frame, packet) in receiver.into_iter().enumerate() {
                assert_eq!(*packet.root(), frame as u64);
            }
        });
    });
}

#[test]
#[ignore = "run by the tests that watch it"]
fn two_frames_in_flight() {
    begin();
    let mut arena = FrameArena::with_config(ArenaConfig { frames_in_flight: 2, ..config("level") });
    for frame in 0..6u64 {
        arena.reset();
        arena.alloc(frame);
    }
}

#[test]
#[ignore = "run by the tests that watch it"]
fn one_arena_after_the_other() {
    begin();
    for n in 0..20u64 {
        FrameArena::with_config(config("level")).alloc(n);
    }
}

#[test]
#[ignore = "run by the tests that watch it"]
fn long_texts() {
    begin();
    let long: &'static str = "\u{e9}".repeat(50_000).leak();
    let uneven: &'static str = format!("-{long}").leak();
    for text in ["", long, uneven] {
        let _zone = profile::Zone::named(text);
        profile::message(text);
    }
    let mut arena = FrameArena::with_config(config(long));
    arena.alloc(1u64);
    arena.reset();
    profile::name_thread(long);
    profile::zone!("after");
}

#[test]
#[ignore = "run by the tests that watch it"]
fn a_game() {
    begin();
    for frame in 0..3u32 {
        {
            profile::zone!("think");
            let _inner = profile::Zone::named("a name made at run time");
            profile::frame!("level load");
            profile::plot!("enemies", f64::from(frame) * 3.0);
            profile::message(&format!("frame {frame}"));
        }
        profile::frame_mark();
    }
    let loader = thread::spawn(|| {
        profile::name_thread("loader");
        profile::zone!("load");
    });
    loader.join().unwrap();
    let _not_the_games = profile::pause();
    profile::zone!("think");
    profile::frame!("level load");
    profile::plot!("enemies", 1.0);
    profile::message("nobody hears this");
    profile::frame_mark();
}

struct Audio;

impl Phase for Audio {
    const NAME: &'static str = "audio";
    const LIFETIME: Lifetime = Lifetime::Tick;
}

#[test]
#[ignore = "run by the tests that watch it"]
fn an_installed_loop() {
    begin();
    let mut world = World::new();
    ecs::install(&mut world).unwrap();
    ecs::install_phase::<Audio>(&mut world, config("audio")).unwrap();
    world.resource_mut::<PhaseArena<phase::Physics>>().set_budget(Budget::Refuse(64));
    world.resource::<PhaseArena<phase::Update>>().threads().local().alloc(0u64);
    for tick_count in [0, 1, 2, 0] {
        ecs::begin_frame(&mut world);
        world.resource::<PhaseArena<phase::Update>>().threads().local().alloc(1u64);
        for _ in 0..tick_count {
            ecs::begin_tick(&mut world);
            world.resource::<PhaseArena<phase::Physics>>().threads().local().alloc([2u64; 2]);
        }
    }
    ecs::begin_frame(&mut world);
}

/// Eight turns of two apps: one whose plugin marks frames, one in which somebody else would.
#[test]
#[ignore = "run by the tests that watch it"]
#[cfg(feature = "bevy_app")]
fn two_apps() {
    use bevy_app::App;
    use frame_arena::ecs::FrameArenaPlugin;

    begin();
    for marks_frames in [true, false] {
        let mut app = App::new();
        app.add_plugins(FrameArenaPlugin { marks_frames, ..Default::default() });
        (0..8).for_each(|_| app.update());
    }
}

#[test]
#[ignore = "run by the tests that watch it"]
fn workers_at_work() {
    begin();
    let workers = ecs::Workers::try_new(2).unwrap();
    let both = std::sync::Barrier::new(2);
    workers.for_each(2, |_| {
        profile::zone!("work");
        both.wait();
    });
}

#[test]
#[ignore = "run by the tests that watch it"]
#[cfg(not(feature = "tracy-always"))]
fn blocks_before_the_viewer() {
    profile::start();
    let early = FrameArena::with_config(config("level"));
    let gone = FrameArena::with_config(config("level"));
    let later = FrameArena::with_config(config("level"));
    println!("made");
    profile::wait_for_viewer();
    drop(gone);
    profile::frame_mark();
    drop((early, later));
}

#[test]
#[ignore = "run by the tests that watch it"]
#[cfg(not(feature = "tracy-always"))]
fn two_viewers() {
    begin();
    let mut arena = FrameArena::with_config(config("level"));
    let frame = |arena: &mut FrameArena| {
        arena.alloc(1u64);
        arena.reset();
        profile::frame_mark();
        thread::yield_now();
    };
    while profile::is_connected() {
        frame(&mut arena);
    }
    while !profile::is_connected() {
        frame(&mut arena);
    }
    (0..10).for_each(|_| frame(&mut arena));
}
