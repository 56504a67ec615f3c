//! Arenas in a loop of one's own around `bevy_ecs`: plain schedules, fixed steps, no `Engine`.
//!
//! Stones fall. Each step hands over, within itself, which ones are on the ground, and to its frame
//! which have landed; each frame writes a line for each that landed in its steps. Both are forgotten
//! by themselves.

use std::error::Error;
use std::time::Duration;

use bevy_ecs::prelude::*;
use bevy_ecs::schedule::SingleThreadedExecutor;
use frame_arena::ecs::{self, Arena, FrameReader, FrameWriter, PhaseArena, TickClock, phase};
use frame_arena::heap;

const FRAME_COUNT: u64 = 60;
const TICK: Duration = Duration::from_millis(20);
const GRAVITY: f32 = 9.81;

/// Counts heap calls, to show that settled frames make none.
#[global_allocator]
static HEAP: heap::Counting = heap::Counting::system();

#[derive(Component)]
struct Stone {
    number: u32,
    height_m: f32,
    speed_m_per_s: f32,
}

/// A stone that has reached the ground, for the rest of this step.
struct OnGround(Entity);

/// A stone that has landed in this frame's steps.
struct Landing {
    stone: u32,
    speed_m_per_s: f32,
}

/// Lines printed, and what the last one said.
#[derive(Resource, Default)]
struct Printed(usize, [u8; 32]);

fn main() -> Result<(), Box<dyn Error>> {
    let mut world = World::new();
    ecs::install(&mut world)?;
    world.init_resource::<Printed>();
    world.spawn_batch((1..=20).map(|number| Stone {
        number,
        height_m: number as f32 * 0.3,
        speed_m_per_s: 0.0,
    }));
    let mut tick = schedule();
    tick.add_systems((ecs::begin_tick, fall, land).chain());
    let mut frame = schedule();
    frame.add_systems(print_landings);

    let mut clock = TickClock::new(TICK, 5);
    let mut settled_from = heap::thread_counts();
    for number in 0..FRAME_COUNT {
        if number == 10 {
            settled_from = heap::thread_counts();
        }
        ecs::begin_frame(&mut world);
        for _ in 0..clock.advance(elapsed(number)) {
            tick.run(&mut world);
        }
        frame.run(&mut world);
        world.clear_trackers(); // Or the records of removed components grow for ever.
    }

    let heap_calls = (heap::thread_counts() - settled_from).heap_calls;
    let Printed(count, last) = world.resource();
    println!("{count} lines, the last: {}", str::from_utf8(last)?.trim_end_matches('\0'));
    println!("heap calls from frame 10 on: {heap_calls}");
    let stats = world.resource_mut::<PhaseArena<phase::Physics>>().stats();
    println!("physics arena: {} block, {} ticks begun", stats.block_count, stats.frame_count);
    Ok(())
}

/// A schedule on this thread, which runs writers before readers.
fn schedule() -> Schedule {
    let mut schedule = Schedule::default();
    schedule.set_executor(SingleThreadedExecutor::new());
    ecs::order_hand_over(&mut schedule);
    schedule
}

/// Time since the last frame. A game asks the clock; this plays the same uneven frames every time.
fn elapsed(frame: u64) -> Duration {
    Duration::from_millis(10 + frame * 7 % 20)
}

fn fall(
    mut stones: Query<(Entity, &mut Stone)>,
    mut on_ground: FrameWriter<OnGround, phase::Physics>,
) {
    for (entity, mut stone) in &mut stones {
        if stone.height_m > 0.0 {
            stone.speed_m_per_s += GRAVITY * TICK.as_secs_f32();
            stone.height_m -= stone.speed_m_per_s * TICK.as_secs_f32();
            if stone.height_m <= 0.0 {
                on_ground.push(OnGround(entity));
            }
        }
    }
}

/// Landings go to a frame phase: a frame may have several steps, or none, and of a tick phase it
/// would see those of the last step, in frames without one again.
fn land(
    on_ground: FrameReader<OnGround, phase::Physics>,
    mut stones: Query<&mut Stone>,
    mut landings: FrameWriter<Landing, phase::Update>,
) -> Result {
    for OnGround(entity) in on_ground.read()? {
        let mut stone = stones.get_mut(*entity)?;
        let Stone { number, speed_m_per_s, .. } = *stone;
        landings.push(Landing { stone: number, speed_m_per_s });
        *stone = Stone { number, height_m: 0.0, speed_m_per_s: 0.0 };
    }
    Ok(())
}

fn print_landings(
    landings: FrameReader<Landing, phase::Update>,
    arena: Arena<phase::Update>,
    mut printed: ResMut<Printed>,
) -> Result {
    for landing in landings.read()? {
        let Landing { stone, speed_m_per_s } = landing;
        let line = arena.alloc_fmt(format_args!("stone {stone} at {speed_m_per_s:.1} m/s"));
        printed.0 += 1;
        printed.1 = [0; 32];
        printed.1[..line.len()].copy_from_slice(line.as_bytes());
    }
    Ok(())
}
