//! The policy that all protocols share: start, pause, cancel, retry, progress.

mod cancelling;
mod hashing;
mod keeping;
mod losses;
mod patience;
mod removal;
mod resting;
mod resuming;
mod saying;
mod seen;
mod verifying;
mod waiting;

use std::time::Duration;

use cancelling::Cancel;
use hashing::Hashing;
use keeping::Keeping;
use losses::Losses;
use patience::Patience;
use removal::Removal;
use resuming::{Question, Resuming};
use verifying::Damage;
use waiting::Waiting;

use crate::retry::Backoff;
use crate::{
    Action, Error, Event, Job, Link, Machine, Protocol, Stage, Verification, View, Wake, joined,
};

/// How long a connection may stand still after the network came back: the old one is often dead.
const ONLINE_STALL: Duration = Duration::from_secs(10);

/// One attempt to get the file across: everything from a start to the hang-up that ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attempt(u32);

impl Attempt {
    /// Its number, for those who can keep nothing else.
    pub fn number(self) -> u32 {
        self.0
    }

    /// The attempt of this number.
    pub fn of_number(number: u32) -> Attempt {
        Attempt(number)
    }
}

/// Something to be done, and the attempt for which.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The attempt under which whatever comes of it is to be reported.
    pub attempt: Attempt,
    /// What is to be done.
    pub action: Action,
}

/// One file on its way.
pub struct Upload {
    machine: Box<dyn Machine>,
    bytes_total: u64,
    stall_timeout: Duration,
    backoff: Backoff,
    patience: Patience,
    /// The most bytes that were ever confirmed under one id.
    furthest: u64,
    /// How long the server wants to be left alone when this attempt is over.
    asked: Duration,
    phase: Phase,
    attempt: Attempt,
    link: Link,
    verify: Option<Verification>,
    hashing: Hashing,
    damage: Damage,
    resuming: Resuming,
    keeping: Keeping,
    losses: Losses,
    /// Why the last attempt was lost, while there is hope.
    last_error: Option<Error>,
    cancel: Option<Cancel>,
    removal: Removal,
    /// Something arrived or left since the stall timer was set.
    moved: bool,
    shown: View,
}

#[derive(Debug)]
enum Phase {
    Ready,
    /// Something has to be found out first.
    Resuming(Question),
    Running,
    /// The attempt was lost; is the file still there?
    Checking(Error),
    Waiting(Waiting),
    Paused,
    /// The server has the file; its fingerprint is not known here yet.
    Comparing,
    Finished,
    Cancelled {
        untold: Option<Error>,
    },
    Failed(Error),
}

impl Phase {
    fn asks(&self, question: Question) -> bool {
        matches!(self, Phase::Resuming(asked) if *asked == question)
    }

    fn is_between_attempts(&self) -> bool {
        matches!(self, Phase::Checking(_) | Phase::Waiting(_))
    }
}

impl Upload {
    /// An upload that has not begun. The seed makes the waits between attempts different from
    /// those of other uploads.
    ///
    /// # Errors
    /// A misuse that names the option that is unknown or wrong.
    pub fn new(protocol: Protocol, job: Job, seed: u64) -> Result<Upload, Error> {
        let (bytes_total, verify, stall_timeout) =
            (job.size, job.options.verify, job.options.stall_timeout.0);
        let resuming = Resuming::new(&job.options, job.ticket.clone());
        let backoff = Backoff::new(job.options.retry.clone(), seed);
        let mut upload = Upload {
            machine: protocol.client(job, seed)?,
            bytes_total,
            stall_timeout,
            resuming,
            keeping: Keeping::default(),
            losses: Losses::default(),
            last_error: None,
            backoff,
            patience: Patience::new(),
            furthest: 0,
            asked: Duration::ZERO,
            phase: Phase::Ready,
            attempt: Attempt(0),
            link: Link::default(),
            verify,
            hashing: Hashing::default(),
            damage: Damage::default(),
            cancel: None,
            removal: Removal::Unwanted,
            moved: false,
            shown: View::blank(bytes_total),
        };
        upload.shown = upload.view();
        Ok(upload)
    }

