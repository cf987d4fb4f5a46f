//! The page, or the worker, that this runs in.

use js_sys::{Date, Math, Reflect, global};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::EventTarget;

/// Milliseconds since some moment in the past.
pub(crate) fn now_ms() -> f64 {
    Date::now()
}

/// A random number to begin a row of random numbers with.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 2^53")]
pub(crate) fn dice() -> u64 {
    (Math::random() * 9_007_199_254_740_992.0) as u64
}

/// The target of the page's own events, such as `online`.
pub(crate) fn events() -> EventTarget {
    global().unchecked_into()
}

/// A field of the page's address: `host`, `protocol`, `href`. Empty if there is none.
pub(crate) fn location(field: &str) -> String {
    let field = Reflect::get(&global(), &"location".into())
        .and_then(|location| Reflect::get(&location, &field.into()));
    field.unwrap_or(JsValue::NULL).as_string().unwrap_or_default()
}
