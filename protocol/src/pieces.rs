//! The chunks of a file that travel in requests of their own, several at a time and in any order.

use std::ops::Range;

use crate::http::RequestId;

/// Where the borders between chunks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The size of the file in bytes.
    pub size: u64,
    /// The size of a chunk in bytes, at least 1.
    pub chunk_size: u64,
    /// The last chunk takes what is left over and is the larger for it; otherwise what is left
    /// over is a smaller chunk of its own.
    pub large_last: bool,
}

impl Layout {
    /// How many chunks there are; an empty file is one empty chunk.
    pub fn count(&self) -> u64 {
        let count = if self.large_last {
            self.size / self.chunk_size
        } else {
            self.size.div_ceil(self.chunk_size)
        };
        count.max(1)
    }

    /// Which bytes a chunk has.
    pub fn range(&self, index: u64) -> Range<u64> {
        let start = index * self.chunk_size;
        let is_last = index + 1 == self.count();
        start..if is_last { self.size } else { start + self.chunk_size }
    }
}

/// Which chunks are confirmed, which are on their way, and which are missing.
#[derive(Debug)]
pub struct Pieces {
    layout: Layout,
    /// One for each chunk: confirmed or not.
    confirmed: Vec<bool>,
    /// Before this one there is nothing to send.
    first_open: u64,
    on_their_way: Vec<Piece>,
    confirmed_bytes: u64,
    /// The most bytes that were ever confirmed.
    furthest: u64,
    confirmed_count: u64,
    sent_count: u64,
    now_confirmed_count: u64,
}

#[derive(Debug)]
struct Piece {
    id: RequestId,
    index: u64,
    loaded: u64,
}

impl Pieces {
    /// A file of which nothing is confirmed.
    #[expect(clippy::cast_possible_truncation, reason = "more chunks than fit into memory")]
    pub fn new(layout: Layout) -> Pieces {
        Pieces {
            layout,
            confirmed: vec![false; layout.count() as usize],
            first_open: 0,
            on_their_way: Vec::new(),
            confirmed_bytes: 0,
            furthest: 0,
            confirmed_count: 0,
            sent_count: 0,
            now_confirmed_count: 0,
        }
    }

    /// Where the borders are.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The next chunk that is neither confirmed nor on its way.
    pub fn next_missing(&mut self) -> Option<u64> {
        while self.is_confirmed(self.first_open) {
            self.first_open += 1;
        }
        self.missing_from(0)
    }

    /// The first chunk from this one on that is neither confirmed nor on its way.
    pub fn missing_from(&self, index: u64) -> Option<u64> {
        (self.first_open.max(index)..self.layout.count())
            .find(|index| !self.is_confirmed(*index) && !self.is_on_its_way(*index))
    }

    #[expect(clippy::cast_possible_truncation, reason = "more chunks than fit into memory")]
    fn is_confirmed(&self, index: u64) -> bool {
        self.confirmed.get(index as usize).copied().unwrap_or(false)
    }

    fn is_on_its_way(&self, index: u64) -> bool {
        self.on_their_way.iter().any(|piece| piece.index == index)
    }

    /// A request about this chunk is on its way.
    pub fn send(&mut self, id: RequestId, index: u64) {
        self.on_their_way.push(Piece { id, index, loaded: 0 });
    }

    /// Counts a chunk whose bytes are sent.
    pub fn count_sent(&mut self) {
        self.sent_count += 1;
    }

    /// So many bytes of the chunk have left the browser.
    pub fn loaded(&mut self, id: RequestId, bytes: u64) {
        let layout = self.layout;
        if let Some(piece) = self.on_their_way.iter_mut().find(|piece| piece.id == id) {
            let range = layout.range(piece.index);
            piece.loaded = bytes.min(range.end - range.start);
        }
    }

    /// The request is over: which chunk it was about.
    pub fn take(&mut self, id: RequestId) -> Option<u64> {
        let position = self.on_their_way.iter().position(|piece| piece.id == id)?;
        Some(self.on_their_way.swap_remove(position).index)
    }

