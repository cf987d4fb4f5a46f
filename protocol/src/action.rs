//! What is wanted.

use std::ops::Range;
use std::time::Duration;

use crate::http::Request;
use crate::{Error, Json};

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
    /// Find out what an earlier page has left of the same upload, and if there is nothing, under
    /// which id to begin.
    Recall,
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
