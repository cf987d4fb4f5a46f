//! Files that have arrived, for whoever knows their address: as downloads, and never as anything
//! that a browser would show or run.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tower::ServiceExt as _;
use tower_http::services::ServeFile;
use uuid::Uuid;

use crate::Services;

/// What their addresses begin with.
pub(super) const PATH: &str = "/files";

/// Whether anybody may download files.
pub(super) fn are_served(services: &Services) -> bool {
    services.config.serve_files || services.demo.is_some()
}

pub(super) fn router(services: &Services) -> Router {
    Router::new().route(&format!("{PATH}/{{id}}/{{name}}"), get(file)).with_state(services.clone())
}

/// The address of a file. The name in it is only for people.
pub(super) fn address(id: Uuid, name: &str) -> String {
    format!("{PATH}/{id}/{}", escaped(name))
}

async fn file(
    State(services): State<Services>,
    Path((id, _)): Path<(String, String)>,
    request: Request,
) -> Response {
    let Ok(id) = Uuid::try_parse(&id) else { return nothing() };
    let Ok(name) = services.uploads.name_of_arrived(id).await else { return nothing() };
    let path = services.uploads.path_of_arrived(id);
    let octets = "application/octet-stream".parse().unwrap_or_else(|_| unreachable!("a type"));
    let mut response = match ServeFile::new_with_mime(path, &octets).oneshot(request).await {
        Ok(response) => response.into_response(),
        Err(never) => match never {},
    };
    let disposition = format!("attachment; filename*=UTF-8''{}", escaped(&name));
    let headers = response.headers_mut();
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
        (header::CACHE_CONTROL, "private, no-cache"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn nothing() -> Response {
    (StatusCode::NOT_FOUND, "there is no such file").into_response()
}

/// Escapes all but what stands for itself everywhere.
fn escaped(name: &str) -> String {
    let mut escaped = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            escaped.push(byte.into());
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_nothing_that_means_anything_else() {
        let id = Uuid::nil();
        let address = address(id, "a \"/..\\ü.bin");
        assert_eq!(address, format!("/files/{id}/a%20%22%2F..%5C%C3%BC.bin"));
    }
}
