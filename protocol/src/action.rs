//! What is wanted.

use std::ops::Range;
use std::time::Duration;

use crate::http::Request;
use crate::{Error, Json, Kept};

/// Something to be done outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Open a WebSocket to this address.
    Connect(String),
    /// Send a message as a text frame.
    Send(Json),
    /// Send these bytes of the file as a binary frame, without looking at them.
    SendRange(Range<u64>),
    /// Send a request.
    Request(Request),
    /// Close the connection, abort every request and forget every timer: this attempt is over,
    /// and nothing of it is heard any more.
    HangUp,
    /// Wake the upload up after this time; an earlier wait for the same wake is forgotten.
    Wait(Wake, Duration),
    /// Find out the MD5 of these bytes of the file. That of the whole file is worked out once, and
    /// goes on when the attempt is over.
    Digest(Range<u64>),
    /// Find out which file it is, so that an earlier page's upload of it is found. Answered by
    /// [`Event::Identified`](crate::Event::Identified).
    Identify,
    /// Wait until no other page sends this file, and keep others from it. Answered by
    /// [`Event::Held`](crate::Event::Held), and before it by
    /// [`Event::Occupied`](crate::Event::Occupied) if there is somebody to wait for.
    Hold,
    /// Let other pages send this file.
    LetGo,
    /// Read what an earlier page has left of this file. Answered by
    /// [`Event::Recalled`](crate::Event::Recalled).
    Recall,
    /// Ask the caller under which id to begin. Answered by [`Event::Named`](crate::Event::Named),
    /// also when the attempt is over: nobody is asked twice for one id.
    AskId,
    /// Keep this for another page. Answered by [`Event::Kept`](crate::Event::Kept).
    Keep(Kept),
    /// Remove what is kept of this file, as soon as it is known which file it is, unless another page
    /// sends it.
    Forget,
    /// Find out whether the file can still be read.
    CheckFile,
    /// Settle the promise of the page: this run is over.
    Settle(Outcome),
    /// Tell the page.
    Notify(Notice),
}

impl Action {
    /// How many bytes of the file this hands to the browser.
    pub(crate) fn file_bytes(&self) -> u64 {
        match self {
            Action::SendRange(range) => range.end - range.start,
            _ => 0,
        }
    }
}

/// What a wait is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wake {
    /// To try again after a loss.
    Retry,
    /// To see whether anything has moved.
    Stall,
    /// To show a server that waits for us that we are there.
    KeepAlive,
    /// To see whether there is something new to be kept for another page.
    Save,
}

/// How a run ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The file was delivered.
    Finished,
    /// The upload was cancelled, for this reason.
    Cancelled(String),
    /// The upload failed.
    Failed(Error),
}

/// What the page is told, besides the new values of all properties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Some property has changed.
    Progress,
    /// The upload has finished.
    Finished,
    /// The upload has been cancelled.
    Cancelled,
    /// The upload has failed, or a cancelled one could not be withdrawn.
    Failed,
}
