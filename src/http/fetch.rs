//! Requests by fetch.

use incoming_protocol::Error;
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Request, RequestCache, RequestCredentials, RequestInit, Response};

use super::answer::Answer;
use super::{Ready, misuse};
use crate::error::words_of;

#[wasm_bindgen]
extern "C" {
    fn fetch(request: &Request) -> Promise;
}

/// Sends a request.
pub(super) async fn send(ready: &Ready, wants: &[&'static str]) -> Result<Answer, Error> {
    let init = RequestInit::new();
    init.set_method(&ready.method);
    init.set_headers(&ready.headers);
    init.set_body(&ready.body);
    init.set_signal(Some(&ready.signal));
    // Another question with the same address would wait for the one that was given up.
    init.set_cache(RequestCache::NoStore);
    init.set_credentials(match ready.with_credentials {
        Some(true) => RequestCredentials::Include,
        Some(false) => RequestCredentials::SameOrigin,
        None => RequestCredentials::Omit,
    });
    let request = Request::new_with_str_and_init(&ready.url, &init).map_err(|e| misuse(&e))?;
    answer(&request, wants).await.map_err(|thrown| Error::Lost(words_of(&thrown)))
}

async fn answer(request: &Request, wants: &[&'static str]) -> Result<Answer, JsValue> {
    let response: Response = JsFuture::from(fetch(request)).await?.unchecked_into();
    let text = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    let headers = response.headers();
    let header = |name: &str| headers.get(name).ok().flatten();
    Ok(Answer::new(response.status(), response.url(), text, wants, header))
}
