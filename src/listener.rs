//! Listeners that end when they are dropped.

use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

#[wasm_bindgen]
extern "C" {
    /// What has events: only a target that is none refuses to be listened to.
    type Target;
    #[wasm_bindgen(method, js_name = addEventListener)]
    fn add(this: &Target, kind: &str, listener: &JsValue);
    #[wasm_bindgen(method, js_name = removeEventListener)]
    fn remove(this: &Target, kind: &str, listener: &JsValue);
}

/// A function for JavaScript that takes one argument, or is called without. All are of one type,
/// because each type is half a kilobyte of the download.
pub(crate) type Callback = Closure<dyn Fn(JsValue)>;

/// Makes one of them.
pub(crate) fn callback(called: impl Fn(JsValue) + 'static) -> Callback {
    Closure::wrap(Box::new(called))
}

/// Listens to one kind of event until it is dropped.
pub(crate) struct Listener {
    target: Target,
    kind: &'static str,
    callback: Callback,
}

impl Listener {
    /// Calls `heard` with each event of this kind.
    pub(crate) fn new(
        target: &EventTarget,
        kind: &'static str,
        heard: impl Fn(JsValue) + 'static,
    ) -> Listener {
        Listener::with(target.clone().unchecked_into(), kind, callback(heard))
    }

    fn with(target: Target, kind: &'static str, callback: Callback) -> Listener {
        target.add(kind, callback.as_ref());
        Listener { target, kind, callback }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.target.remove(self.kind, self.callback.as_ref());
    }
}
