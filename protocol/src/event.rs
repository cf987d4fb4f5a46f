//! What happened outside.

use std::ops::Range;

use crate::http::{RequestId, Response};
use crate::{Json, Md5, Wake};

/// Something that happened, told to an upload and by it to its machine.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The connection that was asked for is open.
    Connected,
    /// The server sent a message.
    Received(Json),
    /// The server sent a text that is not JSON, or bytes where no protocol has any.
    Garbled,
    /// The connection is gone, or could never be made.
    Disconnected {
        /// The close code of the WebSocket; 1006 if there was no proper end.
        code: u16,
        /// The server's words, usually empty.
        reason: String,
    },
    /// The browser refuses to make the connection that was asked for, and always will; or the
    /// caller has no id for an upload. In words.
    Refused(String),
    /// A request was answered.
    Responded(RequestId, Response),
    /// A request got no answer, for this reason.
    RequestLost(RequestId, String),
    /// So many bytes of the body of a request have left the browser.
    Loaded(RequestId, u64),
    /// The connection was looked at.
    Measured(Link),
    /// The time of an [`Action::Wait`](crate::Action::Wait) is over.
    Woke(Wake),
    /// The browser believes that it has a network again.
    CameOnline,
    /// Answers [`Action::Digest`](crate::Action::Digest) or
    /// [`Action::Recall`](crate::Action::Recall): what does it could not be loaded.
    NotDigested(String),
    /// Answers [`Action::CheckFile`](crate::Action::CheckFile): it is still as it was.
    FileIntact,
    /// So many bytes of the whole file are hashed.
    Hashed(u64),
    /// Answers [`Action::Digest`](crate::Action::Digest): the MD5 of these bytes of the file.
    Digested(Range<u64>, Md5),
    /// Answers [`Action::Recall`](crate::Action::Recall): an earlier page has left this
    /// [`Checkpoint`](crate::Checkpoint), or one of a new upload says under which id to begin.
    /// `None`, or what is none: what is known here is all there is.
    Recalled(Option<Json>),
    /// [`Action::Recall`](crate::Action::Recall) is answered when another page, which sends the
    /// same file, has come to an end.
    Occupied,
    /// Answers [`Action::CheckFile`](crate::Action::CheckFile),
    /// [`Action::Digest`](crate::Action::Digest) or [`Action::Recall`](crate::Action::Recall): it
    /// changed or cannot be read.
    FileUnreadable(String),
}

/// How a connection is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// How many bytes were handed to the browser and have not left it.
    pub waiting: u64,
    /// How many bytes a second the server has acknowledged lately; `None` until there was
    /// something to measure.
    pub bytes_per_second: Option<u64>,
    /// The browser believes that it has no network.
    pub is_offline: bool,
}
