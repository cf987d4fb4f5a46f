//! An upload is given up, and the server is told.

use std::time::Duration;

use super::{Phase, Step, Upload};
use crate::{Action, Error, Stage};

/// How long a server may take to confirm a cancellation: it tells its backend first, which may
/// take the 55 seconds that the original server gives it.
pub(super) const CONFIRMED_WITHIN: Duration = Duration::from_secs(60);
/// How long it may take to reach a server only to tell it about a cancellation.
const TOLD_WITHIN: Duration = Duration::from_secs(10);
/// How many attempts may be lost over telling the server about a cancellation.
const ATTEMPTS: u32 = 2;

#[derive(Debug)]
pub(super) struct Cancel {
    pub(super) reason: String,
    losses: u32,
    /// The server was told and is telling its backend.
    told: bool,
}

impl Upload {
    /// Gives the upload up and tells the server. Without effect when the server has every byte,
    /// after an error, and after the end.
    pub fn cancel(&mut self, reason: &str) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.can_cancel() {
            self.cancel = Some(Cancel { reason: reason.to_owned(), losses: 0, told: false });
            if matches!(self.phase, Phase::Ready) {
                self.phase = Phase::Cancelled { untold: None };
            } else if self.resuming.is_due {
                // The upload may be that of another page.
                self.end(Phase::Cancelled { untold: None }, &mut steps);
            } else {
                self.tell_cancel(reason, &mut steps);
            }
        }
        self.notify(&mut steps);
        steps
    }

    fn tell_cancel(&mut self, reason: &str, steps: &mut Vec<Step>) {
        if self.phase.is_between_attempts() {
            self.act(Action::HangUp, steps);
        }
        self.phase = Phase::Running;
        let actions = self.machine.cancel(reason);
        self.perform(actions, steps);
        self.watch(TOLD_WITHIN, steps);
        self.settle(steps);
        self.note_told(steps);
    }

    /// A server that was told gets its time.
    pub(super) fn note_told(&mut self, steps: &mut Vec<Step>) {
        let is_told = self.machine.progress().stage == Stage::Transferring;
        match &mut self.cancel {
            Some(cancel) if is_told && !cancel.told => cancel.told = true,
            _ => return,
        }
        self.watch(CONFIRMED_WITHIN, steps);
    }

    pub(super) fn fail_to_cancel(&mut self, error: Error, steps: &mut Vec<Step>) {
        let Some(cancel) = &mut self.cancel else { return };
        cancel.losses += 1;
        let is_last = cancel.losses >= ATTEMPTS || matches!(error, Error::TimedOut(_));
        if is_last || !error.is_transient() {
            return self.end(Phase::Cancelled { untold: Some(error) }, steps);
        }
        let reason = cancel.reason.clone();
        self.act(Action::HangUp, steps);
        self.tell_cancel(&reason, steps);
    }

    pub(super) fn can_cancel(&self) -> bool {
        let is_open = match self.phase {
            Phase::Running => !self.is_with_server(),
            Phase::Ready | Phase::Resuming(_) | Phase::Paused => true,
            Phase::Checking(_) | Phase::Waiting(_) => true,
            Phase::Comparing | Phase::Finished | Phase::Cancelled { .. } | Phase::Failed(_) => {
                false
            }
        };
        is_open && self.cancel.is_none()
    }
}
