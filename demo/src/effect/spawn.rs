//! Turns emitters into particles: where they start, how fast, how old. Same effect and seed, same particles.

use super::{Attractor, Effect, Emitter, Lifetime};
use fastrand::Rng;
use std::f32::consts::TAU;

/// Longest step when a particle is advanced to the age that it has at the first frame.
const WARM_STEP_SECS: f32 = 1.0 / 60.0;
/// Most time for which it is advanced: one that lives for hours has come to rest, or goes round.
const WARM_SECS_MAX: f32 = 30.0;
/// Odd constant of SplitMix64, to spread the numbers of shells over the seeds.
const SEED_STRIDE: u64 = 0x9E37_79B9_7F4A_7C15;

/// A particle at birth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spawn {
    /// Where it starts.
    pub position_m: [f32; 2],
    /// How it moves.
    pub velocity_m_per_sec: [f32; 2],
    /// Radius of its body.
    pub radius_m: f32,
    /// Age; above 0 only for the particles of the first frame.
    pub age_secs: f32,
    /// Age at which it is recycled; infinite if never.
    pub lifetime_secs: f32,
    /// Index in `Effect::layers`.
    pub layer: u8,
}

/// The running state of an emitter.
#[derive(Debug, Clone, PartialEq)]
struct State {
    /// Part of the whole emission, 0 to 1.
    share: f32,
    /// Indices of its layers.
    layers: Vec<u8>,
    /// Particles owed, with the fraction that is carried over.
    owed_count: f32,
    /// Time since the last shell.
    since_shell_secs: f32,
    /// Number of the next shell; shells before 0 opened before the first frame.
    shell: i64,
}

/// Emits the particles of one effect. Makes no heap call after [`Spawner::new`].
///
/// 1. Make it with the effect and a seed.
/// 2. Take [`Spawner::warm`] once for each particle that lives at the first frame.
/// 3. Call [`Spawner::tick`] each tick.
///
/// A shell that opens gives all that has been owed for it at once.
#[derive(Debug, Clone)]
pub struct Spawner {
    seed: u64,
    rng: Rng,
    clock_secs: f32,
    states: Vec<State>,
}

impl Spawner {
    /// Makes the emitters of `effect` ready.
    #[must_use]
    pub fn new(effect: &Effect, seed: u64) -> Self {
        let total: f32 = effect.emitters.iter().map(Emitter::share).sum();
        let states = effect.emitters.iter().map(|emitter| State {
            share: emitter.share() / total,
            layers: emitter
                .layers()
                .iter()
                .filter_map(|name| effect.layer_index(name))
                .map(|index| index as u8)
                .collect(),
            owed_count: 0.0,
            since_shell_secs: 0.0,
            shell: 0,
        });
        Self { seed, rng: Rng::with_seed(seed), clock_secs: 0.0, states: states.collect() }
    }

    /// A particle as it could be in the middle of a long run: born some time ago and moved since, without collisions.
    pub fn warm(&mut self, effect: &Effect) -> Spawn {
        let index = self.choose_emitter();
        let lifetime_secs = self.lifetime(effect);
        let wanted_secs =
            if lifetime_secs.is_finite() { self.rng.f32() * lifetime_secs } else { 0.0 };
        let (age_secs, shell) = match effect.emitters[index] {
            Emitter::Burst { period_secs, .. } => {
                let shells_ago = (wanted_secs / period_secs).floor();
                ((shells_ago + 0.5) * period_secs, -1 - shells_ago as i64)
            }
            _ => (wanted_secs, 0),
        };
        let mut spawn = self.place(effect, index, shell, -age_secs);
        spawn.lifetime_secs = lifetime_secs.max(age_secs);
        advance(effect, &mut spawn, age_secs);
        spawn
    }

