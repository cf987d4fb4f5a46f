//! The browser's side.

use std::time::Duration;

use super::wire::Wire;
use crate::http::{RequestId, Response};
use crate::options::Job;
use crate::pieces::Layout;
use crate::transfer::{Transfer, Trust};
use crate::{Action, Checkpoint, Error, Event, Json, Machine, Md5, Progress, Stage, Wake};

/// The chunk size of the original.
const DEFAULT_CHUNK: u64 = 2_000_000;
/// How many requests the original has on their way at a time, if not one after the other.
const DEFAULT_SIMULTANEOUS: u64 = 3;
/// How long a server may take to put the chunks together.
const FINISHED_WITHIN: Duration = Duration::from_secs(120);

/// The client's side of one upload.
#[derive(Debug)]
pub struct Client {
    wire: Wire,
    transfer: Transfer,
    is_chunked: bool,
    requires_success: bool,
    /// The request that carries no bytes: to put the chunks together, or to remove the file.
    aside: Option<RequestId>,
}

impl Client {
    /// An upload that has not begun. The seed makes its uuid, unless the job has a ticket.
    ///
    /// # Errors
    /// A misuse that names the option that is unknown or wrong.
    pub fn new(mut job: Job, seed: u64) -> Result<Client, Error> {
        let mut own = std::mem::take(&mut job.options.own);
        let chunk_size = job.options.chunk_size;
        let resumes = job.options.resume;
        let wants_chunks = own.flag("chunking", chunk_size.is_some() || resumes);
        if resumes && !wants_chunks {
            own.reject("chunking", "true, because only chunks can be resumed,");
        }
        let is_mandatory = own.flag("mandatory", false);
        let chunk_size = chunk_size.unwrap_or(DEFAULT_CHUNK);
        let is_chunked = wants_chunks && (is_mandatory || job.size > chunk_size);
        let chunk_size = if is_chunked { chunk_size } else { job.size.max(1) };
        let is_concurrent = own.flag("concurrent", false);
        let default = if is_concurrent { DEFAULT_SIMULTANEOUS } else { 1 };
        let simultaneous = Transfer::simultaneous(&mut own, default);
        let requires_success = own.flag("require_success_json", true);
        let wire = Wire::new(&job, &mut own, is_chunked, seed);
        own.nothing_else()?;
        let layout = Layout { size: job.size, chunk_size, large_last: false };
        Transfer::check_layout(&layout)?;
        let trust = Trust::new(job.options.answers, !requires_success);
        Ok(Client {
            wire,
            transfer: Transfer::new(layout, simultaneous, job.options.verify, trust),
            is_chunked,
            requires_success,
            aside: None,
        })
    }

    /// Has as many requests on their way as there may be. Without a success endpoint a server may
    /// take the last chunk for the end, so that it has to be the last.
    fn fill(&mut self) -> Vec<Action> {
        let mut actions = Vec::new();
        let layout = self.transfer.pieces.layout();
        while let Some(index) = self.transfer.next_to_begin() {
            let is_last = index + 1 == layout.count() && self.wire.success_endpoint().is_none();
            let has_to_wait = is_last && self.transfer.pieces.on_their_way() > 0;
            if has_to_wait || !self.transfer.can_send(index) {
                break;
            }
            let id = self.transfer.begin(index);
            self.transfer.pieces.count_sent();
            actions.push(self.transfer.request(self.wire.upload(id, layout, index), Some(index)));
        }
        actions.extend(self.transfer.ask_ahead(u64::MAX));
        actions
    }

    fn go_on(&mut self) -> Result<Vec<Action>, Error> {
        if !self.transfer.conclude()? {
            return Ok(self.fill());
        }
        let Some(url) = self.wire.success_endpoint() else {
            self.transfer.stage = Stage::Done;
            return Ok(Vec::new());
        };
        let id = self.transfer.new_id();
        let finish = self.wire.finish(id, url, self.transfer.pieces.layout());
        self.aside = Some(id);
        self.transfer.stage = Stage::HandingOver;
        let finish = self.transfer.request(finish, None);
        Ok(vec![finish, Action::Wait(Wake::KeepAlive, FINISHED_WITHIN)])
    }

    fn answered(&mut self, id: RequestId, response: &Response) -> Result<Vec<Action>, Error> {
        if self.aside == Some(id) {
            return self.answered_aside(response);
        }
        let Some(index) = self.transfer.take(id, response) else { return Ok(Vec::new()) };
        if let Some(uuid) = text(response, "newUuid") {
            self.wire.rename(uuid);
        }
        if self.transfer.note_damage(index, response) {
            return self.go_on();
        }
        let is_reset = says(response, "reset");
        match self.learn(index, is_reset, response) {
            Err(error) if error.is_transient() && !is_reset => self.transfer.fail(error),
            learnt => learnt?,
        }
        self.go_on()
    }

