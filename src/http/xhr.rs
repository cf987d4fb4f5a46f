//! Requests by XMLHttpRequest.

use incoming_protocol::Error;
use js_sys::{Array, Function, JsString, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::EventTarget;

use super::answer::Answer;
use super::{Failure, Ready, misuse};
use crate::listener::Listener;
use crate::page::member;
use crate::whole;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = getEntriesByName)]
    fn entries_of(url: &str) -> Array;

    /// A request, whose methods only fail where it says so.
    #[derive(Clone)]
    #[wasm_bindgen(js_name = XMLHttpRequest)]
    type Xhr;
    #[wasm_bindgen(constructor, js_class = XMLHttpRequest)]
    fn new() -> Xhr;
    #[wasm_bindgen(method, catch)]
    fn open(this: &Xhr, method: &str, url: &str, is_async: bool) -> Result<(), JsValue>;
    #[wasm_bindgen(method, setter, js_name = withCredentials)]
    fn set_with_credentials(this: &Xhr, is_wanted: bool);
    #[wasm_bindgen(method, js_name = setRequestHeader)]
    fn set_header(this: &Xhr, name: &JsValue, value: &JsValue);
    #[wasm_bindgen(method, getter)]
    fn upload(this: &Xhr) -> EventTarget;
    #[wasm_bindgen(method, setter)]
    fn set_onloadend(this: &Xhr, heard: &Function);
    #[wasm_bindgen(method)]
    fn send(this: &Xhr, body: &JsValue);
    #[wasm_bindgen(method)]
    fn abort(this: &Xhr);
    #[wasm_bindgen(method, getter)]
    fn status(this: &Xhr) -> u16;
    #[wasm_bindgen(method, getter, js_name = responseURL)]
    fn url(this: &Xhr) -> String;
    #[wasm_bindgen(method, getter, js_name = responseText)]
    fn text(this: &Xhr) -> String;
    #[wasm_bindgen(method, js_name = getAllResponseHeaders)]
    fn all_headers(this: &Xhr) -> JsString;
    #[wasm_bindgen(method, js_name = getResponseHeader)]
    fn header(this: &Xhr, name: &str) -> Option<String>;
}

/// Sends a request; `loaded` is told how many bytes have left.
pub(super) async fn send(
    ready: &Ready,
    wants: &[&'static str],
    loaded: Box<dyn Fn(u64)>,
) -> Result<Answer, Failure> {
    let xhr = open(ready).map_err(|thrown| misuse(&thrown))?;
    let _progress = Listener::new(&xhr.upload(), "progress", move |event| {
        loaded(whole(member(&event, "loaded").as_f64().unwrap_or_default()));
    });
    let aborted = xhr.clone();
    let _abort = Listener::new(&ready.signal, "abort", move |_| aborted.abort());
    let over = Promise::new(&mut |resolve, _| xhr.set_onloadend(&resolve));
    xhr.send(&ready.body);
    let _ = JsFuture::from(over).await;
    let status = xhr.status();
    if status == 0 {
        return Err(Error::Lost("there was no answer".to_owned()).into());
    }
    // To ask for a header that another origin does not expose is a complaint in the console.
    let all = xhr.all_headers();
    let header = |name: &str| {
        let is_exposed = all.includes(&name.to_ascii_lowercase(), 0);
        is_exposed.then(|| xhr.header(name)).flatten()
    };
    let is_redirected = was_redirected(&ready.url);
    Ok(Answer::new(status, (xhr.url(), is_redirected), xhr.text(), wants, &header))
}

/// Only the times of a request tell, as long as browsers keep them and all of it was on this origin.
fn was_redirected(url: &str) -> bool {
    let timing = entries_of(url).pop();
    member(&timing, "redirectEnd").as_f64().is_some_and(|end| end > 0.0)
}

fn open(ready: &Ready) -> Result<Xhr, JsValue> {
    if ready.signal.aborted() {
        return Err("the attempt is over".into());
    }
    let xhr = Xhr::new();
    xhr.open(&ready.method, &ready.url, true)?;
    xhr.set_with_credentials(ready.with_credentials == Some(true));
    for header in Array::from(&ready.headers).iter() {
        let pair: &Array = header.unchecked_ref();
        xhr.set_header(&pair.get(0), &pair.get(1));
    }
    Ok(xhr)
}
