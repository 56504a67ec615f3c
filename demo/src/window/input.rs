//! Mouse and keys of one frame as plain values, and what the keys ask for.

use crate::model::{
    AllocatorKind, Command, DashboardFrame, EMISSION_FACTOR_MAX, GRAVITY_MAX_M_PER_SEC2,
    GRAVITY_MIN_M_PER_SEC2,
};
use macroquad::input::{
    KeyCode, MouseButton, is_key_down, is_key_pressed, is_mouse_button_down,
    is_mouse_button_pressed, mouse_position,
};
use macroquad::math::{Rect, Vec2};

/// Emission added by a second of a held key.
const EMISSION_PER_SEC: f32 = 0.8;
/// Gravity added by a second of a held key.
const GRAVITY_M_PER_SEC2_PER_SEC: f32 = 10.0;
/// The keys of the first nine effects.
const EFFECT_KEYS: [KeyCode; 9] = [
    KeyCode::Key1,
    KeyCode::Key2,
    KeyCode::Key3,
    KeyCode::Key4,
    KeyCode::Key5,
    KeyCode::Key6,
    KeyCode::Key7,
    KeyCode::Key8,
    KeyCode::Key9,
];

/// The mouse, in window pixels.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Mouse {
    /// Where it is.
    pub at: Vec2,
    /// The left button went down in this frame.
    pub is_pressed: bool,
    /// The left button is down, or was for less than this frame.
    pub is_left_down: bool,
    /// The right button is down, or was for less than this frame.
    pub is_right_down: bool,
}

impl Mouse {
    /// The mouse now.
    #[must_use]
    pub fn read() -> Self {
        // A tap is shorter than a slow frame: at its end the button is up again.
        let is_down = |button| is_mouse_button_down(button) || is_mouse_button_pressed(button);
        Self {
            at: mouse_position().into(),
            is_pressed: is_mouse_button_pressed(MouseButton::Left),
            is_left_down: is_down(MouseButton::Left),
            is_right_down: is_down(MouseButton::Right),
        }
    }

    /// Whether it is over a rectangle.
    #[must_use]
    pub fn is_over(&self, rect: Rect) -> bool {
        rect.contains(self.at)
    }
}

/// What the keys ask for in one frame.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Keys {
    /// Stop or go on.
    pub is_pause_pressed: bool,
    /// Arena or heap.
    pub is_allocator_pressed: bool,
    /// The effect after this one.
    pub is_next_effect_pressed: bool,
    /// The effect with this index.
    pub effect_index: Option<usize>,
    /// -1, 0 or 1.
    pub emission_direction: f32,
    /// -1, 0 or 1.
    pub gravity_direction: f32,
    /// Take a picture.
    pub is_screenshot_pressed: bool,
    /// Close.
    pub is_quit_pressed: bool,
}

impl Keys {
    /// The keys now.
    #[must_use]
    pub fn read() -> Self {
        let direction = |plus: [KeyCode; 2], minus: [KeyCode; 2]| {
            let is_down = |key| is_key_down(key) || is_key_pressed(key);
            let is_any_down = |keys: [KeyCode; 2]| keys.into_iter().any(is_down);
            f32::from(u8::from(is_any_down(plus))) - f32::from(u8::from(is_any_down(minus)))
        };
        Self {
            is_pause_pressed: is_key_pressed(KeyCode::Space),
            is_allocator_pressed: is_key_pressed(KeyCode::A),
            is_next_effect_pressed: is_key_pressed(KeyCode::E),
            effect_index: EFFECT_KEYS.into_iter().position(is_key_pressed),
            emission_direction: direction(
                [KeyCode::Up, KeyCode::RightBracket],
                [KeyCode::Down, KeyCode::LeftBracket],
            ),
            gravity_direction: direction(
                [KeyCode::Right, KeyCode::Right],
                [KeyCode::Left, KeyCode::Left],
            ),
            is_screenshot_pressed: is_key_pressed(KeyCode::S),
            is_quit_pressed: is_key_pressed(KeyCode::Escape) || is_key_pressed(KeyCode::Q),
        }
    }

    /// Hands each command that the keys ask for to `send`. `effect_count` is the number of effects.
    pub fn commands(
        &self,
        frame: &DashboardFrame<'_>,
        effect_count: usize,
        dt_secs: f32,
        mut send: impl FnMut(Command),
    ) {
        if self.is_pause_pressed {
            send(Command::SetPaused(!frame.is_paused));
        }
        if self.is_allocator_pressed {
            send(Command::SetAllocator(AllocatorKind::other(frame.allocator)));
        }
        if self.is_next_effect_pressed && effect_count > 1 {
            send(Command::SelectEffect((frame.effect_index + 1) % effect_count));
        }
        if let Some(index) = self.effect_index.filter(|&index| index < effect_count) {
            send(Command::SelectEffect(index));
        }
        if self.emission_direction != 0.0 {
            let factor =
                frame.emission_factor + self.emission_direction * EMISSION_PER_SEC * dt_secs;
            send(Command::SetEmission(factor.clamp(0.0, EMISSION_FACTOR_MAX)));
        }
        if self.gravity_direction != 0.0 {
            let gravity = frame.gravity_m_per_sec2
                + self.gravity_direction * GRAVITY_M_PER_SEC2_PER_SEC * dt_secs;
            send(Command::SetGravity(
                gravity.clamp(GRAVITY_MIN_M_PER_SEC2, GRAVITY_MAX_M_PER_SEC2),
            ));
        }
        if self.is_quit_pressed {
            send(Command::Quit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Keys;
    use crate::model::{AllocatorKind, Command, DashboardFrame, PhaseFigures};

    fn frame() -> DashboardFrame<'static> {
        DashboardFrame {
            effect_name: "galaxy",
            effect_description: "",
            effect_index: 2,
            allocator: AllocatorKind::Arena,
            is_paused: false,
            particle_count: 0,
            particle_cap: 0,
            emission_factor: 1.95,
            emission_per_sec: 0.0,
            gravity_m_per_sec2: -9.99,
            heap_calls: 0,
            simulation_ms: 0.0,
            budget_bytes: None,
            phases: [PhaseFigures::default(); 3],
        }
    }

    fn commands(keys: Keys) -> Vec<Command> {
        let mut sent = Vec::new();
        keys.commands(&frame(), 3, 0.5, |command| sent.push(command));
        sent
    }

    #[test]
    fn the_next_effect_after_the_last_is_the_first() {
        assert_eq!(
            commands(Keys { is_next_effect_pressed: true, ..Keys::default() }),
            [Command::SelectEffect(0)]
        );
    }

    #[test]
    fn a_number_without_effect_does_nothing() {
        assert_eq!(commands(Keys { effect_index: Some(3), ..Keys::default() }), []);
    }

    #[test]
    fn held_keys_stop_at_the_ends() {
        let keys = Keys { emission_direction: 1.0, gravity_direction: -1.0, ..Keys::default() };
        assert_eq!(commands(keys), [Command::SetEmission(2.0), Command::SetGravity(-10.0)]);
    }

    #[test]
    fn the_allocator_key_asks_for_the_other_one() {
        let keys = Keys { is_allocator_pressed: true, ..Keys::default() };
        assert_eq!(commands(keys), [Command::SetAllocator(AllocatorKind::Heap)]);
    }
}
