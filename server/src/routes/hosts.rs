//! Under which names the server answers: any, unless the settings name some, or it is the demo. A page
//! may give its own name the address of this machine (DNS rebinding), and is then of the same origin as
//! the server, for all that browsers know.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use url::{Host, Url};

use super::health::PATH as HEALTH;
use crate::{Config, Services};

const OF_DEMO: &str =
    "the demo answers as localhost and by its address only, name others in --allowed-origins";
const OF_HOSTS: &str = "this server does not answer under this name, see --hosts";

/// Refuses requests to other names.
pub(super) async fn check(
    State(services): State<Services>,
    request: Request,
    next: Next,
) -> Response {
    let is_answered = request.uri().path() == HEALTH;
    if is_answered || is_known(request.headers(), &services.config) {
        return next.run(request).await;
    }
    let words = if services.config.hosts.is_empty() { OF_DEMO } else { OF_HOSTS };
    (StatusCode::MISDIRECTED_REQUEST, words).into_response()
}

/// Whether an address has this host, and this port if one is named.
pub(super) fn is_host(url: &Url, named: &str) -> bool {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    named.eq_ignore_ascii_case(host) || named.eq_ignore_ascii_case(&format!("{host}:{port}"))
}

/// Names that the settings have are the only ones; for the demo others are known as well. Who can name
/// an address needs no trick.
fn is_known(headers: &HeaderMap, config: &Config) -> bool {
    let Some(url) = asked(headers) else { return false };
    if !config.hosts.is_empty() {
        return config.hosts.iter().any(|named| is_host(&url, named));
    }
    let is_named = |origin: &String| Url::parse(origin).is_ok_and(|it| it.host() == url.host());
    match url.host() {
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        Some(Host::Domain(name)) if name == "localhost" || name.ends_with(".localhost") => true,
        _ => config.allowed_origins.iter().chain(&config.cors_origins).any(is_named),
    }
}

fn asked(headers: &HeaderMap) -> Option<Url> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    Url::parse(&format!("http://{host}/")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_known_as(host: &str, origins: &str) -> bool {
        let arguments = ["incoming-server", "--storage", "s", "--allowed-origins", origins];
        let config = Config::from_arguments(arguments).unwrap();
        let headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
        is_known(&headers, &config)
    }

    #[test]
    fn the_demo_is_known_as_localhost_by_addresses_and_by_the_origins_that_are_named() {
        for host in ["localhost:4000", "LOCALHOST", "a.localhost", "127.0.0.1:4000", "[::1]:4000"] {
            assert!(is_known_as(host, ""), "{host}");
        }
        assert!(is_known_as("demo.example:80", "https://demo.example"));
    }

    #[test]
    fn it_is_not_known_by_any_other_name() {
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "a b"]
        {
            assert!(!is_known_as(host, "*"), "{host}");
        }
    }
}
