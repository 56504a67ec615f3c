//! Memory pools: the blocks of all arenas, and the objects of those that ask for it.
//!
//! What a viewer would take for a fault of the program, and how it is avoided:
//!
//! - *An address given out twice in a pool.* What is freed is told before the memory goes back to
//!   where somebody else can get it, and what is given out is told after. Blocks and objects have
//!   pools of their own, since an object can have its block's address; each memory that is emptied
//!   on its own (an arena, a set, a frame in flight) has an object pool of its own.
//! - *A free of what was never given out.* A block that was not told is not told to be gone. A
//!   viewer that comes later misses what was told before; it knows that and ignores such frees.
#![forbid(unsafe_code)]

use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::calls::{Location, Name, emit_alloc, emit_discard, emit_free, is_connected, is_running};
use super::names::Interned;
use super::{IS_ON_DEMAND, Zone, is_heard, location_here};
use crate::profile::ProfileLevel;

/// What is named after an arena. Arenas of one name share it.
struct ArenaNames {
    blocks: Name,
    reset: Location,
    growth: Location,
    /// Pools for objects, each one memory's at a time.
    pools: Interned<ObjectPool>,
}

struct ObjectPool {
    name: Name,
    is_taken: AtomicBool,
}

static ARENAS: Interned<ArenaNames> = Interned::new();

/// What the profiler is told of one arena.
pub(crate) struct ArenaProfile {
    name: &'static str,
    /// Made for the first block, or the first zone that somebody sees: they take heap memory.
    names: OnceLock<&'static ArenaNames>,
    objects: Option<&'static ObjectPool>,
    /// Whether the pool of objects is emptied with this arena, and not with its set.
    owns_pool: bool,
}

impl ArenaProfile {
    pub(crate) fn new(name: &'static str, level: ProfileLevel) -> Self {
        let objects = (level == ProfileLevel::Objects).then(|| take_pool(names_of(name), name));
        Self { name, names: OnceLock::new(), objects, owns_pool: true }
    }

    /// The same for a member of a set, whose set empties the pool.
    pub(crate) fn share(&self) -> Self {
        let Self { name, ref names, objects, .. } = *self;
        Self { name, names: names.clone(), objects, owns_pool: false }
    }

    fn names(&self) -> &'static ArenaNames {
        if let Some(names) = self.names.get() {
            return names;
        }
        // Not by `get_or_init`: an allocator that is asked for the names' memory may use this arena.
        let names = names_of(self.name);
        let _same = self.names.set(names);
        names
    }

    /// A zone for a reset; none for a member, whose set has one for all.
    pub(crate) fn zone_of_reset(&self) -> Zone {
        if self.owns_pool && is_heard() { Zone::at(&self.names().reset) } else { Zone::none() }
    }

    pub(crate) fn zone_of_growth(&self) -> Zone {
        if is_heard() { Zone::at(&self.names().growth) } else { Zone::none() }
    }

    pub(crate) fn note_block(&self, start: *const u8, bytes: usize) -> BlockNote {
        BlockNote::new(LiveBlock { start: start.addr(), bytes, pool: self.names().blocks })
    }

    #[inline(always)]
    pub(crate) fn sees_objects(&self) -> bool {
        self.objects.is_some()
    }

    /// After memory was handed out. Zero-sized values are nowhere.
    #[inline]
    pub(crate) fn claimed(&self, object: *const u8, bytes: usize) {
        if let Some(pool) = self.objects
            && bytes > 0
        {
            emit_alloc(pool.name, object, bytes);
        }
    }

    /// Before memory goes back.
    #[inline]
    pub(crate) fn released(&self, object: *const u8, bytes: usize) {
        if let Some(pool) = self.objects
            && bytes > 0
        {
            emit_free(pool.name, object);
        }
    }

    /// At reset.
    #[inline]
    pub(crate) fn forget_objects(&self) {
        if let Some(pool) = self.objects
            && self.owns_pool
        {
            emit_discard(pool.name);
        }
    }
}

