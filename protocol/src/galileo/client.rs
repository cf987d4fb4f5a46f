//! The browser's side.

use std::ops::Range;
use std::time::Duration;

use super::wire::{FromClient, FromServer, Hash};
use crate::http::without_fragment;
use crate::options::{Job, RawOptions};
use crate::{Action, Error, Event, Json, Machine, Md5, Progress, Stage, Verification, Wake};

/// What a server that names no size takes: the original refuses larger messages.
const DEFAULT_CHUNK: u64 = 262_144;
/// A browser reads a chunk into memory before it sends it.
const LARGEST: u64 = 16 * 1024 * 1024;
/// How long a server may take to store a file after its last byte.
const STORED_WITHIN: Duration = Duration::from_secs(120);

/// The client's side of one upload.
#[derive(Debug)]
pub struct Client {
    job: Job,
    /// The digest of the file, as the caller or the browser has worked it out.
    hash: Option<Hash>,
    verifies: bool,
    /// The MD5 that the server has compared.
    theirs: Option<Md5>,
    stage: Stage,
    acknowledged: u64,
    sent: u64,
    chunks_sent: u64,
    chunks_acknowledged: u64,
    is_paused: bool,
    /// The server said that it is ready, for a chunk of this size, while the upload was paused.
    held_back: Option<Option<u64>>,
    /// What the server reported so far.
    errors: String,
}

impl Client {
    /// An upload that has not begun.
    ///
    /// # Errors
    /// A misuse that names the option that is unknown or wrong.
    pub fn new(mut job: Job) -> Result<Client, Error> {
        let mut own = std::mem::take(&mut job.options.own);
        let has_hash = own.has_any("hash");
        let mut group = own.group("hash");
        let hash = has_hash.then(|| hash(&mut group));
        own.end_group(group);
        let verify = job.options.verify;
        if verify == Some(Verification::Chunks) {
            own.reject("verify", "'file', because GalileoSend cannot check chunks,");
        }
        if verify.is_some() && has_hash {
            own.reject("hash", "nothing together with verify: 'file'");
        }
        if job.options.resume {
            own.reject("resume", "false, because GalileoSend begins with the first byte,");
        }
        own.nothing_else()?;
        Ok(Client {
            job,
            hash,
            verifies: verify.is_some(),
            theirs: None,
            stage: Stage::Idle,
            acknowledged: 0,
            sent: 0,
            chunks_sent: 0,
            chunks_acknowledged: 0,
            is_paused: false,
            held_back: None,
            errors: String::new(),
        })
    }

    fn describe(&mut self) -> Vec<Action> {
        self.stage = Stage::Negotiating;
        let (name, size) = (Some(self.job.name.clone()), Some(self.job.size));
        vec![send(&FromClient::Meta { name, size })]
    }

    /// Obeys a signal in the order in which the original client looks at its keys.
    fn obey(&mut self, json: &Json) -> Result<Vec<Action>, Error> {
        let signal = FromServer::from_json(json);
        if signal.close {
            self.theirs = signal.md5;
            return self.closed();
        }
        if let Some(words) = signal.error {
            if self.verifies && signal.damaged {
                self.start_over();
                return Err(Error::ChecksumMismatch(0..self.job.size));
            }
            self.note(&words);
            return if signal.fatal { Err(self.rejected()) } else { Ok(Vec::new()) };
        }
        if !signal.ready {
            return Ok(Vec::new());
        }
        if self.stage == Stage::Transferring {
            self.acknowledge();
        }
        if self.is_paused {
            self.held_back = Some(signal.chunk_size);
            return Ok(Vec::new());
        }
        Ok(self.go_on(signal.chunk_size))
    }

    fn acknowledge(&mut self) {
        self.acknowledged = self.sent;
        self.chunks_acknowledged = self.chunks_sent;
    }

    fn go_on(&mut self, chunk_size: Option<u64>) -> Vec<Action> {
        if self.is_everything_sent() {
            return self.finish();
        }
        self.stage = Stage::Transferring;
        vec![Action::SendRange(self.next(chunk_size))]
    }

    fn finish(&mut self) -> Vec<Action> {
        self.stage = Stage::HandingOver;
        if self.verifies && self.hash.is_none() {
            return Vec::new();
        }
        let finished = send(&FromClient::Finished(self.hash.clone()));
        vec![finished, Action::Wait(Wake::KeepAlive, STORED_WITHIN)]
    }

