//! A game loop of one's own, without an ECS: fixed ticks, an arena for the tick, one for the frame.
//!
//! Bodies live on in a `Vec`. What a tick or a frame makes and forgets, contacts, the list of
//! visible bodies and their labels, comes from an arena that begins anew each time.

use frame_arena::{ArenaConfig, FrameArena, FrameVec, heap};

const FRAME_COUNT: u32 = 120;
const TICK_SECS: f32 = 1.0 / 60.0;
const BODY_COUNT: u32 = 64;
const RADIUS: f32 = 2.0;
const FIELD: f32 = 100.0;
/// The camera sees this much of the field, from its left edge.
const SEEN: f32 = 30.0;

/// Counts heap calls, to show that settled frames make none.
#[global_allocator]
static HEAP: heap::Counting = heap::Counting::system();

struct Body {
    name: String,
    position: [f32; 2],
    velocity: [f32; 2],
}

/// Two bodies that overlap, as indices.
struct Contact {
    first: usize,
    second: usize,
}

fn main() {
    let mut bodies: Vec<Body> = (0..BODY_COUNT).map(body).collect();
    let mut tick_arena = FrameArena::with_config(ArenaConfig::named("tick"));
    let mut frame_arena = FrameArena::with_config(ArenaConfig::named("frame"));
    let mut settled_from = heap::thread_counts();
    let mut contact_count = 0;
    let mut unspent_secs = 0.0;
    let mut seen = 0;

    for frame in 0..FRAME_COUNT {
        if frame == 2 {
            settled_from = heap::thread_counts();
        }
        unspent_secs += elapsed_secs(frame);
        while unspent_secs >= TICK_SECS {
            unspent_secs -= TICK_SECS;
            tick_arena.reset();
            let contacts = tick(&mut bodies, &tick_arena);
            contact_count += contacts.len();
        }
        frame_arena.reset();
        seen = draw_list(&bodies, &frame_arena).len();
    }

    let heap_calls = (heap::thread_counts() - settled_from).heap_calls;
    println!("{FRAME_COUNT} frames: {contact_count} contacts, {seen} bodies seen in the last");
    for arena in [&tick_arena, &frame_arena] {
        let stats = arena.stats();
        let held = stats.reserved_bytes >> 10;
        println!(
            "{} arena: alloc_count {}, used {} B, high water {} B, reserved {held} KiB, blocks {}",
            arena.config().name,
            stats.alloc_count,
            stats.used_bytes,
            stats.high_water_bytes,
            stats.block_count,
        );
    }
    println!("heap calls from frame 2 on: {heap_calls}");
}

/// Time since the last frame. A game asks the clock; this plays the same uneven frames every time.
fn elapsed_secs(frame: u32) -> f32 {
    if frame % 10 == 9 { 2.5 * TICK_SECS } else { TICK_SECS }
}

fn body(number: u32) -> Body {
    let spread = |factor: u32| (number * factor % 97) as f32 / 97.0;
    Body {
        name: format!("body {number}"),
        position: [spread(31) * FIELD, spread(57) * FIELD],
        velocity: [spread(13) * 40.0 - 20.0, spread(71) * 40.0 - 20.0],
    }
}

/// Moves every body, finds the contacts and parts the bodies that touch.
fn tick<'a>(bodies: &mut [Body], arena: &'a FrameArena) -> &'a [Contact] {
    for body in &mut *bodies {
        for axis in 0..2 {
            body.position[axis] += body.velocity[axis] * TICK_SECS;
            if !(0.0..=FIELD).contains(&body.position[axis]) {
                body.velocity[axis] = -body.velocity[axis];
                body.position[axis] = body.position[axis].clamp(0.0, FIELD);
            }
        }
    }
    let contacts = find_contacts(bodies, arena);
    for contact in contacts {
        let velocity = bodies[contact.first].velocity;
        bodies[contact.first].velocity = bodies[contact.second].velocity;
        bodies[contact.second].velocity = velocity;
    }
    contacts
}

fn find_contacts<'a>(bodies: &[Body], arena: &'a FrameArena) -> &'a [Contact] {
    let mut contacts = FrameVec::new_in(arena);
    for (first, one) in bodies.iter().enumerate() {
        for (second, other) in bodies.iter().enumerate().skip(first + 1) {
            let [dx, dy] = [0, 1].map(|axis| one.position[axis] - other.position[axis]);
            if dx * dx + dy * dy < 4.0 * RADIUS * RADIUS {
                contacts.push(Contact { first, second });
            }
        }
    }
    contacts.into_slice()
}

/// What the camera sees: a label for each body, made for this frame only.
fn draw_list<'a>(bodies: &[Body], arena: &'a FrameArena) -> &'a [&'a str] {
    let mut labels = FrameVec::with_capacity_in(bodies.len(), arena);
    for body in bodies.iter().filter(|body| body.position[0] < SEEN) {
        let [x, y] = body.position;
        labels.push(&*arena.alloc_fmt(format_args!("{} at {x:.0}, {y:.0}", body.name)));
    }
    labels.into_slice()
}
