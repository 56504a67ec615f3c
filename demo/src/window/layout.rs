//! Where everything stands in a window of some size. Pure: sizes in, rectangles out.

use super::theme::{DESIGN_SIZE, MARGIN, PANEL_WIDTH};
use macroquad::math::{Rect, Vec2, vec2};

/// Smallest scale. At a smaller one, texts would have to be larger than their places to be read.
pub const SCALE_MIN: f32 = 0.85;
/// Space between groups, design units.
const GAP: f32 = 8.0;
/// Heights of the groups, design units; what they leave belongs to the charts.
const NUMBER: f32 = 102.0;
const CONTROLS: f32 = 120.0;
const ARENAS: f32 = 98.0;
const TIMES: f32 = 84.0;
/// Least height of the charts, design units.
const CHARTS_MIN: f32 = 130.0;

/// The rectangles of a window, in window pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layout {
    /// Window pixels per design unit.
    pub scale: f32,
    /// Where the world is seen.
    pub view: Rect,
    /// The dashboard.
    pub panel: Rect,
    /// Its groups, from the top.
    pub groups: Groups,
}

/// The groups of the dashboard. A low window goes without the controls, for which there are keys, and then without the
/// frame time, until the charts have room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Groups {
    /// The big number.
    pub number: Rect,
    /// Buttons and sliders.
    pub controls: Option<Rect>,
    /// Objects and memory over the last frames.
    pub charts: Rect,
    /// A bar for each phase's arena.
    pub arenas: Rect,
    /// Frame time.
    pub times: Option<Rect>,
}

impl Layout {
    /// Divides a window of this size.
    #[must_use]
    pub fn new(width: f32, height: f32) -> Self {
        let scale = (width / DESIGN_SIZE[0]).min(height / DESIGN_SIZE[1]).max(SCALE_MIN);
        let panel_width = PANEL_WIDTH * scale;
        let panel = Rect::new((width - panel_width).max(0.0), 0.0, panel_width, height);
        let groups = Groups::new(panel, scale);
        Self { scale, view: Rect::new(0.0, 0.0, panel.x, height), panel, groups }
    }
}

impl Groups {
    fn new(panel: Rect, scale: f32) -> Self {
        let room = panel.h / scale - 2.0 * MARGIN;
        let mut charts = room - (NUMBER + CONTROLS + ARENAS + TIMES + 4.0 * GAP);
        let mut fits = |height: f32| {
            let has_room = charts >= CHARTS_MIN;
            if !has_room {
                charts += height + GAP;
            }
            has_room
        };
        let (has_controls, has_times) = (fits(CONTROLS), fits(TIMES));
        let margin = MARGIN * scale;
        let mut y = margin;
        let mut place = |height: f32| {
            let rect = Rect::new(panel.x + margin, y, panel.w - 2.0 * margin, height * scale);
            y += (height + GAP) * scale;
            rect
        };
        Self {
            number: place(NUMBER),
            controls: has_controls.then(|| place(CONTROLS)),
            charts: place(charts.max(0.0)),
            arenas: place(ARENAS),
            times: has_times.then(|| place(TIMES)),
        }
    }
}

/// How a world lies in the view: as large as it fits, in the middle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WorldView {
    /// The walls, in window pixels.
    pub walls: Rect,
    /// Window pixels of a metre.
    pub per_m: f32,
}

impl WorldView {
    /// Fits a world of these half extents into `view`.
    #[must_use]
    pub fn new(view: Rect, half_extents_m: [f32; 2]) -> Self {
        let per_m = (view.w / (2.0 * half_extents_m[0])).min(view.h / (2.0 * half_extents_m[1]));
        let half = Vec2::from(half_extents_m) * per_m;
        let middle = view.point() + view.size() / 2.0;
        Self {
            walls: Rect::new(middle.x - half.x, middle.y - half.y, half.x * 2.0, half.y * 2.0),
            per_m,
        }
    }

    /// Window position of a place of the world.
    #[must_use]
    pub fn to_window(self, position_m: [f32; 2]) -> Vec2 {
        let middle = self.walls.point() + self.walls.size() / 2.0;
        middle + vec2(position_m[0], -position_m[1]) * self.per_m
    }

    /// Place of the world at a window position.
    #[must_use]
    pub fn to_world(self, at: Vec2) -> [f32; 2] {
        let middle = self.walls.point() + self.walls.size() / 2.0;
        let from_middle = (at - middle) / self.per_m;
        [from_middle.x, -from_middle.y]
    }
}

#[cfg(test)]
mod tests {
    use super::{Groups, Layout, SCALE_MIN, WorldView};
    use crate::window::chart::AXIS;
    use crate::window::dashboard::{FIGURE, HEADING};
    use crate::window::painter::TEXT_MIN_DOTS;
    use macroquad::math::{Rect, vec2};

    #[test]
    fn groups_stay_inside_the_panel_at_every_size() {
        for (width, height) in [
            (640.0, 400.0),
            (800.0, 600.0),
            (960.0, 540.0),
            (640.0, 1_200.0),
            (2_000.0, 400.0),
            (1280.0, 720.0),
            (1024.0, 768.0),
            (1920.0, 1080.0),
            (2560.0, 1440.0),
        ] {
            let layout = Layout::new(width, height);
            let mut low = 0.0;
            let Groups { number, controls, charts, arenas, times } = layout.groups;
            let groups = [Some(number), controls, Some(charts), Some(arenas), times];
            for group in groups.into_iter().flatten() {
                assert!(group.y >= low, "groups overlap at {width}x{height}");
                low = group.y + group.h;
                assert!(group.x >= layout.panel.x && group.x + group.w <= width);
                assert!(group.h >= 60.0 * layout.scale, "{group:?} is too low at {width}x{height}");
            }
            assert!(low <= height, "{low} of {height}");
        }
    }

    #[test]
    fn a_low_window_goes_without_what_the_charts_need() {
        let shown = |height| {
            let Groups { controls, times, .. } = Layout::new(640.0, height).groups;
            (controls.is_some(), times.is_some())
        };
        assert_eq!(shown(600.0), (true, true));
        assert_eq!(shown(480.0), (false, true));
        assert_eq!(shown(380.0), (false, false));
    }

    #[test]
    fn no_text_is_larger_than_its_place() {
        for size in [FIGURE.size, HEADING.size, AXIS.size] {
            assert!(size * SCALE_MIN >= TEXT_MIN_DOTS, "{size}");
        }
    }

    #[test]
    fn world_and_window_are_inverse() {
        let world = WorldView::new(Rect::new(0.0, 0.0, 900.0, 720.0), [7.0, 5.6]);
        assert_eq!(world.to_window([0.0, 0.0]), vec2(450.0, 360.0));
        let back = world.to_world(world.to_window([3.0, -2.0]));
        assert!((back[0] - 3.0).abs() < 1e-4 && (back[1] + 2.0).abs() < 1e-4);
    }

    #[test]
    fn a_wide_world_keeps_its_shape() {
        let world = WorldView::new(Rect::new(0.0, 0.0, 800.0, 800.0), [8.0, 4.0]);
        assert_eq!((world.walls.w, world.walls.h, world.walls.y), (800.0, 400.0, 200.0));
    }
}
