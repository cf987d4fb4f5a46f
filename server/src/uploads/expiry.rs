//! Forgetting what nobody comes back for.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::live::Notice;
use super::{AT_ONCE, Document, EXPIRY_NOTICE, Inner, Limits, State, Uploads};
use crate::store::{Listed, StoreError};

/// After how long without a byte an upload counts only what is there of it.
const REST: Duration = Duration::from_secs(3600);
/// How much time passes at most until it is noted how long uploads have rested.
const MOST_BETWEEN_NOTES: Duration = Duration::from_secs(3600);

impl Uploads {
    /// Forgets finished uploads after their retention, and drops all others that have rested too
    /// long, as if so much more time had passed.
    pub async fn expire(&self, ahead: Duration) {
        self.inner.sweep_live();
        self.inner.gone.sweep();
        let begun = Instant::now();
        let listed = match self.inner.store.list().await {
            Ok(listed) => listed,
            Err(error) => return tracing::error!(%error, "the uploads cannot be listed"),
        };
        let there = listed.iter().map(|upload| upload.id).collect();
        self.inner.ledger.retain(&there, begun);
        self.inner.ages.retain(&there);
        self.inner.count_arrived().await;
        futures_util::stream::iter(listed)
            .for_each_concurrent(AT_ONCE, |upload| async move {
                if let Err(error) = self.look_at(upload, ahead).await {
                    tracing::error!(id = %upload.id, %error, "an old upload cannot be dropped");
                }
            })
            .await;
    }

    /// Expires until the server stops.
    pub async fn keep_expiring(self) {
        let shortest = self.inner.limits.shortest() / 4;
        let pause = shortest.clamp(Duration::from_millis(50), Duration::from_secs(60));
        let between_notes = shortest.clamp(Duration::from_secs(1), MOST_BETWEEN_NOTES);
        let mut noted = Instant::now();
        let expiring = async {
            loop {
                let uploads = self.clone();
                let expiring = async move { uploads.expire(Duration::ZERO).await };
                // A mistake in it must not be the last time that anything expires.
                let _ = AbortOnDropHandle::new(tokio::spawn(expiring)).await;
                if noted.elapsed() >= between_notes {
                    self.note_ages().await;
                    noted = Instant::now();
                }
                tokio::time::sleep(pause).await;
            }
        };
        self.inner.stop.run_until_cancelled(expiring).await;
        self.note_ages().await;
    }

    async fn note_ages(&self) {
        if let Err(error) = self.inner.ages.note().await {
            tracing::error!(%error, "how long uploads have rested cannot be noted");
        }
    }

    async fn look_at(&self, upload: Listed, ahead: Duration) -> Result<(), StoreError> {
        if self.has_rested(upload, ahead) {
            self.expire_one(upload, ahead).await?;
        }
        let is_old = self.inner.age(upload) + ahead > REST;
        if is_old && self.inner.ledger.is_awake(upload.id) {
            let live = self.inner.live(upload.id);
            let gate = live.gate.lock().await;
            // A message or a piece of a body may be on its way for long before it is stored.
            if !live.is_written_to(REST) {
                self.inner.let_rest(upload.id).await?;
            }
            drop(gate);
        }
        Ok(())
    }

    fn has_rested(&self, upload: Listed, ahead: Duration) -> bool {
        let (limits, age) = (self.inner.limits, self.inner.age(upload) + ahead);
        age > limits.shortest()
            || age > limits.promise_expiry() && self.inner.ledger.is_promise(upload.id)
    }

    async fn expire_one(&self, upload: Listed, ahead: Duration) -> Result<(), StoreError> {
        let (limits, age) = (self.inner.limits, self.inner.age(upload) + ahead);
        let document = match self.inner.load(upload.id).await {
            Ok(Some(document)) => document,
            Ok(None) => return Ok(()),
            Err(StoreError::Damaged { .. }) if age <= limits.idle_expiry => {
                return Ok(());
            }
            Err(error @ StoreError::Damaged { .. }) => {
                tracing::error!(id = %upload.id, %error, "old upload dropped, its backend unknown");
                return self.inner.remove(upload.id).await;
            }
            Err(error) => return Err(error),
        };
        if self.inner.backlog.has(upload.id) || self.inner.is_for_an_operator(&document).await? {
            return Ok(());
        }
        match document.state {
            State::Finished if age > limits.finished_retention => self.forget(&document).await,
            State::Finished => Ok(()),
            _ => {
                let patience = self.inner.patience(&document).await?;
                if age > patience {
                    self.drop_idle(upload, ahead, patience).await?;
                }
                Ok(())
            }
        }
    }

