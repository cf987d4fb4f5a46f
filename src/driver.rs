//! Carries out what an upload asks for, and reports what comes of it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use incoming_protocol::{
    Action, Attempt, Event, Json, Link, Notice, Speedometer, Stage, Step, Upload, View, Wake,
    milliseconds,
};

use crate::error::words_of;
use crate::face::{Face, Pace};
use crate::host::Host;
use crate::{http, json, number, page, whole};

/// How often the browser's queue is looked at while there is something in it.
const LOOK_EVERY_MS: f64 = 100.0;
/// The number of the wait for the next look; the others are those of [`Wake`].
const LOOK: u8 = 255;

/// One upload and what belongs to it.
pub(crate) struct Driver {
    upload: RefCell<Upload>,
    queue: RefCell<VecDeque<Step>>,
    is_draining: Cell<bool>,
    face: RefCell<Option<Rc<Face>>>,
    is_looking: Cell<bool>,
    speed: RefCell<Speedometer>,
    shown_pace: Cell<Pace>,
}

impl Driver {
    pub(crate) fn new(upload: Upload, face: Face) -> Rc<Driver> {
        face.show(&upload.view(), Pace::default());
        Rc::new(Driver {
            upload: RefCell::new(upload),
            queue: RefCell::default(),
            is_draining: Cell::new(false),
            face: RefCell::new(Some(Rc::new(face))),
            is_looking: Cell::new(false),
            speed: RefCell::default(),
            shown_pace: Cell::default(),
        })
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.upload.borrow().view().paused
    }

    /// What has to be kept so that another page can go on.
    pub(crate) fn checkpoint(&self) -> Option<Json> {
        self.upload.borrow().checkpoint()
    }

    /// The attempt that is under way.
    pub(crate) fn attempt(&self) -> Attempt {
        self.upload.borrow().attempt()
    }

    /// The size of the file in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.upload.borrow().size()
    }

    /// Does something with the upload and carries out what it then wants.
    pub(crate) fn act(self: &Rc<Self>, change: impl FnOnce(&mut Upload) -> Vec<Step>) {
        let steps = change(&mut self.upload.borrow_mut());
        self.carry_out(steps);
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
    fn carry_out(self: &Rc<Self>, steps: Vec<Step>) {
        self.queue.borrow_mut().extend(steps);
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
        let face = self.face.borrow().clone();
        let Some(face) = face else { return };
        let host = face.host();
        match action {
            Action::Connect(url) => {
                if let Err(thrown) = host.connect(attempt.number(), &url) {
                    self.heard(attempt, Event::Refused(words_of(&thrown)));
                }
            }
            Action::Send(message) => host.say(&json::to_js(&message)),
            Action::SendRange(range) => {
                host.send_range(number(range.start), number(range.end));
                self.keep_looking(attempt, host);
            }
            Action::Request(request) => {
                host.request(attempt.number(), request.id.0, &http::describe(&request));
            }
            Action::Digest(range) => {
                host.digest(attempt.number(), number(range.start), number(range.end));
            }
            Action::HangUp => {
                host.hang_up();
                self.is_looking.set(false);
            }
            Action::Wait(wake, after) => {
                host.wait(attempt.number(), wake as u8, timer(after));
            }
            Action::Recall => host.recall(attempt.number()),
            Action::CheckFile => host.check(attempt.number()),
            Action::Settle(outcome) => face.settle(&outcome),
            Action::Notify(notice) => self.notify(notice),
        }
    }

    /// Looks again and again while bytes are on their way: nothing reports when they leave the
    /// browser's queue, and nothing at all when they stand still.
    fn keep_looking(&self, attempt: Attempt, host: &Host) {
        if !self.is_looking.replace(true) {
            host.wait(attempt.number(), LOOK, LOOK_EVERY_MS);
        }
    }

    /// The time of a wait is over.
    pub(crate) fn woke(self: &Rc<Self>, attempt: Attempt, number: u8) {
        let wakes = [Wake::Retry, Wake::Stall, Wake::KeepAlive];
        match wakes.into_iter().find(|wake| *wake as u8 == number) {
            Some(wake) => self.heard(attempt, Event::Woke(wake)),
            None => self.look(attempt),
        }
    }

    fn look(self: &Rc<Self>, attempt: Attempt) {
        self.is_looking.set(false);
        let link = self.measure();
        self.act(|upload| upload.handle(attempt, Event::Measured(link)));
        if self.attempt() != attempt {
            return;
        }
        self.show_pace();
        let is_waiting = self.upload.borrow().view().bytes_ahead() + link.waiting > 0;
        let face = self.face.borrow().clone();
        if let Some(face) = face.filter(|_| is_waiting) {
            self.keep_looking(attempt, face.host());
        }
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
        let face = self.face.borrow();
        Link {
            waiting: face.as_ref().map_or(0, |face| whole(face.host().waiting())),
            bytes_per_second: speed.bytes_per_second().map(|rate| rate as u64),
            is_offline: face.as_ref().is_some_and(|face| face.host().offline()),
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

    fn pace(&self, view: &View) -> Pace {
        let is_transferring = self.upload.borrow().stage() == Stage::Transferring;
        let measured = self.speed.borrow().bytes_per_second().filter(|_| is_transferring);
        let speed = measured.unwrap_or(0.0);
        let left = number(view.bytes_total.saturating_sub(view.bytes_acked));
        Pace { speed, eta: (speed > 0.0).then(|| left / speed) }
    }

    /// Nothing can come any more: lets go of everything that holds the page's objects.
    fn let_go(&self) {
        if let Some(face) = self.face.take() {
            face.host().let_go();
        }
    }
}

/// Browsers take no more than 31 bits, and would fire at once.
fn timer(after: Duration) -> f64 {
    number(milliseconds(after).min(i32::MAX.unsigned_abs().into()))
}
