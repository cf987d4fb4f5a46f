//! Requests: XMLHttpRequest for file bytes, because only it tells how many have left; fetch for
//! everything else, and for everything where the page wants it so.

mod extras;
mod fetch;
mod form;
mod xhr;

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use incoming_protocol::http::{Request, RequestId, Response};
use incoming_protocol::{Attempt, Event};
use js_sys::Reflect;
use wasm_bindgen::prelude::*;
use web_sys::Blob;

pub(crate) use extras::Extras;
use form::Prepared;

use crate::driver::Driver;
use crate::error::words_of;
use crate::{json, page};

/// The requests of one attempt; whatever is dropped here is aborted on the wire.
#[derive(Default)]
pub(crate) struct Requests {
    live: RefCell<Vec<(RequestId, Live)>>,
}

enum Live {
    /// The page is asked for what it adds.
    Preparing,
    Xhr {
        _request: xhr::Xhr,
    },
    Fetch {
        _request: fetch::Fetch,
    },
}

impl Requests {
    /// Sends a request, after the page was asked for what it adds to it.
    pub(crate) fn send(
        &self,
        driver: &Rc<Driver>,
        attempt: Attempt,
        request: Request,
        extras: Rc<Extras>,
        file: Blob,
    ) {
        let report = Report { driver: Rc::downgrade(driver), attempt, id: request.id };
        self.live.borrow_mut().push((request.id, Live::Preparing));
        wasm_bindgen_futures::spawn_local(async move {
            match extras.resolve().await {
                Ok(added) => {
                    let prepared = form::prepare(&request, &added, &file);
                    report.clone().begin(prepared, &request, extras.wants_fetch);
                }
                Err(thrown) => report.lost(&format!("the page failed: {}", words_of(&thrown))),
            }
        });
    }

    /// Aborts everything.
    pub(crate) fn clear(&self) {
        self.live.take();
    }

    fn replace(&self, id: RequestId, live: impl FnOnce() -> Live) {
        let is_wanted = self.live.borrow().iter().any(|(other, _)| *other == id);
        if is_wanted {
            let live = live();
            let mut all = self.live.borrow_mut();
            all.retain(|(other, _)| *other != id);
            all.push((id, live));
        }
    }

    fn take(&self, id: RequestId) -> Option<Live> {
        let mut live = self.live.borrow_mut();
        let position = live.iter().position(|(other, _)| *other == id)?;
        Some(live.swap_remove(position).1)
    }
}

/// Whom to tell what came of a request.
#[derive(Clone)]
struct Report {
    driver: Weak<Driver>,
    attempt: Attempt,
    id: RequestId,
}

impl Report {
    fn begin(self, prepared: Result<Prepared, JsValue>, request: &Request, wants_fetch: bool) {
        let Some(driver) = self.driver.upgrade() else { return };
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(thrown) => return self.lost(&words_of(&thrown)),
        };
        let uses_xhr = request.body.range().is_some() && !wants_fetch && has_xhr();
        driver.requests().replace(self.id, || {
            if uses_xhr {
                Live::Xhr { _request: xhr::Xhr::send(&prepared, self.clone()) }
            } else {
                Live::Fetch { _request: fetch::Fetch::send(&prepared, self.clone()) }
            }
        });
    }

    fn loaded(&self, bytes: u64) {
        self.tell(Event::Loaded(self.id, bytes));
    }

    fn responded(&self, status: u16, text: String) {
        let json = json::parse(&text);
        self.end(Event::Responded(self.id, Response { status, text, json }));
    }

    fn lost(&self, words: &str) {
        self.end(Event::RequestLost(self.id, words.to_owned()));
    }

    /// The request is over. It is let go of only after the event was told, because what tells it
    /// is a listener of the request.
    fn end(&self, event: Event) {
        let Some(driver) = self.driver.upgrade() else { return };
        let ended = driver.requests().take(self.id);
        if ended.is_some() {
            driver.heard(self.attempt, event);
        }
        page::later(move || drop(ended));
    }

    fn tell(&self, event: Event) {
        if let Some(driver) = self.driver.upgrade() {
            driver.heard(self.attempt, event);
        }
    }
}

fn has_xhr() -> bool {
    Reflect::has(&js_sys::global(), &"XMLHttpRequest".into()).unwrap_or(false)
}
