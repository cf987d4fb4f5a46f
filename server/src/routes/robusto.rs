//! Mr. Robusto: `GET` asks what is there of a file, `POST` brings a chunk of it.
//!
//! Every answer is an object of two strings as plain text with status 200, which is what its clients
//! look at. Errors that the original knows have its words; those that begin with `Could not` may
//! pass. Unlike the original, `complete` is told to a `GET` too, whatever the name, and a file whose
//! MD5 is wrong is forgotten. A `POST` without a file is a question, as there.
//!
//! `complete` has the address of the file where files are served and the file is still there, and
//! nothing otherwise.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use incoming_protocol::robusto::PATH;
use incoming_protocol::robusto::server::{Chunk, File, Senseless, list};
use incoming_protocol::robusto::wire::{Answer, MISMATCH};

use super::files;
use super::form::{Fields, Form, FormError};
use super::guard::{guarded, plainly};
use super::holder;
use super::turned_away::until_there_is_room;
use crate::Services;
use crate::uploads::{HashedError, HashedPlan, HashedState, Holder};

pub(super) fn router(services: &Services) -> Router {
    guarded(services, Router::new().route(PATH, get(ask).post(post_chunk)), plainly)
}

/// Why there is an error.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    Senseless(#[from] Senseless),
    #[error(transparent)]
    Form(#[from] FormError),
    #[error(transparent)]
    Hashed(#[from] HashedError),
}

async fn ask(State(services): State<Services>, uri: Uri) -> Response {
    let state = look(&services, &uri).await;
    respond(&services, state).await
}

async fn look(services: &Services, uri: &Uri) -> Result<HashedState, Refusal> {
    Ok(services.uploads.hashed(&file(uri)?.md5).await?)
}

/// Only the query names the file, also of a form.
fn file(uri: &Uri) -> Result<File, Refusal> {
    let fields = Fields::of_query(uri.query())?;
    Ok(File::read(|name| fields.get(name))?)
}

async fn post_chunk(State(services): State<Services>, request: Request) -> Response {
    let uri = request.uri().clone();
    let holder = holder::of(request.extensions(), &services);
    let mut form = match Form::read(request).await {
        Ok(form) => form,
        Err(error) => {
            let state = match error {
                FormError::NoFile => look(&services, &uri).await,
                error => Err(error.into()),
            };
            return respond(&services, state).await;
        }
    };
    let state = if form.is_multipart() {
        take(&services, &uri, &mut form, holder).await
    } else {
        look(&services, &uri).await
    };
    respond(&services, state).await
}

async fn take(
    services: &Services,
    uri: &Uri,
    form: &mut Form,
    holder: Holder,
) -> Result<HashedState, Refusal> {
    let File { md5, name } = file(uri)?;
    let Chunk { index, count } = Chunk::read(|name| form.fields().get(name))?;
    let plan = HashedPlan { md5, name, index, count, holder };
    let mut chunk = services.uploads.take_hashed(plan)?;
    form.expect(services.config.max_request_size());
    while let Some(bytes) = form.next().await? {
        chunk.append(bytes).await?;
    }
    Ok(chunk.finish().await?)
}

async fn respond(services: &Services, state: Result<HashedState, Refusal>) -> Response {
    match state {
        Ok(HashedState::New) => answer(Answer::New),
        Ok(HashedState::Partial(chunks)) => answer(Answer::Partial(&list(chunks.into_iter()))),
        Ok(HashedState::Complete { file, name }) => {
            let is_here =
                files::are_served(services) && services.uploads.name_of_arrived(file).await.is_ok();
            let address = if is_here { files::address(file, &name) } else { String::new() };
            answer(Answer::Complete(&address))
        }
        Err(refusal) => refusal.respond(),
    }
}

impl Refusal {
    fn respond(&self) -> Response {
        match self {
            Refusal::Hashed(HashedError::Store(error)) => {
                tracing::error!(%error, "the store failed");
            }
            refusal => tracing::debug!(%refusal, "no success"),
        }
        let response = answer(Answer::Error(&self.words()));
        match self {
            Refusal::Hashed(HashedError::Full(_)) => until_there_is_room(response),
            _ => response,
        }
    }

    fn words(&self) -> String {
        match self {
            Refusal::Senseless(senseless) => senseless.to_string(),
            // A body that came too slowly, or only to a part, may come another time.
            Refusal::Form(FormError::Cut) => format!("Could not save file chunk: {self}"),
            Refusal::Hashed(HashedError::Empty | HashedError::TooManyChunks) => {
                Senseless::Chunk.to_string()
            }
            Refusal::Form(error) => format!("{}: {error}", Senseless::Chunk),
            Refusal::Hashed(HashedError::OtherMd5 { .. }) => MISMATCH.to_owned(),
            Refusal::Hashed(
                error @ (HashedError::Store(_) | HashedError::Busy | HashedError::Full(_)),
            ) => format!("Could not save file chunk: {error}"),
            Refusal::Hashed(error) => format!("{}: {error}", Senseless::Chunk),
        }
    }
}

fn answer(answer: Answer<'_>) -> Response {
    let text = serde_json::to_string(&answer.to_json()).unwrap_or_default();
    let plain = HeaderValue::from_static("text/plain; charset=UTF-8");
    ([(header::CONTENT_TYPE, plain)], text).into_response()
}
