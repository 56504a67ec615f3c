//! Collects smooth shapes and texts and draws them in a handful of calls: first the shapes, then the texts, font by font.
//! Its lists keep their memory, so a settled frame makes no heap call here.

use super::theme::{Face, Fonts};
use macroquad::color::Color;
use macroquad::math::{Rect, Vec2, vec2};
use macroquad::models::{Mesh, Vertex, draw_mesh};
use macroquad::text::{TextParams, draw_text_ex, measure_text};
use std::f32::consts::FRAC_PI_2;

/// Most vertices and indices that one call of the graphics library takes; the window's settings allow as many.
pub const BATCH_VERTICES: usize = 12_000;
/// See [`BATCH_VERTICES`].
pub const BATCH_INDICES: usize = 18_000;
/// Smallest text, in dots of the display.
pub const TEXT_MIN_DOTS: f32 = 8.0;
/// Steps in which a quarter of a circle is drawn.
const CORNER_STEPS: usize = 6;
/// Points of a rounded rectangle.
const ROUND_POINTS: usize = 4 * (CORNER_STEPS + 1);

/// Where a text stands on its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// It begins at the position.
    Left,
    /// Its middle is at the position.
    Middle,
    /// It ends at the position.
    Right,
}

/// How a text is set.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Font.
    pub face: Face,
    /// Size in design units.
    pub size: f32,
    /// Colour.
    pub color: Color,
}

/// A text that waits for [`Painter::finish`].
#[derive(Debug, Clone, Copy)]
struct Waiting {
    start: usize,
    end: usize,
    at: Vec2,
    size_px: u16,
    face: Face,
    color: Color,
}

/// Draws in design units times `scale`, which are the window's pixels before its own scaling for dense displays.
pub struct Painter {
    fonts: Fonts,
    mesh: Mesh,
    waiting: Vec<Waiting>,
    text: String,
    scale: f32,
    pixel: f32,
}

impl Painter {
    /// A painter with these fonts.
    #[must_use]
    pub fn new(fonts: Fonts) -> Self {
        let vertices = Vec::with_capacity(BATCH_VERTICES);
        let mesh = Mesh { vertices, indices: Vec::with_capacity(BATCH_INDICES), texture: None };
        Self {
            fonts,
            mesh,
            waiting: Vec::with_capacity(256),
            text: String::with_capacity(8 * 1024),
            scale: 1.0,
            pixel: 1.0,
        }
    }

    /// Sets window pixels per design unit, and display dots per window pixel.
    pub fn set_scale(&mut self, scale: f32, dots_per_pixel: f32) {
        self.scale = scale;
        self.pixel = 1.0 / dots_per_pixel;
    }

    /// Window pixels per design unit.
    #[must_use]
    pub fn scale(&self) -> f32 {
        self.scale
    }

    /// Fills a rectangle with sharp edges.
    pub fn rect(&mut self, rect: Rect, color: Color) {
        self.gradient(rect, color, color);
    }

    /// Fills a rectangle from a colour at the top to one at the bottom.
    pub fn gradient(&mut self, rect: Rect, top: Color, bottom: Color) {
        let (right, low) = (rect.x + rect.w, rect.y + rect.h);
        let corners =
            [vec2(rect.x, rect.y), vec2(right, rect.y), vec2(right, low), vec2(rect.x, low)];
        self.quad(corners, [top, top, bottom, bottom]);
    }

    /// Fills four corners, given round the shape.
    pub fn quad(&mut self, corners: [Vec2; 4], colors: [Color; 4]) {
        let first = self.reserve(4, 6);
        for (corner, color) in corners.into_iter().zip(colors) {
            self.vertex(corner, color);
        }
        self.mesh.indices.extend([0, 1, 2, 0, 2, 3].map(|index| first + index));
    }

