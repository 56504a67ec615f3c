//! Memory: the arena, its collections and handles, and the per-thread set. No ECS.
//!
//! `frame_arena` is the front; `raw` moves the pointer; `block` and `reservation` get memory;
//! `size` does the sums.

#[expect(unsafe_code, reason = "the Allocator trait and its promises")]
mod allocator;
#[expect(unsafe_code, reason = "blocks are raw memory, linked in place")]
mod block;
#[expect(unsafe_code, reason = "one owned value in raw memory")]
mod boxed;
mod config;
#[expect(unsafe_code, reason = "an intrusive list of values to drop")]
mod drops;
mod epoch;
mod error;
#[expect(unsafe_code, reason = "memory lent by the caller")]
mod fixed;
#[expect(unsafe_code, reason = "typed values in raw memory")]
mod frame_arena;
#[expect(unsafe_code, reason = "pointers that outlive a borrow, checked by epoch")]
mod handle;
mod macros;
mod map;
#[expect(unsafe_code, reason = "a lock-free list of per-thread arenas")]
mod members;
#[expect(unsafe_code, reason = "an intrusive list of heap objects")]
mod objects;
mod packet;
#[expect(unsafe_code, reason = "memory that is nobody's, marked as such")]
mod poison;
mod pressure;
#[expect(unsafe_code, reason = "the bump pointer")]
mod raw;
#[expect(unsafe_code, reason = "memory shared by threads without locks")]
mod reservation;
mod scratch;
#[expect(unsafe_code, reason = "an arena read by many threads at once")]
mod shared;
mod side_bump;
mod size;
mod stats;
#[expect(unsafe_code, reason = "bytes known to be UTF-8")]
mod string;
mod sync;
#[expect(unsafe_code, reason = "one owner of what per-thread arenas share")]
mod threads;
mod trace;
#[expect(unsafe_code, reason = "values that share a run of raw memory")]
mod typed;
#[expect(unsafe_code, reason = "elements in memory behind a vector's length")]
mod vec;

pub use boxed::FrameBox;
pub use config::{ArenaConfig, ArenaMode, Budget};
#[cfg(feature = "ecs")]
pub(crate) use drops::{PanicPayload, keep_first};
pub use epoch::Epoch;
#[cfg(feature = "ecs")]
pub(crate) use error::granted;
pub use error::{AllocError, Refused, StaleHandle};
pub use fixed::FixedArena;
pub use frame_arena::FrameArena;
pub use handle::{AnyHandle, Handle, HandleTarget, SliceHandle, StrHandle};
pub use map::{FixedHash, FrameMap, MapEntry};
pub use packet::{FramePacket, PacketPool, PoolDry, PooledArena, StaleRoot};
pub use pressure::Pressure;
pub use scratch::Scratch;
pub use shared::{SharedFrame, WholeArena};
pub use side_bump::BumpStats;
pub use stats::{ArenaStats, FrameUsage};
pub use string::FrameString;
pub use threads::ThreadArenas;
pub use trace::{FrameTrace, MemorySpan, TraceEntry};
pub use typed::{DynArena, DynIterMut, TypedArena, TypedIterMut};
#[cfg(feature = "sim")]
pub(crate) use vec::parts::{Part, PartWriter, PartedVec, fill_side_by_side};
pub use vec::{FrameVec, VecIntoIter};
