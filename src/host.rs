//! What `js/host.js` does for one upload: sockets, requests, slices and workers are a few lines in
//! JavaScript, and many kilobytes of every download here. What comes of it is told to
//! [`Driver`](crate::Driver), each under the attempt that it belongs to.

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

    /// Begins to connect; `opened`, `received` and `closed` tell what comes of it.
    ///
    /// # Errors
    /// When the browser refuses the address.
    #[wasm_bindgen(method, catch)]
    pub(crate) fn connect(this: &Host, attempt: u32, url: &str) -> Result<(), JsValue>;

    /// Sends a message as text.
    #[wasm_bindgen(method)]
    pub(crate) fn say(this: &Host, message: &JsValue);

    /// Sends a part of the file as one binary message; the browser reads it when it is its turn.
    #[wasm_bindgen(method)]
    pub(crate) fn send_range(this: &Host, start: f64, end: f64);

    /// How many bytes were sent and have not left the browser yet.
    #[wasm_bindgen(method)]
    pub(crate) fn waiting(this: &Host) -> f64;

    /// Whether the browser believes that it has no network.
    #[wasm_bindgen(method)]
    pub(crate) fn offline(this: &Host) -> bool;

    /// Sends a request; `loaded` and `answered` tell what comes of it.
    #[wasm_bindgen(method)]
    pub(crate) fn request(this: &Host, attempt: u32, id: u32, description: &Array);

    /// Finds out the MD5 of a part of the file; `hashed` and `digested` tell what comes of it.
    #[wasm_bindgen(method)]
    pub(crate) fn digest(this: &Host, attempt: u32, start: f64, end: f64);

    /// Finds out what an earlier page has left, and if there is nothing, the upload id; `recalled`
    /// or `learned` tells.
    #[wasm_bindgen(method)]
    pub(crate) fn recall(this: &Host, attempt: u32);

    /// Finds out whether the file can still be read; `learned` tells.
    #[wasm_bindgen(method)]
    pub(crate) fn check(this: &Host, attempt: u32);

    /// Waits; `woke` tells when it is over. An earlier wait of this number is forgotten.
    #[wasm_bindgen(method)]
    pub(crate) fn wait(this: &Host, attempt: u32, number: u8, milliseconds: f64);

    /// Ends everything that belongs to an attempt.
    #[wasm_bindgen(method)]
    pub(crate) fn hang_up(this: &Host);

    /// Ends everything.
    #[wasm_bindgen(method)]
    pub(crate) fn let_go(this: &Host);
}
