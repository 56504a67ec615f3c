//! Random programs over all lifetimes at once: scratches that end in any order, frames in flight,
//! maps, boxes, values dropped at reset, and handles of all of them, against plain collections.

use std::collections::BTreeMap;
use std::sync::Arc;

use frame_arena::{
    ArenaConfig, ArenaMode, FrameArena, FrameBox, FrameMap, FrameVec, Scratch, SliceHandle,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{AnyArena, MODES};

#[derive(Clone, Copy, Debug)]
enum Step {
    Publish { len: usize },
    Grow { len: usize },
    Insert { key: u16 },
    Remove { key: u16 },
    Box,
    Unbox { which: usize },
    DropAtReset,
    OpenScratch,
    PublishInScratch { which: usize, len: usize },
    PublishVecOfScratch { which: usize, len: usize },
    CloseScratch { which: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..60usize).prop_map(|len| Step::Publish { len }),
        2 => (0..90usize).prop_map(|len| Step::Grow { len }),
        4 => (0..40u16).prop_map(|key| Step::Insert { key }),
        1 => (0..40u16).prop_map(|key| Step::Remove { key }),
        2 => Just(Step::Box),
        2 => (0..8usize).prop_map(|which| Step::Unbox { which }),
        1 => Just(Step::DropAtReset),
        2 => Just(Step::OpenScratch),
        3 => (0..4usize, 0..40usize).prop_map(|(which, len)| Step::PublishInScratch { which, len }),
        1 => (0..4usize, 0..40usize).prop_map(|(which, len)| Step::PublishVecOfScratch { which, len }),
        2 => (0..4usize).prop_map(|which| Step::CloseScratch { which }),
    ]
}

/// What was published, and what it must read as.
type Published = Vec<(SliceHandle<u64>, Vec<u64>)>;

/// A box, and the number that must be in it.
type NumberedBox<'a> = (FrameBox<'a, (Arc<()>, u64)>, u64);

struct OpenScratch<'a> {
    guard: Scratch<'a>,
    published: Published,
}

/// One frame of a program, beside what plain collections say.
struct Frame<'a> {
    arena: &'a FrameArena,
    next: u64,
    shared: &'a Arc<()>,
    published: Published,
    map: FrameMap<'a, u16, u64>,
    pairs: BTreeMap<u16, u64>,
    boxes: Vec<NumberedBox<'a>>,
    dropped_at_reset: usize,
    scratches: Vec<OpenScratch<'a>>,
    closed: Published,
}

impl<'a> Frame<'a> {
    fn new(arena: &'a FrameArena, shared: &'a Arc<()>, next: u64) -> Self {
        Self {
            arena,
            next,
            shared,
            published: Vec::new(),
            map: FrameMap::new_in(arena),
            pairs: BTreeMap::new(),
            boxes: Vec::new(),
            dropped_at_reset: 0,
            scratches: Vec::new(),
            closed: Vec::new(),
        }
    }

