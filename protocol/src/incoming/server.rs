//! The server's side of one Incoming!! connection.
//!
//! Whoever owns the socket and the store feeds a [`Session`] one [`Event`] at a time and carries
//! out its [`Action`]s in order. The bytes of a chunk stay with the owner.

use super::text;
use super::wire::{FromClient, FromServer};
use crate::Json;

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
    /// Answers [`Action::Append`]: the bytes are stored.
    Stored,
    /// Answers [`Action::Complete`]: the file is whole and durable.
    Completed,
    /// Answers [`Action::Append`] and [`Action::Complete`]: it could not be done.
    Failed(Fault),
    /// Answers [`Action::HandOver`]: the backend has the file.
    HandedOver,
    /// Answers [`Action::HandOver`]: where it was tried and what went wrong.
    HandoverFailed {
        /// The address that was to take the file.
        url: String,
        /// What went wrong.
        reason: String,
    },
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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    AwaitingRequest,
    Opening,
    AwaitingAck,
    Receiving,
    /// A chunk of so many bytes is being stored.
    Appending(u64),
    /// The file is being made durable; the chunk of so many bytes that completed it, if one did,
    /// is acknowledged afterwards.
    Completing(Option<u64>),
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
        Session { terms, state: State::AwaitingRequest, size: 0, stored: 0 }
    }

    /// True while the client is expected to ask for the upload, or to answer the terms.
    pub fn is_shaking_hands(&self) -> bool {
        matches!(self.state, State::AwaitingRequest | State::AwaitingAck)
    }

    /// True from the moment when all bytes are there: the client has nothing more to say, and
    /// its silence means nothing.
    pub fn is_handing_over(&self) -> bool {
        matches!(self.state, State::Completing(_) | State::HandingOver)
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
            (State::Appending(len), event) => self.appending(len, event),
            (State::Completing(chunk), event) => self.completing(chunk, event),
            (State::HandingOver, event) => self.handing_over(event),
            (State::Cancelling { acknowledge }, event) => self.cancelling(acknowledge, event),
        }
    }

    fn awaiting_request(&mut self, event: Event) -> Vec<Action> {
        let Event::Text(Some(json)) = event else { return self.fail(text::NO_REQUEST) };
        let Ok(FromClient::UploadRequest { id, size, name }) = FromClient::from_json(&json) else {
            return self.fail(text::NO_REQUEST);
        };
        self.size = size;
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
                })]
            }
            Event::Refused(Refusal::Unknown) => self.fail(text::UNKNOWN),
            Event::Refused(Refusal::SizeChanged) => self.fail(text::SIZE_CHANGED),
            Event::Refused(Refusal::TooLarge) => self.fail(text::TOO_LARGE),
            Event::Refused(Refusal::Over) => self.fail(text::OVER),
            Event::Refused(Refusal::Unavailable) => self.fail(text::NO_CONFIG),
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
            Event::Binary(len) if len > self.size - self.stored => self.overflow(),
            Event::Binary(len) => {
                self.state = State::Appending(len);
                vec![Action::Append]
            }
            Event::Text(None) => self.fail(text::NOT_JSON),
            Event::Text(Some(json)) => self.control(&json),
            Event::TimedOut => self.fail(text::SILENCE),
            Event::CancelledElsewhere => self.fail(&text::consuming(text::NO_STATE)),
            _ => Vec::new(),
        }
    }

    fn control(&mut self, json: &Json) -> Vec<Action> {
        match FromClient::from_json(json) {
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
                self.state = State::HandingOver;
                let ack = chunk.map(|len| Action::Send(FromServer::ChunkAck(len)));
                ack.into_iter().chain([Action::HandOver]).collect()
            }
            Event::Failed(fault) => self.fail(&text::consuming(detail(fault))),
            _ => Vec::new(),
        }
    }

    fn handing_over(&mut self, event: Event) -> Vec<Action> {
        match event {
            Event::HandedOver => {
                self.state = State::Over;
                vec![Action::Send(FromServer::AllDone), Action::Close]
            }
            Event::HandoverFailed { url, reason } => self.fail(&text::handover(&url, &reason)),
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
