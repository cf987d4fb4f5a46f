//! Another page with the same file, which has no faults and no time, and is closed in the middle.

use std::collections::{HashMap, VecDeque};

use incoming_protocol::http::RequestId;
use incoming_protocol::{Action, Attempt, Event, Outcome, Step, Upload};

use super::super::link::Connection;
use super::super::{Answer, Reply, md5_of};
use super::browser::IDENTIFIER;
use super::{Happening, World};

struct Page {
    upload: Upload,
    heard: VecDeque<(Attempt, Event)>,
    connection: Option<usize>,
    /// How many bytes were sent in requests whose answers it has not heard.
    ahead: HashMap<RequestId, u64>,
}

impl World {
    /// It goes on where the last one was until it has heard so much.
    pub(super) fn go_on_elsewhere(&mut self, messages: u32) {
        self.reloads += 1;
        self.seed += 1;
        let upload = Upload::new(self.protocol, self.job.clone(), self.seed).unwrap();
        let mut page =
            Page { upload, heard: VecDeque::new(), connection: None, ahead: HashMap::new() };
        let steps = page.upload.start();
        self.perform_elsewhere(&mut page, steps);
        for _ in 0..messages {
            let Some((attempt, event)) = page.heard.pop_front() else { break };
            if let Event::Responded(id, _) = &event {
                page.ahead.remove(id);
            }
            let steps = page.upload.handle(attempt, event);
            self.perform_elsewhere(&mut page, steps);
        }
        let steps = page.upload.handle(page.upload.attempt(), Event::Hidden);
        self.perform_elsewhere(&mut page, steps);
        self.unsaved_bytes += page.ahead.values().sum::<u64>();
        self.hang_up_elsewhere(&mut page);
    }

    fn perform_elsewhere(&mut self, page: &mut Page, steps: Vec<Step>) {
        for Step { attempt, action } in steps {
            let answer = match action {
                Action::Identify => Event::Identified(Some(IDENTIFIER.into())),
                Action::Hold => Event::Held,
                Action::Recall => Event::Recalled(self.browser.kept()),
                Action::AskId => Event::Named(self.id.clone()),
                Action::Digest(range) => Event::Digested(range.clone(), md5_of(&range)),
                Action::CheckFile => Event::FileIntact,
                Action::Connect(_) => {
                    page.connection = Some(self.connections.len());
                    self.connections.push(Connection::elsewhere(attempt));
                    Event::Connected
                }
                Action::Request(request) => {
                    let range = request.body.range().cloned().unwrap_or_default();
                    page.ahead.insert(request.id, range.end - range.start);
                    self.sent.push(range);
                    Event::Responded(request.id, self.server.request(&request, false))
                }
                other => {
                    self.do_elsewhere(page, attempt, other);
                    continue;
                }
            };
            page.heard.push_back((attempt, answer));
        }
    }

    /// What is not answered at once.
    fn do_elsewhere(&mut self, page: &mut Page, attempt: Attempt, action: Action) {
        match (action, page.connection) {
            (Action::Send(json), Some(connection)) => {
                let replies = self.server.text(connection, json);
                self.reply_elsewhere(page, attempt, replies);
            }
            (Action::SendRange(range), Some(connection)) => {
                self.sent.push(range.clone());
                let replies = self.server.bytes(connection, range, false);
                self.reply_elsewhere(page, attempt, replies);
            }
            (Action::HangUp, _) => self.hang_up_elsewhere(page),
            (Action::Keep(kept), _) => self.browser.keep(&kept),
            (Action::Forget, _) => self.browser.remove(),
            (Action::Settle(Outcome::Finished), _) => self.browser.finished_elsewhere += 1,
            _ => {}
        }
    }

    fn reply_elsewhere(&mut self, page: &mut Page, attempt: Attempt, replies: Vec<Reply>) {
        for reply in replies {
            let is_for_it = Some(reply.connection) == page.connection;
            match reply.what {
                Answer::Text(json) if is_for_it => {
                    page.heard.push_back((attempt, Event::Received(json)));
                }
                Answer::Close(code) if is_for_it => {
                    let event = Event::Disconnected { code, reason: String::new() };
                    page.heard.push_back((attempt, event));
                }
                _ => self.reply(vec![reply]),
            }
        }
    }

    fn hang_up_elsewhere(&mut self, page: &mut Page) {
        page.heard.clear();
        page.ahead.clear();
        if let Some(connection) = page.connection.take() {
            self.plan(self.now_ms + 1, Happening::ServerLoses(connection));
        }
    }
}
