//! Parameters in addresses and in forms.

use incoming_protocol::http::{Field, Part, Query};
use incoming_protocol::{Error, joined};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, FormData};

use super::given::encoded;

#[wasm_bindgen]
extern "C" {
    /// What a form is without a file.
    type URLSearchParams;
    #[wasm_bindgen(constructor)]
    fn new() -> URLSearchParams;
    #[wasm_bindgen(method)]
    fn append(this: &URLSearchParams, name: &str, value: &str);
}

type Pair = (String, String);

/// What browsers call a part of a file.
const UNNAMED: &str = "blob";

/// Puts the page's own parameters where their prefix stands.
fn expand(fields: &[Field], params: &[Pair], mut add: impl FnMut(&str, &str)) {
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
pub(super) fn query(query: &Query, params: &[Pair]) -> Result<String, Error> {
    let mut text = String::new();
    expand(&query.fields, params, |name, value| {
        text.push_str(if text.is_empty() { "" } else { "&" });
        push_encoded(&mut text, name, query.plus);
        text.push('=');
        push_encoded(&mut text, value, query.plus);
    });
    Ok(text)
}

fn push_encoded(query: &mut String, text: &str, plus: bool) {
    for (i, word) in text.split(' ').enumerate() {
        if i > 0 {
            query.push_str(if plus { "+" } else { "%20" });
        }
        query.push_str(&encoded(word));
    }
}

/// A form without a file.
pub(super) fn encoded_form(fields: &[Field], params: &[Pair]) -> JsValue {
    let form = URLSearchParams::new();
    expand(fields, params, |name, value| form.append(name, value));
    form.into()
}

/// A form with bytes of the file as its last part.
pub(super) fn multipart(fields: &[Field], params: &[Pair], part: &Part, bytes: &Blob) -> JsValue {
    let Ok(form) = FormData::new() else { return JsValue::UNDEFINED };
    expand(fields, params, |name, value| {
        let _ = form.append_with_str(name, value);
    });
    // Of a whole file a browser would say its own name, whatever is in it.
    let filename = part.filename.as_deref().unwrap_or(UNNAMED);
    let _ = form.append_with_blob_and_filename(&part.name, bytes, filename);
    form.into()
}
