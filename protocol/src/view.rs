//! What a page sees of an upload.

use crate::{Error, Md5, Verification};

/// What is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing has begun.
    Ready,
    /// For the page, for another page, or for the network.
    Waiting,
    /// The file is read for its fingerprint, and nothing else can be done before that is known.
    Hashing,
    /// A connection is made, or client and server agree on how to go on.
    Connecting,
    /// Bytes travel.
    Uploading,
    /// The page has paused the upload.
    Paused,
    /// An attempt was lost, and the next one comes.
    Retrying,
    /// The server has every byte.
    HandingOver,
    /// The file was delivered.
    Finished,
    /// The server is being told that the upload is cancelled.
    Cancelling,
    /// The upload is cancelled.
    Cancelled,
    /// An error ended the upload.
    Failed,
}

impl State {
    /// The word for it. Stable: programs may compare it.
    pub fn name(self) -> &'static str {
        match self {
            State::Ready => "ready",
            State::Waiting => "waiting",
            State::Hashing => "hashing",
            State::Connecting => "connecting",
            State::Uploading => "uploading",
            State::Paused => "paused",
            State::Retrying => "retrying",
            State::HandingOver => "handing_over",
            State::Finished => "finished",
            State::Cancelling => "cancelling",
            State::Cancelled => "cancelled",
            State::Failed => "failed",
        }
    }
}

/// The observable state of an upload.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The size of the file in bytes.
    pub bytes_total: u64,
    /// How many bytes have left the browser.
    pub bytes_tx: u64,
    /// How many bytes the server has confirmed.
    pub bytes_acked: u64,
    /// The confirmed part of the file, from 0 to 1. 1 means that the server has every byte, not
    /// that the upload is finished.
    pub frac_complete: f64,
    /// The file is being hashed.
    pub hashing: bool,
    /// The hashed part of the file, from 0 to 1.
    pub frac_hashed: f64,
    /// The MD5 of the whole file, once it is known.
    pub md5: Option<Md5>,
    /// How many chunks were sent in this connection.
    pub chunks_tx_now: u64,
    /// How many chunks were confirmed in this connection.
    pub chunks_acked_now: u64,
    /// How many chunks arrived damaged and were sent again.
    pub chunks_damaged: u64,
    /// What was compared and found equal, once the upload is finished.
    pub verified: Option<Verification>,
    /// What is going on, as one word; the flags below are views of it.
    pub state: State,
    /// What is going on, for a person.
    pub state_msg: String,
    /// Why the last attempt was lost, while others are left; `None` after progress.
    pub last_error: Option<Error>,
    /// Another page could go on now: enough is kept for that.
    pub resumable: bool,
    /// Why the upload was cancelled, once it was.
    pub cancel_msg: Option<String>,
    /// What went wrong, once something has.
    pub error: Option<Error>,
    /// There is a connection to the server.
    pub connected: bool,
    /// The file was delivered.
    pub finished: bool,
    /// The upload is paused.
    pub paused: bool,
    /// The upload can be paused, or is.
    pub can_pause: bool,
    /// The server is being told that the upload is cancelled.
    pub cancelling: bool,
    /// The upload is cancelled.
    pub cancelled: bool,
    /// The upload can be cancelled.
    pub can_cancel: bool,
    /// The server removed the file that was delivered.
    pub removed: bool,
    /// The file that was delivered can be removed.
    pub can_remove: bool,
}

impl View {
    /// Nothing yet, of a file of this size.
    pub(crate) fn blank(bytes_total: u64) -> View {
        View {
            bytes_total,
            bytes_tx: 0,
            bytes_acked: 0,
            frac_complete: 0.0,
            hashing: false,
            frac_hashed: 0.0,
            md5: None,
            chunks_tx_now: 0,
            chunks_acked_now: 0,
            chunks_damaged: 0,
            verified: None,
            state: State::Ready,
            state_msg: String::new(),
            last_error: None,
            resumable: false,
            cancel_msg: None,
            error: None,
            connected: false,
            finished: false,
            paused: false,
            can_pause: false,
            cancelling: false,
            cancelled: false,
            can_cancel: false,
            removed: false,
            can_remove: false,
        }
    }

    /// How many bytes have left the browser without being confirmed yet.
    pub fn bytes_ahead(&self) -> u64 {
        self.bytes_tx.saturating_sub(self.bytes_acked)
    }

    /// How many chunks were sent without being confirmed yet.
    pub fn chunks_ahead(&self) -> u64 {
        self.chunks_tx_now.saturating_sub(self.chunks_acked_now)
    }
}
