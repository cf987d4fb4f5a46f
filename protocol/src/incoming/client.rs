//! The browser's side.

use std::ops::Range;
use std::time::Duration;

use super::text;
use super::wire::{FromClient, FromServer, Unreadable};
use crate::chunks::{ChunkSizes, SendWindow};
use crate::digests::Digests;
use crate::http::without_fragment;
use crate::options::Job;
use crate::pieces::Layout;
use crate::{
    Action, Checkpoint, Error, Event, Json, Machine, Md5, Progress, Stage, Verification, Wake,
    decimal, joined,
};

/// How often the client shows that it is there while the server hands the file over: the
/// original server drops a client that is silent for 58 seconds, however long its backend takes.
const KEEP_ALIVE: Duration = Duration::from_secs(25);

/// How often another connection may take this upload over before it counts as another client: a
/// message that was lost and sent again can make the server believe in a connection of ours that
/// is long gone.
const TAKE_OVERS: u32 = 3;

/// The close code of a server that found a message too large.
const TOO_BIG: u16 = 1009;

/// What is kept of the file counts in bytes, because chunks may have any size.
const BYTES: Layout = Layout { size: 0, chunk_size: 1, large_last: false };

/// The client's side of one upload.
#[derive(Debug)]
pub struct Client {
    job: Job,
    ticket: String,
    stage: Stage,
    window: SendWindow,
    chunks_sent: u64,
    chunks_acknowledged: u64,
    /// Why the upload is to be cancelled, until the server has been told.
    cancel: Option<String>,
    /// True once the server was told.
    cancel_sent: bool,
    /// The server knows no such ticket.
    is_gone: bool,
    /// The server has taken it from here, and has not ended it since.
    is_open: bool,
    take_overs: u32,
    verify: Option<Verification>,
    /// Chunks that are to be sent in this order, each when its MD5 is known.
    hashing: Digests,
    chunks_damaged: u64,
    /// Up to where chunks were ever sent.
    furthest: u64,
    /// The server had bytes that were not sent from here: nobody has compared them.
    has_unproven: bool,
    /// The MD5 of the file, and what the server says it is.
    ours: Option<Md5>,
    theirs: Option<Md5>,
}

impl Client {
    /// An upload that has not begun.
    ///
    /// # Errors
    /// A misuse that names an option that is unknown.
    pub fn new(mut job: Job) -> Result<Client, Error> {
        job.options.own.nothing_else()?;
        let ticket = job.ticket.take().unwrap_or_default();
        if !(job.options.resume || job.options.asks_id) {
            check(&ticket)?;
        }
        Ok(Client {
            window: SendWindow::new(job.size, ChunkSizes::new(job.options.chunk_size)),
            verify: job.options.verify,
            job,
            ticket,
            stage: Stage::Idle,
            chunks_sent: 0,
            chunks_acknowledged: 0,
            cancel: None,
            cancel_sent: false,
            is_gone: false,
            is_open: false,
            take_overs: 0,
            hashing: Digests::default(),
            chunks_damaged: 0,
            furthest: 0,
            has_unproven: false,
            ours: None,
            theirs: None,
        })
    }

    fn request(&mut self) -> Result<Vec<Action>, Error> {
        check(&self.ticket)?;
        self.stage = Stage::Negotiating;
        Ok(vec![send(&FromClient::UploadRequest {
            id: self.ticket.clone(),
            size: self.job.size,
            name: self.job.name.clone(),
            verify: self.verify,
        })])
    }

    fn receive(&mut self, json: &Json) -> Result<Vec<Action>, Error> {
        let message = FromServer::from_json(json).map_err(|unreadable| misbehaved(&unreadable))?;
        match (self.stage, message) {
            (_, FromServer::Error(words)) => self.refused(words),
            (_, FromServer::Cancel(reason)) => Err(Error::Rejected(reason)),
            (_, FromServer::CancelAck) if self.cancel.is_some() => {
                self.stage = Stage::Cancelled;
                Ok(Vec::new())
            }
            (
                Stage::Negotiating,
                FromServer::UploadConfig { chunk_size_kb, position, send_ahead, verify },
            ) => {
                if let Some(wanted) = self.verify.filter(|_| verify != self.verify) {
                    return Err(wanted.is_missing());
                }
                self.accept(chunk_size_kb, position, send_ahead)
            }
            (Stage::Transferring, FromServer::ChunkAck(size)) => self.acknowledged(size),
            (Stage::HandingOver, FromServer::AllDone(md5)) => {
                self.theirs = md5;
                self.stage = Stage::Done;
                Ok(Vec::new())
            }
            (Stage::Transferring, FromServer::ChunkDamaged { position, size }) => {
                self.chunks_damaged += 1;
                Err(Error::ChecksumMismatch(position..position + size))
            }
            (Stage::HandingOver, FromServer::FileDamaged) => {
                self.start_over();
                Err(Error::ChecksumMismatch(0..self.job.size))
            }
            (_, other) => Err(unexpected(self.stage, &other)),
        }
    }

