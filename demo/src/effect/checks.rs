//! Checks that run while a field is read, so that the reader knows line and column when one fails.

use super::{Layer, Range, Stop};
use serde::{Deserialize, Deserializer, de::Error};

/// Most points that a trail can have.
pub(super) const TRAIL_POINTS_LIMIT: u8 = 12;
/// Most layers: a particle keeps the index of its own in a byte.
const LAYERS_LIMIT: usize = 1 << u8::BITS;
/// Largest half extent of a world.
const HALF_EXTENT_LIMIT_M: f32 = 1000.0;

/// Reads an `f32` and refuses it with `expected` unless `is_good`.
fn number<'de, D: Deserializer<'de>>(
    from: D,
    is_good: impl Fn(f32) -> bool,
    expected: &str,
) -> Result<f32, D::Error> {
    let value = f32::deserialize(from)?;
    if value.is_finite() && is_good(value) {
        return Ok(value);
    }
    Err(D::Error::custom(format!("{value} given, expected {expected}")))
}

/// Any number but NaN and the infinities.
pub(super) fn finite<'de, D: Deserializer<'de>>(from: D) -> Result<f32, D::Error> {
    number(from, |_| true, "a finite number")
}

/// A number above zero.
pub(super) fn positive<'de, D: Deserializer<'de>>(from: D) -> Result<f32, D::Error> {
    number(from, |value| value > 0.0, "a number above 0")
}

/// Zero or above.
pub(super) fn non_negative<'de, D: Deserializer<'de>>(from: D) -> Result<f32, D::Error> {
    number(from, |value| value >= 0.0, "0 or a number above it")
}

/// Zero to one.
pub(super) fn unit<'de, D: Deserializer<'de>>(from: D) -> Result<f32, D::Error> {
    number(from, |value| (0.0..=1.0).contains(&value), "a number from 0 to 1")
}

/// Reads two numbers and refuses them with `expected` unless each `is_good`.
fn pair<'de, D: Deserializer<'de>>(
    from: D,
    is_good: impl Fn(f32) -> bool,
    expected: &str,
) -> Result<[f32; 2], D::Error> {
    let [x, y] = <[f32; 2]>::deserialize(from)?;
    if x.is_finite() && y.is_finite() && is_good(x) && is_good(y) {
        return Ok([x, y]);
    }
    Err(D::Error::custom(format!("({x}, {y}) given, expected {expected}")))
}

/// Two finite numbers.
pub(super) fn finite_pair<'de, D: Deserializer<'de>>(from: D) -> Result<[f32; 2], D::Error> {
    pair(from, |_| true, "two finite numbers")
}

/// Two numbers of zero or above.
pub(super) fn non_negative_pair<'de, D: Deserializer<'de>>(from: D) -> Result<[f32; 2], D::Error> {
    pair(from, |value| value >= 0.0, "two numbers of 0 or above")
}

/// Half extents of a world.
pub(super) fn world_pair<'de, D: Deserializer<'de>>(from: D) -> Result<[f32; 2], D::Error> {
    pair(
        from,
        |value| value > 0.0 && value <= HALF_EXTENT_LIMIT_M,
        "two numbers above 0 and at most 1000",
    )
}

/// Reads a range, and refuses one that is reversed or has an end that is not `is_good`.
fn range<'de, D: Deserializer<'de>>(
    from: D,
    is_good: impl Fn(f32) -> bool,
    expected: &str,
) -> Result<Range, D::Error> {
    let range = Range::deserialize(from)?;
    let Range { min, max } = range;
    if !(min.is_finite() && max.is_finite() && is_good(min) && is_good(max)) {
        return Err(D::Error::custom(format!(
            "(min: {min}, max: {max}) given, expected {expected}"
        )));
    }
    if min > max {
        return Err(D::Error::custom(format!("min {min} is above max {max}; swap them")));
    }
    Ok(range)
}

/// A range above zero.
pub(super) fn positive_range<'de, D: Deserializer<'de>>(from: D) -> Result<Range, D::Error> {
    range(from, |value| value > 0.0, "two numbers above 0")
}

/// A range from zero.
pub(super) fn non_negative_range<'de, D: Deserializer<'de>>(from: D) -> Result<Range, D::Error> {
    range(from, |value| value >= 0.0, "two numbers of 0 or above")
}

/// Text with at least one visible character.
pub(super) fn non_empty_text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if text.trim().is_empty() {
        return Err(D::Error::custom("empty text given, expected a name"));
    }
    Ok(text)
}

/// A list with at least one element.
pub(super) fn non_empty_list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    let list = Vec::deserialize(from)?;
    if list.is_empty() {
        return Err(D::Error::custom("an empty list given, expected at least one element"));
    }
    Ok(list)
}

/// A count of trail points within the limit.
pub(super) fn trail_points<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    let count = i64::deserialize(from)?; // Wider than the field, so that what does not fit can be told.
    u8::try_from(count).ok().filter(|count| *count <= TRAIL_POINTS_LIMIT).ok_or_else(|| {
        D::Error::custom(format!("{count} given, expected 0 to {TRAIL_POINTS_LIMIT}"))
    })
}

/// The layers: at least one, and no more than particles can tell apart.
pub(super) fn layers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Layer>, D::Error> {
    let layers: Vec<Layer> = non_empty_list(from)?;
    if layers.len() > LAYERS_LIMIT {
        let count = layers.len();
        return Err(D::Error::custom(format!("{count} given, expected 1 to {LAYERS_LIMIT}")));
    }
    Ok(layers)
}

/// The stops of a ramp: at least one, in rising order.
pub(super) fn stops<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Stop>, D::Error> {
    let stops: Vec<Stop> = non_empty_list(from)?;
    if let Some(pair) = stops.windows(2).find(|pair| pair[0].at > pair[1].at) {
        let (first, second) = (pair[0].at, pair[1].at);
        return Err(D::Error::custom(format!(
            "stop at {second} follows stop at {first}; put them in rising order"
        )));
    }
    Ok(stops)
}

/// Red, green, blue and alpha, each from 0 to 1.
pub(super) fn rgba<'de, D: Deserializer<'de>>(from: D) -> Result<[f32; 4], D::Error> {
    let rgba = <[f32; 4]>::deserialize(from)?;
    if rgba.iter().all(|part| (0.0..=1.0).contains(part)) {
        return Ok(rgba);
    }
    let [r, g, b, a] = rgba;
    Err(D::Error::custom(format!(
        "({r}, {g}, {b}, {a}) given, expected red, green, blue, alpha, each from 0 to 1"
    )))
}
