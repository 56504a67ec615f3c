//! Hand-over: many systems, batches and threads write values; others read them as one slice.
//!
//! A writer's values stand in pieces in its threads' arenas, and its system's buffer holds handles
//! to them. Applying the buffer lists the pieces; the first reader joins them to one slice.

mod error;
#[expect(unsafe_code, reason = "values that move without being `Copy`")]
mod join;
mod keys;
mod order;
#[expect(unsafe_code, reason = "a system parameter that is more than its fields")]
mod param;
mod piece;
mod reader;
mod shared;
mod writer;

pub use error::HandOverError;
pub use order::order_hand_over;
pub use reader::FrameReader;
pub use writer::{BatchWriter, FrameWriter};
