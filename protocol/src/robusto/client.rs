//! The browser's side.

use super::wire::{self, Answer, Wire};
use crate::http::{RequestId, Response};
use crate::options::Job;
use crate::pieces::Layout;
use crate::transfer::{Transfer, Trust};
use crate::{Action, Checkpoint, Error, Event, Machine, Md5, Progress, Stage, Verification};

/// How many requests are on their way at a time. The original sends one after the other.
const DEFAULT_SIMULTANEOUS: u64 = 3;

/// The client's side of one upload.
#[derive(Debug)]
pub struct Client {
    wire: Wire,
    transfer: Transfer,
    /// The request whose answer lists everything that the server has, while nothing else is on
    /// its way.
    question: Option<RequestId>,
    /// The server may have the file, but only says so when a chunk comes.
    is_unsure: bool,
    /// The server may keep a file whose MD5 was wrong, and take it for this one.
    is_damaged: bool,
    /// An earlier page has hashed the file.
    is_recalled: bool,
}

impl Client {
    /// An upload that has not begun.
    ///
    /// # Errors
    /// A misuse that names the option that is unknown or wrong.
    pub fn new(mut job: Job) -> Result<Client, Error> {
        let mut own = std::mem::take(&mut job.options.own);
        let layout = Layout {
            size: job.size,
            chunk_size: job.options.chunk_size.unwrap_or_else(|| wire::chunk_size(job.size)),
            large_last: false,
        };
        let simultaneous = Transfer::simultaneous(&mut own, DEFAULT_SIMULTANEOUS);
        if job.options.verify == Some(Verification::Chunks) {
            own.reject("verify", "'none' or 'file', because the server compares whole files,");
        }
        own.nothing_else()?;
        Transfer::check_layout(&layout)?;
        let trust = Trust::new(job.options.answers, false);
        Ok(Client {
            wire: Wire::new(job),
            transfer: Transfer::new(layout, simultaneous, None, trust),
            question: None,
            is_unsure: false,
            is_damaged: false,
            is_recalled: false,
        })
    }

    fn layout(&self) -> Layout {
        self.transfer.pieces.layout()
    }

    /// The file turns out to be another one than an earlier page has hashed if the MD5 is not that
    /// under which it is sent.
    fn hashed(&mut self, md5: Md5) -> Result<Vec<Action>, Error> {
        let is_other = self.wire.md5().is_some_and(|known| *known != md5);
        if !is_other {
            self.wire.know(md5);
        } else if self.transfer.stage != Stage::Done {
            self.start_over();
            return Err(Error::ChecksumMismatch(0..self.layout().size));
        }
        Ok(if self.transfer.stage == Stage::Hashing { self.ask() } else { Vec::new() })
    }

    fn ask(&mut self) -> Vec<Action> {
        self.transfer.stage = Stage::Negotiating;
        let id = self.transfer.new_id();
        self.question = Some(id);
        vec![Action::Request(self.wire.ask(id))]
    }

    /// Sends a chunk once more, to be told about the whole file.
    fn probe(&mut self) -> Action {
        self.is_unsure = false;
        let id = self.transfer.new_id();
        self.question = Some(id);
        Action::Request(self.wire.upload(id, self.layout(), 0))
    }

    fn go_on(&mut self) -> Result<Vec<Action>, Error> {
        let mut actions = Vec::new();
        if self.transfer.stage == Stage::Done {
            return Ok(actions);
        }
        let is_complete = self.transfer.conclude()?;
        if (is_complete || self.is_unsure) && self.transfer.pieces.on_their_way() == 0 {
            actions.push(self.probe());
            return Ok(actions);
        }
        while let Some(index) = self.transfer.next_to_begin() {
            // A server that keeps the damaged file shows it by calling this one complete too early.
            if self.is_damaged && self.transfer.pieces.on_their_way() > 0 {
                break;
            }
            let id = self.transfer.begin(index);
            self.transfer.pieces.count_sent();
            actions.push(Action::Request(self.wire.upload(id, self.layout(), index)));
        }
        Ok(actions)
    }

    /// A request is over, with an answer or without. What may pass ends the attempt only when
    /// nothing is on its way.
    fn over(
        &mut self,
        id: RequestId,
        answered: Result<Response, Error>,
    ) -> Result<Vec<Action>, Error> {
        let index = self.transfer.pieces.take(id);
        if index.is_none() && self.question.take_if(|question| *question == id).is_none() {
            return Ok(Vec::new());
        }
        match answered.and_then(|response| self.learn(index, &response)) {
            Ok(()) => {}
            Err(error) if error.is_transient() => self.transfer.fail(error),
            Err(error) => return Err(error),
        }
        self.go_on()
    }

