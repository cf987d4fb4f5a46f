//! The server's side of one Incoming!! connection.
//!
//! Whoever owns the socket and the store feeds a [`Session`] one [`Event`] at a time and carries
//! out its [`Action`]s in order. The bytes of a chunk stay with the owner.

use super::text;
use super::wire::{FromClient, FromServer};
use crate::{Json, Md5, Verification};

/// What the server offers a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The largest chunk in units of 1024 bytes.
    pub chunk_size_kb: u32,
    /// How many chunks may be on their way without an acknowledgement.
    pub send_ahead: u32,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A text message arrived; `None` when it was not JSON.
    Text(Option<Json>),
    /// A binary message of so many bytes arrived.
    Binary(u64),
    /// Answers [`Action::Open`]: the upload exists and so many bytes of it are stored.
    Opened {
        /// How many bytes are stored.
        stored: u64,
    },
    /// Answers [`Action::Open`]: there is nothing to upload to.
    Refused(Refusal),
    /// Answers [`Action::Check`]: whether the bytes are what they should be.
    Checked(bool),
    /// Answers [`Action::Sum`]: the MD5 of the file; `None` if nobody can tell any more.
    Summed(Option<Md5>),
    /// Answers [`Action::Append`]: the bytes are stored.
    Stored,
    /// Answers [`Action::Complete`]: the file is whole and durable.
    Completed,
    /// Answers [`Action::Append`], [`Action::Complete`] and [`Action::Sum`]: it could not be done.
    Failed(Fault),
    /// Answers [`Action::HandOver`]: the backend has the file.
    HandedOver,
    /// Answers [`Action::HandOver`]: what went wrong.
    HandoverFailed(String),
    /// Answers [`Action::Cancel`]: the upload is gone, and the backend was told if it listened.
    CancelTold,
    /// Nothing arrived for as long as the server waits.
    TimedOut,
    /// Another connection has taken the upload over.
    TakenOver,
    /// The upload was cancelled by somebody else: the backend, or because it expired.
    CancelledElsewhere,
}

/// Why an upload could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No such ticket, or no longer.
    Unknown,
    /// The ticket is bound to a file of another size.
    SizeChanged,
    /// Larger than this server takes.
    TooLarge,
    /// The upload was cancelled.
    Over,
    /// It could not be looked up right now; a later attempt may do better.
    Unavailable,
    /// There is no room for it.
    Full,
}

/// Why bytes could not be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The file could not be created.
    Create,
    /// The file could not be opened again, or is shorter than it was.
    Reopen,
    /// The bytes could not be written or synced.
    Write,
    /// The upload was cancelled meanwhile.
    Cancelled,
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Look the ticket up, bind it to this size and name if it is fresh, and take it over from
    /// any other connection. Answered by `Opened` or `Refused`.
    Open {
        /// The ticket.
        id: String,
        /// The size of the file in bytes.
        size: u64,
        /// The name as the browser sent it: anything at all.
        name: String,
    },
    /// Compare the MD5 of the last binary message with this one. Answered by `Checked`.
    Check(Md5),
    /// Work out the MD5 of the file, which is whole. Answered by `Summed` or `Failed`.
    Sum,
    /// Drop every byte of the upload, which is to begin anew.
    Empty,
    /// Store the last binary message at the end of the file. Answered by `Stored` or `Failed`.
    Append,
    /// Make the file durable; it is whole. May come again for a file that is. Answered by
    /// `Completed` or `Failed`.
    Complete,
    /// Hand the file to the backend. Answered by `HandedOver` or `HandoverFailed`.
    HandOver,
    /// Note that the client has paused.
    Pause,
    /// Drop the upload and tell the backend. Answered by `CancelTold`.
    Cancel {
        /// Why, for the backend.
        reason: String,
    },
    /// Send a message as a text frame.
    Send(FromServer),
    /// Close the socket with code 1000 and no reason. What follows is still to be done.
    Close,
}

