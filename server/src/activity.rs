//! Watching a connection's bytes.
//!
//! A WebSocket library hands over whole messages. On a slow line one message can take minutes, and
//! that is not silence: only the socket itself knows when the last byte came.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Duration, Instant};

use crate::clients::Place;
use crate::pace::{Credit, Pace};

/// When a connection's last byte came.
#[derive(Clone, Debug)]
pub struct Activity {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    opened: Instant,
    last_read_ms: AtomicU64,
    /// Nothing is read because there is no memory for it.
    is_held_up: AtomicBool,
    discard: AtomicBool,
}

impl Default for Activity {
    fn default() -> Activity {
        let shared = Shared {
            opened: Instant::now(),
            last_read_ms: AtomicU64::new(0),
            is_held_up: AtomicBool::new(false),
            discard: AtomicBool::new(false),
        };
        Activity { shared: Arc::new(shared) }
    }
}

impl Activity {
    /// When the last byte came.
    pub fn last_read(&self) -> Instant {
        let ms = self.shared.last_read_ms.load(Ordering::Relaxed);
        self.shared.opened + Duration::from_millis(ms)
    }

    /// Whether nothing is read because there is no memory for it.
    pub(crate) fn is_held_up(&self) -> bool {
        self.shared.is_held_up.load(Ordering::Relaxed)
    }

    /// Notes whether there is memory for what may come.
    pub(crate) fn hold_up(&self, is_held_up: bool) {
        self.shared.is_held_up.store(is_held_up, Ordering::Relaxed);
    }

    /// From now on, what comes is thrown away unread, so that a peer in the middle of a message
    /// can still read why it is closed instead of finding the connection reset.
    pub fn discard(&self) {
        self.shared.discard.store(true, Ordering::Relaxed);
    }

    fn note(&self) {
        let ms = u64::try_from(self.shared.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.shared.last_read_ms.store(ms, Ordering::Relaxed);
    }

    fn discards(&self) -> bool {
        self.shared.discard.load(Ordering::Relaxed)
    }
}

/// A stream whose bytes are noticed, and which keeps its places among the connections for as long
/// as it lives, also as a WebSocket.
#[derive(Debug)]
pub struct Watched {
    stream: TcpStream,
    activity: Activity,
    /// How much longer the other side may take to read.
    reading: Credit,
    _places: Places,
}

/// The places of a connection: among all, and among those of its client.
#[derive(Debug)]
pub struct Places {
    /// Among all.
    pub among_all: OwnedSemaphorePermit,
    /// Among those of its client, unless it is the connection of a proxy.
    pub of_client: Option<Place>,
}

impl Watched {
    /// Watches a stream whose other side must read at this pace.
    pub(crate) fn new(stream: TcpStream, pace: Pace, places: Places) -> Watched {
        let activity = Activity::default();
        Watched { stream, activity, reading: Credit::new(pace), _places: places }
    }

    /// What is noticed.
    pub fn activity(&self) -> Activity {
        self.activity.clone()
    }
}

impl Watched {
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut scrap = [0_u8; 16 * 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut scrap);
            std::task::ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl Watched {
    /// Fails when what is to be written is read too slowly.
    fn unless_unread(
        &mut self,
        polled: Poll<io::Result<usize>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = polled {
            self.reading.earn(bytes as u64);
        }
        if polled.is_ready() {
            return polled;
        }
        self.reading.poll_spent(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.activity.discards() {
            return self.poll_discard(cx);
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let came = buffer.filled().len() - before;
        if came > 0 {
            self.activity.note();
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.unless_unread(polled, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.unless_unread(polled, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