    fn digested(&mut self, range: &Range<u64>, md5: &Md5) -> Vec<Action> {
        if !self.verifies || self.hash.is_some() || *range != (0..self.job.size) {
            return Vec::new();
        }
        self.hash = Some(Hash { kind: "md5".to_owned(), value: md5.as_str().to_owned() });
        if self.stage == Stage::HandingOver { self.finish() } else { Vec::new() }
    }

    fn next(&mut self, chunk_size: Option<u64>) -> Range<u64> {
        let wanted = self.job.options.chunk_size;
        let allowed = chunk_size.or(wanted).unwrap_or(DEFAULT_CHUNK);
        let len = allowed.min(wanted.unwrap_or(LARGEST)).min(LARGEST);
        let range = self.sent..self.job.size.min(self.sent + len);
        self.sent = range.end;
        self.chunks_sent += 1;
        range
    }

    /// An empty file has one chunk too.
    fn is_everything_sent(&self) -> bool {
        self.sent == self.job.size && self.chunks_sent > 0
    }

    fn closed(&mut self) -> Result<Vec<Action>, Error> {
        if !self.is_everything_sent() {
            self.note("it closed the upload before the last byte");
            return Err(self.rejected());
        }
        self.acknowledge();
        self.stage = Stage::Done;
        Ok(Vec::new())
    }

    fn rejected(&self) -> Error {
        Error::Rejected(self.errors.clone())
    }

    fn note(&mut self, words: &str) {
        if !self.errors.is_empty() {
            self.errors.push_str("; ");
        }
        self.errors.push_str(words);
    }

    fn disconnected(&self, code: u16, reason: &str) -> Error {
        if !self.errors.is_empty() {
            return self.rejected();
        }
        Error::closed(code, reason)
    }
}

impl Machine for Client {
    fn start(&mut self) -> Vec<Action> {
        let was_paused = std::mem::take(&mut self.is_paused);
        if was_paused && self.stage != Stage::Idle {
            return self.held_back.take().map_or_else(Vec::new, |size| self.go_on(size));
        }
        self.stage = Stage::Connecting;
        vec![Action::Connect(without_fragment(&self.job.endpoint).to_owned())]
    }

    fn handle(&mut self, event: Event) -> Result<Vec<Action>, Error> {
        match event {
            Event::Connected => Ok(self.describe()),
            Event::Received(json) => self.obey(&json),
            Event::Garbled => Err(Error::Misbehaved {
                expected: "a signal in JSON",
                found: "something else".to_owned(),
            }),
            Event::Disconnected { code, reason } => Err(self.disconnected(code, &reason)),
            Event::Digested(range, md5) => Ok(self.digested(&range, &md5)),
            Event::Woke(Wake::KeepAlive) => Err(Error::TimedOut(STORED_WITHIN)),
            _ => Ok(Vec::new()),
        }
    }

    fn pause(&mut self) -> Vec<Action> {
        self.is_paused = true;
        Vec::new()
    }

    fn cancel(&mut self, _reason: &str) -> Vec<Action> {
        self.stage = Stage::Cancelled;
        vec![Action::HangUp]
    }

    fn hung_up(&mut self) {
        if matches!(self.stage, Stage::Done | Stage::Cancelled) {
            return;
        }
        self.stage = Stage::Idle;
        (self.acknowledged, self.sent) = (0, 0);
        (self.chunks_sent, self.chunks_acknowledged) = (0, 0);
        self.held_back = None;
        self.errors.clear();
    }

    fn start_over(&mut self) {
        self.stage = Stage::Idle;
    }

    fn file_digest(&self) -> Option<&Md5> {
        self.theirs.as_ref()
    }

    fn resumes(&self) -> bool {
        false
    }

    fn progress(&self) -> Progress {
        Progress {
            stage: self.stage,
            acknowledged: self.acknowledged,
            sent: self.sent,
            chunks_sent: self.chunks_sent,
            chunks_acknowledged: self.chunks_acknowledged,
            chunks_damaged: 0,
            is_proven: false,
        }
    }
}

fn hash(given: &mut RawOptions) -> Hash {
    let mut part = |name: &str| {
        let text = given.text(name);
        if text.is_none() {
            given.reject(name, "a string");
        }
        text.unwrap_or_default()
    };
    Hash { kind: part("type"), value: part("value") }
}

fn send(signal: &FromClient) -> Action {
    Action::Send(signal.to_json())
}
