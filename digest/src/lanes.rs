//! Four messages side by side.

use crate::compress::compress_four;
use crate::lane::{BLOCK, Digest, Lane};

/// How many messages are hashed at once.
pub const LANES: usize = 4;

/// Without SIMD, four at once are slower than one after the other. On other machines than a
/// browser's there are only tests, which have to see the lanes.
const SIDE_BY_SIDE: bool = cfg!(any(not(target_arch = "wasm32"), target_feature = "simd128"));

type Blocks<'a> = &'a [[u8; BLOCK]];

/// Up to four messages, of any lengths, each in a lane of its own.
#[derive(Clone, Debug)]
pub struct Lanes {
    lanes: [Lane; LANES],
}

impl Lanes {
    /// Four empty messages.
    pub const fn new() -> Self {
        Lanes { lanes: [Lane::EMPTY; LANES] }
    }

    /// The message of a lane, to be put aside or to be gone on with.
    ///
    /// # Panics
    /// When there is no such lane.
    pub fn lane(&mut self, lane: usize) -> &mut Lane {
        &mut self.lanes[lane]
    }

    /// Takes what comes next of each message; nothing, where that is empty. It is fastest when the
    /// parts are about as long as each other.
    pub fn update(&mut self, parts: [&[u8]; LANES]) {
        let mut blocks = [0, 1, 2, 3].map(|lane| self.lanes[lane].accept(parts[lane]));
        while let Some(count) = side_by_side(&blocks) {
            let now = blocks.map(|blocks| &blocks[..count.min(blocks.len())]);
            self.compress_some(now, count);
            blocks = blocks.map(|blocks| &blocks[count.min(blocks.len())..]);
        }
        for (lane, blocks) in self.lanes.iter_mut().zip(blocks) {
            lane.compress(blocks);
        }
    }

    /// The digest of the message in a lane, which is empty again then.
    ///
    /// # Panics
    /// When there is no such lane.
    pub fn finish(&mut self, lane: usize) -> Digest {
        self.lanes[lane].finish()
    }

    /// Compresses `count` blocks of those messages that have any.
    fn compress_some(&mut self, blocks: [Blocks<'_>; LANES], count: usize) {
        let some = blocks.iter().find(|blocks| blocks.len() == count).copied().unwrap_or_default();
        let filled = blocks.map(|blocks| if blocks.is_empty() { some } else { blocks });
        let mut states = self.lanes.map(|lane| lane.state);
        compress_four(&mut states, filled);
        for ((lane, state), blocks) in self.lanes.iter_mut().zip(states).zip(blocks) {
            if !blocks.is_empty() {
                lane.state = state;
            }
        }
    }
}

impl Default for Lanes {
    fn default() -> Self {
        Lanes::new()
    }
}

/// How many blocks to compress side by side, unless there is only one message left.
fn side_by_side(blocks: &[Blocks<'_>; LANES]) -> Option<usize> {
    let lengths = || blocks.iter().map(|blocks| blocks.len()).filter(|length| *length > 0);
    if !SIDE_BY_SIDE || lengths().count() < 2 {
        return None;
    }
    lengths().min()
}
