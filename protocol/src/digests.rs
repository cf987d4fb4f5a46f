//! The digests of chunks that are to be sent.

use std::ops::Range;

use crate::Md5;

/// What is known, or asked for, of chunks that the server does not have, in the order of asking.
#[derive(Debug, Default)]
pub(crate) struct Digests(Vec<(Range<u64>, Option<Md5>)>);

impl Digests {
    fn find(&self, start: u64) -> Option<usize> {
        self.0.iter().position(|(range, _)| range.start == start)
    }

    /// True if a chunk has to be asked for, which counts as done now.
    pub(crate) fn ask(&mut self, range: &Range<u64>) -> bool {
        let is_new = self.find(range.start).is_none();
        if is_new {
            self.0.push((range.clone(), None));
        }
        is_new
    }

    /// Takes note of an answer. What nobody asked for is not kept.
    pub(crate) fn tell(&mut self, range: &Range<u64>, md5: Md5) {
        if let Some(index) = self.find(range.start)
            && self.0[index].0 == *range
        {
            self.0[index].1 = Some(md5);
        }
    }
}

/// Where chunks are sent in any order.
#[cfg(feature = "_requests")]
impl Digests {
    /// The digest of the chunk that begins here, if it is known.
    pub(crate) fn of(&self, start: u64) -> Option<&Md5> {
        self.find(start).and_then(|index| self.0[index].1.as_ref())
    }

    /// The chunk that begins here has arrived, is sent for good, or is to be hashed again: damage
    /// may have come before the hashing.
    pub(crate) fn forget(&mut self, start: u64) {
        if let Some(index) = self.find(start) {
            self.0.remove(index);
        }
    }

    /// What was asked for will not be answered.
    pub(crate) fn hung_up(&mut self) {
        self.0.retain(|(_, md5)| md5.is_some());
    }
}

/// Where chunks are sent in the order of asking.
#[cfg(feature = "incoming")]
impl Digests {
    /// Where the first chunk begins that was asked for.
    pub(crate) fn start(&self) -> Option<u64> {
        self.0.first().map(|(range, _)| range.start)
    }

    /// Takes the first chunk out, if its digest is known.
    pub(crate) fn take_first(&mut self) -> Option<(Range<u64>, Option<Md5>)> {
        let is_known = self.0.first().is_some_and(|(_, md5)| md5.is_some());
        is_known.then(|| self.0.remove(0))
    }

    /// Nothing of it is needed any more.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
