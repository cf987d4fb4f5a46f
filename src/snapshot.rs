//! What a page sees of an upload, as data.

use incoming_protocol::{Error, Json, Md5, State, Verification, View};
use serde::{Serialize, Serializer};

use crate::json::Members;

/// All properties of an upload at one moment, under the names that JavaScript knows.
///
/// Sizes are bytes, `speed` is in bytes per second, `eta` in seconds.
#[derive(Clone, Debug, PartialEq)]
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
    pub verified: Option<Verification>,
    /// The smoothed speed; 0 when nothing travels.
    pub speed: f64,
    /// The time that is probably left, if anybody knows.
    pub eta: Option<f64>,
    /// What is going on, as one word.
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

/// How fast it goes and how long it will take.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Rate {
    /// Bytes per second; 0 when nothing travels.
    pub(crate) speed: f64,
    /// Seconds; `None` when nobody knows.
    pub(crate) eta: Option<f64>,
}

impl Snapshot {
    pub(crate) fn new(filename: &str, view: View, rate: Rate) -> Snapshot {
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

impl Serialize for Snapshot {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        Json::from(self).serialize(to)
    }
}

/// As a tree, because a derived `Serialize` of a struct is several kilobytes of the download.
impl From<&Snapshot> for Json {
    fn from(now: &Snapshot) -> Json {
        let mut members = Members::default();
        now.add_texts(&mut members);
        now.add_numbers(&mut members);
        now.add_flags(&mut members);
        members.add("last_error", now.last_error.as_ref().map_or(Json::Null, Json::from));
        members.into()
    }
}

impl Snapshot {
    fn add_texts(&self, to: &mut Members) {
        to.add_text("filename", Some(&self.filename));
        to.add_text("md5", self.md5.as_deref());
        to.add_text("verified", self.verified.map(Verification::name));
        to.add_text("state", Some(self.state.name()));
        to.add_text("state_msg", Some(&self.state_msg));
        to.add_text("cancel_msg", self.cancel_msg.as_deref());
        to.add_text("error_kind", self.error_kind);
        to.add_text("error_msg", self.error_msg.as_deref());
    }

    fn add_numbers(&self, to: &mut Members) {
        to.add_count("bytes_total", self.bytes_total);
        to.add_count("bytes_tx", self.bytes_tx);
        to.add_count("bytes_acked", self.bytes_acked);
        to.add_count("bytes_ahead", self.bytes_ahead);
        to.add_count("chunks_tx_now", self.chunks_tx_now);
        to.add_count("chunks_acked_now", self.chunks_acked_now);
        to.add_count("chunks_ahead", self.chunks_ahead);
        to.add_count("chunks_damaged", self.chunks_damaged);
        to.add_number("frac_complete", Some(self.frac_complete));
        to.add_number("frac_hashed", Some(self.frac_hashed));
        to.add_number("speed", Some(self.speed));
        to.add_number("eta", self.eta);
        to.add_number("error_code", self.error_code.map(f64::from));
    }

    fn add_flags(&self, to: &mut Members) {
        to.add_flag("hashing", self.hashing);
        to.add_flag("resumable", self.resumable);
        to.add_flag("connected", self.connected);
        to.add_flag("finished", self.finished);
        to.add_flag("paused", self.paused);
        to.add_flag("can_pause", self.can_pause);
        to.add_flag("cancelling", self.cancelling);
        to.add_flag("cancelled", self.cancelled);
        to.add_flag("can_cancel", self.can_cancel);
        to.add_flag("can_remove", self.can_remove);
        to.add_flag("removed", self.removed);
    }
}

impl From<&ErrorData> for Json {
    fn from(error: &ErrorData) -> Json {
        let mut members = Members::default();
        members.add_text("kind", Some(error.kind));
        members.add_count("code", error.code.into());
        members.add_text("message", Some(&error.message));
        members.into()
    }
}
