//! Errors that are thrown at the caller, and what callers throw.

use incoming_protocol::{Error, joined};
use js_sys::TypeError;
use wasm_bindgen::JsValue;

use crate::page::text_member;

/// What a caller who passed something wrong gets.
pub(crate) fn type_error(message: &str) -> JsValue {
    TypeError::new(&joined(&["incoming.", message])).into()
}

/// The same for whoever calls from Rust and knows nothing of the names of JavaScript.
#[cfg(not(feature = "npm"))]
pub(crate) fn misuse(thrown: &JsValue) -> Error {
    let words = words_of(thrown);
    let own = words.strip_prefix("incoming.").and_then(|words| words.split_once(": "));
    Error::Misuse(own.map_or(words.as_str(), |(_, words)| words).to_owned())
}

/// The words of anything that was thrown.
pub(crate) fn words_of(thrown: &JsValue) -> String {
    let message = text_member(thrown, "message");
    let words = thrown.as_string().or(message).filter(|words| !words.is_empty());
    words.unwrap_or_else(|| "something without a message".to_owned())
}

/// What it means that a function of the page threw: an `UploadError` says so itself, anything else
/// may pass.
#[cfg(feature = "_requests")]
pub(crate) fn thrown_by_page(what: &str, thrown: &JsValue) -> Error {
    upload_error(thrown).unwrap_or_else(|| {
        let words = words_of(thrown);
        Error::Postponed(joined(&["the function for ", what, " failed: ", &words]))
    })
}

/// What an `UploadError` means, of whatever copy of this package; `None` for anything else.
pub(crate) fn upload_error(thrown: &JsValue) -> Option<Error> {
    let name = text_member(thrown, "name")?;
    let kind = text_member(thrown, "kind").filter(|_| name == "UploadError")?;
    Some(Error::of_page(&kind, words_of(thrown)))
}
