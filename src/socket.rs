//! One WebSocket, closed when it is dropped.

use std::rc::Rc;

use incoming_protocol::{Attempt, Event, Json};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, WebSocket};

use crate::driver::Driver;
use crate::json;
use crate::listener::Listener;

/// A connection of an attempt.
pub(crate) struct Socket {
    socket: WebSocket,
    _listeners: [Listener; 3],
}

#[wasm_bindgen]
extern "C" {
    /// A message of a socket, or its end.
    type SocketEvent;
    #[wasm_bindgen(method, getter)]
    fn data(this: &SocketEvent) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn code(this: &SocketEvent) -> u16;
    #[wasm_bindgen(method, getter)]
    fn reason(this: &SocketEvent) -> String;
}

impl Socket {
    /// Begins to connect; what comes of it is reported under the attempt.
    ///
    /// # Errors
    /// What the browser throws when it refuses the address.
    pub(crate) fn open(
        url: &str,
        driver: &Rc<Driver>,
        attempt: Attempt,
    ) -> Result<Socket, JsValue> {
        let socket = WebSocket::new(url)?;
        let on = |kind, event_of: fn(&SocketEvent) -> Event| {
            let driver = Rc::clone(driver);
            Listener::new(&socket, kind, move |event| {
                driver.heard(attempt, event_of(event.unchecked_ref()));
            })
        };
        let listeners = [
            on("open", |_| Event::Connected),
            on("message", |message| received(&message.data())),
            on("close", |end| Event::Disconnected { code: end.code(), reason: end.reason() }),
        ];
        Ok(Socket { socket, _listeners: listeners })
    }

    /// Sends a message as text. A socket that is no longer open says so by its end.
    pub(crate) fn send(&self, message: &Json) {
        if let Some(text) = json::text_of(message).filter(|_| self.is_open()) {
            let _ = self.socket.send_with_str(&text);
        }
    }

    /// Sends bytes of the file as one binary message; the browser reads them when it is their turn.
    pub(crate) fn send_blob(&self, blob: &Blob) {
        if self.is_open() {
            let _ = self.socket.send_with_blob(blob);
        }
    }

    /// How many bytes were sent and have not left the browser.
    pub(crate) fn waiting(&self) -> u64 {
        self.socket.buffered_amount().into()
    }

    fn is_open(&self) -> bool {
        self.socket.ready_state() == WebSocket::OPEN
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = self.socket.close();
    }
}

fn received(data: &JsValue) -> Event {
    let json = data.as_string().and_then(|text| json::parse(&text));
    json.map_or(Event::Garbled, Event::Received)
}
