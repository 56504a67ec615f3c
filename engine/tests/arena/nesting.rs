//! User code that uses the arena while the arena runs it gets other memory.

use std::fmt;
use std::thread;

use frame_arena::{ArenaMode, Budget, FrameArena, FrameVec, ThreadArenas};

use crate::keep::keep;
use crate::support::{GRANULE_BYTES, Liar, MODES, config, panic_text};
use crate::warnings;

fn arenas() -> impl Iterator<Item = FrameArena> {
    MODES.map(|mode| FrameArena::with_config(config(64, mode, Budget::Unlimited))).into_iter()
}

#[test]
fn what_a_closure_allocates_is_other_memory() {
    for arena in arenas() {
        let outer = arena.alloc_with(|| {
            let inner = arena.alloc(7u64);
            *inner += 1;
            (*inner, inner)
        });
        outer.0 = 100;
        assert_eq!(*outer.1, 8);
    }
}

#[test]
fn nested_closures_get_memory_of_their_own_across_growth() {
    fn tree(arena: &FrameArena, depth: u64) -> &mut (u64, Option<&mut [u64]>) {
        arena.alloc_with(|| {
            if depth > 0 {
                tree(arena, depth - 1);
            }
            (depth, Some(arena.alloc_slice_fill_with(9, |_| depth)))
        })
    }
    for arena in arenas() {
        let trees: Vec<_> = (0..50).map(|_| tree(&arena, 6)).collect();
        for tree in trees {
            assert_eq!(tree.1.as_deref(), Some(&[6; 9][..]));
        }
    }
}

#[test]
fn what_an_iterator_allocates_is_other_memory() {
    for arena in arenas() {
        let links = arena.alloc_slice_from_iter((0..40u32).map(|n| arena.alloc(n)));
        assert!(links.iter().zip(0..).all(|(link, n)| **link == n));
    }
}

#[test]
fn what_a_clone_allocates_is_other_memory() {
    struct Cloned<'a>(&'a FrameArena, &'a u64);
    impl Clone for Cloned<'_> {
        fn clone(&self) -> Self {
            Cloned(self.0, self.0.alloc(*self.1 + 1))
        }
    }
    for arena in arenas() {
        let clones = arena.alloc_slice_clone(&[Cloned(&arena, &1), Cloned(&arena, &2)]);
        assert_eq!((*clones[0].1, *clones[1].1), (2, 3));
    }
}

/// Allocates at each use, keeping the arena from growing its text in place.
struct Chatty<'a>(&'a FrameArena);

impl fmt::Display for Chatty<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.0.alloc_str("inner");
        write!(f, "<{inner}>")?;
        inner.make_ascii_uppercase();
        write!(f, "<{inner}>")
    }
}

#[test]
fn what_a_display_allocates_is_other_memory() {
    for arena in arenas() {
        let text = arena.alloc_fmt(format_args!("{0}{0}{0}{0}{0}{0}", Chatty(&arena)));
        assert_eq!(*text, *"<inner><INNER>".repeat(6));
    }
}

#[test]
fn a_display_that_panics_costs_its_text_only() {
    struct Panicking;
    impl fmt::Display for Panicking {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("display")
        }
    }
    for arena in arenas() {
        let before = arena.alloc(1u64);
        let fails = || _ = arena.alloc_fmt(format_args!("text {Panicking}"));
        assert_eq!(panic_text(fails).as_deref(), Some("display"));
        let after = arena.alloc(2u64);
        assert_eq!((*before, *after), (1, 2));
    }
}

#[test]
fn a_display_that_hides_a_refusal_gives_no_text_with_a_hole() {
    struct Careless;
    impl fmt::Display for Careless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let _ = f.write_str(&"long".repeat(50));
            Ok(())
        }
    }
    let arena = FrameArena::with_config(config(4_096, ArenaMode::Bump, Budget::Refuse(64)));
    assert!(arena.try_alloc_fmt(format_args!("a{Careless}b")).is_err());
}

#[test]
fn an_iterator_that_claims_too_much_gives_a_shorter_slice() {
    for arena in arenas() {
        let slice = arena.alloc_slice_from_iter(Liar { claimed: 9, given: 3 });
        let next = arena.alloc(99u64);
        assert_eq!((&*slice, *next), (&[2, 1, 0][..], 99));
    }
}

