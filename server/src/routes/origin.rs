//! Which pages may upload: those that this server is the origin of, and those that the settings name.
//! A page of another origin is turned away even where the browser asks nobody before it sends, as it
//! does with plain forms and WebSockets.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use url::Url;

use crate::{Config, Services};

const WORDS: &str = "uploads from pages of this origin are not allowed: name it in --cors-origins of the server, or for \
     WebSockets and plain forms in --allowed-origins";

/// Refuses requests of other pages.
pub(super) async fn check(
    State(services): State<Services>,
    request: Request,
    next: Next,
) -> Response {
    if is_allowed(request.headers(), &services.config) {
        return next.run(request).await;
    }
    refuse(&request)
}

/// The same where a ticket lets in: browsers add nothing to it, so that any page may that has one,
/// unless the settings name those that may.
pub(super) async fn check_with_ticket(
    State(services): State<Services>,
    request: Request,
    next: Next,
) -> Response {
    let config = &services.config;
    if config.allowed_origins.is_empty() || is_allowed(request.headers(), config) {
        return next.run(request).await;
    }
    refuse(&request)
}

fn refuse(request: &Request) -> Response {
    let origin = request.headers().get(header::ORIGIN);
    tracing::debug!(?origin, "a page of another origin is turned away");
    (StatusCode::FORBIDDEN, WORDS).into_response()
}

/// Who names no origin is no page that could do harm: browsers name it with every request that
/// changes something.
fn is_allowed(headers: &HeaderMap, config: &Config) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let names = |listed: &String| listed.as_bytes() == origin.as_bytes();
    let is_any = |listed: &String| listed == "*";
    // CORS for any page is without cookies, by which a hook may know people.
    let is_any_read = config.authorize_url.is_none() && config.cors_origins.iter().any(is_any);
    config.allowed_origins.iter().any(|listed| is_any(listed) || names(listed))
        || config.cors_origins.iter().any(names)
        || is_any_read
        || is_own(headers, origin)
}

/// Behind a proxy that changes the host only the browser knows, and says so to https and localhost.
fn is_own(headers: &HeaderMap, origin: &HeaderValue) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin")
        || is_host_of(headers, origin).unwrap_or(false)
}

fn is_host_of(headers: &HeaderMap, origin: &HeaderValue) -> Option<bool> {
    let origin = Url::parse(origin.to_str().ok()?).ok()?;
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let own = Url::parse(&format!("{}://{host}/", origin.scheme())).ok()?;
    Some(own.origin().is_tuple() && own.origin() == origin.origin())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(pairs: &[(&'static str, &'static str)], lists: [&str; 2]) -> bool {
        let arguments = ["incoming-server", "--storage", "s", "--allowed-origins", lists[0]];
        let arguments = arguments.into_iter().chain(["--cors-origins", lists[1]]);
        let config = Config::from_arguments(arguments).unwrap();
        let pair = |(name, value): &(&'static str, &'static str)| {
            (header::HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        is_allowed(&pairs.iter().map(pair).collect(), &config)
    }

    #[test]
    fn a_page_of_the_same_host_may_upload() {
        for (host, origin) in [
            ("a.example", "http://a.example"),
            ("a.example", "https://a.example"),
            ("A.example:443", "https://a.example"),
            ("a.example:8080", "http://a.example:8080"),
            ("[::1]:4000", "http://[::1]:4000"),
        ] {
            assert!(allowed(&[("host", host), ("origin", origin)], ["", ""]), "{host} {origin}");
        }
        let inside = [("host", "10.0.0.1"), ("origin", "https://a.example")];
        assert!(allowed(&[&inside[..], &[("sec-fetch-site", "same-origin")]].concat(), ["", ""]));
    }

    #[test]
    fn every_other_page_is_turned_away() {
        for (host, origin) in [
            ("a.example", "http://b.example"),
            ("a.example", "http://a.example:8080"),
            ("a.example:8080", "http://a.example"),
            ("a.example", "null"),
            ("a.example", "http://a.example.evil"),
            ("x@a.example", "http://b.example"),
            ("a.example", "file://"),
            ("", "http://"),
        ] {
            let headers = [("host", host), ("origin", origin), ("sec-fetch-site", "same-site")];
            assert!(!allowed(&headers, ["", ""]), "{host} {origin}");
        }
    }

    #[test]
    fn the_settings_name_other_pages() {
        let headers = [("host", "a.example"), ("origin", "https://b.example")];
        assert!(allowed(&headers, ["https://b.example", ""]));
        assert!(allowed(&headers, ["https://c.example,https://b.example", ""]));
        assert!(allowed(&headers, ["", "https://b.example"]));
        assert!(allowed(&headers, ["*", ""]) && allowed(&headers, ["", "*"]));
        assert!(!allowed(&headers, ["https://c.example", "https://d.example"]));
    }

    #[test]
    fn who_is_no_browser_names_no_page() {
        assert!(allowed(&[("host", "a.example")], ["https://c.example", ""]));
    }
}
