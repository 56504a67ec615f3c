//! The order of writers and readers, found from the parameters that systems take.

use core::any::TypeId;
use core::marker::PhantomData;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bevy_ecs::component::ComponentId;
use bevy_ecs::resource::Resource;
use bevy_ecs::schedule::graph::Direction;
use bevy_ecs::schedule::passes::AutoInsertApplyDeferredPass;
use bevy_ecs::schedule::{
    ConditionWithAccess, FlattenedDependencies, NodeId, Schedule, ScheduleBuildError,
    ScheduleBuildPass, ScheduleGraph, SystemKey, SystemSetKey,
};
use bevy_ecs::system::SystemAccess;
use bevy_ecs::world::World;
use bevy_platform::hash::FixedHasher;
use indexmap::IndexSet;

use crate::ecs::phase::Phase;

/// Makes `schedule` run every system with a [`FrameWriter`](super::FrameWriter) before those with
/// a [`FrameReader`](super::FrameReader) of the same type and phase, with a sync point between.
/// Where the order that you gave says otherwise, yours holds. A system whose condition reads, its
/// own or that of a set around it, runs after the writers too.
///
/// Nothing orders a system behind itself: one that writes what it or its condition reads fails.
/// Write in one system and read in another. And a condition may read, but not write: bevy's
/// multi-threaded executor applies nothing that a condition leaves behind.
///
/// A system that takes the world for itself bears no sign of what its `SystemState`s write and read:
/// order it by hand, and call [`apply`](bevy_ecs::system::SystemState::apply) after it has written.
///
/// [`Engine`](crate::ecs::Engine)'s phases have it, and so have the schedules of
/// `FrameArenaPlugin`. Call it before you add systems: what `_ignore_deferred` said so far is
/// forgotten. Where `auto_insert_apply_deferred` of the schedule's
/// [`ScheduleBuildSettings`](bevy_ecs::schedule::ScheduleBuildSettings) is off, no sync point is put
/// between: add an [`ApplyDeferred`](bevy_ecs::schedule::ApplyDeferred) yourself.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use frame_arena::ecs::{FrameReader, FrameWriter, install, order_hand_over, phase};
///
/// fn count(hits: FrameReader<u32, phase::Update>) -> Result {
///     assert_eq!(hits.read()?, [7]);
///     Ok(())
/// }
///
/// fn hit(mut hits: FrameWriter<u32, phase::Update>) {
///     hits.push(7);
/// }
///
/// let mut world = World::new();
/// install(&mut world)?;
/// let mut schedule = Schedule::default();
/// order_hand_over(&mut schedule).add_systems((count, hit));
/// schedule.run(&mut world);
/// # Ok::<(), frame_arena::ecs::EngineError>(())
/// ```
pub fn order_hand_over(schedule: &mut Schedule) -> &mut Schedule {
    // Passes run in the order in which they were added; sync points come after the order.
    schedule.remove_build_pass::<AutoInsertApplyDeferredPass>();
    schedule.add_build_pass(WritersFirst);
    if schedule.get_build_settings().auto_insert_apply_deferred {
        schedule.add_build_pass(AutoInsertApplyDeferredPass::default());
    }
    schedule
}

/// What writers and readers of one type and phase say that they read. There is no such resource:
/// it is a sign in the access of a system, which says nothing about parameters otherwise.
#[derive(Clone, Copy, PartialEq)]
struct Marks {
    writes: TypeId,
    reads: TypeId,
}

#[derive(Resource)]
pub(super) struct Writes<T: Send + Sync + 'static, P: Phase>(PhantomData<fn() -> (T, P)>);

#[derive(Resource)]
pub(super) struct Reads<T: Send + Sync + 'static, P: Phase>(PhantomData<fn() -> (T, P)>);

/// The marks of all types and phases that are handed over in this process. Not in the world, where
/// they could be despawned.
static MARKS: Mutex<Vec<Marks>> = Mutex::new(Vec::new());

fn marks() -> MutexGuard<'static, Vec<Marks>> {
    MARKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets the pass look for systems that hand over values of type `T` in phase `P`.