    /// The server has this chunk. What is no chunk of the file is ignored.
    #[expect(clippy::cast_possible_truncation, reason = "more chunks than fit into memory")]
    pub fn confirm(&mut self, index: u64) {
        if index >= self.layout.count() {
            return;
        }
        let range = self.layout.range(index);
        let Some(confirmed) = self.confirmed.get_mut(index as usize) else { return };
        if !std::mem::replace(confirmed, true) {
            self.confirmed_bytes += range.end - range.start;
            self.furthest = self.furthest.max(self.confirmed_bytes);
            self.confirmed_count += 1;
            self.now_confirmed_count += 1;
        }
    }

    /// The borders between what is confirmed and what is not, the first confirmed chunk first.
    pub fn borders(&self) -> Vec<u64> {
        let mut borders = Vec::new();
        for index in 0..=self.layout.count() {
            let was_confirmed = borders.len() % 2 == 1;
            if self.is_confirmed(index) != was_confirmed {
                borders.push(index);
            }
        }
        borders
    }

    /// What lies between these borders is confirmed, as far as below this chunk, and was not sent
    /// from here.
    pub fn recall(&mut self, mut borders: &[u64], below: u64) {
        let below = below.min(self.layout.count());
        while let [start, end, rest @ ..] = borders {
            (*start..below.min(*end)).for_each(|index| self.confirm(index));
            borders = rest;
        }
        self.now_confirmed_count = 0;
    }

    /// The server has lost everything.
    pub fn forget(&mut self) {
        self.confirmed.fill(false);
        (self.first_open, self.confirmed_bytes, self.confirmed_count) = (0, 0, 0);
    }

    /// What was on its way may be lost.
    pub fn hung_up(&mut self) {
        self.on_their_way.clear();
        (self.sent_count, self.now_confirmed_count) = (0, 0);
    }

    /// True when the server has every chunk.
    pub fn is_complete(&self) -> bool {
        self.confirmed_count == self.layout.count()
    }

    /// How many requests are on their way.
    pub fn on_their_way(&self) -> usize {
        self.on_their_way.len()
    }

    /// How many bytes are confirmed.
    pub fn acknowledged(&self) -> u64 {
        self.confirmed_bytes
    }

    /// The most bytes that were ever confirmed, whatever the server has lost since.
    pub fn furthest(&self) -> u64 {
        self.furthest
    }

    /// How many bytes are confirmed or have left the browser.
    pub fn sent(&self) -> u64 {
        self.confirmed_bytes + self.on_their_way.iter().map(|piece| piece.loaded).sum::<u64>()
    }

