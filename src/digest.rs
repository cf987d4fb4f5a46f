//! Fingerprints, which a worker finds out: the bytes never come here.

use std::ops::Range;
use std::rc::Rc;

use incoming_protocol::{Attempt, Event, Md5};
use wasm_bindgen::prelude::*;
use web_sys::AbortController;

use crate::driver::Driver;
use crate::host::Host;
use crate::http;

/// A fingerprint that is being found out; dropping it stops that.
pub(crate) struct Digest {
    pub(crate) range: Range<u64>,
    stop: AbortController,
    _hashed: Closure<dyn FnMut(f64)>,
    _done: Closure<dyn FnMut(u16, String)>,
}

impl Drop for Digest {
    fn drop(&mut self) {
        self.stop.abort();
    }
}

/// Finds out the MD5 of a part of the file for one attempt, or for all: then how far it is is
/// reported, too.
#[expect(clippy::cast_precision_loss, reason = "sizes in browsers are doubles")]
pub(crate) fn find(
    driver: &Rc<Driver>,
    host: &Host,
    range: Range<u64>,
    attempt: Option<Attempt>,
) -> Digest {
    let hashed = {
        let driver = Rc::downgrade(driver);
        Closure::<dyn FnMut(f64)>::new(move |bytes| {
            if let (None, Some(driver)) = (attempt, driver.upgrade()) {
                driver.heard_whenever(Event::Hashed(http::whole(bytes)));
            }
        })
    };
    let (start, end) = (range.start as f64, range.end as f64);
    let done = {
        let (driver, range) = (Rc::downgrade(driver), range.clone());
        Closure::<dyn FnMut(u16, String)>::new(move |outcome, text| {
            let Some(driver) = driver.upgrade() else { return };
            driver.digested(attempt, &range, event(&range, outcome, text));
        })
    };
    let stop = host.digest(start, end, hashed.as_ref(), done.as_ref());
    Digest { range, stop, _hashed: hashed, _done: done }
}

fn event(range: &Range<u64>, outcome: u16, text: String) -> Event {
    match (outcome, Md5::parse(&text)) {
        (1, Some(md5)) => Event::Digested(range.clone(), md5),
        (0, _) => Event::FileUnreadable(text),
        _ => Event::NotDigested(text),
    }
}
