//! Durations as seconds, whole or with a fraction.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer};

/// A hundred years are enough, and keep every deadline representable.
const LIMIT: f64 = 100.0 * 365.0 * 86400.0;

pub(super) fn parse(text: &str) -> Result<Duration, String> {
    above_zero(number(text)?)
}

pub(super) fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(value.as_secs_f64())
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    above_zero(f64::deserialize(from)?).map_err(serde::de::Error::custom)
}

/// The same, where 0 means something.
pub(super) mod or_zero {
    use super::{Deserialize as _, Deserializer, Duration, from_zero, number};

    pub(in crate::config) fn parse(text: &str) -> Result<Duration, String> {
        from_zero(number(text)?)
    }

    pub(in crate::config) use super::serialize;

    pub(in crate::config) fn deserialize<'de, D>(from: D) -> Result<Duration, D::Error>
    where
        D: Deserializer<'de>,
    {
        from_zero(f64::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

fn number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("expected seconds, found {text:?}"))
}

fn above_zero(seconds: f64) -> Result<Duration, String> {
    match from_zero(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err(format!("expected seconds above 0 and at most {LIMIT}, found {seconds}")),
    }
}

fn from_zero(seconds: f64) -> Result<Duration, String> {
    if (0.0..=LIMIT).contains(&seconds) {
        return Ok(Duration::from_secs_f64(seconds));
    }
    Err(format!("expected seconds from 0 to {LIMIT}, found {seconds}"))
}
