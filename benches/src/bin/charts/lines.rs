//! One line for each arm over sizes, both axes by powers.

use frame_arena_benches::record::{Results, growth_exponent};

use crate::svg::{Svg, WIDTH, short, source};

const HEIGHT: f64 = 400.0;
const TOP: f64 = 84.0;
const BOTTOM: f64 = 56.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 230.0;
/// Least distance between two names.
const NAME_STEP: f64 = 30.0;

/// A chart of one question.
pub struct Lines {
    pub question: &'static str,
    pub title: &'static str,
    pub across: &'static str,
    pub unit: &'static str,
    /// Arms and what they are called, ours first.
    pub arms: &'static [(&'static str, &'static str)],
}

struct Line {
    label: &'static str,
    colour: usize,
    points: Vec<(f64, f64)>,
}

impl Lines {
    pub fn draw(&self, results: &Results) -> Result<String, String> {
        let question = self.question;
        let table = results.table(question).ok_or(format!("{question} was not asked"))?;
        let mut lines = Vec::new();
        for (index, (name, label)) in self.arms.iter().enumerate() {
            let arms = table.question.arms.iter().filter(|arm| arm.name == *name);
            let points: Vec<_> = arms
                .filter_map(|arm| Some((arm.size as f64, table.row(&arm.key)?.least)))
                .collect();
            if points.is_empty() {
                return Err(format!("{question} has no arm {name}"));
            }
            lines.push(Line { label, colour: index, points });
        }
        let mut svg = Svg::new(HEIGHT, self.title);
        svg.text(24.0, 34.0, "title", "start", self.title);
        svg.text(24.0, 54.0, "small", "start", source(results, question));
        let scale = Scale::over(&lines);
        self.draw_axes(&mut svg, &scale, &lines);
        draw_lines(&mut svg, &scale, &lines);
        Ok(svg.finish())
    }

    fn draw_axes(&self, svg: &mut Svg, scale: &Scale, lines: &[Line]) {
        for tick in scale.ticks() {
            let y = scale.y(tick);
            svg.grid((LEFT, y), (WIDTH - RIGHT, y));
            svg.text(LEFT - 8.0, y + 4.0, "small", "end", round(tick));
        }
        for (size, _) in &lines[0].points {
            svg.text(scale.x(*size), HEIGHT - BOTTOM + 20.0, "small", "middle", round(*size));
        }
        let middle = (LEFT + WIDTH - RIGHT) / 2.0;
        svg.text(middle, HEIGHT - 16.0, "small", "middle", self.across);
        svg.text(24.0, 74.0, "small", "start", self.unit);
    }
}

/// Lines with their names at the right, moved apart where they would lie on one another.
fn draw_lines(svg: &mut Svg, scale: &Scale, lines: &[Line]) {
    let last_y = |line: &Line| line.points.last().map_or(TOP, |point| scale.y(point.1));
    let mut by_height: Vec<&Line> = lines.iter().collect();
    by_height.sort_by(|one, two| last_y(one).total_cmp(&last_y(two)));
    let lowest = HEIGHT - BOTTOM - NAME_STEP * (by_height.len() as f64 - 1.0);
    let mut free = TOP - NAME_STEP;
    for (index, line) in by_height.into_iter().enumerate() {
        let points: Vec<_> =
            line.points.iter().map(|point| (scale.x(point.0), scale.y(point.1))).collect();
        svg.line(&points, line.colour);
        let y = last_y(line).max(free + NAME_STEP).min(lowest + NAME_STEP * index as f64);
        free = y;
        let exponent = growth_exponent(&line.points).unwrap_or(f64::NAN);
        let x = WIDTH - RIGHT + 16.0;
        let class = format!("tag f{}", line.colour);
        svg.text(x, y, &class, "start", line.label);
        let last = line.points.last().map_or(0.0, |point| point.1);
        svg.text(
            x,
            y + 13.0,
            "small",
            "start",
            format!("{} ns, exponent {exponent:.2}", short(last)),
        );
    }
}

struct Scale {
    x: (f64, f64),
    y: (f64, f64),
}

impl Scale {
    fn over(lines: &[Line]) -> Self {
        let all = || lines.iter().flat_map(|line| line.points.iter().copied());
        let least = |pick: fn((f64, f64)) -> f64| all().map(pick).fold(f64::INFINITY, f64::min);
        let most = |pick: fn((f64, f64)) -> f64| all().map(pick).fold(0.0, f64::max);
        let lowest = least(|point| point.1) * 0.9;
        let highest = most(|point| point.1) * 1.05;
        let below = ticks().filter(|&tick| tick <= lowest).fold(1e-3, f64::max);
        let above = ticks().find(|&tick| tick >= highest).unwrap_or(highest);
        Self { x: (least(|point| point.0), most(|point| point.0)), y: (below, above) }
    }

    fn x(&self, size: f64) -> f64 {
        let part = (size / self.x.0).ln() / (self.x.1 / self.x.0).ln();
        LEFT + 12.0 + part * (WIDTH - RIGHT - LEFT - 24.0)
    }

    fn y(&self, figure: f64) -> f64 {
        let part = (figure / self.y.0).ln() / (self.y.1 / self.y.0).ln();
        HEIGHT - BOTTOM - part * (HEIGHT - BOTTOM - TOP)
    }

    fn ticks(&self) -> Vec<f64> {
        let (least, most) = self.y;
        ticks().filter(|tick| (least * 0.999..=most * 1.001).contains(tick)).collect()
    }
}

/// 1, 2, 5, 10 and so on.
fn ticks() -> impl Iterator<Item = f64> {
    (-3..9).flat_map(|power| [1.0, 2.0, 5.0].map(|part| part * 10_f64.powi(power)))
}

fn round(number: f64) -> String {
    match number {
        number if number >= 1e6 => format!("{}M", number / 1e6),
        number if number >= 1e3 => format!("{}k", number / 1e3),
        number => format!("{number}"),
    }
}
