//! Which bytes to send next, and how many at a time.

use std::ops::Range;

use crate::Link;

/// Before anything was measured, and the unit in which sizes grow.
const FIRST: u64 = 512 * 1024;
/// No chunk is made smaller than this because a line is slow.
const SMALLEST: u64 = 64 * 1024;
/// No chunk is made smaller than this because connections do not live long enough for it.
const TINIEST: u64 = 16 * 1024;
/// A browser reads a chunk into memory before it sends it.
const LARGEST: u64 = 16 * 1024 * 1024;
/// A chunk is what the line takes in a quarter of a second: a loss costs no more than that, and
/// acknowledgements come several times a second.
const CHUNKS_PER_SECOND: u64 = 4;
/// So many chunks fit into what may be ahead after a loss, so that confirmations keep coming.
const CHUNKS_IN_ROOM: u64 = 2;
/// Of every so many bytes that get through, one more may be ahead.
const REGAINED_FROM: u64 = 16;
/// The browser's own queue holds what the line takes in half a second, because what is in it
/// cannot be called back: a pause or a cancellation waits behind it.
const QUEUES_PER_SECOND: u64 = 2;

/// How large a chunk may be.
#[derive(Debug)]
pub struct ChunkSizes {
    /// What the caller and the largest message that ever got through allow.
    limit: u64,
    /// What the server allows.
    server: u64,
    bytes_per_second: Option<u64>,
    /// How much may be ahead, so that losses stay cheap: half of what was lost the last time, and
    /// little by little more while chunks get through.
    room: u64,
}

impl ChunkSizes {
    /// Sizes up to what the caller allows.
    pub fn new(limit: Option<u64>) -> ChunkSizes {
        let limit = limit.unwrap_or(LARGEST).clamp(1, LARGEST);
        ChunkSizes { limit, server: FIRST, bytes_per_second: None, room: u64::MAX }
    }

    fn largest(&self) -> u64 {
        self.limit.min(self.server)
    }

    fn next(&self) -> u64 {
        let fitting = match self.bytes_per_second {
            None => FIRST,
            Some(speed) => (speed / CHUNKS_PER_SECOND / SMALLEST * SMALLEST).max(SMALLEST),
        };
        let affordable = self.room / CHUNKS_IN_ROOM / TINIEST * TINIEST;
        fitting.min(affordable).min(self.largest())
    }

    fn got_through(&mut self, len: u64) {
        let regained = if self.room < FIRST { CHUNKS_IN_ROOM * len } else { len / REGAINED_FROM };
        self.room = self.room.saturating_add(regained);
    }

    fn lost(&mut self, ahead: u64) {
        self.room = (self.room.min(ahead) / 2).max(CHUNKS_IN_ROOM * TINIEST);
    }

    fn queue(&self) -> u64 {
        match self.bytes_per_second {
            None => 2 * FIRST,
            Some(speed) => (speed / QUEUES_PER_SECOND).max(2 * self.next()),
        }
    }
}

/// One file, sent from some position on in order, with a window of unconfirmed bytes.
#[derive(Debug)]
pub struct SendWindow {
    size: u64,
    acknowledged: u64,
    sent: u64,
    window: u64,
    waiting: u64,
    sizes: ChunkSizes,
}

impl SendWindow {
    /// A file of which nothing is confirmed.
    pub fn new(size: u64, sizes: ChunkSizes) -> SendWindow {
        SendWindow { size, acknowledged: 0, sent: 0, window: 0, waiting: 0, sizes }
    }

    /// Takes the server's terms: chunks of at most `chunk_size` bytes, so many of them without a
    /// confirmation, from `position` on.
    pub fn agree(&mut self, chunk_size: u64, send_ahead: u64, position: u64) {
        self.sizes.server = chunk_size.clamp(1, LARGEST);
        self.window = chunk_size.saturating_mul(send_ahead);
        self.acknowledged = position;
        self.sent = position;
        self.waiting = 0;
    }

