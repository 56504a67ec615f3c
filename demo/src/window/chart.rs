//! Charts over the last frames: stacked areas for the phases, a line for the frame time.

use super::history::{FRAME_COUNT, History, Sample};
use super::line_buffer::LineBuffer;
use super::painter::{Align, Painter, Style};
use super::theme::{self, Face, with_alpha};
use crate::model::PHASE_COUNT;
use macroquad::math::{Rect, Vec2, vec2};

/// Time of a frame at 60 frames per second.
const BUDGET_MS: f32 = 16.7;
/// Text on the axes.
pub const AXIS: Style = Style { face: Face::Mono, size: 9.5, color: theme::TEXT_DIM };

/// Rounds up to 1, 1.5, 2, 3, 4, 5, 6 or 8 times a power of ten: an end of an axis that can be read.
#[must_use]
pub fn axis_end(value: f32) -> f32 {
    if value <= 0.0 || !value.is_finite() {
        return 1.0;
    }
    let power = 10_f32.powf(value.log10().floor());
    let steps = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0];
    let step = steps.into_iter().find(|step| step * power >= value * 0.9999).unwrap_or(10.0);
    step * power
}

/// The end of an axis that changes seldom: it grows at once, and shrinks only when it is twice too long.
#[must_use]
pub fn steady_end(before: f32, largest: f32) -> f32 {
    let wanted = axis_end(largest * 1.08);
    if wanted > before || wanted * 2.0 < before { wanted } else { before }
}

/// A chart's place and the value at its top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Axes {
    /// Place in window pixels.
    pub rect: Rect,
    /// Value at the top; 0 is at the bottom.
    pub top: f32,
}

impl Axes {
    /// The point of a value of the frame `slot` (0 oldest, [`FRAME_COUNT`] - 1 newest).
    #[must_use]
    pub fn point(&self, slot: usize, value: f32) -> Vec2 {
        let x = self.rect.x + self.rect.w * slot as f32 / (FRAME_COUNT - 1) as f32;
        let share = (value / self.top).clamp(0.0, 1.0);
        vec2(x, self.rect.y + self.rect.h * (1.0 - share))
    }
}

/// Draws the phases on top of each other: `values` tells each phase's part of a frame.
pub fn stacked_areas(
    painter: &mut Painter,
    axes: Axes,
    history: &History,
    values: impl Fn(&Sample) -> [f32; PHASE_COUNT],
) {
    ground(painter, axes);
    let first_slot = FRAME_COUNT - history.count();
    let mut last: Option<[Vec2; PHASE_COUNT + 1]> = None;
    for (index, sample) in history.iter().enumerate() {
        let slot = first_slot + index;
        let mut sum = 0.0;
        let mut here = [axes.point(slot, 0.0); PHASE_COUNT + 1];
        for (point, value) in here[1..].iter_mut().zip(values(sample)) {
            sum += value;
            *point = axes.point(slot, sum);
        }
        if let Some(last) = last {
            for (phase, &color) in theme::PHASES.iter().enumerate() {
                let corners = [last[phase], here[phase], here[phase + 1], last[phase + 1]];
                painter.quad(
                    corners,
                    [
                        with_alpha(color, 0.62),
                        with_alpha(color, 0.62),
                        with_alpha(color, 0.86),
                        with_alpha(color, 0.86),
                    ],
                );
            }
            for (phase, &color) in theme::PHASES.iter().enumerate() {
                painter.line(last[phase + 1], here[phase + 1], 1.2 * painter.scale(), color);
            }
        }
        last = Some(here);
    }
    grid(painter, axes);
}

/// Draws the frame time with the line of 60 frames per second.
pub fn frame_time(painter: &mut Painter, axes: Axes, history: &History) {
    ground(painter, axes);
    let first_slot = FRAME_COUNT - history.count();
    let mut last: Option<Vec2> = None;
    for (index, sample) in history.iter().enumerate() {
        let here = axes.point(first_slot + index, sample.frame_ms);
        if let Some(last) = last {
            let color =
                if sample.frame_ms > BUDGET_MS * 1.1 { theme::PHASES[1] } else { theme::GOOD };
            let floor = axes.rect.y + axes.rect.h;
            let (shade, clear) = (with_alpha(color, 0.16), with_alpha(color, 0.02));
            painter.quad(
                [last, here, vec2(here.x, floor), vec2(last.x, floor)],
                [shade, shade, clear, clear],
            );
            painter.line(last, here, 1.4 * painter.scale(), color);
        }
        last = Some(here);
    }
    budget_line(painter, axes);
    let unit = painter.scale();
    let top = LineBuffer::format(format_args!("{:.0} ms", axes.top));
    let style = Style { color: theme::TEXT_FAINT, ..AXIS };
    let left = axes.rect.x + axes.rect.w - painter.width(top.as_str(), style) - 5.0 * unit;
    text_on_chart(painter, top.as_str(), vec2(left, axes.rect.y + 10.0 * unit), style);
}

