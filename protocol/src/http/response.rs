//! Answers as data, and what they mean.

use std::time::Duration;

use super::{ARRIVED_DIGEST, FILE_DIGEST, OURS, RETRY_AFTER, SERVER, before, find};
use crate::{Error, Json, Md5, decimal, joined};

/// What came back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The body as text.
    pub text: String,
    /// The body as JSON, if it is.
    pub json: Option<Json>,
    /// Those of the wanted headers that the answer has and the caller may see, under the names by
    /// which they were wanted.
    pub headers: Vec<(&'static str, String)>,
    /// The address to which the request went, and the address that answered; they differ after a
    /// redirect. Both without a fragment.
    pub asked: String,
    /// See `asked`.
    pub url: String,
    /// A redirect led to another address and back, as far as the browser tells: what was sent may have got
    /// lost, because most redirects make another request of it.
    pub has_bounced: bool,
    /// What the caller's own function says: whether the request is stored. `None` without one.
    pub is_stored: Option<bool>,
}

/// True if one address is the other over https.
pub fn is_upgrade(from: &str, to: &str) -> bool {
    let (from, to) = (from.strip_prefix("http:"), to.strip_prefix("https:"));
    from.is_some() && from == to
}

impl Response {
    /// The value of a header, by the name by which it was wanted.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// How long the server wants to be left alone; zero if it does not say.
    pub fn retry_after(&self) -> Duration {
        let seconds = self.header(RETRY_AFTER).filter(|_| self.status >= 400);
        Duration::from_secs(seconds.and_then(whole).unwrap_or(0))
    }

    /// The MD5 of the file's bytes in the request as they arrived, if the server says it.
    pub fn digest(&self) -> Option<Md5> {
        Md5::from_field(self.header(ARRIVED_DIGEST)?)
    }

    /// The MD5 of the whole file as it arrived, if the server says it.
    pub fn file_digest(&self) -> Option<Md5> {
        Md5::from_field(self.header(FILE_DIGEST)?)
    }

    /// True if a server of ours answered.
    pub fn is_ours(&self) -> bool {
        self.header(SERVER) == Some(OURS)
    }

    /// True if another address answered than the one that was asked. From http to https of the same
    /// address is none.
    pub fn is_redirected(&self) -> bool {
        let is_elsewhere = !self.url.is_empty() && self.asked != self.url;
        self.has_bounced || is_elsewhere && !is_upgrade(&self.asked, &self.url)
    }

    /// What it means when the same request may succeed later.
    pub fn unavailable(&self) -> Error {
        Error::Unavailable(self.words())
    }

    /// True if a gateway answered, or a server that has no time: nothing is known of what was
    /// asked for.
    pub fn may_pass(&self) -> bool {
        matches!(self.status, 408 | 425 | 429 | 502..=504)
    }

    /// True if the server refuses the request, whenever it comes.
    pub fn refuses(&self) -> bool {
        matches!(self.status, 400..=499) && !self.may_pass()
    }

    /// The status and what the server says besides, or what the status means, for a person.
    pub fn words(&self) -> String {
        let status = decimal(self.status.into());
        let said = cut(self.said());
        let mut words = match (said.is_empty(), meaning(self.status)) {
            (false, _) => joined(&[&status, ": ", said]),
            (true, "") if self.is_page() => joined(&[&status, ": a page instead of an answer"]),
            (true, "") => joined(&["status ", &status]),
            (true, meaning) => joined(&[&status, meaning]),
        };
        if self.is_redirected() {
            words = joined(&[&words, " (of ", before(&self.url, b'?'), ")"]);
        }
        words
    }

    /// True for a success of which a person could read something, and no program.
    fn is_page(&self) -> bool {
        matches!(self.status, 200..=299) && self.json.is_none() && !self.text.is_empty()
    }

    /// The words in the body: those in its JSON if there are any, and nothing of a page.
    fn said(&self) -> &str {
        let text = self.text.trim_ascii();
        let of = |key: &&str| self.json.as_ref()?.member(key)?.text();
        match WORDS.iter().find_map(of) {
            Some(words) => words.trim_ascii(),
            None if text.starts_with('<') => "",
            None => text,
        }
    }
}

