//! What the benches share: how an instruction count is taken.
//!
//! One question a file, in `src/bin`.

pub mod callgrind;
