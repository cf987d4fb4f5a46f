//! Uploads that rest cost next to nothing: their files are closed, and what can be read again of them is
//! not kept in memory.
//!
//! What nobody has used for a while rests, and earlier than that the longest unused of very many.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use super::chunked::RestedVisit;
use super::follower::RestedFollower;
use super::live::{Gate, Live, Lives};
use super::{Limits, Uploads};

/// In which part of the longest silence of a connection an upload comes to rest.
const PARTS_OF_SILENCE: u32 = 6;
/// How many uploads do not rest at once, or a few more.
const MANY: usize = 256;

/// What only memory knows of an upload that rests. There may be very many: what one does not have
/// takes no room.
#[derive(Debug)]
pub(super) struct Rested {
    pub(super) visit: Option<Box<RestedVisit>>,
    /// Somebody was told of the chunks that are lost.
    pub(super) has_told: bool,
    pub(super) follower: Option<Box<RestedFollower>>,
}

/// How many uploads were woken since it was looked which may rest.
#[derive(Debug, Default)]
pub(super) struct Awake {
    woken: AtomicUsize,
    many: Notify,
}

impl Awake {
    /// One more does not rest.
    pub(super) fn note(&self) {
        if self.woken.fetch_add(1, Ordering::Relaxed) >= MANY {
            self.many.notify_one();
        }
    }
}

impl Uploads {
    /// Lets uploads come to rest, for ever.
    pub async fn keep_resting(self) {
        let (lives, silence) = (&self.inner.lives, self.inner.limits.rest());
        loop {
            let _ = tokio::time::timeout(silence / 2, lives.awake.many.notified()).await;
            self.rest(silence).await;
        }
    }

    /// Lets those rest that nobody has used for so long.
    pub async fn rest(&self, silence: Duration) {
        self.inner.lives.rest(silence);
        if let Err(error) = self.inner.store.close_rested(silence).await {
            tracing::error!(%error, "the files of uploads that rest cannot be closed");
        }
    }
}

impl Limits {
    fn rest(&self) -> Duration {
        self.echo / PARTS_OF_SILENCE
    }
}

impl Lives {
    fn rest(&self, silence: Duration) {
        self.awake.woken.store(0, Ordering::Relaxed);
        let mut awake = self.all();
        awake.retain(|live| live.is_awake());
        awake.sort_by_key(|live| live.last_used());
        let too_many = awake.len().saturating_sub(MANY / 2);
        for (place, live) in awake.iter().enumerate() {
            if place < too_many || live.has_rested(silence) {
                live.rest();
            }
        }
    }
}

impl Live {
    fn is_awake(self: &Arc<Live>) -> bool {
        self.gate.try_lock().is_ok_and(|gate| gate.chunks.is_some() || gate.parts.is_some())
    }

    fn rest(&self) {
        if self.is_written_to(Duration::ZERO) {
            return;
        }
        if let Ok(mut gate) = self.gate.try_lock() {
            gate.rest();
        }
    }
}

impl Gate {
    /// Keeps no more than what cannot be read again.
    fn rest(&mut self) {
        let rested = match (&mut self.chunks, &mut self.parts) {
            (Some(chunks), _) => chunks.rest(),
            (None, Some(parts)) => parts.rest(),
            (None, None) => return,
        };
        if let Some(rested) = rested {
            (self.chunks, self.parts, self.rested) = (None, None, Some(Box::new(rested)));
        }
    }
}

#[cfg(test)]
mod tests;
