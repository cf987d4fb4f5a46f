//! What an upload has cost.

use std::collections::HashMap;
use std::ops::Range;

use incoming_protocol::http::RequestId;

/// Counts bytes of the file.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How many were handed to the network.
    pub sent: u64,
    /// How many of them the server had confirmed before.
    pub repeated: u64,
    /// How many attempts there were.
    pub attempts: u64,
    confirmed: Vec<Range<u64>>,
    on_their_way: HashMap<RequestId, Body>,
}

/// The file's bytes in a request.
#[derive(Clone, Debug)]
struct Body {
    range: Range<u64>,
    sent: u64,
}

impl Tally {
    pub fn request(&mut self, id: RequestId, range: Range<u64>) {
        self.on_their_way.insert(id, Body { range, sent: 0 });
    }

    /// So many bytes of a request have left.
    pub fn loaded(&mut self, id: RequestId, bytes: u64) {
        let Some(body) = self.on_their_way.get_mut(&id) else { return };
        let sent = bytes.min(body.range.end - body.range.start);
        let more = body.range.start + body.sent..body.range.start + sent;
        body.sent = sent;
        self.send(&more);
    }

    pub fn send(&mut self, range: &Range<u64>) {
        self.sent += range.end - range.start;
        self.repeated += self.overlap(range);
    }

    /// A request was answered; `more` bytes are confirmed since.
    pub fn answered(&mut self, id: RequestId, more: u64) {
        let Some(Body { range, .. }) = self.on_their_way.remove(&id) else { return };
        if more > 0 && more >= range.end - range.start {
            self.confirm(range);
        }
    }

    pub fn confirm(&mut self, range: Range<u64>) {
        if self.overlap(&range) == 0 {
            self.confirmed.push(range);
        }
    }

    /// The server has no more than this.
    pub fn fall_back(&mut self, position: u64) {
        for range in &mut self.confirmed {
            range.end = range.end.min(position);
        }
        self.confirmed.retain(|range| range.start < range.end);
    }

    fn overlap(&self, range: &Range<u64>) -> u64 {
        let common = |other: &Range<u64>| {
            other.end.min(range.end).saturating_sub(other.start.max(range.start))
        };
        self.confirmed.iter().map(common).sum()
    }
}
