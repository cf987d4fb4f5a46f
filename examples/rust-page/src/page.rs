//! The elements of the page.

use incoming_uploader::{Snapshot, State};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Element, File, HtmlButtonElement, HtmlElement, HtmlInputElement, HtmlProgressElement,
    HtmlSelectElement,
};

/// What the page shows and hears. A clone is the same page.
#[derive(Clone)]
pub(crate) struct Page {
    protocol: HtmlSelectElement,
    file: HtmlInputElement,
    progress: HtmlProgressElement,
    pause: HtmlButtonElement,
    cancel: HtmlButtonElement,
    state: HtmlElement,
}

impl Page {
    /// Finds the elements.
    ///
    /// # Errors
    /// If one is missing.
    pub(crate) fn find() -> Result<Page, JsValue> {
        Ok(Page {
            protocol: element("protocol")?,
            file: element("file")?,
            progress: element("progress")?,
            pause: element("pause")?,
            cancel: element("cancel")?,
            state: element("state")?,
        })
    }

    /// Calls `choose` with each file that a person chooses, which is possible from now on, and the name
    /// of the protocol.
    pub(crate) fn on_file(&self, choose: impl Fn(File, String) + 'static) {
        let page = self.clone();
        self.file.set_disabled(false);
        on(&self.file, "change", move || {
            if let Some(file) = page.file.files().and_then(|files| files.get(0)) {
                choose(file, page.protocol.value());
            }
        });
    }

    /// Calls `pause` when a person wants to pause, or to go on.
    pub(crate) fn on_pause(&self, pause: impl Fn() + 'static) {
        on(&self.pause, "click", pause);
    }

    /// Calls `cancel` when a person gives the upload up.
    pub(crate) fn on_cancel(&self, cancel: impl Fn() + 'static) {
        on(&self.cancel, "click", cancel);
    }

    /// Shows how the upload goes.
    pub(crate) fn show(&self, now: &Snapshot) {
        self.progress.set_value(now.frac_complete);
        self.pause.set_disabled(!now.can_pause);
        self.pause.set_text_content(Some(if now.paused { "Go on" } else { "Pause" }));
        self.cancel.set_disabled(!now.can_cancel);
        if !matches!(now.state, State::Finished | State::Cancelled | State::Failed) {
            self.say(&now.state_msg);
        }
    }

    /// Says what is going on.
    pub(crate) fn say(&self, words: &str) {
        self.state.set_text_content(Some(words));
    }
}

fn element<T: JsCast>(id: &str) -> Result<T, JsValue> {
    let document = web_sys::window().and_then(|window| window.document());
    let element = document.and_then(|document| document.get_element_by_id(id));
    let missing = || JsValue::from(format!("the page has no right element with the id {id}"));
    element.ok_or_else(missing)?.dyn_into().map_err(|_: Element| missing())
}

fn on(element: &HtmlElement, kind: &str, act: impl Fn() + 'static) {
    let listener = Closure::<dyn Fn()>::new(act).into_js_value();
    // Only what is no element refuses.
    let _ = element.add_event_listener_with_callback(kind, listener.unchecked_ref());
}