    /// The next chunk, if it may be sent now.
    #[expect(clippy::should_implement_trait, reason = "what is next depends on what came back")]
    pub fn next(&mut self) -> Option<Range<u64>> {
        let len = self.sizes.next().min(self.size - self.sent);
        let has_room = self.ahead() + len <= self.window.min(self.sizes.room)
            && self.waiting < self.sizes.queue();
        if len == 0 || !(has_room || self.ahead() == 0) {
            return None;
        }
        let range = self.sent..self.sent + len;
        self.sent += len;
        self.waiting += len;
        Some(range)
    }

    /// The server confirmed the next `len` bytes.
    pub fn acknowledge(&mut self, len: u64) {
        self.acknowledged += len;
        self.sizes.got_through(len);
    }

    /// Takes note of how the connection is doing.
    pub fn measured(&mut self, link: Link) {
        self.waiting = link.waiting;
        self.sizes.bytes_per_second = link.bytes_per_second;
    }

    /// A chunk was too large for somebody on the way. False if it cannot get any smaller.
    pub fn shrink(&mut self) -> bool {
        let half = self.sizes.largest().min(self.sizes.next()) / 2;
        self.sizes.limit = half.max(SMALLEST).min(self.sizes.limit);
        half >= SMALLEST
    }

    /// Every byte is to be sent again.
    pub fn start_over(&mut self) {
        (self.acknowledged, self.sent) = (0, 0);
    }

    /// What is on its way is given up, and nothing learned from it.
    pub fn let_go(&mut self) {
        self.sent = self.acknowledged;
    }

    /// What was on its way may be lost.
    pub fn hung_up(&mut self) {
        if self.ahead() > 0 {
            self.sizes.lost(self.ahead());
        }
        self.let_go();
        self.waiting = 0;
    }

    /// True when every byte is confirmed.
    pub fn is_complete(&self) -> bool {
        self.acknowledged == self.size
    }

    /// How many bytes were sent and are not confirmed.
    pub fn ahead(&self) -> u64 {
        self.sent - self.acknowledged
    }