    /// How many chunks were sent and confirmed since the last hang-up.
    pub fn counts(&self) -> (u64, u64) {
        (self.sent_count.max(self.now_confirmed_count), self.now_confirmed_count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(size: u64, chunk_size: u64, large_last: bool) -> Vec<u64> {
        let layout = Layout { size, chunk_size, large_last };
        let ranges = (0..layout.count()).map(|index| layout.range(index));
        ranges.map(|range| range.end - range.start).collect()
    }

    #[test]
    fn the_last_chunk_takes_what_is_left_over() {
        assert_eq!(lengths(10, 4, true), [4, 6]);
        assert_eq!(lengths(7, 4, true), [7], "nearly two chunks are one");
        assert_eq!(lengths(8, 4, true), [4, 4]);
        assert_eq!(lengths(3, 4, true), [3]);
    }

    #[test]
    fn or_it_is_what_is_left_over() {
        assert_eq!(lengths(10, 4, false), [4, 4, 2]);
        assert_eq!(lengths(8, 4, false), [4, 4]);
        assert_eq!(lengths(3, 4, false), [3]);
    }

    #[test]
    fn an_empty_file_is_one_empty_chunk() {
        assert_eq!(lengths(0, 4, true), [0]);
        assert_eq!(lengths(0, 4, false), [0]);
    }

    fn pieces() -> Pieces {
        Pieces::new(Layout { size: 10, chunk_size: 4, large_last: false })
    }

    #[test]
    fn chunks_go_in_order_and_none_twice_at_a_time() {
        let mut pieces = pieces();
        for index in 0..3 {
            assert_eq!(pieces.next_missing(), Some(index));
            pieces.send(RequestId(u32::try_from(index).expect("small")), index);
        }
        assert_eq!(pieces.next_missing(), None);
        assert_eq!(pieces.take(RequestId(1)), Some(1));
        assert_eq!(pieces.next_missing(), Some(1), "it was lost");
    }

    #[test]
    fn bytes_count_once_however_often_they_are_confirmed() {
        let mut pieces = pieces();
        pieces.confirm(2);
        pieces.confirm(2);
        assert_eq!((pieces.acknowledged(), pieces.is_complete()), (2, false));
        pieces.confirm(0);
        pieces.confirm(1);
        assert_eq!((pieces.acknowledged(), pieces.is_complete()), (10, true));
        assert_eq!(pieces.next_missing(), None);
    }

    #[test]
    fn what_is_no_chunk_of_the_file_is_not_confirmed() {
        let mut pieces = pieces();
        [3, 1 << 32, u64::MAX].into_iter().for_each(|index| pieces.confirm(index));
        assert_eq!((pieces.acknowledged(), pieces.next_missing()), (0, Some(0)));
    }

    #[test]
    fn what_left_the_browser_counts_as_sent_until_it_is_lost() {
        let mut pieces = pieces();
        pieces.send(RequestId(7), 0);
        pieces.loaded(RequestId(7), 3);
        assert_eq!(pieces.sent(), 3);
        pieces.loaded(RequestId(7), 300);
        assert_eq!(pieces.sent(), 4, "headers are not bytes of the file");
        pieces.hung_up();
        assert_eq!((pieces.sent(), pieces.on_their_way()), (0, 0));
    }

    #[test]
    fn chunks_are_counted_until_a_hang_up() {
        let mut pieces = pieces();
        pieces.count_sent();
        pieces.count_sent();
        assert_eq!(pieces.counts(), (2, 0));
        pieces.confirm(0);
        assert_eq!(pieces.counts(), (2, 1));
        pieces.hung_up();
        assert_eq!(pieces.counts(), (0, 0));
    }

    #[test]
    fn what_is_confirmed_is_said_in_borders_and_read_again() {
        let layout = Layout { size: 100, chunk_size: 4, large_last: false };
        for indices in [vec![], vec![0, 1, 2, 5, 24], vec![3], (0..25).collect()] {
            let (mut here, mut there) = (Pieces::new(layout), Pieces::new(layout));
            indices.iter().for_each(|index| here.confirm(*index));
            there.recall(&here.borders(), 25);
            assert_eq!(there.confirmed, here.confirmed);
            assert_eq!(there.acknowledged(), here.acknowledged());
            assert_eq!(there.counts(), (0, 0), "nothing of it in this connection");
        }
        assert_eq!(pieces().borders(), [0_u64; 0]);
        let mut some = pieces();
        [0, 2].into_iter().for_each(|index| some.confirm(index));
        assert_eq!(some.borders(), [0, 1, 2, 3]);
    }

    #[test]
    fn borders_that_make_no_sense_confirm_nothing_outside_of_the_file() {
        for (borders, bytes) in [
            (vec![2, u64::MAX], 2),
            (vec![u64::MAX - 1, u64::MAX], 0),
            (vec![2, 1], 0),
            (vec![0], 0),
            (vec![0, 1, 0, 1], 4),
        ] {
            let mut pieces = pieces();
            pieces.recall(&borders, u64::MAX);
            assert_eq!(pieces.acknowledged(), bytes, "{borders:?}");
        }
    }

    #[test]
    fn a_server_that_lost_everything_gets_everything_again() {
        let mut pieces = pieces();
        (0..3).for_each(|index| pieces.confirm(index));
        pieces.forget();
        assert_eq!((pieces.acknowledged(), pieces.next_missing()), (0, Some(0)));
    }
}
