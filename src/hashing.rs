//! Digests of parts of the file, by what is loaded when the first is asked for.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use incoming_protocol::{Attempt, Event, Md5};
use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Blob;

use crate::driver::Driver;
use crate::error::words_of;
use crate::listener::Listener;
use crate::page::{Page, member};
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
        spawn_local(async move {
            if is_whole {
                let event = event_of(range.clone(), hash_whole(&driver, &page, &range).await);
                *driver.hashing.whole.borrow_mut() = match &event {
                    Event::Digested(_, md5) => Whole::Known(md5.clone()),
                    _ => Whole::Unasked,
                };
                driver.heard_whenever(event);
            } else {
                let event = event_of(range.clone(), hash_part(&driver, &page, &range).await);
                driver.heard(attempt, event);
            }
        });
    }

    /// Nobody needs it any more.
    pub(crate) fn cancel(&self) {
        if let Whole::UnderWay(Some(job)) = &*self.whole.borrow() {
            job.cancel(&"the upload is over".into());
        }
    }
}

async fn hash_part(
    driver: &Rc<Driver>,
    page: &Page,
    range: &Range<u64>,
) -> Result<JsValue, JsValue> {
    let signal = driver.signal();
    let job = load(page).await?.start(&page.file(), &request_of(range));
    let stopped = job.clone();
    let _abort = signal.map(|signal| {
        if signal.aborted() {
            job.cancel(&"the attempt is over".into());
        }
        Listener::new(&signal, "abort", move |_| stopped.cancel(&"the attempt is over".into()))
    });
    JsFuture::from(job.done()).await
}

async fn hash_whole(
    driver: &Rc<Driver>,
    page: &Page,
    range: &Range<u64>,
) -> Result<JsValue, JsValue> {
    let digests = load(page).await?;
    let telling = Rc::clone(driver);
    let progress = Closure::<dyn Fn(f64)>::new(move |bytes| {
        telling.heard_whenever(Event::Hashed(whole(bytes)));
    });
    let request = request_of(range);
    Reflect::set(&request, &"onprogress".into(), progress.as_ref())?;
    let job = digests.start(&page.file(), &request);
    *driver.hashing.whole.borrow_mut() = Whole::UnderWay(Some(job.clone()));
    JsFuture::from(job.done()).await
}

async fn load(page: &Page) -> Result<Digests, JsValue> {
    let made = JsFuture::from(page.load_digests()?).await?;
    Ok(member(&made, "digests").unchecked_into())
}

fn request_of(range: &Range<u64>) -> Object {
    let request = Object::new();
    // Nobody has frozen a new object.
    let _ = Reflect::set(&request, &"start".into(), &number(range.start).into());
    let _ = Reflect::set(&request, &"end".into(), &number(range.end).into());
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

/// Why there is no digest: it is because of the file, or of what hashes.
pub(crate) fn unable(thrown: &JsValue) -> Event {
    let words = words_of(thrown);
    if member(thrown, "kind").as_string().as_deref() == Some("file_changed") {
        Event::FileUnreadable(words)
    } else {
        Event::NotDigested(words)
    }
}
