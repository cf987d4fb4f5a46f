//! Which pages may upload.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::Services;

/// Whether the settings let the page that sent these headers upload.
pub(super) fn is_allowed(headers: &HeaderMap, origins: &[String]) -> bool {
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    origins.is_empty() || origin.is_some_and(|origin| origins.iter().any(|o| o == origin))
}

/// Refuses requests of other pages. Browsers name the page with every request that changes
/// something.
pub(super) async fn check(
    State(services): State<Services>,
    request: Request,
    next: Next,
) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if reads || is_allowed(request.headers(), &services.config.allowed_origins) {
        return next.run(request).await;
    }
    (StatusCode::FORBIDDEN, "uploads from this origin are not allowed").into_response()
}