/// Text that begins at a place in a chart, on a ground that keeps the curve out of it.
fn text_on_chart(painter: &mut Painter, text: &str, at: Vec2, style: Style) {
    let unit = painter.scale();
    let width = painter.width(text, style) + 4.0 * unit;
    let behind = Rect::new(at.x - 2.0 * unit, at.y - 9.5 * unit, width, 12.0 * unit);
    painter.round_rect(behind, 3.0, with_alpha(theme::WELL, 0.8));
    painter.text(text, at, Align::Left, style);
}

/// The line of 60 frames per second with its name.
fn budget_line(painter: &mut Painter, axes: Axes) {
    let unit = painter.scale();
    let (x, y) = (axes.rect.x, axes.point(0, BUDGET_MS).y);
    dashes(painter, y, axes.rect);
    let style = Style { color: theme::BAD, ..AXIS };
    text_on_chart(painter, "16.7 ms = 60 frames/s", vec2(x + 5.0 * unit, y - 3.5 * unit), style);
}

/// A dashed line in the colour of a limit.
fn dashes(painter: &mut Painter, y: f32, rect: Rect) {
    let step = 7.0 * painter.scale();
    let count = (rect.w / step) as usize;
    for index in 0..count {
        let x = rect.x + index as f32 * step;
        painter.rect(
            Rect::new(x, y, step * 0.55, painter.scale().max(1.0)),
            with_alpha(theme::BAD, 0.75),
        );
    }
}

/// The ground of a chart.
fn ground(painter: &mut Painter, axes: Axes) {
    painter.rect(axes.rect, theme::WELL);
}

/// Lines at the top and the middle with their values, and the ends of the time axis.
fn grid(painter: &mut Painter, axes: Axes) {
    let unit = painter.scale();
    let style = AXIS;
    // In a low chart the middle's name would run into those of the ends.
    let has_middle = axes.rect.h >= 3.0 * style.size * unit;
    for share in [1.0].into_iter().chain(has_middle.then_some(0.5)) {
        let value = axes.top * share;
        let y = axes.point(0, value).y;
        painter.rect(Rect::new(axes.rect.x, y, axes.rect.w, 1.0), with_alpha(theme::TEXT, 0.13));
        let label = axis_label(value);
        painter.text(
            label.as_str(),
            vec2(axes.rect.x - 5.0 * unit, y + 3.5 * unit),
            Align::Right,
            style,
        );
    }
    painter.text(
        "0",
        vec2(axes.rect.x - 5.0 * unit, axes.rect.y + axes.rect.h + 1.0 * unit),
        Align::Right,
        style,
    );
}

/// A value of an axis, which is an [`axis_end`] or half of one.
fn axis_label(value: f32) -> LineBuffer {
    if value >= 10.0 {
        LineBuffer::grouped(value.round() as u64)
    } else if (value * 10.0).fract() == 0.0 {
        LineBuffer::format(format_args!("{value:.1}"))
    } else {
        LineBuffer::format(format_args!("{value:.2}"))
    }
}

/// Names the ends of the time axis under a chart.
pub fn time_labels(painter: &mut Painter, rect: Rect) {
    let style = Style { color: theme::TEXT_FAINT, ..AXIS };
    let base = rect.y + rect.h + 11.0 * painter.scale();
    painter.text("240 frames ago", vec2(rect.x, base), Align::Left, style);
    painter.text("now", vec2(rect.x + rect.w, base), Align::Right, style);
}

#[cfg(test)]
mod tests {
    use super::{Axes, axis_end, axis_label, steady_end};
    use crate::window::history::FRAME_COUNT;
    use macroquad::math::{Rect, vec2};

    #[test]
    fn ends_of_axes_are_round_and_never_too_small() {
        for (value, end) in
            [(0.0, 1.0), (0.7, 0.8), (1.0, 1.0), (11.0, 15.0), (410.0, 500.0), (9_700.0, 10_000.0)]
        {
            assert!((axis_end(value) - end).abs() < end * 1e-4, "{value}: {}", axis_end(value));
        }
        assert_eq!(axis_end(f32::NAN), 1.0);
    }

    #[test]
    fn the_middle_of_an_axis_is_named_as_it_is() {
        let labels = [1.5, 1.0, 15.0, 30_000.0].map(|end| axis_label(end / 2.0));
        assert_eq!(labels.each_ref().map(|label| label.as_str()), ["0.75", "0.5", "7.5", "15,000"]);
    }

    #[test]
    fn an_axis_does_not_flicker() {
        assert_eq!(steady_end(100.0, 60.0), 100.0);
        assert_eq!(steady_end(100.0, 120.0), 150.0);
        assert!(steady_end(100.0, 20.0) < 40.0);
    }

    #[test]
    fn points_stay_inside_the_chart() {
        let axes = Axes { rect: Rect::new(10.0, 20.0, 239.0, 100.0), top: 50.0 };
        assert_eq!(axes.point(0, 0.0), vec2(10.0, 120.0));
        assert_eq!(axes.point(FRAME_COUNT - 1, 99.0), vec2(249.0, 20.0));
    }
}
