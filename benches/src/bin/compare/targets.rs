//! What is demanded of the figures.

use frame_arena_benches::record::{Results, TargetRecord};

enum Limit {
    AtMost(f64),
    AtLeast(f64),
}
use Limit::{AtLeast, AtMost};

struct Target {
    text: &'static str,
    figure: fn(&Results) -> Option<f64>,
    limit: Limit,
    /// Why it is missed, where it is.
    why: &'static str,
}

const fn target(
    text: &'static str,
    limit: Limit,
    figure: fn(&Results) -> Option<f64>,
    why: &'static str,
) -> Target {
    Target { text, figure, limit, why }
}

/// Counts of 2N - N are whole but for what start-up adds by chance.
const COUNT_NOISE: f64 = 0.05;

const TARGETS: &[Target] = &[
    target(
        "8-byte value, Ir",
        AtMost(7.0 + COUNT_NOISE),
        |r| {
            let around = count(r, "value-8", "loop")? - 1.0;
            Some(count(r, "value-8", OURS)? - around)
        },
        "",
    ),
    target(
        "8-byte value, Ir over the best peer with a count",
        AtMost(0.0 + COUNT_NOISE),
        |r| Some(count(r, "value-8", OURS)? - count(r, "value-8", "bumpalo-8-counted")?),
        "",
    ),
    target(
        "8-byte value, Ir over the best peer without a count",
        AtMost(1.0 + COUNT_NOISE),
        |r| {
            let peers = PEERS.iter().filter_map(|peer| count(r, "value-8", peer));
            Some(count(r, "value-8", OURS)? - peers.min_by(f64::total_cmp)?)
        },
        "",
    ),
    target(
        "8-byte value, time of the ideal",
        AtMost(1.25),
        |r| over(r, "value-8", OURS, "ideal"),
        "",
    ),
    target(
        "a small batch of 8-byte values, as run: glibc over ours",
        AtLeast(15.0),
        |r| over(r, "small-batch", "box-glibc", OURS),
        "",
    ),
    target(
        "a small batch of 8-byte values, as run: mimalloc over ours",
        AtLeast(7.0),
        |r| over(r, "small-batch", "box-mimalloc", OURS),
        "",
    ),
    target(
        "a small batch of 8-byte values, as run: jemalloc over ours",
        AtLeast(15.0),
        |r| over(r, "small-batch", "box-jemalloc", OURS),
        "",
    ),
    target(
        "frame with capacity: Ir of bumpalo 8",
        AtMost(0.85),
        |r| Some(count(r, "frame", OURS)? / count(r, "frame", "bumpalo-8")?),
        "",
    ),
    target(
        "frame with capacity: time of bumpalo 8",
        AtMost(0.85),
        |r| over(r, "frame", OURS, "bumpalo-8"),
        "",
    ),
    target(
        "frame with capacity: time of kept `Vec`s",
        AtMost(1.0),
        |r| over(r, "frame", OURS, "kept-vecs"),
        "",
    ),
    target(
        "frame with capacity: time of glibc",
        AtMost(0.25),
        |r| over(r, "frame", OURS, "vec-glibc"),
        "",
    ),
    target(
        "frame with capacity: time of mimalloc",
        AtMost(0.5),
        |r| over(r, "frame", OURS, "vec-mimalloc"),
        "",
    ),
    target(
        "frame without capacity: time of bumpalo 8",
        AtMost(0.9),
        |r| over(r, "frame-growing", OURS, "bumpalo-8"),
        "",
    ),
    target(
        "heap calls of the second frame after growth",
        AtMost(0.0),
        |r| least(r, "settling", "frame-arena@2"),
        "",
    ),
    target(
        "a reset with one block and all figures, Ir",
        AtMost(60.0),
        |r| {
            // The frame of ten values less the ten: what `small-frame` has and its twin has not.
            Some(count(r, "small-frame", OURS)? - count(r, "small-frame", "without-reset")?)
        },
        "",
    ),
    target(
        "reset after 10,000,000 values: Ir of one after 10",
        AtMost(1.01),
        |r| {
            let reset = |values| {
                Some(
                    count(r, "reset-count", &format!("frame-arena@{values}"))?
                        - count(r, "reset-count", &format!("without-reset@{values}"))?,
                )
            };
            Some(reset(10_000_000)? / reset(10)?)
        },
        "",
    ),
    target(
        "publish and get: ns over a plain slice",
        AtMost(1.0),
        |r| Some(least(r, "handles", OURS)? - least(r, "handles", "reference")?),
        "",
    ),
];

const OURS: &str = "frame-arena";
const PEERS: [&str; 6] =
    ["bumpalo-8", "bumpalo-1", "bump-scope-8", "bump-scope-1", "blink-alloc", "stumpalo"];

fn least(results: &Results, question: &str, arm: &str) -> Option<f64> {
    Some(results.table(question)?.row(arm)?.least)
}

fn count(results: &Results, question: &str, arm: &str) -> Option<f64> {
    results.table(question)?.row(arm)?.instructions
}

/// Time of one arm in parts of another's.
fn over(results: &Results, question: &str, arm: &str, other: &str) -> Option<f64> {
    Some(least(results, question, arm)? / least(results, question, other)?)
}

/// All targets with what came of them.
pub fn check(results: &Results) -> Vec<TargetRecord> {
    TARGETS.iter().map(|target| record(target, results)).collect()
}

fn record(target: &Target, results: &Results) -> TargetRecord {
    let figure = (target.figure)(results);
    let (limit, demanded) = match target.limit {
        AtMost(most) => ("at most", most),
        AtLeast(least) => ("at least", least),
    };
    let is_met = figure.map(|figure| match target.limit {
        AtMost(most) => figure <= most,
        AtLeast(least) => figure >= least,
    });
    TargetRecord {
        text: target.text.to_owned(),
        figure,
        limit: limit.to_owned(),
        demanded: (demanded * 100.0).floor() / 100.0,
        is_met,
        why: target.why.to_owned(),
    }
}
