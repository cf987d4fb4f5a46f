//! What came back.

use incoming_protocol::decimal;
use incoming_protocol::http::{LOCATION, RETRY_AFTER, Response};
use js_sys::Date;
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

use super::Failure;
use crate::endpoint::Address;
use crate::error::thrown_by_page;
use crate::json::{self, Members};
use crate::page::{call_until, wall_clock_ms};

/// An answer, as the function `is_stored` of the page sees it.
pub(super) struct Answer {
    pub(super) status: u16,
    /// The address that answered.
    pub(super) url: String,
    /// A redirect has led here, as far as anybody knows.
    pub(super) is_redirected: bool,
    pub(super) text: String,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Answer {
    /// An answer with those of its headers that are wanted.
    pub(super) fn new(
        status: u16,
        (url, is_redirected): (String, bool),
        text: String,
        wants: &[&'static str],
        header: &dyn Fn(&str) -> Option<String>,
    ) -> Answer {
        let mut headers = Vec::new();
        for name in wants {
            if let Some(value) = header(name) {
                let value = match *name {
                    RETRY_AFTER => seconds_from_now(value, header("Date")),
                    _ => value,
                };
                headers.push((*name, value));
            }
        }
        Answer { status, url, is_redirected, text, headers }
    }

    pub(super) fn into_response(self, asked: String, is_stored: Option<bool>) -> Response {
        let Answer { status, url, is_redirected, text, mut headers } = self;
        let has_bounced = is_redirected && asked == url;
        // Nobody says from where an answer came that was made by a service worker.
        let url = if url.is_empty() { asked.clone() } else { url };
        for (_, location) in headers.iter_mut().filter(|(name, _)| *name == LOCATION) {
            resolve(location, &url);
        }
        let json = json::parse(&text);
        Response { status, text, json, headers, asked, url, has_bounced, is_stored }
    }
}

fn resolve(location: &mut String, url: &str) {
    if let Some(address) = Address::parse(location, Some(url)) {
        *location = address.part("href");
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
    decimal(crate::whole(((at - now) / 1000.0).ceil()))
}

/// What the page's own function says, if there is one.
///
/// # Errors
/// What it throws.
pub(super) async fn is_stored(
    signal: &AbortSignal,
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
    let said = call_until(signal, function, &json::to_js(&seen.into())).await;
    let said = said.map_err(|thrown| thrown_by_page("is_stored", &thrown))?;
    Ok(Some(said.is_truthy()))
}

#[cfg(all(test, target_arch = "wasm32"))]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

    const ASKED: &str = "https://server.test/files?token=1";

    /// What a machine hears of a header, of an answer from this address.
    fn heard(url: &str, name: &'static str, value: &str, date: Option<&str>) -> Option<String> {
        let header = |asked: &str| match asked {
            "Date" => date.map(str::to_owned),
            _ => (asked == name).then(|| value.to_owned()),
        };
        let answer = Answer::new(201, (url.to_owned(), false), String::new(), &[name], &header);
        let response = answer.into_response(ASKED.to_owned(), None);
        response.header(name).map(str::to_owned)
    }

    #[wasm_bindgen_test]
    fn a_location_is_an_address_against_the_one_that_answered() {
        for (url, location, expected) in [
            (ASKED, "/files/7", "https://server.test/files/7"),
            (ASKED, "7?part=1", "https://server.test/7?part=1"),
            ("https://other.test/a/b", "c", "https://other.test/a/c"),
            (ASKED, "//third.test/x", "https://third.test/x"),
            (ASKED, "http://third.test/x", "http://third.test/x"),
            (ASKED, "", ASKED),
            ("", "7", "https://server.test/7"),
            (ASKED, "http://:no", "http://:no"),
        ] {
            assert_eq!(heard(url, LOCATION, location, None).as_deref(), Some(expected));
        }
    }

    #[wasm_bindgen_test]
    fn a_time_to_wait_is_in_seconds_also_if_the_server_says_a_date_of_its_clock() {
        let now = "Wed, 21 Oct 2015 07:28:00 GMT";
        for (value, expected) in [
            ("120", "120"),
            ("Wed, 21 Oct 2015 07:30:00 GMT", "120"),
            ("Wed, 21 Oct 2015 07:27:00 GMT", "0"),
            ("soon", "soon"),
        ] {
            assert_eq!(heard(ASKED, RETRY_AFTER, value, Some(now)).as_deref(), Some(expected));
        }
        let gone = heard(ASKED, RETRY_AFTER, "Wed, 21 Oct 2015 07:28:00 GMT", None);
        assert_eq!(gone.as_deref(), Some("0"), "the page's clock is later");
    }

    #[wasm_bindgen_test]
    fn only_headers_that_are_wanted_and_there_are_heard() {
        let header = |name: &str| (name == "ETag").then(|| "\"7\"".to_owned());
        let answer = Answer::new(
            200,
            (ASKED.to_owned(), false),
            String::new(),
            &[LOCATION, "ETag"],
            &header,
        );
        let response = answer.into_response(ASKED.to_owned(), None);
        assert_eq!(response.headers, [("ETag", "\"7\"".to_owned())]);
        let answer = Answer::new(200, (ASKED.to_owned(), false), String::new(), &[], &header);
        assert_eq!(answer.into_response(ASKED.to_owned(), None).headers, []);
    }
}
