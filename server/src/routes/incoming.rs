//! Incoming!!, version 0.1.

mod backend;
mod params;
mod script;
mod socket;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tower_http::timeout::RequestBodyTimeoutLayer;

use super::origin;
use super::sockets::Opening;
use crate::Services;

pub(super) fn router(services: &Services) -> Router {
    let check_origin = middleware::from_fn_with_state(services.clone(), origin::check);
    let check_page = middleware::from_fn_with_state(services.clone(), origin::check_with_ticket);
    let backend = Router::new()
        .route("/new_upload", post(backend::new_upload))
        .route("/cancel_upload", post(backend::cancel_upload))
        .route("/finish_upload", post(backend::finish_upload))
        .layer(DefaultBodyLimit::max(services.config.max_form_size))
        .layer(RequestBodyTimeoutLayer::new(services.config.header_timeout))
        .layer(middleware::from_fn(not_from_other_sites))
        .layer(check_origin);
    let frontend = script::router().route("/upload_ws", get(upload).layer(check_page));
    Router::new()
        .nest("/incoming/0.1/backend", backend)
        .nest("/incoming/0.1/frontend", frontend)
        .with_state(services.clone())
}

async fn upload(State(services): State<Services>, opening: Opening) -> Response {
    let limit = services.config.max_message_size();
    opening.accept(services, limit, socket::serve)
}

/// A server on a private address trusts who reaches it, and a page that one of them looks at must
/// not act in their name. Browsers say so to https and localhost; backends do not know the header.
async fn not_from_other_sites(request: Request, next: Next) -> Response {
    let site = request.headers().get("sec-fetch-site");
    if site.is_some_and(|site| site == "cross-site") {
        let text = "the backend API is for servers, not for pages of other sites";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    next.run(request).await
}
