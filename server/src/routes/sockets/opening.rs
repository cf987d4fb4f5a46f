//! A request that becomes a socket.

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use sha1::{Digest as _, Sha1};

use super::Socket;
use super::frames::Frames;
use crate::Services;
use crate::activity::Activity;
use crate::memory::FREE;
use crate::routes::holder;
use crate::routes::limits::Held;
use crate::uploads::Holder;

/// What a key is hashed with, as RFC 6455 says in section 1.3.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A request that becomes a socket.
pub(in crate::routes) struct Opening {
    upgrade: OnUpgrade,
    key: HeaderValue,
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
        let upgrade = extensions.get::<OnUpgrade>().cloned();
        let key = parts.headers.get(header::SEC_WEBSOCKET_KEY).cloned();
        // It knows what is wrong with a request.
        let checked = WebSocketUpgrade::from_request_parts(parts, state).await;
        let _ = checked.map_err(IntoResponse::into_response)?;
        let (Some(upgrade), Some(key)) = (upgrade, key) else {
            return Err(StatusCode::BAD_REQUEST.into_response());
        };
        Ok(Opening { upgrade, key, activity, extensions, held })
    }
}

impl Opening {
    /// Lets a socket be served that takes messages of this many bytes once it is bound to an upload,
    /// and small ones before.
    pub(in crate::routes) fn accept<F>(
        self,
        services: Services,
        max_message_size: usize,
        serve: impl FnOnce(Socket, Services, Activity, Holder) -> F + Send + 'static,
    ) -> Response
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Opening { upgrade, key, activity, extensions, held } = self;
        let holder = holder::of(&extensions, &services);
        let task = services.tasks.token();
        tokio::spawn(async move {
            if let Ok(upgraded) = upgrade.await {
                let (share, pace) = (services.memory.share(), services.config.pace());
                let stream = TokioIo::new(upgraded);
                let frames = Frames::new(stream, activity.clone(), FREE, share, pace);
                let socket = Socket::new(frames, max_message_size).await;
                serve(socket, services, activity, holder).await;
            }
            drop((task, held));
        });
        switching(&key)
    }
}

fn switching(key: &HeaderValue) -> Response {
    let hash = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::from_str(&STANDARD.encode(hash)) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    response
}
