//! Memory that cannot grow: levels within a platform's budget, draw lists in a buffer on the stack.
//!
//! A full arena refuses with an error that holds the figures. What a level cannot do without, its
//! ground, ends the loading; of what it can, props, there are fewer, and the game says so.

use std::mem::MaybeUninit;

use frame_arena::{AllocError, FixedArena, FrameArena, FrameVec};

/// What the platform grants a level.
const LEVEL_BYTES: usize = 4 << 10;
/// What a frame's draw list may take of the stack.
const DRAW_LIST_BYTES: usize = 256;
const FRAME_COUNT: u32 = 3;
/// How far a camera sees, and how far it goes in a frame.
const SEEN_TILES: u32 = 40;
const STEP_TILES: u32 = 20;

/// What is on the disk.
struct Plan {
    name: &'static str,
    tile_count: usize,
    prop_count: u32,
}

const PLANS: [Plan; 3] = [
    Plan { name: "meadow", tile_count: 1_024, prop_count: 24 },
    Plan { name: "city", tile_count: 2_048, prop_count: 300 },
    Plan { name: "ocean", tile_count: 65_536, prop_count: 2 },
];

struct Prop {
    kind: u32,
    at_tile: u32,
}

struct Quad {
    sprite: u32,
    x_tiles: u32,
    layer: u64,
}

struct Level<'a> {
    ground: &'a [u8],
    props: Fitted<'a, Prop>,
}

/// Aligned as an arena begins, so that no byte is lost wherever on the stack it lies.
#[repr(align(16))]
struct Buffer([MaybeUninit<u8>; DRAW_LIST_BYTES]);

/// As much of a list as there was room for.
struct Fitted<'a, T> {
    items: &'a [T],
    /// Why it ends early, if it does.
    refusal: Option<AllocError>,
}

fn main() {
    let mut level_arena = FrameArena::fixed(LEVEL_BYTES);
    for plan in PLANS {
        level_arena.reset();
        match load(&plan, &level_arena) {
            Ok(level) => play(&plan, &level),
            Err(error) => println!("{} is not loaded: {error}", plan.name),
        }
    }
    let stats = level_arena.stats();
    println!("{} block, {} requests for more", stats.block_count, stats.block_requests);
}

/// # Errors
/// If there is no room for the ground.
fn load<'a>(plan: &Plan, arena: &'a FrameArena) -> Result<Level<'a>, AllocError> {
    let ground = arena.try_alloc_slice_fill_with(plan.tile_count, |tile| (tile % 7) as u8)?;
    let props = (0..plan.prop_count).map(|prop| Prop { kind: prop % 5, at_tile: prop * 37 % 120 });
    Ok(Level { ground, props: fit(props, arena) })
}

/// Stores items until the arena refuses one.
fn fit<T>(items: impl IntoIterator<Item = T>, arena: &FrameArena) -> Fitted<'_, T> {
    let mut fitted = FrameVec::new_in(arena);
    let mut refusal = None;
    for item in items {
        if let Err(refused) = fitted.try_push(item) {
            refusal = Some(refused.error());
            break;
        }
    }
    Fitted { items: fitted.into_slice(), refusal }
}

fn play(plan: &Plan, level: &Level) {
    let (placed, tiles) = (level.props.items.len(), level.ground.len());
    println!("{}: {tiles} tiles, {placed} of {} props", plan.name, plan.prop_count);
    if let Some(error) = level.props.refusal {
        println!("  fewer props: {error}");
    }
    let mut buffer = Buffer([MaybeUninit::uninit(); DRAW_LIST_BYTES]);
    let mut draw_arena = FixedArena::new(&mut buffer.0);
    for frame in 0..FRAME_COUNT {
        draw_arena.reset();
        draw(frame, level.props.items, &draw_arena);
    }
}

fn draw(frame: u32, props: &[Prop], arena: &FrameArena) {
    let camera = frame * STEP_TILES;
    let seen = || props.iter().filter(|prop| (camera..camera + SEEN_TILES).contains(&prop.at_tile));
    let quads = fit(seen().map(|prop| quad(prop, camera)), arena);
    let checksum = quads.items.iter().fold(0, |sum, quad| sum * 31 % 65_521 + quad_sum(quad));
    println!(
        "  frame {frame}: {} of {} quads, checksum {checksum}",
        quads.items.len(),
        seen().count()
    );
    if let Some(error) = quads.refusal {
        println!("  fewer quads: {error}");
    }
}

fn quad(prop: &Prop, camera: u32) -> Quad {
    Quad { sprite: prop.kind, x_tiles: prop.at_tile - camera, layer: u64::from(prop.kind / 2) }
}

fn quad_sum(quad: &Quad) -> u64 {
    u64::from(quad.sprite) + u64::from(quad.x_tiles) + quad.layer
}
