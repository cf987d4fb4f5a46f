//! What the JavaScript face calls.

use std::rc::Rc;

use incoming_protocol::{Upload, joined};
use js_sys::Object;
use wasm_bindgen::prelude::*;
use web_sys::Blob;

use crate::error::type_error;
use crate::face::Face;
use crate::host::Host;
use crate::{driver, file, json, options};

/// One upload. Its state shows in the properties of the JavaScript object that it was made for.
#[wasm_bindgen]
pub struct Driver(pub(crate) Rc<driver::Driver>);

#[wasm_bindgen]
impl Driver {
    /// Prepares an upload, which does nothing before `start`.
    ///
    /// `host` is what `js/host.js` makes.
    ///
    /// # Errors
    /// A `TypeError` that names the argument or the option that is wrong.
    #[wasm_bindgen(constructor)]
    pub fn new(
        uploader: Object,
        upload_id: &JsValue,
        file: &JsValue,
        options: &JsValue,
        host: Host,
    ) -> Result<Driver, JsValue> {
        let ticket = upload_id.as_string().filter(|id| !id.is_empty());
        let asks_id = upload_id.is_function();
        if !(ticket.is_some() || asks_id || upload_id.is_null() || upload_id.is_undefined()) {
            return Err(type_error(
                "Uploader: expected the upload id, a string or a function, as the first argument",
            ));
        }
        let blob: &Blob = file.dyn_ref().ok_or_else(|| {
            type_error("Uploader: expected a File or a Blob as the second argument")
        })?;
        let chosen = options::read(options)?;
        let endpoint = chosen.endpoint(&host)?;
        let face = Face::new(uploader, host);
        chosen.callbacks(|name, callback| face.set(name, callback));
        let upload = chosen.upload(ticket, asks_id, endpoint, blob)?;
        face.set("filename", &file::name_of(blob).into());
        Ok(Driver(driver::Driver::new(upload, face)))
    }

    /// Begins, or goes on after a pause or an error.
    pub fn start(&self) {
        self.0.act(Upload::start);
    }

    /// Pauses, goes on, or does the other of the two.
    ///
    /// # Errors
    /// A `TypeError` for anything but `'pause'`, `'unpause'` and `'toggle'`.
    pub fn pause(&self, what: &JsValue) -> Result<(), JsValue> {
        let pauses = match what.as_string().as_deref() {
            Some("pause") => true,
            Some("unpause") => false,
            Some("toggle") => !self.0.is_paused(),
            _ => {
                return Err(type_error("pause: expected 'pause', 'unpause' or 'toggle'"));
            }
        };
        if pauses {
            self.0.act(Upload::pause);
        } else if self.0.is_paused() {
            self.0.act(Upload::start);
        }
        Ok(())
    }

    /// Has the file that was delivered removed from the server.
    ///
    /// # Errors
    /// A `TypeError` if nothing was delivered, or if the protocol cannot remove.
    pub fn remove(&self) -> Result<(), JsValue> {
        let mut outcome = Ok(());
        self.0.act(|upload| {
            upload.remove().unwrap_or_else(|error| {
                outcome = Err(type_error(&joined(&["remove: ", &error.words()])));
                Vec::new()
            })
        });
        outcome
    }

    /// What has to be kept so that another page can go on; `undefined` if nothing can be.
    pub fn checkpoint(&self) -> JsValue {
        self.0.checkpoint().as_ref().map_or(JsValue::UNDEFINED, json::to_js)
    }

    /// Gives the upload up, for this reason.
    pub fn cancel(&self, reason: &JsValue) {
        let reason = reason.as_string().unwrap_or_default();
        self.0.act(|upload| upload.cancel(&reason));
    }
}