pub(super) fn note_marks<T: Send + Sync + 'static, P: Phase>() {
    let new = Marks { writes: TypeId::of::<Writes<T, P>>(), reads: TypeId::of::<Reads<T, P>>() };
    let mut marks = marks();
    if !marks.contains(&new) {
        marks.push(new);
    }
}

#[derive(Debug)]
struct WritersFirst;

impl ScheduleBuildPass for WritersFirst {
    type EdgeOptions = ();

    fn add_dependency(&mut self, _from: NodeId, _to: NodeId, _options: Option<&()>) {}

    fn collapse_set(
        &mut self,
        _set: SystemSetKey,
        _systems: &IndexSet<SystemKey, FixedHasher>,
        _dependencies: &bevy_ecs::schedule::graph::DiGraph<NodeId>,
    ) -> impl Iterator<Item = (NodeId, NodeId)> {
        core::iter::empty()
    }

    fn build(
        &mut self,
        world: &mut World,
        graph: &mut ScheduleGraph,
        mut dependencies: FlattenedDependencies<'_>,
    ) -> Result<(), ScheduleBuildError> {
        for Marks { writes, reads } in marks().iter() {
            let ids = [writes, reads].map(|mark| world.components().get_id(*mark));
            let [Some(writes), Some(reads)] = ids else { continue };
            let writers = systems_with(writes, graph);
            for reader in readers(reads, graph) {
                // What is put before a reader changes nothing of what comes after it.
                let later = from_on(reader, &dependencies);
                for &writer in writers.iter().filter(|writer| !later.contains(*writer)) {
                    dependencies.add_edge(writer, reader);
                }
            }
        }
        Ok(())
    }
}

/// Systems with a parameter that bears `mark`; one that reads whatever there is does not.
fn systems_with(mark: ComponentId, graph: &ScheduleGraph) -> Vec<SystemKey> {
    let has_mark = |key: &SystemKey| {
        graph.systems.get(*key).is_some_and(|system| bears(system.access(), mark))
    };
    graph.systems.iter().map(|(key, ..)| key).filter(has_mark).collect()
}

/// Systems of which a parameter bears `mark`, or one of a condition that is asked before they run.
fn readers(mark: ComponentId, graph: &ScheduleGraph) -> Vec<SystemKey> {
    let has_mark = |conditions: &[ConditionWithAccess]| {
        conditions.iter().any(|condition| bears(&condition.access, mark))
    };
    let mut readers = systems_with(mark, graph);
    let systems = graph.systems.iter().filter(|(.., conditions)| has_mark(conditions));
    readers.extend(systems.map(|(key, ..)| key));
    let sets = graph.system_sets.iter().filter(|(.., conditions)| has_mark(conditions));
    readers.extend(sets.flat_map(|(key, ..)| systems_under(key, graph)));
    readers
}

fn bears(access: &SystemAccess, mark: ComponentId) -> bool {
    let SystemAccess::Shared(access) = access else { return false };
    access.filtered_accesses().iter().any(|access| {
        access.access().reads().as_finite_set().is_some_and(|reads| reads.contains(mark))
    })
}

/// Systems in a set, and in sets inside it. `ScheduleGraph::systems_in_set` has them only when the
/// schedule is built.
fn systems_under(set: SystemSetKey, graph: &ScheduleGraph) -> Vec<SystemKey> {
    let mut seen = vec![NodeId::Set(set)];
    let mut next = 0;
    while let Some(&node) = seen.get(next) {
        for inside in graph.hierarchy().neighbors_directed(node, Direction::Outgoing) {
            if !seen.contains(&inside) {
                seen.push(inside);
            }
        }
        next += 1;
    }
    seen.iter().filter_map(NodeId::as_system).collect()
}

/// `from` and all systems that run after it.
fn from_on(
    from: SystemKey,
    dependencies: &FlattenedDependencies<'_>,
) -> HashSet<SystemKey, FixedHasher> {
    let mut found = HashSet::default();
    found.insert(from);
    let mut next = vec![from];
    while let Some(system) = next.pop() {
        let later = dependencies.graph().neighbors_directed(system, Direction::Outgoing);
        next.extend(later.filter(|&later| found.insert(later)));
    }
    found
}
