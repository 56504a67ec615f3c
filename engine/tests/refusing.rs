//! A global allocator that refuses on demand, or calls back into the arena that asked it.

#[path = "arena/keep.rs"]
mod keep;

use std::cell::Cell;

use frame_arena::{
    AllocError, ArenaConfig, ArenaMode, ArenaStats, Budget, FrameArena, FrameVec, ThreadArenas,
};

use keep::keep;

#[expect(unsafe_code, reason = "a global allocator around the system's")]
mod allocator {
    //! Invariant
    //! - **G1** Each call is refused with a null pointer or passed on unchanged to `System`.

    use std::alloc::{GlobalAlloc, Layout, System};
    use std::cell::Cell;

    thread_local! {
        pub static LARGEST_BYTES: Cell<usize> = const { Cell::new(usize::MAX) };
        pub static CALL_BACK: Cell<Option<fn()>> = const { Cell::new(None) };
    }

    pub struct Refusing;

    fn is_refused(bytes: usize) -> bool {
        if let Some(call_back) = CALL_BACK.take() {
            call_back();
        }
        bytes > LARGEST_BYTES.get()
    }

    // SAFETY: G1.
    unsafe impl GlobalAlloc for Refusing {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            if is_refused(layout.size()) {
                return std::ptr::null_mut();
            }
            // SAFETY: G1; the caller's promise is passed on.
            unsafe { System.alloc(layout) }
        }

        unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
            if is_refused(new_size) {
                return std::ptr::null_mut();
            }
            // SAFETY: G1; the caller's promise is passed on.
            unsafe { System.realloc(memory, layout, new_size) }
        }

        unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
            // SAFETY: G1; the caller's promise is passed on.
            unsafe { System.dealloc(memory, layout) };
        }
    }
}

#[global_allocator]
static HEAP: allocator::Refusing = allocator::Refusing;

/// Runs `work` while this thread is refused every request above `largest_bytes`.
fn refusing_above<R>(largest_bytes: usize, work: impl FnOnce() -> R) -> R {
    allocator::LARGEST_BYTES.set(largest_bytes);
    let result = work();
    allocator::LARGEST_BYTES.set(usize::MAX);
    result
}

fn refusing<R>(work: impl FnOnce() -> R) -> R {
    refusing_above(0, work)
}

fn settings(mode: ArenaMode) -> ArenaConfig {
    ArenaConfig { capacity_bytes: 1_000, mode, ..ArenaConfig::named("test") }
}

const MODES: [ArenaMode; 2] = [ArenaMode::Bump, ArenaMode::PerObject];

/// An arena of its own and a set's member, each with a little in it.
fn with_arenas(mode: ArenaMode, check: impl Fn(&FrameArena)) {
    let single = FrameArena::with_config(settings(mode));
    let set = ThreadArenas::with_config(settings(mode));
    for arena in [&single, set.local()] {
        arena.alloc([1u64; 4]);
        check(arena);
    }
}

#[test]
fn an_arena_without_its_first_block_is_an_error() {
    // The set's own few hundred bytes come from an `Arc`, which cannot refuse.
    let (single, set) = refusing_above(1_000, || {
        let single = FrameArena::try_with_capacity(4_096).err();
        let set = ThreadArenas::try_with_config(ArenaConfig::default()).err();
        (single, set)
    });
    let is_told = |error| matches!(error, Some(AllocError::OutOfMemory { arena: "frame", .. }));
    assert!(is_told(single) && is_told(set));
}

#[test]
fn nothing_panics_and_the_arena_is_as_it_was() {
    for mode in MODES {
        with_arenas(mode, |arena| {
            let before = arena.stats();
            let text = "x".repeat(9_999);
            let words = vec![7u64; 9_999];
            let is_refused = refusing(|| {
                [
                    arena.try_alloc([0u64; 9_999]).is_err(),
                    arena.try_alloc_with(|| [0u64; 9_999]).is_err(),
                    arena.try_alloc_drop([0u64; 9_999]).is_err(),
                    arena.try_alloc_slice_copy(&words).is_err(),
                    arena.try_alloc_slice_clone(&words).is_err(),
                    arena.try_alloc_slice_fill_with(9_999, |n| n).is_err(),
                    arena.try_alloc_slice_uninit::<u64>(9_999).is_err(),
                    arena.try_alloc_str(&text).is_err(),
                    arena.try_publish([0u64; 9_999]).is_err(),
                    arena.try_publish_slice_copy(&words).is_err(),
                    arena.try_publish_str(&text).is_err(),
                    FrameVec::<u64>::try_with_capacity_in(9_999, arena).is_err(),
                ]
            });
            assert_eq!(is_refused, [true; 12]);
            assert_eq!(arena.stats(), before);
            assert_eq!(arena.alloc_slice_copy(&words), words);
        });
    }
}

