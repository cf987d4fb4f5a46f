//! Requests by fetch.

use incoming_protocol::Error;
use js_sys::{Object, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::answer::Answer;
use super::given::Headers;
use super::{Failure, Ready, misuse};
use crate::error::words_of;
use crate::page::set;

#[wasm_bindgen]
extern "C" {
    type Request;
    #[wasm_bindgen(constructor, catch)]
    fn new(url: &str, init: &Object) -> Result<Request, JsValue>;

    fn fetch(request: &Request) -> Promise;

    /// An answer whose body nobody has read.
    type Response;
    #[wasm_bindgen(method, getter)]
    fn status(this: &Response) -> u16;
    #[wasm_bindgen(method, getter)]
    fn url(this: &Response) -> String;
    #[wasm_bindgen(method, getter)]
    fn redirected(this: &Response) -> bool;
    #[wasm_bindgen(method, getter)]
    fn headers(this: &Response) -> Headers;
    #[wasm_bindgen(method)]
    fn text(this: &Response) -> Promise;
}

/// Sends a request.
pub(super) async fn send(ready: &Ready, wants: &[&'static str]) -> Result<Answer, Failure> {
    let request = Request::new(&ready.url, &init(ready)).map_err(|thrown| misuse(&thrown))?;
    answer(&request, wants).await.map_err(|thrown| Error::Lost(words_of(&thrown)).into())
}

fn init(ready: &Ready) -> Object {
    let init = Object::new();
    let credentials = match ready.with_credentials {
        Some(true) => "include",
        Some(false) => "same-origin",
        None => "omit",
    };
    set(&init, "method", &ready.method.as_str().into());
    set(&init, "headers", &ready.headers);
    set(&init, "body", &ready.body);
    set(&init, "signal", &ready.signal);
    set(&init, "credentials", &credentials.into());
    // Another question with the same address would wait for the one that was given up.
    set(&init, "cache", &"no-store".into());
    init
}

async fn answer(request: &Request, wants: &[&'static str]) -> Result<Answer, JsValue> {
    let response: Response = JsFuture::from(fetch(request)).await?.unchecked_into();
    let text = JsFuture::from(response.text()).await?.as_string().unwrap_or_default();
    let headers = response.headers();
    let header = |name: &str| headers.get(name);
    let whose = (response.url(), response.redirected());
    Ok(Answer::new(response.status(), whose, text, wants, &header))
}
