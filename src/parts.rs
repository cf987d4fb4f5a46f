//! What Rust front ends load of the npm package when they hash or resume.

use js_sys::Object;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/js/rust.js")]
extern "C" {
    #[wasm_bindgen(js_name = addLoaders, catch)]
    fn add_loaders_at(page: &Object, url: Option<&str>) -> Result<(), JsValue>;
}

/// Gives the objects of an upload the functions that load them.
pub(crate) fn add_loaders(page: &Object, url: Option<&str>) -> Result<(), JsValue> {
    add_loaders_at(page, url)
}