/// The server's side of one connection.
#[derive(Debug)]
pub struct Session {
    terms: Terms,
    state: State,
    size: u64,
    stored: u64,
    verify: Option<Verification>,
    /// Where the next binary message belongs, and its MD5.
    announced: Option<(u64, Md5)>,
    /// The MD5 of the file, as the client says.
    sum: Option<Md5>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    AwaitingRequest,
    Opening,
    AwaitingAck,
    Receiving,
    /// A chunk of so many bytes is being compared with its MD5.
    Checking(u64),
    /// A chunk of so many bytes is being stored.
    Appending(u64),
    /// The file is being made durable; the chunk of so many bytes that completed it, if one did,
    /// is acknowledged afterwards.
    Completing(Option<u64>),
    /// The file is whole; the client has not said its MD5 yet.
    AwaitingSum,
    Summing,
    HandingOver,
    /// The backend is being told; the client hears of it if it asked.
    Cancelling {
        acknowledge: bool,
    },
    Over,
}

impl Session {
    /// A connection on which nothing has been said yet.
    pub fn new(terms: Terms) -> Session {
        Session {
            terms,
            state: State::AwaitingRequest,
            size: 0,
            stored: 0,
            verify: None,
            announced: None,
            sum: None,
        }
    }

    /// True while the client is expected to ask for the upload, or to answer the terms.
    pub fn is_shaking_hands(&self) -> bool {
        matches!(self.state, State::AwaitingRequest | State::AwaitingAck)
    }

    /// True from the moment when all bytes are there: the client has nothing more to say, and
    /// its silence means nothing.
    pub fn is_handing_over(&self) -> bool {
        matches!(
            self.state,
            State::Completing(_) | State::AwaitingSum | State::Summing | State::HandingOver
        )
    }

    /// True while a file that is whole is not to be handed over without a word of the client.
    pub fn is_unverified(&self) -> bool {
        self.verify == Some(Verification::File) && self.state != State::HandingOver
    }

    /// Takes what happened and says what is wanted, to be done in this order.
    ///
    /// An event that answers nothing that was asked is ignored.
    pub fn handle(&mut self, event: Event) -> Vec<Action> {
        match (self.state, event) {
            (State::Over, _) => Vec::new(),
            (_, Event::TakenOver) => self.fail(text::BUSY),
            (State::AwaitingRequest, event) => self.awaiting_request(event),
            (State::Opening, event) => self.opening(event),
            (State::AwaitingAck, event) => self.awaiting_ack(event),
            (State::Receiving, event) => self.receiving(event),
            (State::Checking(len), Event::Checked(is_right)) => self.checked(len, is_right),
            (State::Checking(_), _) => Vec::new(),
            (State::Appending(len), event) => self.appending(len, event),
            (State::Completing(chunk), event) => self.completing(chunk, event),
            (State::AwaitingSum | State::Summing, event) => self.summing(event),
            (State::HandingOver, event) => self.handing_over(event),
            (State::Cancelling { acknowledge }, event) => self.cancelling(acknowledge, event),
        }
    }

    fn awaiting_request(&mut self, event: Event) -> Vec<Action> {
        let Event::Text(Some(json)) = event else { return self.fail(text::NO_REQUEST) };
        let Ok(FromClient::UploadRequest { id, size, name, verify }) = FromClient::from_json(&json)
        else {
            return self.fail(text::NO_REQUEST);
        };
        (self.size, self.verify) = (size, verify);
        self.state = State::Opening;
        vec![Action::Open { id, size, name }]
    }

