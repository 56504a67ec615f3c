//! The arenas under test behind one face, so that every arm runs the same code.

use bumpalo::Bump;
use frame_arena::FrameArena;

/// What all of them can do. Each call goes straight to the arena's own.
pub trait Arena {
    /// For tables.
    const NAME: &'static str;
    /// In words.
    const WHAT: &'static str;
    /// With one block for so many bytes.
    fn with_capacity(bytes: usize) -> Self;
    /// Stores a value.
    #[expect(clippy::mut_from_ref, reason = "each call gives memory of its own")]
    fn alloc<T: Copy>(&self, value: T) -> &mut T;
    /// Copies a slice.
    #[expect(clippy::mut_from_ref, reason = "each call gives memory of its own")]
    fn alloc_slice_copy<T: Copy>(&self, source: &[T]) -> &mut [T];
    /// Stores the elements of an iterator that knows its length.
    #[expect(clippy::mut_from_ref, reason = "each call gives memory of its own")]
    fn alloc_iter<T: Copy, I: ExactSizeIterator<Item = T>>(&self, items: I) -> &mut [T];
    /// Forgets everything.
    fn reset(&mut self);
}

/// An arena's own calls, in the order of the trait's.
macro_rules! arena {
    (
        $arena:ty, $name:literal, $what:literal,
        $make:expr,
        |$this:ident, $value:ident| $alloc:expr,
        |$copied:ident| $copy:expr,
        |$items:ident| $iter:expr,
        $reset:ident
    ) => {
        impl Arena for $arena {
            const NAME: &'static str = $name;
            const WHAT: &'static str = $what;
            #[inline(always)]
            fn with_capacity(bytes: usize) -> Self {
                $make(bytes)
            }
            #[inline(always)]
            fn alloc<T: Copy>(&self, $value: T) -> &mut T {
                let $this = self;
                $alloc
            }
            #[inline(always)]
            fn alloc_slice_copy<T: Copy>(&self, $copied: &[T]) -> &mut [T] {
                let $this = self;
                $copy
            }
            #[inline(always)]
            fn alloc_iter<T: Copy, I: ExactSizeIterator<Item = T>>(&self, $items: I) -> &mut [T] {
                let $this = self;
                $iter
            }
            #[inline(always)]
            fn reset(&mut self) {
                Self::$reset(self);
            }
        }
    };
}

arena!(
    FrameArena,
    "frame-arena",
    "FrameArena, figures on",
    Self::with_capacity,
    |arena, value| Self::alloc(arena, value),
    |source| Self::alloc_slice_copy(arena, source),
    |items| Self::alloc_slice_from_iter(arena, items),
    reset
);

macro_rules! bumpalo {
    ($align:literal, $name:literal, $what:literal) => {
        arena!(
            Bump<$align>,
            $name,
            $what,
            Self::with_min_align_and_capacity,
            |arena, value| Self::alloc(arena, value),
            |source| Self::alloc_slice_copy(arena, source),
            |items| Self::alloc_slice_fill_iter(arena, items),
            reset
        );
    };
}

bumpalo!(8, "bumpalo-8", "bumpalo, MIN_ALIGN 8, no count");
bumpalo!(1, "bumpalo-1", "bumpalo, MIN_ALIGN 1 (as it comes), no count");

#[cfg(feature = "arenas")]
mod others {
    use blink_alloc::Blink;
    use bump_scope::BumpBox;
    use bump_scope::alloc::Global;
    use bump_scope::settings::BumpSettings;

    use super::Arena;

    macro_rules! bump_scope {
        ($align:literal, $name:literal, $what:literal) => {
            arena!(
                bump_scope::Bump<Global, BumpSettings<$align>>,
                $name,
                $what,
                Self::with_size,
                |arena, value| BumpBox::leak(arena.as_scope().alloc(value)),
                |source| BumpBox::leak(arena.as_scope().alloc_slice_copy(source)),
                |items| BumpBox::leak(arena.as_scope().alloc_iter_exact(items)),
                reset
            );
        };
    }

    bump_scope!(8, "bump-scope-8", "bump-scope, MIN_ALIGN 8, no count");
    bump_scope!(1, "bump-scope-1", "bump-scope, MIN_ALIGN 1 (as it comes), no count");

    arena!(
        Blink,
        "blink-alloc",
        "blink-alloc's Blink, put_no_drop",
        Self::with_chunk_size,
        |arena, value| arena.put_no_drop(value),
        |source| arena.copy_slice(source),
        |items| arena.emplace_no_drop().from_iter(items),
        reset
    );

    arena!(
        stumpalo::Arena,
        "stumpalo",
        "stumpalo's Arena, no count",
        Self::with_capacity,
        |arena, value| Self::alloc(arena, value),
        |source| Self::alloc_slice_copy(arena, source),
        |items| Self::alloc_slice_fill_iter(arena, items),
        clear
    );
}

/// Runs `$body` with `$arena` as a name for each arena, ours first.
#[macro_export]
macro_rules! for_each_arena {
    ($arena:ident => $body:expr) => {{
        {
            type $arena = frame_arena::FrameArena;
            $body;
        }
        {
            type $arena = bumpalo::Bump<8>;
            $body;
        }
        {
            type $arena = bumpalo::Bump<1>;
            $body;
        }
        #[cfg(feature = "arenas")]
        {
            use bump_scope::alloc::Global;
            use bump_scope::settings::BumpSettings;
            {
                type $arena = bump_scope::Bump<Global, BumpSettings<8>>;
                $body;
            }
            {
                type $arena = bump_scope::Bump<Global, BumpSettings<1>>;
                $body;
            }
            {
                type $arena = blink_alloc::Blink;
                $body;
            }
            {
                type $arena = stumpalo::Arena;
                $body;
            }
        }
    }};
}
