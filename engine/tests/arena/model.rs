//! Random operation lists against plain `Vec`s.
//!
//! After each step: contents, overlap, alignment, counts, used bytes, budget, handles.

use std::fmt::Debug;
use std::ops::Range;

use frame_arena::{AnyHandle, ArenaMode, Budget, FrameArena, FrameVec, HandleTarget};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{Align16, Align64, Align1024, AnyArena, DropLog, Item, Liar, config};

#[derive(Clone, Copy, Debug)]
enum Kind {
    Nothing,
    Byte,
    Short,
    Word,
    Seven,
    Align16,
    Align64,
    Align1024,
}

#[derive(Clone, Debug)]
enum Step {
    Value(Kind),
    Slice(Kind, usize),
    Lie { claimed: usize, given: usize },
    Text(usize),
    Format(usize),
    NewVec(Kind, usize),
    Push { which: usize, count: usize },
    Truncate { which: usize, len: usize },
    DropVec(usize),
    FreezeVec(usize),
    DropAtReset,
    Publish(Kind),
    PublishSlice(Kind, usize),
}

#[derive(Clone, Debug)]
struct Program {
    is_set: bool,
    mode: ArenaMode,
    capacity_bytes: usize,
    budget: Budget,
    frames: Vec<Vec<Step>>,
}

fn kinds() -> impl Strategy<Value = Kind> {
    use Kind::{Byte, Nothing, Seven, Short, Word};
    prop_oneof![
        8 => prop::sample::select(vec![Nothing, Byte, Short, Word, Seven]),
        3 => prop::sample::select(vec![Kind::Align16, Kind::Align64, Kind::Align1024]),
    ]
}

fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![20 => 0..40_usize, 3 => 0..700_usize, 1 => 0..9_000_usize]
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => kinds().prop_map(Step::Value),
        3 => (kinds(), lengths()).prop_map(|(kind, len)| Step::Slice(kind, len)),
        1 => (0..9_usize, 0..9_usize).prop_map(|(claimed, given)| Step::Lie { claimed, given }),
        1 => lengths().prop_map(Step::Text),
        1 => lengths().prop_map(Step::Format),
        3 => (kinds(), 0..9_usize).prop_map(|(kind, room)| Step::NewVec(kind, room)),
        9 => (0..9_usize, lengths()).prop_map(|(which, count)| Step::Push { which, count }),
        1 => (0..9_usize, 0..9_usize).prop_map(|(which, len)| Step::Truncate { which, len }),
        2 => (0..9_usize).prop_map(Step::DropVec),
        2 => (0..9_usize).prop_map(Step::FreezeVec),
        1 => Just(Step::DropAtReset),
        1 => kinds().prop_map(Step::Publish),
        1 => (kinds(), lengths()).prop_map(|(kind, len)| Step::PublishSlice(kind, len)),
    ]
}

fn programs() -> impl Strategy<Value = Program> {
    let mode = prop_oneof![
        3 => Just(ArenaMode::Bump),
        1 => Just(ArenaMode::Traced),
        1 => Just(ArenaMode::PerObject),
    ];
    let capacity = prop::sample::select(vec![0, 64, 500, 4_096, 20_000, 100_000]);
    let budget = prop_oneof![
        4 => Just(Budget::Unlimited),
        1 => (0..40_000_usize).prop_map(Budget::Warn),
        3 => (0..40_000_usize).prop_map(Budget::Refuse),
    ];
    let frames = vec(vec(steps(), 0..40), 1..4);
    (any::<bool>(), mode, capacity, budget, frames).prop_map(
        |(is_set, mode, capacity_bytes, budget, frames)| Program {
            is_set,
            mode,
            capacity_bytes,
            budget,
            frames,
        },
    )
}

/// Something in the arena, and what it should be.
trait Object {
    fn check_contents(&self);
    /// Addresses that belong to it alone, capacity included.
    fn addresses(&self) -> Range<usize>;
    fn align(&self) -> usize;
}

