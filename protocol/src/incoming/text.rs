//! The sentences of the original server. Clients show them, and some decide by them.

use crate::joined;

pub(super) const NO_REQUEST: &str = "Couldn't read upload request";
pub(super) const UNKNOWN: &str = "Unknown upload id - maybe upload timed out?";
pub(super) const BUSY: &str = "Another websocket connection already deals with this upload";
pub(super) const SIZE_CHANGED: &str = "File size has changed";
pub(super) const TOO_LARGE: &str = "File probably too large";
pub(super) const OVER: &str = "upload already finished or cancelled";
pub(super) const NO_CONFIG: &str = "Couldn't send upload config";
pub(super) const NO_ACK: &str = "Didn't receive ack";
pub(super) const NACK: &str = "you nack-ed";
pub(super) const SILENCE: &str = "Receive of file chunk failed";
pub(super) const NOT_JSON: &str = "Did not understand text message";
pub(super) const UNEXPECTED: &str = "Expected file chunk or text but got sth else";
pub(super) const OVERFLOW: &str = "File would get larger than declared";
pub(super) const NO_STATE: &str = "upload is in no state for this. might be cancelled.";
pub(super) const NOT_CREATED: &str = "Could not create file! file system full?";
pub(super) const NOT_REOPENED: &str = "Could not re-open file! Is it gone?";
pub(super) const NOT_WRITTEN: &str = "Could not write to file! file system full?";
pub(super) const CANCELLED: &str = "upload cancelled";

pub(super) fn consuming(detail: &str) -> String {
    joined(&["Error while consuming file chunk: ", detail])
}

pub(super) fn from_frontend(reason: &str) -> String {
    format!("error from frontend: {reason}")
}

/// The original also said at which address, which is no business of a browser's and may hold a secret.
pub(super) fn handover(reason: &str) -> String {
    format!("uploader couldn't hand file over to the application: {reason}")
}
