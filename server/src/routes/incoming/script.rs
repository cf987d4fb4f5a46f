//! The scripts for pages that load the client by a script tag.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tower::ServiceExt as _;
use tower_http::services::ServeFile;

use crate::Services;

const NOT_BUILT: &str = "the script is not built: run `npm run build`, or name the folder that \
                         holds it with --package\n";

/// What pages load: the client with all protocols, or with one; and what it loads from beside itself
/// for fingerprints, and to resume.
const SCRIPTS: [&str; 8] = [
    "incoming.js",
    "incoming-incoming.js",
    "incoming-galileo.js",
    "incoming-resumable.js",
    "incoming-fineuploader.js",
    "incoming-robusto.js",
    "incoming-digest.js",
    "incoming-checkpoints.js",
];

pub(super) fn router() -> Router<Services> {
    SCRIPTS.into_iter().fold(Router::new(), |router, name| {
        let path = format!("/{name}");
        router.route(&path, get(move |services, request| serve(name, services, request)))
    })
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