/// A vector that still grows.
trait Growing<'a>: Object {
    fn push(&mut self, seed: u64) -> bool;
    fn truncate(&mut self, len: usize);
    fn freeze(self: Box<Self>) -> Box<dyn Object + 'a>;
    fn element_bytes(&self) -> usize;
}

struct Fixed<'a, T> {
    actual: &'a mut [T],
    expected: Vec<T>,
}

struct FixedText<'a> {
    actual: &'a mut str,
    expected: String,
}

struct Vector<'a, T> {
    actual: FrameVec<'a, T>,
    expected: Vec<T>,
}

fn addresses_of<T>(first: *const T, len: usize) -> Range<usize> {
    first.addr()..first.addr() + len * size_of::<T>()
}

impl<T: Item> Object for Fixed<'_, T> {
    fn check_contents(&self) {
        assert!(*self.actual == self.expected[..], "contents changed");
    }
    fn addresses(&self) -> Range<usize> {
        addresses_of(self.actual.as_ptr(), self.actual.len())
    }
    fn align(&self) -> usize {
        align_of::<T>()
    }
}

impl Object for FixedText<'_> {
    fn check_contents(&self) {
        assert_eq!(*self.actual, *self.expected);
    }
    fn addresses(&self) -> Range<usize> {
        addresses_of(self.actual.as_ptr(), self.actual.len())
    }
    fn align(&self) -> usize {
        1
    }
}

impl<T: Item> Object for Vector<'_, T> {
    fn check_contents(&self) {
        assert!(self.actual[..] == self.expected[..], "contents changed");
    }
    fn addresses(&self) -> Range<usize> {
        let len = if size_of::<T>() == 0 { 0 } else { self.actual.capacity() };
        addresses_of(self.actual.as_ptr(), len)
    }
    fn align(&self) -> usize {
        align_of::<T>()
    }
}

impl<'a, T: Item> Growing<'a> for Vector<'a, T> {
    fn push(&mut self, seed: u64) -> bool {
        let value = T::from_seed(seed);
        match self.actual.try_push(value) {
            Ok(()) => self.expected.push(value),
            Err(refused) => {
                assert_eq!(refused.into_value(), value);
                return false;
            }
        }
        true
    }
    fn truncate(&mut self, len: usize) {
        self.actual.truncate(len);
        self.expected.truncate(len);
    }
    fn freeze(self: Box<Self>) -> Box<dyn Object + 'a> {
        Box::new(Fixed { actual: self.actual.into_slice(), expected: self.expected })
    }
    fn element_bytes(&self) -> usize {
        size_of::<T>()
    }
}

fn padded(bytes: usize) -> usize {
    bytes.next_multiple_of(8)
}

/// Whether an arena knows a handle and gives the contents that were published.
type IsLive = Box<dyn Fn(&FrameArena) -> bool>;

/// One frame under test. `'a` is the borrow of the arena that the reset ends.
struct Frame<'a> {
    arena: &'a FrameArena,
    mode: ArenaMode,
    budget: Budget,
    objects: Vec<Box<dyn Object + 'a>>,
    vectors: Vec<Box<dyn Growing<'a> + 'a>>,
    handles: Vec<IsLive>,
    drop_count: u32,
    seed: u64,
    used_bytes: usize,
    alloc_count: u64,
}

impl<'a> Frame<'a> {
    fn new(arena: &'a FrameArena, program: &Program) -> Self {
        let stats = arena.stats();
        assert_eq!((stats.used_bytes, stats.alloc_count), (0, 0));
        Self {
            arena,
            mode: program.mode,
            budget: program.budget,
            objects: Vec::new(),
            vectors: Vec::new(),
            handles: Vec::new(),
            drop_count: 0,
            seed: 0,
            used_bytes: 0,
            alloc_count: 0,
        }
    }

