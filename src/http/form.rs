//! Parameters in addresses and in forms.

use incoming_protocol::http::{Field, Part, Query};
use incoming_protocol::joined;
use wasm_bindgen::prelude::*;
use web_sys::Blob;

use super::given::encoded;

#[wasm_bindgen]
extern "C" {
    /// What has names and values.
    type Pairs;
    #[wasm_bindgen(method)]
    fn append(this: &Pairs, name: &str, value: &str);

    /// What a form is without a file.
    #[wasm_bindgen(extends = Pairs)]
    type URLSearchParams;
    #[wasm_bindgen(constructor)]
    fn new() -> URLSearchParams;

    /// What a form is with a file.
    #[wasm_bindgen(extends = Pairs)]
    type FormData;
    #[wasm_bindgen(constructor)]
    fn new() -> FormData;
    #[wasm_bindgen(method, js_name = append)]
    fn append_blob(this: &FormData, name: &str, bytes: &Blob, filename: &str);
}

type Pair = (String, String);

/// What browsers call a part of a file.
const UNNAMED: &str = "blob";

/// Puts the page's own parameters where their prefix stands.
fn expand(fields: &[Field], params: &[Pair], add: &mut dyn FnMut(&str, &str)) {
    for field in fields {
        match field {
            Field::Pair(name, value) => add(name, value),
            Field::Extra(prefix) => {
                for (name, value) in params {
                    add(&joined(&[prefix, name]), value);
                }
            }
        }
    }
}

/// What is added to an address.
pub(super) fn query(query: &Query, params: &[Pair]) -> String {
    let mut text = String::new();
    expand(&query.fields, params, &mut |name, value| {
        text.push_str(if text.is_empty() { "" } else { "&" });
        push_encoded(&mut text, name, query.plus);
        text.push('=');
        push_encoded(&mut text, value, query.plus);
    });
    text
}

fn push_encoded(query: &mut String, text: &str, plus: bool) {
    if !plus {
        return query.push_str(&encoded(text));
    }
    for (i, word) in text.split(' ').enumerate() {
        query.push_str(if i > 0 { "+" } else { "" });
        query.push_str(&encoded(word));
    }
}

/// A form without a file.
pub(super) fn encoded_form(fields: &[Field], params: &[Pair]) -> JsValue {
    let form = URLSearchParams::new();
    fill(&form, fields, params);
    form.into()
}

/// A form with bytes of the file as its last part.
pub(super) fn multipart(fields: &[Field], params: &[Pair], part: &Part, bytes: &Blob) -> JsValue {
    let form = FormData::new();
    fill(&form, fields, params);
    // Of a whole file a browser would say its own name, whatever is in it.
    let filename = part.filename.as_deref().unwrap_or(UNNAMED);
    form.append_blob(&part.name, bytes, filename);
    form.into()
}

fn fill(form: &Pairs, fields: &[Field], params: &[Pair]) {
    expand(fields, params, &mut |name, value| form.append(name, value));
}
