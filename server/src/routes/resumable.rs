//! Resumable.js and flow.js: `GET` asks for a chunk, `POST`, `PUT` or `PATCH` sends one.
//!
//! 200 says that a chunk is there, 204 that it is not: flow.js gives a file up for a 404. What can
//! never be right is refused with one line of text and a status after which the client gives up: a
//! 400, or, because flow.js would try again, a 413 or a 415. A body that was cut is a 408. Trouble of
//! the server is a 503, after which they try again; but when it has lost chunks that it had, a 500,
//! after which they give up: they would never send those again. A success says in JSON whether all chunks are there, so that a
//! client that missed the 500 finds out; one that says `Upload-Continues: ?1` is never taken for a new
//! upload of a file that is whole.
//!
//! With `chunkFormat: 'base64'` Resumable.js sends a chunk as the text of a `data:` URL.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use incoming_protocol::http::HAS_ALL_CHUNKS;
use incoming_protocol::resumable::server::{Chunk, Senseless, dialect};
use incoming_protocol::resumable::{Dialect, PATH};
use serde_json::json;

use super::chunk;
use super::digests::{Digests, Malformed};
use super::form::{Fields, Form, FormError};
use super::guard::{guarded, plainly};
use super::holder;
use super::turned_away::{status_of, until_there_is_room};
use crate::Services;
use crate::uploads::{ChunkError, Holder, Layout, Plan};

pub(super) fn router(services: &Services) -> Router {
    let routes = Router::new().route(PATH, get(test).post(upload).put(upload).patch(upload));
    guarded(services, routes, plainly)
}

/// Why a chunk is not taken.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    Form(#[from] FormError),
    #[error(transparent)]
    Digest(#[from] Malformed),
    #[error(transparent)]
    Senseless(#[from] Senseless),
    #[error(transparent)]
    Chunk(#[from] ChunkError),
}

async fn test(State(services): State<Services>, headers: HeaderMap, uri: Uri) -> Response {
    let fields = match Fields::of_query(uri.query()) {
        Ok(fields) => fields,
        Err(error) => return Refusal::Form(error).respond(Dialect::Resumable),
    };
    match is_there(&services, &fields, &headers).await {
        Ok((Some(has_all), digests)) => digests.tell(has_chunk(has_all)),
        Ok((None, _)) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => refusal.respond(dialect(|name| fields.get(name))),
    }
}

/// If the chunk is there, whether all are.
async fn is_there(
    services: &Services,
    fields: &Fields,
    headers: &HeaderMap,
) -> Result<(Option<bool>, Digests), Refusal> {
    let mut digests = Digests::read(headers)?;
    let chunk = Chunk::read(|name| fields.get(name))?;
    let plan = plan(&chunk, digests.continues);
    let has_all = services.uploads.has_chunk(&plan, chunk.number - 1).await?;
    if has_all.is_some() && digests.wants_file {
        digests.file = services.uploads.file_digest(&plan).await?;
    }
    Ok((has_all, digests))
}

/// The original clients hand the text on to their pages; ours looks at it.
fn has_chunk(has_all: bool) -> Response {
    (StatusCode::OK, json!({ HAS_ALL_CHUNKS: has_all }).to_string()).into_response()
}

async fn upload(State(services): State<Services>, request: Request) -> Response {
    let of_query = of_query(request.uri());
    let holder = holder::of(request.extensions(), &services);
    let mut digests = Digests::read(request.headers());
    let mut form = match Form::read_with_text(request).await {
        Ok(form) => form,
        Err(error) => return Refusal::Form(error).respond(of_query),
    };
    let taken = take(&services, &mut form, &mut digests, holder).await;
    let response = match taken {
        Ok(has_all) => has_chunk(has_all),
        Err(refusal) => {
            let dialect = dialect(|name| form.fields().get(name));
            refusal.respond(dialect)
        }
    };
    digests.unwrap_or_default().tell(response)
}

/// The library, as far as the query tells.
fn of_query(uri: &Uri) -> Dialect {
    let fields = Fields::of_query(uri.query()).unwrap_or_default();
    dialect(|name| fields.get(name))
}

async fn take(
    services: &Services,
    form: &mut Form,
    digests: &mut Result<Digests, Malformed>,
    holder: Holder,
) -> Result<bool, Refusal> {
    let digests = digests.as_mut().map_err(|malformed| malformed.clone())?;
    let chunk = Chunk::read(|name| form.fields().get(name))?;
    let (secret, index) = (digests.secret.clone(), chunk.number - 1);
    let secret = secret.as_deref();
    let plan = Plan { secret, holder, ..plan(&chunk, digests.continues) };
    chunk::take(services, form, &plan, index, chunk.range(), digests).await
}

fn plan(chunk: &Chunk, continues: bool) -> Plan<'_> {
    Plan {
        protocol: "resumable",
        key: &chunk.identifier,
        name: &chunk.filename,
        size: chunk.total_size,
        layout: Layout { chunk_size: chunk.chunk_size, count: chunk.total_chunks },
        is_unique: false,
        continues,
        secret: None,
        holder: Holder::nobody(),
    }
}

impl Refusal {
    fn status(&self, dialect: Dialect) -> StatusCode {
        match (self, dialect) {
            (Refusal::Chunk(ChunkError::Damaged { .. }), _) => StatusCode::UNPROCESSABLE_ENTITY,
            (Refusal::Digest(_), _) => StatusCode::BAD_REQUEST,
            (Refusal::Chunk(ChunkError::Full(full)), _) => status_of(*full),
            (Refusal::Chunk(error), _) if error.is_transient() => StatusCode::SERVICE_UNAVAILABLE,
            (Refusal::Chunk(ChunkError::Lost), _) => StatusCode::INTERNAL_SERVER_ERROR,
            (Refusal::Form(FormError::Cut), _) => StatusCode::REQUEST_TIMEOUT,
            (_, Dialect::Resumable) => StatusCode::BAD_REQUEST,
            (Refusal::Chunk(ChunkError::TooLarge { .. } | ChunkError::ChunkTooLarge { .. }), _) => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            _ => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        }
    }

    fn respond(&self, dialect: Dialect) -> Response {
        match self {
            Refusal::Chunk(ChunkError::Store(error)) => tracing::error!(%error, "the store failed"),
            refusal => tracing::debug!(%refusal, "chunk not taken"),
        }
        let response = (self.status(dialect), self.to_string()).into_response();
        match self {
            Refusal::Chunk(ChunkError::Full(_)) => until_there_is_room(response),
            _ => response,
        }
    }
}
