//! A set of arenas under rayon, without an ECS: each thread allocates from its own, without locks.
//!
//! Every body's list of neighbours is a small slice of the frame. Handles carry the slices from the
//! threads that made them to the one that reads them; one `begin_frame` empties all arenas.

use frame_arena::{ArenaConfig, FrameVec, SliceHandle, ThreadArenas};
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

const BODY_COUNT: u32 = 2_000;
const FRAME_COUNT: u32 = 20;
const REACH: i32 = 40;
/// What a thread takes from the set at a time.
const GRANULE_BYTES: usize = 64 << 10;

fn main() {
    // Room for each thread's first granule: then it makes no difference which thread does what.
    let capacity_bytes = rayon::current_num_threads() * GRANULE_BYTES;
    let config = ArenaConfig { capacity_bytes, ..ArenaConfig::named("neighbours") };
    let mut arenas = ThreadArenas::with_config(config);
    let mut request_count = 0;
    for frame in 0..FRAME_COUNT {
        arenas.begin_frame();
        let positions: Vec<i32> = (0..BODY_COUNT).map(|body| position(body, frame)).collect();
        let lists = neighbour_lists(&positions, &arenas);
        let pair_count: usize = lists.iter().map(|list| list.len()).sum();
        if frame % 5 == 0 {
            println!("frame {frame:2}: {pair_count} neighbours, {}", longest(&lists, &arenas));
        }
        request_count += arenas.stats().block_requests;
    }
    let block_count = arenas.stats().block_count;
    println!("{block_count} block, {request_count} requests for more in {FRAME_COUNT} frames");
}

fn position(body: u32, frame: u32) -> i32 {
    ((body * 7_919 + frame * body % 101) % 100_003) as i32
}

/// For each body the bodies within reach, each list in the arena of the thread that found it.
fn neighbour_lists(positions: &[i32], arenas: &ThreadArenas) -> Vec<SliceHandle<u32>> {
    let list_of = |(body, &at): (usize, &i32)| {
        let mut near = FrameVec::new_in(arenas.local());
        for (other, &there) in positions.iter().enumerate() {
            if other != body && (there - at).abs() <= REACH {
                near.push(other as u32);
            }
        }
        near.publish()
    };
    positions.par_iter().enumerate().map(list_of).collect()
}

/// The first of the longest lists, read through its handle.
fn longest(lists: &[SliceHandle<u32>], arenas: &ThreadArenas) -> String {
    let lens = lists.iter().map(|list| list.len());
    let Some((body, _)) = lens.enumerate().rev().max_by_key(|(_, len)| *len) else {
        return String::from("no bodies");
    };
    match arenas.get(lists[body]) {
        Ok(near) => format!("body {body} has {near:?}"),
        Err(stale) => stale.to_string(),
    }
}
