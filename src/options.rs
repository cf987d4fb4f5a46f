//! What a page passes as options.

use std::rc::Rc;

use incoming_protocol::{Error, Job, Json, Options, Protocol, RawOptions, Upload, joined};
use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;

use crate::driver::{Audience, Driver, Source};
use crate::endpoint::{endpoint, is_of_requests, url_of};
use crate::error::type_error;
#[cfg(feature = "npm")]
use crate::page::is_branded;
use crate::page::{self, Page, is_nothing, member};
use crate::{file, json};

/// Options that only requests have: a WebSocket takes no such thing.
const OF_REQUESTS: [&str; 6] =
    ["headers", "params", "with_credentials", "transport", "is_stored", "redirects"];
/// A name, what is expected under it, and whether a value is that.
type Expected = (&'static str, &'static str, fn(&JsValue) -> bool);

/// Options that are no plain data, and what each has to be. Who is told, and what cancels, is no option
/// of the Rust API.
const OWN: &[Expected] = &[
    #[cfg(feature = "npm")]
    ("onprogress", "a function", JsValue::is_function),
    #[cfg(feature = "npm")]
    ("onfinished", "a function", JsValue::is_function),
    #[cfg(feature = "npm")]
    ("oncancelled", "a function", JsValue::is_function),
    #[cfg(feature = "npm")]
    ("onerror", "a function", JsValue::is_function),
    #[cfg(feature = "npm")]
    ("signal", "an AbortSignal", |value| is_branded(value, "AbortSignal", "aborted")),
    ("is_stored", "a function", JsValue::is_function),
    ("headers", "an object, or a function that returns one,", is_given),
    ("params", "an object, or a function that returns one,", is_given),
    ("with_credentials", "true or false", |value| value.as_bool().is_some()),
    ("transport", "'xhr' or 'fetch'", is_transport),
    ("handle", "a FileSystemFileHandle", |value| member(value, "getFile").is_function()),
];

/// What the page has chosen.
struct Chosen {
    protocol: Protocol,
    /// Whatever the protocols read themselves.
    data: Vec<(String, Json)>,
    /// An option that only requests have, if there is any.
    of_requests: Option<&'static str>,
}

/// Prepares the upload of a page's file, which does nothing before its start.
///
/// # Errors
/// A `TypeError` that names the argument or the option that is wrong.
pub(crate) fn prepare(page: &Page, audience: Box<dyn Audience>) -> Result<Rc<Driver>, JsValue> {
    let upload_id = page.upload_id();
    let ticket = upload_id.as_string().filter(|id| !id.is_empty());
    let asks_id = upload_id.is_function();
    if !(ticket.is_some() || asks_id || is_nothing(&upload_id)) {
        return Err(type_error(
            "Uploader: expected the upload id, a string or a function, as the first argument",
        ));
    }
    let value: JsValue = page.file().into();
    let blob = file::blob(&value)
        .ok_or_else(|| type_error("Uploader: expected a File or a Blob as the second argument"))?;
    let chosen = read(&page.options())?;
    let protocol = chosen.protocol;
    let endpoint = endpoint(&page.option("endpoint"), protocol)?;
    let name = file::name_of(blob);
    let mut raw = RawOptions::new(chosen.data);
    raw.know("protocol");
    raw.know("endpoint");
    for (name, ..) in OWN {
        raw.know(name);
    }
    let upload = Options::read(raw).and_then(|mut options| {
        options.asks_id = asks_id;
        let job = Job {
            ticket,
            endpoint: endpoint.clone(),
            name: name.clone(),
            relative_path: file::relative_path_of(blob),
            media_type: blob.type_(),
            size: file::size_of(blob),
            options,
        };
        Upload::new(protocol, job, page::seed())
    });
    let upload = upload.map_err(refused)?;
    let source = Source { protocol, filename: name, endpoint };
    Ok(Driver::new(upload, source, audience))
}

fn read(options: &JsValue) -> Result<Chosen, JsValue> {
    let mut chosen = Chosen { protocol: Protocol::DEFAULT, data: Vec::new(), of_requests: None };
    if is_nothing(options) {
        return Ok(chosen);
    }
    if !options.is_object() || Array::is_array(options) {
        return Err(wrong("options", "an object"));
    }
    for entry in Object::entries(options.unchecked_ref()).iter() {
        let entry: &Array = entry.unchecked_ref();
        let value = entry.get(1);
        if !is_nothing(&value) {
            chosen.take(entry.get(0).as_string().unwrap_or_default(), &value)?;
        }
    }
    match chosen.of_requests {
        Some(name) if chosen.protocol.scheme(false) == "ws" => {
            let words = "is only for protocols over HTTP: a WebSocket takes no such thing";
            Err(type_error(&joined(&["Uploader: ", name, " ", words])))
        }
        _ => Ok(chosen),
    }
}

impl Chosen {
    fn take(&mut self, name: String, value: &JsValue) -> Result<(), JsValue> {
        for other in &OF_REQUESTS {
            if *other == name {
                self.of_requests = Some(other);
            }
        }
        if let Some((_, expected, is_right)) = OWN.iter().find(|(own, ..)| *own == name) {
            return if is_right(value) { Ok(()) } else { Err(wrong(&name, expected)) };
        }
        match name.as_str() {
            "protocol" => self.protocol = protocol(value)?,
            "endpoint" => {}
            "success_endpoint" | "delete_endpoint" => {
                let url = url_of(value).filter(|url| is_of_requests(url));
                let url = url.ok_or_else(|| wrong(&name, "a URL that begins with http: or https:"));
                self.data.push((name, Json::Text(url?)));
            }
            _ => {
                let data = json::from_js(value).ok_or_else(|| wrong(&name, "plain data"))?;
                self.data.push((name, data));
            }
        }
        Ok(())
    }
}

fn refused(error: Error) -> JsValue {
    type_error(&joined(&["Uploader: ", &error.words()]))
}

fn is_given(value: &JsValue) -> bool {
    value.is_function() || (value.is_object() && !Array::is_array(value))
}

fn is_transport(value: &JsValue) -> bool {
    matches!(value.as_string().as_deref(), Some("xhr" | "fetch"))
}

fn protocol(value: &JsValue) -> Result<Protocol, JsValue> {
    let name = value.as_string().unwrap_or_default();
    #[cfg(not(feature = "npm"))]
    if Protocol::named(&name).is_some_and(|protocol| !protocol.is_built()) {
        return Err(type_error(&format!(
            "Uploader: protocol '{name}' is not in this build: add the cargo feature of that name",
        )));
    }
    Protocol::chosen(&name).map_err(refused)
}

fn wrong(name: &str, expected: &str) -> JsValue {
    type_error(&joined(&["Uploader: expected ", expected, " as ", name]))
}
