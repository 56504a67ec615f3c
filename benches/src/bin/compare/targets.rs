//! What is demanded of the figures.

use frame_arena_benches::record::{Results, Row, TargetRecord};

const OURS: &str = "frame-arena";
const PEERS: [&str; 6] =
    ["bumpalo-8", "bumpalo-1", "bump-scope-8", "bump-scope-1", "blink-alloc", "stumpalo"];

/// Counts of 2N - N are whole but for what start-up adds by chance.
const COUNT_NOISE: f64 = 0.05;

/// Why a flat `Vec` is faster, where it is.
const FLAT: &str = "all slices in one kept `Vec` leave nothing to allocate: a range for each, no \
    pointer, no count, no padding to 8 bytes";
/// Why growing gains less.
const COPIES: &str = "most of such a frame is copying the list, as often and as far in both";

/// All targets with what came of them.
pub fn check(results: &Results) -> Vec<TargetRecord> {
    let mut all = of_values(results);
    all.extend(of_frames(results, "lengths in turns", "frame", "frame-growing"));
    all.extend(of_frames(results, "lengths by chance", "frame-mixed", "frame-growing-mixed"));
    all.extend(of_boundaries(results));
    all.extend(of_demo(results, "20k", 20_000));
    all.extend(of_demo(results, "100k", 100_000));
    all
}

fn of_values(r: &Results) -> Vec<TargetRecord> {
    let own = || Some(count(r, "value-8", OURS)? - count(r, "value-8", "loop")?);
    let over_peers = |peers: &[&str]| {
        let peers = peers.iter().filter_map(|peer| count(r, "value-8", peer));
        Some(count(r, "value-8", OURS)? - peers.min_by(f64::total_cmp)?)
    };
    let batch = |malloc: &str, least| {
        let text = format!("a small batch of 8-byte values, as run: {malloc} over ours");
        at_least(least, text, over(r, "small-batch", &format!("box-{malloc}"), OURS))
    };
    vec![
        at_most(7.0 + COUNT_NOISE, "8-byte value, Ir", own(), ""),
        at_most(
            COUNT_NOISE,
            "8-byte value, Ir over the best peer with a count",
            over_peers(&["bumpalo-8-counted"]),
            "",
        ),
        at_most(
            1.0 + COUNT_NOISE,
            "8-byte value, Ir over the best peer without a count",
            over_peers(&PEERS),
            "",
        ),
        at_most(1.25, "8-byte value, time of the ideal", over(r, "value-8", OURS, "ideal"), ""),
        batch("glibc", 15.0),
        batch("mimalloc", 7.0),
        batch("jemalloc", 15.0),
    ]
}

/// Of a frame of 10,000 entities, with capacity and without.
fn of_frames(r: &Results, what: &str, full: &str, growing: &str) -> Vec<TargetRecord> {
    let in_turn = |most, other: &str, words: &str, why| {
        at_most(most, format!("frame, {what}: time of {words}"), over(r, full, OURS, other), why)
    };
    let counts = || Some(count(r, full, OURS)? / count(r, full, "bumpalo-8")?);
    vec![
        at_most(0.85, format!("frame, {what}: Ir of bumpalo 8"), counts(), ""),
        in_turn(0.85, "bumpalo-8", "bumpalo 8", ""),
        in_turn(1.0, "kept-vecs", "kept `Vec`s, one an entity", ""),
        in_turn(1.0, "kept-flat", "kept `Vec`s, one flat for all slices", FLAT),
        in_turn(0.25, "vec-glibc", "glibc", ""),
        in_turn(0.5, "vec-mimalloc", "mimalloc", ""),
        at_most(
            0.9,
            format!("frame without capacity, {what}: time of bumpalo 8"),
            over(r, growing, OURS, "bumpalo-8"),
            COPIES,
        ),
    ]
}

