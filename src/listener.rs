//! Listeners that end when they are dropped.

use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

/// Listens to one kind of event until it is dropped.
pub(crate) struct Listener {
    target: EventTarget,
    kind: &'static str,
    closure: Closure<dyn Fn(JsValue)>,
}

impl Listener {
    /// Calls `heard` with each event of this kind.
    pub(crate) fn new(
        target: &EventTarget,
        kind: &'static str,
        heard: impl Fn(JsValue) + 'static,
    ) -> Listener {
        Listener::boxed(target.clone(), kind, Box::new(heard))
    }

    fn boxed(target: EventTarget, kind: &'static str, heard: Box<dyn Fn(JsValue)>) -> Listener {
        let closure = Closure::wrap(heard);
        // Only a target that is none refuses.
        let _ = target.add_event_listener_with_callback(kind, closure.as_ref().unchecked_ref());
        Listener { target, kind, closure }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let function = self.closure.as_ref().unchecked_ref();
        let _ = self.target.remove_event_listener_with_callback(self.kind, function);
    }
}
