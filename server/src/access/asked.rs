//! What the hook hears of a request, and which requests are the same to it.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

use super::Asked;
use super::cache::Key;
use crate::parameters::pairs;

/// Of the connection or of the body, or between a browser and this server, so that they are not passed
/// on.
const NOT_PASSED_ON: [&str; 21] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "forwarded",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "te",
    "trailer",
    "upgrade",
    "upload-secret",
];

/// What only this server, or a proxy that is trusted, may say, besides all that begins with
/// `x-forwarded-`.
const FORWARDED: [&str; 8] = [
    "cf-connecting-ip",
    "fastly-client-ip",
    "true-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-http-method",
    "x-http-method-override",
    "x-real-ip",
];

/// What is encoded in a header that tells the meaning of a request, besides all that is no ASCII.
const UNSAFE: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'"').add(b',').add(b';').add(b'\\');

/// Different for each chunk of an upload, and of no interest to a hook.
const OF_CHUNKS: [&str; 5] =
    ["content-digest", "priority", "traceparent", "want-repr-digest", "x-request-id"];

/// The same in the query.
const PARAMETERS_OF_CHUNKS: [&str; 7] = [
    "flowChunkNumber",
    "flowCurrentChunkSize",
    "qqchunksize",
    "qqpartbyteoffset",
    "qqpartindex",
    "resumableChunkNumber",
    "resumableCurrentChunkSize",
];