    /// Emits for one tick: `place` is called for each new particle, about `per_sec * dt_secs` times, but at most
    /// `particle_cap` times for each emitter, of which effects whose particles live for an instant would owe millions.
    pub fn tick(
        &mut self,
        effect: &Effect,
        dt_secs: f32,
        per_sec: f32,
        particle_cap: usize,
        mut place: impl FnMut(Spawn),
    ) {
        self.clock_secs += dt_secs;
        for index in 0..self.states.len() {
            let owed = self.take_owed(effect, index, dt_secs, per_sec);
            for _ in 0..owed.min(particle_cap) {
                let shell = self.states[index].shell;
                let mut spawn = self.place(effect, index, shell, 0.0);
                spawn.lifetime_secs = self.lifetime(effect);
                place(spawn);
            }
        }
    }

    /// Number of particles that an emitter gives now.
    fn take_owed(&mut self, effect: &Effect, index: usize, dt_secs: f32, per_sec: f32) -> usize {
        let state = &mut self.states[index];
        state.owed_count += per_sec * state.share * dt_secs;
        if let Emitter::Burst { period_secs, .. } = effect.emitters[index] {
            state.since_shell_secs += dt_secs;
            if state.since_shell_secs < period_secs {
                return 0;
            }
            state.since_shell_secs -= period_secs;
            state.shell += 1;
        }
        let count = state.owed_count.floor();
        state.owed_count = (state.owed_count - count).max(0.0); // Not NaN where it was infinite.
        count as usize
    }

    /// A random emitter, by share.
    fn choose_emitter(&mut self) -> usize {
        let mut left = self.rng.f32();
        let last = self.states.len() - 1;
        self.states
            .iter()
            .position(|state| {
                left -= state.share;
                left < 0.0
            })
            .unwrap_or(last)
    }

    /// A random lifetime in seconds.
    fn lifetime(&mut self, effect: &Effect) -> f32 {
        match effect.lifetime_secs {
            Lifetime::Forever => f32::INFINITY,
            Lifetime::Secs(range) => range.at(self.rng.f32()),
        }
    }

    /// A particle at its emitter, `offset_secs` from now.
    fn place(&mut self, effect: &Effect, index: usize, shell: i64, offset_secs: f32) -> Spawn {
        let mut layer_share = self.rng.f32();
        let (position_m, velocity_m_per_sec) = match &effect.emitters[index] {
            Emitter::Stream {
                position_m,
                half_width_m,
                direction_degrees,
                spread_degrees,
                speed_m_per_sec,
                ..
            } => {
                let middle = direction_degrees.to_radians();
                let angle = middle + spread_degrees.to_radians() * self.bell();
                let across_m = half_width_m * self.signed();
                let speed = speed_m_per_sec.at(self.rng.f32());
                let start = [
                    position_m[0] - middle.sin() * across_m,
                    position_m[1] + middle.cos() * across_m,
                ];
                (start, [angle.cos() * speed, angle.sin() * speed])
            }
            burst @ Emitter::Burst { .. } => {
                let number = (shell as u64)
                    .wrapping_mul(effect.emitters.len() as u64)
                    .wrapping_add(index as u64);
                // What a shell's particles have in common comes from its number.
                let mut common = Rng::with_seed(self.seed ^ number.wrapping_mul(SEED_STRIDE));
                layer_share = common.f32();
                self.in_shell(burst, &mut common)
            }
            disc @ Emitter::Disc { attractor, .. } => {
                self.in_orbit(disc, &effect.attractors[*attractor], self.clock_secs + offset_secs)
            }
        };
        let layers = &self.states[index].layers;
        let layer = layers[((layer_share * layers.len() as f32) as usize).min(layers.len() - 1)];
        let radius_m = effect.radius_m.at(self.rng.f32());
        let room = effect.half_extents_m.map(|half| (half - radius_m).max(0.0));
        let position_m =
            [position_m[0].clamp(-room[0], room[0]), position_m[1].clamp(-room[1], room[1])];
        Spawn {
            position_m,
            velocity_m_per_sec,
            radius_m,
            age_secs: 0.0,
            lifetime_secs: f32::INFINITY,
            layer,
        }
    }

