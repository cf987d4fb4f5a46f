//! GalileoSend: one WebSocket for each file, one chunk at a time.

mod socket;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use incoming_protocol::galileo::PATH;

use super::guard::{guarded, plainly};
use super::sockets::Opening;
use crate::Services;

pub(super) fn router(services: &Services) -> Router {
    guarded(services, Router::new().route(PATH, get(upload)), plainly)
}

async fn upload(State(services): State<Services>, opening: Opening) -> Response {
    let limit = services.config.max_galileo_message_size();
    opening.accept(services, limit, socket::serve)
}
