//! What the benches share: how an instruction count is taken, and the workloads.
//!
//! One question a file, in `src/bin`.

pub mod arms;
pub mod callgrind;
pub mod random;
#[expect(unsafe_code, reason = "the fill without a check, to be measured against")]
pub mod unchecked;
