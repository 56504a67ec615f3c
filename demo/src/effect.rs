//! What a particle effect is: plain data, read from a RON file, checked while it is read.
//!
//! The world is flat, x to the right, y up, with walls on the border of a rectangle round the origin. Lengths are
//! metres, times seconds, angles degrees; every field says so in its name.

mod checks;
mod error;
mod library;
mod ramp;
mod spawn;

pub use error::EffectError;
pub use library::{EffectLibrary, News, Reload};
pub use ramp::{Ramp, RampOver, Stop};
pub use spawn::{Spawn, Spawner};

use serde::Deserialize;
use std::path::Path;

/// Particles for which the radii in the effects' files are meant.
pub const MADE_FOR_PARTICLES: u32 = 20_000;

/// A closed interval; `min` is never above `max`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// Smallest value.
    pub min: f32,
    /// Largest value.
    pub max: f32,
}

impl Range {
    /// The value at `share` (0 to 1) of the way from `min` to `max`.
    #[must_use]
    pub fn at(self, share: f32) -> f32 {
        self.min + (self.max - self.min) * share
    }
}

/// How long a particle lives before it is recycled.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub enum Lifetime {
    /// Until the effect ends.
    Forever,
    /// A random time between the two, in seconds.
    Secs(#[serde(deserialize_with = "checks::positive_range")] Range),
}

impl Lifetime {
    /// Mean lifetime in seconds; infinite for [`Lifetime::Forever`].
    #[must_use]
    pub fn mean_secs(self) -> f32 {
        match self {
            Self::Forever => f32::INFINITY,
            Self::Secs(range) => range.at(0.5),
        }
    }
}

/// A point that pulls every particle: `strength * d / (d^2 + softening^2)^1.5` at distance `d` (Plummer's law).
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attractor {
    /// Where it is.
    #[serde(deserialize_with = "checks::finite_pair")]
    pub position_m: [f32; 2],
    /// How hard it pulls; negative pushes.
    #[serde(deserialize_with = "checks::finite")]
    pub strength_m3_per_sec2: f32,
    /// Distance under which the pull stops growing.
    #[serde(deserialize_with = "checks::positive")]
    pub softening_m: f32,
}

/// A set of particles drawn together, in the order of the file: the last one lies on top.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// The name by which emitters choose it.
    #[serde(deserialize_with = "checks::non_empty_text")]
    pub name: String,
    /// Drawn radius per radius of the body.
    #[serde(deserialize_with = "checks::positive")]
    pub size_factor: f32,
    /// Its colours.
    pub ramp: Ramp,
}