    /// Position and velocity in a shell that has just opened: denser and faster at the rim.
    fn in_shell(&mut self, burst: &Emitter, common: &mut Rng) -> ([f32; 2], [f32; 2]) {
        let &Emitter::Burst {
            region_centre_m,
            region_half_extents_m,
            shell_radius_m,
            speed_m_per_sec,
            ..
        } = burst
        else {
            return ([0.0; 2], [0.0; 2]);
        };
        let centre_m: [f32; 2] = std::array::from_fn(|axis| {
            region_centre_m[axis] + region_half_extents_m[axis] * (common.f32() * 2.0 - 1.0)
        });
        let full_speed = speed_m_per_sec.at(common.f32());
        let out = self.rng.f32().powf(0.35);
        let (sin, cos) = (self.rng.f32() * TAU).sin_cos();
        let position_m =
            [centre_m[0] + cos * out * shell_radius_m, centre_m[1] + sin * out * shell_radius_m];
        let speed = out * full_speed;
        (position_m, [cos * speed, sin * speed])
    }

    /// Position and velocity on a circular orbit, near one of the arms.
    fn in_orbit(
        &mut self,
        disc: &Emitter,
        round: &Attractor,
        at_secs: f32,
    ) -> ([f32; 2], [f32; 2]) {
        let &Emitter::Disc {
            orbit_radius_m,
            arm_count,
            arm_turns,
            arm_width_degrees,
            arm_turns_per_sec,
            ..
        } = disc
        else {
            return (round.position_m, [0.0; 2]);
        };
        // Radii drawn with a weight between even in radius and even in area: a bright core, a full rim.
        let out = self.rng.f32().powf(0.7);
        let radius_m = orbit_radius_m.at(out);
        let angle = if arm_count == 0 {
            self.rng.f32() * TAU
        } else {
            let arm = self.rng.u8(0..arm_count);
            let turns = f32::from(arm) / f32::from(arm_count) - arm_turns * out.sqrt()
                + arm_turns_per_sec * at_secs;
            turns * TAU + arm_width_degrees.to_radians() * self.bell() * 1.8
        };
        let (sin, cos) = angle.sin_cos();
        let position = [round.position_m[0] + cos * radius_m, round.position_m[1] + sin * radius_m];
        let soft_m2 = radius_m * radius_m + round.softening_m * round.softening_m;
        let speed =
            radius_m * (round.strength_m3_per_sec2.abs() / (soft_m2 * soft_m2.sqrt())).sqrt();
        (position, [-sin * speed, cos * speed])
    }

    /// A number from -1 to 1.
    fn signed(&mut self) -> f32 {
        self.rng.f32() * 2.0 - 1.0
    }

    /// A number from -1 to 1, mostly near 0: the mean of three.
    fn bell(&mut self) -> f32 {
        (self.signed() + self.signed() + self.signed()) / 3.0
    }
}

/// Lets a particle be `secs` old, and moves it so long, but at most [`WARM_SECS_MAX`], under the effect's forces and
/// walls, alone in the world.
fn advance(effect: &Effect, spawn: &mut Spawn, secs: f32) {
    spawn.age_secs = secs;
    let secs = secs.min(WARM_SECS_MAX);
    let steps = (secs / WARM_STEP_SECS).ceil().max(0.0);
    let dt_secs = if steps > 0.0 { secs / steps } else { 0.0 };
    let kept = (-effect.drag_per_sec * dt_secs).exp();
    let room = effect.half_extents_m.map(|half| (half - spawn.radius_m).max(0.0));
    for _ in 0..steps as usize {
        let pull = effect.acceleration_at(spawn.position_m);
        for axis in 0..2 {
            spawn.velocity_m_per_sec[axis] =
                (spawn.velocity_m_per_sec[axis] + pull[axis] * dt_secs) * kept;
            spawn.position_m[axis] += spawn.velocity_m_per_sec[axis] * dt_secs;
            if spawn.position_m[axis].abs() > room[axis] {
                spawn.position_m[axis] = spawn.position_m[axis].clamp(-room[axis], room[axis]);
                spawn.velocity_m_per_sec[axis] *= -effect.restitution;
            }
        }
    }
}
