//! Carries out what an upload asks for, and reports what comes of it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use incoming_protocol::{
    Action, Attempt, Event, Link, Notice, Speedometer, Stage, Step, Upload, View, Wake,
};

use crate::error::words_of;
use crate::face::{Face, Pace};
use crate::timers::Timers;
use crate::{http, json, number, page, whole};

/// How often the browser's queue is looked at while there is something in it.
const LOOK_EVERY_MS: u32 = 100;

/// One upload and what belongs to it.
pub(crate) struct Driver {
    upload: RefCell<Upload>,
    queue: RefCell<VecDeque<Step>>,
    is_draining: Cell<bool>,
    face: RefCell<Option<Rc<Face>>>,
    timers: RefCell<Timers>,
    look: RefCell<Option<Timeout>>,
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
            timers: RefCell::default(),
            look: RefCell::default(),
            speed: RefCell::default(),
            shown_pace: Cell::default(),
        })
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.upload.borrow().view().paused
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
                self.keep_looking(attempt);
            }
            Action::Request(request) => {
                host.request(attempt.number(), request.id.0, &http::describe(&request));
            }
            Action::Digest(range) => {
                host.digest(attempt.number(), number(range.start), number(range.end));
            }
            Action::HangUp => {
                host.hang_up();
                self.look.take();
                self.timers.borrow_mut().clear();
            }
            Action::Wait(wake, after) => self.wait(attempt, wake, after),
            Action::CheckFile => host.check(attempt.number()),
            Action::Settle(outcome) => face.settle(&outcome),
            Action::Notify(notice) => self.notify(notice),
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
            if driver.attempt() != attempt {
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
        let face = self.face.borrow();
        Link {
            waiting: face.as_ref().map_or(0, |face| whole(face.host().waiting())),
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
