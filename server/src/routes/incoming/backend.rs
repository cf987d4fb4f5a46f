//! What a web application's backend calls: buying, cancelling and finishing.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use url::Url;

use super::params::Params;
use crate::Services;
use crate::routes::hosts::is_host;
use crate::routes::turned_away::{status_of, until_there_is_room};
use crate::store::StoreError;
use crate::uploads::{Backend, CallError, CreateError, Document, Secret};

/// A status and a sentence, both the original's.
type Refused = (StatusCode, String);

pub(super) async fn new_upload(
    State(services): State<Services>,
    params: Params,
) -> Result<String, Response> {
    let backend = backend(&services, &params).map_err(IntoResponse::into_response)?;
    let created = services.uploads.create(backend).await;
    created.map(|id| id.hyphenated().to_string()).map_err(not_created)
}

fn backend(services: &Services, params: &Params) -> Result<Backend, Refused> {
    let finish_url = finish_url(params.of("signalFinishURL"), &services.config.handover_hosts)
        .map_err(|reason| bad_request(format!("signalFinishURL invalid: {reason}")))?;
    let remove_when_finished = remove_when_finished(params.of("removeFileWhenFinished"))
        .map_err(|reason| bad_request(format!("removeFileWhenFinished invalid: {reason}")))?;
    let secret = Secret::new(params.of("backendSecret"));
    Ok(Backend { finish_url, secret, remove_when_finished })
}

pub(super) async fn cancel_upload(
    State(services): State<Services>,
    params: Params,
) -> Result<&'static str, Refused> {
    let id = given_id(&params)?;
    let cancelled = services.uploads.cancel(id, params.of("backendSecret")).await;
    cancelled.map(|()| "ok").map_err(refused)
}

pub(super) async fn finish_upload(
    State(services): State<Services>,
    params: Params,
) -> Result<&'static str, Refused> {
    let id = given_id(&params)?;
    let finished = services.uploads.finish(id, params.of("backendSecret")).await;
    finished.map(|()| "ok").map_err(refused)
}

/// The files without a ticket that are not handed over yet.
pub(super) async fn handovers(
    State(services): State<Services>,
) -> Result<Json<Vec<Value>>, Refused> {
    let documents = services.uploads.not_handed_over().await;
    let documents = documents.map_err(|error| internal(&error))?;
    Ok(Json(documents.iter().map(|document| shown(&services, document)).collect()))
}

fn shown(services: &Services, document: &Document) -> Value {
    let file = document.file.clone().unwrap_or_default();
    let arrival = document.arrival.as_ref();
    let tries = document.tries.clone().unwrap_or_default();
    json!({
        "id": document.id,
        "path": arrival.map(|arrival| services.uploads.path_of_arrived(arrival.file)),
        "name": file.name,
        "size": file.size,
        "protocol": arrival.map(|arrival| &arrival.protocol),
        "failed": tries.failed,
        "reason": tries.reason,
        "given_up": document.is_given_up(),
    })
}

pub(super) async fn retry_handover(
    State(services): State<Services>,
    params: Params,
) -> Result<String, Refused> {
    let id = Some(params.of("id")).filter(|id| !id.is_empty());
    let retried = services.uploads.retry(id).await;
    retried.map(|count| count.to_string()).map_err(refused)
}

fn given_id(params: &Params) -> Result<&str, Refused> {
    match params.of("id") {
        "" => Err(bad_request("id not given".to_owned())),
        id => Ok(id),
    }
}

/// Takes what the original took, except for addresses that no file can be handed over to.
fn finish_url(text: &str, allowed_hosts: &[String]) -> Result<String, String> {
    if text.is_empty() {
        return Err("parse \"\": empty url".to_owned());
    }
    let unusable = || format!("parse {text:?}: expected an absolute http or https URL");
    let url = Url::parse(text).map_err(|_| unusable())?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(unusable());
    }
    if !allowed_hosts.is_empty() && !allowed_hosts.iter().any(|allowed| is_host(&url, allowed)) {
        return Err(format!("parse {text:?}: this host is not among the allowed handover hosts"));
    }
    Ok(text.to_owned())
}

/// Reads truth as Go does.
fn remove_when_finished(text: &str) -> Result<bool, String> {
    match text {
        "" | "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err(format!("strconv.ParseBool: parsing {text:?}: invalid syntax")),
    }
}

fn bad_request(text: String) -> Refused {
    (StatusCode::BAD_REQUEST, text)
}

fn not_created(error: CreateError) -> Response {
    match error {
        CreateError::Full(full) => {
            until_there_is_room((status_of(full), full.to_string()).into_response())
        }
        CreateError::Store(error) => internal(&error).into_response(),
    }
}

fn refused(error: CallError) -> Refused {
    let status = match &error {
        CallError::Unknown => StatusCode::BAD_REQUEST,
        CallError::WrongSecret => StatusCode::FORBIDDEN,
        CallError::TooLate
        | CallError::NotHandingOver
        | CallError::NotGivenUp
        | CallError::NotWaiting => StatusCode::PRECONDITION_FAILED,
        CallError::Store(error) => return internal(error),
    };
    (status, error.to_string())
}

/// The cause stays in the log.
fn internal(error: &StoreError) -> Refused {
    tracing::error!(%error, "the store failed");
    (StatusCode::INTERNAL_SERVER_ERROR, "the upload could not be read or changed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_http_addresses_take_files() {
        assert!(finish_url("http://a.example:8000/x?y=z", &[]).is_ok());
        assert!(finish_url("https://a.example", &[]).is_ok());
        for wrong in ["", "foo", "/x", "ftp://a.example/", "file:///etc/passwd", "javascript:1"] {
            assert!(finish_url(wrong, &[]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn handover_hosts_can_be_restricted() {
        let hosts = ["a.example".to_owned(), "127.0.0.1:81".to_owned()];
        assert!(finish_url("https://A.example:4433/x", &hosts).is_ok());
        assert!(finish_url("http://127.0.0.1:81/", &hosts).is_ok());
        assert!(finish_url("http://127.0.0.1/", &hosts).is_err());
        assert!(finish_url("http://a.example.evil/", &hosts).is_err());
        assert!(finish_url("http://a.example@evil/", &hosts).is_err());
    }

    #[test]
    fn truth_is_read_as_go_reads_it() {
        assert_eq!(remove_when_finished(""), Ok(true));
        assert_eq!(remove_when_finished("False"), Ok(false));
        assert_eq!(
            remove_when_finished("yes").unwrap_err(),
            "strconv.ParseBool: parsing \"yes\": invalid syntax"
        );
    }
}
