//! A bar for each phase's arena.

use super::{FIGURE, HEADING};
use crate::model::{DashboardFrame, PhaseFigures};
use crate::window::line_buffer::LineBuffer;
use crate::window::painter::{Align, Painter, Style};
use crate::window::theme;
use macroquad::color::Color;
use macroquad::math::{Rect, vec2};

/// Right ends of the columns from the right edge, design units: used, high-water, reserved.
const COLUMNS: [f32; 3] = [134.0, 60.0, 0.0];

/// Draws the bars; all share one scale.
pub(super) fn draw(painter: &mut Painter, rect: Rect, frame: &DashboardFrame<'_>) {
    let unit = painter.scale();
    let base = rect.y + 9.0 * unit;
    let heading = match frame.budget_bytes {
        None => LineBuffer::format(format_args!("arena memory, KiB")),
        Some(bytes) => {
            let kib = LineBuffer::grouped(bytes / 1024);
            LineBuffer::format(format_args!("KiB, at most {} each", kib.as_str()))
        }
    };
    painter.text(heading.as_str(), vec2(rect.x, base), Align::Left, HEADING);
    let faint = Style { color: theme::TEXT_FAINT, ..FIGURE };
    for (title, right) in ["used", "high-water", "reserved"].into_iter().zip(COLUMNS) {
        let color = if title == "high-water" { theme::MARK } else { faint.color };
        painter.text(
            title,
            vec2(rect.x + rect.w - right * unit, base),
            Align::Right,
            Style { color, ..faint },
        );
    }
    let longest = frame
        .phases
        .iter()
        .map(|phase| phase.reserved_bytes.max(phase.high_water_bytes))
        .max()
        .unwrap_or(0)
        .max(1);
    let row = (rect.h - 17.0 * unit) / frame.phases.len() as f32;
    for (index, (phase, color)) in frame.phases.iter().zip(theme::PHASES).enumerate() {
        let place = Rect::new(rect.x, rect.y + 17.0 * unit + row * index as f32, rect.w, row);
        draw_arena(painter, place, phase, color, longest as f32);
    }
}

/// One row: name, bar, figures.
fn draw_arena(
    painter: &mut Painter,
    rect: Rect,
    phase: &PhaseFigures,
    color: Color,
    longest_bytes: f32,
) {
    let unit = painter.scale();
    let base = rect.y + rect.h / 2.0 + 3.8 * unit;
    let name = Style { color, ..FIGURE };
    painter.text(phase.name, vec2(rect.x, base), Align::Left, name);
    let (x, y) = (rect.x + 54.0 * unit, rect.y + rect.h / 2.0 - 6.0 * unit);
    let room = Rect::new(x, y, rect.w - 232.0 * unit, 12.0 * unit);
    draw_bar(painter, room, phase, color, longest_bytes);
    // A phase that its budget refused something is marked where it shows what it used.
    let is_refused = phase.refused_count > 0;
    let used = Style { color: if is_refused { theme::BAD } else { FIGURE.color }, ..FIGURE };
    let figures = [
        (phase.held_bytes, used),
        (phase.high_water_bytes, FIGURE),
        (phase.reserved_bytes, FIGURE),
    ];
    for ((bytes, style), column) in figures.into_iter().zip(COLUMNS) {
        let text = LineBuffer::grouped(bytes.div_ceil(1024));
        let right = vec2(rect.x + rect.w - column * unit, base);
        painter.text(text.as_str(), right, Align::Right, style);
    }
}

/// Used over reserved bytes, with the high-water mark. The whole width is `longest_bytes`.
fn draw_bar(
    painter: &mut Painter,
    room: Rect,
    phase: &PhaseFigures,
    color: Color,
    longest_bytes: f32,
) {
    let unit = painter.scale();
    let length = |bytes: u64| room.w * (bytes as f32 / longest_bytes).min(1.0);
    let part = |bytes: u64| Rect { w: length(bytes), ..room };
    painter.round_rect(room, 3.0, theme::WELL);
    painter.round_rect(part(phase.reserved_bytes), 3.0, theme::LINE);
    painter.round_rect(part(phase.held_bytes), 3.0, color);
    let x = room.x + length(phase.high_water_bytes) - unit;
    let mark = Rect::new(x, room.y - 2.0 * unit, 2.0 * unit, room.h + 4.0 * unit);
    painter.rect(mark, theme::MARK);
}
