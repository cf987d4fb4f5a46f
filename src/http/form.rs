//! From a request as data to what the browser sends.

use incoming_protocol::http::{Body, Field, MediaType, Part, Query, Request};
use js_sys::encode_uri_component;
use wasm_bindgen::prelude::*;
use web_sys::{Blob, FormData};

use super::extras::Added;
use crate::file;

/// A request in the browser's terms.
pub(super) struct Prepared {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: JsValue,
    pub(super) with_credentials: bool,
}

/// Puts a request together. Bytes of the file are named and not read.
pub(super) fn prepare(request: &Request, added: &Added, file: &Blob) -> Result<Prepared, JsValue> {
    let own = request.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    let mut headers: Vec<_> = own.chain(added.headers.iter().cloned()).collect();
    let body = match &request.body {
        Body::Empty => JsValue::UNDEFINED,
        Body::Bytes { range, media_type } => {
            if *media_type == MediaType::Octets {
                headers.push(("Content-Type".to_owned(), OCTETS.to_owned()));
            }
            file::typed_slice(file, range, type_of(*media_type, file)).into()
        }
        Body::Form(fields) => {
            headers.push(("Content-Type".to_owned(), FORM.to_owned()));
            encode(fields, true, added).into()
        }
        Body::Multipart { fields, part } => multipart(fields, part, added, file)?.into(),
    };
    Ok(Prepared {
        method: request.method.clone(),
        url: address(&request.url, &request.query, added),
        headers,
        body,
        with_credentials: added.with_credentials,
    })
}

const OCTETS: &str = "application/octet-stream";
const FORM: &str = "application/x-www-form-urlencoded";

fn type_of(media_type: MediaType, file: &Blob) -> String {
    match media_type {
        MediaType::OfFile => file.type_(),
        MediaType::Octets => OCTETS.to_owned(),
    }
}

fn multipart(
    fields: &[Field],
    part: &Part,
    added: &Added,
    file: &Blob,
) -> Result<FormData, JsValue> {
    let form = FormData::new()?;
    for (name, value) in expand(fields, added) {
        form.append_with_str(&name, &value)?;
    }
    let bytes = file::typed_slice(file, &part.range, type_of(part.media_type, file));
    match &part.filename {
        Some(filename) => form.append_with_blob_and_filename(&part.name, &bytes, filename)?,
        None => form.append_with_blob(&part.name, &bytes)?,
    }
    Ok(form)
}

fn address(url: &str, query: &Query, added: &Added) -> String {
    let encoded = encode(&query.fields, query.plus, added);
    if encoded.is_empty() {
        return url.to_owned();
    }
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}{encoded}")
}

fn encode(fields: &[Field], plus: bool, added: &Added) -> String {
    let escape = |text: &str| {
        let escaped = String::from(encode_uri_component(text));
        if plus { escaped.replace("%20", "+") } else { escaped }
    };
    let pairs = expand(fields, added).map(|(name, value)| {
        let (name, value) = (escape(&name), escape(&value));
        format!("{name}={value}")
    });
    pairs.collect::<Vec<_>>().join("&")
}

fn expand<'a>(
    fields: &'a [Field],
    added: &'a Added,
) -> impl Iterator<Item = (String, String)> + 'a {
    fields.iter().flat_map(|field| match field {
        Field::Pair(name, value) => vec![(name.clone(), value.clone())],
        Field::Extra(prefix) => added
            .params
            .iter()
            .map(|(name, value)| (format!("{prefix}{name}"), value.clone()))
            .collect(),
    })
}
