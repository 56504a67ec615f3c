//! Why there is nothing to read.

use core::fmt;
use std::error::Error;

use crate::AllocError;

/// Why a [`FrameReader`](super::FrameReader) has nothing to give.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandOverError {
    /// A system has written in this frame or tick, and its buffer is not applied yet: nothing
    /// orders the reader after it, or the order has no sync point, or the reader is that system.
    NotApplied {
        /// The type handed over.
        item: &'static str,
        /// Name of the phase.
        phase: &'static str,
        /// The system that wrote.
        writer: String,
    },
    /// Two batches of one run of a system pushed the same key, so only threads would say which
    /// value comes first.
    SameKey {
        /// The type handed over.
        item: &'static str,
        /// Name of the phase.
        phase: &'static str,
        /// The key.
        key: u64,
    },
    /// The last frame was asked for, and the phase's arena forgets it when the next begins.
    NotKept {
        /// Name of the phase.
        phase: &'static str,
    },
    /// The budget or the system refuses the memory in which to join what was written.
    Memory(AllocError),
}

impl fmt::Display for HandOverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotApplied { item, phase, writer } => write!(
                f,
                "`{item}` of the {phase} phase is read before what system `{writer}` wrote is \
                 applied; call order_hand_over on the schedule before adding systems, or order the \
                 reader with `.after` or `.chain()`, not with `.after_ignore_deferred` or \
                 `.chain_ignore_deferred()`; where auto_insert_apply_deferred is off, add an \
                 `ApplyDeferred` between; after a `SystemState` that writes, call its `apply`; \
                 if the system reads itself, read in another"
            ),
            Self::SameKey { item, phase, key } => write!(
                f,
                "two batches of one system pushed a `{item}` with key {key} in the {phase} phase, \
                 so only threads would say which comes first; give each value a key of its own, \
                 such as the bits of its entity"
            ),
            Self::NotKept { phase } => write!(
                f,
                "the {phase} phase's arena keeps no last frame to read; set frames_in_flight: 2 \
                 in its ArenaConfig"
            ),
            Self::Memory(error) => error.fmt(f),
        }
    }
}

impl Error for HandOverError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Memory(error) => Some(error),
            _ => None,
        }
    }
}

impl From<AllocError> for HandOverError {
    fn from(error: AllocError) -> Self {
        Self::Memory(error)
    }
}
