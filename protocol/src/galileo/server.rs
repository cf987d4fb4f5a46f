//! The server's side of one GalileoSend connection.
//!
//! Whoever owns the socket and the store feeds a [`Session`] one [`Event`] at a time and carries
//! out its [`Action`]s in order. The bytes of a chunk stay with the owner.

use super::wire::{FromClient, FromServer, Hash};
use crate::{Json, Md5};

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A text message arrived; `None` when it was not JSON.
    Text(Option<Json>),
    /// A binary message of so many bytes arrived.
    Binary(u64),
    /// Answers [`Action::Create`] and [`Action::Append`]: done.
    Stored,
    /// Answers [`Action::Finish`]: the file is whole and durable.
    Finished,
    /// Answers any of them: it could not be done, for this reason.
    Failed(String),
    /// Answers [`Action::Finish`]: the digest is another one, in these words.
    Damaged(String),
    /// Nothing arrived for as long as the server waits.
    TimedOut,
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Make room for a file. Answered by `Stored` or `Failed`.
    Create {
        /// The name as the client sent it: anything at all.
        name: String,
        /// The size in bytes, if the client named one.
        size: Option<u64>,
    },
    /// Store the last binary message at the end of the file. Answered by `Stored` or `Failed`.
    Append,
    /// Check the digest if there is one and make the file durable. Answered by `Finished`,
    /// `Damaged` or `Failed`.
    Finish(Option<Hash>),
    /// Forget the file, of which nothing may be left.
    Discard,
    /// Send a signal as a text frame.
    Send(FromServer),
    /// Close the socket with code 1000.
    Close,
}

/// The server's side of one connection.
#[derive(Debug)]
pub struct Session {
    chunk_size: u64,
    state: State,
    size: Option<u64>,
    stored: u64,
    /// The MD5 that the client has declared.
    md5: Option<Md5>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    AwaitingMeta,
    Creating,
    Receiving,
    Appending(u64),
    Finishing,
    Over,
}

impl Session {
    /// A connection on which nothing has been said yet, to a server that asks for chunks of this
    /// many bytes.
    pub fn new(chunk_size: u64) -> Session {
        Session { chunk_size, state: State::AwaitingMeta, size: None, stored: 0, md5: None }
    }

    /// Takes what happened and says what is wanted, to be done in this order.
    ///
    /// An event that answers nothing that was asked is ignored.
    pub fn handle(&mut self, event: Event) -> Vec<Action> {
        match (self.state, event) {
            (State::Over, _) => Vec::new(),
            (_, Event::Failed(words)) => self.fail(words),
            (_, Event::Damaged(words)) => {
                self.fail_with(FromServer { damaged: true, ..FromServer::error(words, true) })
            }
            // Without a word, which would be the end: who was only slow may come back.
            (_, Event::TimedOut) => self.end(),
            (State::AwaitingMeta, event) => self.awaiting_meta(event),
            (State::Creating, Event::Stored) => self.ready(),
            (State::Receiving, event) => self.receiving(event),
            (State::Appending(len), Event::Stored) => {
                self.stored += len;
                self.ready()
            }
            (State::Finishing, Event::Finished) => {
                self.state = State::Over;
                vec![Action::Send(FromServer::close(self.md5.take()))]
            }
            (State::Creating | State::Appending(_) | State::Finishing, _) => Vec::new(),
        }
    }

    fn awaiting_meta(&mut self, event: Event) -> Vec<Action> {
        match event {
            Event::Text(Some(json)) => match FromClient::from_json(&json) {
                Ok(FromClient::Meta { name, size }) => {
                    self.state = State::Creating;
                    self.size = size;
                    let name = name.unwrap_or_else(|| "unknown".to_owned());
                    vec![Action::Create { name, size }]
                }
                Ok(FromClient::Finished(_)) => {
                    self.fail("Expected name and size before finished.".to_owned())
                }
                Err(_) => self.fail("Expected a whole number of bytes as size.".to_owned()),
            },
            Event::Text(None) => not_json(),
            Event::Binary(_) => self.fail("Expected name and size before any bytes.".to_owned()),
            _ => Vec::new(),
        }
    }

    fn receiving(&mut self, event: Event) -> Vec<Action> {
        match event {
            Event::Binary(len) => self.append(len),
            Event::Text(None) => not_json(),
            Event::Text(Some(json)) => match FromClient::from_json(&json) {
                Ok(FromClient::Finished(hash)) => self.finish(hash),
                // The first description stands.
                Ok(FromClient::Meta { .. }) | Err(_) => self.ready(),
            },
            _ => Vec::new(),
        }
    }

    fn append(&mut self, len: u64) -> Vec<Action> {
        let total = self.stored + len;
        if self.size.is_some_and(|size| total > size) {
            return self.fail(self.mismatch(total));
        }
        self.state = State::Appending(len);
        vec![Action::Append]
    }

    fn finish(&mut self, hash: Option<Hash>) -> Vec<Action> {
        if self.size.is_some_and(|size| size != self.stored) {
            return self.fail(self.mismatch(self.stored));
        }
        self.state = State::Finishing;
        let md5 = hash.as_ref().filter(|hash| hash.kind.eq_ignore_ascii_case("md5"));
        self.md5 = md5.and_then(|hash| Md5::parse(&hash.value));
        vec![Action::Finish(hash)]
    }

    fn ready(&mut self) -> Vec<Action> {
        self.state = State::Receiving;
        vec![Action::Send(FromServer::ready(self.chunk_size))]
    }

    /// The words of the original server.
    fn mismatch(&self, got: u64) -> String {
        format!("Expected: {} bytes. Got: {got} bytes.", self.size.unwrap_or_default())
    }

    fn fail(&mut self, words: String) -> Vec<Action> {
        self.fail_with(FromServer::error(words, true))
    }

    fn fail_with(&mut self, signal: FromServer) -> Vec<Action> {
        let mut actions = self.end();
        actions.insert(0, Action::Send(signal));
        actions
    }

    fn end(&mut self) -> Vec<Action> {
        let had_file = !matches!(self.state, State::AwaitingMeta);
        self.state = State::Over;
        had_file.then_some(Action::Discard).into_iter().chain([Action::Close]).collect()
    }
}

fn not_json() -> Vec<Action> {
    vec![Action::Send(FromServer::error("Expected JSON.".to_owned(), false))]
}
