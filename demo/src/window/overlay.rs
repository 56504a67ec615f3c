//! What is written over the world: the effect, the keys, labels, and notices.

use super::layout::{Layout, WorldView};
use super::line_buffer::LineBuffer;
use super::painter::{Align, Painter, Style};
use super::places::Places;
use super::theme::{self, Face, with_alpha};
use crate::model::{DashboardFrame, Label};
use macroquad::math::{Rect, Vec2, vec2};

/// How long a notice that is no error stays.
const NOTICE_SECS: f32 = 4.0;
/// Keys and what they do, shorter and shorter for narrower views.
const HINTS: [&str; 3] = [
    "mouse: left pulls, right pushes    Space pause    A arena/heap    E effect    \u{2191}\u{2193} emission    \u{2190}\u{2192} gravity    S picture    Esc quit",
    "mouse pulls/pushes   Space pause   A arena/heap   E effect   S picture   Esc quit",
    "Space pause   A arena/heap   E effect   Esc quit",
];
/// Space at the sides, design units.
const SIDE: f32 = 18.0;
/// Heights of the lines of text at the upper and the lower edge, design units.
const HEAD_HEIGHT: f32 = 58.0;
/// See [`HEAD_HEIGHT`].
const FOOT_HEIGHT: f32 = 29.0;
/// Name of the effect.
const NAME: Style = Style { face: Face::Bold, size: 22.0, color: theme::TEXT };
/// Number of particles.
const COUNT: Style = Style { face: Face::Mono, size: 17.0, color: theme::TEXT };
/// Sentences.
const PROSE: Style = Style { face: Face::Sans, size: 12.5, color: theme::TEXT_DIM };
/// Keys.
const HINT: Style = Style { size: 11.0, ..PROSE };
/// Most bytes of a notice.
const NOTICE_BYTES: usize = 512;

/// A line over the world that says what happened.
#[derive(Debug, Default)]
pub struct Notice {
    text: String,
    is_error: bool,
    left_secs: f32,
}

impl Notice {
    /// Shows a text for some seconds; an error until it is cleared or replaced.
    pub fn show(&mut self, text: &str, is_error: bool) {
        self.text.clear();
        self.text.push_str(&text[..text.floor_char_boundary(NOTICE_BYTES)]);
        self.is_error = is_error;
        self.left_secs = if is_error { f32::INFINITY } else { NOTICE_SECS };
    }

    /// Takes an error away.
    pub fn clear_error(&mut self) {
        if self.is_error {
            self.left_secs = 0.0;
        }
    }

    /// Lets time pass.
    pub fn pass(&mut self, dt_secs: f32) {
        self.left_secs = (self.left_secs - dt_secs).max(0.0);
    }

    /// The text to show now.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        (self.left_secs > 0.0).then_some(self.text.as_str())
    }
}

/// Draws the faint light and the walls, below the particles.
pub fn draw_ground(painter: &mut Painter, layout: &Layout, world: &WorldView) {
    painter.rect(layout.view, theme::SPACE);
    let (middle, edge) = (theme::SPACE_GLOW, theme::SPACE);
    let walls = world.walls;
    let centre = walls.point() + walls.size() / 2.0;
    let steps = 48_u8;
    for step in 0..steps {
        let corner = |step: u8| {
            let turn = f32::from(step) / f32::from(steps) * std::f32::consts::TAU;
            centre + vec2(turn.cos() * walls.w * 0.5, turn.sin() * walls.h * 0.5)
        };
        painter
            .quad([centre, corner(step), corner(step + 1), centre], [middle, edge, edge, middle]);
    }
    let line = painter.scale().max(1.0);
    for side in [
        Rect::new(walls.x, walls.y, walls.w, line),
        Rect::new(walls.x, walls.y + walls.h - line, walls.w, line),
        Rect::new(walls.x, walls.y, line, walls.h),
        Rect::new(walls.x + walls.w - line, walls.y, line, walls.h),
    ] {
        painter.rect(side, theme::WALL);
    }
}

