//! The arms on mimalloc; `compare` starts it.

use std::process::ExitCode;

#[global_allocator]
static HEAP: mimalloc::MiMalloc = mimalloc::MiMalloc;

use frame_arena_benches::question::Host;
use frame_arena_benches::serve::serve_main;

fn main() -> ExitCode {
    serve_main(Host::Mimalloc)
}
