//! A store in memory that can be made to fail.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use incoming_server::store::{Listed, Memory, Result, Store, Version, Writer};
use incoming_server::uploads::Document;
use tokio::sync::{OwnedRwLockWriteGuard, RwLock};
use uuid::Uuid;

#[derive(Clone, Debug, Default)]
pub struct Troubled {
    memory: Memory,
    trouble: Arc<Mutex<Option<io::ErrorKind>>>,
    sealing: Arc<RwLock<()>>,
    refuses_seals: Arc<AtomicBool>,
    loses_bytes: Arc<AtomicBool>,
}

#[derive(Debug)]
struct TroubledWriter {
    store: Troubled,
    id: Uuid,
    inner: Box<dyn Writer>,
}

impl Troubled {
    pub fn fail(&self, kind: io::ErrorKind) {
        *self.trouble.lock().unwrap() = Some(kind);
    }

    pub fn recover(&self) {
        *self.trouble.lock().unwrap() = None;
    }

    pub fn refuse_seals(&self, refuse: bool) {
        self.refuses_seals.store(refuse, Ordering::SeqCst);
    }

    /// No file can be made durable, and what was written is given up.
    pub fn lose_bytes(&self, lose: bool) {
        self.loses_bytes.store(lose, Ordering::SeqCst);
    }

    /// No file is sealed as long as this is held.
    pub async fn hold_seals(&self) -> OwnedRwLockWriteGuard<()> {
        Arc::clone(&self.sealing).write_owned().await
    }

    fn check(&self) -> Result<()> {
        match *self.trouble.lock().unwrap() {
            Some(kind) => Err(io::Error::from(kind).into()),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Store for Troubled {
    async fn create(&self, document: &Document) -> Result<Version> {
        self.check()?;
        self.memory.create(document).await
    }

    async fn load(&self, id: Uuid) -> Result<Option<(Document, Version)>> {
        self.check()?;
        self.memory.load(id).await
    }

    async fn replace(&self, document: &Document, version: Version) -> Result<Version> {
        self.check()?;
        self.memory.replace(document, version).await
    }

    async fn begin(&self, id: Uuid) -> Result<()> {
        self.check()?;
        self.memory.begin(id).await
    }

    async fn open(&self, id: Uuid) -> Result<Box<dyn Writer>> {
        self.check()?;
        let inner = self.memory.open(id).await?;
        Ok(Box::new(TroubledWriter { store: self.clone(), id, inner }))
    }

    async fn mark(&self, id: Uuid, part: u64) -> Result<()> {
        self.check()?;
        self.memory.mark(id, part).await
    }

    async fn marks(&self, id: Uuid) -> Result<Vec<u64>> {
        self.check()?;
        self.memory.marks(id).await
    }

    async fn lost(&self, id: Uuid) -> Result<Vec<u64>> {
        self.check()?;
        self.memory.lost(id).await
    }

    async fn unmark(&self, id: Uuid) -> Result<()> {
        self.check()?;
        self.memory.unmark(id).await
    }

    async fn take_out(&self, id: Uuid, to: &Path) -> Result<()> {
        self.check()?;
        self.memory.take_out(id, to).await
    }

    async fn length(&self, id: Uuid) -> Result<u64> {
        self.check()?;
        self.memory.length(id).await
    }

    async fn settle(&self, id: Uuid) -> Result<u64> {
        self.check()?;
        self.memory.settle(id).await
    }

    async fn read(&self, id: Uuid, range: Range<u64>) -> Result<Bytes> {
        self.check()?;
        self.memory.read(id, range).await
    }

    fn location(&self, id: Uuid) -> String {
        self.memory.location(id)
    }

    async fn remove_bytes(&self, id: Uuid) -> Result<bool> {
        self.check()?;
        self.memory.remove_bytes(id).await
    }

    async fn forget(&self, id: Uuid) -> Result<()> {
        self.check()?;
        self.memory.forget(id).await
    }

    async fn remove(&self, id: Uuid) -> Result<()> {
        self.check()?;
        self.memory.remove(id).await
    }

    async fn last_activity(&self, id: Uuid) -> Result<Option<SystemTime>> {
        self.check()?;
        self.memory.last_activity(id).await
    }

    async fn list(&self) -> Result<Vec<Listed>> {
        self.check()?;
        self.memory.list().await
    }
}

#[async_trait]
impl Writer for TroubledWriter {
    async fn write(&mut self, offset: u64, bytes: Bytes) -> Result<()> {
        self.store.check()?;
        self.inner.write(offset, bytes).await
    }

    async fn has(&mut self, offset: u64, bytes: Bytes) -> Result<bool> {
        self.store.check()?;
        self.inner.has(offset, bytes).await
    }

    async fn seal(&mut self, size: u64) -> Result<()> {
        self.store.check()?;
        let _held = self.store.sealing.read().await;
        if self.store.refuses_seals.load(Ordering::SeqCst) {
            return Err(io::Error::other("no").into());
        }
        if self.store.loses_bytes.load(Ordering::SeqCst) {
            self.store.memory.remove_bytes(self.id).await?;
            self.store.memory.begin(self.id).await?;
            return Err(io::Error::other("lost").into());
        }
        self.inner.seal(size).await
    }
}
