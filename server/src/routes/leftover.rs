//! What is left of a body when a request has been answered is read before the answer is sent: a browser,
//! or a proxy on the way, that is still sending would find the connection reset, and no answer. A proxy
//! makes a 502 of that, after which clients try again.
//!
//! Who waits for leave to send a body that nobody has asked for gets the answer instead of it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::StreamExt as _;
use hyper::body::{Frame, SizeHint};

use crate::Services;
use crate::pace::Paced;

/// A body that has to keep the pace. Its clones read on where the others have stopped.
#[derive(Clone)]
struct Shared {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    body: Paced,
    /// Somebody wanted to read it: who waits for leave to send it has it.
    is_wanted: bool,
    /// It has ended, or has been cut.
    is_over: bool,
}

/// Reads what is left.
pub(super) async fn read(
    State(services): State<Services>,
    request: Request,
    next: Next,
) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let is_waiting = waits_for_leave(request.headers());
    let (parts, body) = request.into_parts();
    let body = Shared::new(Paced::new(body, services.config.pace()));
    let left = body.clone();
    let mut response = next.run(Request::from_parts(parts, Body::new(body))).await;
    if is_waiting && !left.is_wanted() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    } else {
        let patience = services.config.refused_body_timeout;
        let discarding = tokio::time::timeout(patience, left.discard());
        services.stop.run_until_cancelled(discarding).await;
    }
    response
}

fn waits_for_leave(headers: &HeaderMap) -> bool {
    headers
        .get(header::EXPECT)
        .is_some_and(|it| it.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

impl Shared {
    fn new(body: Paced) -> Shared {
        let inner = Inner { body, is_wanted: false, is_over: false };
        Shared { inner: Arc::new(Mutex::new(inner)) }
    }

    fn with<T>(&self, look: impl FnOnce(&mut Inner) -> T) -> T {
        look(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn is_wanted(&self) -> bool {
        self.with(|inner| inner.is_wanted)
    }

    async fn discard(self) {
        let mut left = Body::new(self).into_data_stream();
        while let Some(Ok(_)) = left.next().await {}
    }
}

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.with(|inner| inner.poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.with(|inner| inner.is_over || inner.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.with(|inner| inner.body.size_hint())
    }
}

impl Inner {
    fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        self.is_wanted = true;
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        self.is_over = matches!(polled, Poll::Ready(None | Some(Err(_))));
        polled
    }
}
