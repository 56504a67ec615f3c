//! Handles: names of objects in an arena that may be stored anywhere and are checked at use.
//!
//! Invariants
//! - **H1** A handle whose epoch is an arena's present epoch was made by that arena (or by a member
//!   of that set) since its last reset: epochs are unique in the process, drawn anew at each reset,
//!   and no safe code can make or change a handle. With two frames in flight the same holds of the
//!   last frame's epoch and memory, which change hands together.
//! - **H2** What a handle names was initialized when the handle was made, and since then is reached
//!   through shared references only: `publish` consumes the value, slice or collection, and never
//!   takes a `&mut` that its caller could use again.
//! - **H3** `T: Send + Sync + 'static` without drop: any thread may read it, nothing in it dangles,
//!   and forgetting it at reset is sound.
//! - **H4** No member of a set is given away by value or `&mut`, so an epoch stays with its memory.

use core::fmt;
use core::ptr::NonNull;

use super::epoch::Epoch;
use super::error::{AllocError, Refused, StaleHandle, granted};
use super::frame_arena::FrameArena;
use super::string::FrameString;
use super::vec::FrameVec;

/// Names one `T` in an arena. `Copy`, `Send`, `Sync`, `'static`, 16 bytes: it may stand in a
/// component or a resource.
///
/// ```
/// use frame_arena::{FrameArena, Handle};
///
/// let mut arena = FrameArena::new();
/// let score: Handle<u32> = arena.publish(250);
/// assert_eq!(arena.get(score), Ok(&250));
/// arena.reset();
/// assert!(arena.get(score).is_err());
/// ```
pub struct Handle<T> {
    object: NonNull<T>,
    epoch: Epoch,
}

/// Names a slice in an arena. `Copy`, `Send`, `Sync`, `'static`, 24 bytes.
///
/// ```
/// let arena = frame_arena::FrameArena::new();
/// let path = arena.publish_slice_from_iter((0..3).map(|step| step * 10));
/// assert_eq!(arena.get(path).unwrap(), [0, 10, 20]);
/// ```
pub struct SliceHandle<T> {
    first: NonNull<T>,
    len: usize,
    epoch: Epoch,
}

/// Names text in an arena. `Copy`, `Send`, `Sync`, `'static`, 24 bytes.
///
/// ```
/// let arena = frame_arena::FrameArena::new();
/// let title = arena.publish_str("wave 3");
/// assert_eq!(arena.get(title), Ok("wave 3"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StrHandle {
    bytes: SliceHandle<u8>,
}

// SAFETY: H3: a handle gives nothing but `&T` of a `Send + Sync` value.
unsafe impl<T: Send + Sync> Send for Handle<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Handle<T> {}
// SAFETY: H3: a handle gives nothing but `&[T]` of `Send + Sync` values.
unsafe impl<T: Send + Sync> Send for SliceHandle<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for SliceHandle<T> {}

mod sealed {
    /// Where a handle points and since when.
    pub trait Sealed {
        type Target: ?Sized + 'static;
        fn epoch(&self) -> super::Epoch;
        fn target(&self) -> core::ptr::NonNull<Self::Target>;
    }
}

/// Any of the handles that an arena can resolve. Sealed: the kinds are [`Handle`],
/// [`SliceHandle`] and [`StrHandle`].
pub trait AnyHandle: sealed::Sealed + Copy {}

impl<T: 'static> AnyHandle for Handle<T> {}
impl<T: 'static> AnyHandle for SliceHandle<T> {}
impl AnyHandle for StrHandle {}

impl<T: 'static> sealed::Sealed for Handle<T> {
    type Target = T;

    #[inline(always)]
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    #[inline(always)]
    fn target(&self) -> NonNull<T> {
        self.object
    }
}

impl<T: 'static> sealed::Sealed for SliceHandle<T> {
    type Target = [T];

    #[inline(always)]
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    #[inline(always)]
    fn target(&self) -> NonNull<[T]> {
        NonNull::slice_from_raw_parts(self.first, self.len)
    }
}

impl sealed::Sealed for StrHandle {
    type Target = str;

    #[inline(always)]
    fn epoch(&self) -> Epoch {
        self.bytes.epoch
    }

    #[inline(always)]
    fn target(&self) -> NonNull<str> {
        let bytes = sealed::Sealed::target(&self.bytes);
        // A cast between fat pointers of the same metadata; nothing is read.
        NonNull::new(bytes.as_ptr() as *mut str).expect("a handle is not null")
    }
}

/// What `get` gives for a handle of kind `H`.
pub type HandleTarget<H> = <H as sealed::Sealed>::Target;

