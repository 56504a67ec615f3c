//! The particle demo: the command line, then a window or a headless run.

fn main() {}
