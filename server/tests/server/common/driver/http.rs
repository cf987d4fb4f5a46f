//! Requests as a browser sends them.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use hyper::client::conn::http1;
use hyper::header::HeaderMap;
use hyper_util::rt::TokioIo;
use incoming_protocol::Md5;
use incoming_protocol::http::{Body, Field, Request, Response};
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
        .uri(address(&request))
        .header("Host", HOST)
        .header("Content-Length", body.len());
    if let Some(media_type) = media_type {
        builder = builder.header("Content-Type", media_type);
    }
    for (name, value) in headers(&request) {
        builder = builder.header(name, value);
    }
    let whole = builder.body(StreamBody::new(futures_util::stream::iter(frames)))?;
    let (mut sender, connection) = http1::handshake(stream).await?;
    // Ends with this request, also when nobody waits for it any more.
    let mut tasks = JoinSet::new();
    tasks.spawn(connection);
    let response = sender.send_request(whole).await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = String::from_utf8(response.into_body().collect().await?.to_bytes().into())?;
    let seconds = headers.get("Retry-After").and_then(|after| after.to_str().ok()?.parse().ok());
    Ok(Response {
        status,
        retry_after: Duration::from_secs(seconds.unwrap_or(0)),
        json: serde_json::from_str(&text).ok(),
        text,
        digest: request.digest.as_ref().and_then(|_| digest(&headers, "Upload-Content-Digest")),
        file_digest: request
            .wants_file_digest
            .then(|| digest(&headers, "Upload-Repr-Digest"))
            .flatten(),
    })
}

/// The path and the query.
fn address(request: &Request) -> String {
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
        Body::Bytes { range, .. } => {
            let media_type = Some("application/octet-stream".to_owned());
            (media_type, content.bytes(range.clone()).into())
        }
        Body::Form(fields) => {
            let media_type = "application/x-www-form-urlencoded".to_owned();
            (Some(media_type), pairs(fields, true).into_bytes())
        }
        Body::Multipart { fields, part } => {
            let mut form = Vec::new();
            for (name, value) in given(fields) {
                form.extend_from_slice(&head(name, ""));
                form.extend_from_slice(format!("\r\n{value}\r\n").as_bytes());
            }
            let filename = part.filename.as_deref().unwrap_or("blob");
            form.extend_from_slice(&head(&part.name, &format!("; filename=\"{filename}\"")));
            form.extend_from_slice(b"Content-Type: application/octet-stream\r\n\r\n");
            form.extend_from_slice(&content.bytes(part.range.clone()));
            form.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
            (Some(format!("multipart/form-data; boundary={BOUNDARY}")), form)
        }
    }
}

fn head(name: &str, more: &str) -> Vec<u8> {
    format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n").into()
}

fn headers(request: &Request) -> Vec<(&'static str, String)> {
    let mut headers = request.headers.clone();
    let digests =
        [("Content-Digest", &request.digest), ("Upload-Damaged-Digest", &request.damaged_file)];
    for (name, md5) in digests {
        headers.extend(md5.as_ref().map(|md5| (name, format!("md5=:{}:", base64(md5)))));
    }
    if request.wants_file_digest {
        headers.push(("Want-Repr-Digest", "md5=10".to_owned()));
    }
    headers
}

fn base64(md5: &Md5) -> String {
    let hex = md5.as_str();
    let bytes = (0..16).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap());
    STANDARD.encode(bytes.collect::<Vec<_>>())
}

fn digest(headers: &HeaderMap, name: &str) -> Option<Md5> {
    let value = headers.get(name)?.to_str().ok()?.strip_prefix("md5=:")?.strip_suffix(':')?;
    let bytes = STANDARD.decode(value).ok()?;
    Md5::parse(&bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}
