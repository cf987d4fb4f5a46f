//! Incoming!!, version 0.1.

mod backend;
mod params;
mod script;
mod socket;
mod upgrade;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::Services;

pub(super) fn router(services: &Services) -> Router {
    let backend = Router::new()
        .route("/new_upload", post(backend::new_upload))
        .route("/cancel_upload", post(backend::cancel_upload))
        .route("/finish_upload", post(backend::finish_upload))
        .layer(DefaultBodyLimit::max(services.config.max_form_size))
        .layer(RequestBodyTimeoutLayer::new(services.config.header_timeout));
    let frontend = Router::new()
        .route("/upload_ws", get(upgrade::upload))
        .route("/incoming.js", get(script::incoming_js));
    Router::new()
        .nest("/incoming/0.1/backend", backend)
        .nest("/incoming/0.1/frontend", frontend)
        .with_state(services.clone())
}
