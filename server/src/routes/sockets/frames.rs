//! The bytes of a WebSocket, handed on one frame at a time: nobody behind this ever holds a part of the
//! next frame, and none comes that is longer than it may be, finds no room or comes too slowly.

#[cfg(test)]
mod tests;

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Duration;

use super::head::{Head, Malformed};
use crate::activity::Activity;
use crate::memory::Share;
use crate::pace::{Credit, Pace};

/// How much is read to find a head: most messages that are no bytes of files are whole with it.
const AHEAD: usize = 256;
/// How slow a message may be while others wait for its room.
const HURRY: Pace = Pace { patience: Duration::from_secs(10), min_rate: 64 * 1024 };

/// Why no more is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("the message is larger than it may be")]
    TooLarge,
    #[error("this is no frame of a client")]
    Malformed,
    #[error("the message comes too slowly")]
    TooSlow,
    #[error("others wait for the memory that the message takes")]
    InTheWay,
}

/// A stream of frames.
#[derive(Debug)]
pub(super) struct Frames<S> {
    stream: S,
    ahead: Ahead,
    /// How much of the frame is still to be handed on, its head included.
    left: u64,
    /// It is no part of a message.
    is_control: bool,
    /// How large the message is that has begun; `None` between messages.
    message: Option<u64>,
    limit: u64,
    share: Share,
    /// Knows when the sender is not to blame that nothing comes.
    activity: Activity,
    credit: Credit,
    hurry: Credit,
}

/// What was read and not handed on.
#[derive(Debug)]
struct Ahead {
    bytes: [u8; AHEAD],
    from: usize,
    to: usize,
}

impl<S> Frames<S> {
    /// Takes messages of so many bytes.
    pub(super) fn new(
        stream: S,
        activity: Activity,
        limit: u64,
        share: Share,
        pace: Pace,
    ) -> Frames<S> {
        Frames {
            stream,
            ahead: Ahead { bytes: [0; AHEAD], from: 0, to: 0 },
            left: 0,
            is_control: false,
            message: None,
            limit,
            share,
            activity,
            credit: Credit::new(pace),
            hurry: Credit::new(HURRY),
        }
    }

    /// Takes messages of so many bytes from now on.
    pub(super) fn allow(&mut self, limit: u64) {
        self.limit = limit;
    }

    /// Whether no message has begun.
    pub(super) fn is_between_messages(&self) -> bool {
        self.left == 0 && self.message.is_none()
    }

    /// What the frames are read from.
    pub(super) fn stream(&mut self) -> &mut S {
        &mut self.stream
    }

    /// Whether others wait for the memory of the last message.
    pub(super) fn is_in_the_way(&self) -> bool {
        self.share.is_in_the_way()
    }

    /// The last message does not need its memory any more.
    pub(super) fn release(&mut self) {
        self.share.release();
    }
}

impl<S: AsyncRead + Unpin> Frames<S> {
    /// The size of the next frame; `None` when there is none. Only between frames.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<u64>>> {
        let Some(head) = ready!(self.poll_head(cx))? else { return Poll::Ready(Ok(None)) };
        self.size_with(head)?;
        Poll::Ready(Ok(Some(head.size)))
    }

    /// How large the message is with this frame.
    fn size_with(&self, head: Head) -> Result<u64, Fault> {
        let size = self.message.unwrap_or_default().saturating_add(head.size);
        if size <= self.limit || head.is_control { Ok(size) } else { Err(Fault::TooLarge) }
    }

    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Head>>> {
        loop {
            let head = Head::parse(self.ahead.filled());
            if let Some(head) = head.map_err(|Malformed| Fault::Malformed)? {
                return Poll::Ready(Ok(Some(head)));
            }
            let mut room = ReadBuf::new(self.ahead.room());
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut room))?;
            match room.filled().len() {
                0 => return Poll::Ready(Ok(None)),
                came => self.ahead.to += came,
            }
        }
    }

    fn begin(&mut self, head: Head) -> Result<(), Fault> {
        let size = self.size_with(head)?;
        self.left = head.length as u64 + head.size;
        self.is_control = head.is_control;
        if head.is_control {
            return Ok(());
        }
        if self.message.is_none() {
            self.credit.restart();
            self.hurry.restart();
        }
        self.message = (!head.is_last).then_some(size);
        Ok(())
    }

    /// Reads some of a message.
    fn poll_message(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let most = self.most(buffer);
        let has_room = self.share.poll_room(cx, most as u64).is_ready();
        self.activity.hold_up(!has_room);
        if !has_room {
            self.earn(0);
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let Poll::Ready(read) = self.poll_some(cx, buffer) else {
            return self.poll_patience(cx).map(|fault| Err(fault.into()));
        };
        let came = (buffer.filled().len() - before) as u64;
        self.share.add(came);
        self.earn(came);
        Poll::Ready(read)
    }

    fn poll_some(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let most = self.most(buffer);
        let mut handed_on = self.ahead.hand_on(most, buffer);
        if handed_on == 0 {
            let mut room = ReadBuf::new(buffer.initialize_unfilled_to(most));
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut room))?;
            handed_on = room.filled().len();
            buffer.advance(handed_on);
        }
        self.left -= handed_on as u64;
        Poll::Ready(Ok(()))
    }

    /// How much of the frame fits there.
    fn most(&self, buffer: &ReadBuf<'_>) -> usize {
        usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.remaining())
    }

    /// Notes that the sender has not to be waited for any more, and what it has sent.
    fn earn(&mut self, bytes: u64) {
        self.credit.earn(bytes);
        self.hurry.earn(bytes);
    }

    fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<Fault> {
        if self.credit.poll_spent(cx).is_ready() {
            return Poll::Ready(Fault::TooSlow);
        }
        ready!(self.hurry.poll_spent(cx));
        self.share.poll_in_the_way(cx).map(|()| Fault::InTheWay)
    }
}

impl Ahead {
    fn filled(&self) -> &[u8] {
        &self.bytes[self.from..self.to]
    }

    /// Where more can be put.
    fn room(&mut self) -> &mut [u8] {
        self.bytes.copy_within(self.from..self.to, 0);
        (self.from, self.to) = (0, self.to - self.from);
        &mut self.bytes[self.to..]
    }

    /// Hands on so many at most.
    fn hand_on(&mut self, most: usize, buffer: &mut ReadBuf<'_>) -> usize {
        let bytes = most.min(self.to - self.from).min(buffer.remaining());
        buffer.put_slice(&self.bytes[self.from..self.from + bytes]);
        self.from += bytes;
        bytes
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Frames<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            let Poll::Ready(head) = self.poll_head(cx) else {
                // Between the pieces of a message.
                let Some(_) = self.message else { return Poll::Pending };
                return self.poll_patience(cx).map(|fault| Err(fault.into()));
            };
            match head? {
                Some(head) => self.begin(head)?,
                None => return Poll::Ready(Ok(())),
            }
        }
        match self.is_control {
            true => self.poll_some(cx, buffer),
            false => self.poll_message(cx, buffer),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Frames<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl From<Fault> for io::Error {
    fn from(fault: Fault) -> io::Error {
        io::Error::other(fault)
    }
}
