#![doc = include_str!("../README.md")]

mod arena;
#[expect(unsafe_code, reason = "a global allocator around another")]
pub mod heap;

pub use arena::{
    AllocError, AnyHandle, ArenaConfig, ArenaMode, ArenaStats, Budget, Epoch, FrameArena,
    FrameString, FrameUsage, FrameVec, Handle, Refused, SliceHandle, StaleHandle, StrHandle,
    ThreadArenas,
};