    /// The server's terms have come: from here on the server knows what is missing.
    fn accept(
        &mut self,
        chunk_size_kb: u32,
        position: u64,
        send_ahead: u32,
    ) -> Result<Vec<Action>, Error> {
        if position > self.job.size {
            return Err(Error::Misbehaved {
                expected: "a position inside the file",
                found: joined(&[&decimal(position), " of ", &decimal(self.job.size), " bytes"]),
            });
        }
        self.is_open = true;
        self.has_unproven |= position > self.furthest;
        self.window.agree(u64::from(chunk_size_kb) * 1024, send_ahead.into(), position);
        let mut actions = vec![send(&FromClient::Ack(true))];
        if self.window.is_complete() {
            actions.extend(self.wait_for_handover());
        } else if let Some(reason) = self.cancel.clone() {
            self.stage = Stage::Transferring;
            actions.extend(self.send_cancel(&reason));
        } else {
            self.stage = Stage::Transferring;
            actions.extend(self.fill());
        }
        Ok(actions)
    }

    fn acknowledged(&mut self, size: u64) -> Result<Vec<Action>, Error> {
        let ahead = self.sent() - self.window.acknowledged();
        if size > ahead {
            return Err(Error::Misbehaved {
                expected: "an acknowledgement of bytes that are on their way",
                found: joined(&[&decimal(size), " bytes, with ", &decimal(ahead), " on their way"]),
            });
        }
        self.window.acknowledge(size);
        self.chunks_acknowledged += 1;
        if self.window.is_complete() { Ok(self.wait_for_handover()) } else { Ok(self.fill()) }
    }

    /// Hands the browser as many chunks as there is room for.
    fn fill(&mut self) -> Vec<Action> {
        if self.stage != Stage::Transferring || self.cancel.is_some() {
            return Vec::new();
        }
        let mut actions = Vec::new();
        while let Some(range) = self.window.next() {
            actions.push(if self.verify == Some(Verification::Chunks) {
                self.hashing.ask(&range);
                Action::Digest(range)
            } else {
                self.send_range(range)
            });
        }
        actions
    }

    fn send_range(&mut self, range: Range<u64>) -> Action {
        self.chunks_sent += 1;
        self.furthest = self.furthest.max(range.end);
        Action::SendRange(range)
    }

    fn digested(&mut self, range: &Range<u64>, md5: Md5) -> Vec<Action> {
        if self.verify == Some(Verification::File) && *range == (0..self.job.size) {
            self.ours = Some(md5);
            return self.tell_sum();
        }
        self.hashing.tell(range, md5);
        if self.stage == Stage::Transferring && self.cancel.is_none() {
            self.send_hashed()
        } else {
            Vec::new()
        }
    }

    fn send_hashed(&mut self) -> Vec<Action> {
        let mut actions = Vec::new();
        while let Some((range, Some(md5))) = self.hashing.take_first() {
            actions.push(send(&FromClient::ChunkSum { position: range.start, md5 }));
            actions.push(self.send_range(range));
        }
        actions
    }

    /// Says the MD5 of the file when the server has all of it.
    fn tell_sum(&self) -> Vec<Action> {
        match &self.ours {
            Some(md5) if self.stage == Stage::HandingOver => {
                vec![send(&FromClient::FileSum(md5.clone()))]
            }
            _ => Vec::new(),
        }
    }

    /// Up to where chunks were sent.
    fn sent(&self) -> u64 {
        self.hashing.start().unwrap_or(self.window.sent())
    }

    /// The server has every byte: too late to cancel, and time to wait.
    fn wait_for_handover(&mut self) -> Vec<Action> {
        self.cancel = None;
        self.cancel_sent = false;
        self.stage = Stage::HandingOver;
        let mut actions = self.tell_sum();
        actions.push(Action::Wait(Wake::KeepAlive, KEEP_ALIVE));
        actions
    }

    /// Says again what it said when it accepted the terms: servers swallow it, and the
    /// connection is proven to live.
    fn keep_alive(&self) -> Vec<Action> {
        if self.stage != Stage::HandingOver {
            return Vec::new();
        }
        vec![send(&FromClient::Ack(true)), Action::Wait(Wake::KeepAlive, KEEP_ALIVE)]
    }

    fn send_cancel(&mut self, reason: &str) -> Vec<Action> {
        self.cancel_sent = true;
        vec![send(&FromClient::Cancel(reason.to_owned()))]
    }

    /// The server gave up, and only its words tell for how long.
    fn refused(&mut self, words: String) -> Result<Vec<Action>, Error> {
        let is_unknown = words == text::UNKNOWN || words == text::consuming(text::NO_STATE);
        let is_over = words == text::OVER || words == text::CANCELLED;
        if (is_unknown || is_over) && self.cancel_sent {
            self.stage = Stage::Cancelled;
            return Ok(Vec::new());
        }
        // What has ended while it was ours may have arrived: it begins anew only if somebody wants that.
        self.is_gone |= is_unknown || is_over && !self.is_open;
        self.is_open &= !is_over;
        let passes = match words.as_str() {
            text::NO_REQUEST | text::NO_CONFIG | text::NO_ACK | text::SILENCE => true,
            // A server that refuses a second connection has not noticed yet that ours was lost.
            text::BUSY if self.stage == Stage::Negotiating => true,
            text::BUSY => {
                self.take_overs += 1;
                self.take_overs <= TAKE_OVERS
            }
            _ => false,
        };
        Err(if passes { Error::Lost(words) } else { Error::Rejected(words) })
    }

