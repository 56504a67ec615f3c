//! Which bodies are near walls.

use glam::Vec2;

use super::disc::Disc;
use super::grid::Grid;
use super::level::Level;
use super::strip::Strip;
use crate::{FrameVec, ThreadArenas};

/// Cells of a row, as the first and the last.
type Run = (usize, usize);

/// For each row, the cells of which some bodies may be less than `margin_m` inside the walls: those at
/// both ends, or all.
fn cells_near_walls(
    level: Level,
    half_extents_m: Vec2,
    margin_m: f32,
) -> impl Fn(usize) -> [Option<Run>; 2] {
    let inside = half_extents_m - margin_m;
    // Whoever is not inside lies in one of these columns or rows, or beyond. Of a folded level any
    // cell may have such bodies.
    let [columns, rows] = match level.is_folded {
        true => [(0, 0); 2],
        false => level.columns_and_rows_between([-inside, inside]),
    };
    move |row| {
        let first = level.first_in_row(row);
        let last = first + level.last_column as usize;
        let (left, right) = (first + columns.0 as usize, first + columns.1 as usize);
        if rows.0 as usize >= row || row >= rows.1 as usize || left >= right {
            return [Some((first, last)), None];
        }
        [Some((first, left)), Some((right, last))]
    }
}

/// Which of a strip's discs are less than a radius away from a wall. Whoever is pushed further in one
/// tick meets the wall in `write_back`, as does whom the arena refuses.
pub(super) fn near_walls<'a>(
    discs: &[Disc],
    strip: &Strip,
    grid: &Grid,
    half_extents_m: Vec2,
    arenas: &'a ThreadArenas,
) -> &'a [u32] {
    let starts = arenas.get(grid.starts).unwrap_or(&[]);
    let level = grid.giants.filter(|_| strip.is_giants).unwrap_or(grid.level);
    let cells_of = cells_near_walls(level, half_extents_m, 2.0 * level.max_radius);
    let rows = strip.first_row as usize..strip.end_row as usize;
    let mut near = FrameVec::new_in(arenas.local());
    for (first_cell, last_cell) in rows.flat_map(cells_of).flatten() {
        for n in starts[first_cell] - strip.first..starts[last_cell + 1] - strip.first {
            let disc = &discs[n as usize];
            let room = half_extents_m - disc.radius * 2.0;
            if disc.motion.position.abs().cmpgt(room).any() && near.try_push(n).is_err() {
                return near.into_slice();
            }
        }
    }
    near.into_slice()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecs::Workers;
    use crate::physics::collider::CollisionObject;
    use crate::physics::grid::Entry;
    use crate::physics::scene;
    use crate::physics::sort::sort_into_grid;

    #[test]
    fn all_bodies_near_walls_are_found_in_the_cells_near_walls() {
        let half_extents = [(8.0, 8.0), (5.0, 9.0), (9.0, 2.0), (0.3, 7.0), (0.0, 0.0), (2e3, 9.0)];
        let mut folded_count = 0;
        let all = [Vec2::INFINITY, Vec2::new(f32::INFINITY, 3.0)];
        for half_extents_m in all.into_iter().chain(half_extents.map(Vec2::from)) {
            for (squeezed, far_m) in [((1.0, 1.0), 0.0), ((1.0, 0.1), 0.0), ((0.02, 1.0), 1_999.95)]
            {
                let mut objects = scene::uniform(5, 3_000, 0.02, 0.06);
                objects.iter_mut().for_each(|o| o.motion.position *= Vec2::from(squeezed));
                objects.iter_mut().step_by(100).for_each(|giant| giant.radius = 0.7);
                objects.iter_mut().step_by(97).for_each(|far| far.motion.position.x += far_m);
                let (arenas, workers) = (ThreadArenas::new(), Workers::serial());
                let grid = sort_into_grid(&objects, half_extents_m, &arenas, &workers).unwrap();
                folded_count += u32::from(grid.level.is_folded);
                let entries = arenas.get(grid.entries).unwrap();
                let disc_of = |entry: &Entry| {
                    let CollisionObject { motion, radius, .. } = objects[entry.object as usize];
                    Disc { motion, radius }
                };
                let discs: Vec<Disc> = entries.iter().map(disc_of).collect();
                for strip in arenas.get(grid.strips).unwrap() {
                    let own = &discs[strip.places()];
                    let is_near = |n: &u32| {
                        let disc = own[*n as usize];
                        let room = half_extents_m - disc.radius * 2.0;
                        disc.motion.position.abs().cmpgt(room).any()
                    };
                    let wanted: Vec<u32> = (0..strip.len() as u32).filter(is_near).collect();
                    let near = near_walls(own, strip, &grid, half_extents_m, &arenas);
                    assert_eq!(near, wanted, "{half_extents_m} {squeezed:?} {strip:?}");
                }
            }
        }
        assert_eq!(folded_count, 3);
    }
}
