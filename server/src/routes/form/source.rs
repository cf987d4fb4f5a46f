//! A body, no more of it than is allowed and no more at a time than can be dealt with.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, BodyDataStream, Bytes};
use futures_util::Stream;

/// How much comes at once: the reader of forms takes whatever is ready, whenever it looks for the
/// next part. So it comes in drops before the file, of which it would take too much.
const AT_ONCE: usize = 256 * 1024;
const AT_FIRST: usize = 4 * 1024;
/// How much may come while it is not known how much there may be: three drops for each of a hundred
/// parameters, and the parameters.
const FIRST: u64 = 2 * 1024 * 1024;

/// How many of its first bytes are remembered: more than the first line of a form has.
const HEAD: usize = 128;

/// A body. Its clones read on where the others have stopped.
#[derive(Clone)]
pub(in crate::routes) struct Source {
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    body: BodyDataStream,
    /// Its first bytes.
    head: Vec<u8>,
    /// All of it has come.
    is_over: bool,
    /// What came of the body and was not handed on yet.
    rest: Bytes,
    /// How much came.
    came: u64,
    /// How much may come in all.
    allowed: u64,
    /// How much may come before the reader has to wait, and how much of that has not come yet.
    at_once: usize,
    left: usize,
}

/// Why a body does not go on.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(in crate::routes) enum SourceError {
    /// There is more of it than is allowed.
    #[error("the body is too large")]
    TooLarge,
    /// It was cut.
    #[error("the body was cut")]
    Cut,
}

impl Source {
    pub(super) fn new(body: Body) -> Source {
        let body = body.into_data_stream();
        let shared = Shared {
            body,
            head: Vec::new(),
            is_over: false,
            rest: Bytes::new(),
            came: 0,
            allowed: FIRST,
            at_once: AT_FIRST,
            left: AT_FIRST,
        };
        Source { shared: Arc::new(Mutex::new(shared)) }
    }

    /// Whether it begins so.
    pub(super) fn begins_with(&self, bytes: &[u8]) -> bool {
        self.lock().head.starts_with(bytes)
    }

    /// Whether all of it has come as it should.
    pub(super) fn is_over(&self) -> bool {
        self.lock().is_over
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets so much come in all, and faster from now on.
    pub(super) fn allow(&self, bytes: u64) {
        let mut shared = self.lock();
        shared.allowed = bytes;
        shared.at_once = AT_ONCE;
    }
}

impl Stream for Source {
    type Item = Result<Bytes, SourceError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.lock().poll_next(cx)
    }
}

impl Shared {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, SourceError>>> {
        if self.left == 0 {
            self.left = self.at_once;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.rest.is_empty() {
            match Pin::new(&mut self.body).poll_next(cx) {
                Poll::Ready(Some(Ok(bytes))) => self.rest = bytes,
                Poll::Ready(Some(Err(_))) => return Poll::Ready(Some(Err(SourceError::Cut))),
                Poll::Ready(None) => {
                    self.is_over = true;
                    return Poll::Ready(None);
                }
                Poll::Pending => {
                    self.left = self.at_once;
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Some(self.hand_on()))
    }

    fn hand_on(&mut self) -> Result<Bytes, SourceError> {
        let bytes = self.rest.split_to(self.rest.len().min(self.left));
        let size = bytes.len();
        let head = size.min(HEAD.saturating_sub(self.head.len()));
        self.head.extend_from_slice(&bytes[..head]);
        self.came += size as u64;
        self.left -= size;
        if self.came > self.allowed {
            return Err(SourceError::TooLarge);
        }
        Ok(bytes)
    }
}
