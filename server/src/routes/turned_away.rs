//! Answers to requests whose bodies nobody wants.

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::form::discard_body;

/// Answers when the body has come, or enough of it: a browser that is still sending would find the
/// connection reset instead. Who waits for leave to send it gets none.
pub(super) async fn turn_away(request: Request, answer: Response) -> Response {
    if !request.headers().contains_key(header::EXPECT) {
        discard_body(request.into_body()).await;
    }
    answer
}

/// What is asked to come back after so many seconds.
pub(super) fn later(status: StatusCode, words: String, seconds: u64) -> Response {
    let mut response = (status, words).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    response
}