/// Resolves `handle` for an owner of the memory of `epoch`.
///
/// # Safety
/// - The result is not used after the next reset of the arena or set whose present epoch is
///   `epoch`: the caller ties `'a` to a shared borrow of it.
#[inline(always)]
pub(crate) unsafe fn resolve<'a, H: AnyHandle>(
    handle: H,
    epoch: Epoch,
    arena: &'static str,
) -> Result<&'a HandleTarget<H>, StaleHandle> {
    if handle.epoch() != epoch {
        return Err(StaleHandle { arena, handle_epoch: handle.epoch(), arena_epoch: epoch });
    }
    // SAFETY: H1: the memory is that of a live arena in the span in which the handle was made; H2
    // and H3: initialized, and shared from then on. The caller bounds the lifetime.
    Ok(unsafe { handle.target().as_ref() })
}

/// The epoch against which `handle` is checked: that of the last frame if it is in flight and the
/// handle's own, else that of the present one.
#[inline(always)]
pub(crate) fn live_epoch<H: AnyHandle>(handle: H, present: Epoch, last: Option<Epoch>) -> Epoch {
    match last {
        Some(last) if handle.epoch() == last => last,
        _ => present,
    }
}

/// Refuses what a handle cannot name (H3), when the call is built.
const fn assert_no_drop<T>() {
    assert!(
        !core::mem::needs_drop::<T>(),
        "this type needs drop, so it cannot be published: a handle's object is forgotten at reset"
    );
}

impl FrameArena {
    /// Stores `value` and gives a handle that may leave the borrow.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn publish<T: Send + Sync + 'static>(&self, value: T) -> Handle<T> {
        granted(self.try_publish(value))
    }

    /// As [`publish`](Self::publish).
    ///
    /// # Errors
    /// If the budget or the system refuses; the error holds `value`.
    #[inline]
    #[track_caller]
    pub fn try_publish<T: Send + Sync + 'static>(&self, value: T) -> Result<Handle<T>, Refused<T>> {
        const { assert_no_drop::<T>() };
        let object = self.try_alloc(value)?;
        Ok(Handle { object: NonNull::from(object), epoch: self.epoch() })
    }

    /// Copies a slice and gives a handle to the copy.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn publish_slice_copy<T: Copy + Send + Sync + 'static>(
        &self,
        source: &[T],
    ) -> SliceHandle<T> {
        granted(self.try_publish_slice_copy(source))
    }

    /// As [`publish_slice_copy`](Self::publish_slice_copy).
    ///
    /// # Errors
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn try_publish_slice_copy<T: Copy + Send + Sync + 'static>(
        &self,
        source: &[T],
    ) -> Result<SliceHandle<T>, AllocError> {
        Ok(SliceHandle::new(self.try_alloc_slice_copy(source)?, self.epoch()))
    }

    /// Stores an iterator's elements, as
    /// [`alloc_slice_from_iter`](Self::alloc_slice_from_iter) does, and gives a handle to them.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn publish_slice_from_iter<I>(&self, items: I) -> SliceHandle<I::Item>
    where
        I: IntoIterator<IntoIter: ExactSizeIterator>,
        I::Item: Send + Sync + 'static,
    {
        granted(self.try_publish_slice_from_iter(items))
    }

    /// As [`publish_slice_from_iter`](Self::publish_slice_from_iter).
    ///
    /// # Errors
    /// If the budget or the system refuses; the error holds the iterator, not advanced.
    #[inline]
    #[track_caller]
    pub fn try_publish_slice_from_iter<I>(
        &self,
        items: I,
    ) -> Result<SliceHandle<I::Item>, Refused<I::IntoIter>>
    where
        I: IntoIterator<IntoIter: ExactSizeIterator>,
        I::Item: Send + Sync + 'static,
    {
        Ok(SliceHandle::new(self.try_alloc_slice_from_iter(items)?, self.epoch()))
    }

    /// Copies text and gives a handle to the copy.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn publish_str(&self, text: &str) -> StrHandle {
        granted(self.try_publish_str(text))
    }

    /// As [`publish_str`](Self::publish_str).
    ///
    /// # Errors
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn try_publish_str(&self, text: &str) -> Result<StrHandle, AllocError> {
        Ok(StrHandle { bytes: self.try_publish_slice_copy(text.as_bytes())? })
    }

    /// The object that `handle` names. One compare and a pointer.
    ///
    /// With two [`frames_in_flight`](crate::ArenaConfig::frames_in_flight), what the last frame
    /// published can be read too, at one compare more:
    ///
    /// ```
    /// use frame_arena::{ArenaConfig, FrameArena};
    ///
    /// let config = ArenaConfig { frames_in_flight: 2, ..ArenaConfig::default() };
    /// let mut arena = FrameArena::with_config(config);
    /// let score = arena.publish(250);
    /// arena.reset();
    /// assert_eq!(arena.get(score), Ok(&250));
    /// arena.reset();
    /// assert!(arena.get(score).is_err());
    /// ```
    ///
    /// # Errors
    /// If the handle's frame is over, or this arena never made it.
    #[inline]
    pub fn get<H: AnyHandle>(&self, handle: H) -> Result<&HandleTarget<H>, StaleHandle> {
        let epoch = live_epoch(handle, self.epoch(), self.older_epoch());
        // SAFETY: the result borrows this arena, which no reset can borrow meanwhile. A member of
        // a set is itself borrowed from the set, which resets its members under `&mut` only (H4).
        unsafe { resolve(handle, epoch, self.config().name) }
    }
}

