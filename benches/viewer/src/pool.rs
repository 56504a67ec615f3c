//! A memory pool, and the rules that its events must keep.

use std::collections::HashMap;

/// Something that happened in a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryEvent {
    /// Memory was handed out.
    Alloc {
        /// When, in the program's own time.
        time_ns: i64,
        /// Where it begins.
        address: u64,
        /// How long it is.
        bytes: u64,
    },
    /// Memory was given back.
    Free {
        /// When, in the program's own time.
        time_ns: i64,
        /// Where it began.
        address: u64,
    },
    /// All that was out came back.
    Discard {
        /// When, in the program's own time.
        time_ns: i64,
    },
}

/// A memory pool, as its events tell.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    /// All events, in order.
    pub events: Vec<MemoryEvent>,
    /// Memory handed out.
    pub alloc_count: u64,
    /// Memory given back piece by piece.
    pub free_count: u64,
    /// Frees of what this viewer was not told of, having come later.
    pub unknown_free_count: u64,
    /// Times that all came back at once.
    pub discard_count: u64,
    /// Pieces that came back so.
    pub discarded_count: u64,
    /// What is out at the end: address and bytes.
    pub live: HashMap<u64, u64>,
    /// The most bytes that were out at once.
    pub most_bytes: u64,
    live_bytes: u64,
}

impl Pool {
    /// Notes an event, and says what rule it breaks.
    pub(crate) fn note(&mut self, event: MemoryEvent, is_on_demand: bool) -> Result<(), String> {
        self.events.push(event);
        match event {
            MemoryEvent::Alloc { address, bytes, .. } => {
                self.alloc_count += 1;
                self.live_bytes += bytes;
                self.most_bytes = self.most_bytes.max(self.live_bytes);
                match self.live.insert(address, bytes) {
                    None => Ok(()),
                    Some(_) => Err(format!("{address:#x} was given out twice")),
                }
            }
            MemoryEvent::Free { address, .. } => match self.live.remove(&address) {
                Some(bytes) => {
                    self.free_count += 1;
                    self.live_bytes -= bytes;
                    Ok(())
                }
                None if is_on_demand => {
                    self.unknown_free_count += 1;
                    Ok(())
                }
                None => Err(format!("{address:#x} came back and was never given out")),
            },
            MemoryEvent::Discard { .. } => {
                self.discard_count += 1;
                self.discarded_count += self.live.len() as u64;
                self.live.clear();
                self.live_bytes = 0;
                Ok(())
            }
        }
    }

    /// Whether all that was given out came back.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        self.live.is_empty() && self.alloc_count == self.free_count + self.discarded_count
    }
}

#[cfg(test)]
mod tests {
    use super::{MemoryEvent, Pool};

    fn alloc(address: u64) -> MemoryEvent {
        MemoryEvent::Alloc { time_ns: 0, address, bytes: 8 }
    }

    #[test]
    fn a_pool_is_balanced_by_frees_and_discards() {
        let mut pool = Pool::default();
        for event in [alloc(16), alloc(24), MemoryEvent::Free { time_ns: 0, address: 16 }] {
            pool.note(event, false).unwrap();
        }
        assert!(!pool.is_balanced());
        pool.note(MemoryEvent::Discard { time_ns: 0 }, false).unwrap();
        assert!(pool.is_balanced());
        assert_eq!((pool.free_count, pool.discarded_count, pool.most_bytes), (1, 1, 16));
    }

    #[test]
    fn an_address_given_out_twice_is_a_fault() {
        let mut pool = Pool::default();
        pool.note(alloc(16), true).unwrap();
        assert!(pool.note(alloc(16), true).unwrap_err().contains("twice"));
    }

    #[test]
    fn a_free_of_nothing_is_a_fault_unless_the_viewer_came_later() {
        let free = MemoryEvent::Free { time_ns: 0, address: 16 };
        assert!(Pool::default().note(free, false).is_err());
        assert!(Pool::default().note(free, true).is_ok());
    }
}
