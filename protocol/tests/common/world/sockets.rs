//! WebSockets, and what comes and goes over them.

use std::ops::Range;

use incoming_protocol::{Attempt, Event};

use super::super::link::Connection;
use super::super::{Answer, Reply};
use super::{Happening, Message, World};

/// How long TCP sends again what nobody confirms before it gives a connection up.
const UNANSWERED_MS: u64 = 900_000;

impl World {
    pub(super) fn arrive(&mut self, connection: usize, message: Message) {
        if self.connections[connection].is_dead {
            return;
        }
        let replies = match message {
            Message::Text(json) => self.server.text(connection, json),
            Message::Bytes(range) => {
                let is_damaged = !range.is_empty() && self.damages();
                self.server.bytes(connection, range, is_damaged)
            }
        };
        self.reply(replies);
    }

    pub(super) fn reply(&mut self, replies: Vec<Reply>) {
        let open = replies.first().map(|reply| reply.connection);
        if let Some(connection) = open.filter(|_| self.swallows()) {
            self.die(connection);
        }
        for Reply { connection, after_ms, what } in replies {
            if matches!(what, Answer::Wake) {
                self.plan(self.now_ms + after_ms, Happening::ServerWakes(connection));
                continue;
            }
            let jitter_ms = self.dice.u64(0..=self.weather.latency_ms);
            let link = &mut self.connections[connection];
            let arrives_ms = self.now_ms + after_ms + self.weather.latency_ms + jitter_ms;
            link.last_to_client_ms = link.last_to_client_ms.max(arrives_ms);
            let arrives_ms = link.last_to_client_ms;
            let event = match what {
                Answer::Text(json) => Event::Received(json),
                Answer::Close(code) => Event::Disconnected { code, reason: String::new() },
                Answer::Wake => unreachable!("handled above"),
            };
            self.plan(arrives_ms, Happening::ToClient(connection, event));
        }
    }

    /// The connection breaks. The server may notice much later; the client may never.
    pub(super) fn die(&mut self, connection: usize) {
        if std::mem::replace(&mut self.connections[connection].is_dead, true) {
            return;
        }
        self.losses += 1;
        let notices_ms = self.now_ms + self.dice.u64(0..3000);
        self.plan(notices_ms, Happening::ServerLoses(connection));
        if !self.weather.dies_silently {
            let event = Event::Disconnected { code: 1006, reason: String::new() };
            let latency_ms = self.weather.latency_ms;
            self.plan(self.now_ms + latency_ms, Happening::ToClient(connection, event));
        }
    }

    pub(super) fn connect(&mut self, attempt: Attempt) {
        self.assert_that_it_may_be_sent();
        self.connects += 1;
        let connection = self.connections.len();
        self.connections.push(Connection::new(attempt));
        self.current = Some(connection);
        let answered_ms = self.now_ms + 2 * self.weather.latency_ms;
        self.note_try();
        if self.is_offline() || self.dice.u64(0..100) < self.weather.refused_percent {
            let event = Event::Disconnected { code: 1006, reason: String::new() };
            self.connections[connection].is_dead = true;
            return self.plan(answered_ms, Happening::ToClient(connection, event));
        }
        self.connections[connection].last_to_client_ms = answered_ms;
        self.plan(answered_ms, Happening::ToClient(connection, Event::Connected));
        if let Some(within_ms) = self.weather.dies_within_ms {
            let dies_ms = answered_ms + self.dice.u64(0..within_ms);
            self.plan(dies_ms, Happening::Dies(connection));
        }
    }

    pub(super) fn send_range(&mut self, attempt: Attempt, range: Range<u64>) {
        let confirmed = self.upload.confirmed().0;
        assert!(range.start >= confirmed, "nothing confirmed is sent again: {range:?}");
        self.most_ahead = self.most_ahead.max(range.end - confirmed);
        self.sent.push(range.clone());
        let len = range.end - range.start;
        self.send(Message::Bytes(range), len);
        self.keep_ticking(attempt);
    }

    pub(super) fn send(&mut self, message: Message, len: u64) {
        let Some(current) = self.current else { return };
        let takes_ms = len.div_ceil(self.weather.bytes_per_ms);
        let link = &mut self.connections[current];
        link.queue_empty_at_ms = link.queue_empty_at_ms.max(self.now_ms) + takes_ms;
        let arrives_ms = link.queue_empty_at_ms + self.weather.latency_ms;
        if link.is_dead {
            let event = Event::Disconnected { code: 1006, reason: String::new() };
            return self.plan(self.now_ms + UNANSWERED_MS, Happening::ToClient(current, event));
        }
        self.plan(arrives_ms, Happening::ToServer(current, message));
    }

    /// What was sent before still travels, as through a WebSocket that is being closed.
    pub(super) fn hang_up(&mut self) {
        self.stop_waiting();
        self.timers.clear();
        self.requests.clear();
        self.line_free_at_ms = self.now_ms;
        self.is_ticking = false;
        let Some(current) = self.current.take() else { return };
        let link = &mut self.connections[current];
        link.is_hung_up = true;
        let gone_ms = link.queue_empty_at_ms.max(self.now_ms) + self.weather.latency_ms;
        if !link.is_dead {
            self.plan(gone_ms, Happening::ServerLoses(current));
        }
    }
}
