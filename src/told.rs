//! What `js/host.js` tells of what it was asked for.

use std::time::Duration;

use incoming_protocol::http::{RequestId, Response};
use incoming_protocol::{Attempt, Event, Md5};
use wasm_bindgen::prelude::*;

use crate::{Driver, json, whole};

/// The file cannot be read, or is another one now. `js/outcomes.js` has the same.
const UNREADABLE: u8 = 0;
/// What finds out what was asked for could not be loaded.
const UNABLE: u8 = 1;
/// The page has no upload id.
const REFUSED: u8 = 2;
/// Another page sends the file.
const OCCUPIED: u8 = 3;

impl Driver {
    fn heard(&self, attempt: u32, event: Event) {
        self.0.heard(Attempt::of_number(attempt), event);
    }

    fn heard_whenever(&self, event: Event) {
        self.0.heard(self.0.attempt(), event);
    }
}

#[wasm_bindgen]
impl Driver {
    /// The browser believes that it has a network again.
    pub fn came_online(&self) {
        self.heard_whenever(Event::CameOnline);
    }

    /// The connection is open.
    pub fn opened(&self, attempt: u32) {
        self.heard(attempt, Event::Connected);
    }

    /// The server sent this, or something that is no JSON if it is undefined.
    pub fn received(&self, attempt: u32, message: &JsValue) {
        self.heard(attempt, json::from_js(message).map_or(Event::Garbled, Event::Received));
    }

    /// The connection is gone.
    pub fn closed(&self, attempt: u32, code: u16, reason: String) {
        self.heard(attempt, Event::Disconnected { code, reason });
    }

    /// So many bytes of the body of a request have left.
    pub fn loaded(&self, attempt: u32, request: u32, bytes: f64) {
        self.heard(attempt, Event::Loaded(RequestId(request), whole(bytes)));
    }

    /// A request was answered; with status 0 it was not, and the text says why. `digests` are of
    /// what arrived, in this request and in all: `md5,md5`, either of which may be empty. In
    /// `retry_after` seconds the server wants to be asked again; 0 if it does not say.
    #[expect(clippy::too_many_arguments, reason = "an object would be a larger download")]
    pub fn answered(
        &self,
        attempt: u32,
        request: u32,
        status: u16,
        text: String,
        digests: &str,
        json: &JsValue,
        retry_after: f64,
    ) {
        let id = RequestId(request);
        self.heard(
            attempt,
            if status == 0 {
                Event::RequestLost(id, text)
            } else {
                let json = json::from_js(json);
                let (content, file) = digests.split_once(',').unwrap_or_default();
                let (digest, file_digest) = (Md5::parse(content), Md5::parse(file));
                let retry_after = Duration::from_secs(whole(retry_after));
                let response = Response { status, text, json, retry_after, digest, file_digest };
                Event::Responded(id, response)
            },
        );
    }

    /// So many bytes of the whole file are hashed.
    pub fn hashed(&self, bytes: f64) {
        self.heard_whenever(Event::Hashed(whole(bytes)));
    }

    /// The digest of a part of the file; or why there is none, and whether it is because the file
    /// cannot be read or is another one now. That of the whole file belongs to no attempt.
    pub fn digested(
        &self,
        attempt: u32,
        start: f64,
        end: f64,
        text: String,
        is_file_changed: Option<bool>,
    ) {
        let range = whole(start)..whole(end);
        let is_whole = range == (0..self.0.size());
        let event = match (is_file_changed, Md5::parse(&text)) {
            (None, Some(md5)) => Event::Digested(range, md5),
            (Some(true), _) => Event::FileUnreadable(text),
            _ => Event::NotDigested(text),
        };
        if is_whole { self.heard_whenever(event) } else { self.heard(attempt, event) }
    }

    /// What an earlier page has left, or what begins a new upload, or undefined if
    /// there is nothing more than is known here.
    pub fn recalled(&self, attempt: u32, kept: &JsValue) {
        self.heard(attempt, Event::Recalled(json::from_js(kept)));
    }

    /// What is the matter with the file, or with what was asked for.
    pub fn learned(&self, attempt: u32, outcome: u8, text: String) {
        let event = match outcome {
            UNREADABLE => Event::FileUnreadable(text),
            UNABLE => Event::NotDigested(text),
            REFUSED => Event::Refused(text),
            OCCUPIED => Event::Occupied,
            _ => Event::FileIntact,
        };
        self.heard(attempt, event);
    }

    /// The time of the wait of this number is over.
    pub fn woke(&self, attempt: u32, number: u8) {
        self.0.woke(Attempt::of_number(attempt), number);
    }
}
