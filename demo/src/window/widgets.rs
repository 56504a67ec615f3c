//! Buttons and sliders. Each draws itself, and returns what the mouse did to it.

use super::input::Mouse;
use super::painter::{Align, Painter, Style};
use super::theme::{self, Face};
use macroquad::math::{Rect, vec2};

/// Text on buttons.
const BUTTON: Style = Style { face: Face::Bold, size: 12.5, color: theme::TEXT };
/// Least room at both sides of it together, design units.
const BUTTON_PADDING: f32 = 12.0;
/// Radius of a slider's knob.
const KNOB_RADIUS: f32 = 7.0;

/// Draws a button and returns whether it was pressed. A chosen one is filled.
pub fn button(
    painter: &mut Painter,
    mouse: &Mouse,
    rect: Rect,
    label: &str,
    is_chosen: bool,
) -> bool {
    let is_over = mouse.is_over(rect);
    let ground = match (is_chosen, is_over) {
        (true, _) => theme::ACCENT,
        (false, true) => theme::BUTTON_HOVER,
        (false, false) => theme::BUTTON,
    };
    painter.round_rect(rect, 6.0, ground);
    let color = if is_chosen { theme::TEXT } else { theme::TEXT_DIM };
    let style = Style { color, ..BUTTON };
    let base = rect.y + rect.h / 2.0 + BUTTON.size * 0.36 * painter.scale();
    painter.text(label, vec2(rect.x + rect.w / 2.0, base), Align::Middle, style);
    is_over && mouse.is_pressed
}

/// Width of a button with room for its label, in window pixels.
#[must_use]
pub fn button_width(painter: &Painter, label: &str) -> f32 {
    painter.width(label, BUTTON) + BUTTON_PADDING * painter.scale()
}

/// Splits a rectangle into `count` equal parts side by side with `gap` window pixels between them.
#[must_use]
pub fn column(rect: Rect, count: usize, index: usize, gap: f32) -> Rect {
    let width = (rect.w - gap * (count as f32 - 1.0)) / count as f32;
    Rect::new(rect.x + (width + gap) * index as f32, rect.y, width, rect.h)
}

/// A value that is dragged between two ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slider {
    /// Value at the left end.
    pub min: f32,
    /// Value at the right end.
    pub max: f32,
    /// Value now.
    pub value: f32,
}

impl Slider {
    /// The value at a horizontal position over a track, held to the ends.
    #[must_use]
    pub fn value_at(&self, x: f32, track: Rect) -> f32 {
        let share = ((x - track.x) / track.w.max(1.0)).clamp(0.0, 1.0);
        self.min + (self.max - self.min) * share
    }

    /// Where the value stands on its track, 0 to 1.
    #[must_use]
    pub fn share(&self) -> f32 {
        ((self.value - self.min) / (self.max - self.min)).clamp(0.0, 1.0)
    }
}

/// Draws a slider on `rect` and returns the new value while it is dragged. `held` says which of the window's sliders is
/// held; `id` is this one's.
pub fn slider(
    painter: &mut Painter,
    mouse: &Mouse,
    rect: Rect,
    slider: Slider,
    id: u8,
    held: &mut Option<u8>,
) -> Option<f32> {
    let unit = painter.scale();
    if mouse.is_pressed && mouse.is_over(rect) {
        *held = Some(id);
    }
    if !mouse.is_left_down && *held == Some(id) {
        *held = None;
    }
    let is_held = *held == Some(id);
    let track = Rect::new(
        rect.x + KNOB_RADIUS * unit,
        rect.y + rect.h / 2.0 - 2.0 * unit,
        rect.w - 2.0 * KNOB_RADIUS * unit,
        4.0 * unit,
    );
    painter.round_rect(track, 2.0, theme::LINE);
    let knob_x = track.x + track.w * slider.share();
    painter.round_rect(Rect::new(track.x, track.y, knob_x - track.x, track.h), 2.0, theme::ACCENT);
    let grow = if is_held || mouse.is_over(rect) { 1.15 } else { 1.0 };
    painter.disc(vec2(knob_x, rect.y + rect.h / 2.0), KNOB_RADIUS * grow * unit, theme::TEXT);
    is_held.then(|| slider.value_at(mouse.at.x, track))
}

#[cfg(test)]
mod tests {
    use super::{Slider, column};
    use macroquad::math::Rect;

    #[test]
    fn a_slider_is_held_to_its_ends() {
        let slider = Slider { min: -10.0, max: 20.0, value: 5.0 };
        let track = Rect::new(100.0, 0.0, 60.0, 4.0);
        assert_eq!(slider.value_at(0.0, track), -10.0);
        assert_eq!(slider.value_at(130.0, track), 5.0);
        assert_eq!(slider.value_at(999.0, track), 20.0);
        assert_eq!(slider.share(), 0.5);
    }

    #[test]
    fn columns_fill_their_rectangle() {
        let rect = Rect::new(10.0, 0.0, 100.0, 5.0);
        let last = column(rect, 3, 2, 2.0);
        assert!((last.x + last.w - 110.0).abs() < 1e-4);
    }
}
