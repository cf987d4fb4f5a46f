//! What all WebSockets have in common.

mod frames;
mod head;
mod opening;
mod socket;

use axum::extract::ws::close_code;
use tokio::time::{Duration, Instant, timeout};
use tungstenite::error::ProtocolError;
use tungstenite::protocol::CloseFrame;
use tungstenite::{Error, Message};

use crate::activity::Activity;
use frames::Fault;
pub(super) use opening::Opening;
pub(super) use socket::Socket;

/// How long a closed socket is kept so that the other side can read the close frame.
const FAREWELL: Duration = Duration::from_secs(2);
/// The longest text that is looked at, in bytes. Names are the longest thing that is ever said.
const MAX_TEXT: usize = 64 * 1024;

/// What is said to who holds memory that others need.
pub(super) const NO_MEMORY: &str = "too much is sent at once, try again later";

/// What a socket gave.
pub(super) enum Received {
    Message(Message),
    /// The socket is dead.
    Gone,
    /// What came is no acceptable WebSocket message, for which there is a close code.
    Unacceptable(u16),
    /// The message comes too slowly.
    TooSlow,
    /// There is no memory for the message at this moment.
    NoMemory,
}

/// Ends when no byte came for as long as the patience lasts, neither as a message nor as a part of one,
/// and not because nobody read it.
pub(super) async fn silence(activity: &Activity, mut last_sign: Instant, patience: Duration) {
    loop {
        if activity.is_held_up() {
            last_sign = Instant::now();
        }
        let deadline = last_sign.max(activity.last_read()) + patience;
        if deadline <= Instant::now() {
            return;
        }
        tokio::time::sleep_until(deadline).await;
    }
}

/// The JSON of a text, unless it is none, or too long to be looked at.
pub(super) fn json<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    if text.len() > MAX_TEXT { None } else { serde_json::from_str(text).ok() }
}

/// A close frame.
pub(super) fn closing(code: u16, reason: &str) -> Message {
    Message::Close(Some(CloseFrame { code: code.into(), reason: reason.into() }))
}

/// Waits a while for the other side to read a close frame and answer it: a socket that is closed on
/// unread bytes is reset. Whether it did.
pub(super) async fn say_farewell(socket: &mut Socket) -> bool {
    timeout(FAREWELL, socket.drain()).await.is_ok()
}

pub(super) fn received(message: Option<Result<Message, Error>>) -> Received {
    match message {
        Some(Ok(message)) => Received::Message(message),
        None => Received::Gone,
        Some(Err(error)) => {
            tracing::debug!(%error, "no message could be read");
            fault(&error)
        }
    }
}

fn fault(error: &Error) -> Received {
    match error {
        Error::Capacity(_) => Received::Unacceptable(close_code::SIZE),
        Error::Utf8(_) => Received::Unacceptable(close_code::INVALID),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Received::Gone,
        Error::Protocol(_) => Received::Unacceptable(close_code::PROTOCOL),
        Error::Io(error) => match error.get_ref().and_then(|error| error.downcast_ref()) {
            Some(Fault::TooLarge) => Received::Unacceptable(close_code::SIZE),
            Some(Fault::Malformed) => Received::Unacceptable(close_code::PROTOCOL),
            Some(Fault::TooSlow) => Received::TooSlow,
            Some(Fault::InTheWay) => Received::NoMemory,
            None => Received::Gone,
        },
        _ => Received::Gone,
    }
}
