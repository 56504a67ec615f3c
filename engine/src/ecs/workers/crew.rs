//! Fork and join over a fixed crew of threads: no heap call, no lock while there is work.
//!
//! A *turn* is one job run for the numbers under a count. Whoever has one opens the gate; threads
//! of the crew that come while it is open enter, take numbers until none is left, and leave. The
//! opener takes numbers too, then closes the gate and waits for those inside. So it never waits for
//! a thread that is still waking up.
//!
//! Each thread has a *share* of a turn's numbers, the same in all turns of one count, takes those
//! first and then what is left of others' (affinity scheduling: Markatos and LeBlanc, 1994). What it
//! wrote in one turn, its core's caches still have in the next.
//!
//! Invariants
//! - **K1** `job` is written by the holder of `is_taken` only, while the gate is closed and nobody
//!   is inside.
//! - **K2** A crew thread reads `job`, and calls what it names, only between entering the open gate
//!   and leaving. The opener closes the gate and waits until nobody is inside before the borrow
//!   that `job` stands for ends, also when a call panics.
//! - **K3** Shares are disjoint and together a turn's numbers; `next` of a share gives each of its
//!   numbers out once.

use core::sync::atomic::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;

use super::sync::{
    AtomicBool, AtomicU64, AtomicUsize, Condvar, LOOKS_BEFORE_SLEEP, Mutex, MutexGuard,
    OrderedCell, spin_loop, yield_now,
};
use crate::arena::{PanicPayload, keep_first};
use crate::ecs::heap_share::HeapTally;
use crate::heap::{self, HeapCounts};

/// Looks between two offers of the core to whoever wants it: the thread that one waits for may be
/// waiting for this very core.
const LOOKS_BEFORE_YIELD: u32 = 64;

/// Bits of the gate: how many are inside, whether it is open, whether the crew goes home, and from
/// bit 32 on the number of the turn.
const INSIDE_MASK: u64 = OPEN - 1;
const OPEN: u64 = 1 << 16;
const OVER: u64 = 1 << 17;
const TURN_SHIFT: u32 = 32;

/// Most threads of a crew: they must fit into the gate's count.
pub(super) const MAX_CREW: usize = 4_096;

/// Most numbers that are shared out: beyond the last, each thread takes one more in vain, and they
/// must not begin anew.
const MAX_SHARED: usize = usize::MAX - 2 * MAX_CREW;

/// What a turn calls, with its type forgotten.
#[derive(Clone, Copy)]
struct Job {
    work: *const (),
    call: unsafe fn(*const (), usize),
    count: usize,
}

/// The next number of a share. In a cache line pair of its own: processors fetch two at a time.
#[repr(align(128))]
struct Share {
    next: AtomicUsize,
}

/// What the crew and whoever gives it work share.
pub(super) struct Crew {
    gate: AtomicU64,
    /// The opener's, and then one for each thread of the crew.
    shares: Box<[Share]>,
    job: OrderedCell<Job>,
    is_taken: AtomicBool,
    panicked: Mutex<Option<PanicPayload>>,
    /// Heap calls of the crew's threads.
    heap: HeapTally,
    sleepers: AtomicUsize,
    bedroom: Mutex<()>,
    alarm: Condvar,
}

// SAFETY: `job` is the one field that is not `Sync`; K1 and K2 order each write and read of it by
// the gate. What it names is `Sync`, as `run` demands.
unsafe impl Sync for Crew {}
// SAFETY: the pointers in `job` are only used in a turn, whose opener borrows the crew.
unsafe impl Send for Crew {}

impl Crew {
    /// For an opener and so many threads that serve.
    pub(super) fn new(server_count: usize) -> Self {
        let shares = (0..=server_count).map(|_| Share { next: AtomicUsize::new(0) });
        Self {
            gate: AtomicU64::new(0),
            shares: shares.collect(),
            job: OrderedCell::new(Job { work: core::ptr::null(), call: call_nothing, count: 0 }),
            is_taken: AtomicBool::new(false),
            panicked: Mutex::new(None),
            heap: HeapTally::new(),
            sleepers: AtomicUsize::new(0),
            bedroom: Mutex::new(()),
            alarm: Condvar::new(),
        }
    }

