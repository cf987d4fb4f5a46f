//! Requests on their way, and what becomes of them.

use std::time::Duration;

use incoming_protocol::http::{Request, RequestId, Response};
use incoming_protocol::{Attempt, Event};

use super::super::headers::asking;
use super::{Deed, Happening, OnItsWay, World};

impl World {
    /// All requests share the line; one that is unlucky is refused by somebody on the way.
    pub(super) fn request(&mut self, attempt: Attempt, request: Request) {
        assert!(self.now_ms >= self.asked_until_ms, "a server is left alone that wants to be");
        if self.requesting.replace(attempt) != Some(attempt) {
            self.assert_that_it_may_be_sent();
            self.connects += 1;
            self.note_try();
        }
        let range = request.body.range().cloned().unwrap_or_default();
        let len = range.end - range.start;
        if request.body.range().is_some() {
            self.sent.push(range);
        }
        let takes_ms = len.div_ceil(self.weather.bytes_per_ms);
        let leaves_ms = self.line_free_at_ms.max(self.now_ms);
        self.line_free_at_ms = leaves_ms + takes_ms;
        let id = request.id;
        self.requests.insert(id, OnItsWay { attempt, len, leaves_ms, takes_ms });
        let ahead = self.requests.values().map(|on| on.len).sum();
        self.most_ahead = self.most_ahead.max(ahead);
        self.plan(leaves_ms + takes_ms / 2, Happening::RequestLoads(id));
        if self.is_offline() {
            return self.lose_requests();
        }
        let overtaken_ms = self.dice.u64(0..=self.weather.overtaken_ms);
        let arrives_ms = self.line_free_at_ms + self.weather.latency_ms + overtaken_ms;
        self.plan(arrives_ms, Happening::RequestArrives(request));
        if self.weather.dies_within_ms.is_some() && self.dice.u8(0..20) == 0 {
            let lost_ms = self.dice.u64(self.now_ms..=arrives_ms + 2 * self.weather.latency_ms);
            self.plan(lost_ms, Happening::Deed(Deed::Cut));
        }
    }

    pub(super) fn request_loads(&mut self, id: RequestId) {
        let Some(on) = self.requests.get(&id) else { return };
        let passed_ms = self.now_ms.saturating_sub(on.leaves_ms).min(on.takes_ms);
        let bytes = (on.len * passed_ms).checked_div(on.takes_ms).unwrap_or(on.len);
        let attempt = on.attempt;
        self.tell(attempt, Event::Loaded(id, bytes));
    }

    pub(super) fn request_arrives(&mut self, request: &Request) {
        let Some(on) = self.requests.get(&request.id) else { return };
        let attempt = on.attempt;
        if self.dice.u64(0..100) < self.weather.refused_percent {
            let status = if self.dice.bool() { 429 } else { 503 };
            let asked = Duration::from_millis(self.dice.u64(0..=self.weather.asks_ms));
            let response = Response { status, text: "busy".into(), ..Response::default() };
            return self.respond(attempt, request.id, asking(response, asked));
        }
        let has_bytes = request.body.range().is_some_and(|range| !range.is_empty());
        let is_damaged = has_bytes && self.damages();
        let response = self.server.request(request, is_damaged);
        if self.dice.u64(0..100) < self.weather.repeated_percent {
            let repeated_ms = self.now_ms + self.dice.u64(0..20_000);
            self.plan(repeated_ms, Happening::RequestRepeats(request.clone()));
        }
        if self.swallows() {
            return self.lose_requests();
        }
        self.respond(attempt, request.id, response);
    }

    /// Even after a hang-up the answer comes: nothing of it may be obeyed.
    fn respond(&mut self, attempt: Attempt, id: RequestId, response: Response) {
        let jitter_ms = self.dice.u64(0..=self.weather.latency_ms);
        let arrives_ms = self.now_ms + self.weather.latency_ms + jitter_ms;
        self.plan(arrives_ms, Happening::Client(attempt, Event::Responded(id, response)));
    }

    /// The line breaks: what has not arrived never will, and what was answered is not heard.
    pub(super) fn lose_requests(&mut self) {
        let lost: Vec<_> = self.requests.drain().collect();
        self.line_free_at_ms = self.now_ms;
        self.losses += u32::from(!lost.is_empty() && self.current.is_none());
        if self.weather.dies_silently {
            return;
        }
        for (id, on) in lost {
            let event = Event::RequestLost(id, "the line broke".into());
            self.plan(self.now_ms, Happening::Client(on.attempt, event));
        }
    }
}
