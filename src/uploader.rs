//! The Rust API.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use incoming_protocol::{Error, Notice, Outcome, Upload};
use web_sys::Blob;

use crate::builder::Builder;
use crate::driver::{Audience, Driver};
use crate::error::words_of;
use crate::now::Now;
use crate::options::prepare;
use crate::page::Page;
use crate::snapshot::Snapshot;

pub(crate) type OnChange = Box<dyn Fn(&Snapshot)>;

/// Uploads one file, and goes on by itself after losses. A clone is the same upload; one that is under
/// way goes on when all of them are dropped.
#[derive(Clone)]
pub struct Uploader {
    driver: Rc<Driver>,
    page: Page,
    ending: Rc<Ending>,
}

#[derive(Default)]
struct Ending {
    outcome: RefCell<Option<Outcome>>,
    wakers: RefCell<Vec<Waker>>,
}

impl Uploader {
    /// Begins to choose how to upload a file or a blob.
    pub fn builder(file: Blob) -> Builder {
        Builder::new(file)
    }

    pub(crate) fn new(page: Page, on_change: Option<OnChange>) -> Result<Uploader, Error> {
        let ending = Rc::new(Ending::default());
        let audience = Box::new(Listening { on_change, ending: Rc::clone(&ending) });
        let driver = prepare(&page, audience).map_err(|e| Error::Misuse(words_of(&e)))?;
        Ok(Uploader { driver, page, ending })
    }

    /// Begins, or goes on after a pause or an error.
    ///
    /// # Errors
    /// A misuse if the upload is finished or cancelled.
    pub fn start(&self) -> Result<(), Error> {
        self.driver.ask(Upload::can_start)?;
        self.ending.outcome.take();
        self.driver.want(&self.page, &mut Upload::start);
        Ok(())
    }

    /// Stops for now; [`start`](Uploader::start) goes on. Without effect before the start, when the
    /// server has every byte, and after the end.
    pub fn pause(&self) {
        self.driver.want(&self.page, &mut Upload::pause);
    }

    /// Gives the upload up and tells the server why. Without effect when the server has every byte
    /// and after the end.
    pub fn cancel(&self, reason: &str) {
        self.driver.want(&self.page, &mut |upload| upload.cancel(reason));
    }

    /// Has the file that was delivered removed from the server.
    ///
    /// # Errors
    /// A misuse if nothing was delivered, and what the protocol does not support.
    pub fn remove(&self) -> Result<(), Error> {
        let mut outcome = Ok(());
        self.driver.want(&self.page, &mut |upload| {
            upload.remove().unwrap_or_else(|error| {
                outcome = Err(error);
                Vec::new()
            })
        });
        outcome
    }

    /// All properties as they are now.
    pub fn snapshot(&self) -> Snapshot {
        self.driver.now().into()
    }

    /// Waits for the end of this run: an upload that failed can be started again, and then has
    /// another end.
    pub async fn finished(&self) -> Outcome {
        poll_fn(|context| match &*self.ending.outcome.borrow() {
            Some(outcome) => Poll::Ready(outcome.clone()),
            None => {
                self.ending.wakers.borrow_mut().push(context.waker().clone());
                Poll::Pending
            }
        })
        .await
    }
}

struct Listening {
    on_change: Option<OnChange>,
    ending: Rc<Ending>,
}

impl Audience for Listening {
    fn notify(&self, _: &Page, notice: Notice, now: Now<'_>) {
        if let Some(on_change) = self.on_change.as_ref().filter(|_| notice == Notice::Progress) {
            on_change(&now.into());
        }
    }

    fn settle(&self, _: &Page, outcome: &Outcome) {
        *self.ending.outcome.borrow_mut() = Some(outcome.clone());
        for waker in self.ending.wakers.take() {
            waker.wake();
        }
    }
}
