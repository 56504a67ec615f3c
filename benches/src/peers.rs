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

impl Arena for FrameArena {
    const NAME: &'static str = "frame-arena";
    const WHAT: &'static str = "FrameArena, figures on";
    #[inline(always)]
    fn with_capacity(bytes: usize) -> Self {
        Self::with_capacity(bytes)
    }
    #[inline(always)]
    fn alloc<T: Copy>(&self, value: T) -> &mut T {
        self.alloc(value)
    }
    #[inline(always)]
    fn alloc_slice_copy<T: Copy>(&self, source: &[T]) -> &mut [T] {
        self.alloc_slice_copy(source)
    }
    #[inline(always)]
    fn alloc_iter<T: Copy, I: ExactSizeIterator<Item = T>>(&self, items: I) -> &mut [T] {
        self.alloc_slice_from_iter(items)
    }
    #[inline(always)]
    fn reset(&mut self) {
        self.reset();
    }
}

macro_rules! bumpalo {
    ($align:literal, $name:literal, $what:literal) => {
        impl Arena for Bump<$align> {
            const NAME: &'static str = $name;
            const WHAT: &'static str = $what;
            #[inline(always)]
            fn with_capacity(bytes: usize) -> Self {
                Self::with_min_align_and_capacity(bytes)
            }
            #[inline(always)]
            fn alloc<T: Copy>(&self, value: T) -> &mut T {
                self.alloc(value)
            }
            #[inline(always)]
            fn alloc_slice_copy<T: Copy>(&self, source: &[T]) -> &mut [T] {
                self.alloc_slice_copy(source)
            }
            #[inline(always)]
            fn alloc_iter<T: Copy, I: ExactSizeIterator<Item = T>>(&self, items: I) -> &mut [T] {
                self.alloc_slice_fill_iter(items)
            }
            #[inline(always)]
            fn reset(&mut self) {
                self.reset();
            }
        }
    };
}

bumpalo!(8, "bumpalo-8", "bumpalo, MIN_ALIGN 8, no count");
bumpalo!(1, "bumpalo-1", "bumpalo, MIN_ALIGN 1 (as it comes), no count");

#[cfg(feature = "arenas")]
mod others {
    use blink_alloc::Blink;
    use bump_scope::alloc::Global;
    use bump_scope::settings::BumpSettings;

    use super::Arena;

    macro_rules! bump_scope {
        ($align:literal, $name:literal, $what:literal) => {
            impl Arena for bump_scope::Bump<Global, BumpSettings<$align>> {
                const NAME: &'static str = $name;
                const WHAT: &'static str = $what;
                #[inline(always)]
                fn with_capacity(bytes: usize) -> Self {
                    Self::with_size(bytes)
                }
                #[inline(always)]
                fn alloc<T: Copy>(&self, value: T) -> &mut T {
                    bump_scope::BumpBox::leak(self.as_scope().alloc(value))
                }
                #[inline(always)]
                fn alloc_slice_copy<T: Copy>(&self, source: &[T]) -> &mut [T] {
                    bump_scope::BumpBox::leak(self.as_scope().alloc_slice_copy(source))
                }
                #[inline(always)]
                fn alloc_iter<T: Copy, I: ExactSizeIterator<Item = T>>(
                    &self,
                    items: I,
                ) -> &mut [T] {
                    bump_scope::BumpBox::leak(self.as_scope().alloc_iter_exact(items))
                }
                #[inline(always)]
                fn reset(&mut self) {
                    self.reset();
                }
            }
        };
    }

    bump_scope!(8, "bump-scope-8", "bump-scope, MIN_ALIGN 8, no count");
    bump_scope!(1, "bump-scope-1", "bump-scope, MIN_ALIGN 1 (as it comes), no count");

    impl Arena for Blink {
        const NAME: &'static str = "blink-alloc";
        const WHAT: &'static str = "blink-alloc's Blink, put_no_drop";
        #[inline(always)]
        fn with_capacity(bytes: usize) -> Self {
            Self::with_chunk_size(bytes)
        }
        #[inline(always)]
        fn alloc<T: Copy>(&self, value: T) -> &mut T {
            self.put_no_drop(value)
        }
        #[inline(always)]
        fn alloc_slice_copy<T: Copy>(&self, source: &[T]) -> &mut [T] {
            self.copy_slice(source)
        }
        #[inline(always)]
        fn alloc_iter<T: Copy, I: ExactSizeIterator<Item = T>>(&self, items: I) -> &mut [T] {
            self.emplace_no_drop().from_iter(items)
        }
        #[inline(always)]
        fn reset(&mut self) {
            self.reset();
        }
    }

    impl Arena for stumpalo::Arena {
        const NAME: &'static str = "stumpalo";
        const WHAT: &'static str = "stumpalo's Arena, no count";
        #[inline(always)]
        fn with_capacity(bytes: usize) -> Self {
            Self::with_capacity(bytes)
        }
        #[inline(always)]
        fn alloc<T: Copy>(&self, value: T) -> &mut T {
            self.alloc(value)
        }
        #[inline(always)]
        fn alloc_slice_copy<T: Copy>(&self, source: &[T]) -> &mut [T] {
            self.alloc_slice_copy(source)
        }
        #[inline(always)]
        fn alloc_iter<T: Copy, I: ExactSizeIterator<Item = T>>(&self, items: I) -> &mut [T] {
            self.alloc_slice_fill_iter(items)
        }
        #[inline(always)]
        fn reset(&mut self) {
            self.clear();
        }
    }
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
