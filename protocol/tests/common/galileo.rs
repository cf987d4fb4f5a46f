//! A server of GalileoSend around the real session.

use std::collections::HashMap;
use std::ops::Range;

use incoming_protocol::Json;
use incoming_protocol::galileo::server::{Action, Event, Session};

use super::{Answer, Reply, arrived_md5};

pub struct Server {
    chunk_size: u64,
    uploads: HashMap<usize, Upload>,
    finished: Vec<(u64, bool)>,
}

struct Upload {
    session: Session,
    stored: u64,
    incoming: (Range<u64>, bool),
    is_damaged: bool,
}

impl Server {
    pub fn new(chunk_kib: u32) -> Server {
        let chunk_size = u64::from(chunk_kib) * 1024;
        Server { chunk_size, uploads: HashMap::new(), finished: Vec::new() }
    }

    fn feed(&mut self, connection: usize, event: Event) -> Vec<Reply> {
        let fresh = || Session::new(self.chunk_size);
        let upload = self.uploads.entry(connection);
        let upload = upload.or_insert_with(|| Upload {
            session: fresh(),
            stored: 0,
            incoming: (0..0, false),
            is_damaged: false,
        });
        let actions = upload.session.handle(event);
        actions.into_iter().flat_map(|action| self.perform(connection, action)).collect()
    }

    fn perform(&mut self, connection: usize, action: Action) -> Vec<Reply> {
        let reply = |what| vec![Reply { connection, after_ms: 0, what }];
        let upload = self.uploads.get_mut(&connection).unwrap();
        match action {
            Action::Create { .. } => self.feed(connection, Event::Stored),
            Action::Append => {
                let (range, is_damaged) = upload.incoming.clone();
                assert_eq!(range.start, upload.stored, "in order, and none twice");
                upload.stored = range.end;
                upload.is_damaged |= is_damaged;
                self.feed(connection, Event::Stored)
            }
            Action::Finish(hash) => {
                let md5 = arrived_md5(&(0..upload.stored), upload.is_damaged);
                if hash.is_some_and(|hash| hash.value != md5.as_str()) {
                    return self.feed(connection, Event::Damaged("another hash".into()));
                }
                self.finished.push((upload.stored, upload.is_damaged));
                self.feed(connection, Event::Finished)
            }
            Action::Discard => Vec::new(),
            Action::Send(signal) => reply(Answer::Text(signal.to_json())),
            Action::Close => reply(Answer::Close(1000)),
        }
    }
}

impl super::Server for Server {
    fn text(&mut self, connection: usize, json: Json) -> Vec<Reply> {
        self.feed(connection, Event::Text(Some(json)))
    }

    fn bytes(&mut self, connection: usize, range: Range<u64>, is_damaged: bool) -> Vec<Reply> {
        let len = range.end - range.start;
        if let Some(upload) = self.uploads.get_mut(&connection) {
            upload.incoming = (range, is_damaged);
        }
        self.feed(connection, Event::Binary(len))
    }

    fn lost(&mut self, connection: usize) {
        self.uploads.remove(&connection);
    }

    fn crash(&mut self) {
        self.uploads.clear();
    }

    fn stored(&self) -> u64 {
        self.finished.last().map_or(0, |(stored, _)| *stored)
    }

    fn is_damaged(&self) -> bool {
        self.finished.last().is_some_and(|(_, is_damaged)| *is_damaged)
    }

    /// A file whose end the client missed is delivered again.
    fn deliveries(&self) -> u32 {
        u32::from(!self.finished.is_empty())
    }

    /// Nothing on the wire says so: what was sent is forgotten with the connection.
    fn is_cancelled(&self) -> bool {
        true
    }
}
