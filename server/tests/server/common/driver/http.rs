//! Requests as a browser sends them.

use bytes::Bytes;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use hyper::client::conn::http1;
use hyper::header::HeaderMap;
use hyper_util::rt::TokioIo;
use incoming_protocol::http::{Body, Field, MediaType, Request, Response};
use tokio::task::JoinSet;

use super::content::Content;
use super::line::{HOST, Line};

const BOUNDARY: &str = "----WebKitFormBoundaryYZ7UsTAVlmscleBO";
/// How much leaves at once.
const PIECE: usize = 64 * 1024;

/// Sends a request and waits for the answer; tells how many bytes have left.
pub async fn exchange(
    line: Line,
    content: Content,
    request: Request,
    loaded: impl Fn(u64) + Send + Sync + 'static,
) -> Result<Response, String> {
    respond(line, content, request, loaded).await.map_err(|error| error.to_string())
}

async fn respond(
    line: Line,
    content: Content,
    request: Request,
    loaded: impl Fn(u64) + Send + Sync + 'static,
) -> Result<Response, Box<dyn std::error::Error + Send + Sync>> {
    let stream = TokioIo::new(line.connect().await?);
    let (media_type, body) = body(&request.body, content);
    let pieces: Vec<Bytes> = body.chunks(PIECE).map(Bytes::copy_from_slice).collect();
    let mut left = 0;
    let frames = pieces.into_iter().map(move |piece| {
        left += piece.len() as u64;
        loaded(left);
        Ok::<_, std::convert::Infallible>(Frame::data(piece))
    });
    let mut builder = hyper::Request::builder()
        .method(request.method.as_str())
        .uri(path(&request))
        .header("Host", HOST)
        .header("Content-Length", body.len());
    if let Some(media_type) = media_type {
        builder = builder.header("Content-Type", media_type);
    }
    for (name, value) in &request.headers {
        builder = builder.header(*name, value);
    }
    let whole = builder.body(StreamBody::new(futures_util::stream::iter(frames)))?;
    let (mut sender, connection) = http1::handshake(stream).await?;
    // Ends with this request, also when nobody waits for it any more.
    let mut tasks = JoinSet::new();
    tasks.spawn(connection);
    let response = sender.send_request(whole).await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = String::from_utf8(response.into_body().collect().await?.to_bytes().into())?;
    Ok(Response {
        status,
        json: serde_json::from_str(&text).ok(),
        text,
        headers: wanted(&request, &headers),
        asked: request.url.clone(),
        url: request.url,
        has_bounced: false,
        is_stored: None,
    })
}

/// Those of the headers that the machine reads.
fn wanted(request: &Request, headers: &HeaderMap) -> Vec<(&'static str, String)> {
    let value = |name| Some((name, headers.get(name)?.to_str().ok()?.to_owned()));
    request.wants.iter().copied().filter_map(value).collect()
}

/// With the query.
fn path(request: &Request) -> String {
    let path = request.url.split_once(HOST).expect("our server").1;
    let query = pairs(&request.query.fields, request.query.plus);
    match (query.is_empty(), path.contains('?')) {
        (true, _) => path.to_owned(),
        (false, true) => format!("{path}&{query}"),
        (false, false) => format!("{path}?{query}"),
    }
}

fn pairs(fields: &[Field], plus: bool) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in given(fields) {
        form.append_pair(name, value);
    }
    if plus { form.finish() } else { form.finish().replace('+', "%20") }
}

/// There are no parameters of the caller.
fn given(fields: &[Field]) -> impl Iterator<Item = (&str, &str)> {
    fields.iter().filter_map(|field| match field {
        Field::Pair(name, value) => Some((name.as_str(), value.as_str())),
        Field::Extra(_) => None,
    })
}

fn body(body: &Body, content: Content) -> (Option<String>, Vec<u8>) {
    match body {
        Body::Empty => (None, Vec::new()),
        Body::Bytes { range, media_type } => {
            (Some(name(*media_type).to_owned()), content.bytes(range.clone()).into())
        }
        Body::Text { text, media_type } => (Some((*media_type).to_owned()), text.clone().into()),
        Body::Form(fields) => {
            let media_type = "application/x-www-form-urlencoded".to_owned();
            (Some(media_type), pairs(fields, true).into_bytes())
        }
        Body::Multipart { fields, part } => {
            let mut form = Vec::new();
            for (field, value) in given(fields) {
                form.extend_from_slice(&head(field, ""));
                form.extend_from_slice(format!("\r\n{value}\r\n").as_bytes());
            }
            let filename = part.filename.as_deref().unwrap_or("blob");
            form.extend_from_slice(&head(&part.name, &format!("; filename=\"{filename}\"")));
            let media_type = name(part.media_type);
            form.extend_from_slice(format!("Content-Type: {media_type}\r\n\r\n").as_bytes());
            form.extend_from_slice(&content.bytes(part.range.clone()));
            form.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
            (Some(format!("multipart/form-data; boundary={BOUNDARY}")), form)
        }
    }
}

fn head(name: &str, more: &str) -> Vec<u8> {
    format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n").into()
}

/// The file has no type of its own.
fn name(media_type: MediaType) -> &'static str {
    match media_type {
        MediaType::OfFile => "application/octet-stream",
        MediaType::Of(name) => name,
    }
}
