//! Errors that are thrown at the caller.

use incoming_protocol::joined;
use js_sys::{Reflect, TypeError};
use wasm_bindgen::JsValue;

/// What a caller who passed something wrong gets.
pub(crate) fn type_error(message: &str) -> JsValue {
    TypeError::new(&joined(&["incoming.", message])).into()
}

/// The words of anything that was thrown.
pub(crate) fn words_of(thrown: &JsValue) -> String {
    let member = |name: &str| Reflect::get(thrown, &name.into()).ok()?.as_string();
    thrown.as_string().or_else(|| member("message")).unwrap_or_default()
}
