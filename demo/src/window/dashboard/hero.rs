//! The big number, and what it means to someone who never heard of arenas.

use super::PROSE;
use crate::model::{AllocatorKind, DashboardFrame};
use crate::window::line_buffer::LineBuffer;
use crate::window::painter::{Align, Painter, Style};
use crate::window::theme::{self, Face};
use macroquad::color::Color;
use macroquad::math::{Rect, vec2};

/// Beside the number.
const CAPTION: Style = Style { face: Face::Bold, size: 15.0, color: theme::TEXT };
/// Under the caption.
const CAPTION_DIM: Style = Style { color: theme::TEXT_DIM, ..CAPTION };

/// Draws the heap calls of the frame and a sentence about them.
pub(super) fn draw(painter: &mut Painter, rect: Rect, frame: &DashboardFrame<'_>) {
    let unit = painter.scale();
    let (color, text) = verdict(frame);
    let number = LineBuffer::grouped(frame.heap_calls);
    let style = Style { face: Face::Bold, size: 50.0, color };
    let base = rect.y + 39.0 * unit;
    painter.text(number.as_str(), vec2(rect.x, base), Align::Left, style);
    let beside = rect.x + painter.width(number.as_str(), style) + 12.0 * unit;
    let upper = vec2(beside, base - 19.0 * unit);
    let lower = vec2(beside, base - 1.0 * unit);
    painter.text("heap calls", upper, Align::Left, CAPTION);
    painter.text("in this frame", lower, Align::Left, CAPTION_DIM);
    let below = vec2(rect.x, base + 22.0 * unit);
    painter.paragraph(text.as_str(), below, rect.w, 15.0 * unit, PROSE);
}

/// Colour of the big number, and the sentence under it.
fn verdict(frame: &DashboardFrame<'_>) -> (Color, LineBuffer) {
    let count = LineBuffer::grouped(frame.phases.iter().map(|phase| phase.alloc_count).sum());
    let count = count.as_str();
    let refused_count: u64 = frame.phases.iter().map(|phase| phase.refused_count).sum();
    if refused_count > 0 {
        let refused_count = LineBuffer::grouped(refused_count);
        let text = LineBuffer::format(format_args!(
            "Objects refused in this frame: {}; made: {count}. A phase has used up its budget. A \
             refusal is an error that the phase handles: it leaves out and goes on.",
            refused_count.as_str()
        ));
        return (theme::MARK, text);
    }
    match (frame.allocator, frame.heap_calls) {
        (AllocatorKind::Arena, 0) => (
            theme::GOOD,
            LineBuffer::format(format_args!(
                "{count} temporary objects were made for this frame, all in memory set aside \
                 before. When the next frame begins, one pointer moves back and they are gone."
            )),
        ),
        (AllocatorKind::Arena, _) => (
            theme::MARK,
            LineBuffer::format(format_args!(
                "The arenas are growing to the size of a frame and ask the system for memory. \
                 Once settled they ask for none. Temporary objects in this frame: {count}."
            )),
        ),
        (AllocatorKind::Heap, _) => (
            theme::BAD,
            LineBuffer::format(format_args!(
                "{count} temporary objects were made for this frame, each asked from the system \
                 and given back alone. Press A for the frame arenas: same picture, no heap calls."
            )),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::verdict;
    use crate::model::{AllocatorKind, DashboardFrame, PhaseFigures};
    use crate::window::theme;

    fn frame(allocator: AllocatorKind, heap_calls: u64) -> DashboardFrame<'static> {
        let phase = PhaseFigures { alloc_count: 411, ..PhaseFigures::default() };
        DashboardFrame {
            effect_name: "",
            effect_description: "",
            effect_index: 0,
            allocator,
            is_paused: false,
            particle_count: 0,
            particle_cap: 0,
            emission_factor: 1.0,
            emission_per_sec: 0.0,
            gravity_m_per_sec2: 0.0,
            heap_calls,
            simulation_ms: 0.0,
            budget_bytes: None,
            phases: [phase; 3],
        }
    }

    #[test]
    fn what_a_budget_refuses_is_told_whatever_the_heap_did() {
        let mut frame = frame(AllocatorKind::Heap, u64::MAX);
        frame.phases[1].refused_count = 1_000_000;
        let (color, text) = verdict(&frame);
        assert_eq!(color, theme::MARK);
        assert!(
            text.as_str().starts_with("Objects refused in this frame: 1,000,000; made: 1,233.")
        );
        assert!(text.as_str().ends_with("goes on."), "not cut");
    }

    #[test]
    fn the_sentence_fits_what_is_seen() {
        let (color, text) = verdict(&frame(AllocatorKind::Arena, 0));
        assert_eq!(color, theme::GOOD);
        assert!(text.as_str().starts_with("1,233 temporary objects"));
        assert!(text.as_str().ends_with("they are gone."), "not cut");
        let (color, text) = verdict(&frame(AllocatorKind::Heap, u64::MAX));
        assert_eq!(color, theme::BAD);
        assert!(text.as_str().ends_with("no heap calls."), "not cut");
        let (color, _) = verdict(&frame(AllocatorKind::Arena, 2));
        assert_eq!(color, theme::MARK);
    }
}
