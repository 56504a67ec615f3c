//! The arms on jemalloc; `compare` starts it.

use std::process::ExitCode;

#[global_allocator]
static HEAP: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

use frame_arena_benches::question::Host;
use frame_arena_benches::serve::serve_main;

fn main() -> ExitCode {
    serve_main(Host::Jemalloc)
}
