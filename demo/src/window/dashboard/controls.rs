//! Buttons and sliders.

use super::{FIGURE, PROSE};
use crate::model::{
    AllocatorKind, Command, DashboardFrame, EMISSION_FACTOR_MAX, GRAVITY_MAX_M_PER_SEC2,
    GRAVITY_MIN_M_PER_SEC2,
};
use crate::window::input::Mouse;
use crate::window::line_buffer::LineBuffer;
use crate::window::painter::{Align, Painter};
use crate::window::widgets::{Slider, button, column, slider};
use macroquad::math::{Rect, vec2};

/// Space between buttons, design units.
const GAP: f32 = 6.0;
/// Height of a button, design units.
const ROW: f32 = 28.0;
/// Part of the row that each allocator button takes.
const ALLOCATOR_SHARE: f32 = 0.37;

/// What the controls remember from frame to frame.
#[derive(Debug, Default)]
pub(super) struct Controls {
    held_slider: Option<u8>,
}

impl Controls {
    /// Whether the mouse drags a slider.
    pub(super) fn is_dragging(&self) -> bool {
        self.held_slider.is_some()
    }

    /// Draws the controls and hands what the mouse asks for to `send`.
    pub(super) fn draw(
        &mut self,
        painter: &mut Painter,
        rect: Rect,
        mouse: &Mouse,
        frame: &DashboardFrame<'_>,
        effect_names: &[String],
        send: &mut impl FnMut(Command),
    ) {
        let (gap, row) = (GAP * painter.scale(), ROW * painter.scale());
        let modes = Rect { h: row, ..rect };
        draw_modes(painter, modes, mouse, frame, send);
        let effects = Rect { y: rect.y + row + gap, ..modes };
        for (index, name) in effect_names.iter().enumerate() {
            let place = column(effects, effect_names.len(), index, gap);
            let is_shown = frame.effect_index == index;
            if button(painter, mouse, place, name, is_shown) && !is_shown {
                send(Command::SelectEffect(index));
            }
        }
        let used = 2.0 * (row + gap);
        let sliders = Rect { y: rect.y + used, h: rect.h - used, ..rect };
        self.draw_sliders(painter, sliders, mouse, frame, send);
    }

    fn draw_sliders(
        &mut self,
        painter: &mut Painter,
        rect: Rect,
        mouse: &Mouse,
        frame: &DashboardFrame<'_>,
        send: &mut impl FnMut(Command),
    ) {
        let gap = 18.0 * painter.scale();
        let emission = Slider { min: 0.0, max: EMISSION_FACTOR_MAX, value: frame.emission_factor };
        let value = LineBuffer::grouped(frame.emission_per_sec.max(0.0).round() as u64);
        let value = LineBuffer::format(format_args!("{}/s", value.as_str()));
        let place = labelled(painter, column(rect, 2, 0, gap), "emission", value.as_str());
        if let Some(factor) = slider(painter, mouse, place, emission, 0, &mut self.held_slider) {
            send(Command::SetEmission(factor));
        }
        let gravity = Slider {
            min: GRAVITY_MIN_M_PER_SEC2,
            max: GRAVITY_MAX_M_PER_SEC2,
            value: frame.gravity_m_per_sec2,
        };
        let value = LineBuffer::format(format_args!("{:.1} m/s\u{b2}", gravity.value));
        let place = labelled(painter, column(rect, 2, 1, gap), "gravity", value.as_str());
        if let Some(value) = slider(painter, mouse, place, gravity, 1, &mut self.held_slider) {
            send(Command::SetGravity(value));
        }
    }
}

/// Draws the buttons of allocator and pause.
fn draw_modes(
    painter: &mut Painter,
    rect: Rect,
    mouse: &Mouse,
    frame: &DashboardFrame<'_>,
    send: &mut impl FnMut(Command),
) {
    let gap = GAP * painter.scale();
    let step = (rect.w - 2.0 * gap) * ALLOCATOR_SHARE + gap;
    let mut place = Rect { w: step - gap, ..rect };
    for (kind, label) in
        [(AllocatorKind::Arena, "frame arena"), (AllocatorKind::Heap, "system heap")]
    {
        let is_used = frame.allocator == kind;
        if button(painter, mouse, place, label, is_used) && !is_used {
            send(Command::SetAllocator(kind));
        }
        place.x += step;
    }
    place.w = rect.x + rect.w - place.x;
    let label = if frame.is_paused { "resume" } else { "pause" };
    if button(painter, mouse, place, label, frame.is_paused) {
        send(Command::SetPaused(!frame.is_paused));
    }
}

/// Name and value over a slider; returns the slider's place.
fn labelled(painter: &mut Painter, rect: Rect, name: &str, value: &str) -> Rect {
    let unit = painter.scale();
    let base = rect.y + 10.0 * unit;
    painter.text(name, vec2(rect.x, base), Align::Left, PROSE);
    painter.text(value, vec2(rect.x + rect.w, base), Align::Right, FIGURE);
    Rect::new(rect.x, rect.y + 15.0 * unit, rect.w, rect.h - 15.0 * unit)
}
