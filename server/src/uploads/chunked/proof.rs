//! Proving to a browser that what it has sent is what is kept.

use std::ops::Range;

use incoming_protocol::Md5;
use uuid::Uuid;

use super::writer::{Hold, Place, file_of};
use super::{ChunkError, ChunkWriter, Known, Plan, ticket};
use crate::fingerprint;
use crate::store::StoreError;
use crate::uploads::live::{Gate, Notice};
use crate::uploads::{Document, FileInfo, State, Uploads};

impl ChunkWriter {
    /// Bytes that may be damaged do not touch a chunk that is there: they are only counted, and
    /// [`compare_with_what_is_there`](ChunkWriter::compare_with_what_is_there) has the last word.
    pub async fn keep_what_is_there(&mut self) {
        let gate = self.live.gate.lock().await;
        let is_there = gate.chunks.as_ref().is_some_and(|it| it.marks.contains(self.hold.index));
        match std::mem::replace(&mut self.place, Place::Over) {
            Place::Open if is_there => self.place = Place::Kept(None),
            Place::Arrived(original) => self.place = Place::Kept(Some(original)),
            other => self.place = other,
        }
    }

    /// The MD5 of the file is to be known when it is whole.
    pub fn want_file_digest(&mut self, is_wanted: bool) {
        self.hold.wants_file_digest = is_wanted;
    }

    /// Makes sure that a chunk that is there is the one that came, of which this is the MD5.
    ///
    /// # Errors
    /// When it is another one, which is given up now, or the store fails.
    pub async fn compare_with_what_is_there(&mut self, md5: &Md5) -> Result<(), ChunkError> {
        let Place::Kept(original) = &self.place else { return Ok(()) };
        let range = self.hold.range.clone();
        let is_same = match original {
            Some(original) => original.md5(range).await? == *md5,
            None => {
                let store = &*self.uploads.inner.store;
                fingerprint::of_stored(store, self.hold.id, range).await? == *md5
            }
        };
        if is_same { Ok(()) } else { self.give_up_what_is_there().await }
    }

    async fn give_up_what_is_there(&mut self) -> Result<(), ChunkError> {
        let live = std::sync::Arc::clone(&self.live);
        let mut gate = live.gate.lock().await;
        if gate.is_held_by(self.hold.epoch) {
            match self.place {
                Place::Kept(None) => {
                    self.uploads.begin_another(&mut gate, &mut self.hold).await?;
                }
                _ => self.uploads.begin_after(&mut self.hold, &mut gate).await?,
            }
        }
        Err(ChunkError::Overtaken)
    }
}