    /// Fills a rectangle with round corners of a radius in design units.
    pub fn round_rect(&mut self, rect: Rect, radius: f32, color: Color) {
        let radius = (radius * self.scale).min(rect.w / 2.0).min(rect.h / 2.0);
        let centres = [
            vec2(rect.x + rect.w - radius, rect.y + rect.h - radius),
            vec2(rect.x + radius, rect.y + rect.h - radius),
            vec2(rect.x + radius, rect.y + radius),
            vec2(rect.x + rect.w - radius, rect.y + radius),
        ];
        let half = self.pixel * 0.5;
        let first = self.reserve(2 * ROUND_POINTS, 9 * ROUND_POINTS);
        for point in 0..ROUND_POINTS {
            let (corner, step) = (point / (CORNER_STEPS + 1), point % (CORNER_STEPS + 1));
            let angle = (corner as f32 + step as f32 / CORNER_STEPS as f32) * FRAC_PI_2;
            let out = Vec2::from_angle(angle);
            self.vertex(centres[corner] + out * (radius - half).max(0.0), color);
            self.vertex(centres[corner] + out * (radius + half), Color { a: 0.0, ..color });
        }
        let point = |index: usize| first + 2 * (index % ROUND_POINTS) as u16;
        for index in 0..ROUND_POINTS {
            let (here, next) = (point(index), point(index + 1));
            self.mesh.indices.extend([
                first,
                here,
                next,
                here,
                here + 1,
                next + 1,
                here,
                next + 1,
                next,
            ]);
        }
    }

    /// Fills a circle; position and radius in window pixels.
    pub fn disc(&mut self, middle: Vec2, radius: f32, color: Color) {
        let edge = radius * 2.0;
        self.round_rect(
            Rect::new(middle.x - radius, middle.y - radius, edge, edge),
            edge / self.scale,
            color,
        );
    }

    /// A line of `width` window pixels with soft edges.
    pub fn line(&mut self, from: Vec2, to: Vec2, width: f32, color: Color) {
        let along = (to - from).normalize_or_zero();
        let across = vec2(-along.y, along.x);
        let (inner, outer) =
            (across * (width - self.pixel).max(0.0) * 0.5, across * (width + self.pixel) * 0.5);
        let clear = Color { a: 0.0, ..color };
        let first = self.reserve(8, 18);
        for (offset, color) in [(-outer, clear), (-inner, color), (inner, color), (outer, clear)] {
            self.vertex(from + offset, color);
            self.vertex(to + offset, color);
        }
        for strip in [0, 2, 4] {
            self.mesh.indices.extend([0, 1, 3, 0, 3, 2].map(|index| first + strip + index));
        }
    }

    /// Sets a text; `at` is on its base line, in window pixels.
    pub fn text(&mut self, text: &str, at: Vec2, align: Align, style: Style) {
        let shift = match align {
            Align::Left => 0.0,
            Align::Middle => self.width(text, style) / 2.0,
            Align::Right => self.width(text, style),
        };
        let start = self.text.len();
        self.text.push_str(text);
        let snap = |value: f32| (value / self.pixel).round() * self.pixel;
        let at = vec2(snap(at.x - shift), snap(at.y));
        let (end, size_px) = (self.text.len(), self.size_px(style));
        self.waiting.push(Waiting {
            start,
            end,
            at,
            size_px,
            face: style.face,
            color: style.color,
        });
    }

    /// Width of a text in window pixels.
    #[must_use]
    pub fn width(&self, text: &str, style: Style) -> f32 {
        measure_text(text, Some(self.fonts.face(style.face)), self.size_px(style), 1.0).width
    }

    /// Sets a text in lines no wider than `width`, `leading` apart, all in window pixels, and returns the number of lines.
    pub fn paragraph(
        &mut self,
        text: &str,
        at: Vec2,
        width: f32,
        leading: f32,
        style: Style,
    ) -> usize {
        let mut rest = text;
        let mut lines = 0;
        while !rest.is_empty() {
            let end = self.fitting_end(rest, width, style);
            self.text(
                rest[..end].trim_end(),
                at + vec2(0.0, leading * lines as f32),
                Align::Left,
                style,
            );
            rest = rest[end..].trim_start();
            lines += 1;
        }
        lines
    }

