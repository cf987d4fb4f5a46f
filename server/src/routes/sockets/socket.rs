//! A WebSocket that takes no more memory than it needs: small buffers for words, large ones for the bytes
//! of a file and only while they come.

use std::future::poll_fn;

use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncReadExt as _;
use tokio::time::{Duration, Instant, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message};

use super::frames::Frames;
use crate::memory::FREE;

type Stream = Frames<TokioIo<Upgraded>>;

/// How much is read at once.
const SMALL_BUFFER: usize = 4 * 1024;
const LARGE_BUFFER: usize = 256 * 1024;
/// The largest frame that small buffers are for.
const SMALL_FRAME: u64 = FREE;
/// How long large buffers are kept for the next large frame.
const REST: Duration = Duration::from_secs(1);

/// A WebSocket.
#[derive(Debug)]
pub(in crate::routes) struct Socket {
    /// Taken only while it is made anew.
    inner: Option<WebSocketStream<Stream>>,
    /// When the last large frame began, if the buffers are large.
    large_since: Option<Instant>,
    /// The other side has said that it closes.
    is_over: bool,
    /// It has come to its end by something else than a close frame.
    is_faulty: bool,
    /// The largest message that it takes once it is bound.
    max_message_size: usize,
}

impl Socket {
    pub(super) async fn new(stream: Stream, max_message_size: usize) -> Socket {
        let inner = Some(over(stream, SMALL_BUFFER, max_message_size).await);
        let (large_since, is_over, is_faulty) = (None, false, false);
        Socket { inner, large_since, is_over, is_faulty, max_message_size }
    }

    /// It belongs to an upload now, and takes its bytes.
    pub(in crate::routes) fn bind(&mut self) {
        if let Some(inner) = &mut self.inner {
            inner.get_mut().allow(self.max_message_size as u64);
        }
    }

    /// The next message; the one before needs no memory any more. `None` at the end.
    pub(in crate::routes) async fn recv(&mut self) -> Option<Result<Message, Error>> {
        let prepared = self.prepare().await;
        let received = match prepared {
            Ok(()) => self.inner.as_mut()?.next().await,
            Err(error) => Some(Err(error)),
        };
        self.is_over |= matches!(received, Some(Ok(Message::Close(_))));
        self.is_faulty |= matches!(received, Some(Err(_)));
        received
    }

    pub(in crate::routes) async fn send(&mut self, message: Message) -> Result<(), Error> {
        self.inner()?.send(message).await
    }

    /// Waits until the other side has read a close frame and answered it.
    pub(in crate::routes) async fn drain(&mut self) {
        while let Some(Ok(_)) = self.recv().await {}
        let Some(inner) = self.inner.as_mut().filter(|_| self.is_faulty) else { return };
        let mut scrap = [0; 1024];
        while matches!(inner.get_mut().stream().read(&mut scrap).await, Ok(1..)) {}
    }

    /// Between messages, waits for the next frame, and has large buffers for a large one.
    async fn prepare(&mut self) -> Result<(), Error> {
        let is_ended = self.is_over || self.is_faulty;
        if is_ended || !self.inner()?.get_ref().is_between_messages() {
            return Ok(());
        }
        if self.large_since.is_none() {
            // Small buffers keep nothing of a message that was handed on.
            self.inner()?.get_mut().release();
        }
        self.inner()?.flush().await?;
        let next = match self.large_since {
            Some(since) => self.next_or_rest(since).await?,
            None => self.next_size().await?,
        };
        self.inner()?.get_mut().release();
        if next.is_some_and(|size| size > SMALL_FRAME) {
            if self.large_since.is_none() {
                self.exchange(LARGE_BUFFER).await?;
            }
            self.large_since = Some(Instant::now());
        }
        Ok(())
    }

    /// Has large buffers no longer than they are used.
    async fn next_or_rest(&mut self, since: Instant) -> Result<Option<u64>, Error> {
        let rest = if self.inner()?.get_ref().is_in_the_way() { Duration::ZERO } else { REST };
        if let Ok(next) = timeout_at(since + rest, self.next_size()).await {
            return next;
        }
        self.exchange(SMALL_BUFFER).await?;
        self.inner()?.get_mut().release();
        self.large_since = None;
        self.next_size().await
    }

    async fn next_size(&mut self) -> Result<Option<u64>, Error> {
        let frames = self.inner()?.get_mut();
        Ok(poll_fn(|cx| frames.poll_next(cx)).await?)
    }

    fn inner(&mut self) -> Result<&mut WebSocketStream<Stream>, Error> {
        self.inner.as_mut().ok_or(Error::AlreadyClosed)
    }

    async fn exchange(&mut self, buffer: usize) -> Result<(), Error> {
        self.inner()?.flush().await?;
        if let Some(inner) = self.inner.take() {
            self.inner = Some(over(inner.into_inner(), buffer, self.max_message_size).await);
        }
        Ok(())
    }
}

/// Passes on at once what it sends. Never has to wait.
async fn over(stream: Stream, buffer: usize, max_size: usize) -> WebSocketStream<Stream> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(max_size))
        .max_frame_size(Some(max_size))
        .read_buffer_size(buffer)
        .write_buffer_size(0);
    WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await
}
