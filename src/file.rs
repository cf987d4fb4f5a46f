//! The file, whose bytes never come here.

use js_sys::Reflect;
use wasm_bindgen::prelude::*;
use web_sys::{Blob, File};

/// The name of a file; a `Blob` has none.
pub(crate) fn name_of(blob: &Blob) -> String {
    blob.dyn_ref::<File>().map_or_else(|| "blob".to_owned(), File::name)
}

/// The path inside a folder that was chosen, or the name.
pub(crate) fn relative_path_of(blob: &Blob) -> String {
    let path = Reflect::get(blob, &"webkitRelativePath".into()).ok();
    let path = path.and_then(|path| path.as_string()).filter(|path| !path.is_empty());
    path.unwrap_or_else(|| name_of(blob))
}
