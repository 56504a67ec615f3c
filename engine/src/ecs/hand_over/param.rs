//! [`FrameWriter`] as a system parameter: what [`WriterParts`] fetches, and the system's own pieces.
//!
//! Invariant
//! - **Q1** All access to the world is that of `WriterParts`, which registers it; each method here
//!   calls the one of the same name there, with the same arguments.

use bevy_ecs::change_detection::Tick;
use bevy_ecs::system::{
    ReadOnlySystemParam, SystemAccess, SystemMeta, SystemParam, SystemParamValidationError,
};
use bevy_ecs::world::unsafe_world_cell::UnsafeWorldCell;
use bevy_ecs::world::{DeferredWorld, World};

use super::writer::{FrameWriter, WriterParts};
use crate::ecs::phase::Phase;

type Parts<T, P> = WriterParts<'static, 'static, T, P>;

// SAFETY: Q1.
unsafe impl<T: Send + Sync + 'static, P: Phase> SystemParam for FrameWriter<'_, '_, T, P> {
    type State = <Parts<T, P> as SystemParam>::State;
    type Item<'w, 's> = FrameWriter<'w, 's, T, P>;

    fn init_state(world: &mut World) -> Self::State {
        Parts::<T, P>::init_state(world)
    }

    fn init_access(
        state: &Self::State,
        meta: &mut SystemMeta,
        access: &mut SystemAccess,
        world: &mut World,
    ) {
        Parts::<T, P>::init_access(state, meta, access, world);
    }

    fn apply(state: &mut Self::State, meta: &SystemMeta, world: &mut World) {
        Parts::<T, P>::apply(state, meta, world);
    }

    fn queue(state: &mut Self::State, meta: &SystemMeta, world: DeferredWorld) {
        Parts::<T, P>::queue(state, meta, world);
    }

    unsafe fn get_param<'w, 's>(
        state: &'s mut Self::State,
        meta: &SystemMeta,
        world: UnsafeWorldCell<'w>,
        tick: Tick,
    ) -> Result<Self::Item<'w, 's>, SystemParamValidationError> {
        // SAFETY: Q1: the caller's promises are the ones that `WriterParts` asks for.
        let parts = unsafe { Parts::<T, P>::get_param(state, meta, world, tick) };
        // Users know the writer, not its parts.
        let parts = parts.map_err(|error| {
            SystemParamValidationError::new::<Self>(error.skipped, error.message, error.field)
        })?;
        FrameWriter::new(parts, meta).map_err(SystemParamValidationError::invalid::<Self>)
    }
}

// SAFETY: Q1: the parts read the world only.
unsafe impl<T: Send + Sync + 'static, P: Phase> ReadOnlySystemParam for FrameWriter<'_, '_, T, P> where
    WriterParts<'static, 'static, T, P>: ReadOnlySystemParam
{
}
