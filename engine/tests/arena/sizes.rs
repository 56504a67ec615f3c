//! Sizes at the edges: nothing, over-aligned, too large, and neighbours in one block.

use std::thread;

use frame_arena::{AllocError, ArenaConfig, ArenaMode, Budget, FrameArena, FrameVec, ThreadArenas};

use crate::support::{Align64, Align1024, Align8192, AnyArena, GRANULE_BYTES, Item, MODES, config};

fn owners() -> impl Iterator<Item = AnyArena> {
    let ways = MODES.map(|mode| [false, true].map(|is_set| (is_set, mode)));
    ways.into_iter()
        .flatten()
        .map(|(is_set, mode)| AnyArena::new(is_set, config(500, mode, Budget::Unlimited)))
}

#[test]
fn zero_sized_values_count_but_take_no_bytes() {
    for owner in owners() {
        let arena = owner.arena();
        for _ in 0..100 {
            arena.alloc(());
            arena.alloc_slice_copy::<u64>(&[]);
            assert_eq!(arena.alloc_str(""), "");
        }
        assert_eq!(arena.alloc_slice_uninit::<()>(usize::MAX).len(), usize::MAX);
        let stats = arena.stats();
        assert_eq!((stats.alloc_count, stats.used_bytes), (301, 0));
    }
}

#[test]
fn an_arena_without_a_block_serves_zero_sized_values() {
    #[derive(Clone, Copy)]
    #[repr(align(4096))]
    struct Aligned;
    let arena = FrameArena::new();
    arena.alloc(());
    assert_eq!(arena.stats().block_count, 0);
    assert!(std::ptr::from_ref(arena.alloc(Aligned)).addr().is_multiple_of(4_096));
    let handle = arena.publish(());
    assert_eq!(arena.get(handle), Ok(&()));
}

#[test]
fn zero_sized_values_are_dropped_too() {
    use std::sync::atomic::{AtomicU32, Ordering};
    static DROPS: AtomicU32 = AtomicU32::new(0);
    struct Nothing;
    impl Drop for Nothing {
        fn drop(&mut self) {
            DROPS.fetch_add(1, Ordering::Relaxed);
        }
    }
    for mut owner in owners() {
        DROPS.store(0, Ordering::Relaxed);
        for _ in 0..9 {
            owner.arena().alloc_drop(Nothing);
        }
        owner.reset();
        assert_eq!(DROPS.load(Ordering::Relaxed), 9);
    }
}

#[test]
fn a_vector_of_nothing_takes_nothing() {
    for owner in owners() {
        let mut nothings = FrameVec::new_in(owner.arena());
        nothings.extend([(); 1_000]);
        assert_eq!(nothings.into_slice().len(), 1_000);
        assert_eq!(owner.arena().stats().used_bytes, 0);
    }
}

#[test]
fn over_aligned_values_are_aligned() {
    fn check<T: Item>(arena: &FrameArena, seed: u64) {
        arena.alloc(1u8);
        let one = arena.alloc(T::from_seed(seed));
        assert!(std::ptr::from_ref(one).addr().is_multiple_of(align_of::<T>()));
        arena.alloc(2u8);
        let many = arena.alloc_slice_copy(&[T::from_seed(seed); 3]);
        assert!(many.as_ptr().addr().is_multiple_of(align_of::<T>()));
        let mut grown = FrameVec::new_in(arena);
        for n in 0..5 {
            grown.push(T::from_seed(seed + n));
            arena.alloc(3u8);
        }
        let grown = grown.into_slice();
        assert!(grown.as_ptr().addr().is_multiple_of(align_of::<T>()));
        assert!((0..5).all(|n| grown[n as usize] == T::from_seed(seed + n)));
        assert!(*one == T::from_seed(seed) && many[2] == *one);
    }
    for mut owner in owners() {
        for seed in 0..20 {
            check::<Align64>(owner.arena(), seed);
            check::<Align1024>(owner.arena(), seed);
            check::<Align8192>(owner.arena(), seed);
            if seed % 4 == 3 {
                owner.reset();
            }
        }
    }
}

