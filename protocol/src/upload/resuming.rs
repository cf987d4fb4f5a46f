//! Before the first attempt it may have to be found out under which id, and from where on, a file is
//! sent: which file it is, whether another page sends it, what an earlier page has left, and if there
//! is nothing, under which id the caller wants it to begin.

use super::{Phase, Step, Upload};
use crate::pieces::Layout;
use crate::{Action, Checkpoint, Error, Event, Kept, Options, joined};

/// How often which file it is may fail to be found out before the upload goes on without.
const MOST_FAILURES: u32 = 3;
/// How often in a row a server may forget an upload of which it has confirmed nothing.
const MOST_FORGOTTEN: u32 = 5;

/// A new upload: nobody has cut the file.
const UNCUT: Layout = Layout { size: 0, chunk_size: 0, large_last: false };

/// What is being found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// Which file is it?
    WhichFile,
    /// Does another page send it? True once there is one.
    IsFree(bool),
    /// What has an earlier page left?
    WhatIsLeft,
    /// Under which id does it begin?
    WhichId,
}

/// What is known of an upload that goes on where another page has left it, or whose id is asked for.
#[derive(Debug)]
pub(super) struct Resuming {
    /// What earlier pages have left counts.
    pub(super) is_wanted: bool,
    /// The id is not known before the start.
    asks_id: bool,
    /// Something has to be found out before the next attempt.
    pub(super) is_due: bool,
    /// The id that the caller has said at once.
    ticket: Option<String>,
    /// It is known which file it is; by this it is told from others where no id is chosen.
    is_identified: bool,
    identifier: Option<String>,
    /// How often that could not be found out.
    failures: u32,
    /// No other page sends the file.
    pub(super) is_held: bool,
    /// What the caller has answered when it was asked for an id.
    id: Option<Option<String>>,
    /// It has not answered yet.
    is_asking: bool,
    /// The machine has an upload to go on with.
    pub(super) has_begun: bool,
    /// An earlier page has begun it.
    was_found: bool,
    /// The server has known it under its id.
    is_known: bool,
    /// The server does not know it any more, so that what is left is of no use.
    is_lost: bool,
    /// How often in a row it was forgotten.
    forgotten: u32,
}

impl Resuming {
    pub(super) fn new(options: &Options, ticket: Option<String>) -> Resuming {
        Resuming {
            is_wanted: options.resume,
            asks_id: options.asks_id,
            is_due: options.resume || options.asks_id,
            ticket,
            is_identified: false,
            identifier: None,
            failures: 0,
            is_held: false,
            id: None,
            is_asking: false,
            has_begun: false,
            was_found: false,
            is_known: false,
            is_lost: false,
            forgotten: 0,
        }
    }

    fn next_question(&self) -> Question {
        match self {
            Resuming { is_wanted: false, .. } | Resuming { is_lost: true, .. } => Question::WhichId,
            Resuming { is_identified: false, .. } => Question::WhichFile,
            Resuming { is_held: false, .. } => Question::IsFree(false),
            _ => Question::WhatIsLeft,
        }
    }

    /// The machine goes on with another upload than before.
    fn begin_anew(&mut self, was_found: bool) {
        (self.was_found, self.is_known) = (was_found, was_found);
    }

    /// More bytes are confirmed than ever before under this id.
    pub(super) fn earn_back(&mut self) {
        self.forgotten = 0;
    }

    /// After an error another page may go on.
    pub(super) fn ask_again(&mut self) {
        self.is_due |= self.is_wanted;
        self.is_lost = false;
    }
}

impl Upload {
    /// Finds out what has to be known before the next attempt, and then begins it.
    pub(super) fn ask_back(&mut self, steps: &mut Vec<Step>) {
        self.ask(self.resuming.next_question(), steps);
    }

    fn ask(&mut self, question: Question, steps: &mut Vec<Step>) {
        let action = match question {
            Question::WhichId => return self.ask_for_id(steps),
            Question::WhichFile => Action::Identify,
            Question::IsFree(_) => Action::Hold,
            Question::WhatIsLeft => Action::Recall,
        };
        self.phase = Phase::Resuming(question);
        self.act(action, steps);
    }

    /// Hears an answer to what was asked.
    pub(super) fn resume(&mut self, event: Event, steps: &mut Vec<Step>) {
        let Phase::Resuming(question) = self.phase else { return };
        match (question, event) {
            (_, Event::FileUnreadable(why)) => self.fail(Error::FileChanged(why), steps),
            (_, Event::Failed(error)) => self.fail(error, steps),
            (Question::WhichFile, Event::Identified(identifier)) => {
                self.resuming.is_identified = true;
                self.resuming.identifier = identifier;
                self.ask(Question::IsFree(false), steps);
            }
            (Question::WhichFile, Event::NotDigested(why)) => self.cannot_identify(why, steps),
            (Question::IsFree(_), Event::Occupied) => {
                self.phase = Phase::Resuming(Question::IsFree(true));
            }
            (Question::IsFree(_), Event::Held) => {
                self.resuming.is_held = true;
                self.ask(Question::WhatIsLeft, steps);
            }
            (Question::WhatIsLeft, Event::Recalled(found)) => self.recalled(found, steps),
            _ => {}
        }
    }

