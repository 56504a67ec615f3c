//! The members of a per-thread set, and how a thread finds its own.
//!
//! Invariants
//! - **M1** A member is reached through `&MemberList` by the one thread whose key it carries: keys
//!   are drawn from a process-wide counter and never used again; a key of 0 is no thread's and is
//!   replaced by compare-and-swap, so by one thread only.
//! - **M2** Members are added under `&self` and freed or stripped of their key under `&mut self`
//!   only, so a reference to a member is good for as long as the list is borrowed.
//! - **M3** A cache entry in a thread's local storage names the set's present epoch. Epochs are
//!   unique and change before a member may go (M2), so an entry that matches is this set's, made
//!   by this thread, and its member lives.

use core::cell::Cell;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicU64 as KeyCounter, Ordering};

use super::epoch::Epoch;
use super::frame_arena::FrameArena;
use super::sync::{AtomicPtr, AtomicU64, AtomicUsize, thread_local};

/// One thread's arena in a set.
pub(crate) struct Member {
    arena: FrameArena,
    /// Key of the thread that may use `arena`, or 0.
    key: AtomicU64,
    next: AtomicPtr<Member>,
    /// Consecutive frames in which no thread used it.
    quiet_frames: u32,
}

/// A list of members that any thread can add itself to without a lock.
pub(crate) struct MemberList {
    first: AtomicPtr<Member>,
    count: AtomicUsize,
}

// SAFETY: M1: the arenas, which are not `Sync`, are each reached by one thread, or under `&mut`;
// all else is atomic, or changed under `&mut` only (M2).
unsafe impl Sync for MemberList {}
// SAFETY: members own `Send` arenas, and the pointers are those of the list's own boxes.
unsafe impl Send for MemberList {}

