//! Incoming!!, version 0.1.

mod backend;
mod params;
mod script;
mod socket;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tower_http::timeout::RequestBodyTimeoutLayer;

use super::origin;
use super::sockets::Opening;
use crate::Services;

const NOT_FOR_PAGES: &str = "the backend API is for servers and not for pages: a backend that passes the \
     headers of a browser on has to leave out Origin and Sec-Fetch-Site, and a proxy must not make these \
     addresses public";

pub(super) fn router(services: &Services) -> Router {
    let check_page = middleware::from_fn_with_state(services.clone(), origin::check_with_ticket);
    let backend = Router::new()
        .route("/new_upload", post(backend::new_upload))
        .route("/cancel_upload", post(backend::cancel_upload))
        .route("/finish_upload", post(backend::finish_upload))
        .route("/handovers", get(backend::handovers))
        .route("/retry_handover", post(backend::retry_handover))
        .layer(DefaultBodyLimit::max(services.config.max_form_size))
        .layer(RequestBodyTimeoutLayer::new(services.config.header_timeout))
        .layer(middleware::from_fn(not_from_pages));
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

/// A server on a private address trusts who reaches it, and no page may act in the name of who looks at
/// it. Only browsers send these headers.
async fn not_from_pages(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site") {
        return (StatusCode::FORBIDDEN, NOT_FOR_PAGES).into_response();
    }
    next.run(request).await
}