impl FrameArena {
    /// Says in a log or an inspector what `handle` is to this arena: its object, or that it is
    /// stale.
    ///
    /// ```
    /// let mut arena = frame_arena::FrameArena::new();
    /// let score = arena.publish(250);
    /// assert_eq!(format!("{:?}", arena.describe(score)), "alive: 250");
    /// arena.reset();
    /// assert!(format!("{:?}", arena.describe(score)).starts_with("stale: made in epoch "));
    /// ```
    pub fn describe<H: AnyHandle>(&self, handle: H) -> impl fmt::Debug + use<'_, H>
    where
        HandleTarget<H>: fmt::Debug,
    {
        Described(self.get(handle))
    }
}

/// An object, or why there is none.
struct Described<'a, T: ?Sized>(Result<&'a T, StaleHandle>);

impl<T: fmt::Debug + ?Sized> fmt::Debug for Described<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(object) => write!(f, "alive: {object:?}"),
            Err(StaleHandle { arena, handle_epoch, arena_epoch }) => {
                let (made, now) = (handle_epoch.number(), arena_epoch.number());
                write!(f, "stale: made in epoch {made}, the {arena} arena is in epoch {now}")
            }
        }
    }
}

impl<T: Send + Sync + 'static> FrameVec<'_, T> {
    /// Gives a handle to the elements, which nobody can change from now on.
    ///
    /// ```
    /// use frame_arena::{FrameArena, FrameVec};
    ///
    /// let arena = FrameArena::new();
    /// let mut hits = FrameVec::new_in(&arena);
    /// hits.push(7u32);
    /// let hits = hits.publish();
    /// assert_eq!(arena.get(hits).unwrap(), [7]);
    /// ```
    #[must_use]
    pub fn publish(self) -> SliceHandle<T> {
        let epoch = self.arena().epoch();
        SliceHandle::new(self.into_slice(), epoch)
    }
}

impl FrameString<'_> {
    /// Gives a handle to the text, which nobody can change from now on.
    #[must_use]
    pub fn publish(self) -> StrHandle {
        let epoch = self.arena().epoch();
        StrHandle { bytes: SliceHandle::new(self.into_str().as_bytes(), epoch) }
    }
}

impl<T> SliceHandle<T> {
    /// Private, for H2: the callers above give up their access to the slice.
    fn new(slice: &[T], epoch: Epoch) -> Self {
        Self { first: NonNull::from(slice).cast(), len: slice.len(), epoch }
    }

    /// Elements.
    #[must_use]
    pub fn len(self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len == 0
    }
}

impl StrHandle {
    /// Bytes of text.
    #[must_use]
    pub fn len(self) -> usize {
        self.bytes.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.bytes.len == 0
    }
}

/// `Clone`, `Copy`, `PartialEq`, `Eq`, `Hash` without demands on `T`, which derives would make.
macro_rules! impl_like_a_pointer {
    ($handle:ident: $($field:ident),+) => {
        impl<T> Clone for $handle<T> {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<T> Copy for $handle<T> {}
        impl<T> PartialEq for $handle<T> {
            fn eq(&self, other: &Self) -> bool {
                $(self.$field == other.$field)&&+
            }
        }
        impl<T> Eq for $handle<T> {}
        impl<T> core::hash::Hash for $handle<T> {
            fn hash<S: core::hash::Hasher>(&self, state: &mut S) {
                $(self.$field.hash(state);)+
            }
        }
        impl<T> $handle<T> {
            /// The span in which the handle was made.
            #[must_use]
            pub fn epoch(self) -> Epoch {
                self.epoch
            }
        }
    };
}

impl_like_a_pointer!(Handle: object, epoch);
impl_like_a_pointer!(SliceHandle: first, len, epoch);

impl StrHandle {
    /// The span in which the handle was made.
    #[must_use]
    pub fn epoch(self) -> Epoch {
        self.bytes.epoch
    }
}

impl<T> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = core::any::type_name::<T>();
        write!(f, "Handle<{name}>(epoch {})", self.epoch.number())
    }
}

impl<T> fmt::Debug for SliceHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = core::any::type_name::<T>();
        write!(f, "SliceHandle<{name}>({} elements, epoch {})", self.len, self.epoch.number())
    }
}

impl fmt::Debug for StrHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StrHandle({} bytes, epoch {})", self.len(), self.epoch().number())
    }
}
