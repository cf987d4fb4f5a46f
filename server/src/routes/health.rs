//! Whether the server is alive.

use axum::Router;
use axum::routing::get;

pub(super) const PATH: &str = "/healthz";

pub(super) fn router() -> Router {
    Router::new().route(PATH, get(|| async { "ok" }))
}
