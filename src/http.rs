//! Requests as `js/http.js` takes them.

use incoming_protocol::Md5;
use incoming_protocol::http::{Body, Field, MediaType, Request};
use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::number;

/// Method, address, whether spaces become `+`, query, headers, digests; then what is in the body:
/// fields, the part of the file as start, end and media type, the name of the part, and its file
/// name.
pub(crate) fn describe(request: &Request) -> Array {
    let description = Array::of5(
        &request.method.as_str().into(),
        &request.url.as_str().into(),
        &request.query.plus.into(),
        &fields(&request.query.fields),
        &request.headers.iter().map(|(name, value)| pair(name, value)).collect::<Array>(),
    );
    let add = |value: JsValue| {
        description.push(&value);
    };
    add(digests(request).into());
    match &request.body {
        Body::Empty => {}
        Body::Form(form) => add(fields(form)),
        Body::Bytes { range, media_type } => {
            add(JsValue::UNDEFINED);
            add(bytes(range, *media_type));
        }
        Body::Multipart { fields: form, part } => {
            add(fields(form));
            add(bytes(&part.range, part.media_type));
            add(part.name.as_str().into());
            add(part.filename.as_deref().into());
        }
    }
    description
}

fn bytes(range: &std::ops::Range<u64>, media_type: MediaType) -> JsValue {
    let media_type = match media_type {
        MediaType::OfFile => JsValue::UNDEFINED,
        MediaType::Octets => "application/octet-stream".into(),
    };
    Array::of3(&number(range.start).into(), &number(range.end).into(), &media_type).into()
}

/// What `asking` in `js/verify.js` takes.
fn digests(request: &Request) -> Array {
    let hex = |md5: &Option<Md5>| JsValue::from(md5.as_ref().map(Md5::as_str));
    let wants_file = request.wants_file_digest.into();
    Array::of3(&hex(&request.digest), &wants_file, &hex(&request.damaged_file))
}

/// A parameter is a pair; the place of the page's own is their prefix alone.
fn fields(fields: &[Field]) -> JsValue {
    let entries = fields.iter().map(|field| match field {
        Field::Pair(name, value) => pair(name, value),
        Field::Extra(prefix) => Array::of1(&prefix.as_str().into()),
    });
    entries.collect::<Array>().into()
}

fn pair(name: &str, value: &str) -> Array {
    Array::of2(&name.into(), &value.into())
}
