//! What several modules need: values that note their drop, items of many sizes, both kinds of arena.

use std::any::Any;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use frame_arena::{ArenaConfig, ArenaMode, ArenaStats, Budget, FrameArena, Pressure, ThreadArenas};

pub const MODES: [ArenaMode; 3] = [ArenaMode::Bump, ArenaMode::Traced, ArenaMode::PerObject];

/// Bytes that a thread of a set claims at a time.
pub const GRANULE_BYTES: usize = 64 << 10;

/// A configuration that differs from the default in what most tests vary.
pub fn config(capacity_bytes: usize, mode: ArenaMode, budget: Budget) -> ArenaConfig {
    ArenaConfig { capacity_bytes, mode, budget, ..ArenaConfig::named("test") }
}

/// An arena of its own, or this thread's member of a set.
#[expect(clippy::large_enum_variant, reason = "one at a time, and moving it is part of the test")]
pub enum AnyArena {
    Single(FrameArena),
    Set(ThreadArenas),
}

impl AnyArena {
    pub fn new(is_set: bool, config: ArenaConfig) -> Self {
        if is_set {
            Self::Set(ThreadArenas::with_config(config))
        } else {
            Self::Single(FrameArena::with_config(config))
        }
    }

    pub fn arena(&self) -> &FrameArena {
        match self {
            Self::Single(arena) => arena,
            Self::Set(set) => set.local(),
        }
    }

    pub fn reset(&mut self) {
        match self {
            Self::Single(arena) => arena.reset(),
            Self::Set(set) => set.begin_frame(),
        }
    }

    pub fn set_mode(&mut self, mode: ArenaMode) {
        match self {
            Self::Single(arena) => arena.set_mode(mode),
            Self::Set(set) => set.set_mode(mode),
        }
    }

    /// The arena's figures, or the set's.
    pub fn stats(&mut self) -> ArenaStats {
        match self {
            Self::Single(arena) => arena.stats(),
            Self::Set(set) => set.stats(),
        }
    }

    /// The advice on the arena's capacity, or the set's.
    pub fn pressure(&self) -> Pressure {
        match self {
            Self::Single(arena) => arena.pressure(),
            Self::Set(set) => set.pressure(),
        }
    }
}

/// Where values note that they were dropped.
#[derive(Clone, Default)]
pub struct DropLog(Arc<Mutex<Vec<u32>>>);

/// Notes its number when dropped, and may panic then.
pub struct Noted {
    pub number: u32,
    is_panicking: bool,
    log: DropLog,
}

impl DropLog {
    pub fn value(&self, number: u32) -> Noted {
        let log = self.clone();
        Noted { number, is_panicking: false, log }
    }

    pub fn panicking_value(&self, number: u32) -> Noted {
        let log = self.clone();
        Noted { number, is_panicking: true, log }
    }

    /// The numbers noted since the last call.
    pub fn take(&self) -> Vec<u32> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.log.0.lock().unwrap().push(self.number);
        if self.is_panicking {
            panic!("drop of {}", self.number);
        }
    }
}

/// The text with which `work` panics, or `None`.
pub fn panic_text(work: impl FnOnce()) -> Option<String> {
    let payload = catch_unwind(AssertUnwindSafe(work)).err()?;
    Some(text_of(payload.as_ref()))
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    match (payload.downcast_ref::<String>(), payload.downcast_ref::<&str>()) {
        (Some(text), _) => text.clone(),
        (None, Some(text)) => (*text).to_string(),
        (None, None) => "a payload that is no text".to_string(),
    }
}

/// A plain value whose contents follow from a seed.
pub trait Item: Copy + PartialEq + Debug + Send + Sync + 'static {
    fn from_seed(seed: u64) -> Self;
}

impl Item for u8 {
    fn from_seed(seed: u64) -> Self {
        seed.wrapping_mul(167) as u8
    }
}

impl Item for u16 {
    fn from_seed(seed: u64) -> Self {
        seed.wrapping_mul(40_503) as u16
    }
}

impl Item for u64 {
    fn from_seed(seed: u64) -> Self {
        seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

impl Item for [u32; 7] {
    fn from_seed(seed: u64) -> Self {
        std::array::from_fn(|i| seed.wrapping_mul(2_654_435_769).wrapping_add(i as u64) as u32)
    }
}

impl Item for () {
    fn from_seed(_: u64) -> Self {}
}

macro_rules! aligned_items {
    ($($name:ident: $align:literal),+) => {$(
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[repr(align($align))]
        pub struct $name(u64);

        impl Item for $name {
            fn from_seed(seed: u64) -> Self {
                Self(u64::from_seed(seed))
            }
        }
    )+};
}

aligned_items!(Align16: 16, Align64: 64, Align1024: 1024, Align8192: 8192);

/// An iterator that says `claimed` elements and gives `given`.
pub struct Liar {
    pub claimed: usize,
    pub given: usize,
}

impl Iterator for Liar {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.given = self.given.checked_sub(1)?;
        Some(self.given as u64)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.claimed, Some(self.claimed))
    }
}

impl ExactSizeIterator for Liar {}
