//! Durations as seconds, whole or with a fraction.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer};

pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("expected seconds, found {text:?}"))?;
    from_f64(seconds)
}

pub(super) fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(value.as_secs_f64())
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(from)?;
    from_f64(seconds).map_err(serde::de::Error::custom)
}

/// A hundred years are enough, and keep every deadline representable.
fn from_f64(seconds: f64) -> Result<Duration, String> {
    let limit = 100.0 * 365.0 * 86400.0;
    if seconds > 0.0 && seconds <= limit {
        return Ok(Duration::from_secs_f64(seconds));
    }
    Err(format!("expected seconds above 0 and at most {limit}, found {seconds}"))
}
