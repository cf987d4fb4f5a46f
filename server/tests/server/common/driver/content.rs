//! The bytes of a file that nobody has to keep.

use std::ops::Range;
use std::path::Path;

use bytes::{Bytes, BytesMut};
use incoming_protocol::Md5;
use md5::Digest as _;

/// A file whose bytes follow from a seed and their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    pub seed: u64,
    pub size: u64,
}

impl Content {
    pub fn bytes(&self, range: Range<u64>) -> Bytes {
        let (first, last) = (range.start / 8, range.end.div_ceil(8));
        let mut bytes = BytesMut::new();
        for word in first..last {
            bytes.extend_from_slice(&scrambled(self.seed ^ scrambled(word)).to_le_bytes());
        }
        let length = usize::try_from(range.end - range.start).unwrap();
        let skipped = usize::try_from(range.start - first * 8).unwrap();
        bytes.freeze().slice(skipped..skipped + length)
    }

    pub fn whole(&self) -> Bytes {
        self.bytes(0..self.size)
    }

    pub fn md5(&self, range: Range<u64>) -> Md5 {
        let digest = md5::Md5::digest(self.bytes(range));
        Md5::parse(&format!("{digest:x}")).unwrap()
    }

    /// Whether a file has these bytes, all of them and nothing else.
    pub fn is_in(&self, path: &Path) -> bool {
        std::fs::read(path).unwrap_or_default() == self.whole()
    }
}

/// The finaliser of SplitMix64.
fn scrambled(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}
