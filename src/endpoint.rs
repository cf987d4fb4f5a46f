//! Where the server is.

use std::cell::RefCell;

use incoming_protocol::{Protocol, joined};
use js_sys::JsString;
use wasm_bindgen::prelude::*;

use crate::error::type_error;
use crate::page::{global, is_nothing, member, set, text_member};

thread_local! {
    static HOSTNAME: RefCell<Option<String>> = const { RefCell::new(None) };
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    fn btoa(text: &JsString) -> Result<String, JsValue>;
    #[wasm_bindgen(catch, js_name = decodeURIComponent)]
    fn decode_uri_component(text: &str) -> Result<JsString, JsValue>;

    /// An address, whose parts are members: each getter of web-sys would be an import of its own.
    #[wasm_bindgen(js_name = URL)]
    pub(crate) type Address;
    #[wasm_bindgen(constructor, catch, js_class = URL)]
    fn new(url: &str, base: Option<&str>) -> Result<Address, JsValue>;
}

impl Address {
    /// An address as it is, or against this one.
    pub(crate) fn parse(url: &str, base: Option<&str>) -> Option<Address> {
        Address::new(url, base).ok()
    }

    /// The text of a part, by its name in JavaScript.
    pub(crate) fn part(&self, name: &str) -> String {
        text_member(self, name).unwrap_or_default()
    }

    /// Changes a part.
    pub(crate) fn change(&self, name: &str, text: &str) {
        set(self, name, &text.into());
    }
}

/// Sets the host of the server, `example.org` or `example.org:4000`, for all uploaders made from now on
/// that are given no endpoint. `None` is the page's own host, which is the default.
///
/// # Errors
/// If it is no host: it has a path, a blank, or an address of IPv6 without brackets.
pub(crate) fn set_server_hostname(hostname: Option<&str>) -> Result<(), JsValue> {
    let hostname = hostname.filter(|hostname| !hostname.is_empty());
    if !hostname.is_none_or(is_host) {
        return Err(wrong_hostname());
    }
    HOSTNAME.with(|host| *host.borrow_mut() = hostname.map(str::to_owned));
    Ok(())
}

pub(crate) fn wrong_hostname() -> JsValue {
    type_error(
        "set_server_hostname: expected a host such as 'example.org', 'example.org:4000' or \
         '[::1]:4000', without a scheme and a path, or null",
    )
}

/// Browsers escape a blank, and read what stands behind other characters as something else.
fn is_host(hostname: &str) -> bool {
    let ends_host =
        |byte| matches!(byte, 0..=b' ' | b'/' | b'\\' | b'?' | b'#' | b'@' | b'%' | 0x7f);
    !hostname.bytes().any(ends_host)
        && Address::parse(&joined(&["http://", hostname]), None).is_some()
}

/// The address that was chosen, with the scheme that the protocol needs; or that of the protocol on the
/// host of the server.
///
/// # Errors
/// A `TypeError` if what was chosen is no address, or no host is known.
pub(crate) fn endpoint(chosen: &JsValue, protocol: Protocol) -> Result<String, JsValue> {
    if is_nothing(chosen) {
        return default_url(protocol);
    }
    let url = url_of(chosen).and_then(|chosen| resolve(&chosen));
    let Some((url, scheme)) = url.and_then(|url| scheme_of(&url).map(|scheme| (url, scheme)))
    else {
        return Err(type_error(
            "Uploader: expected a URL that begins with ws:, wss:, http: or https: as endpoint",
        ));
    };
    url.change("hash", "");
    if authorization(&url)?.is_some() && protocol.scheme(false) == "ws" {
        return Err(type_error(
            "Uploader: expected an endpoint without user and password: a WebSocket takes none",
        ));
    }
    let href = url.part("href");
    let rest = href.get(url.part("protocol").len()..).unwrap_or_default();
    Ok(joined(&[protocol.scheme(scheme), ":", rest]))
}