    fn learn(&mut self, index: u64, is_reset: bool, response: &Response) -> Result<(), Error> {
        let succeeds = says(response, "success") || !self.requires_success;
        let is_success = is_success(response.status);
        if !(is_success && succeeds) || is_reset {
            // Whoever has nothing to do with the upload says nothing about it.
            if is_success && response.json.is_none() {
                self.transfer.trust.check_sender(response)?;
            }
            return Err(self.refusal(response));
        }
        self.transfer.confirm(index, true, response)?;
        self.wire.note_resumed();
        Ok(())
    }

    fn lost(&mut self, id: RequestId, error: Error) -> Result<Vec<Action>, Error> {
        if self.aside == Some(id) {
            return Err(error);
        }
        self.transfer.lost(id, error);
        self.go_on()
    }

    /// Only the status counts.
    fn answered_aside(&mut self, response: &Response) -> Result<Vec<Action>, Error> {
        self.aside = None;
        self.transfer.trust.heard(response);
        let (next, succeeds) = match self.transfer.stage {
            Stage::HandingOver => (Stage::Done, is_success(response.status)),
            _ => (Stage::Removed, self.wire.is_removal(response.status)),
        };
        if !succeeds {
            return Err(self.refusal(response));
        }
        self.transfer.trust.check_aside(response)?;
        self.transfer.heard_of_file(response);
        self.transfer.stage = next;
        Ok(Vec::new())
    }

    /// What the server says about a failure, and what it demands.
    fn refusal(&mut self, response: &Response) -> Error {
        let words = text(response, "error");
        let words = words.map_or_else(|| response.words(), str::to_owned);
        let mut is_final = says(response, "preventRetry");
        if says(response, "reset") && self.transfer.stage != Stage::Done {
            self.wire.note_resumed();
            self.transfer.forget();
            is_final |= self.transfer.doubt();
        } else if !is_final && is_refusal(response) {
            return self.transfer.trust.refused(words);
        }
        if is_final { Error::Rejected(words) } else { Error::Unavailable(words) }
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
            Event::Woke(Wake::KeepAlive) => Err(Error::TimedOut(FINISHED_WITHIN)),
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
        self.aside = None;
        self.transfer.hung_up();
    }

    fn start_over(&mut self) {
        self.transfer.start_over();
    }

    fn checkpoint(&self) -> Option<Checkpoint> {
        self.is_chunked.then(|| self.transfer.checkpoint(self.wire.uuid()))
    }

    /// Nobody can ask which chunks the server has: it says so when it has lost some. How a file is
    /// cut is for the caller to say, and only chunks go on.
    fn recall(&mut self, checkpoint: Checkpoint) {
        let is_begun = checkpoint.is_begun();
        if is_begun && !self.is_chunked {
            return;
        }
        // Only the answer to the last request says that all is well.
        let is_told = self.wire.success_endpoint().is_some();
        self.transfer.recall(&checkpoint, u64::MAX);
        if !is_told && self.transfer.pieces.is_complete() {
            self.transfer.recall(&checkpoint, self.transfer.pieces.layout().count() - 1);
        }
        self.wire.resume(checkpoint.id, is_begun);
    }

    fn file_digest(&self) -> Option<&Md5> {
        self.transfer.file_digest()
    }

    fn resumes(&self) -> bool {
        self.is_chunked
    }

    fn progress(&self) -> Progress {
        self.transfer.progress()
    }

    fn can_remove(&self) -> bool {
        true
    }

    fn remove(&mut self) -> Vec<Action> {
        let id = self.transfer.new_id();
        self.aside = Some(id);
        vec![Action::Request(self.wire.remove(id))]
    }
}

/// True if a server says that what was sent is wrong, and not that it is in trouble.
fn is_refusal(response: &Response) -> bool {
    let is_wrong =
        says(response, "error") && !says(response, "reset") && !says(response, "success");
    match response.status {
        409 => false,
        200..=299 => is_wrong,
        _ => response.refuses(),
    }
}

fn is_success(status: u16) -> bool {
    matches!(status, 200..=204)
}

fn text<'a>(response: &'a Response, key: &str) -> Option<&'a str> {
    response.json.as_ref().and_then(|json| json.member(key)).and_then(Json::text)
}

fn says(response: &Response, key: &str) -> bool {
    response.json.as_ref().is_some_and(|json| json.says(key))
}
