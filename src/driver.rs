//! Carries out what an upload asks for, and reports what comes of it.

#[cfg(feature = "_requests")]
mod requests;
#[cfg(feature = "_sockets")]
mod sockets;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use incoming_protocol::{
    Action, Attempt, Event, Link, Notice, Outcome, Protocol, Speedometer, Stage, Step, Upload,
    View, milliseconds,
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::AbortSignal;

use crate::attempt::{Current, Due};
use crate::hashing::Hashing;
use crate::listener::Listener;
use crate::now::{Now, Rate};
use crate::page::{self, Page, spawn};
use crate::resume::Resume;
use crate::timer::{Sleeper, Wait};
use crate::{file, number};

/// Who is told how an upload goes.
pub(crate) trait Audience {
    /// Something has changed.
    fn notify(&self, page: &Page, notice: Notice, now: Now<'_>);
    /// This run is over.
    fn settle(&self, page: &Page, outcome: &Outcome);
}

/// What is known of an upload before it begins, as plain data.
pub(crate) struct Source {
    pub(crate) protocol: Protocol,
    pub(crate) filename: String,
    /// The address of the server.
    pub(crate) endpoint: String,
}

/// One upload and what belongs to it.
pub(crate) struct Driver {
    upload: RefCell<Upload>,
    queue: RefCell<Vec<Step>>,
    is_draining: Cell<bool>,
    pub(crate) source: Source,
    audience: Box<dyn Audience>,
    /// The page's objects, while something is under way: at rest nothing here keeps them alive.
    page: RefCell<Option<Rc<Page>>>,
    outside: RefCell<Vec<Listener>>,
    current: RefCell<Current>,
    speed: RefCell<Speedometer>,
    shown_rate: Cell<Rate>,
    pub(crate) hashing: Hashing,
    pub(crate) resume: Resume,
    /// The server has moved to `https:`.
    #[cfg(feature = "_requests")]
    is_upgraded: Rc<Cell<bool>>,
}

impl Driver {
    pub(crate) fn new(upload: Upload, source: Source, audience: Box<dyn Audience>) -> Rc<Driver> {
        Rc::new(Driver {
            upload: RefCell::new(upload),
            queue: RefCell::default(),
            is_draining: Cell::new(false),
            source,
            audience,
            page: RefCell::default(),
            outside: RefCell::default(),
            current: RefCell::default(),
            speed: RefCell::default(),
            shown_rate: Cell::default(),
            hashing: Hashing::default(),
            resume: Resume::default(),
            #[cfg(feature = "_requests")]
            is_upgraded: Rc::default(),
        })
    }

    /// What the page sees now.
    pub(crate) fn now(&self) -> Now<'_> {
        let view = self.upload.borrow().view();
        let rate = self.rate(&view);
        Now { filename: &self.source.filename, view, rate }
    }

    /// Asks the upload something.
    pub(crate) fn ask<T>(&self, question: impl FnOnce(&Upload) -> T) -> T {
        question(&self.upload.borrow())
    }

    /// The page wants something, which may take a while.
    pub(crate) fn want(
        self: &Rc<Self>,
        page: &Page,
        change: &mut dyn FnMut(&mut Upload) -> Vec<Step>,
    ) {
        if self.page.borrow().is_none() {
            *self.page.borrow_mut() = Some(Rc::new(page.clone()));
            *self.outside.borrow_mut() = self.listen_outside();
        }
        let steps = change(&mut self.upload.borrow_mut());
        self.carry_out(steps);
    }

    /// Ends the run that has failed, if its end was not carried out yet: another one is to begin.
    pub(crate) fn settle(&self, page: &Page) {
        let is_end = |step: &Step| matches!(step.action, Action::Settle(_));
        let at = self.queue.borrow().iter().position(is_end);
        let step = at.map(|at| self.queue.borrow_mut().remove(at));
        if let Some(Step { action: Action::Settle(outcome), .. }) = step {
            self.audience.settle(page, &outcome);
        }
    }

    /// Reports an event, and before it how the connection is doing.
    pub(crate) fn heard(self: &Rc<Self>, attempt: Attempt, event: Event) {
        let link = self.measure();
        let steps = {
            let mut upload = self.upload.borrow_mut();
            let mut steps = upload.handle(attempt, Event::Measured(link));
            steps.append(&mut upload.handle(attempt, event));
            steps
        };
        self.carry_out(steps);
    }

    /// Reports an event that belongs to no attempt.
    pub(crate) fn heard_whenever(self: &Rc<Self>, event: Event) {
        self.heard(self.attempt(), event);
    }

    /// The attempt that is under way.
    pub(crate) fn attempt(&self) -> Attempt {
        self.upload.borrow().attempt()
    }

    /// Only the outermost call drains, and nothing is borrowed while a step is carried out: a
    /// callback of the page may call back.
    fn carry_out(self: &Rc<Self>, mut steps: Vec<Step>) {
        self.queue.borrow_mut().append(&mut steps);
        if self.is_draining.replace(true) {
            return;
        }
        while let Some(step) = self.next_step() {
            self.perform(step);
        }
        self.is_draining.set(false);
        if self.upload.borrow().is_at_rest() {
            self.rest();
        }
    }

    fn next_step(&self) -> Option<Step> {
        let mut queue = self.queue.borrow_mut();
        if queue.is_empty() { None } else { Some(queue.remove(0)) }
    }

    /// Lets go of everything that is the page's.
    fn rest(&self) {
        if self.upload.borrow().is_over() {
            self.hashing.cancel();
        }
        let outside = std::mem::take(&mut *self.outside.borrow_mut());
        drop((outside, self.page.take()));
    }