/// Where particles come from. `share` weighs the emitters against each other; each particle (each burst, for
/// [`Emitter::Burst`]) takes one of `layers` at random.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Emitter {
    /// A jet from a short line.
    Stream {
        /// Weight among the emitters.
        #[serde(deserialize_with = "checks::positive")]
        share: f32,
        /// Names of the layers it feeds.
        #[serde(deserialize_with = "checks::non_empty_list")]
        layers: Vec<String>,
        /// Middle of the nozzle.
        #[serde(deserialize_with = "checks::finite_pair")]
        position_m: [f32; 2],
        /// Half the width of the nozzle, across the direction.
        #[serde(deserialize_with = "checks::non_negative")]
        half_width_m: f32,
        /// Mean direction; 0 is right, 90 is up.
        #[serde(deserialize_with = "checks::finite")]
        direction_degrees: f32,
        /// Widest angle from the mean direction.
        #[serde(deserialize_with = "checks::non_negative")]
        spread_degrees: f32,
        /// Speed at the nozzle.
        #[serde(deserialize_with = "checks::non_negative_range")]
        speed_m_per_sec: Range,
    },
    /// Shells that open at random places of a region, one each period.
    Burst {
        /// Weight among the emitters.
        #[serde(deserialize_with = "checks::positive")]
        share: f32,
        /// Names of the layers it feeds.
        #[serde(deserialize_with = "checks::non_empty_list")]
        layers: Vec<String>,
        /// Time from one shell to the next.
        #[serde(deserialize_with = "checks::positive")]
        period_secs: f32,
        /// Middle of the region of the shells' centres.
        #[serde(deserialize_with = "checks::finite_pair")]
        region_centre_m: [f32; 2],
        /// Half size of that region.
        #[serde(deserialize_with = "checks::non_negative_pair")]
        region_half_extents_m: [f32; 2],
        /// Radius of the shell when it opens; particles start everywhere inside, the outer ones faster.
        #[serde(deserialize_with = "checks::positive")]
        shell_radius_m: f32,
        /// Speed of the outermost particles, chosen once for each shell.
        #[serde(deserialize_with = "checks::non_negative_range")]
        speed_m_per_sec: Range,
    },
    /// A ring in circular orbit round an attractor, denser along spiral arms.
    Disc {
        /// Weight among the emitters.
        #[serde(deserialize_with = "checks::positive")]
        share: f32,
        /// Names of the layers it feeds.
        #[serde(deserialize_with = "checks::non_empty_list")]
        layers: Vec<String>,
        /// Index of the attractor in `attractors`.
        attractor: usize,
        /// Inner and outer radius.
        #[serde(deserialize_with = "checks::positive_range")]
        orbit_radius_m: Range,
        /// Number of arms; 0 gives an even ring.
        arm_count: u8,
        /// Turns that an arm makes from the inner to the outer radius.
        #[serde(deserialize_with = "checks::finite")]
        arm_turns: f32,
        /// How far a particle starts from the middle of its arm, as a standard deviation.
        #[serde(deserialize_with = "checks::non_negative")]
        arm_width_degrees: f32,
        /// How fast the pattern of the arms turns.
        #[serde(deserialize_with = "checks::finite")]
        arm_turns_per_sec: f32,
    },
}

impl Emitter {
    /// Weight among the emitters of the effect.
    #[must_use]
    pub fn share(&self) -> f32 {
        match self {
            Self::Stream { share, .. } | Self::Burst { share, .. } | Self::Disc { share, .. } => {
                *share
            }
        }
    }

    /// Names of the layers it feeds.
    #[must_use]
    pub fn layers(&self) -> &[String] {
        match self {
            Self::Stream { layers, .. }
            | Self::Burst { layers, .. }
            | Self::Disc { layers, .. } => layers,
        }
    }
}

/// A particle effect. Build one with [`Effect::parse`] or [`Effect::load`], so that it is known to be sound.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effect {
    /// Short name, as `--effect` takes it.
    #[serde(deserialize_with = "checks::non_empty_text")]
    pub name: String,
    /// One line for the dashboard.
    pub description: String,
    /// Half the width and height of the walled world.
    #[serde(deserialize_with = "checks::world_pair")]
    pub half_extents_m: [f32; 2],
    /// Downward pull.
    #[serde(deserialize_with = "checks::finite")]
    pub gravity_m_per_sec2: f32,
    /// Share of the speed lost in a second, as the rate of an exponential.
    #[serde(deserialize_with = "checks::non_negative")]
    pub drag_per_sec: f32,
    /// Share of the speed kept when a particle bounces.
    #[serde(deserialize_with = "checks::unit")]
    pub restitution: f32,
    /// Radius of the bodies.
    #[serde(deserialize_with = "checks::positive_range")]
    pub radius_m: Range,
    /// How long they live.
    pub lifetime_secs: Lifetime,
    /// Most points in a particle's trail, 0 to 12.
    #[serde(deserialize_with = "checks::trail_points")]
    pub trail_points_max: u8,
    /// Time from one point of a trail to the next: the nearest number of ticks, at least one.
    #[serde(deserialize_with = "checks::positive")]
    pub trail_spacing_secs: f32,
    /// Points that pull.
    pub attractors: Vec<Attractor>,
    /// Where particles come from.
    #[serde(deserialize_with = "checks::non_empty_list")]
    pub emitters: Vec<Emitter>,
    /// What they look like: 1 to 256.
    #[serde(deserialize_with = "checks::layers")]
    pub layers: Vec<Layer>,
}

