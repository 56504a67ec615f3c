//! A frame of everything that an arena can be asked for, in random order.

use frame_arena::{FrameArena, FrameBox, FrameString, FrameVec};

/// Numbers that look random, the same each time (Marsaglia's xorshift64).
pub struct Random(pub u64);

impl Random {
    pub fn under(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// Fills a frame. What the budget refuses is left out.
pub fn churn(arena: &FrameArena, random: &mut Random) {
    let mut vectors: Vec<FrameVec<'_, u32>> = Vec::new();
    let mut boxes = Vec::new();
    for _step in 0..random.under(60) {
        let len = random.under(300);
        match random.under(12) {
            0 => drop(arena.try_alloc(7u64)),
            1 => drop(arena.try_alloc(())),
            2 => drop(arena.try_alloc_slice_from_iter((0..len).map(|n| n as u8))),
            3 => drop(arena.try_alloc_slice_uninit::<[u64; 4]>(len)),
            4 => drop(arena.try_alloc_fmt(format_args!("{len} of {len:?} and {len:064}"))),
            5 => drop(arena.try_alloc_drop(vec![len])),
            6 => vectors.push(FrameVec::new_in(arena)),
            7 if !vectors.is_empty() => {
                let place = random.under(vectors.len());
                let _refused = (0..len as u32).try_for_each(|n| vectors[place].try_push(n));
            }
            8 if !vectors.is_empty() => {
                let vector = vectors.swap_remove(random.under(vectors.len()));
                let _kept = vector.into_slice();
            }
            9 if !vectors.is_empty() => drop(vectors.swap_remove(random.under(vectors.len()))),
            10 => boxes.extend(FrameBox::try_new_in(len, arena).ok()),
            11 => {
                let scratch = arena.scratch();
                let mut text = FrameString::new_in(&scratch);
                let _refused = text.try_push_str("inside a function");
                arena.bump().alloc(len);
            }
            _ => {}
        }
    }
    vectors.truncate(random.under(3));
    core::mem::forget(vectors); // Their memory goes with the frame.
}
