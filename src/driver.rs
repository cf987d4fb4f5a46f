//! Carries out what an upload asks for, and reports what comes of it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use incoming_protocol::http::RequestId;
use incoming_protocol::{
    Action, Attempt, Event, Link, Notice, Speedometer, Stage, Step, Upload, View, Wake,
};
use web_sys::Blob;

use crate::digest::{self, Digest};
use crate::error::words_of;
use crate::face::{Face, Pace};
use crate::host::Host;
use crate::http::Requests;
use crate::socket::Socket;
use crate::timers::Timers;
use crate::{file, http, json, page};

/// How often the browser's queue is looked at while there is something in it.
const LOOK_EVERY_MS: u32 = 100;

/// One upload and everything in the browser that belongs to it.
pub(crate) struct Driver {
    upload: RefCell<Upload>,
    queue: RefCell<VecDeque<Step>>,
    is_draining: Cell<bool>,
    file: Blob,
    face: RefCell<Option<Rc<Face>>>,
    socket: RefCell<Option<Socket>>,
    requests: RefCell<Requests>,
    /// Those of parts of the file, which belong to the attempt.
    digests: RefCell<Vec<Digest>>,
    /// That of the whole file, which belongs to all attempts.
    whole: RefCell<Option<Digest>>,
    host: Rc<Host>,
    timers: RefCell<Timers>,
    look: RefCell<Option<Timeout>>,
    speed: RefCell<Speedometer>,
    shown_pace: Cell<Pace>,
}

impl Driver {
    pub(crate) fn new(upload: Upload, file: Blob, host: Rc<Host>, face: Face) -> Rc<Driver> {
        face.show(&upload.view(), Pace::default());
        Rc::new(Driver {
            upload: RefCell::new(upload),
            queue: RefCell::default(),
            is_draining: Cell::new(false),
            file,
            face: RefCell::new(Some(Rc::new(face))),
            socket: RefCell::default(),
            requests: RefCell::default(),
            digests: RefCell::default(),
            whole: RefCell::default(),
            host,
            timers: RefCell::default(),
            look: RefCell::default(),
            speed: RefCell::default(),
            shown_pace: Cell::default(),
        })
    }

    pub(crate) fn came_online(self: &Rc<Self>) {
        self.heard_whenever(Event::CameOnline);
    }

    /// Reports what belongs to no attempt.
    pub(crate) fn heard_whenever(self: &Rc<Self>, event: Event) {
        let attempt = self.upload.borrow().attempt();
        self.heard(attempt, event);
    }

    /// Reports a fingerprint, of an attempt or of all.
    pub(crate) fn digested(
        self: &Rc<Self>,
        attempt: Option<Attempt>,
        range: &Range<u64>,
        event: Event,
    ) {
        match attempt {
            Some(attempt) => {
                self.digests.borrow_mut().retain(|digest| digest.range != *range);
                self.heard(attempt, event);
            }
            None => {
                self.whole.take();
                self.heard_whenever(event);
            }
        }
    }

    pub(crate) fn request_is_over(&self, id: RequestId) {
        self.requests.borrow_mut().end(id);
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.upload.borrow().view().paused
    }

    /// Does something with the upload and carries out what it then wants.
    pub(crate) fn act(self: &Rc<Self>, change: impl FnOnce(&mut Upload) -> Vec<Step>) {
        let steps = change(&mut self.upload.borrow_mut());
        self.queue.borrow_mut().extend(steps);
        self.drain();
    }

    /// Reports an event, and before it how the connection is doing.
    pub(crate) fn heard(self: &Rc<Self>, attempt: Attempt, event: Event) {
        let link = self.measure();
        self.act(|upload| {
            let mut steps = upload.handle(attempt, Event::Measured(link));
            steps.extend(upload.handle(attempt, event));
            steps
        });
    }

    /// Only the outermost call drains, and nothing is borrowed while a step is carried out: a
    /// callback of the page may call back.
    fn drain(self: &Rc<Self>) {
        if self.is_draining.replace(true) {
            return;
        }
        loop {
            let step = self.queue.borrow_mut().pop_front();
            let Some(step) = step else { break };
            self.perform(step);
        }
        self.is_draining.set(false);
        if self.upload.borrow().is_closed() {
            self.let_go();
        }
    }