    fn values(&mut self, len: usize) -> Vec<u64> {
        self.next += 1;
        (0..len as u64).map(|n| self.next << 8 | n).collect()
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Publish { len } => {
                let values = self.values(len);
                self.published.push((self.arena.publish_slice_copy(&values), values));
            }
            Step::Grow { len } => {
                let values = self.values(len);
                let mut grown = FrameVec::new_in(self.arena);
                for &value in &values {
                    grown.push(value);
                    self.arena.alloc(value as u8); // In the way of growth in place.
                }
                self.published.push((grown.publish(), values));
            }
            Step::Insert { key } => {
                self.next += 1;
                assert_eq!(self.map.insert(key, self.next), self.pairs.insert(key, self.next));
            }
            Step::Remove { key } => assert_eq!(self.map.remove(&key), self.pairs.remove(&key)),
            Step::Box => {
                self.next += 1;
                let value = (Arc::clone(self.shared), self.next);
                self.boxes.push((FrameBox::new_in(value, self.arena), self.next));
            }
            Step::Unbox { which } if which < self.boxes.len() => {
                let (boxed, number) = self.boxes.swap_remove(which);
                assert_eq!(boxed.1, number);
            }
            Step::DropAtReset => {
                self.arena.alloc_drop(Arc::clone(self.shared));
                self.dropped_at_reset += 1;
            }
            Step::OpenScratch if self.scratches.len() < 4 => {
                let guard = self.arena.scratch();
                assert_eq!(guard.stats().used_bytes, 0);
                self.scratches.push(OpenScratch { guard, published: Vec::new() });
            }
            Step::PublishInScratch { which, len } if which < self.scratches.len() => {
                let values = self.values(len);
                let OpenScratch { guard, published } = &mut self.scratches[which];
                published.push((guard.publish_slice_copy(&values), values));
            }
            Step::PublishVecOfScratch { which, len } if which < self.scratches.len() => {
                let values = self.values(len);
                let OpenScratch { guard, published } = &mut self.scratches[which];
                let handle = FrameVec::from_iter_in(values.iter().copied(), guard).publish();
                published.push((handle, values));
            }
            Step::CloseScratch { which } if which < self.scratches.len() => {
                self.closed.append(&mut self.scratches.swap_remove(which).published);
            }
            _ => {}
        }
    }

    /// Everything that lives reads as it must, and everything else is refused.
    fn check(&self, last: &Published, is_last_live: bool, older: &Published, still: usize) {
        for (handle, values) in &self.published {
            let slice = self.arena.get(*handle).unwrap();
            assert_eq!(slice, values);
            assert!(slice.as_ptr().addr().is_multiple_of(8));
        }
        for (handle, values) in last {
            assert_eq!(self.arena.get(*handle).ok(), is_last_live.then_some(&values[..]));
        }
        for (handle, _) in older.iter().chain(&self.closed) {
            assert!(self.arena.get(*handle).is_err());
        }
        for OpenScratch { guard, published } in &self.scratches {
            for (handle, values) in published {
                assert_eq!(guard.get(*handle).unwrap(), values);
                assert!(self.arena.get(*handle).is_err());
            }
            for (handle, _) in self.closed.iter().chain(&self.published) {
                assert!(guard.get(*handle).is_err());
            }
        }
        assert_eq!(self.map.len(), self.pairs.len());
        assert!(self.pairs.iter().all(|(key, value)| self.map.get(key) == Some(value)));
        assert!(self.boxes.iter().all(|(boxed, number)| boxed.1 == *number));
        let living = self.boxes.len() + self.dropped_at_reset + still;
        assert_eq!(Arc::strong_count(self.shared), 1 + living);
    }
}

fn run(is_set: bool, mode: ArenaMode, frames_in_flight: u8, program: &[Vec<Step>]) {
    let config =
        ArenaConfig { mode, frames_in_flight, capacity_bytes: 256, ..ArenaConfig::named("model") };
    let mut owner = AnyArena::new(is_set, config);
    let shared = Arc::new(());
    let (mut last, mut older) = (Published::new(), Published::new());
    let (mut next, mut still) = (0, 0);
    for steps in program {
        let mut frame = Frame::new(owner.arena(), &shared, next);
        for &step in steps {
            frame.run(step);
            frame.check(&last, frames_in_flight == 2, &older, still);
        }
        next = frame.next;
        let dropped_at_reset = frame.dropped_at_reset;
        let published = std::mem::take(&mut frame.published);
        drop(frame);
        older.append(&mut last);
        last = published;
        owner.reset();
        // What waits for its drop outlives this reset if its frame is kept in flight.
        still = if frames_in_flight == 2 { dropped_at_reset } else { 0 };
        assert_eq!(Arc::strong_count(&shared), 1 + still);
    }
    drop(owner);
    assert_eq!(Arc::strong_count(&shared), 1);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: crate::model::program_count(),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_mix_of_lifetimes_does_what_plain_collections_do(
        is_set in any::<bool>(),
        mode in proptest::sample::select(&MODES[..]),
        frames_in_flight in 1..=2u8,
        program in vec(vec(step(), 0..16), 1..5),
    ) {
        run(is_set, mode, frames_in_flight, &program);
    }
}
