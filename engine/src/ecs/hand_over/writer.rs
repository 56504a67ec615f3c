//! The writing end.

use core::any::type_name;
use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use std::sync::{Arc, Mutex, PoisonError};

use bevy_ecs::change_detection::Res;
use bevy_ecs::system::{Deferred, SystemBuffer, SystemMeta, SystemParam};
use bevy_ecs::world::{DeferredWorld, FromWorld, World};
use bevy_platform::cell::SyncCell;

use super::order::Writes;
use super::piece::{FIRST_PIECES, KeyedVec, Piece, Values};
use super::shared::{ReadAlready, Shared};
use crate::arena::granted;
use crate::ecs::arena::{Arena, PhaseArena};
use crate::ecs::phase::Phase;
use crate::{AllocError, FrameVec, Refused, ThreadArenas};

/// The system parameter that hands values of type `T` over to [`FrameReader`](super::FrameReader)s,
/// in the memory of phase `P`.
///
/// Any number of systems may write, at the same time too; in one system, any number of batches and
/// threads. There is no lock but for a moment per batch, and no heap call once settled.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use frame_arena::ecs::{Engine, FrameReader, FrameWriter, phase};
///
/// #[derive(Component)]
/// struct Health(f32);
///
/// struct Death(Entity);
///
/// /// In parallel, each with a key: they are read in the order of their keys.
/// fn find_dead(bodies: Query<(Entity, &Health)>, deaths: FrameWriter<Death, phase::Update>) {
///     bodies.par_iter().for_each_init(
///         || deaths.local(),
///         |deaths, (entity, health)| {
///             if health.0 <= 0.0 {
///                 deaths.push_keyed(entity.to_bits(), Death(entity));
///             }
///         },
///     );
/// }
///
/// /// One by one: they are read in the order of their push.
/// fn drown(bodies: Query<Entity, With<Health>>, mut deaths: FrameWriter<Death, phase::Update>) {
///     deaths.extend(bodies.iter().take(1).map(Death));
/// }
///
/// fn bury(mut commands: Commands, deaths: FrameReader<Death, phase::Update>) -> Result {
///     for death in deaths.read()? {
///         commands.entity(death.0).try_despawn();
///     }
///     Ok(())
/// }
///
/// let mut engine = Engine::new();
/// engine.world_mut().spawn_batch((0..10).map(|n| Health(n as f32 - 2.5)));
/// engine.add_systems(phase::Update, (find_dead, drown, bury));
/// engine.run_frame(engine.tick_duration())?;
/// assert_eq!(engine.world_mut().query::<&Health>().iter(engine.world()).len(), 7);
/// # Ok::<(), frame_arena::ecs::FrameError>(())
/// ```
///
/// # Order
///
/// 1. Every system that writes a `T` in phase `P` runs; what it wrote is applied at the next sync
///    point, as commands are.
/// 2. Systems that read run.
/// 3. The phase's arena begins anew, and all of it is forgotten; also what was never applied.
///
/// What a system pushed before it panicked or returned an error is applied and read all the same,
/// be it a part, and so is what its batches pushed: [`Engine::run_frame`](crate::ecs::Engine::run_frame)
/// reports the system, and the reader gets no error. So it is in a loop of your own whose handler of
/// errors takes the panic; else the panic ends the schedule's run, and what the system pushed is
/// forgotten.
///
/// [`Engine`](crate::ecs::Engine) orders systems so of itself, other schedules with
/// [`order_hand_over`](super::order_hand_over). Without, a reader that comes between gets an
/// error, and so does the system of a writer that comes after a reader.
///
/// `T` needs no drop: it is forgotten with the frame. The parameter reads resources, so a query
/// for `EntityMut` in the same system takes `Without<IsResource>`.
pub struct FrameWriter<'w, 's, T: Send + Sync + 'static, P: Phase> {
    parts: WriterParts<'w, 's, T, P>,
    written: Written<'w, T>,
    /// The system's own pushes: through `&mut`, so that they have an order.
    own: SyncCell<OwnPieces<'w, T>>,
}

/// What bevy fetches for a writer.
#[derive(SystemParam)]
pub struct WriterParts<'w, 's, T: Send + Sync + 'static, P: Phase> {
    arena: Arena<'w, P>,
    buffer: Deferred<'s, Buffer<T, P>>,
    _mark: Option<Res<'w, Writes<T, P>>>,
}

struct OwnPieces<'w, T> {
    plain: FrameVec<'w, T>,
    keyed: KeyedVec<'w, T>,
}

