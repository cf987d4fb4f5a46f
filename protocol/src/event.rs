//! What happened outside.

use std::ops::Range;

use crate::http::{RequestId, Response};
use crate::{Error, Json, Kept, Md5, Wake};

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
    /// The browser refuses to make the connection that was asked for, and always will. In words.
    Refused(String),
    /// A request was answered.
    Responded(RequestId, Response),
    /// A request got no answer, for this reason.
    RequestLost(RequestId, String),
    /// A request did not leave, for a reason that may pass: a function of the caller failed.
    RequestFailed(RequestId, Error),
    /// So many bytes of the body of a request have left the browser.
    Loaded(RequestId, u64),
    /// The connection was looked at.
    Measured(Link),
    /// The time of an [`Action::Wait`](crate::Action::Wait) is over.
    Woke(Wake),
    /// The browser believes that it has a network again.
    CameOnline,
    /// Answers [`Action::Digest`](crate::Action::Digest) or
    /// [`Action::Identify`](crate::Action::Identify): what does it could not be loaded.
    NotDigested(String),
    /// Answers [`Action::CheckFile`](crate::Action::CheckFile): it is still as it was.
    FileIntact,
    /// So many bytes of the whole file are hashed.
    Hashed(u64),
    /// Answers [`Action::Digest`](crate::Action::Digest): the MD5 of these bytes of the file.
    Digested(Range<u64>, Md5),
    /// Answers [`Action::Identify`](crate::Action::Identify): it is known which file it is. With an
    /// identifier that tells it from others, if servers of the protocol need one.
    Identified(Option<String>),
    /// Answers [`Action::Hold`](crate::Action::Hold): it has to wait for another page, which sends
    /// the same file.
    Occupied,
    /// Answers [`Action::Hold`](crate::Action::Hold): no other page sends the file.
    Held,
    /// Answers [`Action::Recall`](crate::Action::Recall): what an earlier page has left, if it is
    /// something that can be used.
    Recalled(Option<Kept>),
    /// Answers [`Action::AskId`](crate::Action::AskId): the id, or none, where the protocol makes one.
    /// Belongs to no attempt.
    Named(Option<String>),
    /// Answers [`Action::AskId`](crate::Action::AskId): the caller's function failed or refuses.
    /// Belongs to no attempt.
    NotNamed(Error),
    /// Answers [`Action::Keep`](crate::Action::Keep): whether it is kept.
    Kept(bool),
    /// The page is hidden or left, and may never be seen again. Belongs to no attempt.
    Hidden,
    /// What the attempt needs cannot be had: the caller's own function refused, or the browser. Belongs
    /// to the attempt; whether it is tried again is for the error to say.
    Failed(Error),
    /// Answers [`Action::CheckFile`](crate::Action::CheckFile),
    /// [`Action::Digest`](crate::Action::Digest) or [`Action::Identify`](crate::Action::Identify): it
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
