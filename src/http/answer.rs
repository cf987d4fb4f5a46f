//! What came back.

use std::time::Duration;

use incoming_protocol::Error;
use incoming_protocol::http::{LOCATION, RETRY_AFTER, Response};
use js_sys::Date;
use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::Url;

use crate::error::thrown_by_page;
use crate::json;
use crate::page::{call, wall_clock_ms};

/// An answer, as the function `is_stored` of the page sees it.
#[derive(Serialize)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The address that answered.
    pub(super) url: String,
    pub(super) text: String,
    #[serde(skip)]
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Answer {
    /// An answer with those of its headers that are wanted.
    pub(super) fn new(
        status: u16,
        url: String,
        text: String,
        wants: &[&'static str],
        header: impl Fn(&str) -> Option<String>,
    ) -> Answer {
        let mut headers = Vec::new();
        for name in wants {
            if let Some(value) = header(name) {
                let value = match *name {
                    RETRY_AFTER => seconds_from_now(value, header("Date")),
                    LOCATION => Url::new_with_base(&value, &url).map_or(value, |url| url.href()),
                    _ => value,
                };
                headers.push((*name, value));
            }
        }
        Answer { status, url, text, headers }
    }

    pub(super) fn into_response(self, asked: String, is_stored: Option<bool>) -> Response {
        let Answer { status, url, text, headers } = self;
        // Nobody says from where an answer came that was made by a service worker.
        let url = if url.is_empty() { asked.clone() } else { url };
        let json = json::parse(&text);
        Response { status, text, json, headers, asked, url, is_stored }
    }
}

/// A date is that of the server's clock.
fn seconds_from_now(value: String, date: Option<String>) -> String {
    let at = Date::parse(&value);
    if at.is_nan() || value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value;
    }
    let now = date.map_or(f64::NAN, |date| Date::parse(&date));
    let now = if now.is_nan() { wall_clock_ms() } else { now };
    let left = Duration::from_millis(crate::whole(at - now));
    (left.as_secs() + u64::from(left.subsec_millis() > 0)).to_string()
}

/// What the page's own function says, if there is one.
///
/// # Errors
/// What it throws.
pub(super) async fn is_stored(function: &JsValue, answer: &Answer) -> Result<Option<bool>, Error> {
    if !function.is_function() {
        return Ok(None);
    }
    let seen = serde_wasm_bindgen::to_value(answer).unwrap_or_default();
    let said = call(function.unchecked_ref(), &seen).await;
    said.map(|said| Some(said.is_truthy())).map_err(|thrown| thrown_by_page("is_stored", &thrown))
}
