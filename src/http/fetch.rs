//! A request by fetch, which is aborted when it is dropped.

use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortController;

use super::Report;
use super::form::Prepared;
use crate::error::words_of;

pub(super) struct Fetch {
    controller: Option<AbortController>,
}

impl Fetch {
    pub(super) fn send(prepared: &Prepared, report: Report) -> Fetch {
        let controller = AbortController::new().ok();
        let init = init(prepared, controller.as_ref());
        let url = prepared.url.clone();
        wasm_bindgen_futures::spawn_local(async move {
            match exchange(&url, &init).await {
                Ok((status, text)) => report.responded(status, text),
                Err(thrown) => report.lost(&words_of(&thrown)),
            }
        });
        Fetch { controller }
    }
}

fn init(prepared: &Prepared, controller: Option<&AbortController>) -> Object {
    let headers: Array = prepared
        .headers
        .iter()
        .map(|(name, value)| Array::of2(&name.into(), &value.into()))
        .collect();
    let credentials = if prepared.with_credentials { "include" } else { "same-origin" };
    let init = Object::new();
    for (name, value) in [
        ("method", JsValue::from(prepared.method.as_str())),
        ("headers", headers.into()),
        ("body", prepared.body.clone()),
        ("credentials", credentials.into()),
        ("signal", controller.map(AbortController::signal).into()),
    ] {
        let _ = Reflect::set(&init, &name.into(), &value);
    }
    init
}

async fn exchange(url: &str, init: &Object) -> Result<(u16, String), JsValue> {
    let answer: Answer = JsFuture::from(fetch(url, init)?).await?.unchecked_into();
    let text = JsFuture::from(answer.text()?).await?;
    Ok((answer.status(), text.as_string().unwrap_or_default()))
}

impl Drop for Fetch {
    fn drop(&mut self) {
        self.controller.iter().for_each(AbortController::abort);
    }
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    fn fetch(url: &str, init: &Object) -> Result<Promise, JsValue>;

    type Answer;

    #[wasm_bindgen(method, getter)]
    fn status(this: &Answer) -> u16;

    #[wasm_bindgen(method, catch)]
    fn text(this: &Answer) -> Result<Promise, JsValue>;
}
