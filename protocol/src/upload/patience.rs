//! How long silence is borne.

/// The longest silence that is borne, in stall timeouts.
const LONGEST: u32 = 32;

/// How many stall timeouts may go by in silence before a connection counts as lost.
///
/// Not every silence is a dead connection: a server may take its time to answer, and fetch tells
/// nothing while a body leaves. Who gives up and sends again after the same time sends for ever,
/// so that each silence that was too long makes the next one last twice as long.
#[derive(Debug)]
pub(super) struct Patience {
    borne: u32,
    silent: u32,
}

impl Patience {
    pub(super) fn new() -> Patience {
        Patience { borne: 1, silent: 0 }
    }

    /// Something moved.
    pub(super) fn broken(&mut self) {
        self.silent = 0;
    }

    /// Another stall timeout went by in silence; returns how many there were, if that is too many.
    pub(super) fn count_silence(&mut self) -> Option<u32> {
        self.silent += 1;
        if self.silent < self.borne {
            return None;
        }
        self.borne = (self.borne * 2).min(LONGEST);
        Some(std::mem::take(&mut self.silent))
    }

    /// Bytes were confirmed. Without a long silence before that, none need be borne any more.
    pub(super) fn rewarded(&mut self) {
        if self.silent == 0 {
            self.borne = 1;
        }
    }

    /// The network is another one: what was learnt of the old one is worth nothing.
    pub(super) fn forget(&mut self) {
        *self = Patience::new();
    }
}
