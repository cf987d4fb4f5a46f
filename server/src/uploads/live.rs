//! What concerns only those who work on an upload right now.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};
use uuid::Uuid;

use super::chunked::{Chunks, Visit};
use super::follower::Follower;
use super::handing_over::Attempt;
use super::hashed::Parts;
use super::resting::{Awake, Rested};
use crate::activity::Activity;

/// The present of an upload.
#[derive(Debug)]
pub(super) struct Live {
    /// Whoever writes to the upload or changes its state holds this lock meanwhile.
    pub(super) gate: tokio::sync::Mutex<Gate>,
    /// Wakes who waits for another state.
    pub(super) changed: Notify,
    attempt: Mutex<Option<Attempt>>,
    used: Mutex<Instant>,
    /// How many are at work.
    at_work: AtomicUsize,
    /// The line of the connection that came last.
    line: Mutex<Option<Activity>>,
}

/// The present of all uploads that somebody works on, or has worked on a moment ago.
#[derive(Debug, Default)]
pub(super) struct Lives {
    table: Mutex<Table>,
    pub(super) awake: Awake,
}

#[derive(Debug, Default)]
struct Table {
    lives: HashMap<Uuid, Arc<Live>>,
    /// With so many of them it is looked again which ones are of no use.
    crowd: usize,
}

/// Fewer are never looked through.
const FEW: usize = 1024;

impl Lives {
    /// The present of an upload. Of those that were only asked about, and are not there, no more are
    /// remembered than there are others, or a few.
    pub(super) fn of(&self, id: Uuid) -> Arc<Live> {
        let mut table = self.lock();
        if table.lives.len() >= table.crowd.max(FEW) {
            table.lives.retain(|_, live| Arc::strong_count(live) > 1 || !live.is_fresh());
            table.crowd = table.lives.len() * 2;
        }
        let live = table.lives.entry(id).or_default();
        live.touch();
        Arc::clone(live)
    }

    /// Forgets those that nobody has worked on for so long.
    pub(super) fn sweep(&self, silence: Duration) {
        let is_used = |live: &Arc<Live>| Arc::strong_count(live) > 1 || !live.has_rested(silence);
        let mut table = self.lock();
        table.lives.retain(|_, live| is_used(live));
        table.lives.shrink_to_fit();
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<Arc<Live>> {
        self.lock().lives.values().map(Arc::clone).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody whose bytes are on their way, some of which may not be stored yet. As long as it lives,
/// the upload does not rest.
#[derive(Debug)]
pub(super) struct AtWork(Arc<Live>);

/// Who may write.
#[derive(Debug, Default)]
pub(super) struct Gate {
    pub(super) epoch: u64,
    /// What is there of a file that comes in chunks, once it was looked up.
    pub(super) chunks: Option<Box<Chunks>>,
    /// The same of a file that is known by its MD5.
    pub(super) parts: Option<Box<Parts>>,
    /// What is left of either while nobody comes.
    pub(super) rested: Option<Box<Rested>>,
    /// The MD5 of a file that comes in order, if somebody wants to hear it. Whoever goes on with the
    /// file goes on with it.
    pub(super) follower: Option<Box<Follower>>,
    /// What came last of a file that is whole.
    pub(super) last_visit: Option<Box<Visit>>,
    /// For the connection that fills the file, if there is one.
    notice: Option<watch::Sender<Notice>>,
}

/// What a connection hears about its upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// It is yours.
    Yours,
    /// Another connection has it.
    TakenOver,
    /// It was cancelled, by the backend or because it expired.
    Cancelled,
}

impl Gate {
    /// Tells the present holder why it is one no longer.
    pub(super) fn pass(&mut self, why: Notice) {
        if let Some(notice) = self.notice.take() {
            notice.send_replace(why);
        }
        self.epoch += 1;
        (self.chunks, self.parts, self.rested, self.last_visit) = (None, None, None, None);
    }

    /// Makes somebody the holder who hears when it is one no longer.
    pub(super) fn take_over(&mut self) -> (u64, watch::Receiver<Notice>) {
        self.pass(Notice::TakenOver);
        let notice = self.notice.insert(watch::Sender::new(Notice::Yours));
        (self.epoch, notice.subscribe())
    }

    pub(super) fn is_held_by(&self, epoch: u64) -> bool {
        self.epoch == epoch
    }

    /// Whether nothing is known here that another gate would not know.
    fn is_fresh(&self) -> bool {
        let Gate { epoch, chunks, parts, rested, follower, last_visit, notice: _ } = self;
        *epoch == 0
            && chunks.is_none()
            && parts.is_none()
            && rested.is_none()
            && follower.is_none()
            && last_visit.is_none()
    }
}

impl Default for Live {
    fn default() -> Live {
        let used = Mutex::new(Instant::now());
        Live {
            gate: Default::default(),
            changed: Notify::new(),
            attempt: Mutex::default(),
            used,
            at_work: AtomicUsize::new(0),
            line: Mutex::default(),
        }
    }
}

impl AtWork {
    pub(super) fn on(live: &Arc<Live>) -> AtWork {
        live.at_work.fetch_add(1, Ordering::Relaxed);
        AtWork(Arc::clone(live))
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.at_work.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Live {
    /// Somebody is here.
    pub(super) fn touch(&self) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Whether nobody was here for so long.
    pub(super) fn has_rested(&self, silence: Duration) -> bool {
        self.last_used().elapsed() > silence
    }

    /// When somebody was here last.
    pub(super) fn last_used(&self) -> Instant {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody has done more than to ask.
    fn is_fresh(&self) -> bool {
        let is_untouched = self.gate.try_lock().is_ok_and(|gate| gate.is_fresh());
        is_untouched && !self.is_handing_over() && !self.is_written_to(Duration::ZERO)
    }

    /// Bytes that come over this line are for the upload.
    pub(super) fn listen_to(&self, line: Activity) {
        *self.line.lock().unwrap_or_else(PoisonError::into_inner) = Some(line);
    }

    /// Whether somebody writes, or sends what is to be written, or did so a moment ago.
    pub(super) fn is_written_to(&self, patience: Duration) -> bool {
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let is_line_busy = line.as_ref().is_some_and(|it| it.last_read().elapsed() <= patience);
        is_line_busy || self.at_work.load(Ordering::Relaxed) > 0
    }

    /// The attempt under way, or the one that `begin` begins.
    pub(super) fn share_attempt(&self, begin: impl FnOnce() -> Attempt) -> Attempt {
        let mut attempt = self.attempt.lock().unwrap_or_else(PoisonError::into_inner);
        match &*attempt {
            Some(running) if running.is_under_way() => running.clone(),
            _ => attempt.insert(begin()).clone(),
        }
    }

    pub(super) fn is_handing_over(&self) -> bool {
        let attempt = self.attempt.lock().unwrap_or_else(PoisonError::into_inner);
        attempt.as_ref().is_some_and(Attempt::is_under_way)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn questions_about_nothing_are_forgotten_and_who_works_is_not() {
        let lives = Lives::default();
        let (held, busy) = (lives.of(Uuid::from_u128(1)), Uuid::from_u128(2));
        lives.of(busy).gate.lock().await.pass(Notice::Cancelled);
        for number in 10..100_000 {
            lives.of(Uuid::from_u128(number));
        }
        assert!(lives.lock().lives.len() <= 2 * FEW);
        assert!(Arc::ptr_eq(&held, &lives.of(Uuid::from_u128(1))));
        assert_eq!(lives.of(busy).gate.lock().await.epoch, 1);
    }
}
