//! Parameters as backends send them: in the query, in a urlencoded body, or in a multipart body.
//! The body wins over the query.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

/// The parameters of a request. What is missing is empty.
#[derive(Debug, Default)]
pub(super) struct Params(HashMap<String, String>);

impl Params {
    pub(super) fn of(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The first value of a name counts.
    fn add(&mut self, pairs: impl IntoIterator<Item = (String, String)>) {
        for (name, value) in pairs {
            self.0.entry(name).or_insert(value);
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Params, Response> {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let mut params = Params::default();
        match media_type(&request).as_str() {
            "application/x-www-form-urlencoded" => {
                let body = Bytes::from_request(request, state)
                    .await
                    .map_err(axum::response::IntoResponse::into_response)?;
                params.add(pairs(&body));
            }
            "multipart/form-data" => params.add(parts(request, state).await?),
            _ => {}
        }
        params.add(pairs(query.as_bytes()));
        Ok(params)
    }
}

fn media_type(request: &Request) -> String {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = value.unwrap_or_default().split(';').next().unwrap_or_default();
    media_type.trim().to_ascii_lowercase()
}

fn pairs(encoded: &[u8]) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(encoded).into_owned()
}

async fn parts<S: Send + Sync>(
    request: Request,
    state: &S,
) -> Result<Vec<(String, String)>, Response> {
    let mut multipart = Multipart::from_request(request, state)
        .await
        .map_err(axum::response::IntoResponse::into_response)?;
    let mut parts = Vec::new();
    while let Some(field) = multipart.next_field().await.map_err(refused)? {
        let name = field.name().unwrap_or_default().to_owned();
        parts.push((name, field.text().await.map_err(refused)?));
    }
    Ok(parts)
}

fn refused(error: axum::extract::multipart::MultipartError) -> Response {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => error.into_response(),
        _ => (StatusCode::BAD_REQUEST, "the form could not be read").into_response(),
    }
}
