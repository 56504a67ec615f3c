//! A dungeon whose rooms refer to each other in circles, and the way through it.
//!
//! Nodes of an arena can hold plain references to one another, `Cell`s making the circle possible:
//! no indices, no `Rc`, no `Weak`. The whole graph goes at reset.

use std::cell::Cell;

use frame_arena::{FrameArena, FrameMap, FrameString, FrameVec};

const PASSAGES: [(&str, &str); 8] = [
    ("gate", "hall"),
    ("hall", "kitchen"),
    ("hall", "library"),
    ("kitchen", "cellar"),
    ("cellar", "crypt"),
    ("library", "tower"),
    ("tower", "hall"),
    ("attic", "roof"),
];

struct Room<'a> {
    name: &'static str,
    doors: Cell<Option<&'a Door<'a>>>,
    /// The room through which the search came here, and the steps that it took.
    reached: Cell<Option<(Option<&'a Room<'a>>, u32)>>,
}

/// One way out of a room, and the room's next one.
struct Door<'a> {
    to: &'a Room<'a>,
    next: Option<&'a Door<'a>>,
}

impl<'a> Room<'a> {
    fn add_door(&self, to: &'a Room<'a>, arena: &'a FrameArena) {
        self.doors.set(Some(arena.alloc(Door { to, next: self.doors.get() })));
    }

    fn neighbours(&self) -> impl Iterator<Item = &'a Room<'a>> + use<'a> {
        let doors = std::iter::successors(self.doors.get(), |door| door.next);
        doors.map(|door| door.to)
    }
}

fn main() {
    let mut arena = FrameArena::new();
    let rooms = build(&arena);
    let Some(&gate) = rooms.get("gate") else { return println!("there is no gate") };
    let found = search(gate, &arena);
    println!(
        "{} of {} rooms can be reached from the {}, by steps:",
        found.len(),
        rooms.len(),
        gate.name
    );
    for room in found {
        println!("  {}  {}", steps(room), way(room, &arena));
    }
    let stats = arena.stats();
    println!("{} allocations, {} block", stats.alloc_count, stats.block_count);
    drop(rooms);
    arena.reset();
    println!("after the reset: {} B used", arena.stats().used_bytes);
}

/// Makes the rooms by their names, and two doors for each passage.
fn build(arena: &FrameArena) -> FrameMap<'_, &'static str, &Room<'_>> {
    let mut rooms: FrameMap<&str, &Room> = FrameMap::with_capacity_in(PASSAGES.len() * 2, arena);
    for (from, to) in PASSAGES {
        let [from, to] = [from, to].map(|name| {
            let make =
                || &*arena.alloc(Room { name, doors: Cell::default(), reached: Cell::default() });
            *rooms.entry(name).or_insert_with(make)
        });
        from.add_door(to, arena);
        to.add_door(from, arena);
    }
    rooms
}

/// Breadth first: every room that can be reached, nearest first.
fn search<'a>(start: &'a Room<'a>, arena: &'a FrameArena) -> &'a [&'a Room<'a>] {
    let mut found = FrameVec::from_array_in([start], arena);
    start.reached.set(Some((None, 0)));
    let mut visited = 0;
    while let Some(&room) = found.get(visited) {
        visited += 1;
        for next in room.neighbours() {
            if next.reached.get().is_none() {
                next.reached.set(Some((Some(room), steps(room) + 1)));
                found.push(next);
            }
        }
    }
    found.into_slice()
}

fn steps(room: &Room) -> u32 {
    room.reached.get().map_or(0, |(_, steps)| steps)
}

/// The rooms on the way, as text.
fn way<'a>(room: &'a Room<'a>, arena: &'a FrameArena) -> &'a str {
    let before = |room: &&'a Room<'a>| room.reached.get().and_then(|(from, _)| from);
    let mut names = FrameVec::from_iter_in(
        std::iter::successors(Some(room), before).map(|room| room.name),
        arena,
    );
    names.reverse();
    let mut text = FrameString::new_in(arena);
    for (number, name) in names.iter().enumerate() {
        text.push_str(if number == 0 { "" } else { " - " });
        text.push_str(name);
    }
    text.into_str()
}