#[test]
fn the_error_says_what_was_asked_and_held() {
    let arena = FrameArena::with_config(settings(ArenaMode::Bump));
    let error = refusing(|| arena.try_alloc_slice_uninit::<u8>(9_999).unwrap_err());
    assert_eq!(
        error.to_string(),
        "test arena out of memory: 9999 B requested, 4096 B reserved, and the system gives no \
         more; ask for less, free memory elsewhere or set a budget"
    );
}

#[test]
fn a_vector_that_cannot_grow_keeps_its_elements_and_gives_the_value_back() {
    for mode in MODES {
        with_arenas(mode, |arena| {
            let mut numbers = FrameVec::with_capacity_in(10, arena);
            let mut next = 0u64;
            let came_back = refusing(|| {
                loop {
                    match numbers.try_push(next) {
                        Ok(()) => next += 1,
                        Err(refused) => break refused.into_value(),
                    }
                }
            });
            assert_eq!(came_back, next);
            assert!(next >= 10 && numbers.iter().copied().eq(0..next));
            numbers.extend(next..1_000_000);
            assert!(numbers.into_slice().iter().copied().eq(0..1_000_000));
        });
    }
}

#[test]
fn an_object_that_cannot_be_moved_to_less_memory_stays() {
    with_arenas(ArenaMode::PerObject, |arena| {
        let mut numbers = FrameVec::with_capacity_in(100, arena);
        numbers.extend(0..10u64);
        let slice = refusing(|| numbers.into_slice());
        assert!(slice.iter().copied().eq(0..10));
    });
}

#[test]
fn a_double_that_is_refused_is_no_reason_to_refuse_what_is_needed() {
    let arena = FrameArena::with_capacity(1 << 20);
    _ = arena.alloc_slice_uninit::<u8>(1 << 20);
    refusing_above(50_000, || arena.alloc([1u8; 40_000]));
    assert_eq!(arena.stats().block_count, 2);
    let set = ThreadArenas::with_config(ArenaConfig::default());
    _ = set.local().alloc_slice_uninit::<u8>(1 << 20);
    refusing_above(50_000, || set.local().alloc([1u8; 40_000]));
}

/// A frame's growth, then resets that the system refuses to serve.
fn refuse_consolidation(owner: &mut dyn Owner) {
    owner.fill();
    let grown = owner.stats();
    assert!(grown.block_count > 1);
    for _ in 0..5 {
        refusing(|| owner.reset());
        let kept = owner.stats();
        assert_eq!((kept.block_count, kept.resizes), (grown.block_count, 0));
        assert_eq!(kept.reserved_bytes, grown.reserved_bytes);
        // What it keeps is enough for as much again.
        refusing(|| owner.fill());
        assert_eq!(owner.stats().used_bytes, grown.used_bytes);
    }
    owner.reset();
    assert_eq!((owner.stats().block_count, owner.stats().resizes), (1, 1));
    refusing(|| owner.fill());
}

trait Owner {
    fn fill(&self);
    fn reset(&mut self);
    fn stats(&mut self) -> ArenaStats;
}

impl Owner for FrameArena {
    fn fill(&self) {
        for _ in 0..1_000 {
            self.alloc([1u64; 10]);
        }
    }
    fn reset(&mut self) {
        FrameArena::reset(self);
    }
    fn stats(&mut self) -> ArenaStats {
        FrameArena::stats(self)
    }
}

impl Owner for ThreadArenas {
    fn fill(&self) {
        self.local().fill();
    }
    fn reset(&mut self) {
        self.begin_frame();
    }
    fn stats(&mut self) -> ArenaStats {
        ThreadArenas::stats(self)
    }
}

#[test]
fn a_refused_consolidation_keeps_the_blocks_until_a_later_one_succeeds() {
    refuse_consolidation(&mut FrameArena::with_config(settings(ArenaMode::Bump)));
    refuse_consolidation(&mut ThreadArenas::with_config(settings(ArenaMode::Bump)));
}

#[test]
fn a_refused_shrink_keeps_the_block() {
    let mut arena = FrameArena::with_config(ArenaConfig {
        shrink_after_frames: 2,
        ..settings(ArenaMode::Bump)
    });
    _ = arena.alloc_slice_uninit::<u8>(1 << 20);
    arena.reset();
    refusing(|| (0..5).for_each(|_| arena.reset()));
    assert!(arena.stats().reserved_bytes > 1 << 20);
    (0..5).for_each(|_| arena.reset());
    assert!(arena.stats().reserved_bytes < 1 << 20);
}

