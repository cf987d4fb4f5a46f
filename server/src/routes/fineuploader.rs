//! Fine Uploader: `POST` sends a file or a part of one, and may be a removal; `DELETE` removes a
//! file; `/success` says that all parts are there; `/session` lists what has arrived.
//!
//! Every answer is JSON as plain text, which clients read whatever the status is. What can never be
//! right is refused for good; trouble of the server is a 503, after which clients try again.
//!
//! A file is put together as soon as all its parts are there, whatever their order, and
//! `/success` only looks. When parts that a browser believes to be here are gone, it is told to
//! send all of them again: by the answer to the first request of a resumed upload, by that to the
//! last part, or by `/success`.

mod refusal;

use axum::Json;
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get, post};
use incoming_protocol::fineuploader::PATH;
use incoming_protocol::fineuploader::server::{Asked, Finished, Part, Reply, Upload, uuid};
use serde_json::{Value, json};

use super::chunk;
use super::digests::{Digests, Malformed};
use super::form::{Fields, Form, FormError};
use super::guard::{guarded, is_authorized};
use super::holder;
use crate::Services;
use crate::uploads::{Holder, Layout, Plan, Remembered, Withdrawal};
use refusal::Refusal;

/// As what its uploads are noted.
const PROTOCOL: &str = "fineuploader";

/// What is known of a request before its form is read.
struct Head {
    may_remove: bool,
    /// The size of a file that is the body.
    raw_size: Option<u64>,
    holder: Holder,
}

pub(super) fn router(services: &Services) -> Router {
    let routes = Router::new()
        .route(PATH, post(post_upload))
        .route(&format!("{PATH}/success"), get(success).post(success))
        .route(&format!("{PATH}/session"), get(session))
        .route(&format!("{PATH}/{{uuid}}"), delete(remove));
    guarded(services, routes, |status, words| answer(status, &Reply::Failure(words)))
}

async fn post_upload(State(services): State<Services>, request: Request) -> Response {
    let headers = request.headers();
    let may_remove = !is_authorized(request.extensions());
    if is(headers, "application/x-www-form-urlencoded") {
        if !may_remove {
            return Refusal::Hidden.respond();
        }
        return done(remove_as_asked(&services, request).await);
    }
    // The body of a raw upload is the file and nothing else.
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let length = length.and_then(|length| length.parse().ok());
    let raw_size = if is(headers, "multipart/form-data") { None } else { length };
    let head = Head { may_remove, raw_size, holder: holder::of(request.extensions(), &services) };
    let mut digests = Digests::read(request.headers());
    let mut form = match Form::read(request).await {
        Ok(form) => form,
        Err(error) => return Refusal::Form(error).respond(),
    };
    let outcome = do_as_asked(&services, &mut form, &head, &mut digests).await;
    let response = match outcome {
        Ok(is_whole) => answer(StatusCode::OK, &Reply::Success(is_whole)),
        Err(refusal) => refusal.respond(),
    };
    digests.unwrap_or_default().tell(response)
}

async fn do_as_asked(
    services: &Services,
    form: &mut Form,
    head: &Head,
    digests: &mut Result<Digests, Malformed>,
) -> Result<Option<bool>, Refusal> {
    match Asked::read(|name| form.fields().get(name))? {
        Asked::Upload(upload) => take(services, form, &upload, head, digests).await,
        Asked::Remove(uuid) if head.may_remove => withdraw(services, &uuid).await.map(|()| None),
        Asked::Remove(_) => Err(Refusal::Hidden),
    }
}

/// Whether all parts are there, if it is one of several.
async fn take(
    services: &Services,
    form: &mut Form,
    upload: &Upload,
    head: &Head,
    digests: &mut Result<Digests, Malformed>,
) -> Result<Option<bool>, Refusal> {
    let digests = digests.as_mut().map_err(|malformed| malformed.clone())?;
    let name = upload.name(form.filename()).to_owned();
    let Some(size) = upload.total_size.or(head.raw_size) else {
        return take_unsized(services, form, &name, head.holder).await.map(|()| None);
    };
    let whole = Part { index: 0, total_parts: 1, total_size: size, range: 0..size };
    let part = upload.part.as_ref().unwrap_or(&whole);
    let secret = digests.secret.clone();
    let (secret, holder) = (secret.as_deref(), head.holder);
    let plan = Plan { secret, holder, ..plan(upload, part, &name) };
    if services.uploads.are_chunks_gone(&plan, part.index, upload.resumes).await? {
        return Err(Refusal::PartsAreGone);
    }
    let range = part.range.clone();
    let has_all = chunk::take::<Refusal>(services, form, &plan, part.index, range, digests).await?;
    // What the last part is answered is the outcome, unless the browser asks for it.
    if part.index + 1 == part.total_parts && !services.uploads.may_become_whole(&plan).await? {
        return Err(Refusal::PartsAreGone);
    }
    Ok(upload.part.as_ref().map(|_| has_all))
}

