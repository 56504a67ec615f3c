//! The same tick by plain loops over kept `Vec`s, on one thread: without an ECS, arenas, strips,
//! giants and lists of contacts.

use std::mem;
use std::time::Duration;

use frame_arena::physics::{Contact, Disc, Motion, PhysicsConfig, held_inside, integrated, parted};
use glam::Vec2;

use crate::rounds::timed;
use crate::scene::Scene;

/// A body on its way through the tick, and its place among all.
#[derive(Clone, Copy, Default)]
struct Record {
    disc: Disc,
    body: u32,
}

/// Bodies and what a tick needs, kept from one to the next.
pub struct Plain {
    config: PhysicsConfig,
    scene: Scene,
    is_live: bool,
    motions: Vec<Motion>,
    last_positions: Vec<Vec2>,
    radii: Vec<f32>,
    grid: PlainGrid,
    pairs: Vec<Contact>,
}

impl Plain {
    /// Bodies that are as in a scene before each tick.
    pub fn new(scene: &Scene, config: &PhysicsConfig) -> Self {
        let motions: Vec<Motion> = scene.objects.iter().map(|object| object.motion).collect();
        let radii: Vec<f32> = scene.objects.iter().map(|object| object.radius).collect();
        Self {
            grid: PlainGrid::new(&radii, scene.half_extents_m),
            last_positions: motions.iter().map(|motion| motion.position).collect(),
            config: config.clone(),
            scene: scene.clone(),
            is_live: false,
            motions,
            radii,
            pairs: Vec::new(),
        }
    }

    /// Bodies that move on from a scene: after two seconds of it.
    pub fn live(scene: &Scene, config: &PhysicsConfig) -> Self {
        let mut plain = Self { is_live: true, ..Self::new(scene, config) };
        (0..120).for_each(|_| _ = plain.step());
        plain
    }

    /// Pairs of the last tick.
    pub fn pair_count(&self) -> u64 {
        self.pairs.len() as u64
    }

    /// Puts the bodies in place, unless they move on, and runs a tick, which is timed.
    pub fn step(&mut self) -> Duration {
        if !self.is_live {
            let objects = self.scene.objects.iter();
            self.motions.iter_mut().zip(objects).for_each(|(motion, o)| *motion = o.motion);
        }
        timed(|| self.tick()).0
    }

    fn tick(&mut self) {
        for (motion, last) in self.motions.iter_mut().zip(&mut self.last_positions) {
            *last = motion.position;
            *motion = integrated(*motion, &self.config);
        }
        self.grid.sort(&self.motions, &self.radii);
        self.grid.find_pairs(&mut self.pairs);
        let records = &mut self.grid.sorted;
        let mut part = |contact: &Contact| {
            let places = [contact.a as usize, contact.b as usize];
            let discs =
                parted(places.map(|place| records[place].disc), *contact, self.config.restitution);
            places.into_iter().zip(discs).for_each(|(place, disc)| records[place].disc = disc);
        };
        for round in 0..self.config.relaxation_iterations {
            match round % 2 {
                0 => self.pairs.iter().for_each(&mut part),
                _ => self.pairs.iter().rev().for_each(&mut part),
            }
        }
        for Record { disc, body } in &*records {
            self.motions[*body as usize] = held_inside(disc.motion, disc.radius, &self.config);
        }
    }
}

/// Bodies sorted by cell, in one counting sort. A cell is as wide as the largest body.
struct PlainGrid {
    low: Vec2,
    cells_per_metre: f32,
    columns: usize,
    rows: usize,
    cells: Vec<u32>,
    /// For each cell, the place of its first body; then the number of bodies.
    starts: Vec<u32>,
    sorted: Vec<Record>,
}

impl PlainGrid {
    fn new(radii: &[f32], half_extents_m: Vec2) -> Self {
        let cell_m = radii.iter().copied().fold(0.0, f32::max) * 2.02;
        // And one more at each edge, so that neighbours need no tests.
        let [columns, rows] =
            [half_extents_m.x, half_extents_m.y].map(|half_m| (half_m * 2.0 / cell_m) as usize + 3);
        Self {
            low: -half_extents_m - cell_m,
            cells_per_metre: 1.0 / cell_m,
            columns,
            rows,
            cells: vec![0; radii.len()],
            starts: Vec::new(),
            sorted: vec![Record::default(); radii.len()],
        }
    }

    fn cell(&self, position: Vec2) -> usize {
        let [x, y] = ((position - self.low) * self.cells_per_metre).to_array().map(|x| x as usize);
        y.clamp(1, self.rows - 2) * self.columns + x.clamp(1, self.columns - 2)
    }

    fn sort(&mut self, motions: &[Motion], radii: &[f32]) {
        self.starts.clear();
        self.starts.resize(self.columns * self.rows + 1, 0);
        for (body, motion) in motions.iter().enumerate() {
            let cell = self.cell(motion.position);
            self.cells[body] = cell as u32;
            self.starts[cell + 1] += 1;
        }
        let mut sum = 0;
        // Each cell's end, which its bodies move there, is the start of the next.
        for end in &mut self.starts[1..] {
            sum += mem::replace(end, sum);
        }
        for (body, ((&motion, &radius), &cell)) in
            motions.iter().zip(radii).zip(&self.cells).enumerate()
        {
            let end = &mut self.starts[cell as usize + 1];
            self.sorted[*end as usize] =
                Record { disc: Disc { motion, radius }, body: body as u32 };
            *end += 1;
        }
    }

    /// Always writes a pair and moves on where it is one: no branch asks each test.
    fn find_pairs(&self, pairs: &mut Vec<Contact>) {
        let mut count = 0;
        for (a, one) in self.sorted.iter().enumerate() {
            let cell = self.cell(one.disc.motion.position);
            let start = |cell: usize| self.starts[cell] as usize;
            let above = cell + self.columns;
            for run in [a + 1..start(cell + 2), start(above - 1)..start(above + 2)] {
                if pairs.len() < count + run.len() {
                    pairs.resize((count + run.len()) * 2, Contact { a: 0, b: 0 });
                }
                for (other, b) in self.sorted[run.clone()].iter().zip(run) {
                    let reach = one.disc.radius + other.disc.radius;
                    let way = one.disc.motion.position - other.disc.motion.position;
                    pairs[count] = Contact { a: a as u32, b: b as u32 };
                    count += usize::from(way.length_squared() < reach * reach);
                }
            }
        }
        pairs.truncate(count);
    }
}
