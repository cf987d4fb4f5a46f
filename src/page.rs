//! The page, or the worker, that this runs in.

use js_sys::{Date, Math};

/// Milliseconds since some moment in the past.
pub(crate) fn now_ms() -> f64 {
    Date::now()
}

/// A random number to begin a row of random numbers with.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 2^53")]
pub(crate) fn dice() -> u64 {
    (Math::random() * 9_007_199_254_740_992.0) as u64
}
