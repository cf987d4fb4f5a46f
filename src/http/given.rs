//! Headers and parameters as the page gives them.

use incoming_protocol::{Error, joined};
use js_sys::{Array, Function, Reflect, Symbol};
use wasm_bindgen::prelude::*;
use web_sys::Headers;

use super::misuse;
use crate::error::{thrown_by_page, words_of};
use crate::page::call;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = String, catch)]
    fn to_text(value: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = encodeURIComponent, catch)]
    fn encode_uri_component(text: &JsValue) -> Result<String, JsValue>;

    #[wasm_bindgen(js_namespace = Object, js_name = entries, catch)]
    fn entries(value: &JsValue) -> Result<Array, JsValue>;

    #[wasm_bindgen(js_namespace = Array, js_name = from, catch)]
    fn to_array(value: &JsValue) -> Result<Array, JsValue>;

    /// Headers that take texts as they are: those of Rust would lose what is no Unicode.
    type RawHeaders;
    #[wasm_bindgen(method, catch)]
    fn set(this: &RawHeaders, name: &JsValue, value: &JsValue) -> Result<(), JsValue>;
}

/// What the page gives: an object, what lists pairs, or a function that is called anew for every
/// request and may return a promise. Pairs of texts.
///
/// # Errors
/// What its function throws, and a misuse for what is no object.
pub(super) async fn given(value: &JsValue, name: &str) -> Result<Vec<Array>, Error> {
    let found = match value.dyn_ref::<Function>().filter(|_| value.is_function()) {
        None if value.is_function() => call(value.unchecked_ref(), &JsValue::UNDEFINED).await,
        Some(function) => call(function, &JsValue::UNDEFINED).await,
        None => Ok(value.clone()),
    };
    let found = found.map_err(|thrown| thrown_by_page(name, &thrown))?;
    if found.is_undefined() || found.is_null() {
        return Ok(Vec::new());
    }
    if !found.is_object() {
        let kind = found.js_typeof().as_string().unwrap_or_default();
        return Err(Error::Misuse(joined(&["expected an object as ", name, ", found ", &kind])));
    }
    let mut pairs = Vec::new();
    let has_pairs = Reflect::has(&found, &Symbol::iterator()).unwrap_or(false);
    let listed = if has_pairs { to_array(&found) } else { entries(&found) };
    collect(listed, None, &mut pairs)?;
    Ok(pairs)
}

/// `{ a: { b: 1 } }` is `a[b]=1`.
fn collect(
    listed: Result<Array, JsValue>,
    prefix: Option<&str>,
    pairs: &mut Vec<Array>,
) -> Result<(), Error> {
    for entry in listed.map_err(|thrown| misuse(&thrown))?.iter() {
        let entry = to_array(&entry).map_err(|thrown| misuse(&thrown))?;
        let (key, value) = (entry.get(0), entry.get(1));
        let is_whole = encode_uri_component(&key);
        let key = key.as_string().unwrap_or_default();
        is_whole.map_err(|thrown| wrong(&key, &thrown))?;
        let name = match prefix {
            None => key,
            Some(prefix) => joined(&[prefix, "[", &key, "]"]),
        };
        if value.is_undefined() || value.is_null() {
        } else if value.is_object() {
            collect(entries(&value), Some(&name), pairs)?;
        } else {
            let text = to_text(&value).map_err(|thrown| wrong(&name, &thrown))?;
            pairs.push(Array::of2(&name.into(), &text));
        }
    }
    Ok(())
}

/// The same as texts of Rust.
///
/// # Errors
/// A misuse for half a character, which no request can carry.
pub(super) fn names_and_values(pairs: &[Array]) -> Result<Vec<(String, String)>, Error> {
    let mut texts = Vec::new();
    for pair in pairs {
        let text = |value: JsValue| value.as_string().unwrap_or_default();
        let (name, value) = (text(pair.get(0)), pair.get(1));
        encode_uri_component(&value).map_err(|thrown| wrong(&name, &thrown))?;
        texts.push((name, text(value)));
    }
    Ok(texts)
}

/// Sets a header.
///
/// # Errors
/// A misuse for a name or a value that no request can have.
pub(super) fn set_header(headers: &Headers, pair: &Array) -> Result<(), Error> {
    let (name, value) = (pair.get(0), pair.get(1));
    let set = headers.unchecked_ref::<RawHeaders>().set(&name, &value);
    set.map_err(|thrown| wrong(&name.as_string().unwrap_or_default(), &thrown))
}

fn wrong(name: &str, thrown: &JsValue) -> Error {
    Error::Misuse(joined(&["no request can carry '", name, "': ", &words_of(thrown)]))
}

/// A text as it stands in an address.
pub(super) fn encoded(text: &str) -> String {
    encode_uri_component(&text.into()).unwrap_or_default()
}
