//! Answers that ask to come back later.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::uploads::Full;

/// When it may be worth to look again whether there is room, in seconds.
const LOOK_AGAIN: u64 = 10;

/// How HTTP says that there is no room.
pub(super) fn status_of(full: Full) -> StatusCode {
    match full {
        Full::TooMany => StatusCode::SERVICE_UNAVAILABLE,
        Full::NoRoom { .. } | Full::Share => StatusCode::INSUFFICIENT_STORAGE,
    }
}

/// Says when to come back.
pub(super) fn until_there_is_room(mut response: Response) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(LOOK_AGAIN));
    response
}

/// What is asked to come back after so many seconds.
pub(super) fn later(status: StatusCode, words: String, seconds: u64) -> Response {
    let mut response = (status, words).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    response
}
