//! Work on a query's items in parallel, with heap calls counted where they belong.

use bevy_ecs::query::{IterQueryData, QueryFilter, QueryItem, QueryParIter};

use super::heap_share::Span;

/// As bevy's `par_iter().for_each_init(init, work)`; the heap calls of `init` and `work` count to
/// the phase, and those of handing out the batches to the executor.
///
/// Without it, those of the thread that runs the system all count to the phase, and those of other
/// threads to the executor. Fetch the thread's arena in `init`: once a batch. The threads are those
/// of bevy's task pool; without feature `multi_threaded` the items are worked on one after the
/// other. [`Workers`](super::Workers) hand work out without a heap call.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use frame_arena::ecs::{Arena, Engine, par_for_each_init, phase};
///
/// #[derive(Component)]
/// struct Speed(f32);
///
/// fn label(arena: Arena<phase::Update>, speeds: Query<&Speed>) {
///     par_for_each_init(speeds.par_iter(), || arena.local(), |arena, speed| {
///         let text = arena.alloc_fmt(format_args!("{:.1} m/s", speed.0));
///         assert!(text.ends_with("m/s"));
///     });
/// }
///
/// let mut engine = Engine::new();
/// engine.world_mut().spawn_batch((0..100).map(|n| Speed(n as f32)));
/// engine.add_systems(phase::Update, label);
/// let report = engine.run_frame(engine.tick_duration())?;
/// assert_eq!(report.phase("update").unwrap().stats.alloc_count, 100);
/// # Ok::<(), frame_arena::ecs::FrameError>(())
/// ```
pub fn par_for_each_init<'w, 's, D, F, T>(
    items: QueryParIter<'w, 's, D, F>,
    init: impl Fn() -> T + Sync + Send + Clone,
    work: impl Fn(&mut T, QueryItem<'w, 's, D>) + Sync + Send + Clone,
) where
    D: IterQueryData,
    F: QueryFilter,
{
    let _dispatch = Span::of_dispatch();
    let batch = || {
        let span = Span::of_work();
        Batch { state: init(), _span: span }
    };
    items.for_each_init(batch, |batch, item| work(&mut batch.state, item));
}

/// The caller's state of a batch, which is dropped before the span ends.
struct Batch<T> {
    state: T,
    _span: Span,
}
