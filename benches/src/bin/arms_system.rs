//! The arms on the system's allocator; `compare` starts it.

use std::process::ExitCode;

use frame_arena_benches::question::Host;
use frame_arena_benches::serve::serve_main;

fn main() -> ExitCode {
    serve_main(Host::System)
}
