//! The reading end.

use core::any::type_name;
use core::fmt;
use core::marker::PhantomData;
use std::sync::Arc;

use bevy_ecs::change_detection::Res;
use bevy_ecs::system::{Local, SystemParam};
use bevy_ecs::world::{FromWorld, World};

use super::error::HandOverError;
use super::order::Reads;
use super::shared::{Of, Shared};
use crate::SliceHandle;
use crate::ecs::arena::Arena;
use crate::ecs::phase::Phase;

/// The system parameter that reads what [`FrameWriter`](super::FrameWriter)s of the same type and
/// phase wrote, as one slice.
///
/// First come the values without a key, in the order in which their systems were added and pushed
/// them; then those with a key, by key. The order depends neither on threads nor on how a query
/// falls into batches.
///
/// Systems of several phases of an [`Engine`](crate::ecs::Engine) are in the order of the phases. Those
/// of several other schedules are in the order in which the schedules first ran: where that depends
/// on time, as with a fixed step, a key makes the order certain. What is initialized later, such as a
/// system that is run once, comes behind.
///
/// Any number of systems may read, in the phase itself, in later phases, and of a tick phase also
/// in frames without a tick. The first to read joins the pieces, in the phase's arena: one copy of
/// each value, or none if one system pushed all, without keys. Values whose keys rise or fall along a
/// query are strung together: keys that count its items, or the bits of entities spawned one after the
/// other. Other keys are sorted first, and collecting takes some four times as long (bench
/// `handover`).
/// Conditions (`run_if`) may read as systems do; no system may read what it writes itself.
#[derive(SystemParam)]
pub struct FrameReader<'w, 's, T: Send + Sync + 'static, P: Phase> {
    arena: Arena<'w, P>,
    link: Local<'s, Link<T, P>>,
    _mark: Option<Res<'w, Reads<T, P>>>,
}

/// Finds what writers and readers share when a reading system is initialized.
struct Link<T: Send + Sync + 'static, P: Phase> {
    shared: Arc<Shared<T>>,
    phase: PhantomData<fn() -> P>,
}

impl<T: Send + Sync + 'static, P: Phase> FromWorld for Link<T, P> {
    fn from_world(world: &mut World) -> Self {
        Self { shared: Shared::of::<P>(world), phase: PhantomData }
    }
}

impl<'w, T: Send + Sync + 'static, P: Phase> FrameReader<'w, '_, T, P> {
    /// What was written in this frame, or in the last tick if `P` is a tick phase.
    ///
    /// After it, no system may write in this frame or tick: see
    /// [`FrameWriter`](super::FrameWriter#order).
    ///
    /// # Errors
    /// If a system has written and nothing orders this one after it, or this one itself; if two
    /// batches pushed the same key; if the budget or the system refuses the memory to join them.
    /// Whatever the error, nothing is lost.
    pub fn read(&self) -> Result<&'w [T], HandOverError> {
        Ok(self.resolved(self.link.shared.read(self.arena.threads(), Of::Present)?))
    }

    /// As [`read`](Self::read), as a handle that may be stored; `None` if nothing was written.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_handle(&self) -> Result<Option<SliceHandle<T>>, HandOverError> {
        self.link.shared.read(self.arena.threads(), Of::Present)
    }

    /// What was written in the frame (or tick) before this one. The arena needs two
    /// [`frames_in_flight`](crate::ArenaConfig::frames_in_flight).
    ///
    /// For a reader that runs before the writers of its own frame, such as a fixed step that takes
    /// up what the last frame's update asked for.
    ///
    /// # Errors
    /// If the arena keeps one frame only; else as [`read`](Self::read).
    pub fn read_last(&self) -> Result<&'w [T], HandOverError> {
        Ok(self.resolved(self.link.shared.read(self.arena.threads(), Of::Last)?))
    }

    fn resolved(&self, joined: Option<SliceHandle<T>>) -> &'w [T] {
        // Never stale: the frame does not end while this parameter borrows its arena.
        joined.and_then(|joined| self.arena.get(joined).ok()).unwrap_or_default()
    }
}

impl<T: Send + Sync + 'static, P: Phase> fmt::Debug for FrameReader<'_, '_, T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameReader")
            .field("item", &type_name::<T>())
            .field("phase", &P::NAME)
            .finish_non_exhaustive()
    }
}
