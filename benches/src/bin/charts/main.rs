//! Draws the charts of `benches/charts` from `results.json`.
//!
//! `cargo run --release -p frame-arena-benches --bin charts`

mod bars;
mod lines;
mod svg;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use frame_arena_benches::record::Results;

use bars::Bars;
use lines::Lines;

fn main() -> ExitCode {
    match draw_all() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("charts: {error}");
            ExitCode::FAILURE
        }
    }
}

fn draw_all() -> Result<(), Box<dyn Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = here.join("results.json");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let results: Results = serde_json::from_str(&text)?;
    let folder = here.join("charts");
    fs::create_dir_all(&folder)?;
    let charts = [
        ("value.svg", VALUE.draw(&results)?),
        ("frame.svg", FRAME.draw(&results)?),
        ("walk.svg", WALK.draw(&results)?),
        ("growth-objects.svg", OBJECTS.draw(&results)?),
        ("growth-threads.svg", THREADS.draw(&results)?),
        ("growth-phases.svg", PHASES.draw(&results)?),
    ];
    for (name, drawing) in charts {
        fs::write(folder.join(name), drawing)?;
        println!("written: {}", folder.join(name).display());
    }
    Ok(())
}

const VALUE: Bars = Bars {
    question: "value-8",
    title: "Store one 8-byte value",
    unit: "ns",
    divisor: 1.0,
    arms: &[
        ("ideal", "the ideal: an index moved"),
        ("frame-arena", "frame-arena, counted"),
        ("bumpalo-8", "bumpalo"),
        ("bump-scope-8", "bump-scope"),
        ("stumpalo", "stumpalo"),
        ("box-mimalloc", "Box, mimalloc"),
        ("box-jemalloc", "Box, jemalloc"),
        ("box-glibc", "Box, glibc"),
    ],
};

const FRAME: Bars = Bars {
    question: "frame",
    title: "A frame of 10,000 entities, 1 to 4 numbers for each",
    unit: "\u{b5}s",
    divisor: 1e3,
    arms: &[
        ("frame-arena", "frame-arena"),
        ("kept-flat", "kept Vecs, all slices in one"),
        ("kept-vecs", "kept Vecs, one an entity"),
        ("bump-scope-1", "bump-scope"),
        ("bumpalo-8", "bumpalo"),
        ("vec-mimalloc", "Vec and Box, mimalloc"),
        ("vec-jemalloc", "Vec and Box, jemalloc"),
        ("vec-glibc", "Vec and Box, glibc"),
    ],
};

const WALK: Bars = Bars {
    question: "walk",
    title: "Walk through a list, one node",
    unit: "ns",
    divisor: 1.0,
    arms: &[
        ("frame-arena", "frame-arena"),
        ("fresh-mimalloc", "Box, fresh heap, mimalloc"),
        ("fresh-glibc", "Box, fresh heap, glibc"),
        ("aged-mimalloc", "Box, aged heap, mimalloc"),
        ("aged-jemalloc", "Box, aged heap, jemalloc"),
        ("aged-glibc", "Box, aged heap, glibc"),
    ],
};

const OBJECTS: Lines = Lines {
    question: "growth-objects",
    title: "Cost of one of so many objects in a frame",
    across: "objects in a frame",
    unit: "ns an object",
    arms: &[
        ("frame-arena", "frame-arena"),
        ("bumpalo-8", "bumpalo"),
        ("box-mimalloc", "Box, mimalloc"),
        ("box-jemalloc", "Box, jemalloc"),
        ("box-glibc", "Box, glibc"),
    ],
};

const THREADS: Lines = Lines {
    question: "growth-threads",
    title: "Cost of one object while so many threads store",
    across: "threads",
    unit: "ns an object of each thread",
    arms: &[
        ("frame-arena-once", "frame-arena, fetched once"),
        ("frame-arena", "frame-arena, each time"),
        ("box-mimalloc", "Box, mimalloc"),
        ("box-jemalloc", "Box, jemalloc"),
        ("box-glibc", "Box, glibc"),
        ("mutex", "bumpalo in a Mutex"),
    ],
};

const PHASES: Lines = Lines {
    question: "growth-phases",
    title: "Cost of one phase of a frame with so many phases",
    across: "phases",
    unit: "ns a phase, ten values in it",
    arms: &[
        ("frame-arena", "frame-arena, for threads"),
        ("frame-arena-plain", "frame-arena, one thread"),
        ("bumpalo-8", "bumpalo"),
    ],
};