/// No more letters than a person reads.
fn cut(text: &str) -> &str {
    let end = text.char_indices().nth(200).map(|(end, _)| end);
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// A whole number that is not out of all reason.
fn whole(text: &str) -> Option<u64> {
    let is_whole = (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_whole.then(|| text.bytes().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

/// Under which names servers say in JSON what is wrong.
const WORDS: [&str; 3] = ["error", "message", "detail"];

/// What a status means that is no answer of a server alone; it is put behind the number.
fn meaning(status: u16) -> &'static str {
    match status {
        401 => " unauthorized: not signed in, or no longer",
        403 => " forbidden",
        404 => " not found",
        405 => ": the address takes no such request",
        413 => ": too large for the server or a proxy in front of it",
        414 => ": the address with its parameters is too long for the server",
        429 => ": too many requests",
        502 => ": a proxy got no answer of the server",
        503 => ": the server is busy or down",
        504 => ": a proxy waited too long for the server",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::super::{LOCATION, RETRY_AFTER};
    use super::*;

    fn answer(status: u16, text: &str) -> Response {
        let json = serde_json::from_str(text).ok();
        Response { status, text: text.into(), json, ..Response::default() }
    }

    fn with(name: &'static str, value: &str) -> Response {
        Response { headers: vec![(name, value.into())], ..answer(503, "") }
    }

    fn from(asked: &str, url: &str) -> Response {
        Response { asked: asked.into(), url: url.into(), ..answer(200, "") }
    }

    #[test]
    fn an_answer_has_the_headers_that_were_wanted() {
        let response = with(LOCATION, "https://test/files/1");
        assert_eq!(response.header(LOCATION), Some("https://test/files/1"));
        assert_eq!(response.header(RETRY_AFTER), None);
    }

    #[test]
    fn the_time_to_wait_is_in_seconds_and_only_of_refusals() {
        assert_eq!(with(RETRY_AFTER, "7").retry_after(), Duration::from_secs(7));
        for value in ["", "-1", "soon", "1.5", "99999999999999999999"] {
            assert_eq!(with(RETRY_AFTER, value).retry_after(), Duration::ZERO, "{value}");
        }
        let success = Response { status: 200, ..with(RETRY_AFTER, "7") };
        assert_eq!(success.retry_after(), Duration::ZERO);
    }

    #[test]
    fn only_the_mark_makes_a_server_ours() {
        assert!(with(SERVER, OURS).is_ours());
        assert!(!with(SERVER, "nginx").is_ours() && !answer(200, "").is_ours());
    }

    #[test]
    fn another_address_is_a_redirect_and_https_for_http_is_none() {
        for (asked, url, is_redirected) in [
            ("http://a/x?n=1", "http://a/x?n=1", false),
            ("http://a/x", "https://a/x", false),
            ("https://a/x", "http://a/x", true),
            ("http://a/x", "https://a/login", true),
            ("http://a/x", "https://b/x", true),
            ("http://a/x?n=1", "http://a/x", true),
            ("http://a/x", "", false),
            ("", "", false),
        ] {
            assert_eq!(from(asked, url).is_redirected(), is_redirected, "{asked} {url}");
        }
    }

    #[test]
    fn words_are_those_of_the_server_if_it_says_any() {
        for (status, text, words) in [
            (415, "no pictures", "415: no pictures"),
            (403, " go away \n", "403: go away"),
            (400, r#"{"error":"too old"}"#, "400: too old"),
            (500, r#"{"message":"disk full","code":7}"#, "500: disk full"),
            (422, r#"{"detail":"no size"}"#, "422: no size"),
            (400, r#"{"error":{"code":7}}"#, r#"400: {"error":{"code":7}}"#),
            (413, "", "413: too large for the server or a proxy in front of it"),
            (
                413,
                "<html><h1>413 Request Entity Too Large</h1>",
                "413: too large for the server or a proxy in front of it",
            ),
            (403, "\n<!DOCTYPE html>", "403 forbidden"),
            (418, "<p>tea", "status 418"),
            (204, "", "status 204"),
            (200, "<!doctype html>", "200: a page instead of an answer"),
        ] {
            assert_eq!(answer(status, text).words(), words, "{text}");
        }
    }

    #[test]
    fn words_of_a_server_are_cut_and_never_inside_of_a_character() {
        assert_eq!(answer(400, &"ü".repeat(500)).words(), format!("400: {}", "ü".repeat(200)));
    }

    #[test]
    fn words_of_another_address_say_whose_they_are() {
        let response = Response { status: 404, ..from("http://a/x", "http://a/login?next=/x") };
        assert_eq!(response.words(), "404 not found (of http://a/login)");
    }

    #[test]
    fn what_refuses_never_passes_and_the_other_way_round() {
        for status in 100..600 {
            let response = answer(status, "");
            let is_final = (400..500).contains(&status) && ![408, 425, 429].contains(&status);
            assert_eq!(response.refuses(), is_final, "{status}");
            assert!(!(response.refuses() && response.may_pass()));
        }
    }
}
