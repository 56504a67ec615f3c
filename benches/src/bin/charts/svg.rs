//! The paper: its colours in light and in dark, and text that cannot break the file.

use std::fmt::{Display, Write};

/// Width of every chart, in pixels.
pub const WIDTH: f64 = 760.0;

/// Text, paper and grid in light, then in dark.
const LIGHT: &str = "\
text{font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;fill:#24292f}\
.paper{fill:#ffffff;stroke:#d0d7de}.title{font-size:18px;font-weight:600}\
.small{font-size:12px;fill:#57606a}.label{font-size:13px}.ours{font-weight:600}\
.grid{stroke:#d8dee4;stroke-width:1}.line{fill:none;stroke-width:2}.tag{font-size:13px;font-weight:600}";
const DARK: &str = "text{fill:#e6edf3}.paper{fill:#0d1117;stroke:#30363d}\
.small{fill:#9198a1}.grid{stroke:#262c36}";

/// Colours of lines and bars on light and on dark paper; the first is ours, the last is grey.
const COLOURS: [(&str, &str); 6] = [
    ("#0a7f72", "#3fd0bd"),
    ("#4f63d8", "#8ea0ff"),
    ("#c4622d", "#ff9b63"),
    ("#a33ea1", "#e08be0"),
    ("#96730a", "#e3b341"),
    ("#8c959f", "#7d8590"),
];

/// One rule for each colour: not every viewer knows variables.
fn style() -> String {
    let rules = |pick: fn(&(&'static str, &'static str)) -> &'static str| {
        COLOURS.iter().enumerate().fold(String::new(), |mut out, (index, pair)| {
            let colour = pick(pair);
            let _ = write!(out, ".f{index}{{fill:{colour}}}.s{index}{{stroke:{colour}}}");
            out
        })
    };
    let (light, dark) = (rules(|pair| pair.0), rules(|pair| pair.1));
    format!(
        "{LIGHT}{light}.s0{{stroke-width:3.5}}@media(prefers-color-scheme:dark){{{DARK}{dark}}}"
    )
}

/// A drawing that grows by parts.
pub struct Svg(String);

impl Svg {
    pub fn new(height: f64, title: &str) -> Self {
        let mut out = String::new();
        let title = escaped(title);
        let _ = write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
             width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n<title>{title}</title>\n\
             <style>{}</style>\n\
             <rect class=\"paper\" x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"8\"/>\n",
            style(),
            WIDTH - 1.0,
            height - 1.0
        );
        Self(out)
    }

    pub fn text(&mut self, x: f64, y: f64, class: &str, anchor: &str, text: impl Display) {
        let text = escaped(&text.to_string());
        let _ = writeln!(
            self.0,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
        );
    }

    pub fn bar(&mut self, x: f64, y: f64, width: f64, height: f64, colour: usize) {
        let _ = writeln!(
            self.0,
            "<rect class=\"f{colour}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
             height=\"{height:.1}\" rx=\"3\"/>"
        );
    }

    pub fn grid(&mut self, from: (f64, f64), to: (f64, f64)) {
        let _ = writeln!(
            self.0,
            "<path class=\"grid\" d=\"M{:.1} {:.1}L{:.1} {:.1}\"/>",
            from.0, from.1, to.0, to.1
        );
    }

    pub fn line(&mut self, points: &[(f64, f64)], colour: usize) {
        let mut path = String::new();
        for (index, (x, y)) in points.iter().enumerate() {
            let _ = write!(path, "{}{x:.1} {y:.1}", if index == 0 { 'M' } else { 'L' });
        }
        let _ = writeln!(self.0, "<path class=\"line s{colour}\" d=\"{path}\"/>");
        for (x, y) in points {
            let _ = writeln!(
                self.0,
                "<circle class=\"f{colour}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\"/>"
            );
        }
    }

    pub fn finish(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// As short as it can be read: three digits that count.
pub fn short(figure: f64) -> String {
    match figure.abs() {
        size if size < 10.0 => format!("{figure:.2}"),
        size if size < 100.0 => format!("{figure:.1}"),
        _ => format!("{figure:.0}"),
    }
}

/// The line under a title: where and when.
pub fn source(results: &frame_arena_benches::record::Results, question: &str) -> String {
    let machine = &results.machine;
    let (date, commit) = results
        .table(question)
        .map_or(("", ""), |table| (table.date.as_str(), table.commit.as_str()));
    format!(
        "{}, {} cores; {date}, {commit}; the least of many turns",
        machine.processor, machine.cores
    )
}
