//! The arms on the system's allocator, each call counted; `compare` starts it.

use std::process::ExitCode;

use frame_arena::heap::Counting;

#[global_allocator]
static HEAP: Counting = Counting::system();

use frame_arena_benches::question::Host;
use frame_arena_benches::serve::serve_main;

fn main() -> ExitCode {
    serve_main(Host::Counted)
}