    fn learn(&mut self, index: Option<u64>, response: &Response) -> Result<(), Error> {
        self.transfer.trust.heard(response);
        if matches!(response.status, 200..=299) {
            self.transfer.trust.check(response)?;
        } else if response.refuses() {
            return Err(self.transfer.trust.refused(response.words()));
        }
        let list = match Answer::read(response)? {
            Answer::Complete(_) => return self.complete(index, response),
            Answer::Error(words) => return Err(self.refusal(words)),
            Answer::Partial(list) => list,
            Answer::New => "",
        };
        let was_asked = self.transfer.stage == Stage::Negotiating;
        self.transfer.stage = Stage::Transferring;
        let pieces = &mut self.transfer.pieces;
        if was_asked && list.is_empty() && pieces.acknowledged() > 0 {
            self.is_unsure = true;
            return Ok(());
        }
        if index.is_none() {
            pieces.forget();
        }
        let mut has_it = was_asked;
        for number in wire::numbers(list) {
            pieces.confirm(number);
            has_it |= index == Some(number);
        }
        if has_it { Ok(()) } else { self.doubt(index, response) }
    }

    /// The server has not kept a chunk, or has all of them and no file.
    fn doubt(&mut self, index: Option<u64>, response: &Response) -> Result<(), Error> {
        let found = response.words();
        if self.transfer.doubt() {
            return Err(Error::Misbehaved { expected: "that chunks are kept", found });
        }
        if index.is_some() { Err(response.unavailable()) } else { Ok(()) }
    }

    fn complete(&mut self, index: Option<u64>, response: &Response) -> Result<(), Error> {
        let pieces = &mut self.transfer.pieces;
        if let Some(index) = index {
            pieces.confirm(index);
        }
        let is_sent = self.transfer.stage == Stage::Transferring;
        if is_sent && self.is_damaged && pieces.next_missing().is_some() {
            let found = response.words();
            return Err(Error::Misbehaved { expected: "the damaged file to be gone", found });
        }
        (0..pieces.layout().count()).for_each(|index| pieces.confirm(index));
        self.transfer.stage = Stage::Done;
        Ok(())
    }

    fn refusal(&mut self, words: &str) -> Error {
        if words.starts_with("Could not") {
            return Error::Unavailable(words.to_owned());
        }
        if words == wire::MISMATCH {
            self.transfer.pieces.forget();
            if self.is_recalled {
                self.start_over();
                return Error::ChecksumMismatch(0..self.layout().size);
            }
            self.is_damaged = true;
            if !self.transfer.doubt() {
                return Error::ChecksumMismatch(0..self.layout().size);
            }
        }
        Error::Rejected(words.to_owned())
    }
}

impl Machine for Client {
    fn start(&mut self) -> Vec<Action> {
        if self.wire.is_ready() {
            return self.ask();
        }
        self.transfer.stage = Stage::Hashing;
        vec![Action::Digest(0..self.layout().size)]
    }

    fn handle(&mut self, event: Event) -> Result<Vec<Action>, Error> {
        match event {
            Event::Digested(range, md5) if range == (0..self.layout().size) => {
                return self.hashed(md5);
            }
            Event::Responded(id, response) => return self.over(id, Ok(response)),
            Event::RequestLost(id, words) => return self.over(id, Err(Error::Lost(words))),
            Event::RequestFailed(id, error) => return self.over(id, Err(error)),
            Event::Loaded(id, bytes) => self.transfer.pieces.loaded(id, bytes),
            _ => {}
        }
        Ok(Vec::new())
    }

    fn pause(&mut self) -> Vec<Action> {
        vec![Action::HangUp]
    }

    fn cancel(&mut self, _reason: &str) -> Vec<Action> {
        self.transfer.cancel()
    }

    fn hung_up(&mut self) {
        self.question = None;
        self.is_unsure = false;
        self.transfer.hung_up();
    }

    /// The server has compared what it has with the MD5 of an earlier page, which may be wrong.
    fn start_over(&mut self) {
        if std::mem::take(&mut self.is_recalled) {
            self.wire.forget();
        }
        self.transfer.start_over();
    }

    fn checkpoint(&self) -> Option<Checkpoint> {
        self.wire.md5().map(|md5| self.transfer.checkpoint(md5.as_str()))
    }

    /// The server says what it has when it is asked.
    fn recall(&mut self, checkpoint: Checkpoint) {
        let Some(md5) = Md5::parse(&checkpoint.id) else { return };
        if checkpoint.is_begun() {
            self.wire.know(md5);
            self.is_recalled = true;
            self.transfer.recall(&checkpoint, u64::MAX);
        }
    }

    /// A server that calls a file complete has compared it.
    fn file_digest(&self) -> Option<&Md5> {
        self.wire.md5()
    }

    fn progress(&self) -> Progress {
        self.transfer.progress()
    }
}
