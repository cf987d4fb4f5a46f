//! What `js/host.js` does for the wasm: in JavaScript it is a few lines, here many kilobytes of
//! every download.

use js_sys::Array;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The page's side of one upload.
    pub type Host;

    /// The address of the server: as chosen, or of the protocol on this host or the page's.
    ///
    /// # Errors
    /// A `TypeError` if what was chosen is no address, or no host is known.
    #[wasm_bindgen(method, catch)]
    pub(crate) fn endpoint(
        this: &Host,
        plain: &str,
        secure: &str,
        path: &str,
    ) -> Result<String, JsValue>;

    /// Settles the promise: with nothing when the file was delivered, otherwise with the kind, the
    /// code and the message of the error.
    #[wasm_bindgen(method)]
    pub(crate) fn settle(this: &Host, outcome: &Array);

    /// Finds out the MD5 of a part of the file; returns what stops it. `hashed` gets how many bytes
    /// are hashed; `done` gets 1 and the MD5, or 0 if the file cannot be read or 2 if nothing can be
    /// hashed and why.
    #[wasm_bindgen(method)]
    pub(crate) fn digest(
        this: &Host,
        start: f64,
        end: f64,
        hashed: &JsValue,
        done: &JsValue,
    ) -> web_sys::AbortController;

    /// Carries out a request; returns what aborts it.
    #[wasm_bindgen(method)]
    pub(crate) fn send(
        this: &Host,
        description: &JsValue,
        loaded: &JsValue,
        done: &JsValue,
    ) -> web_sys::AbortController;
}
