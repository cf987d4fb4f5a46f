//! What is kept of an upload, so that another page can go on with it.

use std::time::Duration;

use super::{Phase, Step, Upload};
use crate::{Action, Checkpoint, Event, Json, Kept, Wake};

/// How often it is looked whether there is something new to be kept.
const SAVE_EVERY: Duration = Duration::from_secs(1);

/// What is kept, as far as this page knows.
#[derive(Debug, Default)]
pub(super) struct Keeping {
    /// The upload has begun, and no other page may send the file.
    pub(super) is_watching: bool,
    /// What is there to be read by another page.
    pub(super) kept: Option<Kept>,
    /// What this page wants to be there.
    wanted: Option<Kept>,
    /// What an earlier page has left, until the server has confirmed as much to this one.
    found: Option<Kept>,
}

impl Keeping {
    /// An earlier page has left this.
    pub(super) fn find(&mut self, found: Option<Kept>) {
        let is_watching = self.is_watching;
        *self = Keeping { is_watching, kept: found.clone(), wanted: None, found };
    }

    /// What is there stays if it could not be replaced, which is tried again.
    fn note(&mut self, is_kept: bool) {
        if is_kept && self.wanted.is_some() {
            self.kept.clone_from(&self.wanted);
        } else {
            self.wanted = None;
        }
    }

    /// The server has not confirmed to this page what it had confirmed to an earlier one.
    fn is_unheard(&self, now: &Kept) -> bool {
        self.found.as_ref().is_some_and(|found| now.bytes_acked < found.bytes_acked)
    }
}

impl Upload {
    /// What has to be kept so that another page can go on. `None` if nothing can be: the protocol
    /// cannot go on, the upload has no id yet, or the server does not know it any more.
    pub fn checkpoint(&self) -> Option<Json> {
        self.to_be_kept().as_ref().map(|kept| kept.checkpoint.to_json())
    }

    fn to_be_kept(&self) -> Option<Kept> {
        let is_known = self.resuming.has_begun || !self.resuming.is_due;
        let checkpoint: Checkpoint = self.machine.checkpoint().filter(|_| is_known)?;
        Some(Kept { checkpoint, bytes_acked: self.machine.progress().acknowledged })
    }

    /// Looks once a second whether there is something new.
    pub(super) fn watch_what_is_kept(&mut self, steps: &mut Vec<Step>) {
        self.wake_to_save(steps);
        self.save(steps);
    }

    pub(super) fn wake_to_save(&mut self, steps: &mut Vec<Step>) {
        self.act(Action::Wait(Wake::Save, SAVE_EVERY), steps);
    }

    /// Hears when it is time to keep something, and whether that worked. True if it was that.
    pub(super) fn hears_of_keeping(&mut self, event: &Event, steps: &mut Vec<Step>) -> bool {
        match event {
            Event::Woke(Wake::Save) if self.keeping.is_watching => self.watch_what_is_kept(steps),
            Event::Hidden if self.keeping.is_watching => self.save(steps),
            Event::Kept(is_kept) => self.keeping.note(*is_kept),
            Event::Woke(Wake::Save) | Event::Hidden => {}
            _ => return false,
        }
        true
    }

    /// Keeps what is new. What an earlier page has left stays until the server has confirmed as
    /// much.
    pub(super) fn save(&mut self, steps: &mut Vec<Step>) {
        let Some(now) = self.to_be_kept() else {
            if self.keeping.kept.is_some() || self.keeping.wanted.is_some() {
                self.forget(steps);
            }
            return;
        };
        if self.keeping.is_unheard(&now) {
            return;
        }
        self.keeping.found = None;
        if self.keeping.wanted.as_ref() != Some(&now) {
            self.keeping.wanted = Some(now.clone());
            self.act(Action::Keep(now), steps);
        }
    }

    /// Nothing is left for another page.
    pub(super) fn forget(&mut self, steps: &mut Vec<Step>) {
        self.keeping.find(None);
        self.act(Action::Forget, steps);
    }

    /// This run of the upload is over, or is not to keep others waiting.
    pub(super) fn let_go(&mut self, steps: &mut Vec<Step>) {
        self.keeping.is_watching = false;
        if std::mem::take(&mut self.resuming.is_held) {
            self.act(Action::LetGo, steps);
        }
    }

    /// The end of a run: what is left of it, and others may send the file.
    pub(super) fn leave(&mut self, next: &Phase, steps: &mut Vec<Step>) {
        match next {
            Phase::Finished | Phase::Cancelled { .. } if self.resuming.is_wanted => {
                self.forget(steps);
            }
            Phase::Failed(_) if self.keeping.is_watching => self.save(steps),
            Phase::Finished | Phase::Cancelled { .. } | Phase::Failed(_) => {}
            _ => return,
        }
        self.let_go(steps);
    }

    /// True if another page could go on now.
    pub(super) fn is_resumable(&self) -> bool {
        self.keeping.kept.is_some()
    }
}
