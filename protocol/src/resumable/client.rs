//! The browser's side.

use super::dialect::Dialect;
use super::wire::Wire;
use crate::http::{RequestId, Response};
use crate::options::{Job, RawOptions};
use crate::pieces::Layout;
use crate::random::random_uuid;
use crate::transfer::{Transfer, Trust};
use crate::{Action, Checkpoint, Error, Event, Machine, Md5, Progress, Stage};

/// The chunk size of both originals, 1 MiB.
const DEFAULT_CHUNK: u64 = 1024 * 1024;
/// How many requests both originals have on their way at a time.
const DEFAULT_SIMULTANEOUS: u64 = 3;

/// The client's side of one upload.
#[derive(Debug)]
pub struct Client {
    wire: Wire,
    dialect: Dialect,
    transfer: Transfer,
    simultaneous: u64,
    successes: Vec<u16>,
    permanent_errors: Vec<u16>,
    /// What the caller does not list as permanent passes.
    has_own_list: bool,
    tests: Tests,
}

/// Which chunks to ask about before they are sent.
#[derive(Debug, Default)]
struct Tests {
    /// For each request on its way: whether it asks or sends.
    asking: Vec<RequestId>,
    /// Chunks below this one are known: they are on the server, or missing.
    known_below: u64,
    /// How many are missing that an earlier page may not have begun.
    missing: u64,
    found: bool,
    are_wanted: bool,
    /// An earlier page has begun chunks below this one, and maybe a few more.
    are_due: bool,
    begun_below: u64,
}

impl Client {
    /// An upload that has not begun. The seed makes its identifier, unless the job has one or may go on
    /// with what an earlier page has begun.
    ///
    /// # Errors
    /// A misuse that names the option that is unknown or wrong.
    pub fn new(dialect: Dialect, mut job: Job, seed: u64) -> Result<Client, Error> {
        let mut own = std::mem::take(&mut job.options.own);
        let are_wanted = own.flag("test_chunks", false);
        // Only who looks for what an earlier page has sent needs a name that can be guessed.
        if job.ticket.is_none() && !job.options.resume && !are_wanted {
            job.ticket = Some(random_uuid(seed));
        }
        let wire = Wire::new(dialect, &job, &mut own);
        let layout = Layout {
            size: job.size,
            chunk_size: job.options.chunk_size.unwrap_or(DEFAULT_CHUNK),
            large_last: !own.flag("force_chunk_size", false),
        };
        let simultaneous = Transfer::simultaneous(&mut own, DEFAULT_SIMULTANEOUS);
        let successes = statuses(&mut own, "success_statuses", dialect.successes());
        let has_own_list = own.has_any("permanent_errors");
        let permanent_errors = statuses(&mut own, "permanent_errors", dialect.permanent_errors());
        own.nothing_else()?;
        Transfer::check_layout(&layout)?;
        Ok(Client {
            wire,
            dialect,
            transfer: Transfer::new(
                layout,
                simultaneous,
                job.options.verify,
                Trust::new(job.options.answers, true),
            ),
            simultaneous,
            successes,
            permanent_errors,
            has_own_list,
            tests: Tests { are_wanted, ..Tests::default() },
        })
    }

    /// Has as many requests on their way as there may be.
    fn fill(&mut self) -> Vec<Action> {
        let mut actions = Vec::new();
        while let Some(index) = self.transfer.next_to_begin() {
            if index >= self.tested_below() {
                actions.push(self.ask(index));
            } else if self.transfer.can_send(index) {
                actions.push(self.send(index));
            } else {
                break;
            }
        }
        actions.append(&mut self.transfer.ask_ahead(self.tested_below()));
        actions
    }

    /// Before which chunk there is nothing to ask about.
    fn tested_below(&self) -> u64 {
        let Tests { missing, found, are_wanted, are_due, known_below, .. } = self.tests;
        // Chunks were begun in order, so many at a time: when none of the first is there, no
        // later one is. The same goes for those after the last one that an earlier page has noted.
        let never_begun = missing >= self.simultaneous && !(found && are_wanted);
        // What is there would be found, and is what has to go.
        if (are_wanted || are_due) && !never_begun && !self.transfer.replaces() {
            known_below
        } else {
            u64::MAX
        }
    }

    fn ask(&mut self, index: u64) -> Action {
        let id = self.transfer.begin(index);
        self.tests.asking.push(id);
        self.tests.known_below = self.tests.known_below.max(index + 1);
        let test = self.wire.test(id, self.transfer.pieces.layout(), index);
        self.transfer.request(test, None)
    }

    fn send(&mut self, index: u64) -> Action {
        let id = self.transfer.begin(index);
        self.transfer.pieces.count_sent();
        let upload = self.wire.upload(id, self.transfer.pieces.layout(), index);
        self.transfer.request(upload, Some(index))
    }

