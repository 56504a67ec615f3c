//! What the benches share: the questions and their arms, how an arm is run, how instructions are
//! counted, and the workloads.
//!
//! One question a file, in `src/questions` (asked all together by `compare`) and in `src/bin`.

pub mod arms;
pub mod callgrind;
#[expect(unsafe_code, reason = "empty assembly, which only the compiler takes for work")]
pub mod opaque;
pub mod peers;
pub mod question;
pub mod questions;
pub mod random;
pub mod record;
pub mod serve;
#[expect(unsafe_code, reason = "the fill without a check, to be measured against")]
pub mod unchecked;
