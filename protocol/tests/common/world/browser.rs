//! What all pages of a site share, the storage and the lock of a file, and what a page finds out.

use std::collections::VecDeque;

use incoming_protocol::{Action, Attempt, Entry, Error, Event, Json, Kept};

use super::{Happening, World};

/// By what the server can tell the file from others.
pub const IDENTIFIER: &str = "0cc175b9c0f1b6a831c399e269772661";

/// Another page with the same file: how long it stays, and how many messages it hears.
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    pub for_ms: u64,
    pub messages: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Lock {
    Free,
    /// It is ours, and the page will hear of it.
    Granted(Attempt),
    Ours,
    Elsewhere,
}

pub struct Browser {
    /// What is kept, as the text that a browser keeps.
    text: Option<String>,
    lock: Lock,
    waiting: Option<Attempt>,
    /// Other pages that wait for the lock.
    visits: VecDeque<Visit>,
    is_identified: bool,
    /// How often this page could not find out which file it is.
    failures: u32,
    is_asking: bool,
    pub asked_for_id: u32,
    /// How often another page has come to the end.
    pub finished_elsewhere: u32,
    /// How often a page went on without what resumes.
    pub unresumed: u32,
}

impl Browser {
    pub fn new() -> Browser {
        Browser {
            text: None,
            lock: Lock::Free,
            waiting: None,
            visits: VecDeque::new(),
            is_identified: false,
            failures: 0,
            is_asking: false,
            asked_for_id: 0,
            finished_elsewhere: 0,
            unresumed: 0,
        }
    }

    /// What is kept.
    pub fn kept(&self) -> Option<Kept> {
        let json: Json = serde_json::from_str(self.text.as_ref()?).unwrap();
        Some(Entry::read(&json, 1000.0).unwrap().kept)
    }

    pub fn is_held(&self) -> bool {
        self.lock == Lock::Ours
    }

    pub(super) fn keep(&mut self, kept: &Kept) {
        let members = [
            ("checkpoint", kept.checkpoint.to_json()),
            ("bytes_acked", kept.bytes_acked.into()),
            ("bytes_total", 7_u64.into()),
            ("updated", 999_u64.into()),
            ("days", 7_u64.into()),
        ];
        self.text = Some(serde_json::to_string(&Json::object(members)).unwrap());
    }

    pub(super) fn remove(&mut self) {
        self.text = None;
    }
}

impl World {
    /// Does what is to be done with what all pages share.
    pub(super) fn browse(&mut self, attempt: Attempt, action: Action) {
        match action {
            Action::Identify => self.identify(attempt),
            Action::Hold => self.hold(attempt),
            Action::LetGo => {
                assert!(self.browser.is_held(), "only what is held is let go");
                self.release();
            }
            Action::Recall => {
                assert!(self.browser.is_held(), "nobody else goes on meanwhile");
                let found = Event::Recalled(self.browser.kept());
                self.plan(self.now_ms + 3, Happening::Client(attempt, found));
            }
            Action::AskId => self.ask_for_id(),
            Action::Keep(kept) => self.keep(&kept),
            Action::Forget => self.forget_what_is_kept(),
            other => panic!("{other:?} is nothing that pages share"),
        }
    }

    fn identify(&mut self, attempt: Attempt) {
        let fails = self.dice.u64(0..100) < self.weather.unloaded_percent;
        self.browser.is_identified = !fails;
        let event = if fails {
            self.browser.failures += 1;
            self.browser.unresumed += u32::from(self.browser.failures == 3);
            Event::NotDigested("no network".into())
        } else {
            Event::Identified(Some(IDENTIFIER.into()))
        };
        self.plan(self.now_ms + 2, Happening::Client(attempt, event));
    }

    fn hold(&mut self, attempt: Attempt) {
        assert!(!self.browser.is_held(), "it is held already");
        if self.browser.lock == Lock::Free {
            return self.grant(attempt);
        }
        self.browser.waiting = Some(attempt);
        self.plan(self.now_ms + 1, Happening::Client(attempt, Event::Occupied));
    }

