//! `ThreadArenas`: an arena for each thread, one reservation, one budget, one reset.
//!
//! Invariants
//! - **W1** The set's epoch is drawn anew first thing in every method that resets its members.
//! - **W2** Members use the reservation through a borrow of the set only.

use core::fmt;
use core::mem;
use std::sync::Arc;

use super::config::{ArenaConfig, ArenaMode, Budget};
use super::drops::{PanicPayload, keep_first, resume_in_drop};
use super::epoch::Epoch;
use super::error::{AllocError, MAX_KEPT_THREADS, StaleHandle, granted};
use super::frame_arena::FrameArena;
use super::handle::{AnyHandle, HandleTarget, live_epoch, resolve};
use super::members::MemberList;
use super::pressure::{Pressure, PressureTally};
use super::raw::RawArena;
use super::reservation::{GRANULE_BYTES, Reservation};
use super::stats::{ArenaStats, FrameHistory, FrameUsage};
use super::trace::FrameTrace;

/// A member that no thread used for this many frames becomes a spare for whichever thread comes
/// next. Ended threads leave their members this way.
const SPARE_AFTER_QUIET_FRAMES: u32 = 8;

/// An arena for each thread that asks, from one reservation, with one budget and one reset.
///
/// 1. [`begin_frame`](Self::begin_frame) takes `&mut self` and empties every thread's arena, those
///    of ended threads included. No reference into the last frame can be left.
/// 2. In the frame, each thread calls [`local`](Self::local) once and allocates without locks.
/// 3. What crosses from one thread to another is published; [`get`](Self::get) checks it.
///
/// Threads claim granules of 64 KiB from the reservation by one atomic operation. So work that
/// moves between threads from frame to frame (work stealing) does not make the memory grow.
///
/// ```
/// use frame_arena::{Handle, ThreadArenas};
///
/// let mut arenas = ThreadArenas::new();
/// for frame in 0..3u64 {
///     arenas.begin_frame();
///     let set = &arenas;
///     let squares: Vec<Handle<u64>> = std::thread::scope(|scope| {
///         let threads: Vec<_> =
///             (0..2).map(|n| scope.spawn(move || set.local().publish(n * frame))).collect();
///         threads.into_iter().map(|thread| thread.join().unwrap()).collect()
///     });
///     assert_eq!(set.get(squares[1]), Ok(&frame));
/// }
/// ```
pub struct ThreadArenas {
    shared: Arc<Reservation>,
    older: Option<OlderFrame>,
    epoch: Epoch,
    config: ArenaConfig,
    members: MemberList,
    /// Threads that arenas are kept for.
    thread_count: usize,
    figures: SetFigures,
}

/// The last frame's memory and epoch, with two frames in flight.
struct OlderFrame {
    shared: Arc<Reservation>,
    epoch: Epoch,
}

/// What a set remembers of past frames.
struct SetFigures {
    high_water_bytes: usize,
    frame_count: u64,
    last: FrameUsage,
    history: FrameHistory,
    pressure: PressureTally,
    /// Of the same frames, with the bytes that were claimed for those used.
    claimed: PressureTally,
}

/// What a frame took from its memory.
#[derive(Clone, Copy, Default)]
struct Claims {
    bytes: usize,
    /// Room for them beside the capacity.
    kept_bytes: usize,
    /// Whether it needed more than one block.
    has_grown: bool,
    /// The most bytes that it would have used with a request that met the end of what cannot grow.
    refused_bytes: usize,
}

impl ThreadArenas {
    /// A set with the default configuration, which takes its first block at the first allocation.
    #[must_use]
    pub fn new() -> Self {
        Self::lazy(ArenaConfig::default())
    }

    /// A set as configured, with its first block taken now. Capacity and budget are the set's.
    ///
    /// # Panics
    /// If the system refuses the block or the history's memory, or `frames_in_flight` is neither 1
    /// nor 2.
    #[must_use]
    #[track_caller]
    pub fn with_config(config: ArenaConfig) -> Self {
        granted(Self::try_with_config(config))
    }

    /// As [`with_config`](Self::with_config).
    ///
    /// # Errors
    /// If the system refuses the block, or memory for the figures of `history_frames` frames.
    ///
    /// # Panics
    /// If `frames_in_flight` is neither 1 nor 2.
    #[track_caller]
    pub fn try_with_config(config: ArenaConfig) -> Result<Self, AllocError> {
        Self::try_for_threads(config, 0)
    }

