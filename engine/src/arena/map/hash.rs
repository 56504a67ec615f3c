//! `FixedHash`: the default hasher of `FrameMap`.

use core::hash::BuildHasher;

use foldhash::fast::{FixedState, FoldHasher};

/// Hashes fast, and the same on every run: foldhash with a fixed seed.
///
/// So a replay with the same inserts iterates in the same order, on every run of one build. Another
/// target or a later version may have another order. Not for keys that an opponent may choose, who
/// could make them all collide; give such a map `std::hash::RandomState` through
/// [`FrameMap::with_hasher_in`](crate::FrameMap::with_hasher_in).
///
/// ```
/// use std::hash::RandomState;
/// use frame_arena::{FrameArena, FrameMap};
///
/// let arena = FrameArena::new();
/// let mut chat = FrameMap::with_hasher_in(RandomState::new(), &arena);
/// chat.insert("a stranger's name", 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct FixedHash {
    state: FixedState,
}

impl FixedHash {
    /// The one there is.
    #[must_use]
    #[inline]
    pub const fn new() -> Self {
        Self { state: FixedState::with_seed(0) }
    }
}

impl BuildHasher for FixedHash {
    type Hasher = FoldHasher<'static>;

    #[inline]
    fn build_hasher(&self) -> Self::Hasher {
        self.state.build_hasher()
    }
}
