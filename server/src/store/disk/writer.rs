//! The open file of one upload.
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
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::{Shared, blocking, exists, files, marks};
use crate::compare::has_bytes;
use crate::files::Opening;
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

type Turn = tokio::sync::Mutex<()>;

/// Writes to the file of one upload.
#[derive(Debug)]
pub(super) struct DiskWriter {
    open: Arc<Open>,
    /// Kept by who is at the file, also when nobody waits for it any more: what comes later is written
    /// later.
    turn: Arc<Turn>,
    /// Bytes that nobody has begun to send on to the disk.
    behind: u64,
    /// When all bytes were last begun to be sent on.
    sent_on: Instant,
    write_back: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Open {
    shared: Arc<Shared>,
    id: Uuid,
    file: File,
}

impl DiskWriter {
    pub(super) fn open(shared: &Arc<Shared>, id: Uuid) -> Result<DiskWriter> {
        let file = exists(id, shared.files().open(&shared.data(id), Opening::There))?;
        if shared.doubts.check(id).is_err() {
            tracing::warn!(%id, "the file is not to be trusted, the upload begins again");
            shared.unmark(id)?;
            shared.files().set_len(&file, 0)?;
            shared.doubts.forget(id);
        }
        let open = Arc::new(Open { shared: Arc::clone(shared), id, file });
        Ok(DiskWriter {
            open,
            turn: Arc::default(),
            behind: 0,
            sent_on: Instant::now(),
            write_back: None,
        })
    }

    /// Sends what was written on to the disk, unless that is being done.
    fn write_back(&mut self) {
        if self.write_back.as_ref().is_some_and(|running| !running.is_finished()) {
            return;
        }
        let open = Arc::clone(&self.open);
        (self.behind, self.sent_on) = (0, Instant::now());
        self.write_back = Some(tokio::task::spawn_blocking(move || open.write_back()));
    }

    /// Waits until what was written is on the disk, or cannot be.
    #[cfg(test)]
    pub(super) async fn written_back(&mut self) {
        self.write_back();
        let running = self.write_back.take().expect("it was begun");
        running.await.expect("it does not panic");
    }

    async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Open) -> Result<T> + Send + 'static,
    {
        let open = Arc::clone(&self.open);
        let turn = Arc::clone(&self.turn).lock_owned().await;
        blocking(move || {
            let _turn = turn;
            work(&open)
        })
        .await
    }
}

impl Open {
    fn write(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.shared.doubts.check(self.id)?;
        exists(self.id, files::length(&self.file))?;
        Ok(self.shared.files().write(&self.file, offset, bytes)?)
    }

    fn has(&self, offset: u64, bytes: &[u8]) -> Result<bool> {
        self.shared.doubts.check(self.id)?;
        exists(self.id, files::length(&self.file))?;
        let is_there = has_bytes(&self.file, offset, bytes)?;
        if is_there {
            self.file.set_modified(SystemTime::now())?;
        }
        Ok(is_there)
    }

    /// A failure is noted; the next write or the seal comes across it.
    fn write_back(&self) {
        let noted = self.noted();
        if let Err(error) = self.shared.files().sync_data(&self.file) {
            self.doubt(&error);
            tracing::error!(id = %self.id, %error, "written bytes do not reach the disk");
        } else if let Ok(Some(noted)) = noted
            && let Err(error) = self.shared.note_synced(self.id, &noted)
        {
            tracing::warn!(id = %self.id, %error, "a power failure would cost more than it had to");
        }
    }

    fn noted(&self) -> io::Result<Option<marks::Noted>> {
        self.shared.noted(self.id, self.file.metadata()?.len())
    }

    fn doubt(&self, error: &io::Error) {
        self.shared.doubts.note(self.id, error);
        if let Err(error) = self.shared.unmark(self.id) {
            tracing::error!(id = %self.id, %error, "the notes about lost bytes cannot be removed");
        }
    }

    fn seal(&self, size: u64) -> Result<()> {
        let id = self.id;
        let files = self.shared.files();
        files.sync_all(&self.file).inspect_err(|error| self.doubt(error))?;
        self.shared.doubts.check(id)?;
        let found = exists(id, files::length(&self.file))?;
        if found != size {
            return Err(StoreError::WrongLength { id, expected: size, found });
        }
        Ok(files.sync_dir(&self.shared.folder(id))?)
    }
}

#[async_trait]
impl Writer for DiskWriter {
    async fn write(&mut self, offset: u64, bytes: Bytes) -> Result<()> {
        self.behind += bytes.len() as u64;
        self.run(move |open| open.write(offset, &bytes)).await?;
        if self.behind >= self.open.shared.ground.write_back
            || self.sent_on.elapsed() >= WRITE_BACK_AFTER
        {
            self.write_back();
        }
        Ok(())
    }

    async fn has(&mut self, offset: u64, bytes: Bytes) -> Result<bool> {
        self.run(move |open| open.has(offset, &bytes)).await
    }

    async fn seal(&mut self, size: u64) -> Result<()> {
        if let Some(running) = self.write_back.take() {
            // It cannot be awaited when it panicked; what it left undone is done now.
            let _ = running.await;
        }
        self.run(move |open| open.seal(size)).await
    }
}
