//! A value that readers on two threads could change.

use std::cell::Cell;

use frame_arena::ecs::{FrameWriter, phase};

fn count(_: FrameWriter<Cell<u32>, phase::Update>) {}

fn main() {}