#[test]
fn over_aligned_values_are_dropped_in_place() {
    struct Place(Align1024, std::sync::mpsc::Sender<usize>);
    impl Drop for Place {
        fn drop(&mut self) {
            self.1.send(std::ptr::from_ref(&self.0).addr()).unwrap();
        }
    }
    for mut owner in owners() {
        let (sender, drops) = std::sync::mpsc::channel();
        let place = owner.arena().alloc_drop(Place(Align1024::from_seed(1), sender));
        let address = std::ptr::from_ref(&place.0).addr();
        owner.reset();
        assert_eq!(drops.recv(), Ok(address));
        assert!(address.is_multiple_of(1_024));
    }
}

#[test]
fn sizes_that_overflow_are_refused() {
    for owner in owners() {
        let arena = owner.arena();
        arena.alloc(1u8);
        let before = arena.stats();
        for len in
            [usize::MAX, usize::MAX / 8 + 1, isize::MAX as usize / 8, isize::MAX as usize / 9]
        {
            let error = arena.try_alloc_slice_uninit::<u64>(len).unwrap_err();
            let is_told =
                matches!(error, AllocError::TooLarge { .. } | AllocError::OutOfMemory { .. });
            assert!(is_told, "{error}");
            assert!(FrameVec::<u64>::try_with_capacity_in(len, arena).is_err());
            assert!(FrameVec::<Align1024>::try_with_capacity_in(len, arena).is_err());
        }
        let mut numbers = FrameVec::new_in(arena);
        numbers.push(1u64);
        assert!(numbers.try_reserve(usize::MAX).is_err());
        assert!(numbers.try_reserve_exact(isize::MAX as usize / 16).is_err());
        assert_eq!(numbers, [1]);
        drop(numbers);
        assert_eq!(arena.stats().used_bytes, before.used_bytes);
    }
}

#[test]
fn a_length_that_overflows_is_named_in_the_error() {
    let arena = FrameArena::new();
    let error = arena.try_alloc_slice_uninit::<u64>(usize::MAX).unwrap_err();
    let len = usize::MAX;
    let text = format!("frame arena asked for {len} elements of 8 B");
    assert!(error.to_string().starts_with(&text), "{error}");
}

#[test]
fn a_capacity_nobody_can_have_is_refused() {
    for capacity_bytes in [usize::MAX, isize::MAX as usize, isize::MAX as usize / 4] {
        assert!(FrameArena::try_with_capacity(capacity_bytes).is_err());
        let config = config(capacity_bytes, ArenaMode::Bump, Budget::Unlimited);
        assert!(ThreadArenas::try_with_config(config).is_err());
    }
}

#[test]
fn a_capacity_nobody_can_have_is_only_a_wish_when_it_comes_late() {
    for is_set in [false, true] {
        let config = config(usize::MAX, ArenaMode::PerObject, Budget::Unlimited);
        let mut owner = AnyArena::new(is_set, config);
        owner.set_mode(ArenaMode::Bump);
        for _ in 0..3 {
            owner.arena().alloc_slice_fill_with(10_000, |n| n);
            owner.arena().alloc_slice_fill_with(10_000, |n| n);
            owner.reset();
        }
    }
}

#[test]
fn a_lone_threads_vector_grows_across_granules_in_place() {
    let config = config(64 * GRANULE_BYTES, ArenaMode::Bump, Budget::Unlimited);
    let set = ThreadArenas::with_config(config);
    let mut numbers = FrameVec::new_in(set.local());
    numbers.push(0u64);
    let first = numbers.as_ptr();
    numbers.extend((1..300_000u64).filter(|_| true));
    assert!(numbers.iter().copied().eq(0..300_000));
    assert_eq!((numbers.as_ptr(), set.local().stats().abandoned_bytes), (first, 0));
}

/// It moved once its end was no multiple of 16, though nothing lay behind it.
#[test]
fn a_lone_threads_vector_of_any_length_grows_in_place() {
    let config = config(64 * GRANULE_BYTES, ArenaMode::Bump, Budget::Unlimited);
    for len in [20_000, 20_001] {
        let set = ThreadArenas::with_config(config);
        let mut numbers = FrameVec::from_iter_in([0u64], set.local());
        numbers.reserve_exact(len as usize - 1);
        numbers.extend(1..len);
        numbers.push(len);
        assert!(numbers.iter().copied().eq(0..=len));
        assert_eq!(set.local().stats().abandoned_bytes, 0, "{len} numbers of 8 B");
    }
}

