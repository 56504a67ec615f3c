//! Where everything stands in a window of some size. Pure: sizes in, rectangles out.

use super::theme::{DESIGN_SIZE, MARGIN, PANEL_WIDTH};
use macroquad::math::{Rect, Vec2, vec2};

/// Smallest scale. At a smaller one, texts would have to be larger than their places to be read.
pub const SCALE_MIN: f32 = 0.85;
/// Space between groups, design units.
const GAP: f32 = 8.0;
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
    /// Its groups from the top: the big number, controls, charts, arenas, frame time.
    pub groups: [Option<Rect>; 5],
}

/// Heights of the groups, design units; what is left belongs to the charts.
const GROUP_HEIGHTS: [f32; 5] = [102.0, 120.0, 0.0, 98.0, 84.0];
/// The charts among the groups.
const CHARTS: usize = 2;
/// What a low window goes without until the charts have room: the controls, for which there are keys, then the frame time.
const SPARED: [usize; 2] = [1, 4];

impl Layout {
    /// Divides a window of this size.
    #[must_use]
    pub fn new(width: f32, height: f32) -> Self {
        let scale = (width / DESIGN_SIZE[0]).min(height / DESIGN_SIZE[1]).max(SCALE_MIN);
        let panel_width = PANEL_WIDTH * scale;
        let panel = Rect::new((width - panel_width).max(0.0), 0.0, panel_width, height);
        let margin = MARGIN * scale;
        let heights = group_heights(height / scale - 2.0 * MARGIN);
        let mut y = margin;
        let groups = heights.map(|group_height| {
            let group_height = group_height? * scale;
            let rect = Rect::new(panel.x + margin, y, panel.w - 2.0 * margin, group_height);
            y += group_height + GAP * scale;
            Some(rect)
        });
        Self { scale, view: Rect::new(0.0, 0.0, panel.x, height), panel, groups }
    }
}

/// The heights of those groups for which there is room. All in design units.
fn group_heights(room: f32) -> [Option<f32>; GROUP_HEIGHTS.len()] {
    let mut heights = GROUP_HEIGHTS.map(Some);
    let mut charts = room - GROUP_HEIGHTS.iter().map(|height| height + GAP).sum::<f32>() + GAP;
    for group in SPARED {
        if charts < CHARTS_MIN {
            charts += GROUP_HEIGHTS[group] + GAP;
            heights[group] = None;
        }
    }
    heights[CHARTS] = Some(charts.max(0.0));
    heights
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
    use super::{Layout, SCALE_MIN, WorldView};
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
            for group in layout.groups.into_iter().flatten() {
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
        let shown = |height| Layout::new(640.0, height).groups.map(|group| group.is_some());
        assert_eq!(shown(600.0), [true; 5]);
        assert_eq!(shown(480.0), [true, false, true, true, true]);
        assert_eq!(shown(380.0), [true, false, true, true, false]);
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