    fn disconnected(&mut self, code: u16, reason: &str) -> Error {
        if code == TOO_BIG && !self.window.shrink() {
            return Error::Rejected("even the smallest chunk is too large for it".to_owned());
        }
        Error::closed(code, reason)
    }
}

impl Machine for Client {
    fn start(&mut self) -> Vec<Action> {
        self.stage = Stage::Connecting;
        vec![Action::Connect(without_fragment(&self.job.endpoint).to_owned())]
    }

    fn handle(&mut self, event: Event) -> Result<Vec<Action>, Error> {
        match event {
            Event::Connected => self.request(),
            Event::Received(json) => self.receive(&json),
            Event::Garbled => Err(Error::Misbehaved {
                expected: "a message in JSON",
                found: "something else".to_owned(),
            }),
            Event::Disconnected { code, reason } => Err(self.disconnected(code, &reason)),
            Event::Measured(link) => {
                self.window.measured(link);
                Ok(self.fill())
            }
            Event::Digested(range, md5) => Ok(self.digested(&range, md5)),
            Event::Woke(Wake::KeepAlive) => Ok(self.keep_alive()),
            _ => Ok(Vec::new()),
        }
    }

    fn pause(&mut self) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.stage == Stage::Transferring {
            actions.push(send(&FromClient::Pause));
        }
        self.window.let_go();
        actions.push(Action::HangUp);
        actions
    }

    fn cancel(&mut self, reason: &str) -> Vec<Action> {
        self.cancel = Some(reason.to_owned());
        match self.stage {
            Stage::Transferring => self.send_cancel(reason),
            Stage::Idle => self.start(),
            Stage::Hashing
            | Stage::Connecting
            | Stage::Negotiating
            | Stage::HandingOver
            | Stage::Done
            | Stage::Removed
            | Stage::Cancelled => Vec::new(),
        }
    }

    fn hung_up(&mut self) {
        if !matches!(self.stage, Stage::Done | Stage::Cancelled) {
            self.stage = Stage::Idle;
        }
        self.hashing.clear();
        self.window.hung_up();
        self.chunks_sent = 0;
        self.chunks_acknowledged = 0;
    }

    fn start_over(&mut self) {
        self.stage = Stage::Idle;
        self.window.start_over();
    }

    fn checkpoint(&self) -> Option<Checkpoint> {
        let is_known = !(self.is_gone || self.ticket.is_empty());
        is_known.then(|| Checkpoint::new(&self.ticket, BYTES, &[0, self.window.acknowledged()]))
    }

    /// The server says where to go on.
    fn recall(&mut self, checkpoint: Checkpoint) {
        self.ticket = checkpoint.id;
        (self.is_gone, self.is_open) = (false, false);
        self.furthest = 0;
        self.start_over();
    }

    fn file_digest(&self) -> Option<&Md5> {
        self.theirs.as_ref()
    }

    fn progress(&self) -> Progress {
        Progress {
            stage: self.stage,
            acknowledged: self.window.acknowledged(),
            sent: self.sent(),
            chunks_sent: self.chunks_sent,
            chunks_acknowledged: self.chunks_acknowledged,
            chunks_damaged: self.chunks_damaged,
            is_proven: !self.has_unproven,
        }
    }
}

fn check(ticket: &str) -> Result<(), Error> {
    if ticket.is_empty() {
        let words = "expected the upload id, a string, as the first argument";
        return Err(Error::Misuse(words.to_owned()));
    }
    Ok(())
}

fn send(message: &FromClient) -> Action {
    Action::Send(message.to_json())
}

fn misbehaved(unreadable: &Unreadable) -> Error {
    Error::Misbehaved { expected: "a message of Incoming!!", found: unreadable.words() }
}

fn unexpected(stage: Stage, message: &FromServer) -> Error {
    let expected = match stage {
        Stage::Negotiating => "the terms of the server",
        Stage::Transferring => "an acknowledgement",
        Stage::HandingOver => "the end of the upload",
        Stage::Idle
        | Stage::Hashing
        | Stage::Connecting
        | Stage::Done
        | Stage::Removed
        | Stage::Cancelled => "nothing",
    };
    let found = match message {
        FromServer::UploadConfig { .. } => "MsgUploadConf",
        FromServer::ChunkAck(_) => "MsgChunkAck",
        FromServer::Cancel(_) => "MsgCancel",
        FromServer::CancelAck => "MsgCancelAck",
        FromServer::Error(_) => "MsgError",
        FromServer::AllDone(_) => "MsgAllDone",
        FromServer::ChunkDamaged { .. } => "MsgChunkDamaged",
        FromServer::FileDamaged => "MsgFileDamaged",
    };
    Error::Misbehaved { expected, found: found.to_owned() }
}