    /// As [`try_with_config`](Self::try_with_config), with arenas for `thread_count` threads made
    /// now and kept, and room for the granule that each of them may leave half used: so many threads
    /// can come and go and make no heap call.
    ///
    /// ```
    /// use frame_arena::{ArenaConfig, ThreadArenas};
    ///
    /// let arenas = ThreadArenas::try_for_threads(ArenaConfig::named("workers"), 4)?;
    /// assert_eq!(arenas.member_count(), 4);
    /// # Ok::<(), frame_arena::AllocError>(())
    /// ```
    ///
    /// # Errors
    /// As of [`try_with_config`](Self::try_with_config), and if `thread_count` is over 65,536.
    ///
    /// # Panics
    /// If `frames_in_flight` is neither 1 nor 2.
    #[track_caller]
    pub fn try_for_threads(config: ArenaConfig, thread_count: usize) -> Result<Self, AllocError> {
        if thread_count > MAX_KEPT_THREADS {
            let arena = config.name;
            return Err(AllocError::TooManyThreads { arena, thread_count });
        }
        let mut set = Self::lazy(config);
        set.figures.history = FrameHistory::try_new(&config)?;
        set.thread_count = thread_count;
        for _ in 0..thread_count {
            let member = set.make_member();
            set.members.add_spare(member);
        }
        set.reservations_mut().for_each(|shared| shared.set_thread_count(thread_count));
        if config.mode != ArenaMode::PerObject {
            set.shared.reserve_capacity()?;
            if let Some(older) = &set.older {
                older.shared.reserve_capacity()?;
            }
        }
        Ok(set)
    }

    #[track_caller]
    fn lazy(config: ArenaConfig) -> Self {
        Self {
            shared: Arc::new(Reservation::new(config)),
            older: config.keeps_last_frame().then(|| OlderFrame {
                shared: Arc::new(Reservation::new(config)),
                epoch: Epoch::next(),
            }),
            epoch: Epoch::next(),
            config,
            members: MemberList::new(),
            thread_count: 0,
            figures: SetFigures {
                high_water_bytes: 0,
                frame_count: 0,
                last: FrameUsage::default(),
                history: FrameHistory::default(),
                pressure: PressureTally::default(),
                claimed: PressureTally::default(),
            },
        }
    }

    /// This thread's arena. A thread-local load and a compare, no lock; the first call of a thread
    /// in a frame looks its arena up, and the first call ever makes one.
    #[must_use]
    #[inline]
    pub fn local(&self) -> &FrameArena {
        // SAFETY: W1.
        unsafe { self.members.local(self.epoch, || self.make_member()) }
    }

    fn make_member(&self) -> FrameArena {
        let member =
            |shared: &Arc<_>, epoch| RawArena::member(self.config, Arc::clone(shared), epoch);
        let older = self.older.as_ref().map(|older| Box::new(member(&older.shared, older.epoch)));
        let mut current = member(&self.shared, self.epoch);
        let _without = current.keep_history(); // The set has one of its own.
        FrameArena::from_raws(current, older)
    }

    /// The object that `handle` names, whichever thread published it. One compare and a pointer.
    ///
    /// # Errors
    /// If `begin_frame` was called since the handle was made, or it is another set's.
    #[inline]
    pub fn get<H: AnyHandle>(&self, handle: H) -> Result<&HandleTarget<H>, StaleHandle> {
        let epoch = live_epoch(handle, self.epoch, self.older.as_ref().map(|older| older.epoch));
        // SAFETY: the result borrows this set, which resets its members under `&mut` only.
        unsafe { resolve(handle, epoch, self.config.name) }
    }

    /// Begins a frame: empties every thread's arena, and leaves one block for all.
    ///
    /// # Panics
    /// At its very end, if a value of `alloc_drop` panicked when dropped.
    pub fn begin_frame(&mut self) {
        let panicked = self.end_frame();
        resume(panicked);
    }

