//! The Rust API.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use incoming_protocol::{Error, Notice, Outcome, Upload};
use web_sys::Blob;

use crate::builder::Builder;
use crate::driver::{Audience, Driver};
use crate::endpoint;
use crate::error::misuse;
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
    run: Run,
}

/// The end of the run that is under way, or of the last one.
type Run = Rc<RefCell<Rc<Ending>>>;

#[derive(Default)]
struct Ending {
    outcome: RefCell<Option<Outcome>>,
    wakers: RefCell<Vec<Waker>>,
}

impl Uploader {
    /// Begins to choose how to upload a file or a blob.
    pub fn builder(file: impl Into<Blob>) -> Builder {
        Builder::new(file.into())
    }

    pub(crate) fn new(page: Page, on_change: Option<OnChange>) -> Result<Uploader, Error> {
        let run = Run::default();
        let audience = Box::new(Listening { on_change, run: Rc::clone(&run) });
        let driver = prepare(&page, audience).map_err(|thrown| misuse(&thrown))?;
        Ok(Uploader { driver, page, run })
    }

    /// Begins, or goes on after a pause or an error.
    ///
    /// # Errors
    /// A misuse if the upload is finished or cancelled.
    pub fn start(&self) -> Result<(), Error> {
        self.driver.ask(Upload::can_start)?;
        if self.driver.ask(Upload::has_failed) {
            self.driver.settle(&self.page);
            self.run.take();
        }
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

    /// Waits for the end of this run, also of one that has not begun: an upload that failed can be
    /// started again, and then has another end.
    pub fn finished(&self) -> impl Future<Output = Outcome> + use<> {
        let ending = Rc::clone(&self.run.borrow());
        poll_fn(move |context| ending.poll(context))
    }
}

impl Ending {
    fn poll(&self, context: &Context<'_>) -> Poll<Outcome> {
        if let Some(outcome) = &*self.outcome.borrow() {
            return Poll::Ready(outcome.clone());
        }
        let mut wakers = self.wakers.borrow_mut();
        if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            wakers.push(context.waker().clone());
        }
        Poll::Pending
    }
}

/// Sets the host of the server, such as `example.org` or `example.org:4000`, for all uploaders made from
/// now on that are given no endpoint. `None` is the page's own host, which is the default.
///
/// # Errors
/// A misuse if it is no host: it has a path, a blank, or an address of IPv6 without brackets.
pub fn set_server_hostname(hostname: Option<&str>) -> Result<(), Error> {
    endpoint::set_server_hostname(hostname).map_err(|thrown| misuse(&thrown))
}

struct Listening {
    on_change: Option<OnChange>,
    run: Run,
}

impl Audience for Listening {
    fn notify(&self, _: &Page, notice: Notice, now: Now<'_>) {
        if let Some(on_change) = self.on_change.as_ref().filter(|_| notice == Notice::Progress) {
            on_change(&now.into());
        }
    }

    fn settle(&self, _: &Page, outcome: &Outcome) {
        let ending = Rc::clone(&self.run.borrow());
        *ending.outcome.borrow_mut() = Some(outcome.clone());
        for waker in ending.wakers.take() {
            waker.wake();
        }
    }
}
