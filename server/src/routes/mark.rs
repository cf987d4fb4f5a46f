//! By what a client knows that it is this server that answers.
//!
//! Some protocols confirm a chunk by nothing but a status, and a login page or a captive portal on the
//! way answers 200 to everything. Every answer of the upload routes has this header, also every
//! refusal and what is not found below them: a client that has seen it once counts a bare status as
//! proof that something is stored only if the answer has it too. No other route has it, so that a
//! page of this server under a mistaken address proves nothing.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use incoming_protocol::http::OURS;
use incoming_protocol::{fineuploader, resumable, robusto};

use super::files;

/// The name of the header.
pub(crate) const UPLOAD_SERVER: HeaderName = HeaderName::from_static("upload-server");
/// Its value.
pub(crate) const INCOMING: &str = OURS;

/// What the upload routes begin with.
const ROUTES: [&str; 4] = [resumable::PATH, fineuploader::PATH, robusto::PATH, files::PATH];

/// Marks the answers of the upload routes. It stands around all that may refuse a request.
pub(super) async fn set(request: Request, next: Next) -> Response {
    let is_marked = is_of_upload_route(request.uri().path());
    let mut response = next.run(request).await;
    if is_marked {
        response.headers_mut().insert(UPLOAD_SERVER, HeaderValue::from_static(INCOMING));
    }
    response
}

fn is_of_upload_route(path: &str) -> bool {
    let below = |route: &&str| path.strip_prefix(*route);
    ROUTES.iter().filter_map(below).any(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use incoming_protocol::http::SERVER;

    use super::*;

    #[test]
    fn clients_look_for_this_header() {
        assert!(SERVER.eq_ignore_ascii_case(UPLOAD_SERVER.as_str()));
    }

    #[test]
    fn upload_routes_and_what_is_below_them_are_marked_and_nothing_else() {
        for path in ["/resumable", "/fineuploader/success", "/robusto/", "/files/a/b"] {
            assert!(is_of_upload_route(path), "{path}");
        }
        for path in ["/", "/healthz", "/resumables", "/demo/files", "/incoming/0.1/frontend", ""] {
            assert!(!is_of_upload_route(path), "{path}");
        }
    }
}
