//! Requests, which JavaScript carries out: what XMLHttpRequest, fetch and FormData need is a few
//! lines there, and many kilobytes of every download here.

use std::rc::Rc;

use incoming_protocol::http::{Body, Field, MediaType, Request, RequestId, Response};
use incoming_protocol::{Attempt, Event, Md5};
use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, Blob};

use crate::driver::Driver;
use crate::host::Host;
use crate::{file, json};

const OCTETS: &str = "application/octet-stream";

/// The requests of one attempt; clearing them aborts them on the wire.
#[derive(Default)]
pub(crate) struct Requests(Vec<Live>);

/// Is told the status and the text, and the digests of what arrived.
type Done = dyn FnMut(u16, String, String);

/// A request that is on its way.
pub(crate) struct Live {
    id: RequestId,
    abort: AbortController,
    _loaded: Closure<dyn FnMut(f64)>,
    _done: Closure<Done>,
}

impl Requests {
    /// Keeps a request until it is over.
    pub(crate) fn keep(&mut self, live: Live) {
        self.0.push(live);
    }

    /// Lets go of a request that is over.
    pub(crate) fn end(&mut self, id: RequestId) {
        self.0.retain(|live| live.id != id);
    }

    /// Aborts everything.
    pub(crate) fn clear(&mut self) {
        self.0.drain(..).for_each(|live| live.abort.abort());
    }
}

/// Sends a request; everything that comes of it is reported to the driver.
pub(crate) fn send(
    driver: &Rc<Driver>,
    attempt: Attempt,
    request: &Request,
    (file, host): (&Blob, &Host),
) -> Live {
    let id = request.id;
    let loaded = {
        let driver = Rc::downgrade(driver);
        Closure::<dyn FnMut(f64)>::new(move |bytes| {
            if let Some(driver) = driver.upgrade() {
                driver.heard(attempt, Event::Loaded(id, whole(bytes)));
            }
        })
    };
    let done = {
        let driver = Rc::downgrade(driver);
        Closure::<Done>::new(move |status, text, digests: String| {
            if let Some(driver) = driver.upgrade() {
                driver.request_is_over(id);
                driver.heard(attempt, outcome(id, status, text, &digests));
            }
        })
    };
    let description = describe(request, file);
    let abort = host.send(&description, loaded.as_ref(), done.as_ref());
    Live { id, abort, _loaded: loaded, _done: done }
}

/// Status 0: there was no answer, and the text says why.
fn outcome(id: RequestId, status: u16, text: String, digests: &str) -> Event {
    if status == 0 {
        return Event::RequestLost(id, text);
    }
    let json = json::parse(&text);
    let (content, file) = digests.split_once(',').unwrap_or_default();
    let (digest, file_digest) = (Md5::parse(content), Md5::parse(file));
    Event::Responded(id, Response { status, text, json, digest, file_digest })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size is whole")]
pub(crate) fn whole(bytes: f64) -> u64 {
    bytes as u64
}

/// What `send` in `js/http.js` takes.
fn describe(request: &Request, blob: &Blob) -> JsValue {
    let headers = request.headers.iter().map(|(name, value)| pair(name, value));
    let headers = headers.collect::<Array>();
    // A file that is sent whole would say its own type.
    if let Body::Bytes { media_type: MediaType::Octets, .. } = &request.body {
        headers.push(&pair("Content-Type", OCTETS));
    }
    let description = Array::of5(
        &request.method.as_str().into(),
        &request.url.as_str().into(),
        &request.query.plus.into(),
        &fields(&request.query.fields),
        &headers,
    );
    let add = |value: JsValue| {
        description.push(&value);
    };
    add(digests(request).into());
    match &request.body {
        Body::Empty => {}
        Body::Form(form) => add(fields(form)),
        Body::Bytes { range, media_type } => {
            add(JsValue::UNDEFINED);
            add(file::slice(blob, range, media_type_of(*media_type, blob)).into());
        }
        Body::Multipart { fields: form, part } => {
            add(fields(form));
            add(file::slice(blob, &part.range, media_type_of(part.media_type, blob)).into());
            add(part.name.as_str().into());
            add(part.filename.as_deref().into());
        }
    }
    description.into()
}

/// What `asking` in `js/verify.js` takes.
fn digests(request: &Request) -> Array {
    let hex = |md5: &Option<Md5>| JsValue::from(md5.as_ref().map(Md5::as_str));
    let wants_file = request.wants_file_digest.into();
    Array::of3(&hex(&request.digest), &wants_file, &hex(&request.damaged_file))
}

fn media_type_of(media_type: MediaType, blob: &Blob) -> String {
    match media_type {
        MediaType::OfFile => blob.type_(),
        MediaType::Octets => OCTETS.to_owned(),
    }
}

/// A parameter is a pair; the place of the page's own is their prefix alone.
fn fields(fields: &[Field]) -> JsValue {
    let entries = fields.iter().map(|field| match field {
        Field::Pair(name, value) => pair(name, value),
        Field::Extra(prefix) => Array::of1(&prefix.as_str().into()),
    });
    entries.collect::<Array>().into()
}

fn pair(name: &str, value: &str) -> Array {
    Array::of2(&name.into(), &value.into())
}
