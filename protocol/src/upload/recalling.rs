//! Before the first attempt it may have to be found out what an earlier page has left.

use super::{Phase, Step, Upload};
use crate::{Action, Checkpoint, Error, Event, Json, Options};

/// Whether it has to be found out under which id, and from where on, a file is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recall {
    /// The caller has said so.
    Unwanted,
    /// Yes, and nothing is known of the upload until then.
    Due,
    /// Yes, once more: another page may have gone on, or what was found was of no use.
    DueAgain,
    /// It is known. True if an earlier page had begun.
    Known { by_checkpoint: bool },
}

impl Recall {
    pub(super) fn new(options: &Options) -> Recall {
        if options.resume || options.asks_id { Recall::Due } else { Recall::Unwanted }
    }

    pub(super) fn is_due(self) -> bool {
        matches!(self, Recall::Due | Recall::DueAgain)
    }
}

impl Upload {
    /// What has to be kept so that another page can go on. `None` if nothing can be: the protocol
    /// cannot go on, the upload has no id yet, or the server does not know it any more.
    pub fn checkpoint(&self) -> Option<Json> {
        let kept = self.machine.checkpoint().filter(|_| self.recall != Recall::Due);
        kept.map(|checkpoint| checkpoint.to_json())
    }

    pub(super) fn ask_back(&mut self, steps: &mut Vec<Step>) {
        self.phase = Phase::Recalling { is_occupied: false };
        self.perform(vec![Action::Recall], steps);
    }

    pub(super) fn recall(&mut self, event: Event, steps: &mut Vec<Step>) {
        let by_checkpoint = matches!(event, Event::Recalled(Some(_)));
        match event {
            Event::Recalled(Some(checkpoint)) => self.machine.recall(&checkpoint),
            Event::Recalled(None) => {}
            Event::Named(id) => self.machine.recall(&Checkpoint::new(&id)),
            Event::Occupied => return self.phase = Phase::Recalling { is_occupied: true },
            Event::Refused(why) => return self.end(Phase::Failed(Error::Misuse(why)), steps),
            Event::FileUnreadable(why) => return self.fail(Error::FileChanged(why), steps),
            Event::NotDigested(why) => return self.fail(self.hashing.failure(&why), steps),
            _ => return,
        }
        self.recall = Recall::Known { by_checkpoint };
        self.begin(steps);
    }

    /// True if an error only means that the server does not know any more what an earlier page
    /// had begun.
    pub(super) fn is_forgotten(&self, error: &Error) -> bool {
        self.recall == Recall::Known { by_checkpoint: true }
            && matches!(error, Error::Rejected(_))
            && self.machine.checkpoint().is_none()
    }
}
