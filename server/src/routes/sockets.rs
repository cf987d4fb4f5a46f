//! What all WebSockets have in common.

use axum::extract::ws::{Message, WebSocketUpgrade, close_code};
use tokio::time::{Duration, Instant};
use tungstenite::Error as SocketError;

use crate::activity::Activity;

/// How much is read from a socket at once.
const READ_BUFFER: usize = 256 * 1024;
/// How long a closed socket is kept so that the other side can read the close frame.
pub(super) const FAREWELL: Duration = Duration::from_secs(2);

/// What a socket gave.
pub(super) enum Received {
    Message(Message),
    /// The socket is dead.
    Gone,
    /// What came is no acceptable WebSocket message, for which there is a close code.
    Unacceptable(u16),
}

/// A socket that takes messages of this many bytes and passes on at once what it sends.
pub(super) fn limited(upgrade: WebSocketUpgrade, max_message_size: usize) -> WebSocketUpgrade {
    upgrade
        .max_message_size(max_message_size)
        .max_frame_size(max_message_size)
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
}

/// Ends when no byte came for this long, neither as a message nor as a part of one.
pub(super) async fn silence(activity: &Activity, last_sign: Instant, patience: Duration) {
    loop {
        let deadline = last_sign.max(activity.last_read()) + patience;
        if deadline <= Instant::now() {
            return;
        }
        tokio::time::sleep_until(deadline).await;
    }
}

pub(super) fn received(message: Option<Result<Message, axum::Error>>) -> Received {
    match message {
        Some(Ok(message)) => Received::Message(message),
        None => Received::Gone,
        Some(Err(error)) => {
            tracing::debug!(%error, "no message could be read");
            fault(error)
        }
    }
}

fn fault(error: axum::Error) -> Received {
    match error.into_inner().downcast_ref::<SocketError>() {
        Some(SocketError::Capacity(_)) => Received::Unacceptable(close_code::SIZE),
        Some(SocketError::Utf8(_)) => Received::Unacceptable(close_code::INVALID),
        Some(SocketError::Protocol(error)) if !is_cut(error) => {
            Received::Unacceptable(close_code::PROTOCOL)
        }
        _ => Received::Gone,
    }
}

/// Whether the connection ended without a close frame: there is nobody to answer.
fn is_cut(error: &tungstenite::error::ProtocolError) -> bool {
    matches!(error, tungstenite::error::ProtocolError::ResetWithoutClosingHandshake)
}
