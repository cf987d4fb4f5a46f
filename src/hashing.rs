//! Digests of parts of the file, by what is loaded when the first is asked for.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use incoming_protocol::{Attempt, Error, Event, Md5, joined};
use js_sys::{Array, Object, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Blob};

use crate::driver::Driver;
use crate::error::words_of;
use crate::listener::{Listener, callback};
use crate::page::{Page, member, set, spawn, text_member};
use crate::{file, number, whole};

#[wasm_bindgen]
extern "C" {
    /// `js/digest/digests.js`.
    pub(crate) type Digests;
    #[wasm_bindgen(method)]
    fn start(this: &Digests, file: &Blob, request: &Object) -> Job;

    #[derive(Clone)]
    type Job;
    #[wasm_bindgen(method, getter)]
    fn done(this: &Job) -> Promise;
    #[wasm_bindgen(method)]
    fn cancel(this: &Job, reason: &JsValue);
}

/// The digest of the whole file is worked out once, and goes on when an attempt is over.
#[derive(Default)]
pub(crate) struct Hashing {
    whole: RefCell<Whole>,
}

#[derive(Default)]
enum Whole {
    #[default]
    Unasked,
    UnderWay(Option<Job>),
    Known(Md5),
}

impl Hashing {
    /// Finds out the digest of a part of the file.
    pub(crate) fn start(
        &self,
        driver: &Rc<Driver>,
        page: &Rc<Page>,
        attempt: Attempt,
        range: Range<u64>,
    ) {
        let is_whole = range == (0..file::size_of(&page.file()));
        if is_whole {
            match &*self.whole.borrow() {
                Whole::UnderWay(_) => return,
                Whole::Known(md5) => {
                    let event = Event::Digested(range, md5.clone());
                    return driver.heard_whenever(event);
                }
                Whole::Unasked => {}
            }
            *self.whole.borrow_mut() = Whole::UnderWay(None);
        }
        let (driver, page) = (Rc::clone(driver), Rc::clone(page));
        // Of this attempt, and not of one that has begun when the task does.
        let signal = driver.signal().filter(|_| !is_whole);
        spawn(async move {
            let done = hash(&driver, &page, &range, is_whole, signal).await;
            let event = event_of(range, done);
            if !is_whole {
                return driver.heard(attempt, event);
            }
            *driver.hashing.whole.borrow_mut() = match &event {
                Event::Digested(_, md5) => Whole::Known(md5.clone()),
                _ => Whole::Unasked,
            };
            driver.heard_whenever(event);
        });
    }

    /// Nobody needs it any more.
    pub(crate) fn cancel(&self) {
        if let Whole::UnderWay(Some(job)) = &*self.whole.borrow() {
            job.cancel(&"the upload is over".into());
        }
    }
}

/// A part is hashed as long as the attempt lasts, the whole as long as the upload.
async fn hash(
    driver: &Rc<Driver>,
    page: &Page,
    range: &Range<u64>,
    is_whole: bool,
    signal: Option<AbortSignal>,
) -> Result<JsValue, JsValue> {
    let digests = load(page).await?;
    let request = request_of(range);
    let telling = Rc::clone(driver);
    let progress = callback(move |bytes| {
        let bytes = bytes.as_f64().unwrap_or_default();
        telling.heard_whenever(Event::Hashed(whole(bytes)));
    });
    if is_whole {
        set(&request, "onprogress", progress.as_ref());
    }
    let job = digests.start(&page.file(), &request);
    if is_whole {
        *driver.hashing.whole.borrow_mut() = Whole::UnderWay(Some(job.clone()));
    }
    let stopped = job.clone();
    let stop = move |_| stopped.cancel(&"the attempt is over".into());
    let _abort = signal.map(|signal| {
        if signal.aborted() {
            stop(JsValue::UNDEFINED);
        }
        Listener::new(&signal, "abort", stop)
    });
    JsFuture::from(job.done()).await
}

async fn load(page: &Page) -> Result<Digests, JsValue> {
    let made = JsFuture::from(page.load_digests()).await?;
    Ok(member(&made, "digests").unchecked_into())
}

fn request_of(range: &Range<u64>) -> Object {
    let request = Object::new();
    set(&request, "start", &number(range.start).into());
    set(&request, "end", &number(range.end).into());
    request
}

fn event_of(range: Range<u64>, done: Result<JsValue, JsValue>) -> Event {
    match done {
        Ok(digests) => {
            let digest = Array::from(&digests).get(0).as_string();
            match digest.and_then(|digest| Md5::parse(&digest)) {
                Some(md5) => Event::Digested(range, md5),
                None => Event::NotDigested("there is no digest".to_owned()),
            }
        }
        Err(thrown) => unable(&thrown),
    }
}

/// Why there is no digest: because of the file, because there never can be one here, or because what
/// hashes could not be loaded.
pub(crate) fn unable(thrown: &JsValue) -> Event {
    let words = words_of(thrown);
    match text_member(thrown, "kind").as_deref() {
        Some("file_changed") => Event::FileUnreadable(UNREADABLE.to_owned()),
        // Whoever made the uploader has not said from where to load it.
        Some("misuse") => Event::Failed(Error::Misuse(words)),
        Some("unsupported") => Event::Failed(Error::Unsupported(joined(&["this (", &words, ")"]))),
        _ => Event::NotDigested(words),
    }
}

const UNREADABLE: &str = "it was changed, moved or deleted, or it is a folder";