    /// How many bytes are confirmed.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Up to where bytes were sent.
    pub fn sent(&self) -> u64 {
        self.sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: u64 = 1024;
    const MIB: u64 = 1024 * KIB;

    fn flow(size: u64, chunk_size: u64, send_ahead: u64) -> SendWindow {
        let mut flow = SendWindow::new(size, ChunkSizes::new(None));
        flow.agree(chunk_size, send_ahead, 0);
        flow
    }

    fn lengths(flow: &mut SendWindow) -> Vec<u64> {
        std::iter::from_fn(|| flow.next()).map(|range| range.end - range.start).collect()
    }

    fn at(bytes_per_second: u64) -> Link {
        Link { bytes_per_second: Some(bytes_per_second), ..Link::default() }
    }

    #[test]
    fn chunks_have_the_size_of_the_server_and_the_last_one_what_is_left() {
        let mut flow = flow(2 * 512 * KIB + 7, 512 * KIB, 4);
        assert_eq!(lengths(&mut flow), [512 * KIB, 512 * KIB]);
        flow.measured(Link::default());
        assert_eq!(lengths(&mut flow), [7]);
    }

    #[test]
    fn no_more_is_on_its_way_than_the_server_allows() {
        let mut flow = flow(100 * MIB, 512 * KIB, 4);
        for _ in 0..10 {
            flow.measured(Link::default());
            lengths(&mut flow);
        }
        assert_eq!(flow.ahead(), 4 * 512 * KIB);
        flow.acknowledge(512 * KIB);
        assert_eq!(lengths(&mut flow), [512 * KIB]);
    }

    #[test]
    fn the_queue_of_the_browser_stays_short() {
        let mut flow = flow(100 * MIB, 4 * MIB, 8);
        lengths(&mut flow);
        assert_eq!(flow.ahead(), MIB, "half of what is unmeasured waits for the first news");
    }

    #[test]
    fn a_fast_line_gets_large_chunks_and_the_whole_window() {
        let mut flow = flow(1000 * MIB, 4 * MIB, 8);
        flow.measured(at(500 * MIB));
        assert_eq!(lengths(&mut flow), [4 * MIB; 8]);
    }

    #[test]
    fn a_slow_line_gets_small_chunks_and_a_short_queue() {
        let mut flow = flow(1000 * MIB, 4 * MIB, 8);
        flow.measured(at(128 * KIB));
        assert_eq!(lengths(&mut flow), [64 * KIB; 2]);
    }

    #[test]
    fn the_caller_may_want_smaller_chunks_than_the_server() {
        let mut flow = SendWindow::new(1000, ChunkSizes::new(Some(300)));
        flow.agree(512 * KIB, 4, 0);
        let mut all = Vec::new();
        while !flow.is_complete() {
            flow.measured(Link::default());
            let lengths = lengths(&mut flow);
            lengths.iter().for_each(|len| flow.acknowledge(*len));
            all.extend(lengths);
        }
        assert_eq!(all, [300, 300, 300, 100]);
    }

    #[test]
    fn after_a_loss_everything_unconfirmed_is_sent_again_and_nothing_else() {
        let mut flow = flow(10 * MIB, 512 * KIB, 4);
        lengths(&mut flow);
        flow.acknowledge(512 * KIB);
        flow.hung_up();
        assert_eq!(flow.sent(), 512 * KIB);
        flow.agree(512 * KIB, 4, MIB);
        assert_eq!(flow.next(), Some(MIB..MIB + 128 * KIB), "the server knows best");
    }

    #[test]
    fn chunks_that_are_too_large_for_somebody_on_the_way_shrink_until_they_cannot() {
        let mut flow = flow(10 * MIB, 512 * KIB, 4);
        assert!(flow.shrink());
        assert_eq!(flow.next(), Some(0..256 * KIB));
        assert!(flow.shrink() && flow.shrink());
        assert!(!flow.shrink(), "64 KiB are the smallest");
    }

    #[test]
    fn connections_too_short_for_a_chunk_get_smaller_ones_until_one_gets_through() {
        let mut flow = flow(10 * MIB, 512 * KIB, 4);
        let mut first = Vec::new();
        for _ in 0..7 {
            flow.agree(512 * KIB, 4, 0);
            first.push(lengths(&mut flow)[0] / KIB);
            flow.hung_up();
        }
        assert_eq!(first, [512, 256, 128, 64, 32, 16, 16]);
        flow.agree(512 * KIB, 4, 0);
        lengths(&mut flow);
        flow.acknowledge(16 * KIB);
        flow.measured(Link::default());
        assert_eq!(flow.next().map(|range| range.end - range.start), Some(32 * KIB));
    }

    #[test]
    fn after_a_loss_half_as_much_is_at_stake_until_chunks_get_through() {
        let mut flow = flow(1000 * MIB, 4 * MIB, 8);
        flow.measured(at(500 * MIB));
        let at_stake: u64 = lengths(&mut flow).iter().sum();
        flow.hung_up();
        flow.agree(4 * MIB, 8, 0);
        assert_eq!(lengths(&mut flow).iter().sum::<u64>(), at_stake / 2);
        for _ in 0..100 {
            flow.acknowledge(4 * MIB);
            flow.measured(at(500 * MIB));
            lengths(&mut flow);
        }
        assert_eq!(flow.ahead(), at_stake, "all is regained");
    }

    #[test]
    fn a_pause_is_no_loss() {
        let mut flow = flow(1000 * MIB, 4 * MIB, 8);
        flow.measured(at(500 * MIB));
        let at_stake = lengths(&mut flow);
        flow.let_go();
        flow.hung_up();
        flow.agree(4 * MIB, 8, 0);
        assert_eq!(lengths(&mut flow), at_stake);
    }

    #[test]
    fn an_empty_file_has_no_chunk() {
        let mut flow = flow(0, 512 * KIB, 4);
        assert_eq!(flow.next(), None);
        assert!(flow.is_complete());
    }

    #[test]
    fn one_chunk_may_always_travel_even_if_the_window_is_odd() {
        let mut flow = SendWindow::new(10, ChunkSizes::new(None));
        assert_eq!(flow.next(), Some(0..10));
    }
}
