//! Requests by XMLHttpRequest.

use incoming_protocol::Error;
use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::XmlHttpRequest;

use super::answer::Answer;
use super::{Ready, misuse};
use crate::listener::Listener;
use crate::page::member;
use crate::whole;

#[wasm_bindgen]
extern "C" {
    /// A request that takes any body.
    type Sender;
    #[wasm_bindgen(method, catch)]
    fn send(this: &Sender, body: &JsValue) -> Result<(), JsValue>;
}

/// Sends a request; `loaded` is told how many bytes have left.
pub(super) async fn send(
    ready: &Ready,
    wants: &[&'static str],
    loaded: impl Fn(u64) + 'static,
) -> Result<Answer, Error> {
    let xhr = open(ready).map_err(|thrown| misuse(&thrown))?;
    let upload = xhr.upload().map_err(|thrown| misuse(&thrown))?;
    let _progress = Listener::new(&upload, "progress", move |event| {
        loaded(whole(member(&event, "loaded").as_f64().unwrap_or_default()));
    });
    let aborted = xhr.clone();
    let _abort = Listener::new(&ready.signal, "abort", move |_| {
        let _ = aborted.abort();
    });
    let over = Promise::new(&mut |resolve, _| xhr.set_onloadend(Some(&resolve)));
    xhr.unchecked_ref::<Sender>().send(&ready.body).map_err(|thrown| misuse(&thrown))?;
    let _ = JsFuture::from(over).await;
    let status = xhr.status().unwrap_or_default();
    if status == 0 {
        return Err(Error::Lost("there was no answer".to_owned()));
    }
    let text = xhr.response_text().ok().flatten().unwrap_or_default();
    // To ask for a header that another origin does not expose is a complaint in the console.
    let headers = xhr.get_all_response_headers().unwrap_or_default();
    Ok(Answer::new(status, xhr.response_url(), text, wants, |name| find(&headers, name)))
}

fn open(ready: &Ready) -> Result<XmlHttpRequest, JsValue> {
    if ready.signal.aborted() {
        return Err("the attempt is over".into());
    }
    let xhr = XmlHttpRequest::new()?;
    xhr.open_with_async(&ready.method, &ready.url, true)?;
    xhr.set_with_credentials(ready.with_credentials == Some(true));
    for header in Array::from(&ready.headers).iter() {
        let pair: &Array = header.unchecked_ref();
        let text = |index| pair.get(index).as_string().unwrap_or_default();
        xhr.set_request_header(&text(0), &text(1))?;
    }
    Ok(xhr)
}

fn find(headers: &str, wanted: &str) -> Option<String> {
    let mut lines = headers.lines().filter_map(|line| line.split_once(':'));
    let found = lines.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
    found.map(|(_, value)| value.trim_ascii().to_owned())
}
