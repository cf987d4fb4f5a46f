//! The JavaScript object that a page sees.

use incoming_protocol::{CANCELLED, Error, Md5, Notice, Outcome, Verification, View};
use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::prelude::*;

use crate::host::Host;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = reportError)]
    fn report_error(thrown: &JsValue);
}

/// How fast it goes and how long it will take.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Pace {
    /// Bytes per second; 0 when nothing travels.
    pub(crate) speed: f64,
    /// Seconds; `None` when nobody knows.
    pub(crate) eta: Option<f64>,
}

/// The uploader of the page, and the function that settles its promise.
pub(crate) struct Face {
    uploader: Object,
    host: Host,
}

impl Face {
    pub(crate) fn new(uploader: Object, host: Host) -> Face {
        Face { uploader, host }
    }

    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    /// Sets a property. Only a frozen object refuses, and its page wants it so.
    pub(crate) fn set(&self, name: &str, value: &JsValue) {
        let _ = Reflect::set(&self.uploader, &name.into(), value);
    }

    /// Brings all properties up to date.
    #[expect(clippy::cast_precision_loss, reason = "sizes in browsers are doubles")]
    pub(crate) fn show(&self, view: &View, pace: Pace) {
        let number = |name, value: u64| self.set(name, &(value as f64).into());
        let flag = |name, value: bool| self.set(name, &value.into());
        number("bytes_total", view.bytes_total);
        number("bytes_tx", view.bytes_tx);
        number("bytes_acked", view.bytes_acked);
        number("bytes_ahead", view.bytes_ahead());
        number("chunks_tx_now", view.chunks_tx_now);
        number("chunks_acked_now", view.chunks_acked_now);
        number("chunks_ahead", view.chunks_ahead());
        number("chunks_damaged", view.chunks_damaged);
        self.set("frac_complete", &view.frac_complete.into());
        flag("hashing", view.hashing);
        self.set("frac_hashed", &view.frac_hashed.into());
        self.set("md5", &or_null(view.md5.as_ref().map(Md5::as_str)));
        self.set("verified", &or_null(view.verified.map(Verification::name)));
        self.set("speed", &pace.speed.into());
        self.set("eta", &or_null(pace.eta));
        self.set("state_msg", &view.state_msg.as_str().into());
        self.set("cancel_msg", &or_null(view.cancel_msg.as_deref()));
        let error = view.error.as_ref();
        self.set("error_code", &or_null(error.map(|error| error.code())));
        self.set("error_kind", &or_null(error.map(|error| error.kind())));
        self.set("error_msg", &or_null(error.map(Error::words)));
        flag("connected", view.connected);
        flag("finished", view.finished);
        flag("paused", view.paused);
        flag("can_pause", view.can_pause);
        flag("cancelling", view.cancelling);
        flag("cancelled", view.cancelled);
        flag("can_cancel", view.can_cancel);
        flag("can_remove", view.can_remove);
        flag("removed", view.removed);
    }

    /// Settles the promise.
    pub(crate) fn settle(&self, outcome: &Outcome) {
        let arguments = match outcome {
            Outcome::Finished => Array::new(),
            Outcome::Cancelled(reason) => {
                Array::of3(&"cancelled".into(), &CANCELLED.into(), &reason.into())
            }
            Outcome::Failed(error) => {
                let message = error.words();
                Array::of3(&error.kind().into(), &error.code().into(), &message.into())
            }
        };
        self.host.settle(&arguments);
    }

    /// Calls the page's callback.
    pub(crate) fn notify(&self, notice: Notice) {
        self.call(match notice {
            Notice::Progress => "onprogress",
            Notice::Finished => "onfinished",
            Notice::Cancelled => "oncancelled",
            Notice::Failed => "onerror",
        });
    }

    /// A callback that throws is the page's affair and does not end the upload.
    fn call(&self, name: &str) {
        let callback = Reflect::get(&self.uploader, &name.into()).unwrap_or_default();
        if let Some(callback) = callback.dyn_ref::<Function>()
            && let Err(thrown) = callback.call1(&self.uploader, &self.uploader)
        {
            report_error(&thrown);
        }
    }
}

fn or_null<T: Into<JsValue>>(value: Option<T>) -> JsValue {
    value.map_or(JsValue::NULL, Into::into)
}