    fn answered(&mut self, id: RequestId, response: &Response) -> Result<Vec<Action>, Error> {
        let Some(index) = self.transfer.take(id, response) else { return Ok(Vec::new()) };
        let asked = self.take_question(id);
        if self.transfer.note_damage(index, response) {
            return self.go_on();
        }
        if let Err(error) = self.learn(index, asked, response) {
            self.ask_again(asked);
            if !error.is_transient() {
                return Err(error);
            }
            self.transfer.fail(error);
        }
        self.go_on()
    }

    fn learn(&mut self, index: u64, asked: bool, response: &Response) -> Result<(), Error> {
        if self.successes.contains(&response.status) {
            self.transfer.confirm(index, !asked, response)?;
            self.tests.found |= asked;
        } else if self.is_final(asked, response) {
            if may_have_lost(response.status) {
                self.transfer.forget();
            }
            return Err(Error::Rejected(response.words()));
        } else if asked && !response.may_pass() {
            self.tests.missing += u64::from(index >= self.tests.begun_below);
        } else {
            return Err(response.unavailable());
        }
        Ok(())
    }

    /// Questions end an upload by what is listed only: anything else says that a chunk is not there.
    fn is_final(&self, asked: bool, response: &Response) -> bool {
        let is_listed = self.permanent_errors.contains(&response.status);
        if asked {
            return is_listed && self.dialect.tests_can_fail();
        }
        is_listed || (self.transfer.trust.is_refusal(response) && !self.has_own_list)
    }

    fn lost(&mut self, id: RequestId, error: Error) -> Result<Vec<Action>, Error> {
        let asked = self.take_question(id);
        self.ask_again(asked);
        self.transfer.lost(id, error);
        self.go_on()
    }

    /// What was not answered is asked once more, and with it what is known to be missing.
    fn ask_again(&mut self, asked: bool) {
        if asked {
            (self.tests.known_below, self.tests.missing) = (0, 0);
        }
    }

    fn take_question(&mut self, id: RequestId) -> bool {
        let position = self.tests.asking.iter().position(|other| *other == id);
        position.map(|position| self.tests.asking.swap_remove(position)).is_some()
    }

    fn go_on(&mut self) -> Result<Vec<Action>, Error> {
        if self.transfer.conclude()? {
            self.transfer.stage = Stage::Done;
        }
        Ok(self.fill())
    }
}

impl Machine for Client {
    fn start(&mut self) -> Vec<Action> {
        self.transfer.stage = Stage::Transferring;
        self.go_on().unwrap_or_default()
    }

    fn handle(&mut self, event: Event) -> Result<Vec<Action>, Error> {
        match event {
            Event::Responded(id, response) => self.answered(id, &response),
            Event::RequestLost(id, words) => self.lost(id, Error::Lost(words)),
            Event::RequestFailed(id, error) => self.lost(id, error),
            event => Ok(if self.transfer.note(event) { self.fill() } else { Vec::new() }),
        }
    }

    fn pause(&mut self) -> Vec<Action> {
        vec![Action::HangUp]
    }

    fn cancel(&mut self, _reason: &str) -> Vec<Action> {
        self.transfer.cancel()
    }

    fn hung_up(&mut self) {
        self.ask_again(!self.tests.asking.is_empty());
        self.tests.asking.clear();
        self.transfer.hung_up();
    }

    fn checkpoint(&self) -> Option<Checkpoint> {
        Some(self.transfer.checkpoint(self.wire.identifier()))
    }

    fn takes_identifier(&self) -> bool {
        true
    }

    /// The server may have lost what it had confirmed: it is asked for each chunk.
    fn recall(&mut self, checkpoint: Checkpoint) {
        self.transfer.recall(&checkpoint, 0);
        self.tests = Tests {
            are_wanted: self.tests.are_wanted,
            are_due: checkpoint.is_begun(),
            begun_below: checkpoint.borders().last().copied().unwrap_or(0),
            ..Tests::default()
        };
        self.wire.identify(checkpoint.id);
    }

    fn start_over(&mut self) {
        self.transfer.start_over();
    }

    fn file_digest(&self) -> Option<&Md5> {
        self.transfer.file_digest()
    }

    fn progress(&self) -> Progress {
        self.transfer.progress()
    }
}

/// A server that refuses with such a status may have lost what it had; others only refuse who asks, or
/// what is sent.
fn may_have_lost(status: u16) -> bool {
    matches!(status, 404 | 410 | 500..)
}

fn statuses(own: &mut RawOptions, name: &str, default: &[u16]) -> Vec<u16> {
    let Some(list) = own.list(name) else { return default.to_vec() };
    let mut statuses = Vec::new();
    for item in &list {
        match item.whole().map(u16::try_from) {
            Some(Ok(status)) => statuses.push(status),
            _ => own.reject(name, "an array of HTTP statuses"),
        }
    }
    statuses
}
