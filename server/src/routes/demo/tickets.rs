//! The demo's backend: issues tickets and takes files over.

use axum::Form;
use axum::extract::State;
use serde::Deserialize;
use uuid::Uuid;

use super::refusal::Refusal;
use super::{Demo, hashing};
use crate::uploads::{Backend, CreateError, Secret};

/// What the server posts when a file has arrived, or will not.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Handover {
    backend_secret: String,
    cancelled: String,
    id: String,
}

pub(super) async fn issue(State(demo): State<Demo>) -> Result<String, Refusal> {
    let backend = Backend {
        finish_url: demo.handover_url.clone(),
        secret: Secret::new(Uuid::new_v4().to_string()),
        remove_when_finished: false,
    };
    match demo.uploads.create(backend).await {
        Ok(id) => Ok(id.hyphenated().to_string()),
        Err(CreateError::Full(_)) => Err(Refusal::TooMany),
        Err(CreateError::Store(error)) => {
            tracing::error!(%error, "the store failed");
            Err(Refusal::Internal)
        }
    }
}

/// Moves the file away and answers at once; the upload is finished when the file is hashed, which
/// may take longer than a handover may.
pub(super) async fn take_over(
    State(demo): State<Demo>,
    Form(handover): Form<Handover>,
) -> Result<&'static str, Refusal> {
    let Handover { backend_secret, cancelled, id } = handover;
    let known = demo.uploads.authorize(&id, &backend_secret).await;
    let document = known.map_err(|_| Refusal::Stranger)?;
    if cancelled == "yes" {
        return Ok("done");
    }
    let location = demo.uploads.location(document.id);
    if let Err(error) = demo.arrived.take(&document, &location).await {
        tracing::error!(%id, %error, "the demo cannot take a file");
        return Err(Refusal::Internal);
    }
    tokio::spawn(hashing::hash_and_finish(demo, document.id, backend_secret));
    Ok("wait")
}