#[test]
fn growth_stops_at_a_neighbours_granule() {
    let config = config(8 * GRANULE_BYTES, ArenaMode::Bump, Budget::Unlimited);
    let set = ThreadArenas::with_config(config);
    let arena = set.local();
    let mut ours = FrameVec::<u8>::with_capacity_in(GRANULE_BYTES - 8, arena);
    thread::scope(|scope| {
        let theirs =
            scope.spawn(|| set.local().alloc_slice_fill_with(1_000, |_| 7u8)).join().unwrap();
        let behind_ours = ours.as_ptr().addr() + GRANULE_BYTES;
        assert_eq!(theirs.as_ptr().addr(), behind_ours, "granules are neighbours");
        ours.extend(std::iter::repeat_n(9u8, 2 * GRANULE_BYTES));
        assert!(theirs.iter().all(|byte| *byte == 7));
        assert!(ours.iter().all(|byte| *byte == 9));
    });
    assert_eq!(arena.stats().abandoned_bytes, GRANULE_BYTES - 8);
}

#[test]
fn giving_back_stays_in_the_own_granule() {
    let config = config(8 * GRANULE_BYTES, ArenaMode::Bump, Budget::Unlimited);
    let set = ThreadArenas::with_config(config);
    let arena = set.local();
    // Fills the first granule; what follows lies in the third.
    let mut ours = FrameVec::with_capacity_in(GRANULE_BYTES, arena);
    ours.extend(std::iter::repeat_n(1u8, GRANULE_BYTES));
    let theirs = thread::scope(|scope| {
        scope.spawn(|| set.local().alloc_slice_fill_with(1_000, |_| 7u8)).join().unwrap()
    });
    let after = arena.alloc(1u64);
    drop(ours);
    let next = arena.alloc_slice_fill_with(GRANULE_BYTES, |_| 9u8);
    assert!(theirs.iter().all(|byte| *byte == 7));
    assert!(next.iter().all(|byte| *byte == 9));
    assert_eq!(*after, 1);
}

/// The errors of an arena and of a set with this configuration.
fn refusals(config: ArenaConfig) -> [AllocError; 2] {
    [FrameArena::try_with_config(config).err(), ThreadArenas::try_with_config(config).err()]
        .map(|error| error.expect("no memory is so large"))
}

#[test]
fn a_history_longer_than_memory_is_an_error_that_names_it() {
    for mode in MODES {
        for history_frames in [usize::MAX, usize::MAX / 48, 1 << 50] {
            let config = ArenaConfig { history_frames, ..config(500, mode, Budget::Unlimited) };
            let error = AllocError::HistoryTooLong { arena: "test", history_frames };
            assert_eq!(refusals(config), [error; 2]);
            let text = error.to_string();
            let begin = format!("test arena cannot keep the figures of {history_frames} frames: ");
            assert!(text.starts_with(&begin) && text.ends_with("; lower history_frames"), "{text}");
        }
    }
}

#[test]
fn a_capacity_larger_than_memory_is_an_error_that_names_it() {
    for capacity_bytes in [usize::MAX, usize::MAX / 2, usize::MAX / 8, 1 << 50] {
        for error in refusals(config(capacity_bytes, ArenaMode::Bump, Budget::Unlimited)) {
            let text = error.to_string();
            let is_named = text.contains("test arena out of memory: ")
                && text.contains(&format!(" {capacity_bytes} B requested"));
            assert!(is_named && text.contains("ask for less"), "{text}");
        }
    }
}

#[test]
fn arenas_for_more_threads_than_a_set_keeps_are_an_error_that_names_them() {
    for mode in MODES {
        for thread_count in [65_537, 1 << 40, usize::MAX] {
            let config = config(500, mode, Budget::Unlimited);
            let error = ThreadArenas::try_for_threads(config, thread_count).unwrap_err();
            let text = format!(
                "test arenas for {thread_count} threads: at most 65536 are made beforehand; \
                 lower the number"
            );
            assert_eq!(error.to_string(), text);
        }
    }
}
