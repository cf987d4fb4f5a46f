//! Before the first attempt it may have to be found out what an earlier page has left.

use super::{Phase, Step, Upload};
use crate::{Action, Checkpoint, Error, Event, Json, Options};

/// Whether it has to be found out under which id, and from where on, a file is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recall {
    /// No: the caller has said so.
    Unwanted,
    /// Yes, and nothing is known of the upload until then.
    Due,
    /// Yes, once more: another page may have gone on, or what was found was of no use.
    DueAgain,
    /// An earlier page had begun the upload.
    Begun,
    /// Nobody had.
    New,
}

impl Recall {
    pub(super) fn new(options: &Options) -> Recall {
        if options.resume || options.asks_id { Recall::Due } else { Recall::Unwanted }
    }

    /// True until it is known. The upload may be that of another page by then.
    pub(super) fn is_due(self) -> bool {
        matches!(self, Recall::Due | Recall::DueAgain)
    }
}

impl Upload {
    /// What has to be kept so that another page can go on. `None` if nothing can be: the protocol
    /// cannot go on, the upload has no id yet, or the server does not know it any more.
    pub fn checkpoint(&self) -> Option<Json> {
        let kept = self.machine.checkpoint().filter(|_| self.recall != Recall::Due);
        kept.as_ref().map(Checkpoint::to_json)
    }

    /// True if something has to be found out first, which is being done then.
    pub(super) fn asks_back(&mut self, steps: &mut Vec<Step>) -> bool {
        let is_due = self.recall.is_due();
        if is_due {
            self.phase = Phase::Recalling { is_occupied: false };
            self.perform(vec![Action::Recall], steps);
        }
        is_due
    }

    pub(super) fn recall(&mut self, event: Event, steps: &mut Vec<Step>) {
        let found = match event {
            Event::Recalled(found) => found,
            Event::Occupied => return self.phase = Phase::Recalling { is_occupied: true },
            Event::Refused(why) => return self.end(Phase::Failed(Error::Misuse(why)), steps),
            Event::FileUnreadable(why) => return self.fail(Error::FileChanged(why), steps),
            Event::RequestLost(_, why) => return self.fail(Error::Lost(why), steps),
            Event::NotDigested(why) => return self.fail(self.hashing.failure(&why), steps),
            _ => return,
        };
        self.recall = Recall::New;
        if let Some(found) = found.as_ref().and_then(Checkpoint::from_json) {
            if found.is_begun() {
                self.recall = Recall::Begun;
            }
            self.machine.recall(found);
        }
        self.begin(steps);
    }

    /// True if an error only means that the server does not know any more what an earlier page
    /// had begun.
    pub(super) fn is_forgotten(&self, error: &Error) -> bool {
        self.recall == Recall::Begun
            && matches!(error, Error::Rejected(_))
            && self.machine.checkpoint().is_none()
    }

    /// After an error another page may go on.
    pub(super) fn ask_again(&mut self) {
        if matches!(self.recall, Recall::Begun | Recall::New) {
            self.recall = Recall::DueAgain;
        }
    }
}