/// The text of an address, which may be a `URL`. What is empty would be the page itself.
pub(crate) fn url_of(value: &JsValue) -> Option<String> {
    let url = value.as_string().or_else(|| text_member(value, "href"))?;
    let is_page = matches!(url.trim_ascii().as_bytes(), [] | [b'#', ..]);
    (!is_page).then_some(url)
}

/// True if browsers let no request to this address leave this page: its own address is encrypted, and
/// this one is not.
#[cfg(feature = "_requests")]
pub(crate) fn is_mixed(url: &str) -> bool {
    let is_encrypted = text_member(&location(), "protocol").as_deref() == Some("https:");
    is_encrypted && is_open(url)
}

/// True for an address over a network that everybody may read.
#[cfg(feature = "_requests")]
fn is_open(url: &str) -> bool {
    let is_local = |url: Address| {
        let host = url.part("hostname");
        host.ends_with("localhost") || host == "[::1]" || host == "127.0.0.1"
    };
    url.starts_with("http:") && !resolve(url).is_some_and(is_local)
}

/// True for an address to which requests can go.
pub(crate) fn is_of_requests(url: &str) -> bool {
    resolve(url)
        .is_some_and(|url| url.part("protocol").starts_with("http") && authorization(&url).is_ok())
}

/// An address as it is, or against that of the page.
pub(crate) fn resolve(url: &str) -> Option<Address> {
    let url = Address::parse(url, text_member(&location(), "href").as_deref());
    // Browsers that do not refuse a blank in a host escape it.
    url.filter(|url| !url.part("host").bytes().any(|byte| byte == b'%'))
}

/// Whether the scheme is one that is encrypted; `None` if no browser uploads over it.
fn scheme_of(url: &Address) -> Option<bool> {
    match url.part("protocol").as_str() {
        "http:" | "ws:" => Some(false),
        "https:" | "wss:" => Some(true),
        _ => None,
    }
}

/// The header `Authorization` for an address with a user and a password, which browsers refuse to
/// send requests to.
///
/// # Errors
/// A `TypeError` for letters that no header can carry.
pub(crate) fn authorization(url: &Address) -> Result<Option<String>, JsValue> {
    let (user, password) = (url.part("username"), url.part("password"));
    if user.is_empty() && password.is_empty() {
        return Ok(None);
    }
    let both = joined(&[&user, ":", &password]);
    // What is no escape stands for itself.
    let both = decode_uri_component(&both).unwrap_or_else(|_| both.into());
    let encoded = btoa(&both).map_err(|_| {
        type_error("Uploader: expected a user and a password of Latin letters in the endpoint")
    })?;
    Ok(Some(joined(&["Basic ", &encoded])))
}

fn location() -> JsValue {
    member(&global(), "location")
}

fn default_url(protocol: Protocol) -> Result<String, JsValue> {
    let chosen = HOSTNAME.with(|host| host.borrow().clone());
    let own = || text_member(&location(), "host").filter(|host| !host.is_empty());
    let Some(host) = chosen.or_else(own) else {
        return Err(type_error(
            "Uploader: no server is known, because this page has no host; \
             call set_server_hostname or pass the option endpoint",
        ));
    };
    let is_secure = text_member(&location(), "protocol").as_deref() != Some("http:");
    Ok(joined(&[protocol.scheme(is_secure), "://", &host, protocol.path()]))
}

/// An address without what may be secret in it: user, password, query.
pub(crate) fn place_of(endpoint: &str) -> String {
    let Some(url) = resolve(endpoint) else { return String::new() };
    joined(&[&url.part("protocol"), "//", &url.part("host"), &url.part("pathname")])
}

#[cfg(all(test, target_arch = "wasm32", feature = "_requests"))]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test]
    fn only_what_leaves_the_machine_without_encryption_is_open() {
        for (url, expected) in [
            ("http://server.test/up", true),
            ("http://127.example/up", true),
            ("https://server.test/up", false),
            ("http://localhost:4000/up", false),
            ("http://127.0.0.1:4000/up", false),
            ("http://[::1]:4000/up", false),
        ] {
            assert_eq!(is_open(url), expected, "{url}");
        }
    }
}
