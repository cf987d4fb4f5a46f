//! Every 404 says in words that nothing is there.

use axum::body::{Body, HttpBody as _};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

const WORDS: &str = "there is nothing at this address\n";

/// Adds words to a 404 without any.
pub(super) async fn explain(mut response: Response) -> Response {
    let is_empty = response.body().size_hint().exact() == Some(0);
    if response.status() == StatusCode::NOT_FOUND && is_empty {
        *response.body_mut() = Body::from(WORDS);
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, plain);
    }
    response
}
