//! The right side of the window: what the frame cost, and the controls.

mod arenas;
mod controls;
mod hero;

use super::chart::{Axes, frame_time, stacked_areas, steady_end, time_labels};
use super::history::History;
use super::input::Mouse;
use super::layout::{Groups, Layout};
use super::line_buffer::LineBuffer;
use super::painter::{Align, Painter, Style};
use super::theme::{self, Face};
use crate::model::{Command, DashboardFrame};
use controls::Controls;
use macroquad::math::{Rect, vec2};

/// Heading of a group.
pub(super) const HEADING: Style = Style { face: Face::Bold, size: 11.5, color: theme::TEXT };
/// Explanations.
const PROSE: Style = Style { face: Face::Sans, size: 11.5, color: theme::TEXT_DIM };
/// Figures.
pub(super) const FIGURE: Style = Style { face: Face::Mono, size: 10.5, color: theme::TEXT_DIM };
/// Space inside a card.
const PADDING: f32 = 10.0;
/// Room left of a chart for the values of its axis.
const AXIS_ROOM: f32 = 44.0;
/// Least top of the frame time axis.
const FRAME_TIME_TOP_MS: f32 = 25.0;
/// Longest frame that the axis grows for.
const FRAME_TIME_LIMIT_MS: f32 = 90.0;

/// What the dashboard remembers from frame to frame.
#[derive(Debug, Default)]
pub struct Dashboard {
    history: History,
    count_top: f32,
    kib_top: f32,
    time_top_ms: f32,
    controls: Controls,
}

impl Dashboard {
    /// Takes in a frame's figures; call it once a frame, also when nothing is drawn.
    pub fn record(&mut self, frame: &DashboardFrame<'_>, frame_ms: f32) {
        self.history.push(&frame.phases, frame_ms);
        self.count_top =
            steady_end(self.count_top, self.history.max(|sample| sample.alloc_counts.iter().sum()));
        self.kib_top =
            steady_end(self.kib_top, self.history.max(|sample| sample.used_kib.iter().sum()));
        let longest_ms = self.history.max(|sample| sample.frame_ms).min(FRAME_TIME_LIMIT_MS);
        self.time_top_ms =
            steady_end(self.time_top_ms.max(FRAME_TIME_TOP_MS), longest_ms).max(FRAME_TIME_TOP_MS);
    }

    /// Whether the mouse drags a slider.
    #[must_use]
    pub fn is_dragging(&self) -> bool {
        self.controls.is_dragging()
    }

    /// Draws the dashboard and hands what the mouse asks for to `send`.
    pub fn draw(
        &mut self,
        painter: &mut Painter,
        layout: &Layout,
        mouse: &Mouse,
        frame: &DashboardFrame<'_>,
        effect_names: &[String],
        mut send: impl FnMut(Command),
    ) {
        painter.rect(layout.panel, theme::PANEL);
        painter.rect(Rect::new(layout.panel.x, 0.0, 1.0, layout.panel.h), theme::LINE);
        let Groups { number, controls, charts, arenas, times } = layout.groups;
        hero::draw(painter, number, frame);
        match controls {
            Some(rect) => {
                let inner = card(painter, rect);
                self.controls.draw(painter, inner, mouse, frame, effect_names, &mut send);
            }
            None => self.controls.let_go(),
        }
        let inner = card(painter, charts);
        self.draw_charts(painter, inner, frame);
        let inner = card(painter, arenas);
        arenas::draw(painter, inner, frame);
        if let Some(rect) = times {
            let inner = card(painter, rect);
            self.draw_frame_time(painter, inner, frame);
        }
    }

    fn draw_charts(&self, painter: &mut Painter, rect: Rect, frame: &DashboardFrame<'_>) {
        let unit = painter.scale();
        let (title, foot, gap) = (18.0 * unit, 13.0 * unit, 11.0 * unit);
        let height = ((rect.h - 2.0 * title - foot - gap) / 2.0).max(10.0);
        let left = rect.x + AXIS_ROOM * unit;
        let upper = Rect::new(left, rect.y + title, rect.w - AXIS_ROOM * unit, height);
        let lower = Rect { y: upper.y + height + gap + title, ..upper };
        painter.text("objects per frame", vec2(rect.x, rect.y + 9.0 * unit), Align::Left, HEADING);
        draw_legend(painter, rect, frame);
        stacked_areas(
            painter,
            Axes { rect: upper, top: self.count_top },
            &self.history,
            |sample| sample.alloc_counts,
        );
        painter.text(
            "their memory per frame, KiB",
            vec2(rect.x, lower.y - title + 9.0 * unit),
            Align::Left,
            HEADING,
        );
        stacked_areas(painter, Axes { rect: lower, top: self.kib_top }, &self.history, |sample| {
            sample.used_kib
        });
        time_labels(painter, lower);
    }

    fn draw_frame_time(&self, painter: &mut Painter, rect: Rect, frame: &DashboardFrame<'_>) {
        let unit = painter.scale();
        let title = 16.0 * unit;
        let mean_ms = self.history.mean_frame_ms(60);
        painter.text("time per frame", vec2(rect.x, rect.y + 9.0 * unit), Align::Left, HEADING);
        let text = LineBuffer::format(format_args!(
            "{mean_ms:.1} ms, {:.1} of it simulation",
            frame.simulation_ms
        ));
        painter.text(
            text.as_str(),
            vec2(rect.x + rect.w, rect.y + 9.0 * unit),
            Align::Right,
            FIGURE,
        );
        let chart = Rect::new(rect.x, rect.y + title, rect.w, rect.h - title);
        frame_time(painter, Axes { rect: chart, top: self.time_top_ms }, &self.history);
    }
}

/// Draws the ground of a group and returns the room inside.
fn card(painter: &mut Painter, rect: Rect) -> Rect {
    painter.round_rect(rect, 8.0, theme::CARD);
    let padding = PADDING * painter.scale();
    Rect::new(rect.x + padding, rect.y + padding, rect.w - 2.0 * padding, rect.h - 2.0 * padding)
}

/// Which colour is which phase, from the right.
fn draw_legend(painter: &mut Painter, rect: Rect, frame: &DashboardFrame<'_>) {
    let unit = painter.scale();
    let style = Style { color: theme::TEXT_DIM, ..PROSE };
    let mut right = rect.x + rect.w;
    let phases = frame.phases.iter().zip(theme::PHASES);
    for (name, color) in phases.map(|(phase, color)| (phase.name, color)).rev() {
        painter.text(name, vec2(right, rect.y + 9.0 * unit), Align::Right, style);
        right -= painter.width(name, style) + 13.0 * unit;
        painter.round_rect(
            Rect::new(right, rect.y + 0.5 * unit, 9.0 * unit, 9.0 * unit),
            2.0,
            color,
        );
        right -= 10.0 * unit;
    }
}
