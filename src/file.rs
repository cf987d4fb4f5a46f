//! The file, which is only ever sliced.

use std::ops::Range;

use js_sys::{ArrayBuffer, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, File};

use crate::error::words_of;

/// The name of a file; a `Blob` has none.
pub(crate) fn name_of(blob: &Blob) -> String {
    blob.dyn_ref::<File>().map_or_else(|| "blob".to_owned(), File::name)
}

/// The size in bytes.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size is whole")]
pub(crate) fn size_of(blob: &Blob) -> u64 {
    blob.size() as u64
}

/// A part of the file, without reading it, said to be of a type. The whole is the file itself,
/// which costs the browser less than a slice of everything, and keeps its own type.
#[expect(clippy::cast_precision_loss, reason = "sizes in browsers are doubles")]
pub(crate) fn slice(blob: &Blob, range: &Range<u64>, media_type: String) -> Blob {
    if *range == (0..size_of(blob)) {
        return blob.clone();
    }
    let (start, end) = (range.start as f64, range.end as f64);
    blob.slice_with_f64_and_f64_and_content_type(start, end, &media_type)
        .unwrap_or_else(|_| blob.clone())
}

/// The path inside a folder that was chosen, or the name.
pub(crate) fn relative_path_of(blob: &Blob) -> String {
    let path = Reflect::get(blob, &"webkitRelativePath".into()).ok();
    let path = path.and_then(|path| path.as_string()).filter(|path| !path.is_empty());
    path.unwrap_or_else(|| name_of(blob))
}

/// Finds out whether the file can still be read: `None` if so, otherwise the browser's words.
pub(crate) fn check(blob: &Blob, then: impl FnOnce(Option<String>) + 'static) {
    let size = size_of(blob);
    let read = slice(blob, &(size.saturating_sub(1)..size), String::new()).array_buffer();
    let settled = Closure::once_into_js(move |outcome: JsValue| {
        let is_read = outcome.is_instance_of::<ArrayBuffer>();
        then((!is_read).then(|| words(&outcome)));
    });
    read.unchecked_ref::<Settled>().then(&settled, &settled);
}

#[wasm_bindgen]
extern "C" {
    /// A promise whose both outcomes are told to functions.
    type Settled;

    #[wasm_bindgen(method)]
    fn then(this: &Settled, fulfilled: &JsValue, rejected: &JsValue);
}

fn words(thrown: &JsValue) -> String {
    let name = Reflect::get(thrown, &"name".into()).ok().and_then(|name| name.as_string());
    name.unwrap_or_else(|| words_of(thrown))
}