#[test]
fn an_iterator_that_claims_too_little_is_stopped() {
    for arena in arenas() {
        let before = arena.alloc_slice_from_iter(Liar { claimed: 2, given: 5 });
        let after = arena.alloc(99u64);
        assert_eq!((&*before, *after), (&[4, 3][..], 99));
    }
}

#[test]
fn what_comes_after_a_short_slice_may_be_larger_than_its_rest() {
    // The pointer moved back must be good for the whole window, not for the old slice only.
    let arena = FrameArena::with_capacity(4_096);
    let slice = arena.alloc_slice_from_iter(Liar { claimed: 9, given: 3 });
    let after = arena.alloc_slice_fill_with(100, |n| n);
    assert_eq!((slice.len(), after[99]), (3, 99));
    assert_eq!(arena.stats().used_bytes, 103 * 8);
}

#[test]
fn an_iterator_that_allocates_and_lies_keeps_what_it_allocated() {
    for arena in arenas() {
        let liar = Liar { claimed: 9, given: 3 };
        let links = arena.alloc_slice_from_iter(liar.map(|n| arena.alloc(n)));
        let after = arena.alloc_slice_fill_with(20, |_| u64::MAX);
        assert!(links.iter().map(|link| **link).eq([2, 1, 0]));
        assert_eq!(after, [u64::MAX; 20]);
    }
}

#[test]
fn an_iterator_that_panics_midway_leaves_the_arena_usable() {
    for arena in arenas() {
        let before = arena.alloc(1u64);
        let items = (0..10u32).map(|n| if n == 5 { panic!("fifth") } else { n });
        let fails = || _ = arena.alloc_slice_from_iter(items);
        assert_eq!(panic_text(fails).as_deref(), Some("fifth"));
        let after = arena.alloc_slice_fill_with(20, |n| n);
        assert_eq!((*before, after[19]), (1, 19));
    }
}

#[test]
fn an_extending_iterator_may_allocate() {
    for arena in arenas() {
        let mut links = FrameVec::new_in(&arena);
        links.extend((0..40u32).map(|n| arena.alloc(n)).filter(|n| **n % 2 == 0));
        assert!(links.iter().zip(0..).all(|(link, n)| **link == 2 * n));
    }
}

#[test]
fn a_log_that_allocates_gets_other_memory() {
    for mode in MODES {
        let arena = keep(FrameArena::with_config(config(4_096, mode, Budget::Warn(8))));
        arena.alloc(1u64);
        warnings::answer_next_with(|| _ = arena.alloc_slice_fill_with(2_000, |_| u64::MAX));
        let crossing = arena.alloc([2u64; 9]);
        assert_eq!((warnings::take().len(), *crossing), (1, [2; 9]));
        assert_eq!(arena.stats().used_bytes, 8 + 72 + 16_000);
    }
}

#[test]
fn a_log_that_allocates_from_a_set_moves_no_window_into_another_threads() {
    let config = config(8 * GRANULE_BYTES, ArenaMode::Bump, Budget::Warn(GRANULE_BYTES));
    let set = keep(ThreadArenas::with_config(config));
    let arena = set.local();
    arena.alloc_slice_fill_with(GRANULE_BYTES / 8, |n| n);
    // More than the block has left: the log takes this thread to another block, while the arena
    // was about to make its window in the first one longer.
    warnings::answer_next_with(|| {
        _ = set.local().alloc_slice_fill_with(2 * GRANULE_BYTES, |n| n);
    });
    let crossing = arena.alloc(1u64);
    let theirs = thread::scope(|scope| {
        let fill = || set.local().alloc_slice_fill_with(GRANULE_BYTES / 8, |_| 2u64);
        scope.spawn(fill).join().unwrap()
    });
    let ours: Vec<&mut u64> = (0..GRANULE_BYTES as u64 / 8).map(|_| arena.alloc(3)).collect();
    assert_eq!((warnings::take().len(), *crossing), (1, 1));
    assert!(theirs.iter().all(|n| *n == 2) && ours.iter().all(|n| **n == 3));
}

#[test]
fn a_vector_that_grows_across_a_warning_keeps_its_elements() {
    let config = config(4_096, ArenaMode::Bump, Budget::Warn(100));
    let arena = keep(FrameArena::with_config(config));
    warnings::answer_next_with(|| _ = arena.alloc([u64::MAX; 30]));
    let mut numbers = FrameVec::new_in(arena);
    numbers.extend(0..200u64);
    assert!(numbers.iter().copied().eq(0..200));
}
