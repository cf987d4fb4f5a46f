//! What all WebSockets have in common.

use axum::extract::FromRequestParts;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::Extensions;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use tokio::time::{Duration, Instant};
use tungstenite::Error as SocketError;

use super::holder;
use super::limits::Held;
use crate::Services;
use crate::activity::Activity;
use crate::pace::Pace;
use crate::uploads::Holder;

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

/// A request that becomes a socket.
pub(super) struct Opening {
    upgrade: WebSocketUpgrade,
    activity: Activity,
    /// What is known of the request.
    extensions: Extensions,
    held: Option<Held>,
}

impl<S: Send + Sync> FromRequestParts<S> for Opening {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Opening, Response> {
        let activity = parts.extensions.get::<Activity>().cloned().unwrap_or_default();
        let held = parts.extensions.get::<Held>().cloned();
        let extensions = parts.extensions.clone();
        let upgrade = WebSocketUpgrade::from_request_parts(parts, state).await;
        let upgrade = upgrade.map_err(IntoResponse::into_response)?;
        Ok(Opening { upgrade, activity, extensions, held })
    }
}

impl Opening {
    /// Lets a socket be served that takes messages of this many bytes and passes on at once what it
    /// sends.
    pub(super) fn accept<F>(
        self,
        services: Services,
        max_message_size: usize,
        serve: impl FnOnce(WebSocket, Services, Activity, Holder) -> F + Send + 'static,
    ) -> Response
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Opening { upgrade, activity, extensions, held } = self;
        let holder = holder::of(&extensions, &services);
        let task = services.tasks.token();
        upgrade
            .max_message_size(max_message_size)
            .max_frame_size(max_message_size)
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .on_upgrade(async move |socket| {
                serve(socket, services, activity, holder).await;
                drop((task, held));
            })
    }
}

/// Ends when no byte came for as long as the pace allows, neither as a message nor as a part of one,
/// or too few since this was called.
pub(super) async fn silence(activity: &Activity, last_sign: Instant, pace: Pace) {
    let (begun, before) = (Instant::now(), activity.read());
    loop {
        let came = activity.read() - before;
        let silent = last_sign.max(activity.last_read()) + pace.patience;
        let slow = begun.checked_add(pace.allowance(came));
        let deadline = slow.map_or(silent, |slow| slow.min(silent));
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
