//! Whether the server is alive and can store anything.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::Services;

pub(super) const PATH: &str = "/healthz";

pub(super) fn router(services: &Services) -> Router {
    Router::new().route(PATH, get(check)).with_state(services.clone())
}

async fn check(State(services): State<Services>) -> Response {
    match services.health.check().await {
        Ok(()) => "ok".into_response(),
        Err(unfit) => {
            let words = format!("nothing can be stored: {unfit}");
            (StatusCode::SERVICE_UNAVAILABLE, words).into_response()
        }
    }
}