impl Asked<'_> {
    /// The headers of the request as the hook gets them, and what was asked for.
    pub(super) fn headers_for_hook(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let named = self.named_by_connection();
        for (name, value) in self.headers {
            if self.is_passed_on(name) && !named.iter().any(|named| named == name) {
                headers.append(name, value.clone());
            }
        }
        let target = self.uri.path_and_query().map_or("/", |target| target.as_str());
        let client = self.client.map(|client| client.address.to_string());
        let host = self.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        for (name, value) in [
            ("x-original-uri", Some(target)),
            ("x-original-method", Some(self.method.as_str())),
            ("x-forwarded-uri", Some(target)),
            ("x-forwarded-method", Some(self.method.as_str())),
            ("x-forwarded-for", client.as_deref()),
            ("x-forwarded-host", host.filter(|_| !headers.contains_key("x-forwarded-host"))),
        ] {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        for (name, text) in self.meaning {
            let value = utf8_percent_encode(text, UNSAFE).to_string();
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        headers
    }

    fn is_passed_on(&self, name: &HeaderName) -> bool {
        let name = name.as_str();
        let is_own = name.starts_with("x-original-")
            || name.starts_with("x-upload-")
            || matches!(name, "x-forwarded-uri" | "x-forwarded-method" | "x-forwarded-for");
        let is_believed = self.client.is_some_and(|client| client.is_behind_proxy);
        let is_forwarded = name.starts_with("x-forwarded-") || FORWARDED.contains(&name);
        // Some that hooks are written with take an underscore for a hyphen.
        let is_plain = !name.contains('_');
        !is_own
            && is_plain
            && (is_believed || !is_forwarded)
            && !name.starts_with("sec-websocket-")
            && name != "transfer-encoding"
            && !NOT_PASSED_ON.contains(&name)
    }

    /// Headers that are of the connection because it says so.
    fn named_by_connection(&self) -> Vec<HeaderName> {
        let values = self.headers.get_all(header::CONNECTION).iter();
        let names = values.filter_map(|value| value.to_str().ok()).flat_map(|it| it.split(','));
        names.filter_map(|name| name.trim().parse().ok()).collect()
    }

    /// What all requests have in common that differ only in what a hook does not look at: those of
    /// one browser for one upload.
    pub(super) fn key(&self, headers: &HeaderMap) -> Key {
        let mut sum = Sha256::new();
        let mut add = |part: &[u8]| {
            sum.update((part.len() as u64).to_be_bytes());
            sum.update(part);
        };
        add(self.method.as_str().as_bytes());
        add(self.uri.path().as_bytes());
        for (name, value) in pairs(self.uri.query().unwrap_or_default()) {
            if !PARAMETERS_OF_CHUNKS.contains(&name.as_str()) {
                add(b"parameter");
                add(name.as_bytes());
                add(value.as_bytes());
            }
        }
        let has_target = ["x-original-uri", "x-forwarded-uri"];
        let mut headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value))
            .filter(|(name, _)| !OF_CHUNKS.contains(name) && !has_target.contains(name))
            .collect();
        headers.sort_by_key(|(name, _)| *name);
        for (name, value) in headers {
            add(b"header");
            add(name.as_bytes());
            add(value.as_bytes());
        }
        sum.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{Method, Uri};

    use super::*;
    use crate::clients::Client;

    fn meaning() -> [(&'static str, String); 1] {
        [("x-upload-name", "blåbær 100%.bin".to_owned())]
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    fn heard(headers: &HeaderMap, is_behind_proxy: bool) -> HeaderMap {
        let uri = Uri::from_static("/resumable?a=b");
        let client = Client { address: "192.0.2.1".parse().unwrap(), is_behind_proxy };
        let asked = Asked {
            meaning: &meaning(),
            method: &Method::POST,
            uri: &uri,
            headers,
            client: Some(client),
        };
        asked.headers_for_hook()
    }

    fn key(target: &'static str, pairs: &[(&'static str, &'static str)]) -> Key {
        let (uri, headers) = (Uri::from_static(target), headers(pairs));
        let (method, headers) = (&Method::POST, &headers);
        let asked = Asked { meaning: &[], method, uri: &uri, headers, client: None };
        asked.key(&asked.headers_for_hook())
    }

    #[test]
    fn the_hook_hears_what_a_request_means_and_nobody_else_says_it() {
        let lies = [("x-upload-id", "other"), ("x-upload-size", "1")];
        let heard = heard(&headers(&lies), true);
        assert_eq!(heard["x-upload-name"], "bl%C3%A5b%C3%A6r%20100%25.bin");
        assert!(!heard.contains_key("x-upload-id") && !heard.contains_key("x-upload-size"));
    }

    #[test]
    fn the_hook_hears_who_asks_and_for_what() {
        let asked = headers(&[("cookie", "a=b"), ("authorization", "Bearer x"), ("x-own", "y")]);
        let heard = heard(&asked, false);
        for (name, value) in [
            ("cookie", "a=b"),
            ("authorization", "Bearer x"),
            ("x-own", "y"),
            ("x-original-uri", "/resumable?a=b"),
            ("x-original-method", "POST"),
            ("x-forwarded-uri", "/resumable?a=b"),
            ("x-forwarded-method", "POST"),
            ("x-forwarded-for", "192.0.2.1"),
        ] {
            assert_eq!(heard[name], value);
        }
    }

    #[test]
    fn what_belongs_to_the_connection_or_the_body_stays_here() {
        let asked = headers(&[
            ("connection", "upgrade, x-hop"),
            ("x-hop", "1"),
            ("upgrade", "websocket"),
            ("sec-websocket-key", "k"),
            ("transfer-encoding", "chunked"),
            ("content-length", "5"),
            ("if-none-match", "*"),
            ("expect", "100-continue"),
        ]);
        let heard = heard(&asked, false);
        assert!(asked.keys().all(|name| !heard.contains_key(name)), "{heard:?}");
    }

    #[test]
    fn nobody_can_say_for_us_what_was_asked_for_or_by_whom() {
        let lies = headers(&[
            ("x-original-uri", "/public"),
            ("x-forwarded-for", "127.0.0.1"),
            ("x-real-ip", "127.0.0.1"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-user", "admin"),
            ("x_forwarded_for", "127.0.0.1"),
            ("x-http-method-override", "GET"),
        ]);
        let direct = heard(&lies, false);
        for name in ["x-forwarded-user", "x_forwarded_for", "x-http-method-override"] {
            assert!(!direct.contains_key(name), "{name}");
        }
        assert_eq!(direct["x-original-uri"], "/resumable?a=b");
        assert_eq!(direct["x-forwarded-for"], "192.0.2.1");
        assert!(!direct.contains_key("x-real-ip") && !direct.contains_key("x-forwarded-proto"));
        assert_eq!(heard(&lies, true)["x-forwarded-proto"], "https");
    }

    #[test]
    fn the_chunks_of_an_upload_are_the_same_and_all_else_is_not() {
        let first = "/resumable?resumableChunkNumber=1&resumableIdentifier=a";
        let who = ("authorization", "Bearer x");
        let own = key(first, &[who]);
        let second = "/resumable?resumableChunkNumber=2&resumableIdentifier=a";
        assert_eq!(own, key(second, &[who, ("content-digest", "md5=:x:")]));
        let other = "/resumable?resumableChunkNumber=1&resumableIdentifier=b";
        for (target, headers) in [
            (other, &[who][..]),
            (first, &[]),
            (first, &[("authorization", "Bearer y")]),
            (first, &[who, ("x-own", "z")]),
            ("/robusto?resumableChunkNumber=1&resumableIdentifier=a", &[who]),
            (first, &[who, ("upload-damaged-digest", "md5=:x:")]),
            ("/resumable?resumableIdentifier=a&authorization=Bearer+x", &[]),
            ("/resumable?resumableIdentifier=a&header=authorization&Bearer+x", &[]),
        ] {
            assert_ne!(own, key(target, headers), "{target} {headers:?}");
        }
    }
}
