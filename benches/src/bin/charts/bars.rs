//! One bar for each arm, from nought, the shortest first.

use frame_arena_benches::record::Results;

use crate::svg::{Svg, WIDTH, short, source};

const TOP: f64 = 76.0;
const STEP: f64 = 30.0;
const BAR: f64 = 20.0;
const LEFT: f64 = 270.0;
const RIGHT: f64 = 84.0;

/// A chart of one question.
pub struct Bars {
    pub question: &'static str,
    pub title: &'static str,
    pub unit: &'static str,
    /// Nanoseconds in a unit.
    pub divisor: f64,
    /// Arms and what they are called.
    pub arms: &'static [(&'static str, &'static str)],
}

impl Bars {
    pub fn draw(&self, results: &Results) -> Result<String, String> {
        let question = self.question;
        let table = results.table(question).ok_or(format!("{question} was not asked"))?;
        let mut bars = Vec::new();
        for (arm, label) in self.arms {
            let row = table.row(arm).ok_or(format!("{question} has no arm {arm}"))?;
            bars.push((*arm, *label, row.least / self.divisor));
        }
        bars.sort_by(|one, two| one.2.total_cmp(&two.2));
        let most = bars.iter().map(|bar| bar.2).fold(0.0, f64::max);
        let mut svg = Svg::new(TOP + STEP * bars.len() as f64 + 18.0, self.title);
        svg.text(24.0, 34.0, "title", "start", format!("{}, {}", self.title, self.unit));
        svg.text(24.0, 54.0, "small", "start", source(results, question));
        for (index, (arm, label, figure)) in bars.into_iter().enumerate() {
            let y = TOP + STEP * index as f64;
            let width = (figure / most * (WIDTH - LEFT - RIGHT)).max(2.0);
            let (colour, text) = match arm {
                "frame-arena" => (0, "label ours"),
                _ => (5, "label"),
            };
            svg.text(LEFT - 12.0, y + 15.0, text, "end", label);
            svg.bar(LEFT, y, width, BAR, colour);
            svg.text(LEFT + width + 8.0, y + 15.0, text, "start", short(figure));
        }
        Ok(svg.finish())
    }
}
