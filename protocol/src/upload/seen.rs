//! What the page sees of an upload, and when it is told.

use super::{Phase, Removal, Step, Upload};
use crate::{Action, Error, Notice, Outcome, Stage, View};

impl Upload {
    /// What the page sees.
    pub fn view(&self) -> View {
        let progress = self.machine.progress();
        let is_running = matches!(self.phase, Phase::Running);
        let is_pending =
            self.phase.is_between_attempts() || matches!(self.phase, Phase::Resuming(_));
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
            state: self.state(),
            state_msg: self.state_msg(),
            last_error: self.last_error.clone(),
            resumable: self.is_resumable(),
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
        let attempt = self.attempt;
        let mut tell = |action| steps.push(Step { attempt, action });
        // Settled first: a callback that starts anew begins another run.
        if let Some(outcome) = outcome {
            tell(Action::Settle(outcome));
        }
        tell(Action::Notify(Notice::Progress));
        for (is_due, notice) in [
            (has_failed, Notice::Failed),
            (has_finished, Notice::Finished),
            (was_cancelled, Notice::Cancelled),
        ] {
            if is_due {
                tell(Action::Notify(notice));
            }
        }
        self.shown = view;
    }

    #[expect(clippy::cast_precision_loss, reason = "a fraction needs no more than 53 bits")]
    fn fraction(&self) -> f64 {
        if self.bytes_total > 0 {
            return self.machine.progress().acknowledged as f64 / self.bytes_total as f64;
        }
        if self.is_with_server() { 1.0 } else { 0.0 }
    }

    pub(super) fn error(&self) -> Option<&Error> {
        match &self.phase {
            Phase::Failed(error) => Some(error),
            Phase::Cancelled { untold } => untold.as_ref(),
            Phase::Finished => self.removal.error(),
            _ => None,
        }
    }
}

pub(super) fn is_unlinked(stage: Stage) -> bool {
    matches!(stage, Stage::Idle | Stage::Hashing | Stage::Connecting)
}
