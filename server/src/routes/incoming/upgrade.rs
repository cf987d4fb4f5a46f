//! From a request to a WebSocket.

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::socket;
use crate::Services;
use crate::activity::Activity;
use crate::routes::origin::is_allowed;
use crate::routes::sockets::limited;

pub(super) async fn upload(
    State(services): State<Services>,
    headers: HeaderMap,
    activity: Option<Extension<Activity>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !is_allowed(&headers, &services.config.allowed_origins) {
        return (StatusCode::FORBIDDEN, "uploads from this origin are not allowed").into_response();
    }
    let limit = services.config.max_message_size();
    let activity = activity.map(|Extension(activity)| activity).unwrap_or_default();
    let task = services.tasks.token();
    limited(upgrade, limit).on_upgrade(async move |socket| {
        socket::serve(socket, &services, activity).await;
        drop(task);
    })
}
