//! Whole files that nobody waits for and that are to be handed over: what they are is on the disk, and
//! here is no more than in which order their turns come.
//!
//! So many files at once are handed over to one address; others wait, and cost neither a task nor a
//! connection meanwhile. A file that came without a ticket and was not taken is tried again, later each
//! time. After the last try it stays where it arrived, until an operator has it tried again.

use std::cmp::Reverse;
use std::collections::hash_map::{Entry, HashMap};
use std::collections::{BinaryHeap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

use super::live::Notice;
use super::{AT_ONCE, Arrival, CallError, Document, Inner, Outcome, State, Uploads, parse_id};
use crate::store::StoreError;

/// How long to wait before what failed is tried again; doubled each time up to a limit.
pub(super) const FIRST_PAUSE: Duration = Duration::from_secs(1);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// How often a file is offered to its backend.
const TRIES: u32 = 200;
/// How long to wait when the document cannot be read.
const TROUBLE_PAUSE: Duration = Duration::from_secs(10);

/// The files that are to be handed over.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    table: Mutex<Table>,
    changed: Notify,
}

type Address = Arc<str>;

#[derive(Debug, Default)]
struct Table {
    /// Those that wait, are being handed over, or are tried again later. Those that were added
    /// once more meanwhile have an address: they wait again when all that is over.
    known: HashMap<Uuid, Option<Address>>,
    lanes: HashMap<Address, Lane>,
    later: BinaryHeap<Reverse<(Instant, Uuid, Address)>>,
}

/// The files for one address.
#[derive(Debug, Default)]
struct Lane {
    under_way: usize,
    waiting: VecDeque<Uuid>,
}

impl Backlog {
    /// Hands a file over when its turn comes.
    pub(super) fn add(&self, document: &Document) {
        let (id, address): (_, Address) = (document.id, document.backend.address().into());
        let mut table = self.table();
        match table.known.entry(id) {
            Entry::Occupied(mut known) => drop(known.insert(Some(address))),
            Entry::Vacant(unknown) => {
                unknown.insert(None);
                table.wait(id, address);
                self.changed.notify_one();
            }
        }
    }

    /// The same after a while.
    fn add_later(&self, id: Uuid, address: Address, pause: Duration) {
        let mut table = self.table();
        table.known.insert(id, None);
        table.later.push(Reverse((Instant::now() + pause, id, address)));
        self.changed.notify_one();
    }

    /// Whether a file waits, be it for its turn, for its end, or for another try.
    pub(super) fn has(&self, id: Uuid) -> bool {
        self.table().known.contains_key(&id)
    }

    /// All is over with a file, unless it was added again meanwhile.
    fn forget(&self, id: Uuid) {
        let mut table = self.table();
        let Some(Some(address)) = table.known.remove(&id) else { return };
        table.known.insert(id, None);
        table.wait(id, address);
        self.changed.notify_one();
    }

    /// A file for this address does not need its backend any more, at least for now.
    fn leave(&self, address: &Address) {
        let mut table = self.table();
        if let Some(lane) = table.lanes.get_mut(address) {
            lane.under_way -= 1;
            if lane.under_way == 0 && lane.waiting.is_empty() {
                table.lanes.remove(address);
            }
        }
        self.changed.notify_one();
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn wait(&mut self, id: Uuid, address: Address) {
        self.lanes.entry(address).or_default().waiting.push_back(id);
    }

    /// The files whose turn it is.
    fn next(&mut self) -> Vec<(Uuid, Address)> {
        let now = Instant::now();
        while let Some(Reverse((due, ..))) = self.later.peek()
            && *due <= now
            && let Some(Reverse((_, id, address))) = self.later.pop()
        {
            self.wait(id, address);
        }
        let mut next = Vec::new();
        for (address, lane) in &mut self.lanes {
            let free = AT_ONCE.saturating_sub(lane.under_way).min(lane.waiting.len());
            lane.under_way += free;
            next.extend(lane.waiting.drain(..free).map(|id| (id, Arc::clone(address))));
        }
        next
    }

    /// When the next file is tried again.
    fn due(&self) -> Option<Instant> {
        self.later.peek().map(|Reverse((due, ..))| *due)
    }
}

impl Uploads {
    /// Hands files over when their turns come, for ever.
    pub async fn keep_handing_over(self) {
        let backlog = &self.inner.backlog;
        loop {
            let (next, due) = {
                let mut table = backlog.table();
                (table.next(), table.due())
            };
            for (id, address) in next {
                let uploads = self.clone();
                self.inner.spawn(async move {
                    if let Err(error) = uploads.hand_over_in_turn(id).await {
                        tracing::error!(%id, %error, "the store failed before a handover");
                        let address = Arc::clone(&address);
                        uploads.inner.backlog.add_later(id, address, TROUBLE_PAUSE);
                    }
                    uploads.inner.backlog.leave(&address);
                });
            }
            let due = due.unwrap_or_else(|| Instant::now() + LONGEST_PAUSE);
            let _ = tokio::time::timeout_at(due, backlog.changed.notified()).await;
        }
    }

