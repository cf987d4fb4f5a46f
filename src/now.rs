//! What there is to be seen of an upload, before it is data of Rust or of JavaScript.

use incoming_protocol::View;
#[cfg(feature = "npm")]
use incoming_protocol::{Error, Json, Md5, Verification};

#[cfg(feature = "npm")]
use crate::json::Members;

/// What there is to be seen.
pub(crate) struct Now<'a> {
    /// The name of the file, without a path.
    pub(crate) filename: &'a str,
    pub(crate) view: View,
    pub(crate) rate: Rate,
}

/// How fast it goes and how long it will take.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Rate {
    /// Bytes per second; 0 when nothing travels.
    pub(crate) speed: f64,
    /// Seconds; `None` when nobody knows.
    pub(crate) eta: Option<f64>,
}

/// All properties under the names of [`Snapshot`](crate::Snapshot), as a tree: a derived `Serialize` of
/// a struct is several kilobytes of the download. `last_error` is no data and not among them.
#[cfg(feature = "npm")]
impl From<&Now<'_>> for Json {
    fn from(now: &Now<'_>) -> Json {
        let mut members = Members::default();
        members.add_text("filename", Some(now.filename));
        now.add_texts(&mut members);
        now.add_numbers(&mut members);
        now.add_flags(&mut members);
        members.into()
    }
}

#[cfg(feature = "npm")]
impl Now<'_> {
    fn add_texts(&self, to: &mut Members) {
        let (view, error) = (&self.view, self.view.error.as_ref());
        to.add_text("md5", view.md5.as_ref().map(Md5::as_str));
        to.add_text("verified", view.verified.map(Verification::name));
        to.add_text("state", Some(view.state.name()));
        to.add_text("state_msg", Some(&view.state_msg));
        to.add_text("cancel_msg", view.cancel_msg.as_deref());
        to.add_text("error_kind", error.map(Error::kind));
        to.add_text("error_msg", error.map(Error::words).as_deref());
        to.add_number("error_code", error.map(|error| error.code().into()));
    }

    fn add_numbers(&self, to: &mut Members) {
        let view = &self.view;
        to.add_count("bytes_total", view.bytes_total);
        to.add_count("bytes_tx", view.bytes_tx);
        to.add_count("bytes_acked", view.bytes_acked);
        to.add_count("bytes_ahead", view.bytes_ahead());
        to.add_count("chunks_tx_now", view.chunks_tx_now);
        to.add_count("chunks_acked_now", view.chunks_acked_now);
        to.add_count("chunks_ahead", view.chunks_ahead());
        to.add_count("chunks_damaged", view.chunks_damaged);
        to.add_number("frac_complete", Some(view.frac_complete));
        to.add_number("frac_hashed", Some(view.frac_hashed));
        to.add_number("speed", Some(self.rate.speed));
        to.add_number("eta", self.rate.eta);
    }

    fn add_flags(&self, to: &mut Members) {
        let view = &self.view;
        to.add_flag("hashing", view.hashing);
        to.add_flag("resumable", view.resumable);
        to.add_flag("connected", view.connected);
        to.add_flag("finished", view.finished);
        to.add_flag("paused", view.paused);
        to.add_flag("can_pause", view.can_pause);
        to.add_flag("cancelling", view.cancelling);
        to.add_flag("cancelled", view.cancelled);
        to.add_flag("can_cancel", view.can_cancel);
        to.add_flag("can_remove", view.can_remove);
        to.add_flag("removed", view.removed);
    }
}
