//! A server of Incoming!! around the real session.

use std::collections::HashMap;
use std::ops::Range;

use incoming_protocol::Json;
use incoming_protocol::incoming::server::{Action, Event, Refusal, Session, Terms};

use super::{Answer, Reply, arrived_md5};

pub struct Server {
    terms: Terms,
    handover_ms: u64,
    sessions: HashMap<usize, Session>,
    owner: Option<usize>,
    size: Option<u64>,
    stored: u64,
    incoming: (Range<u64>, bool),
    is_damaged: bool,
    handing_over: bool,
    deliveries: u32,
    is_cancelled: bool,
}

impl Server {
    pub fn new(chunk_size_kb: u32, handover_ms: u64) -> Server {
        Server {
            terms: Terms { chunk_size_kb, send_ahead: 4 },
            handover_ms,
            sessions: HashMap::new(),
            owner: None,
            size: None,
            stored: 0,
            incoming: (0..0, false),
            is_damaged: false,
            handing_over: false,
            deliveries: 0,
            is_cancelled: false,
        }
    }

    fn feed(&mut self, connection: usize, event: Event) -> Vec<Reply> {
        let terms = self.terms;
        let session = self.sessions.entry(connection).or_insert_with(|| Session::new(terms));
        let actions = session.handle(event);
        actions.into_iter().flat_map(|action| self.perform(connection, action)).collect()
    }

    fn perform(&mut self, connection: usize, action: Action) -> Vec<Reply> {
        let reply = |after_ms, what| vec![Reply { connection, after_ms, what }];
        match action {
            Action::Open { size, .. } => self.open(connection, size),
            Action::Append => {
                assert_eq!(self.owner, Some(connection), "only the owner writes");
                let (range, is_damaged) = self.incoming.clone();
                assert_eq!(range.start, self.stored, "bytes arrive in order, none twice");
                self.stored = range.end;
                self.is_damaged |= is_damaged;
                self.feed(connection, Event::Stored)
            }
            Action::Check(md5) => {
                let is_right = arrived_md5(&self.incoming.0, self.incoming.1) == md5;
                self.feed(connection, Event::Checked(is_right))
            }
            Action::Sum => {
                let md5 = arrived_md5(&(0..self.stored), self.is_damaged);
                self.feed(connection, Event::Summed(Some(md5)))
            }
            Action::Empty => {
                assert_eq!(self.deliveries, 0, "nobody has it yet");
                (self.stored, self.is_damaged) = (0, false);
                Vec::new()
            }
            Action::Complete => self.feed(connection, Event::Completed),
            Action::HandOver if self.deliveries > 0 => self.feed(connection, Event::HandedOver),
            Action::HandOver => {
                self.handing_over = true;
                reply(self.handover_ms, Answer::Wake)
            }
            Action::Pause => Vec::new(),
            Action::Cancel { .. } => {
                self.is_cancelled = true;
                self.feed(connection, Event::CancelTold)
            }
            Action::Send(message) => reply(0, Answer::Text(message.to_json())),
            Action::Close => {
                self.owner = self.owner.filter(|owner| *owner != connection);
                reply(0, Answer::Close(1000))
            }
        }
    }

    fn open(&mut self, connection: usize, size: u64) -> Vec<Reply> {
        if self.is_cancelled {
            return self.feed(connection, Event::Refused(Refusal::Unknown));
        }
        if *self.size.get_or_insert(size) != size {
            return self.feed(connection, Event::Refused(Refusal::SizeChanged));
        }
        let mut replies = Vec::new();
        if let Some(old) = self.owner.replace(connection) {
            replies = self.feed(old, Event::TakenOver);
            self.owner = Some(connection);
        }
        replies.extend(self.feed(connection, Event::Opened { stored: self.stored }));
        replies
    }
}

impl super::Server for Server {
    fn text(&mut self, connection: usize, json: Json) -> Vec<Reply> {
        self.feed(connection, Event::Text(Some(json)))
    }

    fn bytes(&mut self, connection: usize, range: Range<u64>, is_damaged: bool) -> Vec<Reply> {
        let len = range.end - range.start;
        self.incoming = (range, is_damaged);
        self.feed(connection, Event::Binary(len))
    }

    fn woke(&mut self, connection: usize) -> Vec<Reply> {
        if std::mem::take(&mut self.handing_over) && self.deliveries == 0 {
            self.deliveries += 1;
        }
        let listener = self.owner.unwrap_or(connection);
        if self.sessions.contains_key(&listener) {
            self.feed(listener, Event::HandedOver)
        } else {
            Vec::new()
        }
    }

    fn lost(&mut self, connection: usize) {
        self.sessions.remove(&connection);
        self.owner = self.owner.filter(|owner| *owner != connection);
    }

    fn crash(&mut self) {
        self.sessions.clear();
        self.owner = None;
        self.handing_over = false;
    }

    /// What is whole is synced.
    fn lose_unsynced(&mut self, dice: &mut fastrand::Rng) -> u64 {
        if self.size == Some(self.stored) {
            return 0;
        }
        let kept = if self.is_damaged { 0 } else { dice.u64(0..=self.stored) };
        self.is_damaged = false;
        std::mem::replace(&mut self.stored, kept) - kept
    }

    fn stored(&self) -> u64 {
        self.stored
    }

    fn is_damaged(&self) -> bool {
        self.is_damaged
    }

    fn deliveries(&self) -> u32 {
        self.deliveries
    }

    fn is_cancelled(&self) -> bool {
        self.is_cancelled
    }
}
