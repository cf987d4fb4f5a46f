//! What is kept for other pages, and under which id an upload begins: asks whoever knows, and decides
//! nothing.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use incoming_protocol::{Attempt, Entry, Error, Event, Json, Kept, joined};
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Blob};

use crate::driver::Driver;
use crate::endpoint::place_of;
use crate::error::{upload_error, words_of};
use crate::hashing::unable;
use crate::listener::callback;
use crate::page::{Page, call, is_function_here, is_nothing, spawn, wall_clock_ms};
use crate::{file, json};

#[wasm_bindgen]
extern "C" {
    /// `js/checkpoints/make.js`.
    type Checkpoints;
    #[wasm_bindgen(method)]
    fn record(this: &Checkpoints, file: &Blob, place: &JsValue) -> Record;

    /// What is kept of one file.
    #[derive(Clone)]
    type Record;
    #[wasm_bindgen(method)]
    fn identify(this: &Record) -> Promise;
    #[wasm_bindgen(method)]
    fn hold(this: &Record, signal: &AbortSignal, occupied: &JsValue) -> Promise;
    #[wasm_bindgen(method, js_name = letGo)]
    fn let_go(this: &Record);
    #[wasm_bindgen(method)]
    fn read(this: &Record) -> Option<String>;
    #[wasm_bindgen(method)]
    fn write(this: &Record, text: &str) -> bool;
    #[wasm_bindgen(method)]
    fn remove(this: &Record);
    #[wasm_bindgen(method, js_name = removeIfFree)]
    fn remove_if_free(this: &Record) -> Promise;
    #[wasm_bindgen(method, js_name = keepHandle)]
    fn keep_handle(this: &Record, handle: &JsValue);
}

/// What is known of the file's record.
#[derive(Default)]
pub(crate) struct Resume {
    record: RefCell<Option<Record>>,
    is_identifying: Cell<bool>,
    is_identified: Cell<bool>,
    is_held: Cell<bool>,
    is_handle_kept: Cell<bool>,
    /// To be forgotten as soon as it is known which file it is.
    is_unwanted: Cell<bool>,
}

impl Resume {
    /// Finds out which file it is.
    pub(crate) fn identify(&self, driver: &Rc<Driver>, page: &Rc<Page>, attempt: Attempt) {
        // A page that must not use its storage has it, and goes on without.
        if !is_function_here("Storage") {
            let what = "resuming in a worker, which has no localStorage,".to_owned();
            return driver.heard(attempt, Event::Failed(Error::Unsupported(what)));
        }
        self.is_identifying.set(true);
        self.is_unwanted.set(false);
        let (driver, page) = (Rc::clone(driver), Rc::clone(page));
        spawn(async move {
            let found = identifier(&driver, &page).await;
            let resume = &driver.resume;
            resume.is_identifying.set(false);
            resume.is_identified.set(found.is_ok());
            if resume.is_unwanted.take() {
                resume.forget();
            }
            let event = match found {
                Ok(identifier) => Event::Identified(identifier.as_string()),
                Err(thrown) => unable(&thrown),
            };
            driver.heard(attempt, event);
        });
    }

    /// Waits until no other page sends the file. A lock that comes too late is let go.
    pub(crate) fn hold(&self, driver: &Rc<Driver>, attempt: Attempt) {
        let (Some(record), Some(signal)) = (self.record.borrow().clone(), driver.signal()) else {
            return driver.heard(attempt, Event::Held);
        };
        if self.is_held.get() {
            return driver.heard(attempt, Event::Held);
        }
        let driver = Rc::clone(driver);
        spawn(async move {
            let waiting = Rc::clone(&driver);
            let occupied = callback(move |_| waiting.heard(attempt, Event::Occupied));
            let held = record.hold(&signal, occupied.as_ref());
            let is_held = JsFuture::from(held).await.is_ok_and(|held| held.is_truthy());
            if is_held && driver.attempt() == attempt {
                driver.resume.is_held.set(true);
                driver.heard(attempt, Event::Held);
            } else if is_held {
                record.let_go();
            }
        });
    }

    /// Lets other pages send the file.
    pub(crate) fn let_go(&self) {
        if let Some(record) = self.record.borrow().as_ref().filter(|_| self.is_held.take()) {
            record.let_go();
        }
    }

