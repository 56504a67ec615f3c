//! The crew of threads behind `Workers`, in every order that its threads can take: K1 to K3.
//!
//! The engine's own `crew.rs` is built here over `loom`, without bevy around it.

mod workers {
    #[path = "../../../../src/ecs/workers/crew.rs"]
    mod crew;
    mod sync;
    #[cfg(test)]
    mod tests;
}

/// What `crew.rs` takes from the rest of the engine.
mod arena {
    pub type PanicPayload = Box<dyn std::any::Any + Send>;

    pub fn keep_first(first: &mut Option<PanicPayload>, payload: PanicPayload) {
        first.get_or_insert(payload);
    }
}

mod ecs {
    pub mod heap_share {
        use std::sync::Mutex;

        use frame_arena::heap::HeapCounts;

        /// Not the crew's to order, so not loom's to watch.
        pub struct HeapTally(Mutex<HeapCounts>);

        impl HeapTally {
            pub fn new() -> Self {
                Self(Mutex::default())
            }

            pub fn add(&self, counts: HeapCounts) {
                *self.0.lock().unwrap() += counts;
            }

            pub fn counts(&self) -> HeapCounts {
                *self.0.lock().unwrap()
            }
        }
    }
}

mod heap {
    pub use frame_arena::heap::{HeapCounts, thread_counts};
}