    /// Not inlined into the loop that calls it: all addresses would be worked out in front of it.
    #[inline(never)]
    fn perform(self: &Rc<Self>, Step { attempt, action }: Step) {
        let page = self.page.borrow().clone();
        let Some(page) = page else { return };
        match action {
            #[cfg(feature = "_sockets")]
            Action::Connect(url) => self.connect(&page, attempt, &url),
            #[cfg(feature = "_sockets")]
            Action::Send(message) => self.send(&message),
            #[cfg(feature = "_sockets")]
            Action::SendRange(range) => self.send_range(&page, attempt, &range),
            #[cfg(feature = "_requests")]
            Action::Request(request) => self.request(&page, attempt, request),
            Action::Digest(range) => self.hashing.start(self, &page, attempt, range),
            Action::HangUp => drop(self.current.take()),
            Action::Wait(wake, after) => self.wait(attempt, Due::Wake(wake), timer(after)),
            Action::Identify => self.resume.identify(self, &page, attempt),
            Action::Hold => self.resume.hold(self, attempt),
            Action::LetGo => self.resume.let_go(),
            Action::Recall => self.resume.recall(self, attempt),
            Action::AskId => self.resume.ask_id(self, &page),
            Action::Keep(kept) => self.resume.keep(self, &page, &kept),
            Action::Forget => self.resume.forget(),
            Action::CheckFile => self.check_file(&page, attempt, true),
            Action::Settle(outcome) => self.audience.settle(&page, &outcome),
            Action::Notify(notice) => self.notify(&page, notice),
            #[allow(unreachable_patterns, reason = "no machine of this build asks for it")]
            _ => {}
        }
    }

    /// Finds out whether the file can be read; that it can is reported only if somebody asked.
    fn check_file(self: &Rc<Self>, page: &Page, attempt: Attempt, is_asked: bool) {
        let (driver, blob) = (Rc::clone(self), page.file());
        spawn(async move {
            let event = file::check(&blob).await;
            if is_asked || matches!(event, Event::FileUnreadable(_)) {
                driver.heard(attempt, event);
            }
        });
    }

    /// What tells that the attempt that is under way is over.
    pub(crate) fn signal(&self) -> Option<AbortSignal> {
        self.current.borrow_mut().signal()
    }

    fn wait(self: &Rc<Self>, attempt: Attempt, due: Due, milliseconds: f64) {
        let sleeper = Box::new(Alarm { driver: Rc::clone(self), attempt, due });
        let wait = Wait::new(milliseconds, sleeper);
        self.current.borrow_mut().wait(due, wait);
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate")]
    fn measure(&self) -> Link {
        let (acknowledged, in_this_connection) = self.upload.borrow().confirmed();
        let mut speed = self.speed.borrow_mut();
        if in_this_connection {
            speed.record(page::now_ms(), acknowledged);
        } else {
            speed.restart(page::now_ms(), acknowledged);
        }
        Link {
            waiting: self.current.borrow().waiting(),
            bytes_per_second: speed.bytes_per_second().map(|rate| rate as u64),
            is_offline: page::is_offline(),
        }
    }

    /// Shows the page how it goes, and tells it why.
    fn notify(&self, page: &Page, notice: Notice) {
        let now = self.now();
        // A callback may have started an upload anew that had failed.
        if notice == Notice::Failed && now.view.error.is_none() {
            return;
        }
        self.shown_rate.set(now.rate);
        self.audience.notify(page, notice, now);
    }

    fn rate(&self, view: &View) -> Rate {
        let is_transferring = self.upload.borrow().stage() == Stage::Transferring;
        let measured = self.speed.borrow().bytes_per_second().filter(|_| is_transferring);
        let speed = measured.unwrap_or(0.0);
        let left = number(view.bytes_total.saturating_sub(view.bytes_acked));
        Rate { speed, eta: (speed > 0.0).then(|| left / speed) }
    }

    /// The machine has slept: what was measured before says nothing.
    fn slept(self: &Rc<Self>) {
        let (acknowledged, _) = self.upload.borrow().confirmed();
        self.speed.borrow_mut().restart(page::now_ms(), acknowledged);
        self.heard_whenever(Event::CameOnline);
    }

    fn listen_outside(self: &Rc<Self>) -> Vec<Listener> {
        let on = |target: &JsValue, kind, event: fn() -> Event| {
            let driver = Rc::downgrade(self);
            Listener::new(target.unchecked_ref(), kind, move |_| {
                if let Some(driver) = driver.upgrade() {
                    driver.heard_whenever(event());
                }
            })
        };
        let global = page::global();
        let mut listeners = vec![on(&global, "online", || Event::CameOnline)];
        if self.upload.borrow().resumes_in_other_pages() {
            listeners.push(on(&global, "pagehide", || Event::Hidden));
            let document = page::member(&global, "document");
            if document.is_object() {
                listeners.push(on(&document, "visibilitychange", || Event::Hidden));
            }
        }
        listeners
    }
}

/// Wakes an upload.
struct Alarm {
    driver: Rc<Driver>,
    attempt: Attempt,
    due: Due,
}

impl Sleeper for Alarm {
    fn woke(&self) {
        match self.due {
            Due::Wake(wake) => self.driver.heard(self.attempt, Event::Woke(wake)),
            #[cfg(feature = "_sockets")]
            Due::Look => self.driver.look(self.attempt),
        }
    }

    fn slept(&self) {
        self.driver.slept();
    }
}

/// Browsers take no more than 31 bits, and would fire at once.
fn timer(after: Duration) -> f64 {
    number(milliseconds(after).min(i32::MAX.unsigned_abs().into()))
}
