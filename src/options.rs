//! What a page passes as options.

use std::time::Duration;

use incoming_protocol::{Job, Options, Protocol, Retry};
use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, Blob, Url};

use crate::error::type_error;
use crate::{file, page};

const KNOWN: &str = "protocol, endpoint, chunk_size, retry, stall_timeout_ms, onprogress, \
                     onfinished, oncancelled, onerror, signal";

/// What the page has chosen.
pub(crate) struct Chosen {
    protocol: Protocol,
    endpoint: Option<String>,
    options: Options,
    callbacks: Vec<(String, JsValue)>,
}

/// Reads the options of an uploader; `undefined` and `null` choose nothing.
///
/// # Errors
/// A `TypeError` that names the option that is unknown or wrong.
pub(crate) fn read(options: &JsValue) -> Result<Chosen, JsValue> {
    let mut chosen = Chosen {
        protocol: Protocol::DEFAULT,
        endpoint: None,
        options: Options::default(),
        callbacks: Vec::new(),
    };
    each(options, "options", |name, value| chosen.take(name, value))?;
    Ok(chosen)
}

impl Chosen {
    fn take(&mut self, name: String, value: JsValue) -> Result<(), JsValue> {
        match name.as_str() {
            "protocol" => self.protocol = protocol(&value)?,
            "endpoint" => {
                let url = value.as_string().ok_or_else(|| wrong(&name, "a URL"))?;
                self.endpoint = Some(url);
            }
            "chunk_size" => self.options.chunk_size = Some(whole(&name, &value, 1)?),
            "retry" => self.options.retry = retry(&value)?,
            "stall_timeout_ms" => {
                self.options.stall_timeout = Duration::from_millis(whole(&name, &value, 1)?);
            }
            "onprogress" | "onfinished" | "oncancelled" | "onerror" => {
                if !value.is_instance_of::<Function>() {
                    return Err(wrong(&name, "a function"));
                }
                self.callbacks.push((name, value));
            }
            // Obeyed when everything else is in place.
            "signal" if value.is_instance_of::<AbortSignal>() => {}
            "signal" => return Err(wrong(&name, "an AbortSignal")),
            _ => return Err(unknown(&name, KNOWN)),
        }
        Ok(())
    }

    /// The address of the server: as chosen, or of the protocol on this host or the page's.
    pub(crate) fn endpoint(&self, host: Option<&str>) -> Result<String, JsValue> {
        if let Some(endpoint) = &self.endpoint {
            return resolve(endpoint);
        }
        let host = host.map_or_else(|| page::location("host"), str::to_owned);
        if host.is_empty() {
            return Err(type_error(
                "Uploader: no server is known, because this page has no host; call \
                 set_server_hostname or pass the option endpoint",
            ));
        }
        Ok(self.protocol.default_endpoint(&host, page::location("protocol") != "http:"))
    }

    pub(crate) fn callbacks(&self, mut set: impl FnMut(&str, &JsValue)) {
        self.callbacks.iter().for_each(|(name, callback)| set(name, callback));
    }

    pub(crate) fn job(self, ticket: String, endpoint: String, blob: &Blob) -> (Protocol, Job) {
        let (name, size) = (file::name_of(blob), file::size_of(blob));
        (self.protocol, Job { ticket, endpoint, name, size, options: self.options })
    }
}

fn protocol(value: &JsValue) -> Result<Protocol, JsValue> {
    value.as_string().and_then(|name| Protocol::named(&name)).ok_or_else(|| {
        let names: Vec<_> = Protocol::ALL.iter().map(|protocol| protocol.name()).collect();
        wrong("protocol", &format!("one of: {}", names.join(", ")))
    })
}

fn retry(value: &JsValue) -> Result<Retry, JsValue> {
    let mut rule = Retry::default();
    each(value, "retry", |name, value| {
        match name.as_str() {
            "delays" => rule.delays = delays(&value)?,
            "attempts" if value.as_f64() == Some(f64::INFINITY) => rule.attempts = None,
            "attempts" => {
                let attempts = whole("retry.attempts", &value, 0)?;
                rule.attempts = Some(u32::try_from(attempts).unwrap_or(u32::MAX));
            }
            _ => return Err(unknown(&format!("retry.{name}"), "delays, attempts")),
        }
        Ok(())
    })?;
    Ok(rule)
}

fn delays(value: &JsValue) -> Result<Vec<Duration>, JsValue> {
    let name = "retry.delays";
    let list: &Array = value.dyn_ref().ok_or_else(|| wrong(name, "an array of milliseconds"))?;
    list.iter().map(|delay| whole(name, &delay, 0).map(Duration::from_millis)).collect()
}

/// Makes an address absolute, and a WebSocket's of a page's.
fn resolve(endpoint: &str) -> Result<String, JsValue> {
    let page = page::location("href");
    let url =
        if page.is_empty() { Url::new(endpoint) } else { Url::new_with_base(endpoint, &page) };
    let expected = || wrong("endpoint", "a URL that begins with ws:, wss:, http: or https:");
    let url = url.map_err(|_| expected())?;
    match url.protocol().as_str() {
        "http:" => url.set_protocol("ws:"),
        "https:" => url.set_protocol("wss:"),
        "ws:" | "wss:" => {}
        _ => return Err(expected()),
    }
    Ok(url.href())
}

/// Goes through the members of an object; one that is `undefined` or `null` is not there.
fn each(
    object: &JsValue,
    name: &str,
    mut take: impl FnMut(String, JsValue) -> Result<(), JsValue>,
) -> Result<(), JsValue> {
    if object.is_undefined() || object.is_null() {
        return Ok(());
    }
    if !object.is_object() || Array::is_array(object) {
        return Err(wrong(name, "an object"));
    }
    for key in Object::keys(object.unchecked_ref::<Object>()).iter() {
        let value = Reflect::get(object, &key)?;
        if !value.is_undefined() && !value.is_null() {
            take(key.as_string().unwrap_or_default(), value)?;
        }
    }
    Ok(())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked first")]
#[expect(clippy::cast_precision_loss, reason = "the least is 0 or 1")]
fn whole(name: &str, value: &JsValue, least: u64) -> Result<u64, JsValue> {
    let number = value.as_f64().filter(|n| *n >= least as f64 && *n <= 9e15 && n.fract() == 0.0);
    number
        .map(|number| number as u64)
        .ok_or_else(|| wrong(name, &format!("a whole number, at least {least}")))
}

fn wrong(name: &str, expected: &str) -> JsValue {
    type_error(&format!("Uploader: expected {expected} as {name}"))
}

fn unknown(name: &str, known: &str) -> JsValue {
    type_error(&format!("Uploader: unknown option {name}; known are: {known}"))
}
