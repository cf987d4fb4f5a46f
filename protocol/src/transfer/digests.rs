//! The digests of chunks that are to be sent.

use crate::Md5;

/// What is known, or asked for, of chunks that the server does not have.
#[derive(Debug, Default)]
pub(super) struct Digests(Vec<(u64, Option<Md5>)>);

impl Digests {
    /// The digest of a chunk, if it is known.
    pub(super) fn of(&self, index: u64) -> Option<&Md5> {
        self.0.iter().find(|(other, _)| *other == index).and_then(|(_, md5)| md5.as_ref())
    }

    /// True if a chunk has to be asked for, which counts as done now.
    pub(super) fn ask(&mut self, index: u64) -> bool {
        let is_new = self.0.iter().all(|(other, _)| *other != index);
        if is_new {
            self.0.push((index, None));
        }
        is_new
    }

    /// Takes note of an answer. What nobody asked for is not kept.
    pub(super) fn tell(&mut self, index: u64, md5: Md5) {
        if let Some((_, known)) = self.0.iter_mut().find(|(other, _)| *other == index) {
            *known = Some(md5);
        }
    }

    /// The chunk has arrived, or is to be hashed again: damage may have come before the hashing.
    pub(super) fn forget(&mut self, index: u64) {
        self.0.retain(|(other, _)| *other != index);
    }

    /// What was asked for will not be answered.
    pub(super) fn hung_up(&mut self) {
        self.0.retain(|(_, md5)| md5.is_some());
    }
}
