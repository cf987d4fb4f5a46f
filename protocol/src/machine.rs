//! The seam between the protocols and the rest.

use crate::{Action, Checkpoint, Error, Event, Md5};

/// The client's side of one upload in one protocol.
///
/// A machine never sees bytes, a clock or a connection. It remembers what it needs to begin
/// again, and every way to begin is [`start`](Machine::start).
pub trait Machine {
    /// Begins, or begins again after a pause or a loss.
    fn start(&mut self) -> Vec<Action>;

    /// Reacts.
    ///
    /// # Errors
    /// An error ends this attempt. [`Upload`](crate::Upload) hangs up and decides about the next.
    fn handle(&mut self, event: Event) -> Result<Vec<Action>, Error>;

    /// Stops for now. Hangs up unless the protocol can only wait.
    fn pause(&mut self) -> Vec<Action>;

    /// Tells the server that the upload is given up, as soon as it can be told. Begins again for
    /// that purpose if there is no connection.
    fn cancel(&mut self, reason: &str) -> Vec<Action>;

    /// The connection is gone; whatever was on its way may be lost.
    fn hung_up(&mut self);

    /// Every byte has to be sent again: what the server has of them is damaged.
    fn start_over(&mut self);

    /// The MD5 of the whole file as the server has it, if it says so.
    fn file_digest(&self) -> Option<&Md5>;

    /// What has to be kept so that another page can go on. `None` if the protocol cannot, while
    /// the upload has no id, and when the server has said that it knows no such upload.
    fn checkpoint(&self) -> Option<Checkpoint> {
        None
    }

    /// Goes on from this at the next start, and forgets whatever else it knew.
    fn recall(&mut self, _checkpoint: Checkpoint) {}

    /// True if servers take all files of one name and size for one, unless somebody chooses another
    /// identifier: a new upload that can be resumed begins under one that tells files apart.
    fn takes_identifier(&self) -> bool {
        false
    }

    /// True if it goes on after a loss where it was; false if the protocol can only begin again
    /// with the first byte.
    fn resumes(&self) -> bool {
        true
    }

    /// True if a file that was delivered can be removed from the server.
    fn can_remove(&self) -> bool {
        false
    }

    /// Has the file that was delivered removed from the server.
    fn remove(&mut self) -> Vec<Action> {
        Vec::new()
    }

    /// How far it is.
    fn progress(&self) -> Progress;
}

/// How far an upload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is going on.
    pub stage: Stage,
    /// How many bytes the server has confirmed.
    pub acknowledged: u64,
    /// The position up to which bytes were handed to the browser; equal to `acknowledged` when
    /// nothing is on its way.
    pub sent: u64,
    /// How many chunks were sent in this connection.
    pub chunks_sent: u64,
    /// How many chunks were confirmed in this connection.
    pub chunks_acknowledged: u64,
    /// How many chunks arrived damaged, in all connections.
    pub chunks_damaged: u64,
    /// Whatever is confirmed was compared with the file, chunk by chunk.
    pub is_proven: bool,
}

/// What is going on in an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nothing: there is no connection and none is being made.
    Idle,
    /// A connection is being made.
    Connecting,
    /// The file is read for its fingerprint before anything can be sent.
    Hashing,
    /// Client and server agree on how to go on.
    Negotiating,
    /// Bytes travel.
    Transferring,
    /// The server has every byte; what it does with the file is up to it and its backend.
    HandingOver,
    /// The server said that all is done.
    Done,
    /// The server said that it has removed the file that was delivered.
    Removed,
    /// The server said that the upload is cancelled.
    Cancelled,
}