    /// Returns when the backend was called, as far as it has to be: one that takes its time needs no
    /// call meanwhile.
    async fn hand_over_in_turn(&self, id: Uuid) -> Result<(), StoreError> {
        let live = self.inner.live(id);
        let changed = live.changed.notified();
        let document = self.inner.load(id).await?.filter(Document::is_to_be_handed_over);
        let Some(document) = document else {
            self.inner.backlog.forget(id);
            return Ok(());
        };
        let mut attempt = self.hand_over(id);
        if !matches!(document.state, State::Waiting { .. }) {
            tokio::select! {
                _ = attempt.outcome() => {}
                () = changed => {}
            }
        }
        Ok(())
    }

    /// What follows an attempt: another one, if it failed and nobody else asks again.
    pub(super) async fn after_attempt(&self, id: Uuid, outcome: &Outcome) {
        while outcome.is_err() && !self.inner.stop.is_cancelled() {
            match self.try_again(id).await {
                Ok(true) => return,
                Ok(false) => break,
                Err(error) => tracing::error!(%id, %error, "the store failed after a handover"),
            }
            let stop = self.inner.stop.cancelled();
            let _ = tokio::time::timeout(TROUBLE_PAUSE, stop).await;
        }
        self.inner.backlog.forget(id);
    }

    /// False if that is for others to do: for the page, or for an operator.
    async fn try_again(&self, id: Uuid) -> Result<bool, StoreError> {
        let document = self.inner.load(id).await?.filter(Document::is_to_be_handed_over);
        let Some(document) = document.filter(|document| document.arrival.is_some()) else {
            return Ok(false);
        };
        if document.is_given_up() {
            self.inner.put_aside(id).await?;
            return Ok(false);
        }
        let failed = document.tries.as_ref().map_or(0, |tries| tries.failed);
        self.inner.backlog.add_later(id, document.backend.address().into(), pause_after(failed));
        Ok(true)
    }

    /// The files that came without a ticket and are not handed over yet.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn not_handed_over(&self) -> Result<Vec<Document>, StoreError> {
        let mut found = Vec::new();
        for listed in self.inner.store.list().await? {
            match self.inner.load(listed.id).await {
                Ok(Some(it)) if it.is_shown_to_operators() => found.push(it),
                Ok(_) | Err(StoreError::Damaged { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// Hands a file over again that was given up, from the first try on; without an id all of them.
    /// Says how many they are.
    ///
    /// # Errors
    /// When this file was not given up, or the store fails.
    pub async fn retry(&self, id: Option<&str>) -> Result<usize, CallError> {
        let Some(id) = id else {
            let mut count = 0;
            for document in self.not_handed_over().await? {
                count += usize::from(self.retry_one(document.id).await?);
            }
            return Ok(count);
        };
        let id = parse_id(id).ok_or(CallError::Unknown)?;
        self.inner.load(id).await?.ok_or(CallError::Unknown)?;
        if self.retry_one(id).await? { Ok(1) } else { Err(CallError::NotGivenUp) }
    }

    async fn retry_one(&self, id: Uuid) -> Result<bool, StoreError> {
        let live = self.inner.live(id);
        let _gate = live.gate.lock().await;
        if !self.inner.load(id).await?.is_some_and(|document| document.is_given_up()) {
            return Ok(false);
        }
        let document = self.inner.update(id, |document| {
            (document.state, document.tries) = (State::HandingOver, None);
        });
        self.inner.backlog.add(&document.await?);
        tracing::info!(%id, "an operator has a file handed over again");
        Ok(true)
    }
}

impl Inner {
    /// Keeps what is known of a file that was given up under an id of its own: the key by which its
    /// browser knows it is free for others.
    async fn put_aside(&self, id: Uuid) -> Result<(), StoreError> {
        let live = self.live(id);
        let mut gate = live.gate.lock().await;
        // Not what was known before: an operator may have it tried again by now.
        let document = self.load(id).await?.filter(Document::is_given_up);
        let Some(document) = document else { return Ok(()) };
        let Some(arrival) = document.arrival.as_ref() else { return Ok(()) };
        tracing::error!(%id, file = %arrival.file, "not handed over, the file stays where it arrived");
        if id == arrival.file {
            return Ok(());
        }
        let of_its_own = Arrival { key: None, chunks: None, ..arrival.clone() };
        let aside = Document { id: arrival.file, arrival: Some(of_its_own), ..document.clone() };
        match self.store.create(&aside).await {
            Ok(_) | Err(StoreError::Exists(_)) => self.ledger.settle(&aside),
            Err(error) => return Err(error),
        }
        gate.pass(Notice::Cancelled);
        self.store.remove(id).await?;
        self.ledger.remove(id);
        Ok(())
    }
}

impl Document {
    fn is_to_be_handed_over(&self) -> bool {
        match self.state {
            State::HandingOver | State::Waiting { .. } => true,
            State::NotTaken => self.arrival.is_some(),
            State::Receiving | State::Finished | State::Cancelled { .. } => false,
        }
    }

    /// Of a file that is given up just now, only what is put aside stays.
    fn is_shown_to_operators(&self) -> bool {
        let Some(arrival) = &self.arrival else { return false };
        self.is_to_be_handed_over() && (!self.is_given_up() || self.id == arrival.file)
    }

    /// Whether its backend was told as often as it is, and has not taken it.
    pub fn is_given_up(&self) -> bool {
        let failed = self.tries.as_ref().map_or(0, |tries| tries.failed);
        self.state == State::NotTaken && self.arrival.is_some() && failed >= TRIES
    }
}

fn pause_after(failed: u32) -> Duration {
    let doublings = failed.saturating_sub(1).min(16);
    (FIRST_PAUSE * (1 << doublings)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests;
