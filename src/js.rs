//! The JavaScript API, as far as it can be Rust: `js/face.js` has the rest.

use std::cell::RefCell;
use std::rc::Rc;

use incoming_protocol::{CANCELLED, Entry, Error, Json, Notice, Outcome, Upload, joined};
use js_sys::{Function, Object, WeakRef};
use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

use crate::driver::Audience;
use crate::error::{type_error, words_of};
use crate::json::Members;
use crate::listener::Listener;
use crate::now::Now;
use crate::page::{Page, is_nothing, member, report_error, set, wall_clock_ms};
use crate::{driver, endpoint, json, options};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Object, js_name = assign, catch)]
    fn assign(target: &EventTarget, source: &Object) -> Result<JsValue, JsValue>;

    type Event;
    #[wasm_bindgen(constructor)]
    fn new(kind: &str) -> Event;

    /// What only throws for an event that is being dispatched.
    type Target;
    #[wasm_bindgen(method, js_name = dispatchEvent)]
    fn dispatch(this: &Target, event: &Event);
}

/// One upload. Its state shows in the properties of the JavaScript object that it was made for.
#[wasm_bindgen]
pub struct Driver {
    driver: Rc<driver::Driver>,
    shown: Rc<Shown>,
}

#[wasm_bindgen]
impl Driver {
    /// Prepares an upload, which does nothing before `start`.
    ///
    /// # Errors
    /// A `TypeError` that names the argument or the option that is wrong.
    #[wasm_bindgen(constructor)]
    pub fn new(page: &Page) -> Result<Driver, JsValue> {
        let shown = Rc::new(Shown::default());
        let driver = options::prepare(page, Box::new(Rc::clone(&shown)))?;
        let uploader = page.uploader();
        for name in ["onprogress", "onfinished", "oncancelled", "onerror"] {
            let callback = page.option(name);
            if callback.is_function() {
                set(&uploader, name, &callback);
            }
        }
        shown.show(page, &driver.now());
        let made = Driver { driver, shown };
        made.obey_signal(page);
        Ok(made)
    }

    /// `start`, `pause`, `cancel` or `remove`: one export, because each is half a kilobyte of shims.
    ///
    /// # Errors
    /// A `TypeError` for what cannot be done now.
    pub fn act(&self, page: &Page, what: &str, given: &JsValue) -> Result<(), JsValue> {
        match what {
            "start" => self.start(page),
            "pause" => self.pause(page, given),
            "cancel" => {
                let reason = given.as_string().unwrap_or_default();
                self.driver.want(page, &mut |upload| upload.cancel(&reason));
                Ok(())
            }
            _ => self.remove(page),
        }
    }

    /// All properties, as a frozen object that stays the same until one of them changes.
    pub fn snapshot(&self) -> JsValue {
        self.shown.object.borrow().clone()
    }
}

impl Driver {
    /// Begins, or goes on after a pause or an error.
    ///
    /// # Errors
    /// A `TypeError` if the upload is finished or cancelled.
    fn start(&self, page: &Page) -> Result<(), JsValue> {
        let can_start = self.driver.ask(Upload::can_start);
        can_start.map_err(|error| type_error(&joined(&["start: ", &error.words()])))?;
        if self.driver.ask(Upload::has_failed) {
            self.driver.settle(page);
            page.begin_run();
        }
        self.driver.want(page, &mut Upload::start);
        Ok(())
    }

    /// Pauses, goes on, or does whichever of the two is possible.
    ///
    /// # Errors
    /// A `TypeError` for anything but `'pause'`, `'unpause'` and `'toggle'`.
    fn pause(&self, page: &Page, what: &JsValue) -> Result<(), JsValue> {
        let is_paused = self.driver.ask(Upload::is_paused);
        let pauses = match what.as_string().as_deref() {
            Some("pause") => true,
            Some("unpause") => false,
            Some("toggle") => !is_paused,
            _ => {
                return Err(type_error("pause: expected 'pause', 'unpause' or 'toggle'"));
            }
        };
        if pauses {
            self.driver.want(page, &mut Upload::pause);
        } else if is_paused {
            self.driver.want(page, &mut Upload::start);
        }
        Ok(())
    }

    /// Has the file that was delivered removed from the server.
    ///
    /// # Errors
    /// A `TypeError` if nothing was delivered, or if the protocol cannot remove.
    fn remove(&self, page: &Page) -> Result<(), JsValue> {
        let mut outcome = Ok(());
        self.driver.want(page, &mut |upload| {
            upload.remove().unwrap_or_else(|error| {
                outcome = Err(type_error(&joined(&["remove: ", &error.words()])));
                Vec::new()
            })
        });
        outcome
    }

