//! What came back.

use incoming_protocol::decimal;
use incoming_protocol::http::{LOCATION, RETRY_AFTER, Response};
use js_sys::Date;
use wasm_bindgen::prelude::*;

use super::Failure;
use crate::endpoint::Address;
use crate::error::thrown_by_page;
use crate::json::{self, Members};
use crate::page::{call, wall_clock_ms};

/// An answer, as the function `is_stored` of the page sees it.
pub(super) struct Answer {
    pub(super) status: u16,
    /// The address that answered.
    pub(super) url: String,
    pub(super) text: String,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Answer {
    /// An answer with those of its headers that are wanted.
    pub(super) fn new(
        status: u16,
        url: String,
        text: String,
        wants: &[&'static str],
        header: &dyn Fn(&str) -> Option<String>,
    ) -> Answer {
        let mut headers = Vec::new();
        for name in wants {
            if let Some(value) = header(name) {
                let value = match *name {
                    RETRY_AFTER => seconds_from_now(value, header("Date")),
                    LOCATION => resolved(value, &url),
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

fn resolved(location: String, url: &str) -> String {
    Address::parse(&location, Some(url)).map_or(location, |address| address.part("href"))
}

/// A date is that of the server's clock.
fn seconds_from_now(value: String, date: Option<String>) -> String {
    let at = Date::parse(&value);
    if at.is_nan() || value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value;
    }
    let now = date.map_or(f64::NAN, |date| Date::parse(&date));
    let now = if now.is_nan() { wall_clock_ms() } else { now };
    decimal(crate::whole(((at - now) / 1000.0).ceil()))
}

/// What the page's own function says, if there is one.
///
/// # Errors
/// What it throws.
pub(super) async fn is_stored(
    function: &JsValue,
    answer: &Answer,
) -> Result<Option<bool>, Failure> {
    if !function.is_function() {
        return Ok(None);
    }
    let mut seen = Members::default();
    seen.add_count("status", answer.status.into());
    seen.add_text("url", Some(&answer.url));
    seen.add_text("text", Some(&answer.text));
    let said = call(function, &json::to_js(&seen.into())).await;
    let said = said.map_err(|thrown| thrown_by_page("is_stored", &thrown))?;
    Ok(Some(said.is_truthy()))
}
