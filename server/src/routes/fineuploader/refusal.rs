//! Why a request gets no success, and what its client is to do.

use axum::http::StatusCode;
use axum::response::Response;
use incoming_protocol::fineuploader::server::{Reply, Senseless};

use crate::routes::digests::Malformed;
use crate::routes::form::FormError;
use crate::routes::turned_away::{status_of, until_there_is_room};
use crate::store::StoreError;
use crate::uploads::{ChunkError, WholeError};

#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error(transparent)]
    Form(#[from] FormError),
    #[error(transparent)]
    Digest(#[from] Malformed),
    #[error(transparent)]
    Senseless(#[from] Senseless),
    #[error(transparent)]
    Chunk(#[from] ChunkError),
    #[error(transparent)]
    Whole(#[from] WholeError),
    #[error("the server cannot do it now, try again later")]
    Store(#[from] StoreError),
    #[error("parts of this upload are gone, send it again")]
    PartsAreGone,
    #[error("not all parts of this file are here, send it again")]
    PartsAreMissing,
    #[error("expected the method DELETE: no authorisation can see what a form asks for")]
    Hidden,
    #[error("there is no file with this uuid")]
    Unknown,
    #[error("the file is not here any more and cannot be deleted")]
    Taken,
}

impl Refusal {
    pub(super) fn respond(&self) -> Response {
        match self {
            Refusal::Store(error)
            | Refusal::Chunk(ChunkError::Store(error))
            | Refusal::Whole(WholeError::Store(error)) => {
                tracing::error!(%error, "the store failed");
            }
            refusal => tracing::debug!(%refusal, "no success"),
        }
        let (status, reply) = self.judge();
        let response = super::answer(status, &reply(self.to_string()));
        match self {
            Refusal::Chunk(ChunkError::Full(_)) | Refusal::Whole(WholeError::Full(_)) => {
                until_there_is_room(response)
            }
            _ => response,
        }
    }

    /// A reset of an upload is no HTTP error for any version of the client; after `/success` only
    /// the status tells it that something is wrong.
    fn judge(&self) -> (StatusCode, fn(String) -> Reply) {
        match self {
            Refusal::PartsAreGone | Refusal::Chunk(ChunkError::Lost) => {
                (StatusCode::OK, Reply::Reset)
            }
            Refusal::PartsAreMissing => (StatusCode::CONFLICT, Reply::Reset),
            Refusal::Form(FormError::Cut) => (StatusCode::REQUEST_TIMEOUT, Reply::Failure),
            Refusal::Chunk(ChunkError::Damaged { .. }) => {
                (StatusCode::UNPROCESSABLE_ENTITY, Reply::Failure)
            }
            Refusal::Chunk(ChunkError::Full(full)) | Refusal::Whole(WholeError::Full(full)) => {
                (status_of(*full), Reply::Failure)
            }
            Refusal::Chunk(error) if error.is_transient() => busy(),
            Refusal::Whole(WholeError::Store(_)) | Refusal::Store(_) => busy(),
            Refusal::Chunk(ChunkError::TooLarge { .. } | ChunkError::ChunkTooLarge { .. })
            | Refusal::Whole(WholeError::TooLarge { .. }) => {
                (StatusCode::PAYLOAD_TOO_LARGE, Reply::Refusal)
            }
            Refusal::Unknown => (StatusCode::NOT_FOUND, Reply::Refusal),
            Refusal::Taken => (StatusCode::CONFLICT, Reply::Refusal),
            Refusal::Hidden => (StatusCode::METHOD_NOT_ALLOWED, Reply::Refusal),
            Refusal::Form(_)
            | Refusal::Digest(_)
            | Refusal::Senseless(_)
            | Refusal::Chunk(_)
            | Refusal::Whole(_) => (StatusCode::BAD_REQUEST, Reply::Refusal),
        }
    }
}

fn busy() -> (StatusCode, fn(String) -> Reply) {
    (StatusCode::SERVICE_UNAVAILABLE, Reply::Failure)
}