impl Effect {
    /// Reads an effect from RON text; `path` only names the source in errors. A byte order mark, which some editors put
    /// in front, is passed over.
    ///
    /// # Errors
    /// [`EffectError::Invalid`] with line, column and what was expected.
    pub fn parse(text: &str, path: &Path) -> Result<Self, EffectError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let effect: Self =
            ron::from_str(text).map_err(|error| EffectError::from_ron(path, text, &error))?;
        effect.check_references(text, path)?;
        Ok(effect)
    }

    /// Reads an effect from a file.
    ///
    /// # Errors
    /// [`EffectError::Unreadable`] if the file cannot be read, else as [`Effect::parse`].
    pub fn load(path: &Path) -> Result<Self, EffectError> {
        let bytes = std::fs::read(path)
            .map_err(|source| EffectError::Unreadable { path: path.to_owned(), source })?;
        let text = str::from_utf8(&bytes)
            .map_err(|error| EffectError::not_text(path, &bytes, error.valid_up_to()))?;
        Self::parse(text, path)
    }

    /// The effect for so many particles: beyond [`MADE_FOR_PARTICLES`] they are smaller, so that all together they
    /// fill the same part of the world.
    #[must_use]
    pub fn fitted(&self, particle_count: u32) -> Self {
        let times = particle_count.max(MADE_FOR_PARTICLES) as f32 / MADE_FOR_PARTICLES as f32;
        let Range { min, max } = self.radius_m;
        let radius_m = Range { min: min / times.sqrt(), max: max / times.sqrt() };
        Self { radius_m, ..self.clone() }
    }

    /// Index of the layer with this name.
    #[must_use]
    pub fn layer_index(&self, name: &str) -> Option<usize> {
        self.layers.iter().position(|layer| layer.name == name)
    }

    /// Acceleration of a particle at a position, from gravity and attractors, without drag.
    #[must_use]
    pub fn acceleration_at(&self, position_m: [f32; 2]) -> [f32; 2] {
        let start = [0.0, -self.gravity_m_per_sec2];
        self.attractors.iter().fold(start, |sum, attractor| {
            let to =
                [attractor.position_m[0] - position_m[0], attractor.position_m[1] - position_m[1]];
            let soft_m2 =
                to[0] * to[0] + to[1] * to[1] + attractor.softening_m * attractor.softening_m;
            let pull = attractor.strength_m3_per_sec2 / (soft_m2 * soft_m2.sqrt());
            [sum[0] + to[0] * pull, sum[1] + to[1] * pull]
        })
    }

    /// Particles that die per second when `living_count` are alive: the emission that keeps their number.
    #[must_use]
    pub fn emission_per_sec(&self, living_count: usize) -> f32 {
        living_count as f32 / self.lifetime_secs.mean_secs()
    }

    /// What no single field can tell: names of layers and numbers of attractors.
    fn check_references(&self, text: &str, path: &Path) -> Result<(), EffectError> {
        for (index, layer) in self.layers.iter().enumerate() {
            if self.layer_index(&layer.name) != Some(index) {
                let what = format!(
                    "layers: the name \"{}\" is used twice; give each layer its own",
                    layer.name
                );
                return Err(EffectError::at_last(path, text, &format!("\"{}\"", layer.name), what));
            }
        }
        let mut disc_count = 0;
        for (index, emitter) in self.emitters.iter().enumerate() {
            if let Some(name) =
                emitter.layers().iter().find(|name| self.layer_index(name).is_none())
            {
                let known: Vec<&str> =
                    self.layers.iter().map(|layer| layer.name.as_str()).collect();
                let what = format!(
                    "layers: no layer is named \"{name}\"; expected one of: {}",
                    known.join(", ")
                );
                return Err(EffectError::at_layer_of(path, text, index, name, what));
            }
            if let Emitter::Disc { attractor, .. } = emitter {
                if *attractor >= self.attractors.len() {
                    let count = self.attractors.len();
                    let what = format!(
                        "attractor: number {attractor} of {count}; numbers start at 0: use a smaller one"
                    );
                    return Err(EffectError::at_attractor_of(path, text, disc_count, what));
                }
                disc_count += 1;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