#[test]
fn an_allocation_that_failed_crosses_no_budget() {
    thread_local!(static WARNINGS: Cell<u32> = const { Cell::new(0) });
    struct Count;
    impl log::Log for Count {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            true
        }
        fn log(&self, _: &log::Record<'_>) {
            WARNINGS.set(WARNINGS.get() + 1);
        }
        fn flush(&self) {}
    }
    log::set_logger(&Count).unwrap();
    log::set_max_level(log::LevelFilter::Warn);
    for mode in MODES {
        let config = ArenaConfig { budget: Budget::Warn(10_000), ..settings(mode) };
        let (alone, set) = (FrameArena::with_config(config), ThreadArenas::with_config(config));
        for arena in [&alone, set.local()] {
            let is_refused = refusing(|| arena.try_alloc([0u8; 20_000]).is_err());
            arena.alloc([0u8; 5_000]);
            assert_eq!((is_refused, WARNINGS.take()), (true, 0));
            arena.alloc([0u8; 20_000]);
            assert_eq!(WARNINGS.take(), 1);
        }
    }
}

// ---- an allocator that calls back ----

thread_local! {
    static ASKING: Cell<Option<&'static FrameArena>> = const { Cell::new(None) };
    static ANSWER: Cell<Option<&'static mut [u64]>> = const { Cell::new(None) };
}

const ANSWER_LEN: usize = 3_500;

/// Lets the next heap call of this thread take `ANSWER_LEN` words from `arena` before it returns.
fn call_back_into(arena: &'static FrameArena) {
    ASKING.set(Some(arena));
    allocator::CALL_BACK.set(Some(|| {
        let arena = ASKING.take().expect("set together");
        ANSWER.set(Some(arena.alloc_slice_fill_with(ANSWER_LEN, |n| n as u64)));
    }));
}

#[test]
fn a_global_allocator_that_uses_the_arena_gets_other_memory() {
    for mode in MODES {
        let single = keep(FrameArena::with_config(settings(mode)));
        let set = keep(ThreadArenas::with_config(settings(mode)));
        for arena in [single, set.local()] {
            for len in [1, 600, 5_000, 50_000] {
                call_back_into(arena);
                let mut numbers = FrameVec::with_capacity_in(1, arena);
                numbers.extend((0..len).map(|_| 7u64));
                let numbers = numbers.into_slice();
                if let Some(answer) = ANSWER.take() {
                    assert!(answer.iter().copied().eq(0..ANSWER_LEN as u64));
                }
                assert!(numbers.iter().all(|n| *n == 7) && numbers.len() == len);
            }
        }
    }
}

#[test]
fn an_allocator_that_uses_the_arena_does_not_stretch_its_budget() {
    let budget_bytes = 512 << 10;
    let set = keep(ThreadArenas::with_config(ArenaConfig {
        capacity_bytes: 60_000,
        budget: Budget::Refuse(budget_bytes),
        ..ArenaConfig::named("test")
    }));
    let arena = set.local();
    // Leaves a tail of some 30 KB, of which the allocator takes most while the arena asks for more
    // than the block has.
    arena.alloc([1u8; 30_000]);
    call_back_into(arena);
    let large = arena.alloc([2u8; 40_000]);
    let answer = ANSWER.take().expect("the arena asked for a block");
    while arena.try_alloc(3u64).is_ok() {}
    assert_eq!(arena.stats().used_bytes, budget_bytes);
    assert!(answer.iter().copied().eq(0..ANSWER_LEN as u64));
    assert!(large.iter().all(|byte| *byte == 2));
}

/// A request too long for a spare block took it out of reach of the next one.
#[test]
fn a_request_that_is_refused_leaves_the_spare_blocks_to_shorter_ones() {
    let mut arena = FrameArena::with_config(settings(ArenaMode::Bump));
    (0..3_000u64).for_each(|n| _ = arena.alloc(n));
    refusing(|| arena.reset()); // Cannot be merged into one.
    assert!(arena.stats().block_count > 2);
    while arena.room_bytes() > 0 {
        arena.alloc(1u64);
    }
    let is_granted = refusing(|| {
        [100_000, 3_000].map(|bytes| arena.try_alloc_slice_uninit::<u8>(bytes).is_ok())
    });
    assert_eq!(is_granted, [false, true]);
}