impl Uploads {
    /// The MD5 of a file that is whole, if it can be told.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn file_digest(&self, plan: &Plan<'_>) -> Result<Option<Md5>, ChunkError> {
        Ok(self.digest_of(plan.id(), Some(plan.file())).await?)
    }

    /// The MD5 of the whole file that is known by a key, if it can be told.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn file_digest_by_key(
        &self,
        protocol: &str,
        key: &str,
    ) -> Result<Option<Md5>, StoreError> {
        self.digest_of(ticket(protocol, key), None).await
    }

    /// The MD5 of the file under a key, if it is this one. It may have to be read: once begun, that
    /// comes to its end also if nobody waits for it, and who asks meanwhile waits for the same.
    async fn digest_of(&self, id: Uuid, file: Option<FileInfo>) -> Result<Option<Md5>, StoreError> {
        let uploads = self.clone();
        self.to_the_end(async move {
            let live = uploads.inner.live(id);
            let mut gate = live.gate.lock().await;
            match uploads.look_up(id, &mut gate).await? {
                Known::Whole(document) if file.is_none() || file == document.file => {
                    uploads.work_out_digest(*document).await
                }
                _ => Ok(None),
            }
        })
        .await
    }

    async fn work_out_digest(&self, document: Document) -> Result<Option<Md5>, StoreError> {
        if let Some(md5) = document.md5.as_deref().and_then(Md5::parse) {
            return Ok(Some(md5));
        }
        let (Some(file), Some(original)) = (&document.file, self.original(&document).await) else {
            return Ok(None);
        };
        let md5 = original.md5(0..file.size).await?;
        let text = md5.as_str().to_owned();
        self.inner.update(document.id, |document| document.md5 = Some(text.clone())).await?;
        Ok(Some(md5))
    }

    /// Whether a file that is whole has bytes of this MD5 in this place.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn has_arrived_with(
        &self,
        plan: &Plan<'_>,
        range: Range<u64>,
        md5: &Md5,
    ) -> Result<bool, ChunkError> {
        let Some(document) = self.whole(plan).await? else { return Ok(false) };
        match self.original(&document).await {
            Some(original) => Ok(original.md5(range).await? == *md5),
            None => Ok(false),
        }
    }

    /// Forgets a file that has arrived with this MD5, which is not what the browser has: what comes
    /// now is no echo. If it is the browser's own, which its secret shows, the file goes, too, unless
    /// somebody else has it.
    ///
    /// # Errors
    /// When the backend is still getting it, or the store fails.
    pub async fn drop_damaged(&self, plan: &Plan<'_>, md5: &Md5) -> Result<(), ChunkError> {
        let id = plan.id();
        let live = self.inner.live(id);
        let mut gate = live.gate.lock().await;
        let Known::Whole(document) = self.look_up(id, &mut gate).await? else { return Ok(()) };
        if document.md5.as_deref() != Some(md5.as_str()) {
            return Ok(());
        }
        if !document.yields_to(plan.secret) {
            return Ok(());
        }
        if document.state != State::Finished {
            return Err(ChunkError::Busy);
        }
        let is_ours = document.backend.is_nobody() && document.is_of(plan.secret);
        if let (Some(file), true) = (file_of(&document), is_ours) {
            self.inner.arrivals.remove(file).await?;
        }
        gate.pass(Notice::Cancelled);
        self.inner.remove(id).await?;
        tracing::warn!(%id, "a file arrived damaged, it is sent again");
        Ok(())
    }

    async fn whole(&self, plan: &Plan<'_>) -> Result<Option<Document>, StoreError> {
        let id = plan.id();
        let live = self.inner.live(id);
        let mut gate = live.gate.lock().await;
        Ok(match self.look_up(id, &mut gate).await? {
            Known::Whole(document) if plan.is_file_of(&document) => Some(*document),
            _ => None,
        })
    }

    /// Lets another file begin after the one that has arrived, with nothing of it.
    async fn begin_after(&self, hold: &mut Hold, gate: &mut Gate) -> Result<(), ChunkError> {
        match self.look_up(hold.id, gate).await? {
            Known::Whole(document) if document.state == State::Finished => {}
            _ => return Err(ChunkError::Busy),
        }
        self.start_over(hold.fresh.clone(), gate).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use bytes::Bytes;
    use futures_util::FutureExt as _;
    use tokio_util::sync::CancellationToken;
    use tokio_util::task::TaskTracker;

    use super::*;
    use crate::Config;
    use crate::store::Memory;
    use crate::uploads::{Holder, Layout, Slot};

    const SIZE: usize = 5 << 20;
    const PLAN: Plan<'static> = Plan {
        protocol: "resumable",
        key: "k",
        name: "a",
        size: SIZE as u64,
        layout: Layout { chunk_size: SIZE as u64, count: 1 },
        is_unique: false,
        continues: false,
        secret: None,
        holder: Holder::nobody(),
    };

    /// A file has arrived of which nobody has wanted to hear the MD5.
    async fn with_a_file(folder: &std::path::Path) -> Uploads {
        let arguments = ["incoming-server", "--storage", folder.to_str().unwrap()];
        let config = Config::from_arguments(arguments).unwrap();
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let store = Arc::new(Memory::default());
        let uploads = Uploads::new(store, &config, tasks, stop).await.unwrap();
        let Slot::Room(mut writer) = uploads.slot(&PLAN, 0, 0..SIZE as u64).await.unwrap() else {
            panic!("expected room");
        };
        writer.append(Bytes::from(vec![7; SIZE])).await.unwrap();
        writer.finish().await.unwrap();
        uploads
    }

    #[tokio::test]
    async fn the_md5_of_a_file_is_worked_out_once_also_if_nobody_waits_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let uploads = with_a_file(folder.path()).await;
        assert!(uploads.file_digest(&PLAN).now_or_never().is_none());
        let known = async {
            while uploads.whole(&PLAN).await.unwrap().unwrap().md5.is_none() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), known).await.expect("it is noted");
    }
}
