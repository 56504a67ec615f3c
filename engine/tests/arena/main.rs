//! The arena from outside: one fact a test, by module.

mod budget;
mod bump;
mod drops;
mod fixed;
mod handles;
mod in_flight;
mod keep;
mod model;
mod model_lifetimes;
mod nesting;
mod panic_file;
mod poison;
mod reset;
mod scratch;
mod sizes;
mod sizing;
mod support;
mod threads;
mod tracing;
mod warnings;
