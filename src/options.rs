//! What a page passes as options.

use incoming_protocol::{Given, Job, Json, Options, Protocol, Upload, joined};
use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::Blob;

use crate::error::type_error;
use crate::host::Host;
use crate::{file, json, page, whole};

/// What the page has chosen.
pub(crate) struct Chosen {
    protocol: Protocol,
    /// Whatever the protocols read themselves.
    data: Vec<(String, Json)>,
    callbacks: Vec<(String, JsValue)>,
    /// An option that only requests have, if there is any.
    of_requests: Option<String>,
}

/// Reads the options of an uploader; `undefined` and `null` choose nothing.
///
/// # Errors
/// A `TypeError` that names the option that is wrong.
pub(crate) fn read(options: &JsValue) -> Result<Chosen, JsValue> {
    let mut chosen = Chosen {
        protocol: Protocol::DEFAULT,
        data: Vec::new(),
        callbacks: Vec::new(),
        of_requests: None,
    };
    if options.is_undefined() || options.is_null() {
        return Ok(chosen);
    }
    if !options.is_object() || Array::is_array(options) {
        return Err(wrong("options", "an object"));
    }
    for key in Object::keys(options.unchecked_ref::<Object>()).iter() {
        let value = Reflect::get(options, &key)?;
        if !value.is_undefined() && !value.is_null() {
            chosen.take(key.as_string().unwrap_or_default(), value)?;
        }
    }
    Ok(chosen)
}

impl Chosen {
    fn take(&mut self, name: String, value: JsValue) -> Result<(), JsValue> {
        match name.as_str() {
            "protocol" => self.protocol = protocol(&value)?,
            "onprogress" | "onfinished" | "oncancelled" | "onerror" => {
                if !value.is_instance_of::<Function>() {
                    return Err(wrong(&name, "a function"));
                }
                self.callbacks.push((name, value));
            }
            "headers" | "params" | "with_credentials" | "transport" => {
                self.of_requests = Some(name);
            }
            // JavaScript reads them.
            "endpoint" | "signal" | "handle" => {}
            _ => {
                let data = json::from_js(&value).ok_or_else(|| wrong(&name, "plain data"))?;
                self.data.push((name, data));
            }
        }
        Ok(())
    }

    /// The address of the server.
    ///
    /// # Errors
    /// A `TypeError` if what was chosen is no address, or no host is known.
    pub(crate) fn endpoint(&self, host: &Host) -> Result<String, JsValue> {
        let protocol = self.protocol;
        host.endpoint(protocol.scheme(false), protocol.scheme(true), protocol.path())
    }

    pub(crate) fn callbacks(&self, mut set: impl FnMut(&str, &JsValue)) {
        self.callbacks.iter().for_each(|(name, callback)| set(name, callback));
    }

    /// The upload of this file.
    ///
    /// # Errors
    /// A `TypeError` that names the option that is unknown or wrong.
    pub(crate) fn upload(
        self,
        ticket: Option<String>,
        asks_id: bool,
        endpoint: String,
        blob: &Blob,
    ) -> Result<Upload, JsValue> {
        if let (Some(name), "ws") = (&self.of_requests, self.protocol.scheme(false)) {
            let words = "is only for protocols over HTTP: a WebSocket takes no such thing";
            return Err(type_error(&joined(&["Uploader: ", name, " ", words])));
        }
        let (name, size) = (file::name_of(blob), whole(blob.size()));
        let upload = Options::read(Given::new(self.data)).and_then(|mut options| {
            options.asks_id = asks_id;
            let relative_path = file::relative_path_of(blob);
            let media_type = blob.type_();
            let job = Job { ticket, endpoint, name, relative_path, media_type, size, options };
            Upload::new(self.protocol, job, page::dice())
        });
        upload.map_err(|error| type_error(&joined(&["Uploader: ", &error.words()])))
    }
}

fn protocol(value: &JsValue) -> Result<Protocol, JsValue> {
    value.as_string().and_then(|name| Protocol::named(&name)).ok_or_else(|| {
        let mut expected = "one of: ".to_owned();
        for (i, protocol) in Protocol::ALL.iter().enumerate() {
            expected.push_str(if i > 0 { ", " } else { "" });
            expected.push_str(protocol.name());
        }
        wrong("protocol", &expected)
    })
}

fn wrong(name: &str, expected: &str) -> JsValue {
    type_error(&joined(&["Uploader: expected ", expected, " as ", name]))
}
