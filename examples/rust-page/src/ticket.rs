//! Tickets of Incoming!!, which a web application issues; here the demo of the server does.

use incoming_uploader::Error;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, Response};

/// A ticket for one upload.
///
/// # Errors
/// What may pass if nobody answers, and a refusal if the answer is one.
pub(crate) async fn of_this_server() -> Result<String, Error> {
    let silence = |_: JsValue| Error::Postponed("nobody issues tickets now".to_owned());
    let answer = ask().await.map_err(silence)?;
    if !answer.ok() {
        return Err(Error::Refused(format!("there is no ticket (status {})", answer.status())));
    }
    let text = JsFuture::from(answer.text().map_err(silence)?).await.map_err(silence)?;
    Ok(text.as_string().unwrap_or_default())
}

async fn ask() -> Result<Response, JsValue> {
    let window = web_sys::window().ok_or("this is no page")?;
    let init = RequestInit::new();
    init.set_method("POST");
    let asked = window.fetch_with_str_and_init("/demo/tickets", &init);
    JsFuture::from(asked).await?.dyn_into()
}
