//! Between the protocols' JSON and the browser's.

use incoming_protocol::Json;
use js_sys::{Array, Object};
use wasm_bindgen::{JsCast, JsValue};

/// No protocol nests deeper; a server that does is not understood.
const DEEPEST: u32 = 16;

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
    } else if let Some(list) = value.dyn_ref::<Array>() {
        list.iter().map(|item| nested(&item, depth)).collect::<Option<_>>().map(Json::List)
    } else {
        let entries = Object::entries(value.unchecked_ref());
        entries.iter().map(|entry| member(&entry, depth)).collect::<Option<_>>().map(Json::Object)
    }
}

fn member(entry: &JsValue, depth: u32) -> Option<(String, Json)> {
    let pair: &Array = entry.unchecked_ref();
    Some((pair.get(0).as_string()?, nested(&pair.get(1), depth)?))
}

/// Writes a value.
pub(crate) fn to_js(json: &Json) -> JsValue {
    match json {
        Json::Null => JsValue::NULL,
        Json::Bool(value) => (*value).into(),
        Json::Number(number) => (*number).into(),
        Json::Text(text) => text.into(),
        Json::List(items) => items.iter().map(to_js).collect::<Array>().into(),
        Json::Object(members) => {
            let pairs = members.iter().map(|(key, value)| Array::of2(&key.into(), &to_js(value)));
            Object::from_entries(&pairs.collect::<Array>()).unwrap_or_default().into()
        }
    }
}
