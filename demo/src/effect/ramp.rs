//! Colours over age or speed.

use super::checks;
use serde::Deserialize;

/// What drives a [`Ramp`].
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum RampOver {
    /// Age as a share of the lifetime; a particle that lives forever stays at 0.
    Age,
    /// Speed as a share of `full_m_per_sec`.
    Speed {
        /// The speed at the end of the ramp.
        #[serde(deserialize_with = "checks::positive")]
        full_m_per_sec: f32,
    },
}

/// A colour at a place of the ramp.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// Place, 0 to 1.
    #[serde(deserialize_with = "checks::unit")]
    pub at: f32,
    /// Colour; alpha scales the light that is added.
    #[serde(deserialize_with = "checks::rgba")]
    pub rgba: [f32; 4],
}

/// Colours between stops, blended linearly.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ramp {
    /// What drives it.
    pub over: RampOver,
    /// At least one stop, in rising order.
    #[serde(deserialize_with = "checks::stops")]
    pub stops: Vec<Stop>,
}

impl Ramp {
    /// Where on the ramp a particle stands, 0 to 1.
    #[must_use]
    pub fn place(&self, age_secs: f32, lifetime_secs: f32, speed_m_per_sec: f32) -> f32 {
        let place = match self.over {
            RampOver::Age => age_secs / lifetime_secs,
            RampOver::Speed { full_m_per_sec } => speed_m_per_sec / full_m_per_sec,
        };
        place.clamp(0.0, 1.0)
    }

    /// The colour at `place`, as the bytes of an instance.
    #[must_use]
    pub fn rgba_at(&self, place: f32) -> [u8; 4] {
        let above =
            self.stops.iter().position(|stop| stop.at >= place).unwrap_or(self.stops.len() - 1);
        let high = self.stops[above];
        let low = self.stops[above.saturating_sub(1)];
        let span = high.at - low.at;
        let share = if span > 0.0 { ((place - low.at) / span).clamp(0.0, 1.0) } else { 1.0 };
        std::array::from_fn(|part| {
            let value = low.rgba[part] + (high.rgba[part] - low.rgba[part]) * share;
            (value * 255.0 + 0.5) as u8
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Ramp, RampOver, Stop};

    fn black_to_white() -> Ramp {
        let stops = vec![Stop { at: 0.0, rgba: [0.0; 4] }, Stop { at: 0.5, rgba: [1.0; 4] }];
        Ramp { over: RampOver::Age, stops }
    }

    #[test]
    fn colours_blend_between_stops_and_hold_after_the_last() {
        let ramp = black_to_white();
        assert_eq!(ramp.rgba_at(0.0), [0; 4]);
        assert_eq!(ramp.rgba_at(0.25), [128; 4]);
        assert_eq!(ramp.rgba_at(0.5), [255; 4]);
        assert_eq!(ramp.rgba_at(1.0), [255; 4]);
    }

    #[test]
    fn a_particle_without_end_stays_at_the_first_stop() {
        assert_eq!(black_to_white().place(1e6, f32::INFINITY, 3.0), 0.0);
    }

    #[test]
    fn speed_is_measured_against_the_full_speed() {
        let ramp = Ramp { over: RampOver::Speed { full_m_per_sec: 4.0 }, ..black_to_white() };
        assert_eq!(ramp.place(0.0, 1.0, 1.0), 0.25);
        assert_eq!(ramp.place(0.0, 1.0, 9.0), 1.0);
    }
}