    fn cannot_identify(&mut self, why: String, steps: &mut Vec<Step>) {
        self.resuming.failures += 1;
        if self.resuming.failures < MOST_FAILURES {
            return self.fail(Error::Lost(why), steps);
        }
        self.resuming.is_wanted = false;
        self.ask(Question::WhichId, steps);
    }

    fn recalled(&mut self, found: Option<Kept>, steps: &mut Vec<Step>) {
        // Nobody else has gone on since the last attempt.
        if self.resuming.has_begun && found == self.keeping.kept {
            return self.go(steps);
        }
        self.keeping.find(found.clone());
        match found {
            Some(Kept { checkpoint, .. }) => {
                let is_begun = checkpoint.is_begun();
                self.machine.recall(checkpoint);
                let is_taken = self.machine.checkpoint().is_some();
                self.resuming.begin_anew(is_begun && is_taken);
                self.go(steps);
            }
            None => self.ask(Question::WhichId, steps),
        }
    }

    /// Nobody is asked twice: not as long as there is no answer, and not after it.
    fn ask_for_id(&mut self, steps: &mut Vec<Step>) {
        if !self.resuming.asks_id {
            return self.begin_under(self.resuming.ticket.clone(), steps);
        }
        if let Some(id) = self.resuming.id.clone() {
            return self.begin_under(id, steps);
        }
        self.phase = Phase::Resuming(Question::WhichId);
        if !std::mem::replace(&mut self.resuming.is_asking, true) {
            self.act(Action::AskId, steps);
        }
    }

    /// Hears what the caller says about the id, which may come at any moment. True if it was that.
    pub(super) fn hears_of_id(&mut self, event: &Event, steps: &mut Vec<Step>) -> bool {
        let answer = match event {
            Event::Named(id) => Ok(id.clone()),
            Event::NotNamed(Error::Postponed(why)) => {
                Err(Error::Postponed(joined(&["the function for the upload id failed: ", why])))
            }
            Event::NotNamed(error) => Err(error.clone()),
            _ => return false,
        };
        if !std::mem::take(&mut self.resuming.is_asking) {
            return true;
        }
        let is_waiting = self.phase.asks(Question::WhichId);
        match answer {
            Ok(id) => {
                self.resuming.id = Some(id.clone());
                if is_waiting {
                    self.begin_under(id, steps);
                }
            }
            Err(error) if is_waiting => self.fail(error, steps),
            Err(_) => {}
        }
        true
    }

    /// Begins a new upload.
    fn begin_under(&mut self, id: Option<String>, steps: &mut Vec<Step>) {
        let identifier = self.resuming.identifier.clone();
        let identifier = identifier.filter(|_| self.machine.takes_identifier());
        let known = self.machine.checkpoint().filter(|_| self.resuming.is_known);
        self.resuming.begin_anew(false);
        if let Some(id) = id.filter(|id| !id.is_empty()).or(identifier) {
            self.resuming.is_known = known.is_some_and(|known| known.id == id);
            self.machine.recall(Checkpoint::new(&id, UNCUT, &[]));
        }
        self.go(steps);
    }

    /// All is known: the upload goes on, and what it gets to is kept.
    fn go(&mut self, steps: &mut Vec<Step>) {
        let resuming = &mut self.resuming;
        (resuming.is_due, resuming.has_begun, resuming.is_lost) = (false, true, false);
        self.keeping.is_watching = resuming.is_held;
        self.attempt_now(steps);
        if self.keeping.is_watching {
            self.watch_what_is_kept(steps);
        }
    }

    /// Takes note of a server that knows what it is sent.
    pub(super) fn note_known(&mut self) {
        // To work a checkpoint out takes longer for more chunks.
        if !self.resuming.is_known {
            self.resuming.is_known = self.machine.checkpoint().is_some();
        }
    }

    /// True if an error only means that the server does not know any more what it has known, and
    /// another id can be had.
    pub(super) fn is_forgotten(&self, error: &Error) -> bool {
        let Resuming { asks_id, was_found, is_known, forgotten, .. } = self.resuming;
        matches!(error, Error::Rejected(_))
            && self.machine.checkpoint().is_none()
            && (was_found || asks_id && is_known)
            && forgotten < MOST_FORGOTTEN
    }

    /// Begins another upload in place of the one that the server has forgotten.
    pub(super) fn begin_another(&mut self, steps: &mut Vec<Step>) {
        self.furthest = 0;
        if self.resuming.is_wanted {
            self.forget(steps);
        }
        let resuming = &mut self.resuming;
        resuming.forgotten += 1;
        resuming.begin_anew(false);
        (resuming.is_due, resuming.has_begun, resuming.is_lost) = (true, false, true);
        resuming.id = None;
        self.phase = Phase::Resuming(Question::WhichId);
        self.act(Action::HangUp, steps);
        self.ask_for_id(steps);
    }
}