    /// Cancels the upload when the page's signal says so, or has said so already.
    fn obey_signal(&self, page: &Page) {
        let Some(signal) = page.signal() else { return };
        let cancel = |driver: &Rc<driver::Driver>, page: &Page| {
            let reason = member(&page.option("signal"), "reason");
            let reason = words_of(&reason);
            driver.want(page, &mut |upload| upload.cancel(&reason));
        };
        if signal.aborted() {
            return cancel(&self.driver, page);
        }
        let driver = Rc::downgrade(&self.driver);
        let weak: WeakRef = WeakRef::new(page.unchecked_ref());
        let listener = Listener::new(&signal, "abort", move |_| {
            let page: Option<Object> = weak.deref();
            if let (Some(driver), Some(page)) = (driver.upgrade(), page) {
                cancel(&driver, page.unchecked_ref());
            }
        });
        *self.shown.signal.borrow_mut() = Some(listener);
    }
}

/// What the page has been shown.
#[derive(Default)]
struct Shown {
    json: RefCell<Json>,
    object: RefCell<JsValue>,
    last_error: RefCell<(Option<Error>, JsValue)>,
    signal: RefCell<Option<Listener>>,
}

impl Shown {
    /// Brings all properties up to date.
    fn show(&self, page: &Page, now: &Now<'_>) {
        let json = Json::from(now);
        let is_shown = self.last_error.borrow().0 == now.view.last_error;
        if is_shown && *self.json.borrow() == json {
            return;
        }
        let object: Object = json::to_js(&json).unchecked_into();
        *self.json.borrow_mut() = json;
        let last_error = self.last_error(page, now.view.last_error.as_ref());
        set(&object, "last_error", &last_error);
        Object::freeze(&object);
        // Only a frozen uploader refuses, and its page wants it so.
        let _ = assign(&page.uploader(), &object);
        *self.object.borrow_mut() = object.into();
    }

    /// The same object for the same error.
    fn last_error(&self, page: &Page, error: Option<&Error>) -> JsValue {
        let mut shown = self.last_error.borrow_mut();
        if shown.0.as_ref() != error {
            let made = error.map_or(JsValue::NULL, |error| page.error_of(error));
            *shown = (error.cloned(), made);
        } else if error.is_none() {
            shown.1 = JsValue::NULL;
        }
        shown.1.clone()
    }
}

impl Audience for Rc<Shown> {
    fn notify(&self, page: &Page, notice: Notice, now: Now<'_>) {
        self.show(page, &now);
        let (callback, event) = match notice {
            Notice::Progress => ("onprogress", "progress"),
            Notice::Finished => ("onfinished", "finished"),
            Notice::Cancelled => ("oncancelled", "cancelled"),
            Notice::Failed => ("onerror", "error"),
        };
        let uploader = page.uploader();
        call(&uploader, callback);
        uploader.unchecked_ref::<Target>().dispatch(&Event::new(event));
    }

    fn settle(&self, page: &Page, outcome: &Outcome) {
        match outcome {
            Outcome::Finished => page.settle(&JsValue::UNDEFINED),
            Outcome::Cancelled(reason) => {
                page.settle(&page.error("cancelled", CANCELLED, reason));
            }
            Outcome::Failed(error) => {
                return page.settle(&page.error_of(error));
            }
        }
        let listener = self.signal.take();
        drop(listener);
    }
}

/// A callback that throws is the page's affair and does not end the upload.
fn call(uploader: &EventTarget, name: &str) {
    let callback = member(uploader, name);
    if callback.is_function() {
        let callback: &Function = callback.unchecked_ref();
        if let Err(thrown) = callback.call1(uploader, uploader) {
            report_error(&thrown);
        }
    }
}

/// What needs no upload: of the class, because names of free functions would be taken for those of
/// the public API when they are shortened.
#[wasm_bindgen]
impl Driver {
    /// Sets the host of the server; `null` is the page's own.
    ///
    /// # Errors
    /// A `TypeError` if it is no host.
    pub fn set_server_hostname(hostname: &JsValue) -> Result<(), JsValue> {
        match hostname.as_string() {
            None if !is_nothing(hostname) => Err(endpoint::wrong_hostname()),
            hostname => endpoint::set_server_hostname(hostname.as_deref()),
        }
    }

    /// Reads what is kept as a text. `null` for what nobody can use any more.
    pub fn read_kept(text: &str) -> JsValue {
        let entry = json::parse(text).and_then(|entry| Entry::read(&entry, wall_clock_ms()));
        let Some(entry) = entry else { return JsValue::NULL };
        let (acked, total) =
            (crate::number(entry.kept.bytes_acked), crate::number(entry.bytes_total));
        let frac_complete = if total > 0.0 { acked / total } else { 0.0 };
        let mut seen = Members::default();
        seen.add_text("filename", Some(&entry.filename));
        seen.add_number("bytes_total", Some(total));
        seen.add_number("bytes_acked", Some(acked));
        seen.add_number("frac_complete", Some(frac_complete));
        seen.add_text("protocol", Some(&entry.protocol));
        seen.add_text("endpoint", Some(&entry.endpoint));
        seen.add_text("scope", Some(&entry.scope));
        seen.add_number("updated", Some(entry.updated_ms));
        json::to_js(&seen.into())
    }
}
