//! Values in runs, one behind the other, in an arena of their own; dropped newest first.
//!
//! Invariants
//! - **V1** Every run on the list was written by `begin_run` into memory that `memory` gave for it.
//!   The memory stays until the list is emptied: only `reset`, `set_mode` and drop give it away,
//!   and each empties the list first.
//! - **V2** The first `len` slots of a run hold initialized values of the run's type, each in memory
//!   given for it by the claim that the run came from. `len` grows after a value is written, and no
//!   user code runs between a claim and that.
//! - **V3** `len` falls before a value is dropped, so none is dropped twice.
//! - **V4** A store is one thread's at a time (it is not `Sync`). Under `&Store` a value is reached
//!   only through what the call that stored it returned; `&mut Store` says that this is gone.

use core::cell::Cell;
use core::mem::{needs_drop, offset_of};
use core::ptr::{NonNull, drop_in_place};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::arena::config::{ArenaMode, Budget};
use crate::arena::drops::{PanicPayload, keep_first, resume_in_drop};
use crate::arena::error::Refused;
use crate::arena::frame_arena::FrameArena;
use crate::arena::size;

/// Stands before the values of a run; `X` is what else is to be known about them.
// Aligned as the arena pads, on 32 bits too, so that the second value follows right behind the first.
#[repr(align(8))]
pub(super) struct RunHeader<X> {
    older: Option<NonNull<RunHeader<X>>>,
    newer: Cell<Option<NonNull<RunHeader<X>>>>,
    len: Cell<usize>,
    /// Drops the values of the run whose header this is, newest first. `None` if they need none.
    drop_values: Option<unsafe fn(NonNull<RunHeader<X>>)>,
    pub(super) extra: X,
}

/// A run as it begins. Further values follow behind it, each padded as the arena pads.
#[repr(C)]
struct Run<X, T> {
    header: RunHeader<X>,
    first: T,
}

const _: () = assert!(align_of::<RunHeader<()>>() == size::MIN_ALIGN_BYTES);

/// An arena and the list of the runs in it, which it drops.
///
/// Not generic over the values: so `Drop` here makes no demand on their lifetimes, and the owner
/// says by its own `PhantomData` what it demands.
pub(super) struct Store<X> {
    memory: FrameArena,
    oldest: Cell<Option<NonNull<RunHeader<X>>>>,
    newest: Cell<Option<NonNull<RunHeader<X>>>>,
    len: Cell<usize>,
}

/// Where slot `index` of a run of `T`s lies.
#[inline(always)]
pub(super) fn slot<X, T>(run: NonNull<RunHeader<X>>, index: usize) -> *mut T {
    let offset = offset_of!(Run<X, T>, first) + index * const { size::padded(size_of::<T>()) };
    run.as_ptr().wrapping_byte_add(offset).cast()
}

impl<X> Store<X> {
    pub(super) fn new(memory: FrameArena) -> Self {
        Self { memory, oldest: Cell::new(None), newest: Cell::new(None), len: Cell::new(0) }
    }

    pub(super) fn memory(&self) -> &FrameArena {
        &self.memory
    }

    pub(super) fn len(&self) -> usize {
        self.len.get()
    }

    /// Stores a value behind the newest if there is room, and in a run of its own otherwise.
    ///
    /// # Safety
    /// - Every run of this store holds `T`s.
    #[inline]
    #[track_caller]
    pub(super) unsafe fn push<T>(&self, value: T) -> Result<NonNull<T>, Refused<T>>
    where
        X: Default,
    {
        // Room for at least one byte: there is none per object, where nothing lies behind another.
        let stride = const { size::padded(size_of::<T>()) };
        if self.memory.room_bytes() >= stride.max(1)
            && let Some(newest) = self.newest.get()
            && let Ok(claimed) = self.memory.raw().claim_value::<T>()
        {
            // SAFETY: V1.
            let header = unsafe { newest.as_ref() };
            let len = header.len.get();
            // Asked, not trusted: had anything else been allocated, the run would end there.
            if claimed.as_ptr() == slot::<X, T>(newest, len) {
                // SAFETY: claimed for a `T`, and nobody else's.
                unsafe { claimed.write(value) };
                header.len.set(len + 1);
                self.len.set(self.len.get() + 1);
                return Ok(claimed);
            }
        }
        self.begin_run(X::default(), value)
    }