    fn end_frame(&mut self) -> Option<PanicPayload> {
        let _zone = self.shared.profile().zone_of_reset();
        let (usage, claims) = (self.usage(), self.claims());
        let active = |arena: &&FrameArena| arena.raw().usage().alloc_count > 0;
        let active_count = self.members.iter_quiescent().filter(active).count();
        if let Some(shared) = self.reservations_mut().next() {
            shared.note_active_count(active_count);
        }
        self.reservations_mut().for_each(|shared| shared.note_frame(claims.bytes));
        let ended = mem::replace(&mut self.epoch, Epoch::next());
        if let Some(older) = &mut self.older {
            mem::swap(&mut self.shared, &mut older.shared);
            older.epoch = ended;
        }
        self.members.retire_quiet(
            SPARE_AFTER_QUIET_FRAMES,
            self.config.shrink_after_frames,
            self.thread_count,
        );
        let panicked = self.empty_members(None);
        let member_count = self.members.count();
        if let Some(shared) = self.reservations_mut().next() {
            shared.settle(member_count);
        }
        self.figures.note(usage, claims);
        panicked
    }

    /// Changes where allocations come from. Begins a frame, as [`begin_frame`](Self::begin_frame).
    ///
    /// # Panics
    /// As [`begin_frame`](Self::begin_frame).
    pub fn set_mode(&mut self, mode: ArenaMode) {
        let (usage, claims) = (self.usage(), self.claims());
        self.epoch = Epoch::next();
        if let Some(older) = &mut self.older {
            older.epoch = Epoch::next();
        }
        let panicked = self.empty_members(Some(mode));
        self.config.mode = mode;
        if mode == ArenaMode::PerObject {
            self.reservations_mut().for_each(Reservation::release_blocks);
        }
        self.configure_reservations();
        self.reservations_mut().for_each(Reservation::rewind);
        self.figures.note(usage, claims);
        resume(panicked);
    }

    /// Changes the budget, and begins a frame, so that it counts from zero.
    ///
    /// # Panics
    /// As [`begin_frame`](Self::begin_frame).
    pub fn set_budget(&mut self, budget: Budget) {
        let panicked = self.end_frame();
        self.config.budget = budget;
        for arena in self.members.iter_mut() {
            arena.set_budget(budget);
        }
        self.configure_reservations();
        // Not the last frame's, whose handles are still good.
        if let Some(present) = self.reservations_mut().next() {
            present.rewind();
        }
        resume(panicked);
    }

    fn configure_reservations(&mut self) {
        let config = self.config;
        self.reservations_mut().for_each(|shared| shared.set_config(config));
    }

    /// The present frame's reservation, and then the last one's if it is in flight.
    fn reservations_mut(&mut self) -> impl Iterator<Item = &mut Reservation> {
        let older = self.older.as_mut().map(|older| &mut older.shared);
        [Some(&mut self.shared), older].into_iter().flatten().map(|shared| {
            let shared = Arc::as_ptr(shared).cast_mut();
            // SAFETY: the other owners are members of this set; W2, and `&mut self` says that there
            // is no other borrow of the set. The two reservations are different ones.
            unsafe { &mut *shared }
        })
    }

    /// Resets each member; the first panic of a drop is returned.
    fn empty_members(&mut self, mode: Option<ArenaMode>) -> Option<PanicPayload> {
        let epoch = self.epoch;
        let older_epoch = self.older.as_ref().map_or(epoch, |older| older.epoch);
        let mut first_panic = None;
        for arena in self.members.iter_mut() {
            let panicked = match mode {
                Some(mode) => arena.end_frames_for_mode(mode, epoch, older_epoch),
                None => arena.end_frame(epoch),
            };
            if let Some(payload) = panicked {
                keep_first(&mut first_panic, payload);
            }
        }
        first_panic
    }

    // ---- figures ----

    /// Figures of the frame so far, summed over all threads' arenas, and of the set's life.
    ///
    /// Takes `&mut self`: the counts are plain cells that other threads may be writing.
    #[must_use]
    pub fn stats(&mut self) -> ArenaStats {
        let usage = self.usage();
        let (mut resizes, mut quiet_frames) = (0, u32::MAX);
        for shared in self.reservations_mut() {
            resizes += shared.resizes();
            quiet_frames = quiet_frames.min(shared.quiet_frames());
        }
        ArenaStats {
            alloc_count: usage.alloc_count,
            used_bytes: usage.used_bytes,
            reserved_bytes: usage.reserved_bytes,
            high_water_bytes: self.figures.high_water_bytes.max(usage.peak_bytes),
            abandoned_bytes: usage.abandoned_bytes,
            block_count: usage.block_count,
            block_requests: usage.block_requests,
            resizes,
            quiet_frames,
            frame_count: self.figures.frame_count,
        }
    }