    fn opening(&mut self, event: Event) -> Vec<Action> {
        match event {
            Event::Opened { stored } => {
                self.stored = stored;
                self.state = State::AwaitingAck;
                vec![Action::Send(FromServer::UploadConfig {
                    chunk_size_kb: self.terms.chunk_size_kb,
                    position: stored,
                    send_ahead: self.terms.send_ahead,
                    verify: self.verify,
                })]
            }
            Event::Refused(Refusal::Unknown) => self.fail(text::UNKNOWN),
            Event::Refused(Refusal::SizeChanged) => self.fail(text::SIZE_CHANGED),
            Event::Refused(Refusal::TooLarge) => self.fail(text::TOO_LARGE),
            Event::Refused(Refusal::Over) => self.fail(text::OVER),
            Event::Refused(Refusal::Unavailable) => self.fail(text::NO_CONFIG),
            Event::Refused(Refusal::Full) => self.fail(text::NOT_CREATED),
            _ => Vec::new(),
        }
    }

    fn awaiting_ack(&mut self, event: Event) -> Vec<Action> {
        let Event::Text(Some(json)) = event else {
            return match event {
                Event::CancelledElsewhere => self.fail(text::CANCELLED),
                _ => self.fail(text::NO_ACK),
            };
        };
        match FromClient::from_json(&json) {
            Ok(FromClient::Ack(true)) => self.next(None),
            Ok(FromClient::Ack(false)) => self.fail(text::NACK),
            Ok(FromClient::Cancel(reason)) => self.cancel(reason, true),
            Ok(FromClient::Error(reason)) => self.cancel(text::from_frontend(&reason), false),
            _ => self.fail(text::NO_ACK),
        }
    }

    fn receiving(&mut self, event: Event) -> Vec<Action> {
        match event {
            Event::Binary(len) if self.verify == Some(Verification::Chunks) => self.check(len),
            Event::Binary(len) if len > self.size - self.stored => self.overflow(),
            Event::Binary(len) => self.append(len),
            Event::Text(None) => self.fail(text::NOT_JSON),
            Event::Text(Some(json)) => self.control(&json),
            Event::TimedOut => self.fail(text::SILENCE),
            Event::CancelledElsewhere => self.fail(&text::consuming(text::NO_STATE)),
            _ => Vec::new(),
        }
    }

    fn append(&mut self, len: u64) -> Vec<Action> {
        self.state = State::Appending(len);
        vec![Action::Append]
    }

    /// What was on its way behind a chunk that arrived damaged belongs elsewhere, and is dropped.
    fn check(&mut self, len: u64) -> Vec<Action> {
        let Some((position, md5)) = self.announced.take() else {
            return self.fail(text::UNEXPECTED);
        };
        if position != self.stored {
            return Vec::new();
        }
        if len > self.size - self.stored {
            return self.overflow();
        }
        self.state = State::Checking(len);
        vec![Action::Check(md5)]
    }

    fn checked(&mut self, len: u64, is_right: bool) -> Vec<Action> {
        if is_right {
            return self.append(len);
        }
        self.state = State::Receiving;
        vec![Action::Send(FromServer::ChunkDamaged { position: self.stored, size: len })]
    }

    fn control(&mut self, json: &Json) -> Vec<Action> {
        match FromClient::from_json(json) {
            Ok(FromClient::ChunkSum { position, md5 })
                if self.verify == Some(Verification::Chunks) =>
            {
                self.announced = Some((position, md5));
                Vec::new()
            }
            Ok(FromClient::Pause) => vec![Action::Pause],
            Ok(FromClient::Cancel(reason)) => self.cancel(reason, true),
            Ok(FromClient::Error(reason)) => self.cancel(text::from_frontend(&reason), false),
            _ => self.fail(text::UNEXPECTED),
        }
    }

    fn appending(&mut self, len: u64, event: Event) -> Vec<Action> {
        match event {
            Event::Stored => {
                self.stored += len;
                self.next(Some(len))
            }
            Event::Failed(fault) => self.fail(&text::consuming(detail(fault))),
            _ => Vec::new(),
        }
    }

