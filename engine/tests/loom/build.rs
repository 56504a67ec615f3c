//! Builds the engine over the model checker.

fn main() {
    println!("cargo::rustc-cfg=frame_arena_loom");
    println!("cargo::rerun-if-changed=build.rs");
}
