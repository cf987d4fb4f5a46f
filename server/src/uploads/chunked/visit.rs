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
    /// The same in the order in which they were.
    order: Vec<u64>,
    /// Some of them were there already, and were the same.
    has_repeated: bool,
    heard: Instant,
}

/// A visit of which nothing comes for a while.
#[derive(Debug)]
pub(in crate::uploads) struct RestedVisit {
    order: Box<[u64]>,
    has_repeated: bool,
    heard: Instant,
}

impl RestedVisit {
    pub(super) fn wake(self) -> Visit {
        let mut taken = Marks::default();
        self.order.iter().for_each(|index| taken.insert(*index));
        let RestedVisit { order, has_repeated, heard } = self;
        Visit { taken, order: order.into_vec(), has_repeated, heard }
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
        Visit { taken, order, has_repeated: false, heard: Instant::now() }
    }

    /// The visit of a file that turned out to be another, with the chunks that are its own.
    pub(super) fn of(taken: Marks) -> Visit {
        Visit { order: taken.iter().collect(), taken, ..Visit::new() }
    }

    pub(super) fn rest(&self) -> RestedVisit {
        let (order, has_repeated, heard) =
            (self.order.clone().into_boxed_slice(), self.has_repeated, self.heard);
        RestedVisit { order, has_repeated, heard }
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
        let is_row = self.order.windows(2).all(|pair| pair[0] + 1 == pair[1]);
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
        if is_there && !self.taken.contains(index) {
            return Verdict::Another(self.taken.clone());
        }
        // Two files came in one visit. Browsers send from the beginning: what came after this chunk
        // and lies before it in the file is not of the browser that sent it first.
        let later = self.order.iter().skip_while(|other| **other != index);
        if self.has_repeated || later.into_iter().any(|other| *other < index) {
            return Verdict::Unclear;
        }
        Verdict::Another(Marks::default())
    }
}