/// What one run of a system writes.
struct Written<'w, T> {
    arenas: &'w ThreadArenas,
    writer: u64,
    run: u64,
    /// Locked once a batch.
    pieces: Mutex<Vec<Piece<T>>>,
}

impl<T> Written<'_, T> {
    fn add(&self, values: Option<Values<T>>) {
        if let Some(values) = values {
            let piece = Piece { writer: self.writer, run: self.run, values };
            self.pieces.lock().unwrap_or_else(PoisonError::into_inner).push(piece);
        }
    }
}

/// What a writing system keeps between its runs, and what it wrote until that is applied.
struct Buffer<T: Send + Sync + 'static, P: Phase> {
    shared: Arc<Shared<T>>,
    /// The system's name, from its first run on.
    system: Option<Arc<str>>,
    writer: u64,
    run: u64,
    pieces: Vec<Piece<T>>,
    phase: PhantomData<fn() -> P>,
}

impl<T: Send + Sync + 'static, P: Phase> FromWorld for Buffer<T, P> {
    fn from_world(world: &mut World) -> Self {
        const {
            assert!(
                !core::mem::needs_drop::<T>(),
                "this type needs drop, so it cannot be handed over: it is forgotten with the frame"
            );
        }
        let shared = Shared::of::<P>(world);
        let writer = shared.add_writer();
        // So many batches make no heap call even in the first run.
        let pieces = Vec::with_capacity(FIRST_PIECES);
        Self { shared, system: None, writer, run: 0, pieces, phase: PhantomData }
    }
}

impl<T: Send + Sync + 'static, P: Phase> SystemBuffer for Buffer<T, P> {
    fn apply(&mut self, meta: &SystemMeta, world: &mut World) {
        self.queue(meta, world.into());
    }

    fn queue(&mut self, _meta: &SystemMeta, world: DeferredWorld) {
        match world.get_resource::<PhaseArena<P>>() {
            Some(arena) => self.shared.take(arena.threads(), self.writer, &mut self.pieces),
            None => self.pieces.clear(),
        }
    }
}

impl<'w, 's, T: Send + Sync + 'static, P: Phase> FrameWriter<'w, 's, T, P> {
    /// For a run of the system that `meta` describes.
    pub(super) fn new(
        mut parts: WriterParts<'w, 's, T, P>,
        meta: &SystemMeta,
    ) -> Result<Self, String> {
        let arenas = parts.arena.threads();
        let Buffer { shared, system, writer, run, pieces, .. } = &mut *parts.buffer;
        *run += 1;
        let system = system.get_or_insert_with(|| Arc::from(&**meta.name()));
        match shared.open(arenas, *writer, system) {
            Ok(()) => {
                let pieces = Mutex::new(core::mem::take(pieces));
                let written = Written { arenas, writer: *writer, run: *run, pieces };
                let plain = FrameVec::new_in(arenas.local());
                let keyed = KeyedVec::new_in(arenas.local());
                Ok(Self { parts, written, own: SyncCell::new(OwnPieces { plain, keyed }) })
            }
            Err(ReadAlready) => Err(format!(
                "`{}` of the {} phase was read in this frame or tick already; order this system \
                 before its readers, or call order_hand_over on the schedule before adding \
                 systems, or let readers that come first call read_last; what is written and read \
                 in each fixed step goes to a tick phase",
                type_name::<T>(),
                P::NAME
            )),
        }
    }

    /// Hands `value` over, behind what this system and those added before it pushed.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn push(&mut self, value: T) {
        self.own.get().plain.push(value);
    }

    /// As [`push`](Self::push).
    ///
    /// # Errors
    /// If the budget or the system refuses; the error holds `value`.
    #[inline]
    #[track_caller]
    pub fn try_push(&mut self, value: T) -> Result<(), Refused<T>> {
        self.own.get().plain.try_push(value)
    }

    /// Hands `value` over, in the order of `key` among all values with one.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline]
    #[track_caller]
    pub fn push_keyed(&mut self, key: u64, value: T) {
        self.own.get().keyed.push(key, value);
    }

    /// As [`push_keyed`](Self::push_keyed).
    ///
    /// # Errors
    /// If the budget or the system refuses; the error holds `value`.
    #[inline]
    #[track_caller]
    pub fn try_push_keyed(&mut self, key: u64, value: T) -> Result<(), Refused<T>> {
        self.own.get().keyed.try_push(key, value)
    }

    /// A writer for one batch, in the arena of the thread that calls: for `for_each_init` of a
    /// query's `par_iter`, and for the jobs of [`Workers`](crate::ecs::Workers).
    #[must_use]
    pub fn local(&self) -> BatchWriter<'_, T> {
        BatchWriter { written: &self.written, batch: None }
    }
}

