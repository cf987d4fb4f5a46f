//! After the end: the server is asked to remove what was delivered.

use super::{Phase, Step, Upload};
use crate::{Action, Error, Event, Stage, Wake};

/// Whether the delivered file is to be removed.
#[derive(Debug)]
pub(super) enum Removal {
    Unwanted,
    Asked,
    Done,
    Failed(Error),
}

impl Removal {
    pub(super) fn error(&self) -> Option<&Error> {
        match self {
            Removal::Failed(error) => Some(error),
            Removal::Unwanted | Removal::Asked | Removal::Done => None,
        }
    }

    pub(super) fn state_msg(&self) -> &'static str {
        match self {
            Removal::Unwanted => "all done",
            Removal::Asked => "removing the file from the server",
            Removal::Done => "removed from the server",
            Removal::Failed(_) => "all done, but the file could not be removed",
        }
    }
}

impl Upload {
    /// Has the file that was delivered removed from the server. Without effect while that is
    /// under way and after it.
    ///
    /// # Errors
    /// A misuse before the file is delivered, and what the protocol does not support.
    pub fn remove(&mut self) -> Result<Vec<Step>, Error> {
        if !self.machine.can_remove() {
            return Err(Error::Unsupported("remove".to_owned()));
        }
        if !matches!(self.phase, Phase::Finished) {
            return Err(Error::Misuse("only what is finished can be removed".to_owned()));
        }
        let mut steps = Vec::new();
        if self.can_remove() {
            self.removal = Removal::Asked;
            let actions = self.machine.remove();
            self.perform(actions, &mut steps);
            self.watch(self.stall_timeout, &mut steps);
        }
        self.notify(&mut steps);
        Ok(steps)
    }

    pub(super) fn can_remove(&self) -> bool {
        matches!(self.phase, Phase::Finished)
            && self.machine.can_remove()
            && !matches!(self.removal, Removal::Asked | Removal::Done)
    }

    pub(super) fn hear_of_removal(&mut self, event: Event, steps: &mut Vec<Step>) {
        if !matches!(self.removal, Removal::Asked) {
            return;
        }
        let heard = match event {
            Event::Woke(Wake::Stall) => Err(Error::TimedOut(self.stall_timeout)),
            Event::Failed(error) => Err(error),
            event => self.machine.handle(event),
        };
        self.removal = match heard {
            Err(error) => Removal::Failed(error),
            Ok(_) if self.machine.progress().stage == Stage::Removed => Removal::Done,
            Ok(_) => return,
        };
        self.act(Action::HangUp, steps);
    }
}