/// Draws those labels of the world that stand on no other text.
pub fn draw_labels(
    painter: &mut Painter,
    world: &WorldView,
    labels: &[Label<'_>],
    places: &mut Places,
) {
    let style = Style { face: Face::Sans, size: 11.0, color: with_alpha(theme::TEXT, 0.8) };
    let unit = painter.scale();
    for label in labels {
        let at = world.to_window(label.position_m) + vec2(6.0, 4.0) * unit;
        let width = painter.width(label.text, style);
        let plate =
            Rect::new(at.x - 4.0 * unit, at.y - 11.0 * unit, width + 8.0 * unit, 15.0 * unit);
        if places.take(plate) {
            painter.round_rect(plate, 4.0 * unit, with_alpha(theme::SPACE, 0.7));
            painter.text(label.text, at, Align::Left, style);
        }
    }
}

/// Draws name, count, keys and notice, and gives the places that they leave.
pub fn draw_captions(
    painter: &mut Painter,
    layout: &Layout,
    frame: &DashboardFrame<'_>,
    notice: &Notice,
) -> Places {
    draw_shades(painter, layout);
    draw_head(painter, layout, frame);
    let unit = painter.scale();
    let (left, middle) = (SIDE * unit, layout.view.w / 2.0);
    let foot = layout.view.h - 15.0 * unit;
    let [.., shortest] = HINTS;
    let fits = |hints: &&str| painter.width(hints, HINT) + 2.0 * left <= layout.view.w;
    let hints = HINTS.into_iter().find(fits).unwrap_or(shortest);
    painter.text(hints, vec2(left, foot), Align::Left, HINT);
    let heights = (HEAD_HEIGHT + FOOT_HEIGHT) * unit;
    let view = layout.view;
    let mut places =
        Places::new(Rect { y: view.y + HEAD_HEIGHT * unit, h: view.h - heights, ..view });
    if frame.is_paused {
        let style = Style { color: theme::MARK, ..PROSE };
        let text = "paused, Space goes on";
        // Between name and count, or where they leave too little room, below them.
        let count = LineBuffer::grouped(frame.particle_count as u64);
        let sides =
            painter.width(frame.effect_name, NAME).max(painter.width(count.as_str(), COUNT)) + left;
        let is_beside = painter.width(text, style) / 2.0 + 2.0 * left + sides <= middle;
        let base = if is_beside { 30.0 } else { HEAD_HEIGHT + 24.0 };
        places.keep(pill(painter, text, vec2(middle, base * unit), view.w - 4.0 * left, style));
    }
    if let Some(text) = notice.text() {
        let color = if notice.is_error { theme::BAD } else { theme::TEXT };
        let at = vec2(middle, foot - 34.0 * unit);
        let style = Style { color, ..PROSE };
        places.keep(pill(painter, text, at, layout.view.w - 4.0 * left, style));
    }
    places
}

/// Draws the name of the effect and the number of particles.
fn draw_head(painter: &mut Painter, layout: &Layout, frame: &DashboardFrame<'_>) {
    let unit = painter.scale();
    let (left, right) = (SIDE * unit, layout.view.w - SIDE * unit);
    let (first, second) = (32.0 * unit, 51.0 * unit);
    painter.text(frame.effect_name, vec2(left, first), Align::Left, NAME);
    let count = LineBuffer::grouped(frame.particle_count as u64);
    painter.text(count.as_str(), vec2(right, first), Align::Right, COUNT);
    let cap = LineBuffer::grouped(frame.particle_cap as u64);
    let of = LineBuffer::format(format_args!("particles of {}", cap.as_str()));
    painter.text(of.as_str(), vec2(right, second), Align::Right, PROSE);
    let text = frame.effect_description;
    let widths = painter.width(text, PROSE) + painter.width(of.as_str(), PROSE);
    if widths + 3.0 * left <= layout.view.w {
        painter.text(text, vec2(left, second), Align::Left, PROSE);
    }
}

/// Darkens the upper and lower edge of the view, so that texts can be read over bright particles.
fn draw_shades(painter: &mut Painter, layout: &Layout) {
    let unit = painter.scale();
    let [dark, dim, clear] = [0.9, 0.72, 0.0].map(|alpha| with_alpha(theme::SPACE, alpha));
    let band = |top: f32, height: f32| Rect { y: top * unit, h: height * unit, ..layout.view };
    painter.gradient(band(0.0, 54.0), dark, dim);
    painter.gradient(band(54.0, 36.0), dim, clear);
    let foot = layout.view.h / unit;
    painter.gradient(band(foot - 56.0, 26.0), clear, dim);
    painter.gradient(band(foot - 30.0, 30.0), dim, dark);
}

/// A text on a dark ground, and the place of that. `at` is the middle of its last base line; lines of at most `width`
/// window pixels grow upwards.
fn pill(painter: &mut Painter, text: &str, at: Vec2, width: f32, style: Style) -> Rect {
    let unit = painter.scale();
    let (padding, leading) = (12.0 * unit, 17.0 * unit);
    // One pixel more, so that rounding does not break a line that fits.
    let width = painter.width(text, style).min(width) + 1.0;
    let height = leading * painter.line_count(text, width, style) as f32;
    let corner = vec2(at.x - width / 2.0, at.y - height);
    let ground = Rect::new(
        corner.x - padding,
        corner.y - 4.0 * unit,
        width + 2.0 * padding,
        height + 14.0 * unit,
    );
    painter.round_rect(ground, 10.0, with_alpha(theme::PANEL, 0.92));
    let first = corner + vec2(0.0, leading);
    painter.paragraph(text, first, width, leading, style);
    ground
}

#[cfg(test)]
mod tests {
    use super::Notice;

    #[test]
    fn an_error_stays_until_it_is_cleared() {
        let mut notice = Notice::default();
        notice.show("bad", true);
        notice.pass(1e9);
        assert_eq!(notice.text(), Some("bad"));
        notice.clear_error();
        assert_eq!(notice.text(), None);
    }

    #[test]
    fn other_notices_pass() {
        let mut notice = Notice::default();
        notice.show("done", false);
        notice.pass(1.0);
        notice.clear_error();
        assert_eq!(notice.text(), Some("done"));
        notice.pass(5.0);
        assert_eq!(notice.text(), None);
    }
}