fn of_boundaries(r: &Results) -> Vec<TargetRecord> {
    // The frame of ten values less the ten: what `small-frame` has and its twin has not.
    let reset = || Some(count(r, "small-frame", OURS)? - count(r, "small-frame", "without-reset")?);
    let reset_of = |values: u64| {
        let with = count(r, "reset-count", &format!("{OURS}@{values}"))?;
        Some(with - count(r, "reset-count", &format!("without-reset@{values}"))?)
    };
    let over_plain = || Some(least(r, "handles", OURS)? - least(r, "handles", "reference")?);
    vec![
        at_most(
            0.0,
            "heap calls of the second frame after growth",
            least(r, "settling", &format!("{OURS}@2")),
            "",
        ),
        at_most(60.0, "a reset with one block and all figures, Ir", reset(), ""),
        at_most(
            1.01,
            "reset after 10,000,000 values: Ir of one after 10",
            reset_of(10_000_000).zip(reset_of(10)).map(|(many, few)| many / few),
            "",
        ),
        at_most(1.0, "publish and get: ns over a plain slice", over_plain(), ""),
    ]
}

/// Of frames of the demo, alone and beside a memory hog.
fn of_demo(r: &Results, name: &str, particles: u32) -> Vec<TargetRecord> {
    let demo = format!("demo-{name}");
    let p50 = |question: &str, arm: &str| {
        Some(r.table(question)?.row(&format!("{arm}@{particles}"))?.p50)
    };
    // The demo knows arenas and one heap call an object. So the arenas' replay is taken off its
    // frame, and that of other memory put in its place.
    let replay = |arm: &str| p50(&format!("demo-memory-{name}"), arm);
    let exchanged = |arm: &str| {
        let frame = p50(&demo, OURS)?;
        Some(frame / (frame - replay(OURS)? + replay(arm)?))
    };
    let heap = p50(&demo, OURS).zip(p50(&demo, "per-object")).map(|(ours, heap)| ours / heap);
    let mut targets = vec![
        at_most(1.0, format!("`{demo}`: p50 of one heap call an object"), heap, ""),
        at_most(
            1.1,
            format!("`{demo}`: p50 of the same with the replay of kept `Vec`s exchanged for ours"),
            exchanged("kept-vecs"),
            "",
        ),
        at_most(
            1.0,
            format!("`{demo}`: p50 of the same with that of a `Box` for each"),
            exchanged("box-glibc"),
            "",
        ),
    ];
    for question in [demo.clone(), format!("{demo}-hog")] {
        let row = |arm: &str| r.table(&question)?.row(&format!("{arm}@{particles}"));
        let over = |figure: fn(&Row) -> f64, arm: &str| {
            row(OURS).zip(row(arm)).map(|(ours, other)| figure(ours) / figure(other))
        };
        let tail = |row: &Row| row.p999 / row.p50;
        let why = why_a_tail(over(|row| row.p999, "per-object"), over(tail, "fixed-work"));
        let text = |other: &str| format!("`{question}`: p99.9 / p50 of that of {other}");
        targets.push(at_most(1.0, text("the heap arm"), over(tail, "per-object"), &why));
        targets.push(at_most(1.1, text("fixed work"), over(tail, "fixed-work"), &why));
    }
    targets
}

/// Why the arenas' tail is longer than it should be, from their p99.9 in parts of the heap arm's and
/// their spread in parts of the fixed work's.
fn why_a_tail(of_heap: Option<f64>, of_fixed_work: Option<f64>) -> String {
    let (of_heap, of_fixed_work) = of_heap.zip(of_fixed_work).unwrap_or((f64::NAN, f64::NAN));
    format!(
        "delays are the machine's (arenas spread {of_fixed_work:.2} times as far as fixed work) and \
         weigh more on a shorter frame; p99.9 itself is {of_heap:.2} of the heap arm's"
    )
}

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

/// A figure that must be small; `why` it is not, where it is not.
fn at_most(most: f64, text: impl Into<String>, figure: Option<f64>, why: &str) -> TargetRecord {
    let is_met = figure.map(|figure| figure <= most);
    record("at most", most, text.into(), figure, is_met, why)
}

/// A figure that must be large.
fn at_least(least: f64, text: impl Into<String>, figure: Option<f64>) -> TargetRecord {
    let is_met = figure.map(|figure| figure >= least);
    record("at least", least, text.into(), figure, is_met, "")
}

fn record(
    limit: &str,
    demanded: f64,
    text: String,
    figure: Option<f64>,
    is_met: Option<bool>,
    why: &str,
) -> TargetRecord {
    TargetRecord {
        text,
        figure,
        limit: limit.to_owned(),
        demanded: (demanded * 100.0).floor() / 100.0,
        is_met,
        why: why.to_owned(),
    }
}
