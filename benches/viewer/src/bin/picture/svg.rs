//! As much of SVG as the picture needs.

use std::fmt::Write;

const GROUND: &str = "#14181d";
const FONT: &str = "Inter, 'DejaVu Sans', sans-serif";
/// About the width of a letter at size 11.
const LETTER: f64 = 6.2;

/// A picture under way.
pub struct Svg {
    text: String,
}

impl Svg {
    pub fn new(width: f64, height: f64) -> Self {
        let mut svg = Self { text: String::new() };
        svg.put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"{FONT}\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"{GROUND}\"/>"
        ));
        svg
    }

    fn put(&mut self, element: std::fmt::Arguments<'_>) {
        writeln!(self.text, "{element}").expect("text has room");
    }

    pub fn text(&mut self, x: f64, y: f64, text: &str, color: &str, size: f64) {
        let text = escaped(text);
        self.put(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{color}\" font-size=\"{size}\">{text}</text>"
        ));
    }

    /// A bar from `start` to `end`, with its name where that fits.
    pub fn bar(&mut self, start: f64, end: f64, y: f64, height: f64, color: &str, name: &str) {
        let width = (end - start).max(0.8);
        self.put(format_args!(
            "<rect x=\"{start:.2}\" y=\"{y}\" width=\"{width:.2}\" height=\"{height}\" \
             fill=\"{color}\" stroke=\"{GROUND}\" stroke-width=\"0.5\"/>"
        ));
        if LETTER * name.len() as f64 + 6.0 <= width {
            let ink =
                if color.starts_with("#3") || color.starts_with("#4") { "#c9d1da" } else { GROUND };
            self.text(start + 4.0, y + height - 6.0, name, ink, 11.0);
        }
    }

    /// A line up to `x`, with a name under it.
    pub fn pointer(&mut self, x: f64, y: f64, name: &str) {
        let below = y + 18.0;
        self.put(format_args!(
            "<path d=\"M{x:.1} {y} V{below}\" stroke=\"#e6ebf0\" stroke-width=\"1\"/>"
        ));
        self.text(x + 4.0, below, name, "#e6ebf0", 12.0);
    }

    pub fn area(&mut self, outline: String, color: &str) {
        self.put(format_args!(
            "<path d=\"{outline}\" fill=\"{color}\" fill-opacity=\"0.35\" stroke=\"{color}\"/>"
        ));
    }

    pub fn finish(self) -> String {
        self.text + "</svg>"
    }
}

/// The outline of an area over a base line, in steps.
pub struct Area {
    path: String,
    base: f64,
}

impl Area {
    pub fn new(left: f64, base: f64) -> Self {
        Self { path: format!("M{left} {base}"), base }
    }

    /// The line is at `y` from `x` on.
    pub fn step(&mut self, x: f64, y: f64) {
        write!(self.path, "H{x:.1}V{y:.1}").expect("text has room");
    }

    pub fn end(self, right: f64) -> String {
        format!("{}H{right}V{}Z", self.path, self.base)
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