    /// Stores a value as the first of a new run.
    #[inline(never)]
    #[track_caller]
    pub(super) fn begin_run<T>(&self, extra: X, value: T) -> Result<NonNull<T>, Refused<T>> {
        let run = match self.memory.raw().claim_value::<Run<X, T>>() {
            Ok(run) => run,
            Err(error) => return Err(Refused::new(error, value)),
        };
        // Read after the claim, which may have called out to what uses this store.
        let older = self.newest.get();
        let header = RunHeader {
            older,
            newer: Cell::new(None),
            len: Cell::new(1),
            drop_values: needs_drop::<T>().then_some(drop_values::<X, T>),
            extra,
        };
        // SAFETY: claimed for a `Run<X, T>`, and nobody else's.
        unsafe { run.write(Run { header, first: value }) };
        let run: NonNull<RunHeader<X>> = run.cast();
        match older {
            // SAFETY: V1.
            Some(older) => unsafe { older.as_ref() }.newer.set(Some(run)),
            None => self.oldest.set(Some(run)),
        }
        self.newest.set(Some(run));
        self.len.set(self.len.get() + 1);
        Ok(NonNull::new(slot::<X, T>(run, 0)).expect("a run's slots are not null"))
    }

    /// Before the first value.
    pub(super) fn cursor(&mut self) -> Cursor<X> {
        Cursor { run: self.oldest.get(), index: 0, left: self.len.get() }
    }

    /// Drops every value, newest first, whatever panics on the way, and empties the list. The
    /// first panic is returned.
    fn drop_all(&mut self) -> Option<PanicPayload> {
        let mut first_panic = None;
        while let Some(run) = self.newest.get() {
            // SAFETY: V1.
            let header = unsafe { run.as_ref() };
            if let Some(drop_values) = header.drop_values
                && header.len.get() > 0
            {
                // SAFETY: V1 and V2: the run was written with the function of its type. After a
                // panic the loop comes here again, and V3 says that it goes on with the next.
                let dropped = catch_unwind(AssertUnwindSafe(|| unsafe { drop_values(run) }));
                if let Err(payload) = dropped {
                    keep_first(&mut first_panic, payload);
                }
            } else {
                self.newest.set(header.older);
            }
        }
        self.oldest.set(None);
        self.len.set(0);
        first_panic
    }

    /// Drops every value, then resets the memory; a panic of a drop comes last.
    pub(super) fn reset(&mut self) {
        let panicked = self.drop_all();
        self.memory.reset();
        resume(panicked);
    }

    /// As `reset`, and changes where memory comes from.
    pub(super) fn set_mode(&mut self, mode: ArenaMode) {
        let panicked = self.drop_all();
        self.memory.set_mode(mode);
        resume(panicked);
    }

    pub(super) fn set_budget(&mut self, budget: Budget) {
        self.memory.set_budget(budget);
    }
}

fn resume(panicked: Option<PanicPayload>) {
    if let Some(payload) = panicked {
        resume_unwind(payload);
    }
}

impl<X> Drop for Store<X> {
    fn drop(&mut self) {
        let panicked = self.drop_all();
        resume_in_drop(panicked);
    }
}

/// # Safety
/// - `run` is the header of a `Run<X, T>` on a list, whose values nobody uses any more.
unsafe fn drop_values<X, T>(run: NonNull<RunHeader<X>>) {
    // SAFETY: V1.
    let header = unsafe { run.as_ref() };
    while let Some(last) = header.len.get().checked_sub(1) {
        header.len.set(last); // V3.
        // SAFETY: V2: initialized; V3: not dropped before.
        unsafe { drop_in_place(slot::<X, T>(run, last)) };
    }
}

/// A place between two values, oldest first.
pub(super) struct Cursor<X> {
    run: Option<NonNull<RunHeader<X>>>,
    index: usize,
    left: usize,
}

impl<X> Cursor<X> {
    /// Values that are left.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// Run and slot of the next value.
    ///
    /// # Safety
    /// - The store of this cursor lives and was not changed since the cursor was made.
    #[inline]
    pub(super) unsafe fn advance(&mut self) -> Option<(NonNull<RunHeader<X>>, usize)> {
        loop {
            let run = self.run?;
            // SAFETY: V1, by the caller's promise.
            let header = unsafe { run.as_ref() };
            let index = self.index;
            if index < header.len.get() {
                self.index += 1;
                self.left -= 1;
                return Some((run, index));
            }
            self.run = header.newer.get();
            self.index = 0;
        }
    }
}