    fn grant(&mut self, attempt: Attempt) {
        self.browser.lock = Lock::Granted(attempt);
        self.plan(self.now_ms + 1, Happening::Locked(attempt));
    }

    pub(super) fn locked(&mut self, attempt: Attempt) {
        if self.browser.lock == Lock::Granted(attempt) {
            self.browser.lock = Lock::Ours;
            self.tell(attempt, Event::Held);
        }
    }

    /// What is not told yet is let go at a hang-up, and nobody waits any more.
    pub(super) fn stop_waiting(&mut self) {
        self.browser.waiting = None;
        if matches!(self.browser.lock, Lock::Granted(_)) {
            self.release();
        }
    }

    /// The next one gets the lock.
    pub(super) fn release(&mut self) {
        self.browser.lock = Lock::Free;
        let visit = self.browser.visits.pop_front().filter(|_| !self.upload.is_over());
        if let Some(visit) = visit {
            self.enter(visit);
        } else if let Some(attempt) = self.browser.waiting.take() {
            self.grant(attempt);
        }
    }

    pub(super) fn visit(&mut self, visit: Visit) {
        if !self.job.options.resume || self.upload.is_over() {
            return;
        }
        if self.browser.lock == Lock::Free {
            self.enter(visit);
        } else {
            self.browser.visits.push_back(visit);
        }
    }

    fn enter(&mut self, visit: Visit) {
        self.browser.lock = Lock::Elsewhere;
        self.go_on_elsewhere(visit.messages);
        self.plan(self.now_ms + visit.for_ms, Happening::Leaves);
    }

    fn ask_for_id(&mut self) {
        assert!(!self.browser.is_asking, "nobody is asked twice at the same time");
        self.browser.is_asking = true;
        self.browser.asked_for_id += 1;
        let late_ms = self.dice.u64(0..=self.weather.ids_late_ms);
        let fails = self.dice.u64(0..100) < self.weather.ids_fail_percent;
        let event = if fails {
            Event::NotNamed(Error::Postponed("no network".into()))
        } else {
            Event::Named(self.id.clone())
        };
        self.plan(self.now_ms + late_ms, Happening::Whenever(event));
    }

    /// Belongs to no attempt.
    pub(super) fn tell_whenever(&mut self, event: Event) {
        if matches!(event, Event::Named(_) | Event::NotNamed(_)) {
            self.browser.is_asking = false;
        }
        let attempt = self.upload.attempt();
        self.tell(attempt, event);
    }

    fn keep(&mut self, kept: &Kept) {
        assert!(self.browser.is_held(), "what is kept is of the page that sends the file");
        let is_kept = self.dice.u64(0..100) >= self.weather.unkept_percent;
        if is_kept {
            self.browser.keep(kept);
        }
        self.plan(self.now_ms, Happening::Whenever(Event::Kept(is_kept)));
    }

    fn forget_what_is_kept(&mut self) {
        let is_elsewhere = self.browser.lock == Lock::Elsewhere;
        if self.browser.is_identified && !is_elsewhere {
            self.browser.remove();
        }
    }

    /// Who sends the file holds it, unless what resumes could not be loaded.
    pub(super) fn assert_that_it_may_be_sent(&self) {
        let is_alone = self.browser.is_held() || self.browser.failures >= 3;
        assert!(is_alone || !self.job.options.resume, "one page at a time sends a file");
    }

    /// The page is gone, and with it what it held and waited for.
    pub(super) fn close_page(&mut self) {
        self.browser.is_identified = false;
        self.browser.is_asking = false;
        self.browser.failures = 0;
        self.browser.waiting = None;
        if matches!(self.browser.lock, Lock::Ours | Lock::Granted(_)) {
            self.release();
        }
    }
}
