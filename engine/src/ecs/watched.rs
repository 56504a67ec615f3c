//! What the engine puts around each system: a zone, a count of heap calls, a net for its failure.

use core::any::TypeId;
use core::mem;
use core::sync::atomic::{AtomicBool, Ordering};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use bevy_ecs::schedule::{ApplyDeferred, Schedule, SystemWithAccess};
use bevy_ecs::system::{Adapt, AdapterSystem, RunSystemError, System};

use super::failure::{SystemFailure, first_line, panic_message};
use super::heap_share::Span;
use crate::profile;

/// Failures of one phase's systems, from all threads that run them.
#[derive(Debug, Default)]
pub(super) struct PhaseWatch {
    has_failed: AtomicBool,
    failures: Mutex<Vec<SystemFailure>>,
}

impl PhaseWatch {
    fn note(&self, failure: SystemFailure) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).push(failure);
        self.has_failed.store(true, Ordering::Release);
    }

    /// Failures since the last call, in the order in which they happened. A load if there are none.
    pub(super) fn take_failures(&self) -> Vec<SystemFailure> {
        if !self.has_failed.swap(false, Ordering::Acquire) {
            return Vec::new();
        }
        mem::take(&mut self.failures.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The wrapping of one system.
struct Watch {
    phase: &'static str,
    system: String,
    profile: profile::SystemProfile,
    watch: Arc<PhaseWatch>,
}

type WatchedSystem = AdapterSystem<Watch, SystemWithAccess>;

impl Adapt<SystemWithAccess> for Watch {
    type In = ();
    type Out = ();

    /// After a panic bevy's schedule would skip systems in its next run, or be lost; so a failure
    /// is noted, and for the schedule the system ran.
    fn adapt(
        &mut self,
        (): (),
        run_system: impl FnOnce(()) -> Result<(), RunSystemError>,
    ) -> Result<(), RunSystemError> {
        let _zone = self.profile.zone();
        let _span = Span::of_work();
        let message = match catch_unwind(AssertUnwindSafe(|| run_system(()))) {
            Ok(Err(RunSystemError::Failed(error))) => first_line(&error.to_string()),
            Ok(ran_or_skipped) => return ran_or_skipped,
            Err(payload) => panic_message(payload.as_ref()),
        };
        let system = self.system.clone();
        self.watch.note(SystemFailure { phase: self.phase, system, message });
        Ok(())
    }
}

/// Wraps those systems of `schedule` that are not wrapped yet. Before they first run.
pub(super) fn watch_systems(schedule: &mut Schedule, phase: &'static str, watch: &Arc<PhaseWatch>) {
    let systems = &mut schedule.graph_mut().systems;
    let not_ours = [TypeId::of::<WatchedSystem>(), TypeId::of::<ApplyDeferred>()];
    let is_new = |system: &dyn System<In = (), Out = ()>| !not_ours.contains(&system.system_type());
    let new = systems.iter().filter(|(_, system, _)| is_new(system.as_ref()));
    let new: Vec<_> = new.map(|(key, ..)| key).collect();
    for key in new {
        let Some(slot) = systems.get_mut(key) else { continue };
        let inner = mem::replace(slot, SystemWithAccess::new(Box::new(ApplyDeferred)));
        let name = inner.name();
        let system = name.to_string();
        let profile = profile::SystemProfile::new(&system);
        let watch = Watch { phase, system, profile, watch: Arc::clone(watch) };
        *slot = SystemWithAccess::new(Box::new(AdapterSystem::new(watch, inner, name)));
    }
}