    /// Reads what another page has left. What nobody can use any more is removed.
    pub(crate) fn recall(&self, driver: &Rc<Driver>, attempt: Attempt) {
        let record = self.record.borrow().clone();
        let text = record.as_ref().and_then(Record::read);
        let entry = text.as_ref().and_then(|text| json::parse(text));
        let entry = entry.and_then(|entry| Entry::read(&entry, wall_clock_ms()));
        if let Some(record) = record.filter(|_| text.is_some() && entry.is_none()) {
            record.remove();
        }
        driver.heard(attempt, Event::Recalled(entry.map(|entry| entry.kept)));
    }

    /// Asks the page under which id to begin.
    pub(crate) fn ask_id(&self, driver: &Rc<Driver>, page: &Page) {
        let (driver, function) = (Rc::clone(driver), page.upload_id());
        spawn(async move {
            let event = if function.is_function() {
                named(call(&function, &JsValue::UNDEFINED).await)
            } else {
                Event::Named(function.as_string())
            };
            driver.heard_whenever(event);
        });
    }

    /// Keeps this for another page.
    pub(crate) fn keep(&self, driver: &Rc<Driver>, page: &Page, kept: &Kept) {
        let source = &driver.source;
        let entry = Entry {
            kept: kept.clone(),
            bytes_total: file::size_of(&page.file()),
            updated_ms: wall_clock_ms(),
            filename: source.filename.clone(),
            protocol: source.protocol.name().to_owned(),
            endpoint: place_of(&source.endpoint),
            scope: scope_of(page),
        };
        let days = page.option("resume_days").as_f64().unwrap_or(Entry::DAYS);
        let text = json::text_of(&entry.to_json(days));
        let record = self.record.borrow().clone();
        let is_kept = match (&record, text) {
            (Some(record), Some(text)) => record.write(&text),
            _ => false,
        };
        let handle = page.option("handle");
        if let Some(record) = record.filter(|_| is_kept && handle.is_object())
            && !self.is_handle_kept.replace(true)
        {
            record.keep_handle(&handle);
        }
        driver.heard_whenever(Event::Kept(is_kept));
    }

    /// Removes what is kept of the file, unless another page sends it.
    pub(crate) fn forget(&self) {
        self.is_unwanted.set(self.is_identifying.get());
        self.is_handle_kept.set(false);
        let record = self.record.borrow().clone();
        let Some(record) = record.filter(|_| self.is_identified.get()) else { return };
        if self.is_held.get() {
            record.remove();
        } else {
            spawn(async move {
                let _ = JsFuture::from(record.remove_if_free()).await;
            });
        }
    }
}

async fn identifier(driver: &Rc<Driver>, page: &Page) -> Result<JsValue, JsValue> {
    let known = driver.resume.record.borrow().clone();
    let record = match known {
        Some(record) => record,
        None => {
            let made = JsFuture::from(page.load_checkpoints()).await?;
            let source = &driver.source;
            let blob = page.file();
            let place = [
                source.protocol.name(),
                &place_of(&source.endpoint),
                &scope_of(page),
                &file::relative_path_of(&blob),
            ];
            let place = Json::List(place.map(Json::from).into());
            let record = made.unchecked_ref::<Checkpoints>().record(&blob, &json::to_js(&place));
            *driver.resume.record.borrow_mut() = Some(record.clone());
            record
        }
    };
    JsFuture::from(record.identify()).await
}

fn scope_of(page: &Page) -> String {
    page.option("resume_scope").as_string().unwrap_or_default()
}

fn named(answer: Result<JsValue, JsValue>) -> Event {
    match answer {
        Ok(id) if is_nothing(&id) => Event::Named(None),
        Ok(id) => match id.as_string() {
            Some(id) => Event::Named(Some(id).filter(|id| !id.is_empty())),
            None => {
                let kind = id.js_typeof().as_string().unwrap_or_default();
                let words = joined(&["expected a string as upload id, found ", &kind]);
                Event::NotNamed(Error::Misuse(words))
            }
        },
        Err(thrown) => {
            let refusal = upload_error(&thrown).filter(|error| !error.is_transient());
            Event::NotNamed(refusal.unwrap_or_else(|| Error::Postponed(words_of(&thrown))))
        }
    }
}
