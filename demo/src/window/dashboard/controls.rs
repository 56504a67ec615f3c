//! Buttons and sliders.

use super::{FIGURE, PROSE};
use crate::model::{
    AllocatorKind, Command, DashboardFrame, EMISSION_FACTOR_MAX, GRAVITY_MAX_M_PER_SEC2,
    GRAVITY_MIN_M_PER_SEC2,
};
use crate::window::input::Mouse;
use crate::window::line_buffer::LineBuffer;
use crate::window::painter::{Align, Painter};
use crate::window::widgets::{Slider, button, button_width, column, slider};
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

    /// Ends the drag of a slider that is not shown any more.
    pub(super) fn let_go(&mut self) {
        self.held_slider = None;
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
        if let Some(index) = draw_effects(painter, effects, mouse, frame, effect_names) {
            send(Command::SelectEffect(index));
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

/// Draws a button for each effect, or if their names have no room, one for the effect before and one for that behind the
/// shown one. Gives the effect that was asked for.
fn draw_effects(
    painter: &mut Painter,
    rect: Rect,
    mouse: &Mouse,
    frame: &DashboardFrame<'_>,
    names: &[String],
) -> Option<usize> {
    let gap = GAP * painter.scale();
    let shown = frame.effect_index;
    let room = column(rect, names.len(), 0, gap).w;
    if names.iter().all(|name| button_width(painter, name) <= room) {
        let places = (0..names.len()).map(|index| column(rect, names.len(), index, gap));
        let mut asked = None;
        for ((index, name), place) in names.iter().enumerate().zip(places) {
            if button(painter, mouse, place, name, index == shown) && index != shown {
                asked = Some(index);
            }
        }
        return asked;
    }
    let side = Rect { w: rect.h * 1.5, ..rect };
    let other_side = Rect { x: rect.x + rect.w - side.w, ..side };
    let between = Rect { x: side.x + side.w + gap, w: rect.w - 2.0 * (side.w + gap), ..rect };
    let place = LineBuffer::format(format_args!("{} of {}", shown + 1, names.len()));
    let label = LineBuffer::format(format_args!("{}, {}", frame.effect_name, place.as_str()));
    let fits = button_width(painter, label.as_str()) <= between.w;
    button(painter, mouse, between, if fits { &label } else { &place }.as_str(), true);
    let back = button(painter, mouse, side, "\u{2190}", false);
    let on = button(painter, mouse, other_side, "\u{2192}", false);
    let step = if back { names.len() - 1 } else { usize::from(on) };
    (step > 0).then(|| (shown + step) % names.len())
}

/// Name and value over a slider; returns the slider's place.
fn labelled(painter: &mut Painter, rect: Rect, name: &str, value: &str) -> Rect {
    let unit = painter.scale();
    let base = rect.y + 10.0 * unit;
    painter.text(name, vec2(rect.x, base), Align::Left, PROSE);
    painter.text(value, vec2(rect.x + rect.w, base), Align::Right, FIGURE);
    Rect::new(rect.x, rect.y + 15.0 * unit, rect.w, rect.h - 15.0 * unit)
}