    /// Goes on after the terms were accepted, or after a chunk of `len` bytes was stored.
    fn next(&mut self, len: Option<u64>) -> Vec<Action> {
        if self.stored == self.size {
            self.state = State::Completing(len);
            return vec![Action::Complete];
        }
        self.state = State::Receiving;
        len.map(|len| Action::Send(FromServer::ChunkAck(len))).into_iter().collect()
    }

    fn completing(&mut self, chunk: Option<u64>, event: Event) -> Vec<Action> {
        match event {
            Event::Completed => {
                let ack = chunk.map(|len| Action::Send(FromServer::ChunkAck(len)));
                let next = if self.verify == Some(Verification::File) {
                    self.state = State::AwaitingSum;
                    self.ask_for_sum()
                } else {
                    self.hand_over()
                };
                ack.into_iter().chain(next).collect()
            }
            Event::Failed(fault) => self.fail(&text::consuming(detail(fault))),
            Event::Text(Some(json)) => {
                self.hear_sum(&json);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn hear_sum(&mut self, json: &Json) {
        if let Ok(FromClient::FileSum(md5)) = FromClient::from_json(json) {
            self.sum = Some(md5);
        }
    }

    fn ask_for_sum(&mut self) -> Option<Action> {
        if self.state != State::AwaitingSum || self.sum.is_none() {
            return None;
        }
        self.state = State::Summing;
        Some(Action::Sum)
    }

    fn summing(&mut self, event: Event) -> Vec<Action> {
        match event {
            Event::Text(Some(json)) => {
                self.hear_sum(&json);
                self.ask_for_sum().into_iter().collect()
            }
            Event::Summed(Some(md5)) if self.sum.as_ref() != Some(&md5) => {
                self.state = State::Over;
                vec![Action::Empty, Action::Send(FromServer::FileDamaged), Action::Close]
            }
            Event::Summed(md5) => {
                self.sum = md5;
                self.hand_over().into_iter().collect()
            }
            Event::Failed(fault) => self.fail(&text::consuming(detail(fault))),
            Event::CancelledElsewhere => self.fail(text::CANCELLED),
            _ => Vec::new(),
        }
    }

    fn hand_over(&mut self) -> Option<Action> {
        self.state = State::HandingOver;
        Some(Action::HandOver)
    }

    fn handing_over(&mut self, event: Event) -> Vec<Action> {
        match event {
            Event::HandedOver => {
                self.state = State::Over;
                vec![Action::Send(FromServer::AllDone(self.sum.take())), Action::Close]
            }
            Event::HandoverFailed(reason) => self.fail(&text::handover(&reason)),
            Event::CancelledElsewhere => self.fail(text::CANCELLED),
            _ => Vec::new(),
        }
    }

    fn cancelling(&mut self, acknowledge: bool, event: Event) -> Vec<Action> {
        if event != Event::CancelTold {
            return Vec::new();
        }
        self.state = State::Over;
        let ack = acknowledge.then_some(Action::Send(FromServer::CancelAck));
        ack.into_iter().chain([Action::Close]).collect()
    }

    fn cancel(&mut self, reason: String, acknowledge: bool) -> Vec<Action> {
        self.state = State::Cancelling { acknowledge };
        vec![Action::Cancel { reason }]
    }

    /// More bytes than declared end the upload, not only the connection.
    fn overflow(&mut self) -> Vec<Action> {
        let reason = text::consuming(text::OVERFLOW);
        let mut actions = self.fail(&reason);
        actions.push(Action::Cancel { reason });
        actions
    }

    fn fail(&mut self, message: &str) -> Vec<Action> {
        self.state = State::Over;
        vec![Action::Send(FromServer::Error(message.to_owned())), Action::Close]
    }
}

fn detail(fault: Fault) -> &'static str {
    match fault {
        Fault::Create => text::NOT_CREATED,
        Fault::Reopen => text::NOT_REOPENED,
        Fault::Write => text::NOT_WRITTEN,
        Fault::Cancelled => text::NO_STATE,
    }
}