    fn run(&mut self, step: &Step, log: &DropLog) {
        self.seed += 1;
        let vector_count = self.vectors.len().max(1);
        match *step {
            Step::Value(kind) => self.with_kind(kind, 1, false),
            Step::Slice(kind, len) => self.with_kind(kind, len, false),
            Step::Publish(kind) => self.with_kind(kind, 1, true),
            Step::PublishSlice(kind, len) => self.with_kind(kind, len, true),
            Step::Lie { claimed, given } => self.lie(claimed, given),
            Step::Text(len) => self.text(len),
            Step::Format(len) => self.format(len),
            Step::NewVec(kind, room) => self.new_vector_of(kind, room),
            Step::Push { which, count } => self.push(which % vector_count, count),
            Step::Truncate { which, len } => {
                if let Some(vector) = self.vectors.get_mut(which % vector_count) {
                    vector.truncate(len);
                }
            }
            Step::DropVec(which) => self.drop_vector(which % vector_count),
            Step::FreezeVec(which) => self.freeze_vector(which % vector_count),
            Step::DropAtReset => self.drop_at_reset(log),
        }
        self.check();
    }

    fn with_kind(&mut self, kind: Kind, len: usize, is_published: bool) {
        match kind {
            Kind::Nothing => self.slice::<()>(len, is_published),
            Kind::Byte => self.slice::<u8>(len, is_published),
            Kind::Short => self.slice::<u16>(len, is_published),
            Kind::Word => self.slice::<u64>(len, is_published),
            Kind::Seven => self.slice::<[u32; 7]>(len, is_published),
            Kind::Align16 => self.slice::<Align16>(len.min(50), is_published),
            Kind::Align64 => self.slice::<Align64>(len.min(50), is_published),
            Kind::Align1024 => self.slice::<Align1024>(len.min(5), is_published),
        }
    }

    fn slice<T: Item>(&mut self, len: usize, is_published: bool) {
        let seed = self.seed;
        let items = (0..len).map(move |i| T::from_seed(seed + i as u64));
        let expected: Vec<T> = items.clone().collect();
        let arena = self.arena;
        let is_stored = if is_published {
            let handle = if len == 1 {
                arena.try_publish(expected[0]).ok().map(|handle| {
                    let value = expected[0];
                    self.keep_handle(handle, move |actual| *actual == value);
                })
            } else {
                arena.try_publish_slice_from_iter(items).ok().map(|handle| {
                    let expected = expected.clone();
                    self.keep_handle(handle, move |actual| *actual == expected[..]);
                })
            };
            handle.is_some()
        } else {
            // Three ways to the same slice.
            let actual = match (len, seed % 2) {
                (1, _) => arena.try_alloc(expected[0]).ok().map(std::slice::from_mut),
                (_, 0) => arena.try_alloc_slice_copy(&expected).ok(),
                (_, _) => arena.try_alloc_slice_from_iter(items).ok(),
            };
            let is_stored = actual.is_some();
            if let Some(actual) = actual {
                self.objects.push(Box::new(Fixed { actual, expected }));
            }
            is_stored
        };
        self.expect_claim(is_stored, len * size_of::<T>(), align_of::<T>());
    }

