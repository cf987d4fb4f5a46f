//! A body, no more of it than is allowed and no more at a time than can be dealt with.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, BodyDataStream, Bytes};
use futures_util::Stream;

/// How much comes at once. The reader of forms takes whatever is ready.
const AT_ONCE: usize = 256 * 1024;

/// A body. Its clones read on where the others have stopped.
#[derive(Clone)]
pub(in crate::routes) struct Source {
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    body: BodyDataStream,
    /// How much may still come.
    allowed: u64,
    /// How much came since the reader had to wait.
    at_once: usize,
}

/// Why a body does not go on.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(in crate::routes) enum SourceError {
    /// There is more of it than is allowed.
    #[error("the body is too large")]
    TooLarge,
    /// It was cut.
    #[error("the body was cut")]
    Broken,
}

impl Source {
    pub(super) fn new(body: Body, allowed: u64) -> Source {
        let shared = Shared { body: body.into_data_stream(), allowed, at_once: 0 };
        Source { shared: Arc::new(Mutex::new(shared)) }
    }

    /// Lets so much more come.
    pub(super) fn allow(&self, bytes: u64) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.allowed = shared.allowed.saturating_add(bytes);
    }
}

impl Stream for Source {
    type Item = Result<Bytes, SourceError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).poll_next(cx)
    }
}

impl Shared {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, SourceError>>> {
        if self.at_once >= AT_ONCE {
            self.at_once = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let polled = Pin::new(&mut self.body).poll_next(cx);
        let Poll::Ready(came) = polled else {
            self.at_once = 0;
            return Poll::Pending;
        };
        Poll::Ready(came.map(|bytes| self.admit(bytes.map_err(|_| SourceError::Broken)?)))
    }

    fn admit(&mut self, bytes: Bytes) -> Result<Bytes, SourceError> {
        let size = bytes.len() as u64;
        self.allowed = self.allowed.checked_sub(size).ok_or(SourceError::TooLarge)?;
        self.at_once += bytes.len();
        Ok(bytes)
    }
}