    /// Begins, or goes on after a pause or an error. Without effect while it is under way and
    /// after the end; [`Upload::can_start`] says so.
    pub fn start(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        match self.phase {
            Phase::Resuming(_) | Phase::Running | Phase::Comparing => {}
            Phase::Finished | Phase::Cancelled { .. } => {}
            Phase::Failed(_) => {
                self.damage = Damage::default();
                self.losses = Losses::default();
                self.backoff.earn_back();
                self.begin(&mut steps);
            }
            Phase::Ready | Phase::Checking(_) | Phase::Waiting(_) | Phase::Paused => {
                self.last_error = None;
                self.begin(&mut steps);
            }
        }
        self.notify(&mut steps);
        steps
    }

    /// Whether [`Upload::start`] makes sense.
    ///
    /// # Errors
    /// A misuse after the end: what is finished or cancelled does not begin again.
    pub fn can_start(&self) -> Result<(), Error> {
        let what = match self.phase {
            Phase::Finished => "finished",
            Phase::Cancelled { .. } => "cancelled",
            _ => return Ok(()),
        };
        let words = ["a ", what, " upload does not begin again; make another one of the file"];
        Err(Error::Misuse(joined(&words)))
    }

    /// Stops for now. Without effect before the start, when the server has every byte, and after
    /// the end.
    pub fn pause(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        let can_pause = match self.phase {
            Phase::Running => !self.is_with_server(),
            Phase::Resuming(_) | Phase::Checking(_) | Phase::Waiting(_) => true,
            _ => false,
        };
        if can_pause && self.cancel.is_none() {
            let actions = match self.phase {
                Phase::Running => self.machine.pause(),
                _ => vec![Action::HangUp],
            };
            self.phase = Phase::Paused;
            self.perform(actions, &mut steps);
        }
        self.notify(&mut steps);
        steps
    }

    /// Reacts to what happened in an attempt. What belongs to another one is not obeyed.
    pub fn handle(&mut self, attempt: Attempt, event: Event) -> Vec<Step> {
        let mut steps = Vec::new();
        if attempt == self.attempt {
            self.note_hashing(&event);
            self.note_link(&event);
            self.note_asked(&event);
            self.losses.note_event(&event, self.link.is_offline);
            let is_heard =
                self.hears_of_keeping(&event, &mut steps) || self.hears_of_id(&event, &mut steps);
            if !is_heard {
                self.react(event, &mut steps);
            }
        }
        self.notify(&mut steps);
        steps
    }

    fn react(&mut self, event: Event, steps: &mut Vec<Step>) {
        match self.phase {
            Phase::Resuming(_) => self.resume(event, steps),
            Phase::Running => self.run(event, steps),
            Phase::Checking(_) => self.check(event, steps),
            Phase::Waiting(_) => self.wait(&event, steps),
            Phase::Paused => self.hold(event, steps),
            Phase::Comparing => self.compare(event, steps),
            Phase::Finished => self.hear_of_removal(event, steps),
            Phase::Ready | Phase::Cancelled { .. } | Phase::Failed(_) => {}
        }
    }

    /// The attempt that is under way, or that was last.
    pub fn attempt(&self) -> Attempt {
        self.attempt
    }

    /// How many bytes the server has confirmed, and whether any of it in this connection.
    pub fn confirmed(&self) -> (u64, bool) {
        let progress = self.machine.progress();
        (progress.acknowledged, progress.chunks_acknowledged > 0)
    }

    /// The size of the file in bytes.
    pub fn size(&self) -> u64 {
        self.bytes_total
    }

    /// What is going on in the attempt.
    pub fn stage(&self) -> Stage {
        self.machine.progress().stage
    }