    async fn forget(&self, document: &Document) -> Result<(), StoreError> {
        tracing::debug!(id = %document.id, "finished upload forgotten");
        if document.arrival.is_some() {
            return self.forget_arrival(document).await;
        }
        if document.backend.remove_when_finished {
            return self.inner.remove(document.id).await;
        }
        self.inner.store.forget(document.id).await?;
        Ok(())
    }

    /// Under the same key another file may have begun meanwhile.
    async fn forget_arrival(&self, document: &Document) -> Result<(), StoreError> {
        let live = self.inner.live(document.id);
        let mut gate = live.gate.lock().await;
        if self.inner.load(document.id).await?.as_ref() != Some(document) {
            return Ok(());
        }
        gate.pass(Notice::Cancelled);
        self.inner.remove(document.id).await
    }

    async fn drop_idle(
        &self,
        upload: Listed,
        ahead: Duration,
        patience: Duration,
    ) -> Result<(), StoreError> {
        let live = self.inner.live(upload.id);
        if live.is_handing_over() {
            return Ok(());
        }
        let mut gate = live.gate.lock().await;
        // A message or a piece of a body may be on its way for long before it is stored.
        if live.is_written_to(patience) || !self.is_still_idle(upload, ahead, patience).await? {
            return Ok(());
        }
        self.inner.note_if_confirmed(upload.id).await?;
        gate.pass(Notice::Cancelled);
        let reason = "upload timed out";
        let cancelled = State::Cancelled { reason: reason.to_owned() };
        let document =
            self.inner.update(upload.id, |document| document.state = cancelled.clone()).await?;
        self.inner.store.remove_bytes(upload.id).await?;
        drop(gate);
        tracing::info!(id = %upload.id, "upload timed out");
        self.inner.bury(&document, reason, EXPIRY_NOTICE).await;
        Ok(())
    }

    /// The listing may be old by the time the gate is ours.
    async fn is_still_idle(
        &self,
        upload: Listed,
        ahead: Duration,
        patience: Duration,
    ) -> Result<bool, StoreError> {
        let latest = self.inner.store.last_activity(upload.id).await?;
        let age = |last_activity| self.inner.age(Listed { last_activity, ..upload }) + ahead;
        Ok(latest.is_some_and(|last_activity| age(last_activity) > patience))
    }
}

impl Limits {
    fn shortest(&self) -> Duration {
        self.idle_expiry.min(self.finished_retention).min(self.chunks_retention)
    }

    /// How long an upload in chunks may rest of which no chunk has come.
    fn promise_expiry(&self) -> Duration {
        self.echo.min(self.chunks_retention)
    }
}

