//! The file, whose bytes never come here.

use std::ops::Range;

use incoming_protocol::Event;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use crate::page::{is_branded, text_member};
use crate::{number, whole};

#[wasm_bindgen]
extern "C" {
    /// A blob, whose slices are no reason to fail.
    type Slices;
    #[wasm_bindgen(method)]
    fn slice(this: &Slices, start: f64, end: f64, media_type: &str) -> Blob;
}

/// The file or the blob, from whatever window it is.
pub(crate) fn blob(value: &JsValue) -> Option<&Blob> {
    is_branded(value, "Blob", "size").then(|| value.unchecked_ref())
}

/// The size in bytes.
pub(crate) fn size_of(blob: &Blob) -> u64 {
    whole(blob.size())
}

/// The name of a file; a `Blob` has none.
pub(crate) fn name_of(blob: &Blob) -> String {
    text_member(blob, "name").unwrap_or_else(|| "blob".to_owned())
}

/// The path inside a folder that was chosen, or the name.
pub(crate) fn relative_path_of(blob: &Blob) -> String {
    let path = text_member(blob, "webkitRelativePath").filter(|path| !path.is_empty());
    path.unwrap_or_else(|| name_of(blob))
}

/// A part of the file, without reading it. The whole is the file itself, which costs the browser less
/// than a slice of everything, and keeps its own type; of it a browser sends what it has become meanwhile.
pub(crate) fn slice(blob: &Blob, range: &Range<u64>, media_type: Option<&str>) -> Blob {
    if *range == (0..size_of(blob)) {
        return blob.clone();
    }
    let own = blob.type_();
    let slices: &Slices = blob.unchecked_ref();
    slices.slice(number(range.start), number(range.end), media_type.unwrap_or(&own))
}

/// Finds out whether the file can still be read, by its last byte: of an empty slice a browser reads
/// nothing, and a folder may have the size 0.
pub(crate) async fn check(blob: &Blob) -> Event {
    let size = size_of(blob);
    let last = slice(blob, &(size.saturating_sub(1)..size), None);
    match JsFuture::from(last.array_buffer()).await {
        Ok(_) => Event::FileIntact,
        Err(thrown) => Event::FileUnreadable(why(&thrown)),
    }
}

fn why(thrown: &JsValue) -> String {
    match text_member(thrown, "name").unwrap_or_default().as_str() {
        "NotFoundError" => "it is a folder, or was moved or deleted".to_owned(),
        "NotReadableError" => "it was changed, or it may not be read".to_owned(),
        other => other.to_owned(),
    }
}
