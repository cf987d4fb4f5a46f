//! How a Rust front end begins an upload.

use std::future::Future;
use std::time::Duration;

use incoming_protocol::{Error, Protocol, Verification, milliseconds};
use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;
use web_sys::Blob;

use crate::error::misuse;
use crate::snapshot::Snapshot;
use crate::uploader::{OnChange, Uploader};
use crate::{number, parts};

/// What is chosen of an upload before it begins. Made by [`Uploader::builder`].
#[must_use = "nothing is uploaded before `start`"]
pub struct Builder {
    file: Blob,
    upload_id: JsValue,
    options: Object,
    on_progress: Option<OnChange>,
    parts_url: Option<String>,
}

impl Builder {
    pub(crate) fn new(file: Blob) -> Builder {
        Builder {
            file,
            upload_id: JsValue::NULL,
            options: Object::new(),
            on_progress: None,
            parts_url: None,
        }
    }

    /// How to talk to the server. Default: the first protocol of this build, `Incoming` unless its
    /// feature is off.
    pub fn protocol(self, protocol: Protocol) -> Builder {
        self.option("protocol", protocol.name())
    }

    /// Where the server is, as a URL or as a path on the page's own host.
    pub fn endpoint(self, endpoint: &str) -> Builder {
        self.option("endpoint", endpoint)
    }

    /// What the server knows the upload by: the ticket of Incoming!!, the identifier of Resumable.js, the
    /// uuid of Fine Uploader. Default: none, which only protocols that make one themselves take.
    pub fn ticket(mut self, ticket: &str) -> Builder {
        self.upload_id = ticket.into();
        self
    }

    /// A function that gets the ticket when the upload begins, and again when the server does not know
    /// it any more. An `Err` that is [transient](Error::is_transient), such as [`Error::Postponed`], is
    /// tried again, as the rule for losses says; any other, such as [`Error::Refused`], ends the upload
    /// in these words.
    pub fn ticket_from<F, T>(mut self, ticket: F) -> Builder
    where
        F: Fn() -> T + 'static,
        T: Future<Output = Result<String, Error>> + 'static,
    {
        self.upload_id = function(move || {
            let ticket = ticket();
            future_to_promise(
                async move { ticket.await.map(JsValue::from).map_err(|e| thrown(&e)) },
            )
        });
        self
    }

    /// A header of every request, for protocols over HTTP.
    pub fn header(self, name: &str, value: &str) -> Builder {
        self.member("headers", name, value)
    }

    /// A function that gives the headers of each request, instead of [`header`](Builder::header): for
    /// tokens that expire. An `Err` is as one of [`ticket_from`](Builder::ticket_from).
    pub fn headers_from<F, T>(self, headers: F) -> Builder
    where
        F: Fn() -> T + 'static,
        T: Future<Output = Result<Vec<(String, String)>, Error>> + 'static,
    {
        let function = function(move || {
            let headers = headers();
            future_to_promise(async move {
                let object = Object::new();
                for (name, value) in headers.await.map_err(|error| thrown(&error))? {
                    Reflect::set(&object, &name.into(), &value.into())?;
                }
                Ok(object.into())
            })
        });
        self.option("headers", function)
    }

    /// A parameter of every request, for protocols over HTTP.
    pub fn param(self, name: &str, value: &str) -> Builder {
        self.member("params", name, value)
    }

    /// Cookies go to other origins, too. Default: false.
    pub fn with_credentials(self, is_wanted: bool) -> Builder {
        self.option("with_credentials", is_wanted)
    }

    /// The largest chunk in bytes. Default: as the protocol says.
    pub fn chunk_size(self, bytes: u64) -> Builder {
        self.option("chunk_size", number(bytes))
    }

    /// How many attempts in a row may fail without a byte confirmed. Default: any number.
    pub fn attempts(self, attempts: u32) -> Builder {
        self.member("retry", "attempts", attempts)
    }