impl Inner {
    /// Of an upload of which no byte has come for long only what is there counts.
    async fn let_rest(&self, id: Uuid) -> Result<(), StoreError> {
        match self.store.room_taken(id).await {
            Ok(there) => self.ledger.rest(id, there),
            Err(StoreError::NotFound(_)) => self.ledger.rest(id, 0),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The same of one that an earlier process has left.
    pub(super) async fn let_rest_if_old(&self, upload: Listed) -> Result<(), StoreError> {
        let is_old = self.age(upload) > REST && self.ledger.is_awake(upload.id);
        if is_old { self.let_rest(upload.id).await } else { Ok(()) }
    }

    /// What has arrived counts if the settings say so, as long as nobody takes it away.
    pub(super) async fn count_arrived(&self) {
        if !self.limits.counts_arrived {
            return;
        }
        match self.arrivals.bytes().await {
            Ok(bytes) => self.ledger.count_arrived(bytes),
            Err(error) => tracing::error!(%error, "what has arrived cannot be counted"),
        }
    }

    fn age(&self, upload: Listed) -> Duration {
        self.ages.of(upload.id, upload.last_activity)
    }

    /// How long an upload that is not finished may rest.
    async fn patience(&self, document: &Document) -> Result<Duration, StoreError> {
        let chunks = document.arrival.as_ref().and_then(|arrival| arrival.chunks);
        let is_in_chunks = document.state == State::Receiving && chunks.is_some();
        if is_in_chunks && !self.has_bytes(document).await? {
            return Ok(self.limits.promise_expiry());
        }
        self.ledger.keep_promise(document.id);
        Ok(if is_in_chunks { self.limits.chunks_retention } else { self.limits.idle_expiry })
    }

    /// Remembers an upload that goes, if its browser takes chunks to be here.
    async fn note_if_confirmed(&self, id: Uuid) -> Result<(), StoreError> {
        match self.load(id).await? {
            Some(document)
                if document.state == State::Receiving && self.has_bytes(&document).await? =>
            {
                Ok(self.gone.note(&document).await?)
            }
            _ => Ok(()),
        }
    }

    /// Whether a file that was given up is still where it arrived.
    async fn is_for_an_operator(&self, document: &Document) -> Result<bool, StoreError> {
        Ok(document.is_given_up() && self.has_arrived(document).await?)
    }

    /// Whether a chunk is there, or was there as far as its browser knows.
    async fn has_bytes(&self, document: &Document) -> Result<bool, StoreError> {
        let id = document.id;
        Ok(!self.store.marks(id).await?.is_empty()
            || !self.store.lost(id).await?.is_empty()
            || self.store.is_in_doubt(id).await?
            || self.has_arrived(document).await?)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use tokio_util::sync::CancellationToken;
    use tokio_util::task::TaskTracker;

    use super::*;
    use crate::Config;
    use crate::store::Memory;
    use crate::uploads::{ChunkError, Full, Holder, Layout, OpenError, Plan, Slot};

    const TERABYTE: u64 = 1 << 40;

    fn plan(key: &'static str, size: u64) -> Plan<'static> {
        Plan {
            protocol: "resumable",
            key,
            name: "a",
            size,
            layout: Layout { chunk_size: 1, count: size.min(1000) },
            is_unique: false,
            continues: false,
            secret: None,
            holder: Holder::nobody(),
        }
    }

    async fn send(uploads: &Uploads, plan: &Plan<'_>, index: u64) -> Result<(), ChunkError> {
        let Slot::Room(mut writer) = uploads.slot(plan, index, index..index + 1).await? else {
            return Ok(());
        };
        writer.append(Bytes::from_static(b"x")).await?;
        writer.finish().await.map(drop)
    }

    #[tokio::test]
    async fn one_byte_that_declares_a_terabyte_keeps_no_room_for_an_hour() {
        let folder = tempfile::tempdir().unwrap();
        let arguments = ["incoming-server", "--storage", folder.path().to_str().unwrap()];
        let mut config = Config::from_arguments(arguments).unwrap();
        config.max_storage = Some(TERABYTE);
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let store = Arc::new(Memory::default());
        let uploads = Uploads::new(store, &config, tasks, stop).await.unwrap();
        send(&uploads, &plan("large", TERABYTE), 0).await.unwrap();
        let full = |error: &ChunkError| matches!(error, ChunkError::Full(Full::NoRoom { .. }));
        assert!(full(&send(&uploads, &plan("other", 2), 0).await.unwrap_err()));

        uploads.expire(2 * REST).await;
        send(&uploads, &plan("other", 2), 0).await.unwrap();
        assert!(full(&send(&uploads, &plan("large", TERABYTE), 1).await.unwrap_err()));
        send(&uploads, &plan("other", 2), 1).await.unwrap();
        send(&uploads, &plan("large", TERABYTE), 1).await.unwrap();
    }

    #[tokio::test]
    async fn a_ticket_of_which_no_byte_comes_keeps_no_room_either() {
        let folder = tempfile::tempdir().unwrap();
        let arguments = ["incoming-server", "--storage", folder.path().to_str().unwrap()];
        let mut config = Config::from_arguments(arguments).unwrap();
        config.max_storage = Some(10);
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let store = Arc::new(Memory::default());
        let uploads = Uploads::new(store, &config, tasks, stop).await.unwrap();
        let backend = crate::uploads::Backend::nobody();
        let id = uploads.create(backend).await.unwrap().to_string();
        let mut held = uploads.open(&id, 10, "a", Holder::nobody()).await.unwrap();
        uploads.expire(2 * REST).await;
        send(&uploads, &plan("other", 2), 0).await.unwrap();
        let refused = held.append(Bytes::from_static(b"x")).await.unwrap_err();
        assert!(matches!(refused, crate::uploads::StoreFault::Full(Full::NoRoom { size: 10 })));
        let refused = uploads.open(&id, 10, "a", Holder::nobody()).await.unwrap_err();
        assert!(matches!(refused, OpenError::Full(Full::NoRoom { size: 10 })));
        send(&uploads, &plan("other", 2), 1).await.unwrap();
        uploads.open(&id, 10, "a", Holder::nobody()).await.unwrap();
    }
}
