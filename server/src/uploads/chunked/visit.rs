//! Whose chunks are there: what one browser has sent, as far as can be told.
//!
//! Nothing in a request says which browser it is. A silence, or a restart of the server, ends a
//! visit: who comes after it may be somebody else.

use std::time::{Duration, Instant};

use crate::uploads::marks::Marks;

/// What came without a silence between.
#[derive(Debug)]
pub(in crate::uploads) struct Visit {
    /// The chunks that were taken.
    taken: Marks,
    /// The same in the order in which they were, if it is known.
    order: Vec<u64>,
    known: Known,
    /// Some of them were there already, and were the same.
    has_repeated: bool,
    heard: Instant,
}

/// What is left of what was known of a visit when it came to rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    All,
    /// Which chunks were taken, and not in which order.
    Chunks,
    Nothing,
}

/// How many runs of chunks are remembered of a visit that rests.
const MOST_RUNS: usize = 32;

/// A visit of which nothing comes for a while.
#[derive(Debug)]
pub(in crate::uploads) struct RestedVisit {
    /// The first and the last chunk of each.
    runs: Box<[(u64, u64)]>,
    known: Known,
    has_repeated: bool,
    heard: Instant,
}

impl RestedVisit {
    pub(super) fn wake(self) -> Visit {
        let mut visit = Visit::new();
        let chunks = self.runs.iter().flat_map(|(first, last)| *first..=*last);
        chunks.for_each(|index| visit.take(index, false));
        let RestedVisit { known, has_repeated, heard, .. } = self;
        Visit { known, has_repeated, heard, ..visit }
    }
}

/// What is to be done when a chunk comes again and is another one.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It is another file; these chunks are its own.
    Another(Marks),
    /// It is another file, and it had a chunk confirmed that may not be its own any more.
    Unclear,
}

impl Visit {
    pub(super) fn new() -> Visit {
        let (taken, order) = (Marks::default(), Vec::new());
        Visit { taken, order, known: Known::All, has_repeated: false, heard: Instant::now() }
    }

    /// The visit of a file that turned out to be another, with the chunks that are its own.
    pub(super) fn of(taken: Marks) -> Visit {
        Visit { order: taken.iter().collect(), taken, ..Visit::new() }
    }

    pub(super) fn rest(&self) -> RestedVisit {
        let (runs, known) = self.summary();
        RestedVisit { runs, known, has_repeated: self.has_repeated, heard: self.heard }
    }

    /// As much of what is known as little memory has room for.
    fn summary(&self) -> (Box<[(u64, u64)]>, Known) {
        let in_order = few_runs(self.order.iter().copied());
        if self.known != Known::Nothing
            && let Some(runs) = in_order
        {
            return (runs, self.known);
        }
        match few_runs(self.taken.iter()) {
            Some(runs) if self.known != Known::Nothing => (runs, Known::Chunks),
            _ => (Box::default(), Known::Nothing),
        }
    }

    /// Somebody is here, who is the same as before unless it was silent for so long.
    pub(super) fn hear(&mut self, silence: Duration) {
        if self.heard.elapsed() > silence {
            *self = Visit::new();
        }
        self.heard = Instant::now();
    }

    /// How long nothing has come.
    pub(super) fn silence(&self) -> Duration {
        self.heard.elapsed()
    }

    /// How many of the chunks up to the last came one after the other, if that is all that came:
    /// from a browser that sends one at a time.
    pub(super) fn in_one_row(&self) -> Option<usize> {
        let is_known = self.known == Known::All;
        let is_row = is_known && self.order.windows(2).all(|pair| pair[0] + 1 == pair[1]);
        is_row.then_some(self.order.len())
    }

    pub(super) fn take(&mut self, index: u64, is_repeated: bool) {
        if !self.taken.contains(index) {
            self.taken.insert(index);
            self.order.push(index);
        }
        self.has_repeated |= is_repeated;
    }

    /// What to do about a chunk that is there, or is coming right now, with other bytes.
    pub(super) fn judge(&self, index: u64, is_there: bool) -> Verdict {
        if self.known == Known::Nothing {
            return Verdict::Unclear;
        }
        if is_there && !self.taken.contains(index) {
            return Verdict::Another(self.taken.clone());
        }
        // Two files came in one visit. Browsers send from the beginning: what came after this chunk
        // and lies before it in the file is not of the browser that sent it first.
        let later = self.order.iter().skip_while(|other| **other != index);
        let is_clear = self.known == Known::All && !self.has_repeated;
        if !is_clear || later.into_iter().any(|other| *other < index) {
            return Verdict::Unclear;
        }
        Verdict::Another(Marks::default())
    }
}

/// Chunks that follow one another; `None` if they are too many runs.
fn few_runs(chunks: impl Iterator<Item = u64>) -> Option<Box<[(u64, u64)]>> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for index in chunks {
        if let Some((_, last)) = runs.last_mut()
            && index.checked_sub(1) == Some(*last)
        {
            *last = index;
        } else if runs.len() == MOST_RUNS {
            return None;
        } else {
            runs.push((index, index));
        }
    }
    Some(runs.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after_a_rest(chunks: impl IntoIterator<Item = u64>) -> Visit {
        let mut visit = Visit::new();
        chunks.into_iter().for_each(|index| visit.take(index, false));
        let rested = visit.rest();
        let bytes = size_of_val(&rested) + size_of_val(&*rested.runs);
        assert!(bytes < 1024, "{bytes}");
        rested.wake()
    }

    #[test]
    fn a_row_of_very_many_chunks_is_still_one_after_a_rest() {
        assert_eq!(after_a_rest(0..5000).in_one_row(), Some(5000));
    }

    #[test]
    fn the_order_of_a_few_runs_is_still_known_after_a_rest() {
        let visit = after_a_rest((10..5000).chain(0..10));
        assert_eq!(visit.in_one_row(), None);
        assert!(matches!(visit.judge(10, true), Verdict::Unclear));
        assert!(matches!(visit.judge(5, true), Verdict::Another(_)));
    }

    #[test]
    fn chunks_out_of_order_are_known_after_a_rest_and_their_order_is_unclear() {
        let visit = after_a_rest((0..5000).map(|index| index ^ 1));
        assert_eq!(visit.in_one_row(), None);
        assert!(matches!(visit.judge(0, true), Verdict::Unclear));
        let Verdict::Another(own) = visit.judge(5000, true) else { panic!("it was there before") };
        assert!(own.iter().eq(0..5000));
    }

    #[test]
    fn all_is_unclear_of_chunks_that_are_scattered_after_a_rest() {
        let visit = after_a_rest((0..5000).map(|index| index * 2));
        assert!(matches!(visit.judge(1, true), Verdict::Unclear));
        assert!(matches!(visit.rest().wake().judge(1, true), Verdict::Unclear));
    }
}