impl Drop for ArenaProfile {
    fn drop(&mut self) {
        if let Some(pool) = self.objects
            && self.owns_pool
        {
            emit_discard(pool.name);
            pool.is_taken.store(false, Ordering::Release);
        }
    }
}

fn names_of(arena: &str) -> &'static ArenaNames {
    ARENAS.get(arena, |arena| ArenaNames {
        blocks: Name::leak(&format!("arena: {arena} blocks")),
        reset: location_here(&format!("{arena} reset"), "frame_arena::reset"),
        growth: location_here(&format!("{arena} growth"), "frame_arena::growth"),
        pools: Interned::new(),
    })
}

/// A pool that no living memory has: "arena: physics", and then "arena: physics (2)".
fn take_pool(names: &'static ArenaNames, arena: &str) -> &'static ObjectPool {
    let pools = (1..).map(|number| match number {
        1 => format!("arena: {arena}"),
        _ => format!("arena: {arena} ({number})"),
    });
    let make = |name: &str| ObjectPool { name: Name::leak(name), is_taken: AtomicBool::new(false) };
    pools
        .map(|name| names.pools.get(&name, make))
        .find(|pool| !pool.is_taken.swap(true, Ordering::Acquire))
        .expect("there is always another number")
}

// ---- blocks ----

/// Blocks that the profiler can be told of at once. Those beyond are left out: the list must not
/// take memory, since an allocator that is asked for some may itself use arenas.
const MOST_BLOCKS: usize = 1_024;

/// A block as the client knows it: by its address alone.
#[derive(Clone, Copy)]
struct LiveBlock {
    start: usize,
    bytes: usize,
    pool: Name,
}

impl LiveBlock {
    fn emit_alloc(&self) {
        emit_alloc(self.pool, core::ptr::without_provenance(self.start), self.bytes);
    }

    fn emit_free(&self) {
        emit_free(self.pool, core::ptr::without_provenance(self.start));
    }
}

/// All blocks held, to be told to a viewer that comes later.
struct LiveBlocks {
    blocks: [Option<LiveBlock>; MOST_BLOCKS],
    count: usize,
    /// Whether a viewer was connected when last looked.
    is_seen: bool,
}

static BLOCKS: Mutex<LiveBlocks> =
    Mutex::new(LiveBlocks { blocks: [None; MOST_BLOCKS], count: 0, is_seen: false });

fn lock() -> MutexGuard<'static, LiveBlocks> {
    BLOCKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says that a block is held, until it is dropped: before the block itself is.
pub(crate) struct BlockNote(Option<LiveBlock>);

impl BlockNote {
    fn new(block: LiveBlock) -> Self {
        let mut live = lock();
        if live.count == MOST_BLOCKS || !is_running() {
            return Self(None);
        }
        let place = live.count;
        live.blocks[place] = Some(block);
        live.count += 1;
        block.emit_alloc(); // Under the lock, so that `greet_viewer` tells it before or after.
        Self(Some(block))
    }
}

impl Drop for BlockNote {
    fn drop(&mut self) {
        let Some(block) = self.0.take() else { return };
        let mut live = lock();
        block.emit_free();
        let count = live.count;
        let is_this = |slot: &Option<LiveBlock>| slot.is_some_and(|it| it.start == block.start);
        if let Some(place) = live.blocks[..count].iter().position(is_this) {
            live.blocks.swap(place, count - 1);
            live.blocks[count - 1] = None;
            live.count -= 1;
        }
    }
}

/// Tells a viewer that has come since the last call of the blocks held. One that came and asked
/// anew within a frame sees blocks only as they come.
///
/// It may know some of them already; so each is freed first, which such a viewer ignores where it
/// does not know the block.
pub(super) fn greet_viewer() {
    if !IS_ON_DEMAND {
        return; // All was recorded from the start.
    }
    let is_connected = is_connected();
    let mut live = lock();
    if is_connected && !live.is_seen {
        for block in live.blocks.iter().flatten() {
            block.emit_free();
            block.emit_alloc();
        }
    }
    live.is_seen = is_connected;
}