/// A browser that sends a form without a script tells no size. Nothing can be done with such a file
/// later, because nothing knows it by its uuid.
async fn take_unsized(
    services: &Services,
    form: &mut Form,
    name: &str,
    holder: Holder,
) -> Result<(), Refusal> {
    let mut whole = services.uploads.receive(PROTOCOL, name, None, false, holder).await?;
    form.expect(services.config.max_request_size());
    while let Some(bytes) = form.next().await? {
        whole.append(bytes).await?;
    }
    Ok(whole.finish(None).await?)
}

fn plan<'a>(upload: &'a Upload, part: &Part, name: &'a str) -> Plan<'a> {
    Plan {
        protocol: PROTOCOL,
        key: &upload.uuid,
        name,
        size: part.total_size,
        layout: Layout { chunk_size: part.part_size().max(1), count: part.total_parts },
        is_unique: true,
        continues: false,
        secret: None,
        holder: Holder::nobody(),
    }
}

async fn success(State(services): State<Services>, request: Request) -> Response {
    let digests = Digests::read(request.headers()).unwrap_or_default();
    match look(&services, request, digests).await {
        Ok(digests) => digests.tell(done(Ok(()))),
        Err(refusal) => refusal.respond(),
    }
}

/// Some clients put the parameters into the query.
async fn look(
    services: &Services,
    request: Request,
    mut digests: Digests,
) -> Result<Digests, Refusal> {
    let query = request.uri().query().map(str::to_owned);
    let is_authorized = is_authorized(request.extensions());
    let is_json = is(request.headers(), "application/json");
    let body = parameters(services, request).await?;
    let body = if is_json { from_json(&body) } else { body };
    let mut fields = Fields::of_query(Some(&body))?;
    fields.join_query(query.as_deref(), is_authorized)?;
    let finished = Finished::read(|name| fields.get(name))?;
    match services.uploads.is_whole(PROTOCOL, &finished.uuid).await? {
        true if digests.wants_file => {
            digests.file = services.uploads.file_digest_by_key(PROTOCOL, &finished.uuid).await?;
            Ok(digests)
        }
        true => Ok(digests),
        false => Err(Refusal::PartsAreMissing),
    }
}

async fn remove_as_asked(services: &Services, request: Request) -> Result<(), Refusal> {
    let body = parameters(services, request).await?;
    let fields = Fields::of_query(Some(&body))?;
    match Asked::read(|name| fields.get(name))? {
        Asked::Remove(uuid) => withdraw(services, &uuid).await,
        Asked::Upload(_) => Err(Refusal::Form(FormError::NoFile)),
    }
}

async fn remove(State(services): State<Services>, Path(key): Path<String>) -> Response {
    done(match uuid(Some(&key)) {
        Ok(uuid) => withdraw(&services, &uuid).await,
        Err(senseless) => Err(senseless.into()),
    })
}

async fn withdraw(services: &Services, uuid: &str) -> Result<(), Refusal> {
    match services.uploads.withdraw(PROTOCOL, uuid).await? {
        Withdrawal::Gone => Ok(()),
        Withdrawal::Unknown => Err(Refusal::Unknown),
        Withdrawal::Taken => Err(Refusal::Taken),
    }
}

/// Whoever knows a uuid may delete the file, and nobody says who asks: only the demo, which is
/// alone on its machine, tells.
async fn session(State(services): State<Services>) -> Response {
    if services.demo.is_none() {
        return Json(json!([])).into_response();
    }
    match services.uploads.remembered(PROTOCOL).await {
        Ok(files) => Json(files.iter().map(entry).collect::<Vec<_>>()).into_response(),
        Err(error) => Refusal::Store(error).respond(),
    }
}

fn entry(remembered: &Remembered) -> Value {
    let Remembered { key, file } = remembered;
    json!({ "uuid": key, "name": file.name, "size": file.size })
}

/// A body that is parameters and nothing else.
async fn parameters(services: &Services, request: Request) -> Result<String, Refusal> {
    let body = to_bytes(request.into_body(), services.config.max_form_size).await;
    let body = body.map_err(|_| FormError::Cut)?;
    String::from_utf8(body.into()).map_err(|_| FormError::NoForm.into())
}

/// Some clients send JSON; here it is turned into what the others send.
fn from_json(body: &str) -> String {
    let Ok(Value::Object(members)) = serde_json::from_str(body) else { return String::new() };
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in &members {
        form.append_pair(name, value.as_str().unwrap_or(&value.to_string()));
    }
    form.finish()
}

fn is(headers: &HeaderMap, media_type: &str) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(media_type)
}

fn done(outcome: Result<(), Refusal>) -> Response {
    match outcome {
        Ok(()) => answer(StatusCode::OK, &Reply::Success(None)),
        Err(refusal) => refusal.respond(),
    }
}

/// JSON as plain text: an iframe offers any other type as a download.
fn answer(status: StatusCode, reply: &Reply) -> Response {
    let text = serde_json::to_string(&reply.to_json()).unwrap_or_default();
    (status, text).into_response()
}
