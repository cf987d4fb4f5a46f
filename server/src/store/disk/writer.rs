//! Writing to the file of one upload.
//!
//! A system that failed to make bytes durable says so once and may drop them; asked again, it
//! finds nothing left to do and reports success. So the failure is remembered, what was noted about
//! parts is forgotten at once, and whoever opens the file next begins again.
//!
//! Bytes are sent on to the disk while others still come in, so that sealing a huge file does not
//! have to wait for all of them, and a power failure costs little.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use super::open::{Handle, InUse};
use super::{Shared, blocking};
use crate::compare::has_bytes;
use crate::store::{Result, StoreError, Writer};

/// How old bytes are at most that were not sent on to the disk, when more come.
const WRITE_BACK_AFTER: Duration = Duration::from_secs(10);

/// Files whose bytes may not be on the disk, and why.
#[derive(Debug, Default)]
pub(super) struct Doubts(Mutex<HashMap<Uuid, io::ErrorKind>>);

impl Doubts {
    pub(super) fn forget(&self, id: Uuid) {
        self.all().remove(&id);
    }

    fn note(&self, id: Uuid, error: &io::Error) {
        self.all().insert(id, error.kind());
    }

    pub(super) fn check(&self, id: Uuid) -> Result<()> {
        match self.all().get(&id) {
            Some(kind) => Err(StoreError::Io((*kind).into())),
            None => Ok(()),
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Uuid, io::ErrorKind>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes to the file of one upload, which need not be open all the time.
#[derive(Debug)]
pub(super) struct DiskWriter {
    shared: Arc<Shared>,
    handle: Arc<Handle>,
}

impl DiskWriter {
    pub(super) async fn open(shared: &Arc<Shared>, id: Uuid) -> Result<DiskWriter> {
        let (shared, place) = (Arc::clone(shared), shared.open_files.place().await?);
        blocking(move || DiskWriter::open_at(shared, id, place)).await
    }

    fn open_at(shared: Arc<Shared>, id: Uuid, place: OwnedSemaphorePermit) -> Result<DiskWriter> {
        let is_doubted = shared.doubts.check(id).is_err();
        if is_doubted {
            shared.open_files.forget(id);
        }
        let mut in_use = InUse::begin(&shared, &shared.open_files.handle(id), place)?;
        if !in_use.has_its_name() {
            // Somebody has deleted or replaced it by hand since it was opened.
            in_use = in_use.anew()?;
        }
        if is_doubted {
            tracing::warn!(%id, "the file is not to be trusted, the upload begins again");
            shared.unmark(id)?;
            shared.files().set_len(in_use.file()?, 0)?;
            shared.doubts.forget(id);
        }
        let handle = Arc::clone(&in_use.handle);
        drop(in_use);
        Ok(DiskWriter { shared, handle })
    }

    /// Sends what was written on to the disk, unless that is being done.
    fn write_back(&self, in_use: InUse) {
        let mut progress = self.handle.progress();
        if progress.write_back.as_ref().is_some_and(|running| !running.is_finished()) {
            return;
        }
        (progress.behind, progress.sent_on) = (0, Instant::now());
        progress.write_back = Some(tokio::task::spawn_blocking(move || in_use.write_back()));
    }

    fn is_write_back_due(&self) -> bool {
        let progress = self.handle.progress();
        progress.behind >= self.shared.ground.write_back
            || progress.sent_on.elapsed() >= WRITE_BACK_AFTER
    }

    /// Waits until what was written is on the disk, or cannot be.
    #[cfg(test)]
    pub(super) async fn written_back(&mut self) {
        self.write_back(self.run(Ok).await.expect("the file is there"));
        let running = self.handle.progress().write_back.take().expect("it was begun");
        running.await.expect("it does not panic");
    }

    /// Does something to the file when it is its turn, which it is also if nobody waits for it.
    async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(InUse) -> Result<T> + Send + 'static,
    {
        let turn = Arc::clone(&self.handle.turn).lock_owned().await;
        let place = self.shared.open_files.place().await?;
        let (shared, handle) = (Arc::clone(&self.shared), Arc::clone(&self.handle));
        blocking(move || {
            let _turn = turn;
            shared.doubts.check(handle.id)?;
            work(InUse::begin(&shared, &handle, place)?)
        })
        .await
    }
}

impl InUse {
    fn write(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.length()?;
        let written = self.shared.files().write(self.file()?, offset, bytes);
        // Not before: whoever sends bytes on meanwhile does not send these. And some of them may be
        // there if it failed.
        self.handle.progress().behind += bytes.len() as u64;
        Ok(written?)
    }

    fn has(&self, offset: u64, bytes: &[u8]) -> Result<bool> {
        self.length()?;
        let file = self.file()?;
        let is_there = has_bytes(file, offset, bytes)?;
        if is_there {
            file.set_modified(SystemTime::now())?;
        }
        Ok(is_there)
    }

    fn write_back(&self) {
        if let Ok(file) = self.file() {
            self.shared.write_back(self.handle.id, file);
        }
    }

    fn seal(&self, size: u64) -> Result<()> {
        let (shared, id) = (&self.shared, self.handle.id);
        self.handle.progress().behind = 0;
        let synced = shared.files().sync_all(self.file()?);
        synced.inspect_err(|error| shared.doubt(id, error))?;
        shared.doubts.check(id)?;
        let found = self.length()?;
        if found != size {
            return Err(StoreError::WrongLength { id, expected: size, found });
        }
        Ok(shared.files().sync_dir(&shared.folder(id))?)
    }
}

impl Shared {
    /// Sends what was written on to the disk. A failure is noted; the next write or the seal comes
    /// across it.
    pub(super) fn write_back(&self, id: Uuid, file: &File) {
        let noted = file.metadata().and_then(|data| self.noted(id, data.len()));
        if let Err(error) = self.files().sync_data(file) {
            self.doubt(id, &error);
            tracing::error!(%id, %error, "written bytes do not reach the disk");
        } else if let Ok(Some(noted)) = noted
            && let Err(error) = self.note_synced(id, &noted)
        {
            tracing::warn!(%id, %error, "a power failure would cost more than it had to");
        }
    }

    fn doubt(&self, id: Uuid, error: &io::Error) {
        self.doubts.note(id, error);
        if let Err(error) = self.unmark(id) {
            tracing::error!(%id, %error, "the notes about lost bytes cannot be removed");
        }
    }
}

#[async_trait]
impl Writer for DiskWriter {
    async fn write(&mut self, offset: u64, bytes: Bytes) -> Result<()> {
        let written = self.run(move |in_use| in_use.write(offset, &bytes).map(|()| in_use));
        let in_use = written.await?;
        if self.is_write_back_due() {
            self.write_back(in_use);
        }
        Ok(())
    }

    async fn has(&mut self, offset: u64, bytes: Bytes) -> Result<bool> {
        self.run(move |in_use| in_use.has(offset, &bytes)).await
    }

    async fn seal(&mut self, size: u64) -> Result<()> {
        let running = self.handle.progress().write_back.take();
        if let Some(running) = running {
            // It cannot be awaited when it panicked; what it left undone is done now.
            let _ = running.await;
        }
        self.run(move |in_use| in_use.seal(size)).await
    }
}
