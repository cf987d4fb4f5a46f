//! Between the protocols' JSON and the browser's.

use incoming_protocol::Json;
use js_sys::{Array, JSON, Object};
use wasm_bindgen::{JsCast, JsValue};

/// No protocol nests deeper; a server that does is not understood.
const DEEPEST: u32 = 16;

/// Reads a text. `None` if it is no JSON.
pub(crate) fn parse(text: &str) -> Option<Json> {
    from_js(&JSON::parse(text).ok()?)
}

/// Writes a value as text.
pub(crate) fn text_of(value: &JsValue) -> Option<String> {
    JSON::stringify(value).ok()?.as_string()
}

/// Reads a value of JavaScript. `None` if there is none, or if it is nested deeper than any
/// protocol needs.
pub(crate) fn from_js(value: &JsValue) -> Option<Json> {
    if value.is_undefined() { None } else { nested(value, DEEPEST) }
}

fn nested(value: &JsValue, depth: u32) -> Option<Json> {
    let depth = depth.checked_sub(1)?;
    if value.is_null() || value.is_undefined() {
        Some(Json::Null)
    } else if let Some(value) = value.as_bool() {
        Some(Json::Bool(value))
    } else if let Some(number) = value.as_f64() {
        Some(Json::Number(number))
    } else if let Some(text) = value.as_string() {
        Some(Json::Text(text))
    } else if Array::is_array(value) {
        let list: &Array = value.unchecked_ref();
        list.iter().map(|item| nested(&item, depth)).collect::<Option<_>>().map(Json::List)
    } else if value.is_object() {
        let entries = Object::entries(value.unchecked_ref());
        entries.iter().map(|entry| entry_of(&entry, depth)).collect::<Option<_>>().map(Json::Object)
    } else {
        None
    }
}

fn entry_of(entry: &JsValue, depth: u32) -> Option<(String, Json)> {
    let pair: &Array = entry.unchecked_ref();
    Some((pair.get(0).as_string()?, nested(&pair.get(1), depth)?))
}
