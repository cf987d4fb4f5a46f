//! A WebSocket that is closed and deaf once it is dropped.

use std::ops::Range;
use std::rc::{Rc, Weak};

use incoming_protocol::{Attempt, Event};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, CloseEvent, MessageEvent, WebSocket};

use crate::driver::Driver;
use crate::listener::Listener;
use crate::{file, json};

/// The connection of one attempt.
pub(crate) struct Socket {
    socket: WebSocket,
    _listeners: [Listener; 3],
}

impl Socket {
    /// Begins to connect; everything that comes of it is reported to the driver.
    pub(crate) fn open(
        url: &str,
        driver: &Rc<Driver>,
        attempt: Attempt,
    ) -> Result<Socket, JsValue> {
        let socket = WebSocket::new(url)?;
        let report = |kind, read: fn(&JsValue) -> Event| {
            let driver = Rc::downgrade(driver);
            Listener::new(&socket, kind, move |event| tell(&driver, attempt, read(&event)))
        };
        let _listeners = [
            report("open", |_| Event::Connected),
            report("message", |event| received(event.unchecked_ref())),
            report("close", |event| closed(event.unchecked_ref())),
        ];
        Ok(Socket { socket, _listeners })
    }

    /// Sends a text. A socket that is no longer open says so by its close event.
    pub(crate) fn send(&self, text: &str) {
        let _ = self.socket.send_with_str(text);
    }

    /// Sends a part of the file as one binary message; the browser reads it when it is its turn.
    pub(crate) fn send_range(&self, blob: &Blob, range: &Range<u64>) {
        let _ = self.socket.send_with_blob(&file::slice(blob, range, String::new()));
    }

    /// How many bytes have not left the browser yet.
    pub(crate) fn waiting(&self) -> u64 {
        self.socket.buffered_amount().into()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = self.socket.close();
    }
}

fn tell(driver: &Weak<Driver>, attempt: Attempt, event: Event) {
    if let Some(driver) = driver.upgrade() {
        driver.heard(attempt, event);
    }
}

fn received(message: &MessageEvent) -> Event {
    let json = message.data().as_string().and_then(|text| json::parse(&text));
    json.map_or(Event::Garbled, Event::Received)
}

fn closed(close: &CloseEvent) -> Event {
    Event::Disconnected { code: close.code(), reason: close.reason() }
}
