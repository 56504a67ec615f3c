//! A question, the arms that answer it, and how an arm is run.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// An arm that has been set up: does that many operations and gives the figure for all of them, in
/// the unit of its question. What it prepares beforehand and frees afterwards is not in the figure.
pub type Work = Box<dyn FnMut(u64) -> f64>;

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Wall time, in nanoseconds.
    Nanoseconds,
    /// Memory, in bytes.
    Bytes,
    /// Calls of the global allocator.
    HeapCalls,
}

impl Unit {
    /// As it stands in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::Bytes => "bytes",
            Self::HeapCalls => "heap calls",
        }
    }
}

/// Which program runs an arm: each has another global allocator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// The system's, glibc here.
    System,
    /// The system's, with each call counted.
    Counted,
    /// mimalloc.
    Mimalloc,
    /// jemalloc.
    Jemalloc,
}

impl Host {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::System, Self::Counted, Self::Mimalloc, Self::Jemalloc];

    /// Name of the program, and in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "arms_system",
            Self::Counted => "arms_counted",
            Self::Mimalloc => "arms_mimalloc",
            Self::Jemalloc => "arms_jemalloc",
        }
    }
}

/// How often an arm is run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How often its process is started anew.
    pub sittings: u32,
    /// Rounds in a sitting; in each every arm has one turn.
    pub rounds: u32,
    /// Operations of a turn are a multiple of this.
    pub step: u64,
    /// A turn has so many steps that it lasts at least this long; 0 for one step.
    pub turn_us: u32,
    /// Whether a second process copies memory all the while.
    pub is_beside_hog: bool,
    /// Whether the spread of single turns is the answer, not the least.
    pub is_spread: bool,
}

/// Turns of half a millisecond, 3 processes of 40 turns for each arm.
pub const SHORT: Plan =
    Plan { sittings: 3, rounds: 40, step: 1, turn_us: 500, is_beside_hog: false, is_spread: false };

/// Turns of one step, whatever it takes, 15 of them.
pub const LONG: Plan = Plan { sittings: 1, rounds: 15, turn_us: 0, ..SHORT };

/// One turn: the figure is the same every time.
pub const ONCE: Plan = Plan { rounds: 1, ..LONG };

/// One question; its first arm is ours, which the others are compared with.
pub struct Question {
    /// As on the command line.
    pub name: &'static str,
    /// In words.
    pub title: &'static str,
    /// What one operation is: "one value".
    pub per: &'static str,
    /// What the figures count.
    pub unit: Unit,
    /// How often.
    pub plan: Plan,
    /// Operations of the shorter of two runs that instructions are counted in.
    pub counted_operations: Option<u64>,
    /// What the reader must know of the arms.
    pub note: &'static str,
    /// Ours first.
    pub arms: Vec<Arm>,
}

/// One way to do what a question asks.
#[derive(Clone, Copy)]
pub struct Arm {
    /// Short, without spaces.
    pub name: &'static str,
    /// In words.
    pub what: &'static str,
    /// Whose allocator it uses.
    pub host: Host,
    /// Objects, threads or phases, where the question varies them.
    pub size: u64,
    /// Sets the arm up for that size.
    pub make: fn(u64) -> Work,
}

impl Arm {
    /// An arm on the system's allocator.
    #[must_use]
    pub const fn new(name: &'static str, what: &'static str, make: fn(u64) -> Work) -> Self {
        Self { name, what, host: Host::System, size: 0, make }
    }

    /// The same with another allocator.
    #[must_use]
    pub const fn on(self, host: Host) -> Self {
        Self { host, ..self }
    }

    /// The same for a size.
    #[must_use]
    pub const fn at(self, size: u64) -> Self {
        Self { size, ..self }
    }

    /// Its name, with the size where there is one.
    #[must_use]
    pub fn key(&self) -> String {
        match self.size {
            0 => self.name.to_owned(),
            size => format!("{}@{size}", self.name),
        }
    }
}

/// Nanoseconds that `work` takes.
pub fn timed(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_nanos() as f64
}

/// For an arm that has nothing to forget.
#[inline(always)]
pub fn nothing() {}

static IS_COUNTING: AtomicBool = AtomicBool::new(false);

/// Says that this process runs under callgrind.
pub fn count_instructions() {
    IS_COUNTING.store(true, Ordering::Relaxed);
}

/// Values between two resets: `len`, few enough to stay in the cache. Where instructions are
/// counted it is more than all, so that no reset is among them.
#[must_use]
pub fn batch_len(len: u64) -> u64 {
    if IS_COUNTING.load(Ordering::Relaxed) { len.max(1 << 18) } else { len }
}

/// Times `$operations` runs of `$one`, with `$reset` after each batch of `$len`. What `$one` works
/// on, if it is named, is somebody else's: the compiler does not know where it lies.
#[macro_export]
macro_rules! timed_batches {
    ($operations:expr, $len:expr, |$n:ident| $one:expr, $reset:expr) => {
        $crate::timed_batches!(@ $operations, $len, [], |$n| $one, $reset)
    };
    ($operations:expr, $len:expr, $memory:ident, |$n:ident| $one:expr, $reset:expr) => {
        $crate::timed_batches!(
            @ $operations, $len, [let $memory = $crate::opaque::hidden(&$memory);],
            |$n| $one, $reset
        )
    };
    ($operations:expr, $len:expr, mut $memory:ident, |$n:ident| $one:expr, $reset:expr) => {
        $crate::timed_batches!(
            @ $operations, $len, [let $memory = $crate::opaque::hidden_mut(&mut $memory);],
            |$n| $one, $reset
        )
    };
    (@ $operations:expr, $len:expr, [$($hide:tt)*], |$n:ident| $one:expr, $reset:expr) => {{
        let (mut left, len): (u64, u64) = ($operations, $len);
        $crate::question::timed(|| {
            while left > 0 {
                let batch = left.min(len);
                {
                    $($hide)*
                    for $n in 0..batch {
                        $one;
                    }
                }
                $reset;
                left -= batch;
            }
        })
    }};
}