    fn perform(self: &Rc<Self>, Step { attempt, action }: Step) {
        match action {
            Action::Connect(url) => self.connect(attempt, &url),
            Action::Send(message) => {
                if let Some(socket) = &*self.socket.borrow() {
                    socket.send(&json::stringify(&message));
                }
            }
            Action::SendRange(range) => {
                if let Some(socket) = &*self.socket.borrow() {
                    socket.send_range(&self.file, &range);
                }
                self.keep_looking(attempt);
            }
            Action::Request(request) => {
                let live = http::send(self, attempt, &request, (&self.file, &self.host));
                self.requests.borrow_mut().keep(live);
            }
            Action::Digest(range) => self.digest(attempt, range),
            Action::HangUp => {
                self.requests.borrow_mut().clear();
                self.digests.borrow_mut().clear();
                self.look.take();
                self.timers.borrow_mut().clear();
                self.socket.take();
            }
            Action::Wait(wake, after) => self.wait(attempt, wake, after),
            Action::CheckFile => {
                let driver = Rc::downgrade(self);
                file::check(&self.file, move |outcome| {
                    let event = outcome.map_or(Event::FileIntact, Event::FileUnreadable);
                    driver.upgrade().iter().for_each(|driver| driver.heard(attempt, event.clone()));
                });
            }
            Action::Settle(outcome) => {
                let face = self.face.borrow().clone();
                face.iter().for_each(|face| face.settle(&outcome));
            }
            Action::Notify(notice) => self.notify(notice),
        }
    }

    fn connect(self: &Rc<Self>, attempt: Attempt, url: &str) {
        match Socket::open(url, self, attempt) {
            Ok(socket) => *self.socket.borrow_mut() = Some(socket),
            Err(thrown) => self.heard(attempt, Event::Refused(words_of(&thrown))),
        }
    }

    fn digest(self: &Rc<Self>, attempt: Attempt, range: Range<u64>) {
        if range != (0..file::size_of(&self.file)) {
            let digest = digest::find(self, &self.host, range, Some(attempt));
            self.digests.borrow_mut().push(digest);
        } else if self.whole.borrow().is_none() {
            *self.whole.borrow_mut() = Some(digest::find(self, &self.host, range, None));
        }
    }

    fn wait(self: &Rc<Self>, attempt: Attempt, wake: Wake, after: std::time::Duration) {
        let driver = Rc::downgrade(self);
        self.timers.borrow_mut().set(wake, after, move || {
            driver.upgrade().iter().for_each(|driver| driver.heard(attempt, Event::Woke(wake)));
        });
    }

    /// Looks again and again while bytes are on their way: nothing reports when they leave the
    /// browser's queue, and nothing at all when they stand still.
    fn keep_looking(self: &Rc<Self>, attempt: Attempt) {
        if self.look.borrow().is_some() {
            return;
        }
        let driver = Rc::downgrade(self);
        let look = Timeout::new(LOOK_EVERY_MS, move || {
            let Some(driver) = driver.upgrade() else { return };
            driver.look.take();
            let link = driver.measure();
            driver.act(|upload| upload.handle(attempt, Event::Measured(link)));
            if driver.upload.borrow().attempt() != attempt {
                return;
            }
            driver.show_pace();
            if driver.upload.borrow().view().bytes_ahead() + link.waiting > 0 {
                driver.keep_looking(attempt);
            }
        });
        *self.look.borrow_mut() = Some(look);
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
            waiting: self.socket.borrow().as_ref().map_or(0, Socket::waiting),
            bytes_per_second: speed.bytes_per_second().map(|rate| rate as u64),
        }
    }

    /// Shows the page how it goes, and tells it why.
    fn notify(&self, notice: Notice) {
        let view = self.upload.borrow().view();
        let face = self.face.borrow().clone();
        // A callback may have started an upload anew that had failed.
        let is_outdated = notice == Notice::Failed && view.error.is_none();
        if let Some(face) = face.filter(|_| !is_outdated) {
            let pace = self.pace(&view);
            self.shown_pace.set(pace);
            face.show(&view, pace);
            face.notify(notice);
        }
    }

    /// Tells the page when only the speed has changed, as it does on a line that stands still.
    fn show_pace(self: &Rc<Self>) {
        let pace = self.pace(&self.upload.borrow().view());
        if pace != self.shown_pace.get() {
            self.notify(Notice::Progress);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    fn pace(&self, view: &View) -> Pace {
        let is_transferring = self.upload.borrow().stage() == Stage::Transferring;
        let measured = self.speed.borrow().bytes_per_second().filter(|_| is_transferring);
        let speed = measured.unwrap_or(0.0);
        let left = view.bytes_total.saturating_sub(view.bytes_acked) as f64;
        Pace { speed, eta: (speed > 0.0).then(|| left / speed) }
    }

    /// Nothing can come any more: lets go of everything that holds the page's objects.
    fn let_go(&self) {
        self.face.take();
        self.whole.take();
    }
}
