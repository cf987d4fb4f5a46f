//! What a Rust front end sees of an upload, as data.

use incoming_protocol::{Error, Md5, State, Verification};
use serde::{Serialize, Serializer};

use crate::now::Now;

/// All properties of an upload at one moment, under the names that JavaScript knows.
///
/// Sizes are bytes, `speed` is in bytes per second, `eta` in seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Snapshot {
    /// The name of the file, without a path.
    pub filename: String,
    /// The size of the file.
    pub bytes_total: u64,
    /// How many bytes have left the browser.
    pub bytes_tx: u64,
    /// How many bytes the server has confirmed.
    pub bytes_acked: u64,
    /// How many bytes have left the browser and are not confirmed.
    pub bytes_ahead: u64,
    /// The confirmed part of the file, from 0 to 1.
    pub frac_complete: f64,
    /// Chunks sent in this connection.
    pub chunks_tx_now: u64,
    /// Chunks confirmed in this connection.
    pub chunks_acked_now: u64,
    /// Chunks sent and not confirmed.
    pub chunks_ahead: u64,
    /// Chunks that arrived damaged and were sent again.
    pub chunks_damaged: u64,
    /// The file is being hashed.
    pub hashing: bool,
    /// The hashed part of the file, from 0 to 1.
    pub frac_hashed: f64,
    /// The MD5 of the file in hexadecimal, once it is known.
    pub md5: Option<String>,
    /// What was compared and found equal, once the upload is finished.
    #[serde(serialize_with = "verified_name")]
    pub verified: Option<Verification>,
    /// The smoothed speed; 0 when nothing travels.
    pub speed: f64,
    /// The time that is probably left, if anybody knows.
    pub eta: Option<f64>,
    /// What is going on, as one word.
    #[serde(serialize_with = "state_name")]
    pub state: State,
    /// What is going on, for a person.
    pub state_msg: String,
    /// Why the last attempt was lost, while others are left.
    pub last_error: Option<ErrorData>,
    /// Why the upload was cancelled.
    pub cancel_msg: Option<String>,
    /// The number of the error that ended the upload.
    pub error_code: Option<u32>,
    /// The word for it.
    pub error_kind: Option<&'static str>,
    /// The sentence for it.
    pub error_msg: Option<String>,
    /// Another page could go on now.
    pub resumable: bool,
    /// There is a connection to the server.
    pub connected: bool,
    /// The file was delivered.
    pub finished: bool,
    /// The upload is paused.
    pub paused: bool,
    /// It can be paused, or is.
    pub can_pause: bool,
    /// The server is being told of a cancellation.
    pub cancelling: bool,
    /// The upload is cancelled.
    pub cancelled: bool,
    /// It can be cancelled.
    pub can_cancel: bool,
    /// The file was delivered and can be removed from the server.
    pub can_remove: bool,
    /// The server has removed it.
    pub removed: bool,
}

/// An error as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorData {
    /// What went wrong, as a word that never changes its meaning.
    pub kind: &'static str,
    /// The same as a number.
    pub code: u32,
    /// The same as a sentence.
    pub message: String,
}

impl ErrorData {
    pub(crate) fn of(error: &Error) -> ErrorData {
        ErrorData { kind: error.kind(), code: error.code(), message: error.words() }
    }
}

impl From<Now<'_>> for Snapshot {
    fn from(Now { filename, view, rate }: Now<'_>) -> Snapshot {
        let error = view.error.as_ref().map(ErrorData::of);
        Snapshot {
            filename: filename.to_owned(),
            bytes_total: view.bytes_total,
            bytes_tx: view.bytes_tx,
            bytes_acked: view.bytes_acked,
            bytes_ahead: view.bytes_ahead(),
            frac_complete: view.frac_complete,
            chunks_tx_now: view.chunks_tx_now,
            chunks_acked_now: view.chunks_acked_now,
            chunks_ahead: view.chunks_ahead(),
            chunks_damaged: view.chunks_damaged,
            hashing: view.hashing,
            frac_hashed: view.frac_hashed,
            md5: view.md5.as_ref().map(|md5| Md5::as_str(md5).to_owned()),
            verified: view.verified,
            speed: rate.speed,
            eta: rate.eta,
            state: view.state,
            last_error: view.last_error.as_ref().map(ErrorData::of),
            error_code: error.as_ref().map(|error| error.code),
            error_kind: error.as_ref().map(|error| error.kind),
            error_msg: error.map(|error| error.message),
            resumable: view.resumable,
            connected: view.connected,
            finished: view.finished,
            paused: view.paused,
            can_pause: view.can_pause,
            cancelling: view.cancelling,
            cancelled: view.cancelled,
            can_cancel: view.can_cancel,
            can_remove: view.can_remove,
            removed: view.removed,
            state_msg: view.state_msg,
            cancel_msg: view.cancel_msg,
        }
    }
}

fn state_name<S: Serializer>(state: &State, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(state.name())
}

fn verified_name<S: Serializer>(verified: &Option<Verification>, to: S) -> Result<S::Ok, S::Error> {
    verified.map(Verification::name).serialize(to)
}
