//! What the JavaScript face calls.

use std::cell::RefCell;
use std::rc::Rc;

use incoming_protocol::Upload;
use js_sys::{Function, Object};
use wasm_bindgen::prelude::*;
use web_sys::Blob;

use crate::error::type_error;
use crate::face::Face;
use crate::{driver, file, options};

thread_local! {
    static SERVER_HOSTNAME: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Sets the host, with its port if it needs one, of the server of all uploaders made from now on
/// that are given no endpoint. `null` goes back to the host of the page.
///
/// # Errors
/// A `TypeError` for anything but a string and `null`.
#[wasm_bindgen]
pub fn set_server_hostname(hostname: &JsValue) -> Result<(), JsValue> {
    let name = hostname.as_string().filter(|name| !name.is_empty());
    if name.is_none() && !hostname.is_null() && !hostname.is_undefined() {
        return Err(type_error(
            "set_server_hostname: expected a host such as \"example.org:4000\"",
        ));
    }
    SERVER_HOSTNAME.set(name);
    Ok(())
}

/// One upload. Its state shows in the properties of the JavaScript object that it was made for.
#[wasm_bindgen]
pub struct Driver(Rc<driver::Driver>);

#[wasm_bindgen]
impl Driver {
    /// Prepares an upload, which does nothing before `start`.
    ///
    /// `settle` is called once a run ends: without arguments when the file was delivered, with
    /// the kind, the code and the message of the error when it was not. `send` carries out
    /// requests, as `js/http.js` does.
    ///
    /// # Errors
    /// A `TypeError` that names the argument or the option that is wrong.
    #[wasm_bindgen(constructor)]
    pub fn new(
        uploader: Object,
        upload_id: &JsValue,
        file: &JsValue,
        options: &JsValue,
        settle: Function,
        send: Function,
    ) -> Result<Driver, JsValue> {
        let ticket = upload_id.as_string().filter(|id| !id.is_empty());
        if ticket.is_none() && !upload_id.is_null() && !upload_id.is_undefined() {
            return Err(type_error(
                "Uploader: expected the upload id, a string, as the first argument",
            ));
        }
        let blob: &Blob = file.dyn_ref().ok_or_else(|| {
            type_error("Uploader: expected a File or a Blob as the second argument")
        })?;
        let chosen = options::read(options)?;
        let endpoint = SERVER_HOSTNAME.with_borrow(|host| chosen.endpoint(host.as_deref()))?;
        let face = Face::new(uploader, settle);
        chosen.callbacks(|name, callback| face.set(name, callback));
        let upload = chosen.upload(ticket, endpoint, blob)?;
        face.set("filename", &file::name_of(blob).into());
        Ok(Driver(driver::Driver::new(upload, blob.clone(), send, face)))
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
                outcome = Err(type_error(&format!("remove: {error}")));
                Vec::new()
            })
        });
        outcome
    }

    /// Gives the upload up, for this reason.
    pub fn cancel(&self, reason: &JsValue) {
        let reason = reason.as_string().unwrap_or_default();
        self.0.act(|upload| upload.cancel(&reason));
    }
}
