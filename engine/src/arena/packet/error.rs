//! What a pool of arenas and a packet refuse.

use core::error::Error;
use core::fmt;
use core::time::Duration;

use super::PooledArena;
use crate::arena::error::StaleHandle;
use crate::arena::frame_arena::FrameArena;
use crate::arena::shared::WholeArena;

/// All arenas of a [`PacketPool`](crate::PacketPool) are out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolDry {
    /// Name of the pool: that of its arenas.
    pub pool: &'static str,
    /// Arenas that the pool was made with.
    pub arena_count: usize,
    /// How long the call waited for one; zero for `try_take`.
    pub waited: Duration,
}

impl fmt::Display for PoolDry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pool, arena_count, waited } = self;
        write!(f, "{pool} pool dry")?;
        if !waited.is_zero() {
            write!(f, " for {waited:?}")?;
        }
        write!(
            f,
            ": {arena_count} of {arena_count} arenas in use; \
             drop packets sooner, wait with take(), or raise arena_count"
        )
    }
}

impl Error for PoolDry {}

/// The root was not of the arena that it was to travel with. Holds the arena, to try again.
pub struct StaleRoot<A: WholeArena = FrameArena> {
    pub(super) stale: StaleHandle,
    pub(super) arena: PooledArena<A>,
}

impl<A: WholeArena> StaleRoot<A> {
    /// Which epochs met.
    #[must_use]
    pub fn stale(&self) -> StaleHandle {
        self.stale
    }

    /// The arena, with all that is in it.
    pub fn into_arena(self) -> PooledArena<A> {
        self.arena
    }
}

impl<A: WholeArena> From<StaleRoot<A>> for StaleHandle {
    fn from(refused: StaleRoot<A>) -> Self {
        refused.stale
    }
}

impl<A: WholeArena> fmt::Debug for StaleRoot<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaleRoot").field("stale", &self.stale).finish_non_exhaustive()
    }
}

impl<A: WholeArena> fmt::Display for StaleRoot<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "root of a packet: {}", self.stale)
    }
}

impl<A: WholeArena> Error for StaleRoot<A> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.stale)
    }
}