impl<T: Send + Sync + 'static, P: Phase> Extend<T> for FrameWriter<'_, '_, T, P> {
    /// As [`push`](FrameWriter::push) of each.
    #[inline]
    #[track_caller]
    fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
        self.own.get().plain.extend(values);
    }
}

impl<T: Send + Sync + 'static, P: Phase> Drop for FrameWriter<'_, '_, T, P> {
    fn drop(&mut self) {
        let OwnPieces { plain, keyed } = self.own.get();
        if !plain.is_empty() {
            let empty = FrameVec::new_in(plain.arena());
            let plain = core::mem::replace(plain, empty);
            self.written.add(Some(Values::Plain(plain.publish())));
        }
        self.written.add(keyed.publish());
        let pieces = self.written.pieces.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.parts.buffer.pieces = core::mem::take(pieces);
    }
}

impl<T: Send + Sync + 'static, P: Phase> fmt::Debug for FrameWriter<'_, '_, T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameWriter")
            .field("item", &type_name::<T>())
            .field("phase", &P::NAME)
            .finish_non_exhaustive()
    }
}

/// Writes for one batch of a [`FrameWriter`]'s system. Stays on its thread; what it wrote counts
/// from when it is dropped.
///
/// Every value has a key, for batches have no order. Values of one key keep their order within a
/// batch; two batches of one run of a system may not push the same key, which readers report. A
/// job's number is a good key for all that the job pushes:
///
/// ```
/// use bevy_ecs::prelude::*;
/// use frame_arena::ecs::{FrameWriter, Workers, phase};
///
/// fn scan(workers: Res<Workers>, hits: FrameWriter<u32, phase::Physics>) {
///     workers.for_each(16, |strip| {
///         let mut hits = hits.local();
///         for hit in (0..100).filter(|n| n % 16 == strip as u32) {
///             hits.push_keyed(strip as u64, hit);
///         }
///     });
/// }
/// # bevy_ecs::system::assert_is_system(scan);
/// ```
pub struct BatchWriter<'a, T: Send + Sync + 'static> {
    written: &'a Written<'a, T>,
    /// From the first push on, in the thread's arena: `for_each_init` moves its state about for
    /// each item, and two pointers travel in registers.
    batch: Option<&'a mut ManuallyDrop<KeyedVec<'a, T>>>,
}

impl<'a, T: Send + Sync + 'static> BatchWriter<'a, T> {
    /// Hands `value` over, in the order of `key` among all values with one.
    ///
    /// # Panics
    /// If the budget or the system refuses.
    #[inline(always)]
    #[track_caller]
    pub fn push_keyed(&mut self, key: u64, value: T) {
        let batch = match &mut self.batch {
            Some(batch) => batch,
            None => self.batch.insert(begin_batch(self.written)),
        };
        batch.push(key, value);
    }

    /// As [`push_keyed`](Self::push_keyed).
    ///
    /// # Errors
    /// If the budget or the system refuses; the error holds `value`.
    #[inline(always)]
    #[track_caller]
    pub fn try_push_keyed(&mut self, key: u64, value: T) -> Result<(), Refused<T>> {
        let batch = match &mut self.batch {
            Some(batch) => batch,
            None => match try_begin_batch(self.written) {
                Ok(batch) => self.batch.insert(batch),
                Err(error) => return Err(Refused::new(error, value)),
            },
        };
        batch.try_push(key, value)
    }
}

// These take no `&BatchWriter`: its two pointers need no address.

#[cold]
#[inline(never)]
#[track_caller]
fn begin_batch<'a, T: Send + Sync + 'static>(
    written: &'a Written<'a, T>,
) -> &'a mut ManuallyDrop<KeyedVec<'a, T>> {
    granted(try_begin_batch(written))
}

#[cold]
#[inline(never)]
#[track_caller]
fn try_begin_batch<'a, T: Send + Sync + 'static>(
    written: &'a Written<'a, T>,
) -> Result<&'a mut ManuallyDrop<KeyedVec<'a, T>>, AllocError> {
    let arena = written.arenas.local();
    // When its writer is dropped it is empty, so nothing is lost.
    Ok(arena.try_alloc(ManuallyDrop::new(KeyedVec::new_in(arena)))?)
}

impl<T: Send + Sync + 'static> Drop for BatchWriter<'_, T> {
    fn drop(&mut self) {
        if let Some(batch) = &mut self.batch {
            self.written.add(batch.publish());
        }
    }
}

impl<T: Send + Sync + 'static> fmt::Debug for BatchWriter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchWriter").field("item", &type_name::<T>()).finish_non_exhaustive()
    }
}