    pub(super) fn heap_counts(&self) -> HeapCounts {
        self.heap.counts()
    }

    /// Calls `work` once for each number under `count`: on this thread and the crew's, or on this
    /// one alone if the crew has a turn already (one inside another, or another thread's).
    ///
    /// # Panics
    /// With the first panic of a call, after all calls under way have ended; numbers not begun by
    /// then are left out.
    pub(super) fn for_each<F: Fn(usize) + Sync>(&self, count: usize, work: &F) {
        if !(2..=MAX_SHARED).contains(&count) || !self.run(count, work) {
            (0..count).for_each(work);
        }
    }

    /// Calls `work` once for each item, as [`for_each`](Self::for_each).
    pub(super) fn for_each_mut<T: Send, F>(&self, items: &mut [T], work: &F)
    where
        F: Fn(usize, &mut T) + Sync,
    {
        let taken = Taken { first: items.as_mut_ptr() };
        self.for_each(items.len(), &|place| {
            // SAFETY: `items` is borrowed until `for_each` returns; K3: this place is taken once,
            // and it is under the slice's length.
            let item = unsafe { taken.take(place) };
            work(place, item);
        });
    }

    /// Runs a turn. Gives false and does nothing if the crew has one.
    fn run<F: Fn(usize) + Sync>(&self, count: usize, work: &F) -> bool {
        if self.is_taken.swap(true, Ordering::Acquire) {
            return false;
        }
        let job = Job { work: (&raw const *work).cast(), call: call::<F>, count };
        // SAFETY: K1: `is_taken` is ours, and the last holder left the gate closed and empty.
        unsafe { self.job.write(job) };
        for (number, share) in self.shares.iter().enumerate() {
            share.next.store(self.first_of(number, count), Ordering::Relaxed);
        }
        let turn = (self.gate.load(Ordering::Relaxed) >> TURN_SHIFT).wrapping_add(1);
        self.gate.store(turn << TURN_SHIFT | OPEN, Ordering::SeqCst);
        self.wake(count - 1);
        self.work(job, 0);
        self.close();
        let panicked = self.lock_panicked().take();
        self.is_taken.store(false, Ordering::Release);
        if let Some(payload) = panicked {
            std::panic::resume_unwind(payload);
        }
        true
    }

    /// The first number of a share; of that behind the last, `count`.
    fn first_of(&self, share: usize, count: usize) -> usize {
        let len = self.shares.len();
        count / len * share + (count % len).min(share)
    }

    /// Takes numbers until none is left, those of one's own share first. Never unwinds, so that K2
    /// holds.
    fn work(&self, job: Job, own: usize) {
        let calls = || {
            for number in (own..self.shares.len()).chain(0..own) {
                self.work_on(job, number);
            }
        };
        if let Err(payload) = catch_unwind(AssertUnwindSafe(calls)) {
            for share in &self.shares {
                share.next.fetch_max(job.count, Ordering::Relaxed);
            }
            keep_first(&mut self.lock_panicked(), payload);
        }
    }

    /// Takes numbers of a share until none is left.
    fn work_on(&self, job: Job, share: usize) {
        let (next, end) = (&self.shares[share].next, self.first_of(share + 1, job.count));
        // A look first: it disturbs nobody where the share is done.
        while next.load(Ordering::Relaxed) < end {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= end {
                return;
            }
            // SAFETY: K2: `work` is a `&F` that is still borrowed, and `call` is that of `F`; K3:
            // the number is this thread's.
            unsafe { (job.call)(job.work, number) };
        }
    }

    /// Lets nobody in any more and waits for those inside.
    fn close(&self) {
        let mut inside = self.gate.fetch_and(!OPEN, Ordering::Acquire) & INSIDE_MASK;
        let mut look = 0u32;
        while inside > 0 {
            look = look.wrapping_add(1);
            pause(look);
            inside = self.gate.load(Ordering::Acquire) & INSIDE_MASK;
        }
    }

