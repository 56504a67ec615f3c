//! `bump()`: a bumpalo arena of the same frame, for what only bumpalo's own types do.
#![forbid(unsafe_code)]

use core::cell::OnceCell;

use bumpalo::Bump;

use super::frame_arena::FrameArena;
use super::size;

/// A `Bump` that is made when somebody asks, and forgotten with the frame.
#[derive(Default)]
pub(crate) struct SideBump {
    bump: OnceCell<Bump>,
    high_water_bytes: usize,
}

/// Figures of the `Bump` beside an arena, apart from the arena's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct BumpStats {
    /// Bytes used in this frame; the unused end of a full chunk counts.
    pub used_bytes: usize,
    /// Bytes that its chunks hold.
    pub reserved_bytes: usize,
    /// The most bytes used in any frame so far.
    pub high_water_bytes: usize,
}

impl FrameArena {
    /// A `bumpalo::Bump` that lives and is forgotten with this arena's frames, for bumpalo's own
    /// collections and whatever takes a `&Bump`.
    ///
    /// Outside this arena's budget, counts and modes; its figures are [`bump_stats`]. After a frame
    /// that needed several chunks it keeps one for all.
    ///
    /// [`bump_stats`]: Self::bump_stats
    ///
    /// ```
    /// use frame_arena::FrameArena;
    ///
    /// let mut arena = FrameArena::new();
    /// let words: &mut [&str] = arena.bump().alloc_slice_fill_iter(["only", "bumpalo"]);
    /// assert_eq!(words.len(), 2);
    /// assert!(arena.bump_stats().used_bytes >= 32);
    /// arena.reset();
    /// assert_eq!(arena.bump_stats().used_bytes, 0);
    /// ```
    ///
    /// # Panics
    /// If the arena may not grow: a fixed arena has no memory for another.
    #[must_use]
    #[track_caller]
    pub fn bump(&self) -> &Bump {
        let name = self.config().name;
        assert!(self.config().can_grow, "{name} arena is fixed, so it has no bump() beside it");
        self.side_bump().bump.get_or_init(Bump::new)
    }

    /// Figures of [`bump`](Self::bump); all zero as long as nobody asked for it.
    #[must_use]
    pub fn bump_stats(&self) -> BumpStats {
        let side = self.side_bump();
        let (used_bytes, reserved_bytes) =
            side.bump.get().map_or((0, 0), |bump| (used_bytes(bump), bump.allocated_bytes()));
        let high_water_bytes = side.high_water_bytes.max(used_bytes);
        BumpStats { used_bytes, reserved_bytes, high_water_bytes }
    }
}

fn used_bytes(bump: &Bump) -> usize {
    bump.allocated_bytes() - bump.chunk_capacity()
}

impl SideBump {
    /// Whether nobody has asked for it yet.
    #[inline]
    pub(crate) fn is_unused(&self) -> bool {
        self.bump.get().is_none()
    }

    /// Forgets the frame, and leaves one chunk that holds such a frame. If the system refuses it,
    /// the largest chunk stays.
    pub(crate) fn end_frame(&mut self) {
        if let Some(bump) = self.bump.get_mut() {
            let (used, reserved) = (used_bytes(bump), bump.allocated_bytes());
            self.high_water_bytes = self.high_water_bytes.max(used);
            bump.reset();
            if bump.allocated_bytes() < reserved
                && let Ok(larger) = Bump::try_with_capacity(size::settled_room(used))
            {
                *bump = larger;
            }
        }
    }
}
