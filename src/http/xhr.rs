//! A request by XMLHttpRequest, which is aborted when it is dropped.

use wasm_bindgen::prelude::*;
use web_sys::{ProgressEvent, XmlHttpRequest};

use super::Report;
use super::form::Prepared;
use crate::error::words_of;
use crate::listener::Listener;

pub(super) struct Xhr {
    request: XmlHttpRequest,
    _listeners: Option<[Listener; 3]>,
}

impl Xhr {
    pub(super) fn send(prepared: &Prepared, report: Report) -> Xhr {
        let request = XmlHttpRequest::new().unwrap_throw();
        let listeners = try_send(&request, prepared, &report);
        if let Err(thrown) = &listeners {
            let words = words_of(thrown);
            crate::page::later(move || report.lost(&words));
        }
        Xhr { request, _listeners: listeners.ok() }
    }
}

fn try_send(
    request: &XmlHttpRequest,
    prepared: &Prepared,
    report: &Report,
) -> Result<[Listener; 3], JsValue> {
    request.open(&prepared.method, &prepared.url)?;
    request.set_with_credentials(prepared.with_credentials);
    for (name, value) in &prepared.headers {
        request.set_request_header(name, value)?;
    }
    let listeners = [
        Listener::new(request.upload()?.as_ref(), "progress", {
            let report = report.clone();
            move |event| report.loaded(loaded(&event))
        }),
        Listener::new(request, "load", {
            let (report, request) = (report.clone(), request.clone());
            move |_| {
                let text = request.response_text().ok().flatten().unwrap_or_default();
                report.responded(request.status().unwrap_or(0), text);
            }
        }),
        Listener::new(request, "error", {
            let report = report.clone();
            move |_| report.lost("there was no answer")
        }),
    ];
    request.unchecked_ref::<AnyBody>().send(&prepared.body)?;
    Ok(listeners)
}

impl Drop for Xhr {
    fn drop(&mut self) {
        let _ = self.request.abort();
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size is whole")]
fn loaded(event: &JsValue) -> u64 {
    event.unchecked_ref::<ProgressEvent>().loaded() as u64
}

#[wasm_bindgen]
extern "C" {
    /// An XMLHttpRequest that sends whatever was prepared.
    type AnyBody;

    #[wasm_bindgen(method, catch)]
    fn send(this: &AnyBody, body: &JsValue) -> Result<(), JsValue>;
}
