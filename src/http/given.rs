//! Headers and parameters as the page gives them.

use incoming_protocol::{Error, joined};
use js_sys::{Array, Reflect, Symbol};
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

use super::{Failure, misuse};
use crate::error::{thrown_by_page, words_of};
use crate::page::{Page, call_until, is_nothing};

/// No form nests deeper, and what is in itself has no end.
const DEEPEST: u32 = 10;

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
    pub(super) type Headers;
    #[wasm_bindgen(constructor)]
    pub(super) fn new() -> Headers;
    #[wasm_bindgen(method, catch)]
    fn set(this: &Headers, name: &str, value: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method)]
    pub(super) fn get(this: &Headers, name: &str) -> Option<String>;
}

/// One of them: the value is a string of JavaScript, which may be no Unicode.
pub(super) struct NamedValue {
    pub(super) name: String,
    pub(super) value: JsValue,
}

/// What the page gives as an option: an object, what lists pairs, or a function that is called anew
/// for every request and may return a promise.
///
/// # Errors
/// What its function throws, and a misuse for what is no object.
pub(super) async fn given(
    page: &Page,
    name: &str,
    signal: &AbortSignal,
) -> Result<Vec<NamedValue>, Failure> {
    let mut found = page.option(name);
    if found.is_function() {
        let returned = call_until(signal, &found, &JsValue::UNDEFINED).await;
        found = returned.map_err(|thrown| thrown_by_page(name, &thrown))?;
    }
    read(&found, name)
}

fn read(found: &JsValue, name: &str) -> Result<Vec<NamedValue>, Failure> {
    let mut list = Vec::new();
    if is_nothing(found) {
        return Ok(list);
    }
    if !found.is_object() {
        let kind = found.js_typeof().as_string().unwrap_or_default();
        let words = joined(&["expected an object as ", name, ", found ", &kind]);
        return Err(Error::Misuse(words).into());
    }
    let has_pairs = Reflect::has(found, &Symbol::iterator()).unwrap_or(false);
    let pairs = if has_pairs { to_array(found) } else { entries(found) };
    collect(pairs, "", DEEPEST, &mut list)?;
    if list.is_empty() && !has_pairs {
        expect_empty(found, name)?;
    }
    Ok(list)
}

/// `{ a: { b: 1 } }` is `a[b]=1`.
fn collect(
    pairs: Result<Array, JsValue>,
    group: &str,
    depth: u32,
    list: &mut Vec<NamedValue>,
) -> Result<(), Failure> {
    let Some(depth) = depth.checked_sub(1) else {
        let words = "expected objects that end, found one that is in itself or nested too deep";
        return Err(Error::Misuse(words.to_owned()).into());
    };
    for pair in pairs.map_err(|thrown| misuse(&thrown))?.iter() {
        if !Array::is_array(&pair) {
            let words = "expected pairs of a name and a value, found ";
            return Err(Error::Misuse(joined(&[words, &words_of(&pair)])).into());
        }
        let pair: Array = pair.unchecked_into();
        let (key, value) = (text_of(&pair.get(0), "")?, pair.get(1));
        let name = if group.is_empty() { key } else { joined(&[group, "[", &key, "]"]) };
        if value.is_object() {
            let before = list.len();
            collect(entries(&value), &name, depth, list)?;
            if list.len() == before {
                expect_empty(&value, &name)?;
            }
        } else if value.is_function() || value.is_symbol() {
            expect_empty(&value, &name)?;
        } else if !is_nothing(&value) {
            let value = to_text(&value).map_err(|thrown| wrong(&name, &thrown))?;
            list.push(NamedValue { name, value });
        }
    }
    Ok(())
}

/// What is in a date, a file or a map is in none of its members.
///
/// # Errors
/// A misuse for what has something in it nevertheless.
fn expect_empty(value: &JsValue, name: &str) -> Result<(), Failure> {
    let text = to_text(value).map_err(|thrown| wrong(name, &thrown))?;
    let text = text.as_string().unwrap_or_default();
    if text.is_empty() || text == "[object Object]" {
        return Ok(());
    }
    let expected = "expected a text, a number, true, false, or an object or array of these as '";
    Err(Error::Misuse(joined(&[expected, name, "', found ", &text])).into())
}

/// The same as texts of Rust.
///
/// # Errors
/// A misuse for half a character, which no request can carry.
pub(super) fn names_and_values(list: Vec<NamedValue>) -> Result<Vec<(String, String)>, Failure> {
    let mut texts = Vec::new();
    for NamedValue { name, value } in list {
        let value = text_of(&value, &name)?;
        texts.push((name, value));
    }
    Ok(texts)
}

/// A text of Rust, which has no half characters; it belongs to what is called so, or names itself.
fn text_of(value: &JsValue, name: &str) -> Result<String, Failure> {
    let text = value.as_string().unwrap_or_default();
    let name = if name.is_empty() { &text } else { name };
    encode_uri_component(value).map_err(|thrown| wrong(name, &thrown))?;
    Ok(text)
}

/// Sets a header.
///
/// # Errors
/// A misuse for a name or a value that no request can have.
pub(super) fn set_header(headers: &Headers, name: &str, value: &JsValue) -> Result<(), Failure> {
    headers.set(name, value).map_err(|thrown| wrong(name, &thrown))
}

fn wrong(name: &str, thrown: &JsValue) -> Failure {
    Error::Misuse(joined(&["no request can carry '", name, "': ", &words_of(thrown)])).into()
}

/// A text as it stands in an address.
pub(super) fn encoded(text: &str) -> String {
    encode_uri_component(&text.into()).unwrap_or_default()
}
