//! GalileoSend: one WebSocket for each file, one chunk at a time.

mod socket;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Extension, Router};
use incoming_protocol::galileo::PATH;

use super::origin::is_allowed;
use super::sockets::limited;
use crate::Services;
use crate::activity::Activity;

pub(super) fn router(services: &Services) -> Router {
    Router::new().route(PATH, get(upload)).with_state(services.clone())
}

async fn upload(
    State(services): State<Services>,
    headers: HeaderMap,
    activity: Option<Extension<Activity>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !is_allowed(&headers, &services.config.allowed_origins) {
        return (StatusCode::FORBIDDEN, "uploads from this origin are not allowed").into_response();
    }
    let activity = activity.map(|Extension(activity)| activity).unwrap_or_default();
    let task = services.tasks.token();
    let limit = services.config.max_galileo_message_size();
    limited(upgrade, limit).on_upgrade(async move |socket| {
        socket::serve(socket, &services, activity).await;
        drop(task);
    })
}
