//! Between the protocols' JSON and the browser's.

use incoming_protocol::Json;
use js_sys::{Array, JSON, Object};
use serde::Serialize as _;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::{JsCast, JsValue};

/// No protocol nests deeper; a server that does is not understood.
const DEEPEST: u32 = 16;

/// The members of an object on its way to JavaScript.
#[cfg(any(feature = "npm", feature = "_requests"))]
#[derive(Default)]
pub(crate) struct Members(Vec<(String, Json)>);

#[cfg(any(feature = "npm", feature = "_requests"))]
impl Members {
    /// One of any kind.
    #[inline(never)]
    pub(crate) fn add(&mut self, name: &str, value: Json) {
        self.0.push((name.to_owned(), value));
    }

    /// `null` for no text.
    #[inline(never)]
    pub(crate) fn add_text(&mut self, name: &str, text: Option<&str>) {
        self.add(name, text.map_or(Json::Null, Json::from));
    }

    /// `null` for no number.
    #[cfg(feature = "npm")]
    #[inline(never)]
    pub(crate) fn add_number(&mut self, name: &str, number: Option<f64>) {
        self.add(name, number.map_or(Json::Null, Json::Number));
    }

    /// A number of bytes or of something else.
    #[inline(never)]
    pub(crate) fn add_count(&mut self, name: &str, count: u64) {
        self.add(name, count.into());
    }

    /// `true` or `false`.
    #[cfg(feature = "npm")]
    #[inline(never)]
    pub(crate) fn add_flag(&mut self, name: &str, flag: bool) {
        self.add(name, flag.into());
    }
}

#[cfg(any(feature = "npm", feature = "_requests"))]
impl From<Members> for Json {
    fn from(members: Members) -> Json {
        Json::Object(members.0)
    }
}

/// Reads a text. `None` if it is no JSON.
pub(crate) fn parse(text: &str) -> Option<Json> {
    from_js(&JSON::parse(text).ok()?)
}

/// The value as JavaScript has it.
pub(crate) fn to_js(json: &Json) -> JsValue {
    json.serialize(&Serializer::json_compatible()).unwrap_or_default()
}

/// Writes a value as text.
pub(crate) fn text_of(json: &Json) -> Option<String> {
    JSON::stringify(&to_js(json)).ok()?.as_string()
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
        let mut items = Vec::new();
        for item in value.unchecked_ref::<Array>().iter() {
            items.push(nested(&item, depth)?);
        }
        Some(Json::List(items))
    } else if value.is_object() {
        let mut members = Vec::new();
        for entry in Object::entries(value.unchecked_ref()).iter() {
            let pair: &Array = entry.unchecked_ref();
            members.push((pair.get(0).as_string()?, nested(&pair.get(1), depth)?));
        }
        Some(Json::Object(members))
    } else {
        // What no JSON has, such as a function, is nothing that anybody expects.
        Some(Json::Number(f64::NAN))
    }
}