    /// The last frame's, if it is in flight.
    #[cfg(feature = "ecs")]
    pub(crate) fn older_epoch(&self) -> Option<Epoch> {
        self.older.as_ref().map(|older| older.epoch)
    }

    fn usage(&mut self) -> FrameUsage {
        let mut sum = FrameUsage::default();
        for arena in self.members.iter_quiescent() {
            let usage = arena.usage();
            sum.alloc_count += usage.alloc_count;
            sum.used_bytes += usage.used_bytes;
            sum.peak_bytes += usage.peak_bytes;
            sum.abandoned_bytes += usage.abandoned_bytes;
            sum.reserved_bytes += usage.reserved_bytes;
        }
        for shared in self.reservations_mut() {
            let (reserved_bytes, block_count) = shared.held();
            sum.reserved_bytes += reserved_bytes;
            sum.block_count += block_count;
        }
        sum.block_requests = self.shared.block_requests();
        sum
    }

    fn claims(&mut self) -> Claims {
        let kept_bytes = self.thread_count.saturating_mul(GRANULE_BYTES);
        let mut claims = Claims { kept_bytes, ..Claims::default() };
        if let Some(shared) = self.reservations_mut().next() {
            claims.bytes = shared.claimed_bytes();
            claims.has_grown = shared.block_count() > 1;
        }
        let refused_bytes = self.members.iter_quiescent().map(|arena| arena.raw().refused_bytes());
        claims.refused_bytes = refused_bytes.max().unwrap_or(0);
        claims
    }

    /// What this frame allocated so far, over all threads; empty but in [`ArenaMode::Traced`].
    /// Offsets count through the threads' arenas, one after the other.
    ///
    /// Takes `&mut self`, as [`stats`](Self::stats) does.
    #[must_use]
    pub fn trace(&mut self) -> FrameTrace {
        let mut sum = FrameTrace::default();
        self.members.iter_quiescent().for_each(|arena| sum.merge(arena.trace()));
        sum
    }

    /// Figures of the last whole frame.
    #[must_use]
    pub fn last_frame(&self) -> FrameUsage {
        self.figures.last
    }

    /// Figures of the last `history_frames` frames, oldest first.
    pub fn history(&self) -> impl DoubleEndedIterator<Item = &FrameUsage> + '_ {
        self.figures.history.iter()
    }

    /// How the last frames fitted the memory reserved, with advice on the capacity as `Display`.
    #[must_use]
    pub fn pressure(&self) -> Pressure {
        let (arena, reserved_bytes) = (self.config.name, self.shared.reserved_bytes());
        let most_claimed_bytes = self.figures.claimed.pressure(arena, reserved_bytes).most_bytes;
        Pressure { most_claimed_bytes, ..self.figures.pressure.pressure(arena, reserved_bytes) }
    }

    /// Arenas that the set holds: one for each thread that used it lately.
    #[must_use]
    pub fn member_count(&self) -> usize {
        self.members.count()
    }

    /// How the set was configured.
    #[must_use]
    pub fn config(&self) -> &ArenaConfig {
        &self.config
    }

    /// The present span between two resets, the same for all threads' arenas.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }
}

impl SetFigures {
    fn note(&mut self, usage: FrameUsage, claims: Claims) {
        self.frame_count += 1;
        self.high_water_bytes = self.high_water_bytes.max(usage.peak_bytes);
        self.last = usage;
        self.pressure.note_peak(usage.peak_bytes, claims.has_grown);
        self.pressure.note_refused(claims.refused_bytes);
        let claimed_bytes = claims.bytes.saturating_sub(claims.kept_bytes);
        self.claimed.note_peak(claimed_bytes, claims.has_grown);
        self.history.push(usage);
    }
}

impl Default for ThreadArenas {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for ThreadArenas {
    fn drop(&mut self) {
        self.epoch = Epoch::next(); // W1.
        let mode = self.config.mode;
        let panicked = self.empty_members(Some(mode)); // All frames in flight.
        resume_in_drop(panicked);
    }
}

/// Goes on with a panic that was caught, now that nothing is left to do.
fn resume(panicked: Option<PanicPayload>) {
    if let Some(payload) = panicked {
        std::panic::resume_unwind(payload);
    }
}

impl fmt::Debug for ThreadArenas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadArenas")
            .field("name", &self.config.name)
            .field("mode", &self.config.mode)
            .field("epoch", &self.epoch)
            .field("member_count", &self.member_count())
            .field("last_frame", &self.figures.last)
            .finish()
    }
}
