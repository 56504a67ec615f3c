//! The arena from outside: one fact a test, by module.

mod budget;
mod drops;
mod handles;
mod keep;
mod model;
mod nesting;
mod reset;
mod sizes;
mod support;
mod threads;
mod tracing;
mod warnings;
