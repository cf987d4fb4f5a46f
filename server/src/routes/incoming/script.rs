//! The scripts for pages that load the client by a script tag.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use tower::ServiceExt as _;
use tower_http::services::ServeFile;

use crate::Services;

const NOT_BUILT: &str = "the script is not built: run `npm run build`, or name the folder that \
                         holds it with --package\n";

pub(super) async fn incoming_js(services: State<Services>, request: Request) -> Response {
    serve("incoming.js", services, request).await
}

/// What `incoming.js` loads from beside itself when a page wants fingerprints.
pub(super) async fn incoming_digest_js(services: State<Services>, request: Request) -> Response {
    serve("incoming-digest.js", services, request).await
}

/// What `incoming.js` loads from beside itself when a page resumes uploads.
pub(super) async fn incoming_checkpoints_js(
    services: State<Services>,
    request: Request,
) -> Response {
    serve("incoming-checkpoints.js", services, request).await
}

async fn serve(name: &str, State(services): State<Services>, request: Request) -> Response {
    let file =
        ServeFile::new(services.config.package.join(name)).precompressed_br().precompressed_gzip();
    let Ok(mut response) = file.oneshot(request).await.map(|file| file.map(axum::body::Body::new));
    if response.status() == StatusCode::NOT_FOUND {
        return (StatusCode::NOT_FOUND, NOT_BUILT).into_response();
    }
    let headers = response.headers_mut();
    let script = HeaderValue::from_static("text/javascript; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, script);
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    // Kept, but asked for again each time: a new server must not meet an old script.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