    /// The longest wait before the first new attempt after a loss, the second and so on; the last one
    /// repeats. Default: 0.5, 1, 2, 4, 8, 16, 30 seconds.
    pub fn delays(self, delays: &[Duration]) -> Builder {
        let delays = delays.iter().map(|delay| JsValue::from(number(milliseconds(*delay))));
        self.member("retry", "delays", delays.collect::<Array>())
    }

    /// How long nothing may move before a connection counts as lost. Default: 60 seconds.
    pub fn stall_timeout(self, timeout: Duration) -> Builder {
        self.option("stall_timeout_ms", number(milliseconds(timeout)))
    }

    /// What is compared with what arrived, by MD5. Default: nothing. Needs [`parts_url`](Builder::parts_url).
    pub fn verify(self, verify: Verification) -> Builder {
        self.option("verify", verify.name())
    }

    /// Goes on where another page has left the same file, and keeps what another page needs for
    /// that. Default: false. Needs [`parts_url`](Builder::parts_url).
    pub fn resume(self, is_wanted: bool) -> Builder {
        self.option("resume", is_wanted)
    }

    /// Where `digest.js` and `checkpoints.js` of the npm package lie, with the files beside them: what
    /// hashes and what resumes is only loaded when it is needed, such as `/assets/incoming-uploader/`.
    pub fn parts_url(mut self, url: &str) -> Builder {
        self.parts_url = Some(url.to_owned());
        self
    }

    /// Any option of the JavaScript API, by its name there; `retry` and others that are objects as such.
    pub fn option(self, name: &str, value: impl Into<JsValue>) -> Builder {
        // Nobody has frozen the object.
        let _ = Reflect::set(&self.options, &name.into(), &value.into());
        self
    }

    fn member(self, group: &str, name: &str, value: impl Into<JsValue>) -> Builder {
        let known = Reflect::get(&self.options, &group.into()).unwrap_or_default();
        let object = if known.is_object() { known } else { Object::new().into() };
        let _ = Reflect::set(&object, &name.into(), &value.into());
        self.option(group, object)
    }

    /// Called when anything has changed, at every end as well.
    pub fn on_progress(mut self, on_progress: impl Fn(&Snapshot) + 'static) -> Builder {
        self.on_progress = Some(Box::new(on_progress));
        self
    }

    /// An uploader that does nothing before its [`start`](Uploader::start).
    ///
    /// # Errors
    /// A misuse that names the option that is unknown or wrong.
    pub fn build(self) -> Result<Uploader, Error> {
        let page = Object::new();
        let set = |name: &str, value: &JsValue| Reflect::set(&page, &name.into(), value);
        let set_all = || {
            set("file", &self.file)?;
            set("upload_id", &self.upload_id)?;
            set("options", &self.options)?;
            parts::add_loaders(&page, self.parts_url.as_deref())
        };
        set_all().map_err(|thrown| misuse(&thrown))?;
        Uploader::new(page.unchecked_into(), self.on_progress)
    }

    /// Makes an uploader and starts it.
    ///
    /// # Errors
    /// A misuse that names the option that is unknown or wrong.
    pub fn start(self) -> Result<Uploader, Error> {
        let uploader = self.build()?;
        uploader.start()?;
        Ok(uploader)
    }
}

/// An error as the JavaScript API throws it.
fn thrown(error: &Error) -> JsValue {
    let thrown: JsValue = js_sys::Error::new(&error.words()).into();
    if !matches!(error, Error::Lost(_)) {
        let _ = Reflect::set(&thrown, &"name".into(), &"UploadError".into());
        let _ = Reflect::set(&thrown, &"kind".into(), &error.kind().into());
    }
    thrown
}

fn function(make: impl Fn() -> Promise + 'static) -> JsValue {
    let closure = Closure::<dyn Fn() -> Promise>::new(make).into_js_value();
    closure.unchecked_into::<Function>().into()
}
