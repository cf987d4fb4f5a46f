//! What the page sees of an upload, and is told.

use super::{Phase, Removal, Step, Upload};
use crate::{Action, Error, Notice, Outcome, Stage, View, joined};

const COMPARING: &str = "comparing the file with what arrived";

impl Upload {
    /// What the page sees.
    pub fn view(&self) -> View {
        let progress = self.machine.progress();
        let is_running = matches!(self.phase, Phase::Running);
        let is_pending =
            matches!(self.phase, Phase::Recalling { .. } | Phase::Checking(_) | Phase::Waiting(_));
        let is_paused = matches!(self.phase, Phase::Paused);
        let is_cancelled = matches!(self.phase, Phase::Cancelled { .. });
        let transfers = is_running && progress.stage == Stage::Transferring;
        let is_linked = is_running || is_paused;
        View {
            bytes_total: self.bytes_total,
            bytes_tx: progress.sent.saturating_sub(self.link.waiting).max(progress.acknowledged),
            bytes_acked: progress.acknowledged,
            frac_complete: self.fraction(),
            hashing: self.hashing.is_on() && !self.is_over(),
            frac_hashed: self.hashing.fraction(self.bytes_total),
            md5: self.hashing.md5().cloned(),
            chunks_tx_now: progress.chunks_sent,
            chunks_acked_now: progress.chunks_acknowledged,
            chunks_damaged: progress.chunks_damaged,
            verified: self.verified(),
            state_msg: self.state_msg(),
            cancel_msg: self.cancel.as_ref().filter(|_| is_cancelled).map(|c| c.reason.clone()),
            error: self.error().cloned(),
            connected: is_linked && !is_unlinked(progress.stage),
            finished: matches!(self.phase, Phase::Finished),
            paused: is_paused,
            can_pause: (transfers || is_pending || is_paused) && self.cancel.is_none(),
            cancelling: self.cancel.is_some() && !is_cancelled,
            cancelled: is_cancelled,
            can_cancel: self.can_cancel(),
            removed: matches!(self.removal, Removal::Done),
            can_remove: self.can_remove(),
        }
    }

    /// Adds what the page is to be told about the change since the last time.
    pub(super) fn notify(&mut self, steps: &mut Vec<Step>) {
        let view = self.view();
        if view == self.shown {
            return;
        }
        let has_failed = view.error.is_some() && view.error != self.shown.error;
        let has_finished = view.finished && !self.shown.finished;
        let was_cancelled = view.cancelled && !self.shown.cancelled;
        let outcome = match &self.phase {
            Phase::Finished if has_finished => Some(Outcome::Finished),
            Phase::Cancelled { .. } if was_cancelled => {
                let reason = view.cancel_msg.clone().unwrap_or_default();
                Some(Outcome::Cancelled(reason))
            }
            Phase::Failed(error) if has_failed => Some(Outcome::Failed(error.clone())),
            _ => None,
        };
        // Settled first: a callback that starts anew begins another run.
        let settle = outcome.map(Action::Settle);
        let notices = [
            Some(Notice::Progress),
            has_failed.then_some(Notice::Failed),
            has_finished.then_some(Notice::Finished),
            was_cancelled.then_some(Notice::Cancelled),
        ];
        let notify = notices.into_iter().flatten().map(Action::Notify);
        let attempt = self.attempt;
        steps.extend(settle.into_iter().chain(notify).map(|action| Step { attempt, action }));
        self.shown = view;
    }

    #[expect(clippy::cast_precision_loss, reason = "a fraction needs no more than 53 bits")]
    fn fraction(&self) -> f64 {
        if self.bytes_total > 0 {
            return self.machine.progress().acknowledged as f64 / self.bytes_total as f64;
        }
        if self.is_with_server() { 1.0 } else { 0.0 }
    }

    fn error(&self) -> Option<&Error> {
        match &self.phase {
            Phase::Failed(error) => Some(error),
            Phase::Cancelled { untold } => untold.as_ref(),
            Phase::Finished => self.removal.error(),
            _ => None,
        }
    }

    fn state_msg(&self) -> String {
        if self.cancel.is_some() && matches!(self.phase, Phase::Running) {
            return "cancelling".to_owned();
        }
        let words = match &self.phase {
            Phase::Ready => "not yet started",
            Phase::Recalling { is_occupied: true } => "waiting: another page is sending this file",
            Phase::Recalling { .. } => "looking for what is there from before",
            Phase::Running => match self.machine.progress().stage {
                Stage::Idle | Stage::Connecting => "connecting to the server",
                Stage::Hashing => "reading the file",
                Stage::Negotiating => "agreeing with the server on how to go on",
                Stage::Transferring => "sending the file",
                Stage::HandingOver if self.hashing.is_on() => COMPARING,
                Stage::HandingOver | Stage::Done | Stage::Removed => {
                    "processing the file on the server"
                }
                Stage::Cancelled => "cancelled",
            },
            Phase::Checking(_) => "lost the connection",
            Phase::Waiting(waiting) => {
                let resumes = self.machine.resumes();
                return waiting.state_msg(if resumes { "trying again" } else { "starting over" });
            }
            Phase::Paused => "paused",
            Phase::Comparing => COMPARING,
            Phase::Finished => self.removal.state_msg(),
            Phase::Cancelled { untold } => return self.cancelled_msg(untold.is_none()),
            Phase::Failed(error) => return joined(&["failed: ", &error.words()]),
        };
        words.to_owned()
    }

    fn cancelled_msg(&self, told: bool) -> String {
        let reason = self.cancel.as_ref().map_or("", |cancel| &cancel.reason);
        let but = if told { "" } else { " (the server does not know it yet)" };
        joined(&["cancelled", but, ": ", reason])
    }
}

fn is_unlinked(stage: Stage) -> bool {
    matches!(stage, Stage::Idle | Stage::Hashing | Stage::Connecting)
}