    /// True when nothing can come any more: delivered or cancelled.
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Finished | Phase::Cancelled { .. })
    }

    /// True when nothing can be asked any more either.
    pub fn is_closed(&self) -> bool {
        let is_removable = self.machine.can_remove() && !matches!(self.removal, Removal::Done);
        self.is_over() && !(is_removable && matches!(self.phase, Phase::Finished))
    }

    fn begin(&mut self, steps: &mut Vec<Step>) {
        if self.phase.is_between_attempts() {
            self.act(Action::HangUp, steps);
        }
        if self.resuming.is_due { self.ask_back(steps) } else { self.attempt_now(steps) }
    }

    fn attempt_now(&mut self, steps: &mut Vec<Step>) {
        self.phase = Phase::Running;
        self.asked = Duration::ZERO;
        let actions = self.machine.start();
        self.perform(actions, steps);
        self.hash(steps);
        self.watch(self.stall_timeout, steps);
        self.settle(steps);
    }

    fn note_link(&mut self, event: &Event) {
        if let Event::Measured(link) = event {
            self.moved |= link.waiting < self.link.waiting;
            self.link = *link;
        }
    }

    fn run(&mut self, event: Event, steps: &mut Vec<Step>) {
        match &event {
            Event::Woke(Wake::Stall) => return self.stalled(steps),
            Event::CameOnline if self.cancel.is_some() => return,
            Event::CameOnline => {
                self.patience.forget();
                return self.watch(ONLINE_STALL.min(self.stall_timeout), steps);
            }
            Event::Refused(why) => return self.fail(Error::Misuse(why.clone()), steps),
            Event::Failed(error) => return self.fail(error.clone(), steps),
            Event::NotDigested(why) => {
                return self.fail(self.hashing.failure(why), steps);
            }
            Event::FileUnreadable(why) => {
                return self.fail(Error::FileChanged(why.clone()), steps);
            }
            Event::Measured(_) => {}
            Event::Hashed(_) | Event::Digested(..) if self.is_ahead() => {}
            _ => self.moved = true,
        }
        self.drive(event, steps);
    }

    /// A machine may keep its connection while it is paused. A loss of it waits until the pause
    /// is over.
    fn hold(&mut self, event: Event, steps: &mut Vec<Step>) {
        if !matches!(event, Event::Woke(Wake::Stall)) {
            self.drive(event, steps);
        }
    }

    fn drive(&mut self, event: Event, steps: &mut Vec<Step>) {
        let confirmed = self.machine.progress().acknowledged;
        let heard = match event {
            Event::Failed(error) => Err(error),
            event => self.machine.handle(event),
        };
        match heard {
            Ok(actions) => self.perform(actions, steps),
            Err(error) if matches!(self.phase, Phase::Paused) && error.is_transient() => {
                self.last_error = Some(error);
                return self.act(Action::HangUp, steps);
            }
            Err(error) => return self.fail(error, steps),
        }
        if self.machine.progress().acknowledged > confirmed {
            self.progressed();
        }
        self.settle(steps);
        self.note_told(steps);
    }

    /// Bytes were confirmed. More of them than ever before forgive whatever failed: who gets as far
    /// again and again gets nowhere.
    fn progressed(&mut self) {
        self.last_error = None;
        self.patience.rewarded();
        let acknowledged = self.machine.progress().acknowledged;
        if acknowledged > self.furthest {
            self.furthest = acknowledged;
            self.backoff.earn_back();
            self.losses.earn_back();
            self.resuming.earn_back();
        }
    }

    /// Looks where the machine has got to.
    fn settle(&mut self, steps: &mut Vec<Step>) {
        let stage = self.machine.progress().stage;
        if matches!(stage, Stage::Transferring | Stage::HandingOver) {
            self.note_known();
        }
        match stage {
            Stage::Done => self.delivered(steps),
            Stage::Cancelled => self.end(Phase::Cancelled { untold: None }, steps),
            // Too late: the backend is getting the file.
            Stage::HandingOver => self.cancel = None,
            Stage::Idle | Stage::Connecting | Stage::Hashing | Stage::Negotiating => {}
            Stage::Transferring | Stage::Removed => {}
        }
    }

    fn fail(&mut self, error: Error, steps: &mut Vec<Step>) {
        if self.cancel.is_some() {
            return self.fail_to_cancel(error, steps);
        }
        if self.is_forgotten(&error) {
            return self.begin_another(steps);
        }
        let error = self.explained(error);
        if !error.is_transient() || self.count_damage(&error) {
            return self.end(Phase::Failed(error), steps);
        }
        let needs_file = !self.is_with_server();
        self.last_error = Some(error.clone());
        self.act(Action::HangUp, steps);
        if needs_file {
            self.phase = Phase::Checking(error);
            self.act(Action::CheckFile, steps);
        } else {
            self.try_again_later(error, steps);
        }
    }

    fn check(&mut self, event: Event, steps: &mut Vec<Step>) {
        let Phase::Checking(error) = &self.phase else { return };
        match event {
            Event::FileUnreadable(detail) => {
                self.end(Phase::Failed(Error::FileChanged(detail)), steps);
            }
            Event::FileIntact => self.try_again_later(error.clone(), steps),
            _ => {}
        }
    }

    fn watch(&mut self, timeout: Duration, steps: &mut Vec<Step>) {
        self.moved = false;
        self.act(Action::Wait(Wake::Stall, timeout), steps);
    }

    fn stalled(&mut self, steps: &mut Vec<Step>) {
        if self.cancel.is_some() {
            return self.fail_to_cancel(Error::TimedOut(cancelling::CONFIRMED_WITHIN), steps);
        }
        if self.moved || self.is_with_server() {
            self.patience.broken();
        } else if let Some(times) = self.patience.count_silence() {
            return self.fail(Error::TimedOut(self.stall_timeout * times), steps);
        }
        self.watch(self.stall_timeout, steps);
    }

    fn end(&mut self, phase: Phase, steps: &mut Vec<Step>) {
        self.leave(&phase, steps);
        if matches!(phase, Phase::Failed(_)) {
            self.resuming.ask_again();
        }
        self.last_error = None;
        self.phase = phase;
        self.act(Action::HangUp, steps);
    }

    /// Stamps actions with their attempt. A hang-up is the last action of one.
    fn perform(&mut self, actions: Vec<Action>, steps: &mut Vec<Step>) {
        for action in actions {
            self.act(action, steps);
        }
    }

    fn act(&mut self, action: Action, steps: &mut Vec<Step>) {
        self.losses.note_action(&action);
        if matches!(action, Action::HangUp) {
            self.hang_up(steps);
        } else {
            self.link.waiting += action.file_bytes();
            steps.push(Step { attempt: self.attempt, action });
        }
    }

    /// Another page need not wait for one that has not begun, and who has begun goes on keeping what
    /// it gets to: a hang-up forgets all timers.
    fn hang_up(&mut self, steps: &mut Vec<Step>) {
        if !self.keeping.is_watching {
            self.let_go(steps);
        }
        steps.push(Step { attempt: self.attempt, action: Action::HangUp });
        self.attempt = Attempt(self.attempt.0.wrapping_add(1));
        self.link.waiting = 0;
        self.machine.hung_up();
        if self.keeping.is_watching {
            self.wake_to_save(steps);
        }
    }

    fn is_with_server(&self) -> bool {
        matches!(self.machine.progress().stage, Stage::HandingOver | Stage::Done)
    }

    /// Something is on its way to the server: whatever happens in the browser is no sign of it.
    fn is_ahead(&self) -> bool {
        let progress = self.machine.progress();
        progress.chunks_sent > progress.chunks_acknowledged
    }
}
