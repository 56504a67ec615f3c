#![doc = include_str!("../README.md")]

mod arena;
#[cfg(feature = "ecs")]
pub mod ecs;
#[expect(unsafe_code, reason = "a global allocator around another")]
pub mod heap;
#[cfg(feature = "sim")]
pub mod physics;
pub mod profile;
#[cfg(feature = "sim")]
pub mod render;

pub use arena::{
    AllocError, AnyHandle, ArenaConfig, ArenaMode, ArenaStats, Budget, BumpStats, DynArena,
    DynIterMut, Epoch, FixedArena, FixedHash, FrameArena, FrameBox, FrameMap, FramePacket,
    FrameString, FrameTrace, FrameUsage, FrameVec, Handle, HandleTarget, MapEntry, MemorySpan,
    PacketPool, PoolDry, PooledArena, Pressure, Refused, Scratch, SharedFrame, SliceHandle,
    StaleHandle, StaleRoot, StrHandle, ThreadArenas, TraceEntry, TypedArena, TypedIterMut,
    VecIntoIter, WholeArena,
};