    /// What a thread of the crew does until [`send_home`](Self::send_home). `number` is its own, from
    /// 1 on.
    pub(super) fn serve(&self, number: usize) {
        let mut turn = 0;
        while let Some(entered) = self.enter_next(turn) {
            turn = entered;
            let before = heap::thread_counts();
            // SAFETY: K2: this thread is inside.
            let job = unsafe { self.job.read() };
            self.work(job, number);
            self.heap.add(heap::thread_counts() - before);
            self.gate.fetch_sub(1, Ordering::Release);
        }
    }

    /// Enters a turn other than `last` and gives its number; waits for one. `None` when the crew
    /// goes home.
    fn enter_next(&self, last: u64) -> Option<u64> {
        loop {
            for look in 0..LOOKS_BEFORE_SLEEP {
                let gate = self.gate.load(Ordering::Relaxed);
                if gate & OVER != 0 {
                    return None;
                }
                if is_due(gate, last) && self.enter(gate) {
                    return Some(gate >> TURN_SHIFT);
                }
                pause(look);
            }
            self.sleep(last);
        }
    }

    fn enter(&self, gate: u64) -> bool {
        let entered = self.gate.compare_exchange(
            gate,
            gate + 1,
            Ordering::Acquire, // What the opener wrote before it opened.
            Ordering::Relaxed,
        );
        entered.is_ok()
    }

    /// Sleeps until there is a turn other than `last`, or the crew goes home.
    fn sleep(&self, last: u64) {
        let mut bed = self.lock_bedroom();
        // The sleeper counts itself and then looks at the gate; the opener moves the gate and then
        // looks at the count. All four are sequentially consistent, so one sees the other.
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        loop {
            let gate = self.gate.load(Ordering::SeqCst);
            if gate & OVER != 0 || is_due(gate, last) {
                break;
            }
            bed = self.alarm.wait(bed).unwrap_or_else(PoisonError::into_inner);
        }
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
    }

    /// Wakes at most `count` sleepers.
    fn wake(&self, count: usize) {
        let sleepers = self.sleepers.load(Ordering::SeqCst);
        if sleepers == 0 {
            return;
        }
        // Who counted itself holds the lock until it waits.
        drop(self.lock_bedroom());
        (0..count.min(sleepers)).for_each(|_| self.alarm.notify_one());
    }

    /// Ends every [`serve`](Self::serve).
    pub(super) fn send_home(&self) {
        self.gate.fetch_or(OVER, Ordering::SeqCst);
        drop(self.lock_bedroom());
        self.alarm.notify_all();
    }

    fn lock_bedroom(&self) -> MutexGuard<'_, ()> {
        self.bedroom.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_panicked(&self) -> MutexGuard<'_, Option<PanicPayload>> {
        self.panicked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Between two looks.
fn pause(look: u32) {
    if look.is_multiple_of(LOOKS_BEFORE_YIELD) {
        yield_now();
    } else {
        spin_loop();
    }
}

/// Whether the gate is open for a turn other than `last`.
fn is_due(gate: u64, last: u64) -> bool {
    gate & OPEN != 0 && gate >> TURN_SHIFT != last
}

/// # Safety
/// - `work` is a `&F` that is still borrowed.
unsafe fn call<F: Fn(usize) + Sync>(work: *const (), number: usize) {
    // SAFETY: the caller says so; `F: Sync`, so any thread may hold the reference.
    let work = unsafe { &*work.cast::<F>() };
    work(number);
}

/// # Safety
/// None; it stands where no job is.
unsafe fn call_nothing(_work: *const (), _number: usize) {}

/// A slice whose elements different threads take, each one once.
struct Taken<T> {
    first: *mut T,
}

// SAFETY: it hands out `&mut T` to other threads, each to one (`take`), which `T: Send` allows.
unsafe impl<T: Send> Sync for Taken<T> {}

impl<T> Taken<T> {
    /// The element at `place`.
    ///
    /// # Safety
    /// - The slice that starts at `first` is mutably borrowed for longer than the result lives.
    /// - `place` is under its length, and no place is taken twice.
    #[expect(clippy::mut_from_ref, reason = "each place is taken once")]
    unsafe fn take(&self, place: usize) -> &mut T {
        // SAFETY: the caller says that it is inside the slice.
        let item = unsafe { self.first.add(place) };
        // SAFETY: the caller says that the slice is borrowed and that nobody else has this place.
        unsafe { &mut *item }
    }
}