/// This thread's key. Never used again, so a thread that ends needs no destructor to give it back,
/// and code that runs in other destructors meets the same key.
fn thread_key() -> u64 {
    static NEXT: KeyCounter = KeyCounter::new(1); // A model checker's own cannot be in a static.
    thread_local! {
        static KEY: Cell<u64> = const { Cell::new(0) };
    }
    KEY.with(|key| {
        if key.get() == 0 {
            key.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        key.get()
    })
}

/// Sets that a thread can use in turn without searching: more than an engine has phases.
const CACHE_ENTRIES: usize = 8;

#[derive(Clone, Copy)]
struct CacheEntry {
    epoch: Option<Epoch>,
    member: *const Member,
}

thread_local! {
    // No destructor: it is there for as long as the thread's other destructors run.
    static CACHE: [Cell<CacheEntry>; CACHE_ENTRIES] = const {
        [const { Cell::new(CacheEntry { epoch: None, member: ptr::null() }) }; CACHE_ENTRIES]
    };
}

impl MemberList {
    pub(crate) fn new() -> Self {
        Self { first: AtomicPtr::new(ptr::null_mut()), count: AtomicUsize::new(0) }
    }

    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// This thread's arena, in a set whose present epoch is `epoch`; `make` makes one for a thread
    /// that finds neither its own nor one without a thread.
    ///
    /// # Safety
    /// - `epoch` is the present epoch of the set that owns this list, and the set draws another
    ///   before it calls any method here that takes `&mut self` but `iter_quiescent` (M3).
    #[inline]
    pub(crate) unsafe fn local(
        &self,
        epoch: Epoch,
        make: impl FnOnce() -> FrameArena,
    ) -> &FrameArena {
        let slot = epoch.number() as usize % CACHE_ENTRIES;
        let cached = CACHE.with(|cache| cache[slot].get());
        if cached.epoch == Some(epoch) {
            // SAFETY: M3.
            return unsafe { &(*cached.member).arena };
        }
        self.local_cold(epoch, slot, make)
    }

    #[cold]
    #[inline(never)]
    fn local_cold(
        &self,
        epoch: Epoch,
        slot: usize,
        make: impl FnOnce() -> FrameArena,
    ) -> &FrameArena {
        let key = thread_key();
        let member = self.find(key).unwrap_or_else(|| self.add(key, make()));
        CACHE.with(|cache| cache[slot].set(CacheEntry { epoch: Some(epoch), member }));
        &member.arena // M1: it carries this thread's key.
    }

    /// The member with this thread's key, or one without a thread, which gets the key.
    fn find(&self, key: u64) -> Option<&Member> {
        let is_ours = |member: &&Member| member.key.load(Ordering::Relaxed) == key;
        let takes_key = |member: &&Member| {
            member.key.compare_exchange(0, key, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        };
        self.iter().find(is_ours).or_else(|| self.iter().find(takes_key))
    }

    /// Adds an arena for whichever thread comes next.
    pub(crate) fn add_spare(&mut self, arena: FrameArena) {
        self.add(0, arena);
    }

    fn add(&self, key: u64, arena: FrameArena) -> &Member {
        let member = Box::into_raw(Box::new(Member {
            arena,
            key: AtomicU64::new(key),
            next: AtomicPtr::new(ptr::null_mut()),
            quiet_frames: 0,
        }));
        // SAFETY: just made, and freed under `&mut self` only (M2).
        let added = unsafe { &*member };
        let mut first = self.first.load(Ordering::Relaxed);
        loop {
            added.next.store(first, Ordering::Relaxed);
            // Release: whoever finds the member finds it whole.
            match self.first.compare_exchange_weak(
                first,
                member,
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => break,
                Err(other) => first = other,
            }
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        added
    }

    fn iter(&self) -> impl Iterator<Item = &Member> {
        let mut next = self.first.load(Ordering::Acquire);
        core::iter::from_fn(move || {
            // SAFETY: M2: null, or a member of this list, which lives while the list is borrowed.
            let member = unsafe { next.as_ref() }?;
            next = member.next.load(Ordering::Acquire);
            Some(member)
        })
    }

    /// Every thread's arena, to be read while no thread uses it. Unlike `iter_mut` it leaves the
    /// pointers that threads have cached good, so the set may keep its epoch.
    pub(crate) fn iter_quiescent(&mut self) -> impl Iterator<Item = &FrameArena> {
        self.iter().map(|member| &member.arena)
    }

    /// Every thread's arena.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut FrameArena> {
        self.members_mut().map(|member| &mut member.arena)
    }

    fn members_mut(&mut self) -> impl Iterator<Item = &mut Member> {
        let mut next = self.first.load(Ordering::Relaxed);
        core::iter::from_fn(move || {
            // SAFETY: M2: a member, or null; `&mut self` says that no thread holds one, and each
            // is given out once.
            let member = unsafe { next.as_mut() }?;
            next = member.next.load(Ordering::Relaxed);
            Some(member)
        })
    }

    /// Notes which members were used in the frame that ends. Those quiet for `spare_after_frames`
    /// lose their thread, for another to take; those quiet for more than `free_after_frames` go, as
    /// long as `least_count` are left. 0 frames is never.
    pub(crate) fn retire_quiet(
        &mut self,
        spare_after_frames: u32,
        free_after_frames: u32,
        least_count: usize,
    ) {
        for member in self.members_mut() {
            let is_quiet = member.arena.raw().usage().alloc_count == 0
                && member.arena.bump_stats().used_bytes == 0
                && !member.arena.scratch_pool().take_use();
            member.quiet_frames = if is_quiet { member.quiet_frames.saturating_add(1) } else { 0 };
            if spare_after_frames > 0 && member.quiet_frames >= spare_after_frames {
                member.key.store(0, Ordering::Relaxed);
            }
        }
        if free_after_frames > 0 {
            let mut spare_count = self.count().saturating_sub(least_count);
            self.free_if(|member| {
                let goes = spare_count > 0 && member.quiet_frames > free_after_frames;
                spare_count -= usize::from(goes);
                goes
            });
        }
    }

    /// Frees the members for which `is_over` says yes.
    fn free_if(&mut self, mut is_over: impl FnMut(&Member) -> bool) {
        let mut kept = ptr::null_mut();
        let mut next = self.first.load(Ordering::Relaxed);
        self.first.store(ptr::null_mut(), Ordering::Relaxed);
        let mut count = 0;
        while let Some(member) = NonNull::new(next) {
            // SAFETY: made by `Box::into_raw` in `add`, and on no list from here on but `kept`.
            let member = unsafe { Box::from_raw(member.as_ptr()) };
            next = member.next.load(Ordering::Relaxed);
            if !is_over(&member) {
                member.next.store(kept, Ordering::Relaxed);
                kept = Box::into_raw(member);
                count += 1;
            }
        }
        self.first.store(kept, Ordering::Relaxed);
        self.count.store(count, Ordering::Relaxed);
    }
}

impl Drop for MemberList {
    fn drop(&mut self) {
        self.free_if(|_| true);
    }
}
