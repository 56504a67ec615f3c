//! What the writers of one type in one phase have handed over, until readers take it.

use core::any::{Any, TypeId, type_name};
use core::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bevy_ecs::resource::Resource;
use bevy_ecs::world::{World, WorldId};

use super::error::HandOverError;
use super::join::join;
use super::order::note_marks;
use super::piece::{FIRST_PIECES, Piece, Values};
use crate::ecs::phase::Phase;
use crate::{Epoch, FrameArena, SliceHandle, ThreadArenas};

/// How the parameters of later systems find what those of earlier ones share.
#[derive(Resource)]
struct HandOver<T: Send + Sync + 'static, P: Phase> {
    shared: Arc<Shared<T>>,
    phase: PhantomData<fn() -> P>,
}

/// What systems share whose world lost the resource: despawning all entities despawns resources too.
/// Those that are added then must find the same.
static USED: Mutex<Vec<Used>> = Mutex::new(Vec::new());

struct Used {
    world: WorldId,
    /// Of the type that is handed over, and the phase.
    of: TypeId,
    shared: Weak<dyn Any + Send + Sync>,
}

/// Shared by all writers and readers of one type in one phase. Locked for moments only, and while
/// it is, no code of the user's runs.
pub(super) struct Shared<T> {
    lists: Mutex<Lists<T>>,
}

struct Lists<T> {
    present: List<T>,
    last: List<T>,
    /// Writers whose systems have run, and whose buffers are not applied yet.
    open: Vec<OpenWriter>,
    writer_count: u64,
    /// Has scratches only, for sorting by key. Those of the reading thread's arena would make heap
    /// calls in the first frame in which that thread sorts, however late.
    sorting: FrameArena,
}

struct OpenWriter {
    writer: u64,
    system: Arc<str>,
}

/// What was written in one frame or tick.
struct List<T> {
    epoch: Option<Epoch>,
    pieces: Vec<Piece<T>>,
    joined: Option<SliceHandle<T>>,
    is_read: bool,
}

/// Which frame's (or tick's) values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Present,
    Last,
}

/// A writer's system runs though a reader has had the list already.
pub(super) struct ReadAlready;

impl<T: Send + Sync + 'static> Shared<T> {
    /// What the writers and readers of `T` in phase `P` share, made by the first to ask.
    pub(super) fn of<P: Phase>(world: &mut World) -> Arc<Self> {
        if let Some(hand_over) = world.get_resource::<HandOver<T, P>>() {
            return Arc::clone(&hand_over.shared);
        }
        let shared = Self::used::<P>(world.id());
        let hand_over = HandOver::<T, P> { shared: Arc::clone(&shared), phase: PhantomData };
        world.insert_resource(hand_over);
        shared
    }

    /// What systems of the world share, or new.
    fn used<P: Phase>(world: WorldId) -> Arc<Self> {
        let of = TypeId::of::<(T, P)>();
        let mut all = USED.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = all.iter().find(|used| used.world == world && used.of == of);
        let shared = ours.and_then(|used| used.shared.upgrade()?.downcast().ok());
        shared.unwrap_or_else(|| {
            note_marks::<T, P>();
            let shared = Arc::new(Self { lists: Mutex::new(Lists::new()) });
            all.retain(|used| used.shared.strong_count() > 0);
            all.push(Used { world, of, shared: Arc::<Self>::downgrade(&shared) });
            shared
        })
    }

    fn lists(&self) -> MutexGuard<'_, Lists<T>> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number for one more writer.
    pub(super) fn add_writer(&self) -> u64 {
        let mut lists = self.lists();
        lists.writer_count += 1;
        lists.writer_count
    }

    /// Notes that a writer's system runs.
    pub(super) fn open(
        &self,
        arenas: &ThreadArenas,
        writer: u64,
        system: &Arc<str>,
    ) -> Result<(), ReadAlready> {
        let mut lists = self.lists();
        lists.turn_to(arenas);
        if lists.present.is_read {
            return Err(ReadAlready);
        }
        if lists.open.iter().all(|open| open.writer != writer) {
            lists.open.push(OpenWriter { writer, system: Arc::clone(system) });
        }
        Ok(())
    }

    /// Takes what a writer's system wrote in this frame or tick; what is older is forgotten.
    pub(super) fn take(&self, arenas: &ThreadArenas, writer: u64, pieces: &mut Vec<Piece<T>>) {
        let mut lists = self.lists();
        lists.turn_to(arenas);
        lists.open.retain(|open| open.writer != writer);
        let fresh = pieces.drain(..).filter(|piece| piece.epoch() == arenas.epoch());
        lists.present.pieces.extend(fresh);
    }

    /// What was written, as one slice; nothing if there was nothing.
    pub(super) fn read(
        &self,
        arenas: &ThreadArenas,
        of: Of,
    ) -> Result<Option<SliceHandle<T>>, HandOverError> {
        let phase = arenas.config().name;
        let mut lists = self.lists();
        lists.turn_to(arenas);
        match of {
            Of::Last if arenas.older_epoch().is_none() => Err(HandOverError::NotKept { phase }),
            Of::Last => {
                let Lists { last, sorting, .. } = &mut *lists;
                last.joined(arenas, sorting)
            }
            Of::Present => {
                if let Some(open) = lists.open.first() {
                    let writer = String::from(&*open.system);
                    return Err(HandOverError::NotApplied {
                        item: type_name::<T>(),
                        phase,
                        writer,
                    });
                }
                let Lists { present, sorting, .. } = &mut *lists;
                present.is_read = true;
                present.joined(arenas, sorting)
            }
        }
    }
}

impl<T> Lists<T> {
    fn new() -> Self {
        let open = Vec::with_capacity(FIRST_PIECES);
        let sorting = FrameArena::with_capacity(0);
        Self { present: List::new(), last: List::new(), open, writer_count: 0, sorting }
    }

    /// If the arenas began anew since the last call, what was present is the last, or forgotten.
    fn turn_to(&mut self, arenas: &ThreadArenas) {
        if self.present.epoch == Some(arenas.epoch()) {
            return;
        }
        core::mem::swap(&mut self.present, &mut self.last);
        if self.last.epoch != arenas.older_epoch() {
            self.last.clear(arenas.older_epoch());
        }
        self.present.clear(Some(arenas.epoch()));
        self.open.clear();
    }
}

impl<T> List<T> {
    fn new() -> Self {
        let pieces = Vec::with_capacity(FIRST_PIECES);
        Self { epoch: None, pieces, joined: None, is_read: false }
    }

    /// Forgets all, and keeps the room for pieces.
    fn clear(&mut self, epoch: Option<Epoch>) {
        self.epoch = epoch;
        self.pieces.clear();
        self.joined = None;
        self.is_read = false;
    }
}

impl<T: Send + Sync + 'static> List<T> {
    fn joined(
        &mut self,
        arenas: &ThreadArenas,
        sorting: &FrameArena,
    ) -> Result<Option<SliceHandle<T>>, HandOverError> {
        if self.joined.is_none() {
            self.joined = match self.pieces.as_mut_slice() {
                [] => None,
                [Piece { values: Values::Plain(values), .. }] => Some(*values),
                pieces => Some(join(pieces, arenas, sorting)?),
            };
            self.pieces.clear();
        }
        Ok(self.joined)
    }
}
