//! `Scratch`: memory for the inside of one function.
#![forbid(unsafe_code)]

use core::cell::Cell;
use core::fmt;
use core::ops::Deref;

use super::config::ArenaConfig;
use super::drops::resume_in_drop;
use super::epoch::Epoch;
use super::frame_arena::FrameArena;
use super::raw::RawArena;

/// First block of a scratch arena, in bytes.
const SCRATCH_BYTES: usize = 64 << 10;

/// Arenas that no scope uses at present, linked so that taking and giving back makes no heap call.
#[derive(Default)]
pub(crate) struct ScratchPool {
    first: Cell<Option<Box<Pooled>>>,
    is_used: Cell<bool>,
}

impl ScratchPool {
    /// Whether a guard was taken since the last call.
    pub(crate) fn take_use(&self) -> bool {
        self.is_used.take()
    }

    /// Frees the arenas, one by one: a long chain must not recurse.
    pub(crate) fn free_all(&self) {
        let mut next = self.first.take();
        while let Some(mut pooled) = next {
            next = pooled.next.take();
        }
    }
}

impl Drop for ScratchPool {
    fn drop(&mut self) {
        self.free_all();
    }
}

struct Pooled {
    arena: FrameArena,
    next: Option<Box<Pooled>>,
}

impl FrameArena {
    /// Memory for the inside of a function, given back when the guard is dropped.
    ///
    /// Each guard owns an arena of its own out of a pool, never a piece of this one: guards may
    /// nest and end in any order, and another system that runs on the same stack meanwhile finds
    /// another arena. The pool grows to as many as were in use at once; the first use of each takes
    /// a block of 64 KiB, and from then on there is no heap call. A handle ends with its guard.
    ///
    /// What it holds counts to no budget and no figures of this arena, and comes from the system
    /// even if this one is fixed or cannot grow.
    ///
    /// ```
    /// use frame_arena::{FrameArena, FrameVec};
    ///
    /// let arena = FrameArena::new();
    /// let longest = {
    ///     let scratch = arena.scratch();
    ///     let words = FrameVec::from_iter_in("a bird in the sky".split(' '), &scratch);
    ///     let longest = words.iter().max_by_key(|word| word.len()).unwrap();
    ///     arena.alloc_str(longest) // The result lives on in the frame.
    /// };
    /// assert_eq!(longest, "bird");
    /// assert_eq!(arena.stats().used_bytes, 8);
    /// ```
    #[must_use]
    pub fn scratch(&self) -> Scratch<'_> {
        let home = self.scratch_pool();
        let mut pooled = home.first.take().unwrap_or_else(|| {
            let config = ArenaConfig {
                capacity_bytes: SCRATCH_BYTES,
                mode: self.config().mode,
                profile: self.config().profile,
                ..ArenaConfig::named("scratch")
            };
            let arena = FrameArena::from_raw(RawArena::new(config));
            Box::new(Pooled { arena, next: None })
        });
        home.first.set(pooled.next.take());
        home.is_used.set(true);
        Scratch { pooled: Some(pooled), home }
    }
}

/// A guard of [`FrameArena::scratch`]; derefs to the arena that it owns. Stays on its thread.
pub struct Scratch<'a> {
    /// There until the guard is dropped.
    pooled: Option<Box<Pooled>>,
    home: &'a ScratchPool,
}

impl Deref for Scratch<'_> {
    type Target = FrameArena;

    #[inline]
    fn deref(&self) -> &FrameArena {
        &self.pooled.as_ref().expect("a living guard has its arena").arena
    }
}

impl Drop for Scratch<'_> {
    fn drop(&mut self) {
        if let Some(mut pooled) = self.pooled.take() {
            let panicked = pooled.arena.end_frame(Epoch::next());
            pooled.next = self.home.first.take();
            self.home.first.set(Some(pooled));
            resume_in_drop(panicked);
        }
    }
}

impl fmt::Debug for Scratch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
