//! Threads that share the work inside a system.

use bevy_ecs::resource::Resource;

/// Threads that share the work inside one system, as a resource.
///
/// ```
/// use frame_arena::ecs::Workers;
///
/// let mut squares = [0usize; 100];
/// Workers::serial().for_each_mut(&mut squares, |n, square| *square = n * n);
/// assert_eq!(squares[9], 81);
/// ```
#[derive(Resource, Debug)]
pub struct Workers {
    thread_count: usize,
}

impl Workers {
    /// The calling thread alone.
    #[must_use]
    pub fn serial() -> Self {
        Self { thread_count: 1 }
    }

    /// `thread_count` threads, the calling one included.
    pub fn try_new(thread_count: usize) -> Result<Self, WorkersError> {
        Ok(Self { thread_count })
    }

    /// Heap calls in jobs on the workers' own threads.
    pub fn heap_counts(&self) -> crate::heap::HeapCounts {
        Default::default()
    }

    /// Threads that work, the calling one included.
    #[must_use]
    pub fn thread_count(&self) -> usize {
        self.thread_count
    }

    /// Calls `job` once for each number under `count` and returns when all calls have ended.
    pub fn for_each(&self, count: usize, job: impl Fn(usize) + Sync) {
        (0..count).for_each(job);
    }

    /// Calls `job` once for each item, with its place, and returns when all calls have ended.
    pub fn for_each_mut<T: Send>(&self, items: &mut [T], job: impl Fn(usize, &mut T) + Sync) {
        items.iter_mut().enumerate().for_each(|(place, item)| job(place, item));
    }
}

/// A stub.
#[derive(Debug)]
pub struct WorkersError;
impl std::fmt::Display for WorkersError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "stub")
    }
}
impl std::error::Error for WorkersError {}
