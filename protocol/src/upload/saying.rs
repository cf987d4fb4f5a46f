//! What is going on, as one word and for a person.

use super::resuming::Question;
use super::seen::is_unlinked;
use super::{Phase, Upload};
use crate::{Stage, State, joined};

const COMPARING: &str = "comparing the file with what arrived";

impl Upload {
    /// What is going on, as one word.
    pub(super) fn state(&self) -> State {
        match &self.phase {
            Phase::Ready => State::Ready,
            Phase::Resuming(_) => State::Waiting,
            Phase::Running if self.cancel.is_some() => State::Cancelling,
            Phase::Running => state_of(self.machine.progress().stage),
            Phase::Waiting(waiting) if waiting.is_offline() => State::Waiting,
            Phase::Checking(_) | Phase::Waiting(_) => State::Retrying,
            Phase::Paused => State::Paused,
            Phase::Comparing => State::HandingOver,
            Phase::Finished => State::Finished,
            Phase::Cancelled { .. } => State::Cancelled,
            Phase::Failed(_) => State::Failed,
        }
    }

    /// What is going on, for a person.
    pub(super) fn state_msg(&self) -> String {
        let words = match &self.phase {
            Phase::Ready => "not yet started",
            Phase::Resuming(question) => asking(*question),
            Phase::Running if self.cancel.is_some() => "cancelling",
            Phase::Running => self.running(),
            Phase::Checking(error) => return super::waiting::why(error),
            Phase::Waiting(waiting) => {
                let resumes = self.machine.resumes();
                let how = if resumes { "trying again" } else { "starting over" };
                return waiting.state_msg(self.last_error.as_ref(), how);
            }
            Phase::Paused if self.will_start_over() => {
                "paused; the connection is gone, so that it will start over"
            }
            Phase::Paused => "paused",
            Phase::Comparing => COMPARING,
            Phase::Finished => self.removal.state_msg(),
            Phase::Cancelled { untold } => return self.cancelled(untold.is_none()),
            Phase::Failed(error) => return joined(&["failed: ", &error.words()]),
        };
        words.to_owned()
    }

    fn running(&self) -> &'static str {
        match self.machine.progress().stage {
            Stage::Idle | Stage::Connecting => "connecting to the server",
            Stage::Hashing => "reading the file",
            Stage::Negotiating => "agreeing with the server on how to go on",
            Stage::Transferring if self.is_everything_sent() => {
                "everything is sent, waiting for the server"
            }
            Stage::Transferring => "sending the file",
            Stage::HandingOver if self.hashing.is_on() => COMPARING,
            Stage::HandingOver | Stage::Done | Stage::Removed => {
                "processing the file on the server"
            }
            Stage::Cancelled => "cancelled",
        }
    }

    /// Every byte of the file has left the browser, and some are not confirmed.
    fn is_everything_sent(&self) -> bool {
        let progress = self.machine.progress();
        let has_left = progress.sent == self.bytes_total && self.link.waiting == 0;
        has_left && progress.acknowledged < self.bytes_total
    }

    /// What was sent is lost with its connection.
    fn will_start_over(&self) -> bool {
        let has_begun = !self.resuming.is_due;
        has_begun && !self.machine.resumes() && is_unlinked(self.machine.progress().stage)
    }

    fn cancelled(&self, told: bool) -> String {
        let reason = self.cancel.as_ref().map_or("", |cancel| &cancel.reason);
        let but = if told { "" } else { " (the server does not know it yet)" };
        joined(&["cancelled", but, ": ", reason])
    }
}

fn state_of(stage: Stage) -> State {
    match stage {
        Stage::Idle | Stage::Connecting | Stage::Negotiating => State::Connecting,
        Stage::Hashing => State::Hashing,
        Stage::Transferring => State::Uploading,
        Stage::HandingOver | Stage::Done | Stage::Removed => State::HandingOver,
        Stage::Cancelled => State::Cancelling,
    }
}

fn asking(question: Question) -> &'static str {
    match question {
        Question::IsFree(true) => "waiting: another page is sending this file",
        Question::WhichId => "asking for an upload id",
        _ => "looking for what is there from before",
    }
}
