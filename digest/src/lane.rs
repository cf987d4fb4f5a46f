//! One message on its way.

use crate::compress::compress;

/// Bytes that MD5 takes at a time.
pub const BLOCK: usize = 64;

/// The MD5 of a message.
pub type Digest = [u8; 16];

/// The state before the first block (RFC 1321, 3.3).
const INITIAL: [u32; 4] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];

/// Where the length is in the last block.
const LENGTH_AT: usize = BLOCK - 8;

/// The MD5 of one message so far: plain data, which may be put aside and gone on with later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Lane {
    pub(crate) state: [u32; 4],
    /// All bytes so far.
    length: u64,
    /// What was left over when the last part was cut into blocks, at the beginning.
    rest: [u8; BLOCK],
}

impl Lane {
    /// The beginning of every message.
    pub const EMPTY: Lane = Lane { state: INITIAL, length: 0, rest: [0; BLOCK] };

    /// Takes what comes next.
    pub fn update(&mut self, part: &[u8]) {
        let blocks = self.accept(part);
        self.compress(blocks);
    }

    /// The digest of the message; the lane is empty again.
    pub fn finish(&mut self) -> Digest {
        let bits = self.length.wrapping_mul(8);
        self.pad(LENGTH_AT);
        self.update(&bits.to_le_bytes());
        let mut digest = [0; 16];
        for (bytes, word) in digest.chunks_exact_mut(4).zip(self.state) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        *self = Lane::EMPTY;
        digest
    }

    /// Takes what comes next except for whole blocks, which are returned and wait to be compressed.
    pub(crate) fn accept<'a>(&mut self, part: &'a [u8]) -> &'a [[u8; BLOCK]] {
        let part = self.fill(part);
        let (blocks, rest) = part.as_chunks();
        self.length = self.length.wrapping_add(part.len() as u64);
        self.rest[..rest.len()].copy_from_slice(rest);
        blocks
    }

    pub(crate) fn compress(&mut self, blocks: &[[u8; BLOCK]]) {
        compress(&mut self.state, blocks);
    }

    /// Completes a block that was begun; returns what it does not take.
    fn fill<'a>(&mut self, part: &'a [u8]) -> &'a [u8] {
        let begun = self.begun();
        if begun == 0 {
            return part;
        }
        let (taken, others) = part.split_at(part.len().min(BLOCK - begun));
        self.rest[begun..begun + taken.len()].copy_from_slice(taken);
        self.length = self.length.wrapping_add(taken.len() as u64);
        if self.begun() == 0 && !taken.is_empty() {
            let block = self.rest;
            self.compress(&[block]);
        }
        others
    }

    /// A one and as many zeros as it takes until the last block has `end` bytes.
    fn pad(&mut self, end: usize) {
        self.update(&[0x80]);
        let zeros = (BLOCK + end - self.begun()) % BLOCK;
        self.update(&[0; BLOCK][..zeros]);
    }

    #[expect(clippy::cast_possible_truncation, reason = "it is less than a block")]
    fn begun(&self) -> usize {
        (self.length % BLOCK as u64) as usize
    }
}

impl Default for Lane {
    fn default() -> Self {
        Lane::EMPTY
    }
}
