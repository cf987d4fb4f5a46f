//! What requests and answers say in their headers.

use std::time::Duration;

use incoming_protocol::Md5;
use incoming_protocol::http::{
    ARRIVED_DIGEST, CONTENT_DIGEST, DAMAGED_DIGEST, FILE_DIGEST, OURS, RETRY_AFTER, Request,
    Response, SERVER, WANT_FILE_DIGEST,
};

/// The digest of the bytes that a request brings.
pub fn digest(request: &Request) -> Option<Md5> {
    Md5::from_field(request.header(CONTENT_DIGEST)?)
}

/// The digest of the whole file that is wrong.
pub fn damaged_file(request: &Request) -> Option<Md5> {
    Md5::from_field(request.header(DAMAGED_DIGEST)?)
}

/// True if a request asks for the digest of the whole file, and for the header that has it.
pub fn wants_file_digest(request: &Request) -> bool {
    request.header(WANT_FILE_DIGEST).is_some() && request.wants.contains(&FILE_DIGEST)
}

/// The answer with one header more.
pub fn with(mut response: Response, name: &'static str, value: &str) -> Response {
    response.headers.push((name, value.to_owned()));
    response
}

/// With the digest of the bytes as they arrived.
pub fn arrived(response: Response, md5: &Md5) -> Response {
    with(response, ARRIVED_DIGEST, &md5.to_field())
}

/// With the digest of the whole file.
pub fn of_file(response: Response, md5: &Md5) -> Response {
    with(response, FILE_DIGEST, &md5.to_field())
}

/// With the wish to be left alone for so long.
pub fn asking(response: Response, time: Duration) -> Response {
    with(response, RETRY_AFTER, &time.as_secs().to_string())
}

/// With the mark of our server.
pub fn marked(response: Response) -> Response {
    with(response, SERVER, OURS)
}

/// Answered by another address than the one that was asked.
pub fn redirected(response: Response, asked: &str, url: &str) -> Response {
    Response { asked: asked.to_owned(), url: url.to_owned(), ..response }
}