    fn keep_handle<H: AnyHandle + 'static>(
        &mut self,
        handle: H,
        is_as_expected: impl Fn(&HandleTarget<H>) -> bool + 'static,
    ) {
        self.handles.push(Box::new(move |arena| arena.get(handle).is_ok_and(&is_as_expected)));
    }

    fn lie(&mut self, claimed: usize, given: usize) {
        let stored = self.arena.try_alloc_slice_from_iter(Liar { claimed, given });
        let expected: Vec<u64> = (0..given as u64).rev().take(claimed).collect();
        match stored {
            Ok(actual) => {
                // What was claimed too much is given back, in a block.
                let kept = match self.mode {
                    ArenaMode::Bump | ArenaMode::Traced => expected.len(),
                    ArenaMode::PerObject => claimed,
                };
                self.expect_claim(true, kept * 8, 8);
                self.objects.push(Box::new(Fixed { actual, expected }));
            }
            Err(_) => self.expect_claim(false, claimed * 8, 8),
        }
    }

    fn text(&mut self, len: usize) {
        let expected = "é".repeat(len);
        let stored = self.arena.try_alloc_str(&expected).ok();
        let is_stored = stored.is_some();
        if let Some(actual) = stored {
            self.objects.push(Box::new(FixedText { actual, expected }));
        }
        self.expect_claim(is_stored, 2 * len, 1);
    }

    fn format(&mut self, len: usize) {
        let seed = self.seed;
        let expected = format!("{seed:len$}|");
        let before = self.used_bytes;
        match self.arena.try_alloc_fmt(format_args!("{seed:len$}|")) {
            Ok(actual) => self.objects.push(Box::new(FixedText { actual, expected })),
            // Text that outgrows its first claim may move once and leave that behind.
            Err(_) => assert!(self.is_over(2 * padded(expected.len()) + 64)),
        }
        // So the model takes the figures as they are, for `check` to bound.
        let stats = self.arena.stats();
        assert!(stats.used_bytes >= before);
        (self.used_bytes, self.alloc_count) = (stats.used_bytes, stats.alloc_count);
    }

    fn new_vector_of(&mut self, kind: Kind, room: usize) {
        match kind {
            Kind::Nothing => self.new_vector::<()>(room),
            Kind::Byte => self.new_vector::<u8>(room),
            Kind::Short => self.new_vector::<u16>(room),
            Kind::Word => self.new_vector::<u64>(room),
            Kind::Seven => self.new_vector::<[u32; 7]>(room),
            Kind::Align16 => self.new_vector::<Align16>(room),
            Kind::Align64 => self.new_vector::<Align64>(room),
            Kind::Align1024 => self.new_vector::<Align1024>(room),
        }
    }

    fn new_vector<T: Item>(&mut self, room: usize) {
        let made = FrameVec::<T>::try_with_capacity_in(room, self.arena).ok();
        if room * size_of::<T>() > 0 {
            self.expect_claim(made.is_some(), room * size_of::<T>(), align_of::<T>());
        }
        if let Some(actual) = made {
            let expected = Vec::new();
            self.vectors.push(Box::new(Vector { actual, expected }));
        }
    }

    fn push(&mut self, which: usize, count: usize) {
        let (seed, mode) = (self.seed, self.mode);
        for i in 0..count {
            let Some(vector) = self.vectors.get_mut(which) else {
                return;
            };
            let old = vector.addresses();
            let is_pushed = vector.push(seed + i as u64);
            let new = vector.addresses();
            let (element_bytes, align) = (vector.element_bytes(), vector.align());
            if !is_pushed {
                assert_eq!(old, new);
                let bytes = old.len() + element_bytes;
                // In place it needs what it grows by; moved, all.
                assert!(self.is_over(padded(bytes) + align), "refused without need");
                return;
            }
            if old == new {
                continue;
            }
            let is_moved = old.is_empty() || old.start != new.start;
            match (mode, is_moved) {
                (ArenaMode::PerObject, _) => self.used_bytes -= padded(old.len()),
                (ArenaMode::Bump | ArenaMode::Traced, false) => {
                    self.used_bytes += padded(new.len()) - padded(old.len());
                    continue;
                }
                (ArenaMode::Bump | ArenaMode::Traced, true) => {}
            }
            self.expect_claim(true, new.len(), align);
        }
    }

    fn drop_vector(&mut self, which: usize) {
        if which < self.vectors.len() {
            let vector = self.vectors.swap_remove(which);
            let bytes = padded(vector.addresses().len());
            drop(vector);
            self.expect_given_back(bytes);
        }
    }

    fn freeze_vector(&mut self, which: usize) {
        if which < self.vectors.len() {
            let vector = self.vectors.swap_remove(which);
            let old_bytes = padded(vector.addresses().len());
            let frozen = vector.freeze();
            self.expect_given_back(old_bytes - padded(frozen.addresses().len()));
            self.objects.push(frozen);
        }
    }

    fn drop_at_reset(&mut self, log: &DropLog) {
        let value = log.value(self.drop_count);
        // A list entry of two words stands before the value.
        let bytes = 16 + size_of_val(&value);
        match self.arena.try_alloc_drop(value) {
            Ok(_) => {
                self.drop_count += 1;
                self.expect_claim(true, bytes, 8);
            }
            Err(refused) => {
                assert_eq!(refused.into_value().number, self.drop_count);
                assert_eq!(log.take(), [self.drop_count]); // Dropped just now, by us.
                self.expect_claim(false, bytes, 8);
            }
        }
    }

    /// Whether `bytes` more do not fit the budget.
    fn is_over(&self, bytes: usize) -> bool {
        matches!(self.budget, Budget::Refuse(budget) if self.used_bytes + bytes > budget)
    }

    /// Follows one claim in the figures; a refusal must be the budget's, and just.
    fn expect_claim(&mut self, is_granted: bool, bytes: usize, align: usize) {
        let bytes = padded(bytes);
        // Padding counts in a block; per object there is none.
        let most_padding = if self.mode == ArenaMode::PerObject { 0 } else { align.max(8) - 8 };
        if !is_granted {
            assert!(self.is_over(bytes + most_padding), "refused without need");
            return;
        }
        let used_bytes = self.arena.stats().used_bytes;
        let added = used_bytes - self.used_bytes;
        assert!((bytes..=bytes + most_padding).contains(&added), "{added} B for {bytes} B");
        self.used_bytes = used_bytes;
        self.alloc_count += 1;
    }

    /// Bytes come back if they were the last, and per object always.
    fn expect_given_back(&mut self, bytes: usize) {
        let given_back = self.used_bytes - self.arena.stats().used_bytes;
        let is_possible =
            given_back == bytes || self.mode != ArenaMode::PerObject && given_back == 0;
        assert!(is_possible, "{given_back} of {bytes} B came back");
        self.used_bytes -= given_back;
    }

    fn check(&self) {
        let stats = self.arena.stats();
        assert_eq!(stats.used_bytes, self.used_bytes);
        assert_eq!(stats.alloc_count, self.alloc_count);
        assert!(!self.is_over(0), "over budget");
        let mut taken: Vec<Range<usize>> = Vec::new();
        let all = self.objects.iter().map(|object| &**object as &dyn Object);
        let growing = self.vectors.iter().map(|vector| &**vector as &dyn Object);
        for object in all.chain(growing) {
            object.check_contents();
            assert_eq!(object.addresses().start % object.align(), 0, "not aligned");
            taken.push(object.addresses());
        }
        taken.retain(|range| !range.is_empty());
        taken.sort_unstable_by_key(|range| range.start);
        assert!(taken.is_sorted_by(|a, b| a.end <= b.start), "objects overlap");
        let live_bytes: usize = taken.iter().map(|range| padded(range.len())).sum();
        assert!(stats.used_bytes >= live_bytes);
        assert!(self.handles.iter().all(|is_live| is_live(self.arena)));
    }
}

fn run(program: &Program) {
    let settings = config(program.capacity_bytes, program.mode, program.budget);
    let mut owner = AnyArena::new(program.is_set, settings);
    let mut stale: Vec<IsLive> = Vec::new();
    for steps in &program.frames {
        let log = DropLog::default();
        let mut frame = Frame::new(owner.arena(), program);
        for step in steps {
            frame.run(step, &log);
        }
        let drop_count = frame.drop_count;
        stale.append(&mut frame.handles);
        assert_eq!(log.take(), []);
        drop(frame);
        owner.reset();
        assert!(log.take().into_iter().eq((0..drop_count).rev()), "each once, newest first");
        assert!(owner.stats().block_count <= 1);
        assert!(!stale.iter().any(|is_live| is_live(owner.arena())));
    }
}

/// As many as the environment asks for, or what takes some two seconds.
pub fn program_count() -> u32 {
    let asked = std::env::var("PROPTEST_CASES").ok();
    asked.and_then(|count| count.parse().ok()).unwrap_or(10_000)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: program_count(),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_program_does_what_plain_vectors_do(program in programs()) {
        run(&program);
    }
}
