//! Colours, fonts and sizes of the window. Sizes are design units: pixels of a window of 1280x720.

use macroquad::color::Color;
use macroquad::text::{Font, load_ttf_font_from_bytes};

/// Size of the window that the design is drawn for.
pub const DESIGN_SIZE: [f32; 2] = [1280.0, 720.0];
/// Width of the dashboard.
pub const PANEL_WIDTH: f32 = 388.0;
/// Space between the edge of the panel and what is on it.
pub const MARGIN: f32 = 14.0;

/// Colour of the world behind the particles.
pub const SPACE: Color = rgb(0x05_060B);
/// Middle of the faint light behind the particles.
pub const SPACE_GLOW: Color = rgb(0x0D_1122);
/// Line on the walls of the world.
pub const WALL: Color = rgb(0x1A_2033);
/// Colour of the dashboard.
pub const PANEL: Color = rgb(0x0C_0F17);
/// Colour of a group on it.
pub const CARD: Color = rgb(0x13_1823);
/// Ground of a chart, bar or slider.
pub const WELL: Color = rgb(0x0A_0D14);
/// Thin lines.
pub const LINE: Color = rgb(0x26_2E40);
/// Ground of a button.
pub const BUTTON: Color = rgb(0x1E_2636);
/// Ground of a button under the mouse.
pub const BUTTON_HOVER: Color = rgb(0x2A_3550);
/// Ground of the chosen button, filled part of a slider.
pub const ACCENT: Color = rgb(0x35_6BD8);
/// Main text.
pub const TEXT: Color = rgb(0xE8_ECF5);
/// Explanations.
pub const TEXT_DIM: Color = rgb(0x9A_A5BC);
/// Axis labels and hints.
pub const TEXT_FAINT: Color = rgb(0x70_7B93);
/// As it should be.
pub const GOOD: Color = rgb(0x5F_E8A0);
/// Not as it should be.
pub const BAD: Color = rgb(0xFF_6B6B);
/// High-water marks.
pub const MARK: Color = rgb(0xFF_D866);
/// The phases in the order in which they run: update, physics, render.
pub const PHASES: [Color; crate::model::PHASE_COUNT] =
    [rgb(0x5A_8CFF), rgb(0xF5_9E4C), rgb(0x36_CFB6)];

/// A colour from `0xRRGGBB`.
const fn rgb(hex: u32) -> Color {
    Color { r: part(hex, 16), g: part(hex, 8), b: part(hex, 0), a: 1.0 }
}

/// Eight bits of a colour as a share of 1.
const fn part(hex: u32, shift: u32) -> f32 {
    ((hex >> shift) & 0xFF) as f32 / 255.0
}

/// The same colour with another alpha.
#[must_use]
pub const fn with_alpha(color: Color, alpha: f32) -> Color {
    Color { r: color.r, g: color.g, b: color.b, a: alpha }
}

/// Which font a text is set in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// Sentences.
    Sans,
    /// Headings and the big number.
    Bold,
    /// Figures, so that they do not dance.
    Mono,
}

/// The fonts, loaded into the graphics card.
#[derive(Debug)]
pub struct Fonts {
    faces: [Font; 3],
}

impl Fonts {
    /// Loads the fonts, which are part of the program.
    ///
    /// # Errors
    /// What the font reader says.
    pub fn load() -> Result<Self, String> {
        let load = |bytes: &[u8]| {
            load_ttf_font_from_bytes(bytes).map_err(|error| format!("font: {error}"))
        };
        let faces = [
            load(include_bytes!("../../../assets/fonts/Inter-Regular.otf"))?,
            load(include_bytes!("../../../assets/fonts/Inter-SemiBold.otf"))?,
            load(include_bytes!("../../../assets/fonts/JetBrainsMono-Medium.ttf"))?,
        ];
        Ok(Self { faces })
    }

    /// The font of a face.
    #[must_use]
    pub fn face(&self, face: Face) -> &Font {
        &self.faces[face as usize]
    }
}