    /// Lines that [`Painter::paragraph`] would set.
    #[must_use]
    pub fn line_count(&self, text: &str, width: f32, style: Style) -> usize {
        let mut rest = text;
        let mut lines = 0;
        while !rest.is_empty() {
            rest = rest[self.fitting_end(rest, width, style)..].trim_start();
            lines += 1;
        }
        lines
    }

    /// Byte after what fits in `width`.
    fn fitting_end(&self, text: &str, width: f32, style: Style) -> usize {
        let space = self.width("n n", style) - self.width("nn", style);
        line_end(text, width, space, |piece| self.width(piece, style))
    }

    /// Draws what was collected, shapes below texts, and begins anew.
    pub fn finish(&mut self) {
        self.flush_shapes();
        for face in [Face::Sans, Face::Bold, Face::Mono] {
            for waiting in self.waiting.iter().filter(|waiting| waiting.face == face) {
                let font = Some(self.fonts.face(face));
                let params = TextParams {
                    font,
                    font_size: waiting.size_px,
                    color: waiting.color,
                    ..TextParams::default()
                };
                draw_text_ex(
                    &self.text[waiting.start..waiting.end],
                    waiting.at.x,
                    waiting.at.y,
                    params,
                );
            }
        }
        self.waiting.clear();
        self.text.clear();
    }

    /// Size of a style in whole window pixels, never too small to be read.
    fn size_px(&self, style: Style) -> u16 {
        (style.size * self.scale).round().max((TEXT_MIN_DOTS * self.pixel).ceil()) as u16
    }

    /// Draws the shapes so far.
    fn flush_shapes(&mut self) {
        if !self.mesh.indices.is_empty() {
            draw_mesh(&self.mesh);
            self.mesh.vertices.clear();
            self.mesh.indices.clear();
        }
    }

    /// Makes room in the batch and returns the number of the next vertex.
    fn reserve(&mut self, vertices: usize, indices: usize) -> u16 {
        let is_full = self.mesh.vertices.len() + vertices > BATCH_VERTICES
            || self.mesh.indices.len() + indices > BATCH_INDICES;
        if is_full {
            self.flush_shapes();
        }
        self.mesh.vertices.len() as u16
    }

    fn vertex(&mut self, at: Vec2, color: Color) {
        self.mesh.vertices.push(Vertex::new(at.x, at.y, 0.0, 0.0, 0.0, color));
    }
}

/// Byte after the last word that fits in `width`. A word longer than a line, such as a path, is broken where the line
/// ends, but has a character on each.
fn line_end(text: &str, width: f32, space: f32, width_of: impl Fn(&str) -> f32) -> usize {
    let mut used = 0.0;
    let mut end = 0;
    for word in text.split_inclusive(' ') {
        let ink = width_of(word.trim_end());
        if used + ink > width {
            break;
        }
        used += ink + space;
        end += word.len();
    }
    if end > 0 {
        return end;
    }
    let ends = || text.char_indices().map(|(start, char)| start + char.len_utf8());
    let fitting = ends().take_while(|&end| width_of(&text[..end]) <= width).last();
    fitting.or_else(|| ends().next()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::line_end;

    /// The lines of a text in a font whose characters are all one wide.
    fn lines(mut text: &str, width: f32) -> Vec<&str> {
        let mut lines = Vec::new();
        while !text.is_empty() {
            let end = line_end(text, width, 1.0, |piece| piece.chars().count() as f32);
            lines.push(text[..end].trim_end());
            text = text[end..].trim_start();
        }
        lines
    }

    #[test]
    fn lines_end_between_words() {
        assert_eq!(lines("to be or not", 5.0), ["to be", "or", "not"]);
    }

    #[test]
    fn a_word_longer_than_a_line_is_broken() {
        let text = "in /\u{e9}t\u{e9}/long.ron:6:25: no";
        assert_eq!(lines(text, 8.0), ["in", "/\u{e9}t\u{e9}/lon", "g.ron:6:", "25: no"]);
        assert_eq!(lines("ab", 0.0), ["a", "b"]);
    }
}
