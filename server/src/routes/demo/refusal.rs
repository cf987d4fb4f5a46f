//! Why the demo does not do something, for scripts and for people.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why the demo does not do something. Causes are logged where they happen, and never sent.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("there are too many uploads, try again later")]
    TooMany,
    #[error("this is no upload of the demo")]
    Stranger,
    #[error("the upload broke off")]
    BrokenOff,
    #[error("the server failed, its log says why")]
    Internal,
}

impl Refusal {
    fn code(self) -> &'static str {
        match self {
            Refusal::TooMany => "too_many",
            Refusal::Stranger => "stranger",
            Refusal::BrokenOff => "broken_off",
            Refusal::Internal => "internal",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Refusal::TooMany => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::Stranger => StatusCode::FORBIDDEN,
            Refusal::BrokenOff => StatusCode::BAD_REQUEST,
            Refusal::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "code": self.code(), "message": self.to_string() });
        (self.status(), Json(body)).into_response()
    }
}
